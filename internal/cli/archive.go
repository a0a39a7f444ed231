package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// Refusals of backups and restores.
var (
	errRecipient = domain.Refuse(domain.Invalid, "backup.recipient", "This is no recipient of age.", "Name a public key, age1…; 'age-keygen -o backup.key' makes one and its identity.")
	errIdentity  = domain.Refuse(domain.Invalid, "backup.identity", "There is no identity of age in this file.", "Name the file that 'age-keygen -o backup.key' has made.")
	errThere     = domain.Refuse(domain.Refused, "backup.exists", "The file is there already.", "Name another file: a backup never replaces an older one.")
)

// archives are the two files of a backup.
type archives struct{ log, keys string }

// archivesAt names the archive of the keys beside that of the log, unless it was
// named: backup.age and backup.keys.age.
func archivesAt(log, keys string) archives {
	if keys == "" {
		ext := filepath.Ext(log)
		keys = strings.TrimSuffix(log, ext) + ".keys" + ext
	}
	return archives{log, keys}
}

// recipientsOf reads public keys from flags and from a file.
func recipientsOf(flag string, named []string, file string) ([]age.Recipient, error) {
	var to []age.Recipient
	for _, text := range named {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(text))
		if err != nil {
			return nil, errRecipient.At(flag).With(fmt.Sprintf("%q is no recipient of age.", text))
		}
		to = append(to, r)
	}
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, errRecipient.At("recipients-file").With("The file " + file + " cannot be read.")
		}
		defer f.Close()
		more, err := age.ParseRecipients(f)
		if err != nil {
			return nil, errRecipient.At("recipients-file").With("The file " + file + " holds something else than recipients of age.")
		}
		to = append(to, more...)
	}
	return to, nil
}

// identitiesOf reads private keys. What is in the file is never told.
func identitiesOf(file string) ([]age.Identity, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, errIdentity.At("identity").With("The file " + file + " cannot be read.")
	}
	defer f.Close()
	ids, err := age.ParseIdentities(f)
	if err != nil {
		return nil, errIdentity.At("identity").With("There is no identity of age in " + file + ".")
	}
	return ids, nil
}

// archiveFile is written under a temporary name, for its owner's eyes, and gets
// its own when it is whole and the disk gives it back.
type archiveFile struct {
	path  string
	f     *os.File
	sum   hash.Hash
	size  int64
	whole bool
}

func createArchive(flag, path string) (*archiveFile, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, errThere.At(flag).With("The file " + path + " is there already.")
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // 0600
	if err != nil {
		return nil, domain.ErrFormat.At(flag).With("The file " + path + " cannot be written.")
	}
	return &archiveFile{path: path, f: f, sum: sha256.New()}, nil
}

// Write implements io.Writer.
func (a *archiveFile) Write(b []byte) (int, error) {
	n, err := a.f.Write(b)
	a.sum.Write(b[:n])
	a.size += int64(n)
	return n, err
}

// finish makes the file durable, reads it back, and gives it its name.
func (a *archiveFile) finish() error {
	if err := errors.Join(a.f.Sync(), a.readBack()); err != nil {
		return fmt.Errorf("cli: the archive %s: %w", a.path, err)
	}
	if err := os.Rename(a.f.Name(), a.path); err != nil {
		return fmt.Errorf("cli: the archive %s: %w", a.path, err)
	}
	a.whole = true
	return syncFolder(filepath.Dir(a.path))
}

func (a *archiveFile) readBack() error {
	again := sha256.New()
	if _, err := io.Copy(again, io.NewSectionReader(a.f, 0, a.size+1)); err != nil {
		return err
	}
	if string(again.Sum(nil)) != string(a.sum.Sum(nil)) {
		return errors.New("the disk gives back something else than what was written")
	}
	return nil
}

// discard closes the file, and removes it unless it is whole.
func (a *archiveFile) discard() error {
	err := a.f.Close()
	if a.whole {
		return err
	}
	return errors.Join(err, os.Remove(a.f.Name()))
}

func (a *archiveFile) digest() string { return hex.EncodeToString(a.sum.Sum(nil)) }

// atFlag names the flag to which a refusal belongs, where it names none.
func atFlag(err error, flag string) error {
	if rs := domain.AsRefusals(err); len(rs) == 1 && rs[0].Field == "" {
		return rs[0].At(flag)
	}
	return err
}

// syncFolder makes names in a folder durable.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// digestOf opens and folds events, numbered from 1, and digests the views. What
// does not open under its key, or does not fold, is errVerify.
func digestOf(ctx context.Context, c *codec.Codec, events iter.Seq2[eventstore.Recorded, error], seen func(eventstore.Position)) (string, error) {
	var corrupt *codec.Corruption
	c.OnCorrupt(func(at codec.Corruption) { corrupt = &at })
	engine, err := fold(ctx, numbered(func(yield func(codec.Decoded, error) bool) {
		for e, err := range events {
			var d codec.Decoded
			if err == nil {
				d, err = c.Decode(ctx, e)
			}
			if !yield(d, err) || err != nil {
				return
			}
			if seen != nil {
				seen(e.Position)
			}
		}
	}), 0)
	if err != nil {
		return "", broken(err)
	}
	if corrupt != nil {
		return "", errVerify.With(fmt.Sprintf("A sealed personal value does not open under its key, at position %d.", corrupt.Position))
	}
	return digest(ctx, engine)
}

// upTo yields a log up to a position.
func upTo(ctx context.Context, s eventstore.Store, last eventstore.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		for e, err := range s.ReadAll(ctx, 0, eventstore.Forwards, 0) {
			if err == nil && e.Position > last || !yield(e, err) {
				return
			}
		}
	}
}
