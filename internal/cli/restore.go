package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/dustin/go-humanize"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/backup"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/privacy"
)

// Refusals of a restore.
var (
	errNotNew   = domain.Refuse(domain.Refused, "restore.not_new", "The folder is not empty.", "Name a folder that is not there yet with --data.")
	errLogInUse = domain.Refuse(domain.Refused, "restore.not_empty", "The event store holds other events than the archive.", "Name an empty event store, or the one into which this archive was being restored.")
	errPair     = domain.Refuse(domain.Invalid, "restore.pair", "The two archives do not belong together.", "Name an archive of the same log's keys that was made with that of the log, or later.")
	errLedger   = domain.Refuse(domain.Invalid, "restore.ledger", "The ledger of erasures is not the whole one.", "Name the newest copy of erasures.ledger: a restore without it brings back whom it forgot.")
	errWrap     = domain.Refuse(domain.Invalid, "restore.wrap", "The key-encryption key does not open these keys.", "Name the keys.wrap of the platform with --wrap, or set $"+platform.KeyWrapVariable+". Keys whose epoch was retired open nothing any more: take a newer archive of the keys.")
	errRewound  = domain.Refuse(domain.Refused, "restore.rewritten", "The archive is not of the log whose head was kept.", "Take another archive, and look for who had access to this one.")
)

type restoreCommand struct {
	storeFlag
	From       string `help:"Archive of the log." required:"" placeholder:"FILE"`
	KeysFrom   string `help:"Archive of the keys, as old as that of the log or newer; without it, the one beside it." placeholder:"FILE"`
	Identity   string `help:"File with an identity of age that opens them." required:"" placeholder:"FILE"`
	Data       string `help:"Data folder to make." required:"" placeholder:"FOLDER"`
	Ledger     string `help:"Newest copy of erasures.ledger: who must not come back." required:"" placeholder:"FILE"`
	Wrap       string `help:"Copy of keys.wrap, unless the key-encryption key is in the environment." placeholder:"FILE"`
	ExpectHead string `help:"Head that the backup, or a verification, printed: another log is refused." placeholder:"HASH@POSITION"`
	JSON       bool   `help:"Print the result as JSON."`
}

// Help implements kong.HelpProvider.
func (restoreCommand) Help() string {
	return `Makes a new data folder out of two archives. Whoever stands in the ledger is erased on the way: their keys are not written even for a moment, and the log is told. Then everything is verified and folded, and only then is the folder one that 'diaspora serve' takes: until that moment, and after a crash, it is refused. Running the same command again begins anew.

With --event-store the events are appended to an empty EventStoreDB, in their order, and a restore that was cut short goes on where it stopped. Streams, revisions and ids are what they were; positions and the server's times are not, nor are they where a log from EventStoreDB is restored into a folder.

Examples:
  diaspora restore --from monday.age --identity backup.key --data /srv/restored --ledger erasures.ledger --wrap keys.wrap
  diaspora restore --from monday.age --keys-from /elsewhere/tuesday.keys.age --identity backup.key --data /srv/restored --ledger erasures.ledger --expect-head 9c1e…@48211
  diaspora restore --from monday.age --identity backup.key --data /srv/restored --ledger erasures.ledger --event-store 'esdb://localhost:2113?tls=false'`
}

// restored is the result of a restore.
type restored struct {
	Folder string `json:"folder"`
	Events uint64 `json:"events"`
	People int    `json:"people"`
	Head   string `json:"head"`  // of the archive: HASH@POSITION
	Views  string `json:"views"` // their digest before erasures were replayed
	// Ledger counts the people in it, and Replayed those of them whom the log had to
	// be told of.
	Ledger   int `json:"ledger"`
	Replayed int `json:"replayed"`
}

// Run implements the command.
func (c *restoreCommand) Run(ctx context.Context, s *session) error {
	expect, err := parseHead(c.ExpectHead)
	if err != nil {
		return err
	}
	ids, err := identitiesOf(c.Identity)
	if err != nil {
		return err
	}
	r := &restoration{
		session: s, from: archivesAt(c.From, c.KeysFrom), ids: ids, folder: c.Data, eventStore: c.EventStore,
		ledger: c.Ledger, wrap: c.Wrap, expect: expect,
	}
	out, err := r.run(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return s.writeJSON(out)
	}
	_, err = fmt.Fprintf(s.stdout, "%s events, %s people\nhead  %s\nviews %s\n%d erased people in the ledger, %d of whom the log did not know\n%s can be served\n",
		humanize.Comma(int64(out.Events)), humanize.Comma(int64(out.People)), out.Head, out.Views, out.Ledger, out.Replayed, out.Folder)
	return err
}

