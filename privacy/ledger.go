package privacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// ErrLedger: the ledger of erasures cannot be read as a whole.
var ErrLedger = errors.New("privacy: bad ledger of erasures")

// Stage of an erasure in the ledger.
type Stage string

const (
	Begun    Stage = "begun"    // written before the key is destroyed
	Complete Stage = "complete" // written when nothing is left
)

// Entry is a line of the ledger. The subject is a random id and says nothing by
// itself.
type Entry struct {
	Subject string    `json:"subject"`
	Request string    `json:"request"`
	Stage   Stage     `json:"stage"`
	At      time.Time `json:"at"` // UTC
}

// Ledger is the list of erasures: a file of JSON lines that only grows, each
// durable before its erasure goes on. It is kept outside backups, so that a
// restore knows what must not come back.
type Ledger struct {
	mu sync.Mutex
	f  *os.File
}

// OpenLedger opens the file, readable by its owner alone, and creates it if it is
// not there. A last line that a crash cut short was never acknowledged and is
// removed.
func OpenLedger(path string) (*Ledger, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, keyFileMode)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	l := &Ledger{f: f}
	err = l.alone(l.cutTail)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = syncDir(path)
	}
	if err == nil {
		_, err = l.Entries()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrLedger, err), f.Close())
	}
	return l, nil
}

// alone runs fn while no other process writes the ledger.
func (l *Ledger) alone(fn func() error) error {
	if err := syscall.Flock(int(l.f.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	return errors.Join(fn(), syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN))
}

// cutTail removes a last line that was cut short.
func (l *Ledger) cutTail() error {
	b, err := l.bytes()
	if err != nil {
		return err
	}
	return l.f.Truncate(int64(bytes.LastIndexByte(b, '\n') + 1))
}

// Close closes the file.
func (l *Ledger) Close() error { return l.f.Close() }

func (l *Ledger) bytes() ([]byte, error) {
	stat, err := l.f.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(l.f, 0, stat.Size()))
}

// Append writes an entry durably.
func (l *Ledger) Append(e Entry) error {
	e.At = e.At.UTC()
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLedger, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.alone(func() error {
		if _, err := l.f.Write(append(line, '\n')); err != nil {
			return err
		}
		return l.f.Sync()
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLedger, err)
	}
	return nil
}

// Entries reads the whole ledger in order. ErrLedger names the first bad line.
func (l *Ledger) Entries() ([]Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, err := l.bytes()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	var entries []Entry
	n := 0
	for line := range bytes.Lines(b) {
		n++
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil || e.Subject == "" || e.Stage != Begun && e.Stage != Complete {
			return nil, fmt.Errorf("%w: line %d is no entry", ErrLedger, n)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Open lists the erasures that have begun and are not complete, in order.
func (l *Ledger) Open() ([]Entry, error) {
	entries, err := l.Entries()
	if err != nil {
		return nil, err
	}
	complete := map[string]bool{}
	for _, e := range entries {
		if e.Stage == Complete {
			complete[e.Subject] = true
		}
	}
	return firstOfEach(entries, func(e Entry) bool { return !complete[e.Subject] }), nil
}

// firstOfEach keeps the first entry of each subject that passes.
func firstOfEach(entries []Entry, keep func(Entry) bool) (first []Entry) {
	seen := map[string]bool{}
	for _, e := range entries {
		if !seen[e.Subject] && keep(e) {
			first = append(first, e)
		}
		seen[e.Subject] = true
	}
	return first
}
