package model

import (
	"context"
	"errors"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections/views"
)

// opener opens personal texts and keeps the first fault. What was erased is
// simply not there.
type opener struct{ err error }

func (o *opener) open(t personal.Text, purpose personal.Purpose) *string {
	plain, err := personal.Open(t, purpose)
	switch {
	case errors.Is(err, personal.ErrErased):
		return nil
	case err != nil:
		if o.err == nil {
			o.err = err
		}
		return nil
	}
	return nonEmpty(plain)
}

// nonEmpty is a pointer to a value, nil for the empty one.
func nonEmpty[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// texts are what was written about an expert in the course of a candidacy or an
// assignment; nil when one may not read it. A reading that must be is recorded
// under the field that holds such texts.
func (s *Sight) texts(ctx context.Context, action authz.Action, expert *Expert, object string, field disclosure.Field) ([]CaseText, error) {
	if expert == nil {
		return nil, nil
	}
	purpose, ok, err := s.mayIdentify(ctx, action, expert.ExpertRow, expert.object, []disclosure.Field{field})
	if !ok || err != nil {
		return nil, err
	}
	rows, err := many(s, views.People, []domain.ExpertID{expert.ID})
	if err != nil || rows[expert.ID] == nil {
		return nil, err
	}
	var o opener
	out := []CaseText{}
	for _, t := range rows[expert.ID].TextsOf(object) {
		out = append(out, CaseText{Kind: string(t.Kind), Text: o.open(t.Text, purpose), At: t.At, By: nonEmpty(t.By)})
	}
	return out, o.err
}
