package scalar

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// enum writes and reads the values of one enum: the domain's text in capitals
// ("rule_of_law" is RULE_OF_LAW). The answers are made once.
type enum[T comparable] struct {
	write map[T]graphql.Marshaler
	read  map[string]T
	names []string
}

func newEnum[T ~string](values ...T) enum[T] {
	return named(values, func(v T) string { return string(v) })
}

func named[T comparable](values []T, name func(T) string) enum[T] {
	e := enum[T]{write: make(map[T]graphql.Marshaler, len(values)), read: make(map[string]T, len(values))}
	for _, v := range values {
		name := EnumName(name(v))
		e.write[v] = raw(`"` + name + `"`)
		e.read[name] = v
		e.names = append(e.names, name)
	}
	return e
}

// EnumName is how a value of the domain stands in the schema.
func EnumName(value string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(value))
}

func (e enum[T]) marshal(v T) graphql.Marshaler {
	if m, ok := e.write[v]; ok {
		return m
	}
	return graphql.Null
}

func (e enum[T]) unmarshal(v any) (T, error) {
	if v == nil {
		var none T
		return none, nil
	}
	s, _ := v.(string)
	t, ok := e.read[s]
	if !ok {
		return t, domain.ErrUnknown.With("Choose one of " + strings.Join(e.names, ", ") + ".")
	}
	return t, nil
}

// The enums whose values are numbers in the domain.
var (
	cefrEnum = named([]domain.CEFR{domain.A1, domain.A2, domain.B1, domain.B2, domain.C1, domain.C2, domain.Native}, domain.CEFR.String)

	skillLevelEnum = named([]domain.SkillLevel{domain.Basic, domain.Working, domain.Proficient, domain.Expert}, domain.SkillLevel.String)

	skillRelationEnum = named([]taxonomy.Relation{
		taxonomy.Unrelated, taxonomy.Equal, taxonomy.Namesake, taxonomy.Narrower, taxonomy.Broader,
		taxonomy.SameUnit, taxonomy.SameMinor, taxonomy.SameOccupation, taxonomy.SharedName, taxonomy.CoOccurring,
	}, taxonomy.Relation.String)
)

// MarshalCEFR and UnmarshalCEFR write and read language levels.
func MarshalCEFR(v domain.CEFR) graphql.Marshaler { return cefrEnum.marshal(v) }
func UnmarshalCEFR(v any) (domain.CEFR, error)    { return cefrEnum.unmarshal(v) }

// MarshalSkillLevel and UnmarshalSkillLevel write and read masteries.
func MarshalSkillLevel(v domain.SkillLevel) graphql.Marshaler { return skillLevelEnum.marshal(v) }
func UnmarshalSkillLevel(v any) (domain.SkillLevel, error)    { return skillLevelEnum.unmarshal(v) }

// MarshalSkillRelation and UnmarshalSkillRelation write and read how skills are
// related.
func MarshalSkillRelation(v taxonomy.Relation) graphql.Marshaler { return skillRelationEnum.marshal(v) }
func UnmarshalSkillRelation(v any) (taxonomy.Relation, error)    { return skillRelationEnum.unmarshal(v) }

// MarshalHostReasonText and UnmarshalHostReasonText are the same for a view that
// keeps the reason as a text.
func MarshalHostReasonText(v string) graphql.Marshaler {
	return MarshalHostReason(candidacy.HostReason(v))
}
func UnmarshalHostReasonText(v any) (string, error) {
	r, err := UnmarshalHostReason(v)
	return string(r), err
}
