// Package platform wires the rooms into one running system on the embedded
// engines: the log and the key store in SQLite files, the views and the
// matcher's index in memory, the processes beside them. The command line starts
// it; system tests start it the same way.
//
// It holds no rule of the domain: what it adds is order, of opening, of
// starting and of stopping.
package platform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/history"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/cluster"
	"github.com/diaspora-match/diaspora/internal/esco"
	"github.com/diaspora-match/diaspora/internal/guard"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/internal/observe"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/matcher/planning"
	"github.com/diaspora-match/diaspora/privacy"
	"github.com/diaspora-match/diaspora/processes"
	"github.com/diaspora-match/diaspora/processes/checkpoint"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/redis"
	"github.com/diaspora-match/diaspora/projections/views"
)

// The files of a data folder. The keys and the ledger of erasures stand apart
// from the log, so that each can be kept and backed up by its own rules.
const (
	EventsFile      = "events.db"
	KeysFile        = "keys.db"
	KeyWrapFile     = "keys.wrap"
	CheckpointsFile = "checkpoints.db"
	LedgerFile      = "erasures.ledger"
	// RestoringFile stands in a folder while a restore makes it.
	RestoringFile = "restoring"
	// RestoredFile names the restore that has made a folder: views that were kept
	// elsewhere of the log before it are not views of this one.
	RestoredFile = "restored"
)

// Refusals of a data folder.
var (
	errTwoLogs = domain.Refuse(domain.Refused, "platform.two_logs", "The folder holds a log of its own, and another event store was named.",
		"Leave --event-store away, or name the folder with the keys of that event store.")
	errRestoring = domain.Refuse(domain.Refused, "platform.restoring", "A restore into this folder has not finished.",
		"Run 'diaspora restore' again with the same --data: it begins anew.")
)

// Usable refuses a folder that a restore has not finished, and one with a log of
// its own where the log is said to be elsewhere. A folder that is not there yet is
// usable.
func Usable(folder, eventStore string) error {
	if _, err := os.Stat(filepath.Join(folder, RestoringFile)); err == nil {
		return errRestoring.At("data").With("A restore into " + folder + " has not finished.")
	}
	if _, err := os.Stat(filepath.Join(folder, EventsFile)); err == nil && eventStore != "" {
		return errTwoLogs.At("event-store")
	}
	return nil
}

// KeyWrapVariable names the environment variable that holds the key-encryption
// keys; without it they stand in KeyWrapFile.
const KeyWrapVariable = "DIASPORA_KEY_WRAP"

// Config of a platform. Folder is needed; the rest has defaults.
type Config struct {
	Folder   string
	Clock    func() time.Time // UTC; time.Now
	Log      *slog.Logger     // discarded
	Metrics  *observe.Metrics // none
	Registry *prometheus.Registry
	Endings  *identity.Endings // told of principals whose sessions were ended
	Notifier projections.Notifier
	// Backoff of processes after a refused message; processes.DefaultBackoff.
	Backoff processes.Backoff
	// NoReactions leaves processes and deadlines out: for tools and tests.
	NoReactions bool
	// EventStore is the connection string of EventStoreDB, "esdb://…", where the log
	// is kept there; empty for a file in Folder.
	EventStore string
	// Redis is the URL of the Redis that keeps the views, "redis://…"; empty keeps
	// them in memory. RedisNamespace sets platforms that share it apart; empty is
	// "main".
	Redis, RedisNamespace string
	// Roles of this node, where several share the log and the Redis, which are both
	// needed then, and Folder with the keys, on one machine. Empty: it is alone.
	Roles []Role
	// Restoring opens a folder that a restore has not finished: for the restore.
	Restoring bool
}

