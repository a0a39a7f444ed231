package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// Bounds of building and clearing, listed in docs/limits.md.
const (
	scanCount   = 1000 // keys that one look through the server's takes
	clearSlice  = 16   // keys that are unlinked at once
	policyEvery = 30 * time.Second
)

// Engine implements projections.Engine, Prefetcher and Checker. Readers in other
// processes open one of their own, on the same URL and namespace, and never Claim.
type Engine struct {
	client goredis.UniversalClient
	opt    Options
	ring   keyring
	tables map[projections.Schema]tableKeys
	owner  string // of all claims through this engine
	log    *slog.Logger
	wait   time.Duration

	watch watch // what was last seen of the position

	// Of the writer.
	mu      sync.Mutex
	epoch   uint64
	at      eventstore.Position // acknowledged last
	marked  eventstore.Position // of which event Redis remembers the name
	opened  bool
	tells   bool // batches leave notices: somebody may have read these views
	suspect bool // rows or entries are missing: the next claim begins anew
	cache   *cache
	flight  *flight   // the batch on its way
	policy  time.Time // when the policy of eviction was last looked at
	tidied  time.Time
	batch   batchScratch
}

type tableKeys struct {
	rows  string
	place string // what the seals of rows are bound to, without the row's key
}

// Open connects to the Redis of a URL; it does not wait for it to answer. See
// connect for the forms of a URL.
func Open(o Options) (*Engine, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	client, err := Connect(o.URL)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		client: client, opt: o, ring: ringOf(o.Namespace, o.Basis, o.Tables), tables: map[projections.Schema]tableKeys{},
		owner: rand.Text(), log: o.Logger, wait: projections.MaxWait,
	}
	e.watch.engine = e
	e.cache = newCache(o.CacheRows)
	e.batch.engine = e
	for _, t := range o.Tables {
		e.tables[t] = tableKeys{e.ring.rows(t), fmt.Sprintf("%s\x00%d\x00", t.TableName(), t.TableVersion())}
	}
	return e, nil
}

// Close ends the connections.
func (e *Engine) Close() error { return e.client.Close() }

func (e *Engine) table(s projections.Schema) (tableKeys, error) {
	t, ok := e.tables[s]
	if !ok {
		return t, fmt.Errorf("redis: table %s is not of this engine", s.TableName())
	}
	return t, nil
}

// known lists the keys of rows and entries that the head remembers.
func (e *Engine) known(ctx context.Context, ring keyring) ([]string, error) {
	fields, err := e.client.HKeys(ctx, ring.head()).Result()
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	return ring.sized(fields), nil
}

// Claim implements projections.Engine. Where something is missing of what was
// acknowledged, it takes everything away and answers position 0. It refuses a
// Redis that may evict.
func (e *Engine) Claim(ctx context.Context) (uint64, eventstore.Position, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.settle() // whatever became of it, the claim tells where the views stand
	if err := e.checkPolicy(ctx); err != nil {
		return 0, 0, err
	}
	keys, err := e.known(ctx, e.ring)
	if err != nil {
		return 0, 0, err
	}
	all := append([]string{e.ring.head(), e.ring.versions()}, keys...)
	answer, err := claimScript.Run(ctx, e.client, all, e.owner, e.ring.digest, e.opt.Now().Unix(), e.ring.kinds(keys)).StringSlice()
	if err != nil {
		return 0, 0, fmt.Errorf("redis: %w", err)
	}
	epoch, err := parsePosition(answer[0])
	if err != nil {
		return 0, 0, err
	}
	e.epoch, e.at, e.marked, e.opened = uint64(epoch), 0, 0, false
	e.cache.forget(false)
	anew := answer[1] == "" || e.suspect
	if !anew {
		if e.at, err = parsePosition(answer[1]); err != nil {
			return 0, 0, err
		}
		if anew, err = e.foreign(ctx); err != nil {
			return 0, 0, err
		}
	}
	if anew {
		if err := e.clear(ctx); err != nil {
			return 0, 0, err
		}
		e.at, e.marked = 0, 0
		e.cache.forget(true)
	}
	return e.epoch, e.at, e.mayTell(ctx)
}

// mayTell finds out whether others read these views already: then they are told
// what catching up changes, too.
func (e *Engine) mayTell(ctx context.Context) error {
	h, err := e.look(ctx)
	e.tells = h.open && len(e.opt.Told) > 0
	return err
}

// foreign reports whether the views are of another log: they stand where this one
// has not been, or remember another event.
func (e *Engine) foreign(ctx context.Context) (bool, error) {
	if e.opt.Log == nil {
		return false, nil
	}
	newest, err := e.opt.Log.Head(ctx)
	if err != nil || e.at > newest {
		return true, err
	}
	stored, err := e.client.HMGet(ctx, e.ring.head(), "marked", "mark").Result()
	if err != nil {
		return false, fmt.Errorf("redis: %w", err)
	}
	at, _ := stored[0].(string)
	if at == "" {
		return false, nil // not yet
	}
	if e.marked, err = parsePosition(at); err != nil {
		return false, err
	}
	mark, err := e.opt.Log.Mark(ctx, e.marked)
	return mark != stored[1], err
}

// mark is what the next check remembers of the log, if there is anything new.
func (e *Engine) mark(ctx context.Context) (at, mark string, err error) {
	if e.opt.Log == nil || e.at == e.marked {
		return "", "", nil
	}
	mark, err = e.opt.Log.Mark(ctx, e.at)
	return number(e.at), mark, err
}

