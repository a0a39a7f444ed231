package redis

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// Bounds of notices, listed in docs/limits.md.
const (
	// noticesKept is about how many batches back the notices go.
	noticesKept = 1000
	// maxTold bounds the changes in one notice.
	maxTold = 2000
)

// notice tells what a batch changed. One follows upon another: From is where the one
// before led to.
type notice struct {
	From eventstore.Position `json:"from"`
	To   eventstore.Position `json:"to"`
	// Cut: more changed than a notice holds.
	Cut     bool                 `json:"cut,omitzero"`
	Changes []projections.Change `json:"changes,omitempty"`
}

// notice is the arguments of the XADD that leaves the notice of a batch, in
// Watermill's form.
func (e *Engine) notice(b projections.Batch) ([]any, error) {
	n := notice{From: b.From, To: b.To}
	for _, op := range b.Ops {
		if !slices.Contains(e.opt.Told, op.Table) {
			continue
		}
		if len(n.Changes) == maxTold {
			n.Cut, n.Changes = true, nil
			break
		}
		c := projections.Change{Table: op.Table.TableName(), Key: op.Key, Position: b.To, Deleted: op.Row == nil}
		if op.Row != nil {
			c.Related = op.Table.RowRelated(op.Row)
		}
		n.Changes = append(n.Changes, c)
	}
	payload, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("redis: notice: %w", err)
	}
	values, err := redisstream.DefaultMarshallerUnmarshaller{}.Marshal("", message.NewMessage(number(b.Epoch)+"-"+number(b.To), payload))
	if err != nil {
		return nil, fmt.Errorf("redis: notice: %w", err)
	}
	args := []any{"MAXLEN", "~", noticesKept, "*"}
	for _, field := range []string{redisstream.UUIDHeaderKey, "metadata", "payload"} {
		args = append(args, field, values[field])
	}
	return args, nil
}

// errNoNotice: an entry of the stream is not one of ours.
var errNoNotice = errors.New("redis: an entry of the notices cannot be read")

func readNotice(msg *message.Message) (n notice, err error) {
	if msg.Metadata.Get(malformed) != "" || json.Unmarshal(msg.Payload, &n) != nil || n.To <= n.From {
		return notice{}, errNoNotice
	}
	return n, nil
}

// malformed marks a message that stands for an entry that Watermill cannot read.
const malformed = "malformed"

// forgiving reads every entry: Watermill's subscriber ends, without a word to the
// consumer, at the first that its own unmarshaller refuses or panics at.
type forgiving struct{}

func (forgiving) Unmarshal(values map[string]any) (msg *message.Message, _ error) {
	defer func() {
		if recover() != nil || msg == nil {
			msg = message.NewMessage("", nil)
			msg.Metadata.Set(malformed, "yes")
		}
	}()
	msg, _ = redisstream.DefaultMarshallerUnmarshaller{}.Unmarshal(values)
	return msg, nil
}
