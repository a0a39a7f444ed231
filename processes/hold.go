package processes

import (
	"context"
	"errors"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// CountryHolds ends the sessions of a country's host officers when a hold is
// placed. What the hold hides is hidden by every read as long as it stands.
func CountryHolds(p Platform) Process {
	return Process{
		Name:  "country-holds",
		Types: []string{programme.CountryHoldPlaced{}.EventType()},
		Handle: func(ctx context.Context, d codec.Decoded) error {
			e, ok := d.Event.(programme.CountryHoldPlaced)
			if !ok {
				return nil
			}
			officers, err := hostOfficers(ctx, p, e.Country)
			if err != nil {
				return err
			}
			var errs []error
			for _, officer := range officers {
				errs = append(errs, unlessRefused(send(ctx, p, cause{"country-holds", d}, "sessions", &access.Aggregate, string(officer), func(s domain.Stamp) access.Command {
					return access.EndSessions{Stamp: s, Principal: officer, Reason: "country hold"}
				})))
			}
			return errors.Join(errs...)
		},
	}
}

// hostOfficers lists the principals with a grant for a host in the country.
func hostOfficers(ctx context.Context, p Platform, country domain.Country) ([]domain.PrincipalID, error) {
	var officers []domain.PrincipalID
	err := p.read(ctx, func(r projections.Reader) error {
		officers = nil
		for row, err := range views.Principals.Walk(r, views.PrincipalsByRole, string(domain.RoleHost), "") {
			if err != nil {
				return err
			}
			for _, g := range row.Grants {
				if g.Role != domain.RoleHost || g.Scope.Institution == "" || !g.RevokedAt.IsZero() {
					continue
				}
				host, err := views.Institutions.Get(r, string(g.Scope.Institution))
				if err != nil {
					return err
				}
				if host != nil && host.Profile.Country == country {
					officers = append(officers, row.ID)
					break
				}
			}
		}
		return nil
	})
	return officers, err
}
