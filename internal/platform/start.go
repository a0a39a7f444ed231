package platform

import (
	"context"
	"os"
	"runtime/debug"
	"sync"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/privacy"
)

// Bounds of a rebuild, listed in docs/limits.md. A rebuild makes garbage faster
// than anything later, while little of what it keeps is there yet: the collector
// may wait, as long as memory stays in proportion to the log.
const (
	largeLog       = 100_000 // events from which on a start is tuned
	rebuildGrowth  = 400     // percent that garbage may add to what is alive
	rebuildBase    = 128 << 20
	rebuildAnEvent = 1000 // bytes of memory for an event of the log, and rebuildBase
)

// LetGarbageWait lets the collector wait while a log of about so many events is
// folded, unless an operator has set GOGC or GOMEMLIMIT. What it returns makes the
// collector as it was.
func LetGarbageWait(events uint64) (restore func()) {
	if events < largeLog || os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	growth := debug.SetGCPercent(rebuildGrowth)
	limit := debug.SetMemoryLimit(rebuildBase + int64(events)*rebuildAnEvent)
	return sync.OnceFunc(func() {
		debug.SetGCPercent(growth)
		debug.SetMemoryLimit(limit)
	})
}

// rebuild runs the views, which catch up first.
func (p *Platform) rebuild(ctx context.Context) error {
	head, err := p.Store.Head(ctx)
	if err != nil {
		return err
	}
	restore := LetGarbageWait(eventstore.EventsUpTo(p.Store, head))
	defer restore()
	go func() {
		select {
		case <-p.Runner.Ready():
		case <-ctx.Done():
		}
		restore()
	}()
	// One pass over the key store, instead of a look-up for each person. Who is
	// not found here is looked up.
	if _, err := p.Keys.Warm(ctx, privacy.DefaultOpenKeys); err != nil && ctx.Err() == nil {
		p.Config.Log.Warn("the keys are looked up one by one", "error", err)
	}
	return p.Runner.Run(ctx)
}