// restoration is a restore under way.
type restoration struct {
	*session
	from               archives
	ids                []age.Identity
	folder, eventStore string
	ledger, wrap       string
	expect             *head

	log, keys *backup.Reader
	erased    map[string]bool // whom the ledger names
	out       restored
}

// run makes the folder. Before it stands, nothing was touched; the last thing that
// it does is to take away the mark by which the folder is refused.
func (r *restoration) run(ctx context.Context) (out restored, err error) {
	var closeLog, closeKeys func()
	if r.log, closeLog, err = openArchive(r.from.log, backup.Log, r.ids); err != nil {
		return out, err
	}
	defer closeLog()
	if r.keys, closeKeys, err = openArchive(r.from.keys, backup.Keys, r.ids); err != nil {
		return out, err
	}
	defer closeKeys()
	if r.keys.Header.Origin != r.log.Header.Origin || r.keys.Header.Made.Before(r.log.Header.Made) {
		return out, errPair.At("keys-from")
	}
	for _, step := range []func(context.Context) error{r.sameLog, r.begin, r.restoreKeys, r.restoreLog, r.check, r.replay, r.finish} {
		if err := step(ctx); err != nil {
			return out, err
		}
	}
	return r.out, nil
}

// begin makes the folder with its mark, and puts the ledger and the key-encryption
// key there.
func (r *restoration) begin(context.Context) error {
	r.out.Folder = r.folder
	if err := r.clear(); err != nil {
		return err
	}
	if err := os.MkdirAll(r.folder, 0o700); err != nil {
		return fmt.Errorf("cli: data folder: %w", err)
	}
	// Its name is the mark, and must be the first one in the folder.
	if err := os.WriteFile(r.path(platform.RestoringFile), nil, 0o600); err != nil {
		return fmt.Errorf("cli: data folder: %w", err)
	}
	if err := syncFolder(r.folder); err != nil {
		return err
	}
	ledger, err := os.ReadFile(r.ledger)
	if err != nil {
		return errLedger.At("ledger").With("The ledger " + r.ledger + " cannot be read.")
	}
	if err := writeFile(r.path(platform.LedgerFile), writing(ledger)); err != nil {
		return err
	}
	if r.wrap == "" {
		return r.readLedger()
	}
	wrap, err := os.ReadFile(r.wrap)
	if err != nil {
		return errWrap.At("wrap").With("The file " + r.wrap + " cannot be read.")
	}
	return errors.Join(writeFile(r.path(platform.KeyWrapFile), writing(wrap)), r.readLedger())
}

func (r *restoration) path(file string) string { return filepath.Join(r.folder, file) }

