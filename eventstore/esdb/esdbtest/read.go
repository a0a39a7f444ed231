package esdbtest

import (
	"context"
	"errors"
	"math"
	"regexp"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
)

const everything = "$all"

// answer is a read or a subscription under way.
type answer struct {
	*streamService
	call streams.Streams_ReadServer
	ctx  context.Context
	at   Moment
	text bool // ids as text
}

// Read answers reads and subscriptions of a stream and of $all.
func (v *streamService) Read(r *streams.ReadReq, call streams.Streams_ReadServer) error {
	o := r.GetOptions()
	a := &answer{streamService: v, call: call, ctx: call.Context(), text: o.GetUuidOption().GetString_() != nil}
	a.at = Moment{Method: "read", Stream: everything}
	if s := o.GetStream(); s != nil {
		a.at.Stream = string(s.GetStreamIdentifier().GetStreamName())
	}
	subscribing := o.GetSubscription() != nil
	if subscribing {
		a.at.Method = "subscribe"
	}
	if err := v.server.admit(a.ctx, a.at); err != nil {
		return err
	}
	if subscribing {
		return a.subscribe(o)
	}
	if err := a.interject(); err != nil {
		return err
	}
	switch {
	case o.GetStream() != nil:
		return a.readStream(o)
	case o.GetAll() != nil:
		return a.readAll(o)
	}
	return invalid("a read is of a stream or of %s", everything)
}

func (a *answer) interject() error {
	if odd := a.server.faults.interjected(a.at.Method); odd != nil {
		return a.call.Send(odd)
	}
	return nil
}

// event sends one event.
func (a *answer) event(r eventstore.Recorded) error {
	if err := a.call.Send(recorded(r, a.text)); err != nil {
		return err
	}
	a.at.Sent++
	a.at.Stage = Sent
	return a.server.faults.at(a.ctx, a.at)
}

func directionOf(o *streams.ReadReq_Options) eventstore.Direction {
	return o.GetReadDirection() == streams.ReadReq_Options_Backwards
}

// readStream sends the events of a stream that are not truncated. A stream that
// is not there is an answer, a tombstoned one an error.
func (a *answer) readStream(o *streams.ReadReq_Options) error {
	name, direction := a.at.Stream, directionOf(o)
	f := a.fate(name)
	if f.tombstone {
		return streamDeleted(a.ctx, name)
	}
	from := eventstore.Revision(min(o.GetStream().GetRevision(), math.MaxInt64))
	if o.GetStream().GetEnd() != nil {
		from = eventstore.EndRevision
	}
	if direction == eventstore.Forwards {
		from = max(from, eventstore.Revision(f.truncated))
	}
	left := o.GetCount()
	if f.truncated == deletedBefore {
		return a.notFound(name)
	}
	for r, err := range a.store.ReadStream(a.ctx, storeName(name), from, direction, 0) {
		if errors.Is(err, eventstore.ErrNoStream) {
			return a.notFound(name)
		}
		if err != nil {
			return storeError(a.ctx, err)
		}
		if left == 0 {
			return nil
		}
		if f.hides(r) {
			continue
		}
		if err := a.event(r); err != nil {
			return err
		}
		left--
	}
	return nil
}

func (a *answer) notFound(name string) error {
	return a.call.Send(&streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{StreamNotFound: &streams.ReadResp_StreamNotFound{
		StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)},
	}}})
}

// readAll sends the log; the position asked for is included, as far as the server
// is one that includes it.
func (a *answer) readAll(o *streams.ReadReq_Options) error {
	direction, all := directionOf(o), o.GetAll()
	wire := all.GetPosition().GetCommitPosition()
	var from eventstore.Position
	switch {
	case all.GetStart() != nil:
	case all.GetEnd() != nil:
		from = eventstore.EndPosition
	case direction == eventstore.Forwards || a.server.options.BackwardsExcludes:
		from = before(wire)
	default:
		from = reached(wire)
	}
	left := o.GetCount()
	for r, err := range a.store.ReadAll(a.ctx, from, direction, 0) {
		if err != nil {
			return storeError(a.ctx, err)
		}
		if left == 0 {
			return nil
		}
		if err := a.event(r); err != nil {
			return err
		}
		left--
	}
	return nil
}

