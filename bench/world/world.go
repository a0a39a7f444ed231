package world

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/history"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/processes"
	"github.com/diaspora-match/diaspora/processes/checkpoint"
)

// Size of a world. Events are what the other numbers lead to, filled up to the
// number with yearly confirmations of profiles.
type Size struct {
	Events, Experts, Institutions, Needs, Candidacies int
}

// Full is the size that the bars speak of.
var Full = Size{Events: 1_000_000, Experts: 100_000, Institutions: 800, Needs: 2_000, Candidacies: 9_000}

// Small is for trying out a benchmark.
var Small = Size{Events: 50_000, Experts: 5_000, Institutions: 60, Needs: 150, Candidacies: 500}

// World is a folder of a platform, and who acts in it.
type World struct {
	Folder  string
	Size    Size
	Today   domain.Date
	Manager domain.PrincipalID // of the programme
	Expert  domain.PrincipalID // signs in as an expert
	Officer domain.PrincipalID // of the first institution
}

// version of the script: a folder made by another one is not used.
const version = 1

// Make gives a world in a folder below the given one: the one that is there, or
// a new one.
func Make(ctx context.Context, below string, size Size) (World, error) {
	folder := filepath.Join(below, fmt.Sprintf("world-%d-%s-%d-%d", version, shape(), size.Events, size.Experts))
	if w, err := Load(folder); err == nil && w.Size == size {
		return w, nil
	}
	if err := os.RemoveAll(folder); err != nil {
		return World{}, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return World{}, err
	}
	w, err := fill(ctx, folder, size)
	if err != nil {
		return World{}, fmt.Errorf("world: %w", err)
	}
	b, err := json.Marshal(w)
	if err != nil {
		return World{}, err
	}
	return w, os.WriteFile(filepath.Join(folder, "world.json"), b, 0o600)
}

// Load is the world that was made in a folder.
func Load(folder string) (World, error) {
	var w World
	b, err := os.ReadFile(filepath.Join(folder, "world.json"))
	if err != nil {
		return w, err
	}
	err = json.Unmarshal(b, &w)
	w.Folder = folder
	return w, err
}

// Clock goes on from the morning of the world's day, whatever day it is here.
func (w World) Clock() func() time.Time {
	began, morning := time.Now(), w.Today.Time().Add(9*time.Hour)
	return func() time.Time { return morning.Add(time.Since(began)) }
}

func fill(ctx context.Context, folder string, size Size) (World, error) {
	p, err := platform.Open(ctx, platform.Config{Folder: folder})
	if err != nil {
		return World{}, err
	}
	s, err := played(ctx, p, size)
	if err != nil {
		return World{}, errors.Join(err, p.Close())
	}
	head, err := p.Store.Head(ctx)
	if err := errors.Join(err, p.Close()); err != nil {
		return World{}, err
	}
	if err := caughtUp(ctx, folder, p.Processes, head); err != nil {
		return World{}, err
	}
	return World{
		Folder: folder, Size: size, Today: today, Manager: s.managers[0],
		Expert: s.owner(0), Officer: s.hosts[0].cast.HostOfficer,
	}, nil
}

func played(ctx context.Context, p *platform.Platform, size Size) (*script, error) {
	s := newScript(size, newLedger(ctx, p.Store, p.Codec))
	defer s.ledger.close()
	if err := p.Keys.Ensure(ctx, s.subjects()...); err != nil {
		return nil, err
	}
	return s, s.play()
}

// caughtUp stores that the processes have handled everything: the script did
// their part.
func caughtUp(ctx context.Context, folder string, all []processes.Process, head eventstore.Position) (err error) {
	file, err := checkpoint.Open(filepath.Join(folder, platform.CheckpointsFile))
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := file.Save(ctx, p.Name, head); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return file.Close()
}

// Open opens the log and the keys of a world for reading, without a platform.
func (w World) Open(ctx context.Context) (*sqlite.Store, *privacy.Keys, *codec.Codec, error) {
	kek, err := privacy.KeyEncryptionFromFile(filepath.Join(w.Folder, platform.KeyWrapFile))
	if err != nil {
		return nil, nil, nil, err
	}
	keys, err := privacy.Open(ctx, privacy.Config{Path: filepath.Join(w.Folder, platform.KeysFile), KeyEncryption: kek, ReadOnly: true})
	if err != nil {
		return nil, nil, nil, err
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(w.Folder, platform.EventsFile), ReadOnly: true})
	if err != nil {
		return nil, nil, nil, err
	}
	return store, keys, codec.New(history.Registry(), keys), nil
}

// Copy makes a copy of the world to write into.
func (w World) Copy(folder string) (World, error) {
	if err := os.CopyFS(folder, os.DirFS(w.Folder)); err != nil {
		return World{}, err
	}
	w.Folder = folder
	return w, os.Chmod(filepath.Join(folder, platform.KeyWrapFile), 0o600)
}
