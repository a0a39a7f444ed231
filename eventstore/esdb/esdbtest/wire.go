package esdbtest

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Categories of the store that hold what its names cannot carry otherwise.
const (
	wirePrefix = "wire-" // a stream whose name the store would refuse
	tombPrefix = "tomb-" // the tombstone of a stream, one event
)

// storeName is the name under which a stream stands in the store.
func storeName(name string) string {
	if eventstore.CheckStream(name) != nil || strings.HasPrefix(name, wirePrefix) || strings.HasPrefix(name, tombPrefix) {
		return wirePrefix + name
	}
	return name
}

// wireName is its name on the wire; tomb tells that the event is a tombstone.
func wireName(stored string) (name string, tomb bool) {
	if name, ok := strings.CutPrefix(stored, tombPrefix); ok {
		return name, true
	}
	return strings.TrimPrefix(stored, wirePrefix), false
}

// positionShift makes positions on the wire sparse.
const positionShift = 6

func wirePosition(p eventstore.Position) uint64 { return uint64(p) << positionShift }

// reached is the last position of the store at or before one of the wire.
func reached(wire uint64) eventstore.Position { return eventstore.Position(wire >> positionShift) }

// before is the last position of the store before one of the wire.
func before(wire uint64) eventstore.Position {
	if wire == 0 {
		return 0
	}
	return reached(wire - 1)
}

// recorded is an event as the protocol has it.
func recorded(r eventstore.Recorded, asText bool) *streams.ReadResp {
	name, tomb := wireName(r.Stream)
	revision := uint64(r.Revision)
	if tomb {
		revision = math.MaxInt64
	}
	position := wirePosition(r.Position)
	kind := "application/octet-stream"
	if json.Valid(r.Data) {
		kind = "application/json"
	}
	return &streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
		Event: &streams.ReadResp_ReadEvent_RecordedEvent{
			Id:               wireID(r.ID, asText),
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)},
			StreamRevision:   revision,
			PreparePosition:  position,
			CommitPosition:   position,
			Metadata: map[string]string{
				"type":         r.Type,
				"content-type": kind,
				"created":      strconv.FormatInt(r.Time.UnixNano()/100, 10), // ticks since 1970
			},
			CustomMetadata: r.Meta,
			Data:           r.Data,
		},
		Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: position},
	}}}
}

func wireID(id uuid.UUID, asText bool) *shared.UUID {
	if asText {
		return &shared.UUID{Value: &shared.UUID_String_{String_: id.String()}}
	}
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])),
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
	}}}
}

func storeID(id *shared.UUID) (uuid.UUID, error) {
	if text := id.GetString_(); text != "" {
		return uuid.Parse(text)
	}
	var out uuid.UUID
	binary.BigEndian.PutUint64(out[:8], uint64(id.GetStructured().GetMostSignificantBits()))
	binary.BigEndian.PutUint64(out[8:], uint64(id.GetStructured().GetLeastSignificantBits()))
	return out, nil
}

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func unavailable(format string, args ...any) error {
	return status.Errorf(codes.Unavailable, format, args...)
}

func internal(format string, args ...any) error {
	return status.Errorf(codes.Internal, format, args...)
}

func statusOfContext(ctx context.Context) error { return status.FromContextError(ctx.Err()).Err() }

// exception is an error with the trailers by which clients know it.
func exception(ctx context.Context, code codes.Code, name string, message string, more ...string) error {
	_ = grpc.SetTrailer(ctx, metadata.Pairs(append([]string{"exception", name}, more...)...))
	return status.Error(code, message)
}

func streamDeleted(ctx context.Context, name string) error {
	return exception(ctx, codes.FailedPrecondition, "stream-deleted", "the stream is deleted", "stream-name", name)
}
