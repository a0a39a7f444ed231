package scalar

import (
	"github.com/99designs/gqlgen/graphql"

	reading "github.com/diaspora-match/diaspora/matcher/text"
)

var skillNameKindEnum = newEnum(reading.Kinds...)

// MarshalSkillNameKind and UnmarshalSkillNameKind write and read what words of a text are of a skill.
func MarshalSkillNameKind(v reading.Kind) graphql.Marshaler { return skillNameKindEnum.marshal(v) }
func UnmarshalSkillNameKind(v any) (reading.Kind, error)    { return skillNameKindEnum.unmarshal(v) }
