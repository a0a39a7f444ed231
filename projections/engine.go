package projections

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
)

// Bounds, listed in docs/limits.md.
const (
	// MaxWait bounds how long a read waits for the position that it asked for.
	MaxWait = 2 * time.Second
	// CheckEvery is how long a loss of rows may go unnoticed while nothing happens.
	CheckEvery = time.Second
	// MaxPage bounds the rows of one page.
	MaxPage = 100
	// MaxCursorBytes bounds a cursor that a caller hands in.
	MaxCursorBytes = 1024
)

var (
	// ErrBehind is refused when a position was not reached within MaxWait.
	ErrBehind = domain.Refuse(domain.Busy, "view.behind", "The views have not reached the position that you asked for.", "Ask again in a moment, or ask without a position.")
	// ErrStaleEpoch: another runner has claimed the views since.
	ErrStaleEpoch = errors.New("projections: a newer epoch has claimed the views")
	// ErrStaleCheckpoint: the batch does not begin where the views stand, or it is
	// no longer known where they do; Claim tells.
	ErrStaleCheckpoint = errors.New("projections: the batch does not begin at the checkpoint")
)

// Op puts or deletes one row.
type Op struct {
	Table Schema
	Key   string
	Row   any // pointer to the new row; nil deletes
}

// Batch is what folding a run of events has changed. A key occurs at most once
// for each table.
type Batch struct {
	Epoch uint64
	From  eventstore.Position // the checkpoint that the batch was folded upon
	To    eventstore.Position // the checkpoint that it leads to
	Ops   []Op
}

// Engine keeps the rows of a fixed set of tables. Claim, Load, Apply and Open
// are the runner's; Read and WaitFor are everybody's, from many goroutines.
type Engine interface {
	// Claim begins a new epoch, so that batches of an older one are refused, and
	// tells the checkpoint.
	Claim(ctx context.Context) (epoch uint64, checkpoint eventstore.Position, err error)

	// Load is the committed row, or nil. For folding: it works before Open.
	Load(ctx context.Context, table Schema, key string) (any, error)

	// Apply commits all ops and the new checkpoint, or nothing. It may keep the
	// rows, but not the list of ops. A batch with an
	// old epoch is ErrStaleEpoch. A batch whose To is not after the checkpoint
	// has been applied before and is ignored. Any other batch that does not
	// begin at the checkpoint is ErrStaleCheckpoint.
	Apply(ctx context.Context, b Batch) error

	// Open makes the rows readable. The runner calls it when it has caught up
	// for the first time; an engine may build its indexes then. It is
	// idempotent; an old epoch is ErrStaleEpoch.
	Open(ctx context.Context, epoch uint64) error

	// Read waits as WaitFor does and runs fn over one consistent position. The
	// reader must not be used after fn has returned; rows may. An engine may run
	// fn again when the views moved meanwhile: what fn gives out it sets anew, it
	// adds nothing to what an earlier run left.
	Read(ctx context.Context, atLeast eventstore.Position, fn func(Reader) error) error

	// WaitFor returns when the views are open and have reached the position. It
	// returns ErrBehind after MaxWait, or ctx.Err().
	WaitFor(ctx context.Context, position eventstore.Position) error
}

// Prefetcher is an Engine that is asked for many rows at once for a fraction of
// what one by one costs. Folds are pure: the runner folds a batch once to see
// which rows it asks for, fetches them together, and then folds it in earnest.
type Prefetcher interface {
	// Known reports whether Load answers without asking outside.
	Known(table Schema, key string) bool
	// Prefetch makes the rows known, as far as there is room for them.
	Prefetch(ctx context.Context, rows []RowRef) error
}

// RowRef names a row.
type RowRef struct {
	Table Schema
	Key   string
}

// Checker is an Engine whose rows can be lost without its doing: they live in
// another process. The runner asks every CheckEvery.
type Checker interface {
	// Check is nil while all that was acknowledged to the epoch stands. It is
	// ErrStaleEpoch when another runner has taken over, and ErrStaleCheckpoint
	// when something was lost: then Claim tells from where to fold again.
	Check(ctx context.Context, epoch uint64) error
}

// Reader reads one consistent position. Typed access is in the methods of
// Table.
type Reader interface {
	Position() eventstore.Position
	// Get is the row, or nil.
	Get(table Schema, key string) (any, error)
	// Many is the rows of the keys, in their order, nil where there is none.
	Many(table Schema, keys []string) ([]any, error)
	// Span walks a bucket and returns at most Limit members, in walking order.
	Span(table Schema, index, bucket string, s Span) ([]Member, error)
	// Count is the number of rows in a bucket.
	Count(table Schema, index, bucket string) (int, error)
	// CountUntil is the number of rows of a bucket whose sort key is below a
	// bound.
	CountUntil(table Schema, index, bucket, sort string) (int, error)
	// Len is the number of rows of a table.
	Len(table Schema) (int, error)
	// Rows yields all rows of a table in the order of their keys.
	Rows(table Schema) iter.Seq2[any, error]
	// Entries yields all index entries of a table in the order of index, bucket
	// and member.
	Entries(table Schema) iter.Seq2[Entry, error]
}

// Span is a walk over the members of a bucket, strictly between two members.
type Span struct {
	After, Before Member // empty: from the start, to the end
	Backwards     bool
	Limit         int
}

// Entry is one index entry as it is stored.
type Entry struct {
	Index  string `json:"index"`
	Bucket string `json:"bucket"`
	Member Member `json:"member"`
}
