package processes

import (
	"context"
	"fmt"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

var tracer = otel.Tracer("github.com/diaspora-match/diaspora/processes")

// Process reacts to events of its types, one at a time in the order of the log.
// An error brings the event again; a refusal that the process expects is not an
// error.
type Process struct {
	Name   string // "placement": also the name of its checkpoint
	Types  []string
	Handle func(ctx context.Context, e codec.Decoded) error
}

func (p Process) topic() string { return strings.Join(p.Types, ",") }

// handler decodes a message for the process. An event that does not decode is
// poison: the error keeps it at the head of its process.
func (p Process) handler(c *codec.Codec) message.NoPublishHandlerFunc {
	return func(msg *message.Message) error {
		recorded, err := fromMessage(msg)
		if err != nil {
			return fmt.Errorf("processes: %s: malformed message: %w", p.Name, err)
		}
		decoded, err := c.Decode(msg.Context(), recorded)
		if err != nil {
			return fmt.Errorf("processes: %s: decode %s at %d: %w", p.Name, recorded.Type, recorded.Position, err)
		}
		ctx, span := tracer.Start(commands.Caused(msg.Context(), decoded.Meta.Traceparent), "process "+p.Name)
		defer span.End()
		if err := p.Handle(ctx, decoded); err != nil {
			span.SetStatus(codes.Error, "failed")
			return fmt.Errorf("processes: %s: %s at %d: %w", p.Name, recorded.Type, recorded.Position, err)
		}
		return nil
	}
}

// Platform is what processes work with.
type Platform struct {
	Bus   *commands.Bus
	Store eventstore.Store
	Views projections.Engine
}

// cause is the event that a process reacts to, for the commands it sends.
type cause struct {
	process string
	event   codec.Decoded
}

// send executes a command that follows from an event. Its id derives from the
// process, the event and the step, so that a process which is killed and
// resumes sends the same command. Several commands on one stream for one event
// differ in step.
func send[S any, C decider.Command, E decider.Event](ctx context.Context, p Platform, why cause, step string, a *decider.Aggregate[S, C, E], id string, build func(domain.Stamp) C) (commands.Result, error) {
	correlation := why.event.Meta.Correlation
	if correlation == "" {
		correlation = string(why.event.Meta.Command)
	}
	return commands.Execute(ctx, p.Bus, a, id, commands.Envelope{
		Command:     commandID(why.process, why.event.ID.String(), step, id),
		Caller:      commands.Caller{Principal: domain.Platform, System: true},
		Causation:   why.event.ID.String(),
		Correlation: correlation,
	}, build)
}

// commandNamespace is part of the storage contract: changing it makes every
// process repeat what it has done.
var commandNamespace = uuid.UUID{0x91, 0x0c, 0x55, 0xd2, 0x18, 0x3b, 0x4e, 0x9f, 0xa6, 0x60, 0x2e, 0x0f, 0xb7, 0x41, 0x6c, 0x03}

func commandID(parts ...string) domain.CommandID {
	return domain.CommandID(uuid.NewSHA1(commandNamespace, []byte(strings.Join(parts, "|"))).String())
}

// settled tells whether a command's error is its final answer: a refusal by the
// domain, as opposed to a busy platform or a fault, after which the event comes
// again.
func settled(err error) bool {
	refusals := domain.AsRefusals(err)
	for _, r := range refusals {
		if r.Kind == domain.Busy || r == commands.ErrContention {
			return false
		}
	}
	return refusals != nil
}

// unlessRefused is nil for a final refusal: somebody else was faster, and there
// is nothing left to do.
func unlessRefused(_ commands.Result, err error) error {
	if settled(err) {
		return nil
	}
	return err
}

// read runs fn over views that hold everything that had happened when it began.
func (p Platform) read(ctx context.Context, fn func(projections.Reader) error) error {
	head, err := p.Store.Head(ctx)
	if err != nil {
		return err
	}
	return p.Views.Read(ctx, head, fn)
}
