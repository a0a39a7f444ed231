package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"filippo.io/age"
	"github.com/dustin/go-humanize"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/backup"
)

type backupCommand struct {
	logFlags
	To             string   `help:"Archive of the log to write." required:"" placeholder:"FILE"`
	KeysTo         string   `help:"Archive of the keys to write; without it, beside the other: backup.keys.age beside backup.age." placeholder:"FILE"`
	Recipient      []string `help:"Public keys of those who may open the archives." placeholder:"age1…"`
	RecipientsFile string   `help:"File with more of them, one a line." placeholder:"FILE"`
	KeysRecipient  []string `help:"Public keys of those who alone may open the archive of the keys; without it, the same people." placeholder:"age1…"`
	Identity       string   `help:"File with an identity: the finished archives are opened with it, and the log is folded out of them." placeholder:"FILE"`
	JSON           bool     `help:"Print the result as JSON."`
}

// Help implements kong.HelpProvider.
func (backupCommand) Help() string {
	return `Writes two archives, encrypted by age: the log, and the keys of persons as they are wrapped. It runs beside a running platform, and takes the log as it stood when it began, then the keys, so that each sealed value has its key. The log is checked on the way, and both files are read back; with --identity they are also opened, folded and compared with the views. A file appears whole or not at all, and none is ever replaced.

Keep the archive of the log as long as you like. Keep that of the keys elsewhere and not for long: it opens what was erased since, until the wrap of its time is retired. keys.wrap and erasures.ledger are in neither: keep them apart from both.

Examples:
  age-keygen -o backup.key
  diaspora backup --data /srv/diaspora --to monday.age --recipient age1…
  diaspora backup --data /srv/diaspora --to /backups/monday.age --keys-to /elsewhere/monday.age --recipients-file staff.txt --json
  diaspora backup --data /srv/diaspora --event-store 'esdb://localhost:2113?tls=false' --to monday.age --recipient age1… --identity backup.key`
}

// backedUp is the result of a backup.
type backedUp struct {
	Log    archived `json:"log"`
	Keys   archived `json:"keys"`
	Events uint64   `json:"events"`
	People uint64   `json:"people"` // who have a key, or had one
	Head   string   `json:"head"`   // HASH@POSITION
	// Opened tells that the archives were opened, and the log folded; Views is the
	// digest that came out then.
	Opened bool   `json:"opened"`
	Views  string `json:"views,omitzero"`

	header backup.Header
}

// archived is a file of a backup.
type archived struct {
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Run implements the command.
func (c *backupCommand) Run(ctx context.Context, s *session) (err error) {
	logTo, err := recipientsOf("recipient", c.Recipient, c.RecipientsFile)
	if err != nil {
		return err
	}
	if len(logTo) == 0 {
		return errRecipient.At("recipient").With("Nobody is named who may open the archives.")
	}
	keysTo, err := recipientsOf("keys-recipient", c.KeysRecipient, "")
	if err != nil {
		return err
	}
	if len(keysTo) == 0 {
		keysTo = logTo
	}
	var ids []age.Identity
	if c.Identity != "" {
		if ids, err = identitiesOf(c.Identity); err != nil {
			return err
		}
	}
	r, err := s.read(ctx, c.logFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	to := archivesAt(c.To, c.KeysTo)
	out, err := s.backUp(ctx, r, to, logTo, keysTo)
	if err != nil {
		return err
	}
	if ids != nil {
		if out.Views, err = s.openArchives(ctx, r, to, ids, out.header.Head); err != nil {
			return err
		}
		out.Opened = true
	}
	return c.print(s, out)
}

// backUp writes both archives and gives them their names, the keys' first: where
// an archive of a log is, that of its keys is too.
func (s *session) backUp(ctx context.Context, r *reading, to archives, logTo, keysTo []age.Recipient) (out backedUp, err error) {
	log, err := createArchive("to", to.log)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, log.discard()) }()
	keys, err := createArchive("keys-to", to.keys)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, keys.discard()) }()
	head, err := r.store.Head(ctx)
	if err != nil {
		return out, err
	}
	bar := s.progress("archiving the log", int64(head))
	defer bar.done()
	header := backup.Header{Made: s.now().Truncate(time.Microsecond), Engine: r.engine()}
	header, summary, err := backup.WriteLog(ctx, log, logTo, r.store, header, func(p eventstore.Position) { bar.at(int64(p)) })
	if err != nil {
		return out, chained(err)
	}
	if err := r.untouched(ctx, summary); err != nil {
		return out, err
	}
	people, err := backup.WriteKeys(ctx, keys, keysTo, r.keys, header, s.now().Truncate(time.Microsecond))
	if err != nil {
		return out, err
	}
	if err := errors.Join(keys.finish(), log.finish()); err != nil {
		return out, err
	}
	return backedUp{
		Log:    archived{to.log, log.size, log.digest()},
		Keys:   archived{to.keys, keys.size, keys.digest()},
		Events: summary.Count, People: people.Count, Head: fmt.Sprintf("%s@%d", summary.Chain, summary.Last), header: header,
	}, nil
}

