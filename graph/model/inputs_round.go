package model

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
)

// ToRound names a round.
type ToRound struct {
	New
	Round domain.RoundID
}

// AtPlace names the place of a quota in one of three ways; none of them gives no
// place, which the round refuses.
type AtPlace struct {
	Country     domain.Country
	Sector      domain.Sector
	Institution domain.InstitutionID
}

// Place is what the quota is over.
func (p AtPlace) Place() (round.Place, string) {
	switch {
	case p.Country != "":
		return round.OverCountry, string(p.Country)
	case p.Sector != "":
		return round.OverSector, string(p.Sector)
	case p.Institution != "":
		return round.OverHost, string(p.Institution)
	}
	return "", ""
}

// Inputs of the mutations of a round.
type (
	OpenRoundInput struct {
		New
		Programme domain.ProgrammeID
		Mode      round.Mode
	}
	LockPairInput struct {
		ToRound
		round.Pair
		Reason string
	}
	VetoPairInput struct {
		ToRound
		round.Pair
		Reason string
	}
	UnlockPairInput struct {
		ToRound
		round.Pair
		Reason string
	}
	SetRoundQuotaInput struct {
		ToRound
		AtPlace
		Lower, Upper int
	}
	DropRoundQuotaInput struct {
		ToRound
		AtPlace
	}
	SetRoundSeatsInput struct {
		ToRound
		Need  domain.NeedID
		Seats int
	}
	SolveRoundInput      struct{ ToRound }
	ApproveProposalInput struct {
		ToRound
		round.Pair
		Reason string
	}
	RefuseProposalInput struct {
		ToRound
		round.Pair
		Reason round.RefusalReason
		Note   string
	}
	CloseRoundInput  struct{ ToRound }
	CancelRoundInput struct {
		ToRound
		Reason string
	}
)
