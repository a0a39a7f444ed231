package views

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// DisclosuresRow lists to whom an expert's data was shown.
type DisclosuresRow struct {
	Expert  domain.ExpertID `json:"expert"`
	Entries []Disclosure    `json:"entries"`
}

// Disclosure is one: a profile shared with a host under a consent, or fields of
// a person shown to a reader.
type Disclosure struct {
	Position    eventstore.Position  `json:"position"`
	At          time.Time            `json:"at"`
	Kind        DisclosureKind       `json:"kind"`
	Institution domain.InstitutionID `json:"institution,omitzero"`
	Need        domain.NeedID        `json:"need,omitzero"`
	Candidacy   domain.CandidacyID   `json:"candidacy,omitzero"`
	Consent     domain.ConsentID     `json:"consent,omitzero"`
	Purpose     personal.Purpose     `json:"purpose,omitzero"`
	Fields      []disclosure.Field   `json:"fields,omitempty"`
	By          domain.PrincipalID   `json:"by"`
	Role        domain.Role          `json:"role,omitzero"`
}

// DisclosureKind is a way of showing.
type DisclosureKind string

const (
	// SharedProfile: the profile was shared with a host for a need.
	SharedProfile DisclosureKind = "shared_with_host"
	// ShownFields: personal fields were shown to the reader named in By.
	ShownFields DisclosureKind = "shown"
)

// Disclosures is keyed by expert.
var Disclosures = &projections.Table[DisclosuresRow]{
	Name: "disclosures", Version: 1,
	Key: func(r *DisclosuresRow) string { return string(r.Expert) },
	Related: func(r *DisclosuresRow) projections.Related {
		return projections.Related{Scope: domain.Scope{Expert: r.Expert}}
	},
}

// DisclosuresOf lists an expert's disclosures, oldest first; none is no error.
func DisclosuresOf(r projections.Reader, id domain.ExpertID) ([]Disclosure, error) {
	row, err := Disclosures.Get(r, string(id))
	if row == nil || err != nil {
		return nil, err
	}
	return row.Entries, nil
}

var disclosuresView = projections.View{
	Name: "disclosures", Tables: []projections.Schema{Disclosures},
	Categories: []string{"candidacy", "disclosure"}, Fold: foldDisclosures,
}

func foldDisclosures(tx *projections.Tx, e *codec.Decoded) error {
	switch ev := e.Event.(type) {
	case disclosure.Disclosed:
		disclose(tx, ev.Expert, Disclosure{
			Position: e.Position, At: ev.At, Kind: ShownFields, Institution: ev.Institution, Need: ev.Need,
			Purpose: ev.Purpose, Fields: ev.Fields, By: ev.Reader, Role: roleOf(ev.Role),
		})
	case candidacy.SharedWithHost:
		c := Candidacies.Peek(tx, idOf(e))
		if c == nil {
			return missing(e)
		}
		disclose(tx, c.Expert, Disclosure{
			Position: e.Position, At: ev.At, Kind: SharedProfile, Institution: c.Institution, Need: c.Need,
			Candidacy: c.ID, Consent: ev.Consent.ID, By: ev.By, Role: roleOf(e.Meta.Role),
		})
	}
	return nil
}

func disclose(tx *projections.Tx, id domain.ExpertID, d Disclosure) {
	if id == "" || erased(tx, id) {
		return
	}
	row := Disclosures.Ensure(tx, string(id), func() DisclosuresRow { return DisclosuresRow{Expert: id} })
	row.Entries = append(row.Entries, d)
}
