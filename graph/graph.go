package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/graph/exec"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/matcher/text"
)

// Principals gives a principal the grants that are in force now; *guard.Guard is
// one.
type Principals interface {
	Principal(ctx context.Context, id domain.PrincipalID) (authz.Principal, error)
}

// Deps is what the schema is served from. All of it is needed.
type Deps struct {
	Sources    model.Sources
	Bus        *commands.Bus
	Principals Principals
	Hub        *Hub // given to the projections' runner as its Notifier
	Taxonomy   *taxonomy.Taxonomy
}

// NewExecutableSchema makes the schema executable. It must be served together
// with Operations, which opens the eyes of the principal for each operation.
func NewExecutableSchema(d Deps) graphql.ExecutableSchema {
	return exec.NewExecutableSchema(exec.Config{Resolvers: resolvers{&d, text.NewReader(d.Taxonomy)}, Complexity: complexity()})
}

// resolvers are the three roots, and two fields of values whose zero is null.
type resolvers struct {
	*Deps
	reader *text.Reader // of skills in texts
}

func (r resolvers) Query() exec.QueryResolver                 { return query(r) }
func (r resolvers) Mutation() exec.MutationResolver           { return mutation(r) }
func (r resolvers) Subscription() exec.SubscriptionResolver   { return subscription(r) }
func (r resolvers) Window() exec.WindowResolver               { return window{} }
func (r resolvers) SkillEvidence() exec.SkillEvidenceResolver { return evidence{} }
