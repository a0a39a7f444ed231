package projections

import (
	"context"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Change tells that a row has changed, after the change was committed.
type Change struct {
	Table    string              `json:"table"`
	Key      string              `json:"key"`
	Position eventstore.Position `json:"position"` // up to which the views stood then
	Deleted  bool                `json:"deleted,omitempty"`
	// Related is that of the new row, or of the deleted one.
	Related Related `json:"related,omitzero"`

	// Schema, Row and Old are for followers in the same process: nil for a
	// deleted or a new row. They must not be changed.
	Schema Schema `json:"-"`
	Row    any    `json:"-"`
	Old    any    `json:"-"`
}

// Notifier is told of changes while the views are live, batch by batch in order.
// It must not block: a notice that is lost only delays its readers.
type Notifier interface {
	Notify(changes []Change)
}

// Missing is a Notifier that asks to be told when changes passed by that it was not
// told of: by what it said since, nobody may rely on having heard everything.
type Missing interface {
	Notifier
	Missed()
}

// Follower keeps something of its own in step with the views: the index of the
// matcher. The runner calls Load once, when the views open, and Follow after
// each batch from then on, on one goroutine. Where another process writes the views,
// Follow alone is called, with rows as they are at that position or later; Load is not. Batches that an engine lost come again,
// from an earlier position on, until all is as it was. An error stops the runner: a
// follower that missed a batch would answer wrongly for ever.
type Follower interface {
	Load(ctx context.Context, r Reader) error
	Follow(ctx context.Context, changes []Change, position eventstore.Position) error
}
