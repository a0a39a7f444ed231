package esdbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Types and names that the protocol keeps for itself.
const (
	metadataType  = "$metadata"
	tombstoneType = "$streamDeleted"
	metadataOf    = "$$" // before the name of the stream that it describes
)

// deletedBefore is the truncation of a stream that was deleted softly.
const deletedBefore = math.MaxInt64

// fate is what became of a stream, other than its events.
type fate struct {
	truncated uint64        // revisions before it are gone; deletedBefore: all of them
	age       time.Duration // events that are older are gone; zero: none are
	tombstone bool
}

// hides reports an event that is there no more.
func (f fate) hides(r eventstore.Recorded) bool {
	return uint64(r.Revision) < f.truncated || f.age > 0 && time.Since(r.Time) > f.age
}

// streamService is the service that holds the events.
type streamService struct {
	streams.UnimplementedStreamsServer
	server *Server
	store  eventstore.Store

	// writing is held for reading by plain appends, alone by what decides on the
	// fate of a stream.
	writing sync.RWMutex
	mu      sync.Mutex
	fates   map[string]fate
}

// newStreamService learns from the store what became of streams.
func newStreamService(s *Server) (*streamService, error) {
	v := &streamService{server: s, store: s.options.Store, fates: map[string]fate{}}
	for r, err := range v.store.ReadAll(context.Background(), 0, eventstore.Forwards, 0) {
		if err != nil {
			return nil, fmt.Errorf("esdbtest: %w", err)
		}
		v.learn(r.Stream, r.Type, r.Data)
	}
	return v, nil
}

// learn takes note of an event that decides on the fate of a stream.
func (v *streamService) learn(stored, eventType string, data []byte) {
	name, tomb := wireName(stored)
	described, isMetadata := strings.CutPrefix(name, metadataOf)
	if !tomb && (!isMetadata || eventType != metadataType) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if tomb {
		v.fates[name] = fate{tombstone: true}
		return
	}
	var meta struct {
		Truncated uint64 `json:"$tb"`
		Age       int64  `json:"$maxAge"` // seconds
	}
	_ = json.Unmarshal(data, &meta) // metadata that is no JSON truncates nothing
	v.fates[described] = fate{truncated: meta.Truncated, age: time.Duration(meta.Age) * time.Second}
}

func (v *streamService) fate(name string) fate {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.fates[name]
}

// proposal is an append as a client asks for it.
type proposal struct {
	name     string
	expected eventstore.Expected
	events   []eventstore.Event
}

// Append stores events in one stream. A wrong expected revision is an answer, not
// an error.
func (v *streamService) Append(call streams.Streams_AppendServer) error {
	ctx := call.Context()
	p, err := v.receive(call)
	if err != nil {
		return err
	}
	at := Moment{Method: "append", Stream: p.name}
	if err := v.server.admit(ctx, at); err != nil {
		return err
	}
	answer, err := v.append(ctx, p)
	var wrong *eventstore.WrongRevision
	switch {
	case errors.As(err, &wrong):
		return call.SendAndClose(wrongAnswer(p.expected, wrong.Actual))
	case err != nil:
		return err
	}
	at.Stage = Stored
	if err := v.server.faults.at(ctx, at); err != nil {
		return err
	}
	return call.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(answer.Revision)},
		PositionOption: &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{
			CommitPosition: wirePosition(answer.Position), PreparePosition: wirePosition(answer.Position),
		}},
	}}})
}

// receive takes the messages of an append, and hangs up as soon as they are too
// many bytes.
func (v *streamService) receive(call streams.Streams_AppendServer) (p proposal, err error) {
	size := 0
	for first := true; ; first = false {
		m, err := call.Recv()
		if err == io.EOF {
			return p, nil
		}
		if err != nil {
			return p, err
		}
		if o := m.GetOptions(); o != nil {
			p.name, p.expected = string(o.GetStreamIdentifier().GetStreamName()), expectedOf(o)
			continue
		}
		e := m.GetProposedMessage()
		if first || e == nil {
			return p, invalid("an append begins with its options and goes on with events")
		}
		id, err := storeID(e.GetId())
		if err != nil {
			return p, invalid("the id of an event: %v", err)
		}
		kind := e.GetMetadata()["type"]
		size += len(e.GetData()) + len(e.GetCustomMetadata()) + 2*len(kind)
		if limit := v.server.options.MaxAppendSize; size > limit {
			return p, exception(call.Context(), codes.InvalidArgument, "maximum-append-size-exceeded",
				"the append is too large", "maximum-append-size", strconv.Itoa(limit))
		}
		p.events = append(p.events, eventstore.Event{ID: id, Type: kind, Data: e.GetData(), Meta: e.GetCustomMetadata()})
	}
}

