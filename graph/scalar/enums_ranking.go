package scalar

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/ranking"
)

var shownRankingKindEnum = newEnum(ranking.Kinds...)

// MarshalShownRankingKind and UnmarshalShownRankingKind write and read what sort of list was shown.
func MarshalShownRankingKind(v ranking.Kind) graphql.Marshaler {
	return shownRankingKindEnum.marshal(v)
}
func UnmarshalShownRankingKind(v any) (ranking.Kind, error) { return shownRankingKindEnum.unmarshal(v) }

// MarshalShownID and UnmarshalShownID write and read the id of a list that was shown.
func MarshalShownID(id domain.ShownID) graphql.Marshaler { return plain(string(id)) }
func UnmarshalShownID(v any) (domain.ShownID, error)     { return uuid[domain.ShownID](v) }
