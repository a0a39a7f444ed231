package scalar

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/matcher/fairness"
	"github.com/diaspora-match/diaspora/projections/views"
)

var (
	fairnessDimensionEnum = newEnum(views.Dimensions...)
	fairnessMilestoneEnum = named(views.MilestonesInOrder, views.Milestone.String)
	fourFifthsEnum        = newEnum(fairness.NotBelow, fairness.MayBeBelow, fairness.Below)
	suppressionEnum       = newEnum(fairness.SmallNumbers)
)

// MarshalFairnessDimension and UnmarshalFairnessDimension write and read by what people are grouped.
func MarshalFairnessDimension(v views.Dimension) graphql.Marshaler {
	return fairnessDimensionEnum.marshal(v)
}
func UnmarshalFairnessDimension(v any) (views.Dimension, error) {
	return fairnessDimensionEnum.unmarshal(v)
}

// MarshalFairnessMilestone and UnmarshalFairnessMilestone write and read how far somebody came.
func MarshalFairnessMilestone(v views.Milestone) graphql.Marshaler {
	return fairnessMilestoneEnum.marshal(v)
}
func UnmarshalFairnessMilestone(v any) (views.Milestone, error) {
	return fairnessMilestoneEnum.unmarshal(v)
}

// MarshalFourFifths and UnmarshalFourFifths write and read what the four-fifths rule says.
func MarshalFourFifths(v fairness.Finding) graphql.Marshaler { return fourFifthsEnum.marshal(v) }
func UnmarshalFourFifths(v any) (fairness.Finding, error)    { return fourFifthsEnum.unmarshal(v) }

// MarshalSuppression and UnmarshalSuppression write and read why a figure is held back.
func MarshalSuppression(v fairness.Suppression) graphql.Marshaler { return suppressionEnum.marshal(v) }
func UnmarshalSuppression(v any) (fairness.Suppression, error)    { return suppressionEnum.unmarshal(v) }
