package platform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/go-json-experiment/json"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
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
	// While the key is there, the views can take back what they counted of the
	// person; afterwards a row of theirs may no longer open.
	if err := e.rowsGone(ctx, subject); err != nil {
		return "", err
	}
	receipt, err := e.mechanics().Erase(ctx, privacy.ErasureRequest{Subject: subject, Request: subject})
	if err != nil {
		return "", err
	}
	return proofOf(receipt)
}

func (e eraser) mechanics() *privacy.Eraser {
	return &privacy.Eraser{
		Keys: e.platform.Keys, Ledger: e.platform.ledger, Now: e.platform.Config.Clock,
		Held:       func(context.Context, string) (string, error) { return "", nil },
		Evict:      func(_ context.Context, s string) error { e.platform.Bus.Forget("expert-" + s); return nil },
		DeleteRows: e.rowsGone,
		Sweep:      e.left,
	}
}

func proofOf(receipt privacy.Receipt) (string, error) {
	steps := make([]string, len(receipt.Done))
	for i, d := range receipt.Done {
		steps[i] = string(d.Step)
	}
	b, err := json.Marshal(struct {
		Subject string   `json:"subject"`
		Steps   []string `json:"steps"`
	}{receipt.Subject, steps})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// ReplayErasures erases again everybody whom the ledger names, after a restore of
// a log that may be older than their erasure: who is in that log and has not asked
// in it asks now, in the words of the platform; then every key is destroyed and
// every row is looked for, and the log has the proof. It returns how many people
// the log had to be told of. The platform must be running, without reactions.
func (p *Platform) ReplayErasures(ctx context.Context) (told int, err error) {
	entries, err := p.ledger.Entries()
	if err != nil {
		return 0, err
	}
	asked := map[string]bool{}
	for _, entry := range entries {
		if asked[entry.Subject] {
			continue
		}
		state, err := commands.Load(ctx, p.Bus, &expert.Aggregate, entry.Subject)
		if err != nil {
			return 0, err
		}
		asked[entry.Subject] = state.ID != "" && state.Proof == ""
		if !asked[entry.Subject] {
			continue
		}
		if err := p.asPlatform(ctx, entry.Subject, func(s domain.Stamp) expert.Command { return expert.RequestErasure{Stamp: s} }); err != nil {
			return told, err
		}
		told++
	}
	receipts, err := eraser{p}.mechanics().Replay(ctx, p.ledger)
	if err != nil {
		return told, err
	}
	for _, receipt := range receipts {
		if !asked[receipt.Subject] {
			continue
		}
		proof, err := proofOf(receipt)
		if err == nil {
			err = p.asPlatform(ctx, receipt.Subject, func(s domain.Stamp) expert.Command { return expert.CompleteErasure{Stamp: s, Proof: proof} })
		}
		if err != nil {
			return told, err
		}
	}
	return told, nil
}

func (p *Platform) asPlatform(ctx context.Context, id string, command func(domain.Stamp) expert.Command) error {
	_, err := commands.Execute(ctx, p.Bus, &expert.Aggregate, id,
		commands.Envelope{Caller: commands.Caller{Principal: domain.Platform, System: true}}, command)
	return err
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
		left = nil
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