// clear takes away what there is of these views, in slices, so that others are not
// kept waiting, and lets them begin at position 0.
func (e *Engine) clear(ctx context.Context) error {
	keys, err := e.known(ctx, e.ring)
	if err != nil {
		return err
	}
	strays, err := e.ring.strays(ctx, e.client)
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	keys = append(keys, strays...)
	slices.Sort(keys)
	keys = slices.Compact(keys)
	e.log.Warn("the views in Redis are built anew", "keys", len(keys))
	for len(keys) > 0 {
		n := min(clearSlice, len(keys))
		if err := e.clearSome(ctx, keys[:n], ""); err != nil {
			return err
		}
		keys = keys[n:]
	}
	if err := e.clearSome(ctx, nil, number(eventstore.Position(0))); err != nil {
		return err
	}
	e.suspect = false
	return nil
}

func (e *Engine) clearSome(ctx context.Context, keys []string, begin string) error {
	word, err := e.says(ctx, clearScript, append([]string{e.ring.head()}, keys...), number(e.epoch), e.owner, begin)
	if err != nil {
		return err
	}
	return verdict(word)
}

// Load implements projections.Engine.
func (e *Engine) Load(ctx context.Context, s projections.Schema, key string) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, err := e.table(s); err != nil {
		return nil, err
	}
	if row, known := e.cache.get(s, key); known {
		return row, nil
	}
	if err := e.fetch(ctx, []projections.RowRef{{Table: s, Key: key}}); err != nil {
		return nil, err
	}
	row, _ := e.cache.get(s, key)
	return row, nil
}

// Known implements projections.Prefetcher.
func (e *Engine) Known(s projections.Schema, key string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, known := e.cache.get(s, key)
	return known
}

// Prefetch implements projections.Prefetcher.
func (e *Engine) Prefetch(ctx context.Context, rows []projections.RowRef) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fetch(ctx, rows)
}

// errForgotten: a person was erased after Redis had stored the row and before it
// had stored the erasure, which a failover undid. What was counted of the person
// can no longer be taken back from here.
var errForgotten = fmt.Errorf("%w: a row can no longer be read", projections.ErrStaleCheckpoint)

// fetch makes rows known that are not, in one round trip.
func (e *Engine) fetch(ctx context.Context, rows []projections.RowRef) error {
	pipe := e.client.Pipeline()
	var refs []projections.RowRef
	for _, r := range rows {
		if _, known := e.cache.get(r.Table, r.Key); known {
			continue
		}
		t, err := e.table(r.Table)
		if err != nil {
			return err
		}
		refs = append(refs, r)
		pipe.HGet(ctx, t.rows, r.Key)
	}
	if len(refs) == 0 {
		return nil
	}
	if err := e.settle(); err != nil {
		return err
	}
	answers, err := pipe.Exec(ctx)
	if err != nil && !errors.Is(err, goredis.Nil) {
		return fmt.Errorf("redis: %w", err)
	}
	for i, a := range answers {
		data, err := a.(*goredis.StringCmd).Bytes()
		if errors.Is(err, goredis.Nil) {
			e.cache.put(refs[i].Table, refs[i].Key, nil)
			continue
		}
		if err != nil {
			return fmt.Errorf("redis: %w", err)
		}
		row, lost, err := e.decode(ctx, refs[i].Table, refs[i].Key, data)
		if err != nil {
			return err
		}
		if lost {
			e.suspect = true
			return errForgotten
		}
		e.cache.put(refs[i].Table, refs[i].Key, row)
	}
	return nil
}

func (e *Engine) decode(ctx context.Context, s projections.Schema, key string, data []byte) (row any, lost bool, err error) {
	row = s.NewRow()
	lost, err = e.opt.Rows.Decode(ctx, e.tables[s].place+key, data, row)
	return row, lost, err
}

// Open implements projections.Engine.
func (e *Engine) Open(ctx context.Context, epoch uint64) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.settle(); err != nil {
		return err
	}
	word, err := e.says(ctx, openScript, []string{e.ring.head()}, number(epoch), e.owner)
	if err == nil {
		err = verdict(word)
	}
	if err != nil {
		return err
	}
	e.opened, e.tells = true, len(e.opt.Told) > 0
	e.watch.saw(e.at, true)
	return nil
}

// Check implements projections.Checker. It also removes the views of other tables
// that nobody keeps any more.
func (e *Engine) Check(ctx context.Context, epoch uint64) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.settle(); err != nil {
		return err
	}
	if e.opt.Now().Sub(e.policy) >= policyEvery {
		if err := e.checkPolicy(ctx); err != nil {
			return err
		}
	}
	keys, err := e.known(ctx, e.ring)
	if err != nil {
		return err
	}
	opened := ""
	if e.opened {
		opened = "1"
	}
	marked, mark, err := e.mark(ctx)
	if err != nil {
		return err
	}
	word, err := e.says(ctx, checkScript, append([]string{e.ring.head()}, keys...),
		number(epoch), e.owner, number(e.at), e.opt.Now().Unix(), e.ring.kinds(keys), opened, marked, mark)
	if err != nil {
		return err
	}
	e.judge(word)
	if err := verdict(word); err != nil {
		return err
	}
	e.marked = e.at
	return e.tidy(ctx)
}

// judge remembers what a word means for what is known here.
func (e *Engine) judge(word string) {
	if word != saysOK {
		e.cache.forget(false)
		e.watch.saw(0, false)
	}
	e.suspect = e.suspect || word == saysTorn
}
