package graph_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/graph"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/graph/schema"
	"github.com/diaspora-match/diaspora/internal/platform"
)

// recorder is a guard that notes what it is asked for and, once it is closed,
// lets nothing through.
type recorder struct {
	commands.Guard
	mu     sync.Mutex
	closed bool
	asked  string
}

var errRecorded = domain.Refuse(domain.Refused, "test.recorded", "Recorded.", "Nothing.")

func (r *recorder) Authorise(ctx context.Context, caller commands.Caller, action, category, id string, scope domain.Scope) (domain.Role, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = action
	if r.closed {
		return "", errRecorded
	}
	return r.Guard.Authorise(ctx, caller, action, category, id, scope)
}

// The rule that the schema writes at a mutation is the command that the mutation
// sends: the choke point is asked for exactly that.
func TestMutationsSendTheCommandOfTheirRule(t *testing.T) {
	guard := &recorder{}
	c := newCast(t, func(p *platform.Platform, d *graph.Deps) {
		guard.Guard = p.Guard
		d.Bus = commands.New(p.Store, p.Codec, guard, p.Config.Clock, nil)
	})
	need := c.published()
	who, expert := c.expert("Amina Warsame")
	ids := map[string]string{"programme": c.programme, "institution": c.institution, "need": need, "expert": expert}
	ids["candidacy"] = c.do(c.host, "nominateExpert", "CandidacyPayload", "candidacy{id}", object{"need": need, "expert": expert}).str("candidacy", "id")
	ids["inFavourOf"] = ids["candidacy"]
	ids["consent"] = c.consents(who, expert, need)
	ids["assignment"] = c.plan(need, expert)
	ids["next"] = ids["assignment"]
	ids["round"] = gid(scalar.TypeRound, "0b8f9c1e-0000-4000-8000-000000000003")
	scope := domain.Scope{Programme: rawID[domain.ProgrammeID](t, c.programme)}
	c.grant(who, domain.RoleManager, scope)

	s := schema.Schema()
	guard.closed = true
	for _, f := range s.Mutation.Fields {
		payload := s.Types[f.Type.Name()].Types[0]
		input := filler{s, ids}.input(f.Arguments[0].Type.Name())
		if f.Name == "giveConsent" {
			input["consent"].(object)["need"] = need
		}
		guard.asked = ""
		code := c.refused(who, f.Name, payload, input)
		rule, _ := schema.Rule("Mutation." + f.Name)
		if code != errRecorded.Code || guard.asked != string(rule) {
			t.Errorf("%s asks for %q (%s), its rule is %q", f.Name, guard.asked, code, rule)
		}
	}
}

// plan starts an assignment as the platform itself does.
func (c *cast) plan(need, expert string) string {
	c.t.Helper()
	n, e := rawID[domain.NeedID](c.t, need), rawID[domain.ExpertID](c.t, expert)
	candidacy := domain.CandidacyIDFor(n, e)
	id := domain.AssignmentIDFor(candidacy)
	today := domain.DateOf(time.Now())
	result, err := commands.Execute(c.t.Context(), c.p.Bus, &assignment.Aggregate, string(id),
		commands.Envelope{Caller: commands.Caller{Principal: domain.Platform, System: true}}, func(s domain.Stamp) assignment.Command {
			return assignment.Plan{
				Stamp: s, Need: n, Candidacy: candidacy, Expert: e, Institution: rawID[domain.InstitutionID](c.t, c.institution),
				Programme: rawID[domain.ProgrammeID](c.t, c.programme), Country: "SO",
				Period: domain.Period{From: today.AddDays(10), To: today.AddDays(50)}, Modality: domain.Physical,
			}
		})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.p.Views.WaitFor(c.t.Context(), result.Position); err != nil {
		c.t.Fatal(err)
	}
	return gid(scalar.TypeAssignment, string(id))
}

// filler makes an input that the schema accepts, out of objects that exist.
type filler struct {
	schema *ast.Schema
	ids    map[string]string // by the name of the field
}

func (f filler) input(name string) object {
	out := object{}
	for _, field := range f.schema.Types[name].Fields {
		named := field.Type.Name()
		if id, known := f.ids[field.Name]; known && field.Type.NonNull && (named == "ID" || named == "UUID") {
			out[field.Name] = id
			continue
		}
		if field.Type.NonNull && field.DefaultValue == nil {
			out[field.Name] = f.value(field.Type)
		}
	}
	return out
}

func (f filler) value(t *ast.Type) any {
	if t.Elem != nil {
		return []any{f.value(t.Elem)}
	}
	def := f.schema.Types[t.Name()]
	switch def.Kind {
	case ast.Enum:
		return def.EnumValues[0].Name
	case ast.InputObject:
		return f.input(def.Name)
	}
	if v, ok := map[string]any{
		"String": "text", "Int": 1, "Boolean": true, "Date": day(20), "DateTime": time.Now().UTC().Format(time.RFC3339),
		"LanguageTag": "so", "CountryCode": "SO", "SkillCode": "health.midwifery", "EducationLevel": 7, "ISCO": "2222", "Score": 1,
		"UUID": "0b8f9c1e-0000-4000-8000-000000000001", "PrincipalID": "0b8f9c1e-0000-4000-8000-000000000002",
		"ID": f.ids["institution"], // the only list of ids that an input takes
	}[def.Name]; ok {
		return v
	}
	return nil
}
