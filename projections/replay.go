package projections

import (
	"context"
	"errors"
	"iter"
	"log/slog"

	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// Replay folds decoded events into an engine from its checkpoint, in batches of
// cfg.BatchMax, and opens it: a rebuild beside the live views, to compare with
// them. Events at or before the checkpoint are skipped. Of cfg it needs Engine
// and Views. It returns a *Poison, the error of the events, or the engine's.
func Replay(ctx context.Context, cfg Config, events iter.Seq2[codec.Decoded, error]) error {
	if cfg.Engine == nil || len(cfg.Views) == 0 {
		return errors.New("projections: a replay needs an engine and views")
	}
	if cfg.BatchMax <= 0 || cfg.BatchMax > MaxBatch {
		cfg.BatchMax = MaxBatch
	}
	cfg.Log, cfg.Notifier, cfg.Followers = slog.New(slog.DiscardHandler), nil, nil
	r := &Runner{cfg: cfg, folds: foldsOf(cfg.Views), tx: newTx(cfg.Engine), ready: make(chan struct{})}
	var err error
	if r.epoch, r.at, err = cfg.Engine.Claim(ctx); err != nil {
		return err
	}
	c := chunk{through: r.at}
	for e, err := range events {
		if err != nil {
			return err
		}
		if e.Position <= c.through {
			continue
		}
		c.events, c.through = append(c.events, e), e.Position
		if len(c.events) == cfg.BatchMax {
			if err := r.commit(ctx, []chunk{c}); err != nil {
				return plain(err)
			}
			c.events = c.events[:0]
		}
	}
	if err := r.commit(ctx, []chunk{c}); err != nil {
		return plain(err)
	}
	return plain(r.open(ctx))
}

// plain takes off the runner's mark of errors that no retry cures.
func plain(err error) error {
	var final *fatalError
	if errors.As(err, &final) {
		return final.err
	}
	return err
}
