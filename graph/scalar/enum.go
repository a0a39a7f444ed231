package scalar

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/domain"
)

// enum writes and reads the values of one enum: the domain's text in capitals
// ("rule_of_law" is RULE_OF_LAW). The answers are made once.
type enum[T ~string] struct {
	write map[T]graphql.Marshaler
	read  map[string]T
	names []string
}

func newEnum[T ~string](values ...T) enum[T] {
	e := enum[T]{write: make(map[T]graphql.Marshaler, len(values)), read: make(map[string]T, len(values))}
	for _, v := range values {
		name := EnumName(string(v))
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
	s, _ := v.(string)
	if t, ok := e.read[s]; ok {
		return t, nil
	}
	return "", domain.ErrUnknown.With("Choose one of " + strings.Join(e.names, ", ") + ".")
}
