package platform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/go-json-experiment/json"

	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// eraser joins the mechanics of privacy to the views. The views dropped the
// person's rows when they folded the request; here it is made sure of.
type eraser struct{ platform *Platform }

// Erase implements processes.Eraser. The proof is the SHA-256 of the receipt's
// steps, without its times, so that repeating an erasure proves the same.
func (e eraser) Erase(ctx context.Context, subject string) (string, error) {
	mechanics := &privacy.Eraser{
		Keys: e.platform.Keys, Ledger: e.platform.ledger, Now: e.platform.Config.Clock,
		Held:       func(context.Context, string) (string, error) { return "", nil },
		Evict:      func(_ context.Context, s string) error { e.platform.Bus.Forget("expert-" + s); return nil },
		DeleteRows: e.rowsGone,
		Sweep:      e.left,
	}
	receipt, err := mechanics.Erase(ctx, privacy.ErasureRequest{Subject: subject, Request: subject})
	if err != nil {
		return "", err
	}
	steps := make([]string, len(receipt.Done))
	for i, d := range receipt.Done {
		steps[i] = string(d.Step)
	}
	b, err := json.Marshal(struct {
		Subject string   `json:"subject"`
		Steps   []string `json:"steps"`
	}{subject, steps})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// rowsGone waits until the views hold everything that has happened, the request
// for erasure among it.
func (e eraser) rowsGone(ctx context.Context, _ string) error {
	head, err := e.platform.Store.Head(ctx)
	if err != nil {
		return err
	}
	return e.platform.Views.WaitFor(ctx, head)
}

// left names the tables that still hold a row of the person.
func (e eraser) left(ctx context.Context, subject string) ([]string, error) {
	var left []string
	err := e.platform.Views.Read(ctx, 0, func(r projections.Reader) error {
		for _, table := range []projections.Schema{views.People, views.Experts} {
			row, err := r.Get(table, subject)
			if err != nil {
				return err
			}
			if row != nil {
				left = append(left, table.TableName())
			}
		}
		return nil
	})
	return left, err
}
