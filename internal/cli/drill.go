package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
	"github.com/dustin/go-humanize"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/platform"
)

// drillPrefix begins the names of scratch folders.
const drillPrefix = "drill-"

// errErasedMeanwhile: the copy and the log differ for a good reason.
var errErasedMeanwhile = domain.Refuse(domain.Busy, "drill.erased", "Somebody was erased while the drill ran, so that nothing can be compared.", "Run the drill again.")

type drillCommand struct {
	logFlags
	Scratch string `help:"Folder in which to restore, on a disk with room for a copy; without it, the data folder." placeholder:"FOLDER"`
	JSON    bool   `help:"Print the result as JSON."`
}

// Help implements kong.HelpProvider.
func (drillCommand) Help() string {
	return `Makes a backup for an identity that is forgotten when the drill ends, restores it into a scratch folder as 'diaspora restore' does, replays the ledger of erasures, compares the views of the restored log with those of the original byte for byte, and removes everything that it made. It runs beside a running platform and exits with 4 when the restored past is another one.

Examples:
  diaspora drill --data /srv/diaspora
  diaspora drill --data /srv/diaspora --scratch /var/tmp --json
  diaspora drill --data /srv/diaspora --event-store 'esdb://localhost:2113?tls=false'`
}

// drilled is the result of a drill.
type drilled struct {
	OK       bool    `json:"ok"`
	Folder   string  `json:"folder"`
	Events   uint64  `json:"events"`
	People   uint64  `json:"people"`
	Bytes    int64   `json:"bytes"` // of both archives
	Head     string  `json:"head"`  // HASH@POSITION
	Original string  `json:"original"`
	Restored string  `json:"restored"`
	Replayed int     `json:"replayed"`
	Backup   float64 `json:"backupSeconds"`
	Restore  float64 `json:"restoreSeconds"`
	Compare  float64 `json:"compareSeconds"`
}

// Run implements the command.
func (c *drillCommand) Run(ctx context.Context, s *session) (err error) {
	r, err := s.read(ctx, c.logFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	place := c.Scratch
	if place == "" {
		place = r.folder
	}
	if err := removeDrills(place); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(place, drillPrefix)
	if err != nil {
		return domain.ErrFormat.At("scratch").With("Nothing can be written to " + place + ".")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	out, err := s.drill(ctx, r, c.EventStore, scratch)
	if err != nil {
		return err
	}
	if err := c.print(s, out); err != nil {
		return err
	}
	if !out.OK {
		return errVerify.With("The views of the restored log are not those of the original.")
	}
	return nil
}

// removeDrills removes what drills that were killed have left.
func removeDrills(place string) error {
	left, err := filepath.Glob(filepath.Join(place, drillPrefix+"*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// drill does what a restore after a loss would have to do, and compares.
func (s *session) drill(ctx context.Context, r *reading, eventStore, scratch string) (out drilled, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return out, err
	}
	to := archivesAt(filepath.Join(scratch, "log.age"), "")
	began := time.Now()
	saved, err := s.backUp(ctx, r, to, []age.Recipient{id.Recipient()}, []age.Recipient{id.Recipient()})
	if err != nil {
		return out, err
	}
	out = drilled{
		Folder: r.folder, Events: saved.Events, People: saved.People, Head: saved.Head,
		Bytes: saved.Log.Bytes + saved.Keys.Bytes, Backup: lap(&began),
	}
	ledger := filepath.Join(r.folder, platform.LedgerFile)
	known, err := os.ReadFile(ledger)
	if err != nil {
		return out, errNoData.At("data").With("There is no " + platform.LedgerFile + " in " + r.folder + ".")
	}
	again := &restoration{session: s, from: to, ids: []age.Identity{id}, folder: filepath.Join(scratch, "restored"), ledger: ledger}
	if s.env[platform.KeyWrapVariable] == "" {
		again.wrap = filepath.Join(r.folder, platform.KeyWrapFile)
	}
	made, err := again.run(ctx)
	if err != nil {
		return out, err
	}
	out.Restored, out.Replayed, out.Restore = made.Views, made.Replayed, lap(&began)
	if out.Original, err = s.original(ctx, r.folder, eventStore, saved.header.Head); err != nil {
		return out, err
	}
	out.Compare = lap(&began)
	out.OK = out.Original == out.Restored
	if now, err := os.ReadFile(ledger); !out.OK && (err != nil || !bytes.Equal(now, known)) {
		return out, errors.Join(err, errErasedMeanwhile)
	}
	return out, nil
}

// original folds the log as it stood at the backup, with the keys as they are now:
// opened anew, because a reader does not hear of erasures.
func (s *session) original(ctx context.Context, folder, eventStore string, head eventstore.Position) (digest string, err error) {
	r, err := s.open(ctx, folder, eventStore)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	bar := s.progress("folding the original", int64(head))
	defer bar.done()
	return digestOf(ctx, r.codec, upTo(ctx, r.store, head), func(p eventstore.Position) { bar.at(int64(p)) })
}

// lap is the time since began in seconds, and begins anew.
func lap(began *time.Time) float64 {
	now := time.Now()
	seconds := now.Sub(*began).Seconds()
	*began = now
	return seconds
}

func (c *drillCommand) print(s *session, out drilled) error {
	if c.JSON {
		return s.writeJSON(out)
	}
	word := "the same views"
	if !out.OK {
		word = "OTHER VIEWS"
	}
	_, err := fmt.Fprintf(s.stdout, "%s events, %s people, %s in two archives\nbackup  %.2f s\nrestore %.2f s, %d erasures replayed\ncompare %.2f s: %s\nhead     %s\noriginal %s\nrestored %s\n",
		humanize.Comma(int64(out.Events)), humanize.Comma(int64(out.People)), humanize.Bytes(uint64(out.Bytes)),
		out.Backup, out.Restore, out.Replayed, out.Compare, word, out.Head, out.Original, out.Restored)
	return err
}