// Platform is everything between the files and the transports.
type Platform struct {
	Config      Config
	Store       eventstore.Store
	Keys        *privacy.Keys
	Codec       *codec.Codec
	Views       projections.Engine
	Index       *matcher.Index
	Warm        *planning.Warm      // rounds at hand, for what-ifs
	Runner      *projections.Runner // nil with roles
	Guard       *guard.Guard
	Bus         *commands.Bus
	Processes   []processes.Process
	Health      *processes.Health
	checkpoints processes.Checkpoints
	shared      *cluster.Redis // nil when alone, as is tail
	tail        *redis.Tail
	leading     atomic.Pointer[projections.Runner] // while this node of several writes
	running     chan struct{}                      // closed by Run
	ledger      *privacy.Ledger
	feed        *views.Feed
	deadlines   processes.Deadlines
	// runnerConfig is of a runner without followers.
	runnerConfig func() projections.Config
	closers      []func() error
}

// Open opens the files of the folder, and makes them if they are not there.
// Nothing runs until Run.
func Open(ctx context.Context, cfg Config) (_ *Platform, err error) {
	cfg = cfg.withDefaults()
	p := &Platform{Config: cfg, Warm: planning.NewWarm(), running: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if err := cfg.checkRoles(); err != nil {
		return nil, err
	}
	if err := Usable(cfg.Folder, cfg.EventStore); err != nil && !(cfg.Restoring && errors.Is(err, errRestoring)) {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("platform: data folder: %w", err)
	}
	if err := p.openFiles(ctx); err != nil {
		return nil, err
	}
	registry := history.Registry()
	p.Codec = codec.New(registry, p.Keys)
	p.Codec.OnCorrupt(func(c codec.Corruption) {
		cfg.Metrics.CorruptPersonalField()
		cfg.Log.Error("a sealed personal value does not open", "type", c.Type, "event", c.ID, "path", c.Path)
	})
	list, err := esco.Load(cfg.Folder)
	if err != nil {
		return nil, err
	}
	if err := p.openViews(list.Version()); err != nil {
		return nil, err
	}
	p.Index = matcher.NewIndex(matcher.Policy{
		Eligibility: policy.Eligibility{Version: 0}, Scoring: policy.Default(domain.DateOf(cfg.Clock())), Taxonomy: list,
	})
	p.feed = views.NewFeed(p.Index, domain.DateOf(cfg.Clock()))
	p.Guard = guard.New(p.Views, cfg.Clock)
	p.Bus = commands.New(p.Store, p.Codec, p.Guard, cfg.Clock, busObserver{cfg.Metrics})
	if err := p.wireViews(list); err != nil {
		return nil, err
	}
	p.wireProcesses()
	return p, nil
}

func (c Config) withDefaults() Config {
	if c.Clock == nil {
		c.Clock = func() time.Time { return time.Now().UTC() }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Backoff == (processes.Backoff{}) {
		c.Backoff = processes.DefaultBackoff
	}
	return c
}

func (p *Platform) openFiles(ctx context.Context) error {
	cfg := p.Config
	kek, err := keyEncryption(filepath.Join(cfg.Folder, KeyWrapFile))
	if err != nil {
		return err
	}
	if p.Keys, err = privacy.Open(ctx, privacy.Config{Path: filepath.Join(cfg.Folder, KeysFile), KeyEncryption: kek, Shared: !cfg.alone()}); err != nil {
		return err
	}
	p.closers = append(p.closers, p.Keys.Close)
	if p.ledger, err = privacy.OpenLedger(filepath.Join(cfg.Folder, LedgerFile)); err != nil {
		return err
	}
	p.closers = append(p.closers, p.ledger.Close)
	if err := p.openCheckpoints(); err != nil {
		return err
	}
	store, err := cfg.openStore(ctx)
	if err != nil {
		return err
	}
	p.Store = store
	p.closers = append(p.closers, store.Close)
	return nil
}

// openCheckpoints opens the places of processes: in a file, or where all nodes see
// them.
func (p *Platform) openCheckpoints() error {
	if !p.Config.alone() {
		return p.share()
	}
	file, err := checkpoint.Open(filepath.Join(p.Config.Folder, CheckpointsFile))
	if err != nil {
		return err
	}
	p.checkpoints = file
	p.closers = append(p.closers, file.Close)
	return nil
}

// openStore opens the log, in the engine that the configuration names.
func (c Config) openStore(ctx context.Context) (eventstore.Store, error) {
	observer := storeObserver{c.Metrics}
	if c.EventStore != "" {
		store, err := esdb.Open(ctx, esdb.Options{ConnectionString: c.EventStore, Observer: observer, Log: c.Log})
		if err != nil {
			return nil, err
		}
		return store, nil
	}
	return sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(c.Folder, EventsFile), Observer: observer, Now: c.Clock})
}

