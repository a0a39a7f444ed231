package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/events"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/views"
)

// storeFlag names the event store where that is not a file in the data folder.
type storeFlag struct {
	EventStore string `help:"Connection string of EventStoreDB, where the log is kept there: esdb://user:password@host:2113?tls=true. Prefer the environment." placeholder:"ESDB"`
}

// dataFlag names the data folder of the commands that work on one.
type dataFlag struct {
	Data string `help:"Data folder. Without it, that of the demonstration: $XDG_STATE_HOME/diaspora/demo, or ~/.local/state/diaspora/demo." placeholder:"FOLDER"`
}

// logFlags name a data folder and its log.
type logFlags struct {
	dataFlag
	storeFlag
}

// folder is the data folder that was named, or the demonstration's.
func (s *session) folder(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	if state := s.env["XDG_STATE_HOME"]; filepath.IsAbs(state) {
		return filepath.Join(state, "diaspora", "demo"), nil
	}
	if home := s.env["HOME"]; home != "" {
		return filepath.Join(home, ".local", "state", "diaspora", "demo"), nil
	}
	return "", domain.ErrRequired.At("data").With("There is no home folder to keep data in.")
}

// reading is a data folder opened for reading, also beside a running platform.
type reading struct {
	folder string
	store  eventstore.Store
	keys   *privacy.Keys
	codec  *codec.Codec
}

// read opens the folder that was named. errNoData when there is none.
func (s *session) read(ctx context.Context, named logFlags) (*reading, error) {
	folder, err := s.folder(named.Data)
	if err != nil {
		return nil, err
	}
	if err := platform.Usable(folder, named.EventStore); err != nil {
		return nil, err
	}
	return s.open(ctx, folder, named.EventStore)
}

// holds refuses a folder without the files that a platform over it leaves there.
func (f storeFlag) holds(folder string) error {
	if f.EventStore == "" {
		return holds(folder, platform.EventsFile, platform.KeysFile)
	}
	return holds(folder, platform.KeysFile)
}

func holds(folder string, files ...string) error {
	for _, file := range files {
		if _, err := os.Stat(filepath.Join(folder, file)); errors.Is(err, fs.ErrNotExist) {
			return errNoData.At("data").With("There is no " + file + " in " + folder + ".")
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (s *session) open(ctx context.Context, folder, eventStore string) (*reading, error) {
	if err := (storeFlag{eventStore}).holds(folder); err != nil {
		return nil, err
	}
	kek, err := s.keyEncryption(folder)
	if err != nil {
		return nil, err
	}
	keys, err := privacy.Open(ctx, privacy.Config{Path: filepath.Join(folder, platform.KeysFile), KeyEncryption: kek, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	store, err := openLog(ctx, folder, eventStore)
	if err != nil {
		return nil, errors.Join(err, keys.Close())
	}
	return &reading{folder: folder, store: store, keys: keys, codec: codec.New(codec.NewRegistry(events.Registry()...), keys)}, nil
}

// openLog opens the log for reading.
func openLog(ctx context.Context, folder, eventStore string) (eventstore.Store, error) {
	if eventStore != "" {
		store, err := esdb.Open(ctx, esdb.Options{ConnectionString: eventStore})
		if err != nil {
			return nil, err
		}
		return store, nil
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(folder, platform.EventsFile), ReadOnly: true})
	if err != nil {
		return nil, err
	}
	return store, nil
}

// keyEncryption never makes a key file: a new key opens nothing that is there.
func (s *session) keyEncryption(folder string) (privacy.KeyEncryption, error) {
	if value := s.env[platform.KeyWrapVariable]; value != "" {
		return privacy.KeyEncryptionFromEnv(value)
	}
	path := filepath.Join(folder, platform.KeyWrapFile)
	if _, err := os.Stat(path); err != nil {
		return nil, errNoData.At("data").With("The key-encryption key is neither in " + path + " nor in $" + platform.KeyWrapVariable + ".")
	}
	return privacy.KeyEncryptionFromFile(path)
}

func (r *reading) close() error { return errors.Join(r.store.Close(), r.keys.Close()) }

// decoded yields the log up to a position, opened.
func (r *reading) decoded(ctx context.Context, upTo eventstore.Position, seen func(eventstore.Position)) iter.Seq2[codec.Decoded, error] {
	return func(yield func(codec.Decoded, error) bool) {
		for recorded, err := range r.store.ReadAll(ctx, 0, eventstore.Forwards, 0) {
			if err != nil {
				yield(codec.Decoded{}, err)
				return
			}
			if recorded.Position > upTo {
				return
			}
			d, err := r.codec.Decode(ctx, recorded)
			if !yield(d, err) || err != nil {
				return
			}
			if seen != nil {
				seen(recorded.Position)
			}
		}
	}
}

// fold makes the views of the log up to a position, in batches of a size.
func (r *reading) fold(ctx context.Context, upTo eventstore.Position, batch int, seen func(eventstore.Position)) (*memory.Engine, error) {
	return fold(ctx, r.decoded(ctx, upTo, seen), batch)
}

// foldNumbered is fold with the events numbered from 1 instead of by their
// positions, so that the views of one past are the same on every engine.
func (r *reading) foldNumbered(ctx context.Context, upTo eventstore.Position, batch int, seen func(eventstore.Position)) (*memory.Engine, error) {
	engine, err := fold(ctx, numbered(r.decoded(ctx, upTo, seen)), batch)
	var poison *projections.Poison
	if errors.As(err, &poison) {
		if at, readErr := r.nth(ctx, uint64(poison.Position)); readErr == nil {
			poison.Position = at
		}
	}
	return engine, err
}

func fold(ctx context.Context, events iter.Seq2[codec.Decoded, error], batch int) (*memory.Engine, error) {
	engine := memory.New(views.Tables()...)
	return engine, projections.Replay(ctx, projections.Config{Engine: engine, Views: views.All(), BatchMax: batch}, events)
}

func numbered(events iter.Seq2[codec.Decoded, error]) iter.Seq2[codec.Decoded, error] {
	return func(yield func(codec.Decoded, error) bool) {
		n := eventstore.Position(0)
		for d, err := range events {
			n++
			d.Position = n
			if !yield(d, err) {
				return
			}
		}
	}
}

// nth is where the n-th event stands.
func (r *reading) nth(ctx context.Context, n uint64) (at eventstore.Position, err error) {
	for recorded, err := range r.store.ReadAll(ctx, 0, eventstore.Forwards, int(n)) {
		if err != nil {
			return 0, err
		}
		at = recorded.Position
	}
	return at, nil
}

// snapshot folds the whole log with a progress bar.
func (s *session) snapshot(ctx context.Context, r *reading) (*memory.Engine, error) {
	head, err := r.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	bar := s.progress("reading the log", int64(head))
	defer bar.done()
	return r.fold(ctx, head, 0, func(p eventstore.Position) { bar.at(int64(p)) })
}

// dumpKey keys the digests of personal text inside a dump. It is fixed, so that
// digests of two machines compare; nothing but the digest of the whole leaves.
var dumpKey = []byte("diaspora: digest of all views")

// digest is the SHA-256 of the canonical dump of all views.
func digest(ctx context.Context, engine *memory.Engine) (string, error) {
	h := sha256.New()
	err := dump(ctx, engine, h)
	return hex.EncodeToString(h.Sum(nil)), err
}

func dump(ctx context.Context, engine *memory.Engine, w io.Writer) error {
	return engine.Read(ctx, 0, func(r projections.Reader) error {
		return projections.Dump(r, views.Tables(), dumpKey, w)
	})
}
