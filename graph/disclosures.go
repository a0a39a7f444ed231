package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/internal/edge"
)

// Disclosures records readings through the command bus: the platform writes
// them, on behalf of who reads.
type Disclosures struct{ Bus *commands.Bus }

var _ model.Disclosures = Disclosures{}

// Record implements model.Disclosures.
func (d Disclosures) Record(ctx context.Context, reader domain.PrincipalID, role domain.Role, r model.Reading) error {
	envelope := commands.Envelope{
		Caller:      commands.Caller{Principal: domain.Platform, System: true, OnBehalfOf: reader},
		Correlation: edge.Correlation(ctx),
	}
	_, err := commands.Execute(ctx, d.Bus, &disclosure.Aggregate, string(r.Expert), envelope, func(s domain.Stamp) disclosure.Command {
		return disclosure.Record{
			Stamp:  domain.Stamp{By: reader, Role: role, At: s.At},
			Expert: r.Expert, Purpose: r.Purpose, Fields: r.Fields, Institution: r.Institution, Need: r.Need,
		}
	})
	return err
}