// openViews opens the engine of the views that the configuration names. Views
// over another list of skills, or from before a restore, are others.
func (p *Platform) openViews(list string) error {
	cfg := p.Config
	if cfg.Redis == "" {
		p.Views = memory.New(views.Tables()...)
		return nil
	}
	restored, err := os.ReadFile(filepath.Join(cfg.Folder, RestoredFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("platform: %w", err)
	}
	options := redis.Options{
		URL: cfg.Redis, Namespace: cfg.RedisNamespace, Tables: views.Tables(), Basis: list + string(restored), Log: logMarks{p.Store}, Logger: cfg.Log,
		Rows: codec.NewRows(p.Keys, func(table string) {
			cfg.Metrics.CorruptPersonalField()
			cfg.Log.Error("a sealed personal value of a view does not open", "table", table)
		}),
	}
	if !cfg.alone() {
		options.Told = told
	}
	engine, err := redis.Open(options)
	if err != nil {
		return err
	}
	p.Views = engine
	p.closers = append(p.closers, engine.Close)
	return nil
}

func keyEncryption(path string) (privacy.KeyEncryption, error) {
	if value := os.Getenv(KeyWrapVariable); value != "" {
		return privacy.KeyEncryptionFromEnv(value)
	}
	return privacy.KeyEncryptionFromFile(path)
}

// wireViews decides who keeps the views, and tells those who follow them.
func (p *Platform) wireViews(list *taxonomy.Taxonomy) (err error) {
	p.runnerConfig = func() projections.Config {
		return projections.Config{Store: p.Store, Decoder: p.Codec, Engine: p.Views, Views: views.Over(list),
			Metrics: p.projectionMetrics(), Log: p.Config.Log}
	}
	followers := []projections.Follower{p.feed, sessions{p.Config.Endings}}
	if p.Config.alone() {
		cfg := p.runnerConfig()
		cfg.Notifier, cfg.Followers = p.Config.Notifier, followers
		p.Runner, err = projections.NewRunner(cfg)
		return err
	}
	if p.Config.follows() {
		p.tail = p.Views.(*redis.Engine).Tail(redis.TailConfig{
			Followers: append(followers, oblivion{p.Bus}), Rows: followed, Notifier: p.Config.Notifier, Log: p.Config.Log,
		})
	}
	return nil
}

func (p *Platform) wireProcesses() {
	with := processes.Platform{Bus: p.Bus, Store: p.Store, Views: p.Views}
	p.Processes = []processes.Process{
		processes.Placement(with), processes.ClosingNotices(with), processes.Departure(with),
		processes.CountryHolds(with), processes.Erasure(with, eraser{p}),
		processes.Rounds(with, p.Index, p.Warm, p.Config.Clock),
	}
	p.Health = processes.NewHealth(p.Processes...)
	p.deadlines = processes.Deadlines{Platform: with, Clock: p.Config.Clock}
}

// Run keeps the views, the processes and the deadlines until ctx ends, as far as
// they are this node's. It runs once. It returns nil then, and otherwise what stopped it: a poison event, or a fault.
func (p *Platform) Run(ctx context.Context) error {
	close(p.running)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.keepViews(ctx) })
	g.Go(func() error { return p.turnDays(ctx) })
	if !p.Config.NoReactions && p.Config.has(RoleProcess) {
		g.Go(func() error { return p.react(ctx) })
	}
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// turnDays tells the matcher that a new day has begun: policies come into force
// and end with the calendar.
func (p *Platform) turnDays(ctx context.Context) error {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		p.feed.SetDay(domain.DateOf(p.Config.Clock()))
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Sweep does now what falls due with the calendar.
func (p *Platform) Sweep(ctx context.Context) error { return p.deadlines.Sweep(ctx) }

// Close closes the files, the log last opened first.
func (p *Platform) Close() error {
	var errs []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	p.closers = nil
	return errors.Join(errs...)
}