// clear takes away what an unfinished restore has left, and refuses anything else.
func (r *restoration) clear() error {
	entries, err := os.ReadDir(r.folder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return errNotNew.At("data").With("The folder " + r.folder + " cannot be read.")
	}
	if _, err := os.Stat(r.path(platform.RestoringFile)); err != nil {
		return errNotNew.At("data").With("The folder " + r.folder + " is not empty.")
	}
	for _, e := range entries {
		if e.Name() == platform.RestoringFile { // goes last
			continue
		}
		if err := os.RemoveAll(r.path(e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (r *restoration) readLedger() error {
	l, err := privacy.OpenLedger(r.path(platform.LedgerFile))
	if err != nil {
		return errLedger.At("ledger").With("The ledger " + r.ledger + " cannot be read: " + err.Error() + ".")
	}
	entries, err := l.Entries()
	r.erased = map[string]bool{}
	for _, e := range entries {
		r.erased[e.Subject] = true
	}
	r.out.Ledger = len(r.erased)
	return errors.Join(err, l.Close())
}

// restoreKeys writes the keys of everybody whom the ledger does not name.
func (r *restoration) restoreKeys(ctx context.Context) (err error) {
	kek, err := r.keyEncryption(r.folder)
	if err != nil {
		return errWrap.At("wrap").With("The key-encryption key is neither named nor in the environment.")
	}
	keys, err := privacy.Open(ctx, privacy.Config{Path: r.path(platform.KeysFile), KeyEncryption: kek})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	r.out.People, err = keys.Paste(ctx, r.knownErased(), func(subject string) bool { return r.erased[subject] })
	switch {
	case errors.Is(err, privacy.ErrNoEpoch), errors.Is(err, privacy.ErrWrongKeyEncryption):
		return errWrap.At("wrap").With("The key-encryption key does not open these keys: " + err.Error() + ".")
	case errors.Is(err, privacy.ErrCopy):
		return backup.ErrDamaged.At("keys-from")
	}
	return atFlag(err, "keys-from")
}

// knownErased yields the rows of the archive, and refuses a tombstone of somebody
// whom the ledger does not name: then it is not the newest one, and may lack
// others.
func (r *restoration) knownErased() iter.Seq2[privacy.Copied, error] {
	return func(yield func(privacy.Copied, error) bool) {
		for row, err := range r.keys.Keys() {
			if err == nil && row.Kind == "" && row.State == privacy.Destroyed && !r.erased[row.Subject] {
				err = errLedger.At("ledger").With("The keys tell of the erasure of " + row.Subject + ", of which the ledger knows nothing.")
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// restoreLog writes the events, to the folder or to the event store that was named.
func (r *restoration) restoreLog(ctx context.Context) error {
	bar := r.progress("restoring the log", int64(r.log.Header.Head))
	defer bar.done()
	events := watched(r.log.Events(), func(e eventstore.Recorded) { bar.at(int64(e.Position)) })
	var err error
	if r.eventStore == "" {
		_, _, err = sqlite.Load(ctx, r.path(platform.EventsFile), events)
	} else {
		err = r.append(ctx, events)
	}
	if err != nil {
		return atFlag(err, "from")
	}
	s := r.log.Summary
	r.out.Events, r.out.Head = s.Count, fmt.Sprintf("%s@%d", s.Chain, s.Last)
	return nil
}

func watched(events iter.Seq2[eventstore.Recorded, error], seen func(eventstore.Recorded)) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		for e, err := range events {
			if !yield(e, err) || err != nil {
				return
			}
			seen(e)
		}
	}
}

func (r *restoration) append(ctx context.Context, events iter.Seq2[eventstore.Recorded, error]) (err error) {
	store, err := esdb.Open(ctx, esdb.Options{ConnectionString: r.eventStore})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return appendTo(ctx, store, events)
}

// check verifies and folds what was written, with the keys that were written.
func (r *restoration) check(ctx context.Context) (err error) {
	read, err := r.open(ctx, r.folder, r.eventStore)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, read.close()) }()
	end, err := read.store.Head(ctx)
	if err != nil {
		return err
	}
	bar := r.progress("verifying", int64(end))
	hash, last, err := eventstore.Verify(ctx, read.store, func(p eventstore.Position) { bar.at(int64(p)) })
	bar.done()
	if err != nil {
		return chained(err)
	}
	// From folder to folder, positions and times are the same, and so is the chain.
	if there := (head{hash, last}).String(); r.eventStore == "" && r.log.Header.Engine == "sqlite" && there != r.out.Head {
		return errVerify.With("The restored log ends at " + there + ", and the archive at " + r.out.Head + ".")
	}
	bar = r.progress("folding", int64(end))
	defer bar.done()
	count := uint64(0)
	r.out.Views, err = digestOf(ctx, read.codec, upTo(ctx, read.store, end), func(p eventstore.Position) { count++; bar.at(int64(p)) })
	if err == nil && count != r.out.Events {
		err = errVerify.With(fmt.Sprintf("The restored log has %d events, and the archive %d.", count, r.out.Events))
	}
	return err
}

// sameLog computes the chain of the archive up to the head that was kept, in the
// archive's own positions and times.
func (r *restoration) sameLog(context.Context) error {
	if r.expect == nil {
		return nil
	}
	log, closeLog, err := openArchive(r.from.log, backup.Log, r.ids)
	if err != nil {
		return err
	}
	defer closeLog()
	var chain eventstore.Chain
	for e, err := range log.Events() {
		if err != nil {
			return err
		}
		if e.Position > r.expect.position {
			break
		}
		chain.Add(e)
	}
	if chain.Head() != r.expect.hash {
		return errRewound.At("expect-head")
	}
	return nil
}

// replay erases again whom the ledger names.
func (r *restoration) replay(ctx context.Context) (err error) {
	if len(r.erased) == 0 {
		return nil
	}
	p, err := platform.Open(ctx, platform.Config{Folder: r.folder, EventStore: r.eventStore, NoReactions: true, Restoring: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return r.running(ctx, p, func(ctx context.Context) error {
		r.out.Replayed, err = p.ReplayErasures(ctx)
		return err
	})
}

// finish gives the restore a name, makes everything durable and takes the mark
// away.
func (r *restoration) finish(context.Context) error {
	if err := writeFile(r.path(platform.RestoredFile), writing([]byte(uuid.NewString()+"\n"))); err != nil {
		return err
	}
	if err := syncFolder(r.folder); err != nil {
		return err
	}
	if err := os.Remove(r.path(platform.RestoringFile)); err != nil {
		return err
	}
	return errors.Join(syncFolder(r.folder), syncFolder(filepath.Dir(filepath.Clean(r.folder))))
}
