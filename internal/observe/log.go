package observe

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain/personal"
)

// LogConfig says how to log.
type LogConfig struct {
	JSON       bool       // one JSON object a line; otherwise key=value text
	Level      slog.Level // the zero value is Info
	Production bool       // redact every attribute whose key is not listed
	AllowKeys  []string   // further keys that production may write
}

// redacted stands for a value that may not be logged.
const redacted = "[redacted]"

// logValueMaxBytes bounds one text value of a log line; longer ones are cut.
const logValueMaxBytes = 2048

// allowedKeys are the attributes that production writes. Each names something
// of the machine, or an id that tells nothing about a person by itself.
var allowedKeys = []string{
	slog.TimeKey, slog.LevelKey, slog.MessageKey, slog.SourceKey,
	"addr", "alg", "attempt", "batch", "bytes", "category", "check", "checkpoint", "code",
	"command", "commandId", "component", "conflicts", "correlationId", "count", "duration",
	"durationMs", "engine", "epoch", "error", "event", "eventType", "folder", "kind", "lag",
	"method", "mode", "name", "operation", "operationHash", "operationKind", "path", "position",
	"principal", "process", "programme", "projection", "reason", "revision", "role", "route",
	"signal", "spanId", "stack", "state", "status", "stream", "traceId", "transport",
	"version", "view",
}

// NewLogger makes the logger of the binary. Personal text never passes, in no
// mode: as a value, behind a pointer, in a group or inside any structure, it
// writes as "[personal]" or "[redacted]". In production only listed keys keep
// their values.
func NewLogger(w io.Writer, cfg LogConfig) *slog.Logger {
	allowed := make(map[string]bool, len(allowedKeys)+len(cfg.AllowKeys))
	for _, k := range slices.Concat(allowedKeys, cfg.AllowKeys) {
		allowed[k] = true
	}
	opts := &slog.HandlerOptions{Level: cfg.Level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if cfg.Production && !allowed[a.Key] {
			return slog.String(a.Key, redacted)
		}
		return slog.Attr{Key: a.Key, Value: guardValue(a.Value)}
	}}
	if cfg.JSON {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// AllowedKeys lists, sorted, the attribute keys that production writes.
func AllowedKeys() []string {
	set := map[string]bool{}
	for _, k := range allowedKeys {
		set[k] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// guardValue keeps plain values, and reduces everything that could carry
// personal text to text made by its own String or Error. A structure is not
// written: its fields are nobody's business but its own.
func guardValue(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(cut(v.String()))
	case slog.KindAny:
		switch x := v.Any().(type) {
		case nil:
			return v
		case personal.Text:
			return slog.StringValue(x.String())
		case *personal.Text:
			if x == nil {
				return slog.StringValue("")
			}
			return slog.StringValue(x.String())
		case *slog.Source:
			return v
		case error:
			return slog.StringValue(cut(x.Error()))
		case fmt.Stringer:
			return slog.StringValue(cut(x.String()))
		case []string:
			return slog.StringValue(cut(strings.Join(x, ",")))
		}
		return slog.StringValue(redacted)
	}
	return v
}

func cut(s string) string {
	if len(s) <= logValueMaxBytes {
		return s
	}
	return strings.ToValidUTF8(s[:logValueMaxBytes], "") + "…"
}