// expecting is what the requests of append, delete and tombstone have in common.
type expecting interface {
	GetRevision() uint64
	GetNoStream() *shared.Empty
	GetAny() *shared.Empty
	GetStreamExists() *shared.Empty
}

func expectedOf(o expecting) eventstore.Expected {
	switch {
	case o.GetNoStream() != nil:
		return eventstore.NoStream
	case o.GetAny() != nil:
		return eventstore.Any
	case o.GetStreamExists() != nil:
		return eventstore.StreamExists
	}
	return eventstore.Expected(o.GetRevision())
}

// append stores a proposal, with what the fate of its stream makes of it.
func (v *streamService) append(ctx context.Context, p proposal) (eventstore.Appended, error) {
	v.writing.RLock()
	f := v.fate(p.name)
	if f.truncated != deletedBefore && !f.tombstone && !strings.HasPrefix(p.name, metadataOf) && len(p.events) <= eventstore.MaxAppendEvents {
		defer v.writing.RUnlock()
		return v.put(ctx, storeName(p.name), p.expected, p.events)
	}
	v.writing.RUnlock()
	v.writing.Lock()
	defer v.writing.Unlock()
	f = v.fate(p.name)
	if f.tombstone {
		return eventstore.Appended{}, streamDeleted(ctx, p.name)
	}
	if f.truncated != deletedBefore {
		return v.put(ctx, storeName(p.name), p.expected, p.events)
	}
	return v.revive(ctx, p)
}

// put stores events. More than the store takes at a time are stored piece by
// piece, which a reader may see.
func (v *streamService) put(ctx context.Context, stored string, expected eventstore.Expected, events []eventstore.Event) (answer eventstore.Appended, err error) {
	if len(events) == 0 {
		return v.putPiece(ctx, stored, expected, events)
	}
	for piece := range slices.Chunk(events, eventstore.MaxAppendEvents) {
		if answer, err = v.putPiece(ctx, stored, expected, piece); err != nil {
			return answer, err
		}
		expected = eventstore.At(answer.Revision)
	}
	return answer, nil
}

// putPiece stores events and takes note of those that decide on fates.
func (v *streamService) putPiece(ctx context.Context, stored string, expected eventstore.Expected, events []eventstore.Event) (eventstore.Appended, error) {
	answer, err := v.store.Append(ctx, stored, expected, events...)
	var wrong *eventstore.WrongRevision
	if err != nil && !errors.As(err, &wrong) {
		return answer, storeError(ctx, err)
	}
	if err == nil {
		for _, e := range events {
			v.learn(stored, e.Type, e.Data)
		}
	}
	return answer, err
}

// revive appends to a stream that was deleted softly: it does not exist, and
// continues its numbering.
func (v *streamService) revive(ctx context.Context, p proposal) (eventstore.Appended, error) {
	last, err := v.last(ctx, p.name)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if p.expected == eventstore.StreamExists || p.expected >= 0 && p.expected != last {
		return eventstore.Appended{}, &eventstore.WrongRevision{Stream: p.name, Expected: p.expected, Actual: last}
	}
	answer, err := v.put(ctx, storeName(p.name), last, p.events)
	if err != nil {
		return answer, err
	}
	_, err = v.truncate(ctx, p.name, uint64(last+1))
	return answer, err
}

