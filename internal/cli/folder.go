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
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/views"
)

// dataFlag names the data folder of the commands that work on one.
type dataFlag struct {
	Data string `help:"Data folder. Without it, that of the demonstration: $XDG_STATE_HOME/diaspora/demo, or ~/.local/state/diaspora/demo." placeholder:"FOLDER"`
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
	store  *sqlite.Store
	keys   *privacy.Keys
	codec  *codec.Codec
}

// read opens the folder that was named. errNoData when there is none.
func (s *session) read(ctx context.Context, named string) (*reading, error) {
	folder, err := s.folder(named)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, folder)
}

func (s *session) open(ctx context.Context, folder string) (*reading, error) {
	for _, file := range []string{platform.EventsFile, platform.KeysFile} {
		if _, err := os.Stat(filepath.Join(folder, file)); errors.Is(err, fs.ErrNotExist) {
			return nil, errNoData.At("data").With("There is no " + file + " in " + folder + ".")
		} else if err != nil {
			return nil, err
		}
	}
	kek, err := s.keyEncryption(folder)
	if err != nil {
		return nil, err
	}
	keys, err := privacy.Open(ctx, privacy.Config{Path: filepath.Join(folder, platform.KeysFile), KeyEncryption: kek, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(folder, platform.EventsFile), ReadOnly: true})
	if err != nil {
		return nil, errors.Join(err, keys.Close())
	}
	return &reading{folder: folder, store: store, keys: keys, codec: codec.New(codec.NewRegistry(events.Registry()...), keys)}, nil
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

// decoded yields the log after a position and up to another, opened.
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
	engine := memory.New(views.Tables()...)
	err := projections.Replay(ctx, projections.Config{Engine: engine, Views: views.All(), BatchMax: batch}, r.decoded(ctx, upTo, seen))
	return engine, err
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