// untouched compares the chain of what was archived with that which the engine
// keeps, where it does. An event that was changed where it lies is named.
func (r *reading) untouched(ctx context.Context, s backup.Summary) error {
	store, ok := r.store.(eventstore.Chained)
	if !ok {
		return nil
	}
	hash, err := store.HashAt(ctx, s.Last)
	if err != nil || hex.EncodeToString(hash[:]) == s.Chain {
		return err
	}
	if _, _, err := eventstore.Verify(ctx, r.store, nil); err != nil {
		return chained(err)
	}
	return errVerify.With("What was read is not what the chain of hashes covers.")
}

// engine names where the log is kept.
func (r *reading) engine() string {
	if _, sparse := r.store.(eventstore.Sparse); sparse {
		return "esdb"
	}
	return "sqlite"
}

// chained makes a broken log a failed verification.
func chained(err error) error {
	var b *eventstore.BrokenChain
	if errors.As(err, &b) {
		return errVerify.With(fmt.Sprintf("The log does not hold at position %d: %s.", b.Position, b.Why))
	}
	return err
}

// openArchives opens both archives, folds the log out of its, and compares what
// comes out with the views of the log itself.
func (s *session) openArchives(ctx context.Context, r *reading, from archives, ids []age.Identity, head eventstore.Position) (string, error) {
	keys, closeKeys, err := openArchive(from.keys, backup.Keys, ids)
	if err != nil {
		return "", err
	}
	defer closeKeys()
	for _, err := range keys.Keys() {
		if err != nil {
			return "", atFlag(err, "keys-to")
		}
	}
	log, closeLog, err := openArchive(from.log, backup.Log, ids)
	if err != nil {
		return "", err
	}
	defer closeLog()
	bar := s.progress("opening the archive", int64(head))
	defer bar.done()
	archived, err := digestOf(ctx, r.codec, log.Events(), func(p eventstore.Position) { bar.at(int64(p)) })
	if err != nil {
		return "", err
	}
	live, err := digestOf(ctx, r.codec, upTo(ctx, r.store, head), nil)
	if err == nil && live != archived {
		err = errVerify.With("The views of the archive are not those of the log.")
	}
	return archived, err
}

// openArchive opens an archive for reading; errors name the file.
func openArchive(path string, kind backup.Kind, ids []age.Identity) (*backup.Reader, func(), error) {
	flag := map[backup.Kind]string{backup.Log: "from", backup.Keys: "keys-from"}[kind]
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, errNoData.At(flag).With("The archive " + path + " cannot be read.")
	}
	a, err := backup.Open(f, kind, ids)
	if err != nil {
		_ = f.Close()
		return nil, nil, atFlag(err, flag)
	}
	return a, func() { _ = f.Close() }, nil
}

func (c *backupCommand) print(s *session, out backedUp) error {
	if c.JSON {
		return s.writeJSON(out)
	}
	err := s.table(
		[]string{"ARCHIVE", "SIZE", "SHA-256"},
		[]string{out.Log.File, humanize.Bytes(uint64(out.Log.Bytes)), out.Log.SHA256},
		[]string{out.Keys.File, humanize.Bytes(uint64(out.Keys.Bytes)), out.Keys.SHA256},
	)
	if err != nil {
		return err
	}
	opened := "not opened: name --identity to have them opened and folded, or run 'diaspora drill'"
	if out.Opened {
		opened = "opened and folded, views " + out.Views
	}
	_, err = fmt.Fprintf(s.stdout, "\n%s events, %s people\nhead  %s\n%s\n",
		humanize.Comma(int64(out.Events)), humanize.Comma(int64(out.People)), out.Head, opened)
	return err
}