// last is the revision of the last event of a stream, gone or not.
func (v *streamService) last(ctx context.Context, name string) (eventstore.Expected, error) {
	for r, err := range v.store.ReadStream(ctx, storeName(name), eventstore.EndRevision, eventstore.Backwards, 1) {
		if errors.Is(err, eventstore.ErrNoStream) {
			return eventstore.NoStream, nil
		}
		if err != nil {
			return 0, storeError(ctx, err)
		}
		return eventstore.At(r.Revision), nil
	}
	return eventstore.NoStream, nil
}

// truncate writes that the revisions before one are gone.
func (v *streamService) truncate(ctx context.Context, name string, before uint64) (eventstore.Appended, error) {
	return v.put(ctx, storeName(metadataOf+name), eventstore.Any, []eventstore.Event{{
		ID: uuid.New(), Type: metadataType, Data: fmt.Appendf(nil, `{"$tb":%d}`, before),
	}})
}

// Delete deletes a stream softly: it is gone, and a later append goes on where it
// ended.
func (v *streamService) Delete(ctx context.Context, r *streams.DeleteReq) (*streams.DeleteResp, error) {
	name := string(r.GetOptions().GetStreamIdentifier().GetStreamName())
	answer, err := v.end(ctx, "delete", name, expectedOf(r.GetOptions()), func() (eventstore.Appended, error) {
		return v.truncate(ctx, name, deletedBefore)
	})
	if err != nil {
		return nil, err
	}
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{Position: &streams.DeleteResp_Position{
		CommitPosition: wirePosition(answer.Position), PreparePosition: wirePosition(answer.Position),
	}}}, nil
}

// Tombstone deletes a stream for good.
func (v *streamService) Tombstone(ctx context.Context, r *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	name := string(r.GetOptions().GetStreamIdentifier().GetStreamName())
	answer, err := v.end(ctx, "tombstone", name, expectedOf(r.GetOptions()), func() (eventstore.Appended, error) {
		return v.put(ctx, tombPrefix+name, eventstore.NoStream, []eventstore.Event{{ID: uuid.New(), Type: tombstoneType}})
	})
	if err != nil {
		return nil, err
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{Position: &streams.TombstoneResp_Position{
		CommitPosition: wirePosition(answer.Position), PreparePosition: wirePosition(answer.Position),
	}}}, nil
}

// end ends a stream if it is where the client expects it. Unlike at an append, a
// wrong revision is an error with trailers.
func (v *streamService) end(ctx context.Context, method, name string, expected eventstore.Expected, write func() (eventstore.Appended, error)) (eventstore.Appended, error) {
	at := Moment{Method: method, Stream: name}
	if err := v.server.admit(ctx, at); err != nil {
		return eventstore.Appended{}, err
	}
	v.writing.Lock()
	defer v.writing.Unlock()
	f := v.fate(name)
	if f.tombstone {
		return eventstore.Appended{}, streamDeleted(ctx, name)
	}
	last, err := v.last(ctx, name)
	if err != nil {
		return eventstore.Appended{}, err
	}
	exists := last != eventstore.NoStream && f.truncated != deletedBefore
	if expected >= 0 && expected != last || expected == eventstore.NoStream && exists || expected == eventstore.StreamExists && !exists {
		return eventstore.Appended{}, exception(ctx, codes.FailedPrecondition, "wrong-expected-version", "the stream is not at the expected revision",
			"stream-name", name, "expected-version", strconv.FormatInt(int64(expected), 10), "actual-version", strconv.FormatInt(int64(last), 10))
	}
	answer, err := write()
	if err != nil {
		return answer, err
	}
	at.Stage = Stored
	return answer, v.server.faults.at(ctx, at)
}

// wrongAnswer says where the stream is instead, in the fields of today and in
// those that clients read before 20.6.
func wrongAnswer(expected, actual eventstore.Expected) *streams.AppendResp {
	w := &streams.AppendResp_WrongExpectedVersion{
		CurrentRevisionOption:        &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}},
		CurrentRevisionOption_20_6_0: &streams.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: &shared.Empty{}},
	}
	if actual >= 0 {
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: uint64(actual)}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: uint64(actual)}
	}
	switch expected {
	case eventstore.Any:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: &shared.Empty{}}
	case eventstore.StreamExists:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
	case eventstore.NoStream:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
	default:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: uint64(expected)}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}}
}
