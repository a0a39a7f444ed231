package schema_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	_ "github.com/diaspora-match/diaspora/graph" // claims the rules
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/graph/schema"
	"github.com/diaspora-match/diaspora/internal/authz"
)

func ours(d *ast.Definition) bool { return !d.BuiltIn && !strings.HasPrefix(d.Name, "__") }

// reveals reports whether a value of the type shows an object of its own, which
// has a rule, through lists, edges and events.
func reveals(s *ast.Schema, d *ast.Definition) bool {
	switch d.Kind {
	case ast.Interface:
		return true
	case ast.Object:
		return d.Directives.ForName("rule") != nil || strings.HasSuffix(d.Name, "Connection") || strings.HasSuffix(d.Name, "Edge")
	}
	return false
}

// A field that reveals an object without a rule fails the build: every field of
// the roots has its own, and every other field that leads to an object has its
// own, or the object's type has.
func TestEveryFieldThatRevealsAnObjectHasARule(t *testing.T) {
	s := schema.Schema()
	for _, d := range s.Types {
		if d.Kind != ast.Object || !ours(d) {
			continue
		}
		root := d == s.Query || d == s.Mutation || d == s.Subscription
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			own := f.Directives.ForName("rule") != nil
			if root && !own {
				t.Errorf("%s.%s has no @rule", d.Name, f.Name)
				continue
			}
			target := s.Types[f.Type.Name()]
			if !reveals(s, target) || own {
				continue
			}
			plumbing := strings.HasSuffix(d.Name, "Connection") || strings.HasSuffix(d.Name, "Edge")
			if target.Directives.ForName("rule") == nil && !plumbing {
				t.Errorf("%s.%s leads to %s, and neither has a @rule", d.Name, f.Name, target.Name)
			}
		}
	}
}

// Every rule names an action of the table of authorisation: somebody may take
// it, and nobody at all may not.
func TestEveryRuleIsInTheTable(t *testing.T) {
	everybody := authz.System("00000000-0000-5000-8000-000000000001")
	for place, action := range rules() {
		if !everybody.Decide(action, authz.Object{}).Allowed {
			t.Errorf("%s demands %q, which the table does not name", place, action)
		}
		if (authz.Principal{}).Decide(action, authz.Object{}).Allowed {
			t.Errorf("%s demands %q, which is open to nobody signed in", place, action)
		}
	}
}

// Every rule is claimed by the code that guards it. A field that leads to an
// object with the same rule is guarded there; a mutation by the command bus.
func TestEveryRuleIsGuarded(t *testing.T) {
	s := schema.Schema()
	for place, action := range rules() {
		typeName, fieldName, isField := strings.Cut(place, ".")
		if schema.Claimed(place) || typeName == "Mutation" {
			continue
		}
		if isField {
			target := element(s, s.Types[typeName].Fields.ForName(fieldName).Type.Name())
			if guarded, ok := schema.Rule(target); ok && guarded == action && schema.Claimed(target) {
				continue
			}
		}
		t.Errorf("nothing guards the rule %q of %s", action, place)
	}
}

// element is the type of the items of a connection, or the type itself.
func element(s *ast.Schema, name string) string {
	if d := s.Types[name]; strings.HasSuffix(name, "Connection") {
		return d.Fields.ForName("nodes").Type.Name()
	}
	return name
}

func rules() map[string]authz.Action {
	found := map[string]authz.Action{}
	for _, d := range schema.Schema().Types {
		if action, ok := schema.Rule(d.Name); ok {
			found[d.Name] = action
		}
		for _, f := range d.Fields {
			if action, ok := schema.Rule(d.Name + "." + f.Name); ok {
				found[d.Name+"."+f.Name] = action
			}
		}
	}
	return found
}

// Every enum stands for a list of the domain, value for value.
func TestEnumsEqualTheDomain(t *testing.T) {
	lists := scalar.Values()
	for _, d := range schema.Schema().Types {
		if d.Kind != ast.Enum || !ours(d) {
			continue
		}
		list, ok := lists[d.Name]
		if !ok {
			t.Errorf("enum %s stands for no list of the domain", d.Name)
			continue
		}
		delete(lists, d.Name)
		var values []string
		for _, v := range d.EnumValues {
			values = append(values, v.Name)
		}
		slices.Sort(values)
		want := slices.Clone(list)
		slices.Sort(want)
		if !slices.Equal(values, want) {
			t.Errorf("enum %s has %v, the domain has %v", d.Name, values, want)
		}
	}
	for name := range lists {
		t.Errorf("the domain's list %s is no enum of the schema", name)
	}
}

// Everything is described: a client's tools show it.
func TestEverythingIsDescribed(t *testing.T) {
	s := schema.Schema()
	missing := func(what, description string) {
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", what)
		}
	}
	for _, d := range s.Types {
		if !ours(d) || d == s.Query || d == s.Mutation {
			continue
		}
		missing(d.Name, d.Description)
	}
	for _, d := range s.Types {
		if !ours(d) {
			continue
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			missing(d.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				missing(d.Name+"."+f.Name+"("+a.Name+")", a.Description)
			}
		}
		for _, v := range d.EnumValues {
			missing(d.Name+"."+v.Name, v.Description)
		}
	}
	for _, d := range s.Directives {
		if d.Position != nil && d.Position.Src.BuiltIn {
			continue
		}
		missing("@"+d.Name, d.Description)
	}
}

// A mutation takes one input, whose command id makes it safe to send again, and
// answers a payload or Refused.
func TestMutationsHaveOneShape(t *testing.T) {
	s := schema.Schema()
	for _, f := range s.Mutation.Fields {
		if len(f.Arguments) != 1 || f.Arguments[0].Name != "input" || !f.Arguments[0].Type.NonNull {
			t.Errorf("%s does not take one input", f.Name)
			continue
		}
		in := s.Types[f.Arguments[0].Type.Name()]
		if id := in.Fields.ForName("commandId"); id == nil || id.Type.String() != "CommandID" {
			t.Errorf("%s has no optional commandId", in.Name)
		}
		result := s.Types[f.Type.Name()]
		if result.Kind != ast.Union || len(result.Types) != 2 || result.Types[1] != "Refused" || !f.Type.NonNull {
			t.Errorf("%s does not answer a payload or Refused", f.Name)
			continue
		}
		payload := s.Types[result.Types[0]]
		for _, name := range []string{"position", "commandId"} {
			if p := payload.Fields.ForName(name); p == nil || !p.Type.NonNull {
				t.Errorf("%s has no %s", payload.Name, name)
			}
		}
	}
}
