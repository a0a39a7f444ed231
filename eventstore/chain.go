package eventstore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Verifier is offered by engines that can prove that what they hold is what was
// appended.
type Verifier interface {
	// VerifyChain reads everything and returns the hash of the last event. At the
	// first event that does not hold it returns a *BrokenChain. It calls progress,
	// which may be nil, now and then with the position that it has reached.
	VerifyChain(ctx context.Context, progress func(Position)) (head [sha256.Size]byte, err error)
}

// Chained is offered by engines that keep the chain of hashes with their events.
type Chained interface {
	// HashAt is the hash that stands with the event at a position, which covers
	// everything before it too: zero for position zero. ErrNoEvent.
	HashAt(ctx context.Context, at Position) ([sha256.Size]byte, error)
}

// BrokenChain names the first event that is not what was appended, or that does
// not stand where it was.
type BrokenChain struct {
	Position Position
	Stream   string // empty where even that cannot be told
	Revision Revision
	Why      string
}

func (e *BrokenChain) Error() string {
	return fmt.Sprintf("eventstore: the log is broken at position %d (%s, revision %d): %s", e.Position, e.Stream, e.Revision, e.Why)
}

// Chain is the hash chain over the events of a log in the order of their
// positions: each hash covers the one before it and every field of its event, so
// that no event can be changed, moved, put in or taken out without changing all
// hashes after it. The zero value stands before the first event.
type Chain struct {
	head   [sha256.Size]byte
	fields []byte
}

// ChainAt is the chain after the event with the given hash.
func ChainAt(head [sha256.Size]byte) Chain { return Chain{head: head} }

// Head is the hash of the last event added.
func (c *Chain) Head() [sha256.Size]byte { return c.head }

// Add extends the chain by an event: SHA-256 of the previous hash and of the
// fields position, stream, revision, id, type, data, metadata and time (in
// microseconds since 1970), each behind its length in eight bytes, big endian.
func (c *Chain) Add(r Recorded) [sha256.Size]byte {
	b := append(c.fields[:0], c.head[:]...)
	b = chainNumber(b, uint64(r.Position))
	b = chainField(b, r.Stream)
	b = chainNumber(b, uint64(r.Revision))
	b = chainField(b, r.ID[:])
	b = chainField(b, r.Type)
	b = chainField(b, r.Data)
	b = chainField(b, r.Meta)
	b = chainNumber(b, uint64(r.Time.UnixMicro()))
	c.fields, c.head = b, sha256.Sum256(b)
	return c.head
}

func chainNumber(b []byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, 8), n)
}

func chainField[T ~string | ~[]byte](b []byte, field T) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(field))), field...)
}
