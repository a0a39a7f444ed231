package scalar

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/domain/round"
)

var (
	roundModeEnum          = newEnum(round.Modes...)
	roundStageEnum         = newEnum(round.Stages...)
	roundFailureEnum       = newEnum(round.Failures...)
	roundChoiceEnum        = newEnum(round.Approved, round.Refused, round.Undone)
	roundRefusalReasonEnum = newEnum(round.RefusalReasons...)
	quotaPlaceEnum         = newEnum(round.Places...)
)

// MarshalRoundMode and UnmarshalRoundMode write and read what a round's plan is chosen for.
func MarshalRoundMode(v round.Mode) graphql.Marshaler { return roundModeEnum.marshal(v) }
func UnmarshalRoundMode(v any) (round.Mode, error)    { return roundModeEnum.unmarshal(v) }

// MarshalRoundStage and UnmarshalRoundStage write and read where a round stands.
func MarshalRoundStage(v round.Stage) graphql.Marshaler { return roundStageEnum.marshal(v) }
func UnmarshalRoundStage(v any) (round.Stage, error)    { return roundStageEnum.unmarshal(v) }

// MarshalRoundFailure and UnmarshalRoundFailure write and read why a round has no plan.
func MarshalRoundFailure(v round.Failure) graphql.Marshaler { return roundFailureEnum.marshal(v) }
func UnmarshalRoundFailure(v any) (round.Failure, error)    { return roundFailureEnum.unmarshal(v) }

// MarshalRoundChoice and UnmarshalRoundChoice write and read what became of a pair.
func MarshalRoundChoice(v round.Choice) graphql.Marshaler { return roundChoiceEnum.marshal(v) }
func UnmarshalRoundChoice(v any) (round.Choice, error)    { return roundChoiceEnum.unmarshal(v) }

// MarshalRoundRefusalReason and UnmarshalRoundRefusalReason write and read why a pair was refused.
func MarshalRoundRefusalReason(v round.RefusalReason) graphql.Marshaler {
	return roundRefusalReasonEnum.marshal(v)
}
func UnmarshalRoundRefusalReason(v any) (round.RefusalReason, error) {
	return roundRefusalReasonEnum.unmarshal(v)
}

// MarshalQuotaPlace and UnmarshalQuotaPlace write and read what a quota is over.
func MarshalQuotaPlace(v round.Place) graphql.Marshaler { return quotaPlaceEnum.marshal(v) }
func UnmarshalQuotaPlace(v any) (round.Place, error)    { return quotaPlaceEnum.unmarshal(v) }
