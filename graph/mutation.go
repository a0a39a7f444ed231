package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/internal/edge"
)

// mutation resolves the fields of Mutation. Authorisation is the command bus's:
// it asks the choke point for the command's own type, which is the rule that
// stands at the field; a test holds the two equal.
type mutation resolvers

// Refusals of what is looked up before a command is built.
var (
	ErrNoProfile = domain.Refuse(domain.Refused, "viewer.no_profile", "You have no profile as an expert.", "Register first.")
	ErrNotOpen   = domain.Refuse(domain.Refused, "need.not_open", "The need takes no applications now.", "Look for needs that are open on the public board.")
	ErrNoConsent = domain.Refuse(domain.Refused, "consent.not_given", "There is no such consent to share with this host for this need.", "Give it with giveConsent, and name the id that it returns.")
	ErrNoVerdict = domain.Refuse(domain.Refused, "match.unknown", "The platform cannot score this pair: the need is not open, or the profile is hidden.", "Publish the need, or wait until the profile is confirmed.")
	ErrPartTwice = domain.Refuse(domain.Invalid, "policy.part_twice", "A part of the score has two weights.", "Give each part at most once.").At("scoring.weights")
)

// done is a command that has acted.
type done struct {
	*model.Sight // of the principal, with the grants of after the command
	commands.Result
}

// run executes a command, waits until the views have reached it, and looks anew.
// Refusals come apart from faults.
func run[S any, C decider.Command, E decider.Event](ctx context.Context, m mutation, a *decider.Aggregate[S, C, E], id string, given domain.CommandID, build func(domain.Stamp) C) (done, *model.Refused, error) {
	who := edge.Identity(ctx).Principal
	if who == "" {
		return done{}, refuse(authz.ErrSignedOut), nil
	}
	envelope := commands.Envelope{
		Command: given, Caller: commands.Caller{Principal: who}, Correlation: edge.Correlation(ctx),
	}
	result, err := commands.Execute(ctx, m.Bus, a, id, envelope, build)
	if err != nil {
		refused, err := refusal(err)
		return done{}, refused, err
	}
	// The command has acted whatever becomes of the wait: a view that is late
	// must not look like a refusal.
	_ = m.Sources.Views.WaitFor(ctx, result.Position)
	s, err := m.look(ctx)
	return done{s, result}, nil, err
}

func refuse(rs ...*domain.Refusal) *model.Refused {
	out := &model.Refused{Refusals: make([]domain.Refusal, len(rs))}
	for i, r := range rs {
		out.Refusals[i] = *r
	}
	return out
}

// refusal tells refusals from faults.
func refusal(err error) (*model.Refused, error) {
	if rs := domain.AsRefusals(err); rs != nil {
		return refuse(rs...), nil
	}
	return nil, err
}

// refused is a result that is a refusal, or a fault.
func refused[R any](err error) (R, error) {
	var none R
	r, err := refusal(err)
	if err != nil {
		return none, err
	}
	return any(r).(R), nil
}

// answer makes the result of a command: the refusal, or the payload.
func answer[R any](d done, refused *model.Refused, err error, payload func(done) (R, error)) (R, error) {
	var none R
	switch {
	case err != nil:
		return none, err
	case refused != nil:
		return any(refused).(R), nil
	}
	return payload(d)
}

func (d done) at() (eventstore.Position, domain.CommandID) {
	return d.Result.Position, d.Result.Command
}

// idSpace separates ids that derive from a command id from every other
// name-based UUID. It is part of the storage contract.
var idSpace = [16]byte{0x3c, 0x77, 0x1b, 0x0d, 0x94, 0x5e, 0x4a, 0x21, 0xae, 0x6f, 0x08, 0xd2, 0x47, 0xb9, 0x15, 0xe3}

// newID makes the id of what a command creates. With a command id it derives
// from it and from who sends it, so that sending again creates nothing new, and
// nobody can take another's id. Ids of people tell nothing, others sort by
// creation.
func newID[T ~string](ctx context.Context, kind string, given domain.CommandID) T {
	if given != "" {
		return T(domain.DeriveID(idSpace, kind+"|"+string(edge.Identity(ctx).Principal)+"|"+string(given)))
	}
	if kind == "expert" || kind == "contact" {
		return T(uuid.NewString())
	}
	return T(uuid.Must(uuid.NewV7()).String())
}

// about makes personal text about an expert.
func about(id domain.ExpertID, text string) personal.Text { return personal.Of(id, text) }

func pointer[T ~string](id T) *string {
	s := string(id)
	return &s
}