// subscribe confirms, then sends events, checkpoints of a filter, and once that
// it has caught up.
func (a *answer) subscribe(o *streams.ReadReq_Options) error {
	keeps, err := a.selection(o)
	if err != nil {
		return err
	}
	after, err := a.start(o)
	if err != nil {
		return err
	}
	sub, err := a.store.Subscribe(a.ctx, after, eventstore.Filter{})
	if err != nil {
		return storeError(a.ctx, err)
	}
	defer sub.Close()
	err = a.call.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{
		Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()},
	}})
	if err != nil {
		return err
	}
	if err := a.interject(); err != nil {
		return err
	}
	filtered := o.GetFilter() != nil
	for live := false; ; {
		d, err := sub.Next(a.ctx)
		if err != nil {
			return storeError(a.ctx, err)
		}
		last, err := a.deliver(d, keeps)
		if err != nil {
			return err
		}
		if filtered && d.Through > last {
			if err := a.checkpoint(d.Through); err != nil {
				return err
			}
		}
		if d.CaughtUp && !live {
			live = true
			if err := a.call.Send(&streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}}); err != nil {
				return err
			}
		}
	}
}

// deliver sends what is selected and returns the position of the last of it.
func (a *answer) deliver(d eventstore.Delivery, keeps func(eventstore.Recorded) bool) (last eventstore.Position, err error) {
	for _, r := range d.Events {
		if !keeps(r) {
			continue
		}
		if err := a.event(r); err != nil {
			return last, err
		}
		last = r.Position
	}
	return last, nil
}

func (a *answer) checkpoint(at eventstore.Position) error {
	return a.call.Send(&streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{Checkpoint: &streams.ReadResp_Checkpoint{
		CommitPosition: wirePosition(at), PreparePosition: wirePosition(at),
	}}})
}

// start is where a subscription begins; what it is asked for is excluded.
func (a *answer) start(o *streams.ReadReq_Options) (eventstore.Position, error) {
	if o.GetAll().GetEnd() != nil || o.GetStream().GetEnd() != nil {
		head, err := a.store.Head(a.ctx)
		if err != nil {
			return 0, storeError(a.ctx, err)
		}
		return head, nil
	}
	return reached(o.GetAll().GetPosition().GetCommitPosition()), nil
}

// selection is the filter of a subscription, or its stream.
func (a *answer) selection(o *streams.ReadReq_Options) (func(eventstore.Recorded) bool, error) {
	if s := o.GetStream(); s != nil {
		f := a.fate(a.at.Stream)
		if f.tombstone {
			return nil, streamDeleted(a.ctx, a.at.Stream)
		}
		stored := storeName(a.at.Stream)
		_, exact := s.GetRevisionOption().(*streams.ReadReq_Options_StreamOptions_Revision)
		after := s.GetRevision()
		return func(r eventstore.Recorded) bool {
			return r.Stream == stored && (!exact || uint64(r.Revision) > after) && !a.fate(a.at.Stream).hides(r)
		}, nil
	}
	filter := o.GetFilter()
	if filter == nil {
		return func(eventstore.Recorded) bool { return true }, nil
	}
	names, err := expression(filter.GetStreamIdentifier())
	if err != nil {
		return nil, err
	}
	types, err := expression(filter.GetEventType())
	if err != nil {
		return nil, err
	}
	return func(r eventstore.Recorded) bool {
		name, _ := wireName(r.Stream)
		return names(name) && types(r.Type)
	}, nil
}

// expression is one side of a filter: prefixes, or a regular expression.
func expression(e *streams.ReadReq_Options_FilterOptions_Expression) (func(string) bool, error) {
	if e.GetRegex() == "" {
		prefixes := e.GetPrefix()
		return func(s string) bool {
			for _, p := range prefixes {
				if strings.HasPrefix(s, p) {
					return true
				}
			}
			return len(prefixes) == 0
		}, nil
	}
	re, err := regexp.Compile(e.GetRegex())
	if err != nil {
		return nil, invalid("the filter: %v", err)
	}
	return re.MatchString, nil
}
