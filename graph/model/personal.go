package model

import (
	"errors"

	"github.com/diaspora-match/diaspora/domain/personal"
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
