package privacy

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// KeyEncryption wraps data keys. Its keys are numbered by epoch, from 1 up; new
// keys are wrapped under the current one. A key management service can stand
// behind it: no key of an epoch ever leaves it.
type KeyEncryption interface {
	// Epochs lists the epochs whose keys are here, ascending and never empty. The
	// last is the current one.
	Epochs(ctx context.Context) ([]int, error)
	// Wrap encrypts a data key under an epoch, bound to aad. ErrNoEpoch.
	Wrap(ctx context.Context, epoch int, aad, key []byte) ([]byte, error)
	// Unwrap is the inverse: ErrNoEpoch, or ErrUnwrap when the bytes do not open.
	Unwrap(ctx context.Context, epoch int, aad, wrapped []byte) ([]byte, error)
	// Advance makes a new epoch and returns it, or ErrByOperator.
	Advance(ctx context.Context) (int, error)
	// Destroy forgets an epoch's key for ever, or returns ErrByOperator. An epoch
	// that is gone already is no error; the current one cannot be destroyed.
	Destroy(ctx context.Context, epoch int) error
}

var (
	// ErrNoEpoch: the key of this epoch was destroyed or never was here.
	ErrNoEpoch = errors.New("privacy: no key-encryption key of this epoch")
	// ErrUnwrap: the key of the epoch does not open these bytes.
	ErrUnwrap = errors.New("privacy: the key-encryption key does not open this data key")
	// ErrByOperator: epochs of this key-encryption key come and go by the hand of
	// the operator, who edits the environment and starts the program again.
	ErrByOperator = errors.New("privacy: the operator adds and removes epochs of this key-encryption key")
	// ErrKeyFile: the file of the key-encryption key is not as it must be.
	ErrKeyFile = errors.New("privacy: bad key-encryption key file")
)

const keyBytes = 32 // AES-256

// ring is a set of key-encryption keys in memory, by epoch.
type ring map[int][]byte

func (r ring) epochs() []int { return slices.Sorted(maps.Keys(r)) }

func (r ring) current() int { return slices.Max(r.epochs()) }

func (r ring) aead(epoch int) (cipher.AEAD, error) {
	key, ok := r[epoch]
	if !ok {
		return nil, fmt.Errorf("%w: %d", ErrNoEpoch, epoch)
	}
	return newAEAD(key)
}

func (r ring) wrap(epoch int, aad, key []byte) ([]byte, error) {
	a, err := r.aead(epoch)
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, key, aad), nil
}

func (r ring) unwrap(epoch int, aad, wrapped []byte) ([]byte, error) {
	a, err := r.aead(epoch)
	if err != nil {
		return nil, err
	}
	key, err := a.Open(nil, nil, wrapped, aad)
	if err != nil {
		return nil, ErrUnwrap
	}
	return key, nil
}

// currentEpoch is the newest epoch of a key-encryption key.
func currentEpoch(ctx context.Context, k KeyEncryption) (int, error) {
	epochs, err := k.Epochs(ctx)
	if err != nil {
		return 0, fmt.Errorf("privacy: key-encryption key: %w", err)
	}
	if len(epochs) == 0 {
		return 0, ErrNoEpoch
	}
	return epochs[len(epochs)-1], nil
}

// newAEAD is AES-256-GCM with a random nonce before the sealed bytes: 28 bytes
// more than the plain ones, and safe for 2^32 values under one key.
func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != keyBytes {
		return nil, fmt.Errorf("privacy: a key of %d bytes, not %d", len(key), keyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func newKey() []byte {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return key
}

// parseRing reads "epoch key" pairs, the key in base64.
func parseRing(pairs []string, separator string) (ring, error) {
	r := ring{}
	for i, pair := range pairs {
		number, text, ok := strings.Cut(strings.TrimSpace(pair), separator)
		epoch, err := strconv.Atoi(number)
		if !ok || err != nil || epoch < 1 || r[epoch] != nil {
			return nil, fmt.Errorf("entry %d is not a new epoch and its key", i+1)
		}
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != keyBytes {
			return nil, fmt.Errorf("the key of epoch %d is not %d bytes in base64", epoch, keyBytes)
		}
		r[epoch] = key
	}
	if len(r) == 0 {
		return nil, errors.New("no epoch in it")
	}
	return r, nil
}

// EnvKeyEncryption holds the epochs of an environment variable,
// "1:base64,2:base64": each 32 random bytes.
type EnvKeyEncryption struct{ ring ring }

// KeyEncryptionFromEnv reads the variable's value. To rotate, the operator adds
// an epoch, starts the program again and runs Rotate; then removes the old one.
func KeyEncryptionFromEnv(value string) (*EnvKeyEncryption, error) {
	r, err := parseRing(strings.Split(value, ","), ":")
	if err != nil {
		return nil, fmt.Errorf("privacy: key-encryption key in the environment: %w", err)
	}
	return &EnvKeyEncryption{r}, nil
}

// Epochs implements KeyEncryption.
func (e *EnvKeyEncryption) Epochs(context.Context) ([]int, error) { return e.ring.epochs(), nil }

// Wrap implements KeyEncryption.
func (e *EnvKeyEncryption) Wrap(_ context.Context, epoch int, aad, key []byte) ([]byte, error) {
	return e.ring.wrap(epoch, aad, key)
}

// Unwrap implements KeyEncryption.
func (e *EnvKeyEncryption) Unwrap(_ context.Context, epoch int, aad, wrapped []byte) ([]byte, error) {
	return e.ring.unwrap(epoch, aad, wrapped)
}

// Advance implements KeyEncryption.
func (e *EnvKeyEncryption) Advance(context.Context) (int, error) { return 0, ErrByOperator }

// Destroy implements KeyEncryption.
func (e *EnvKeyEncryption) Destroy(_ context.Context, epoch int) error {
	if _, here := e.ring[epoch]; !here {
		return nil
	}
	return ErrByOperator
}

// FileKeyEncryption holds the epochs of a file that its owner alone can read: a
// line an epoch, number and key in base64. It belongs on another volume, and in
// another backup, than the key store.
type FileKeyEncryption struct {
	path string
	mu   sync.RWMutex
	ring ring
}

// keyFileMode is the mode of every file of this package.
const keyFileMode fs.FileMode = 0o600

// freshSuffix names the file that is about to replace the key file.
const freshSuffix = ".new"

// KeyEncryptionFromFile reads the file, or creates it with a first epoch. It
// returns ErrKeyFile for a file that others may read or that holds no keys.
func KeyEncryptionFromFile(path string) (_ *FileKeyEncryption, err error) {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	defer folder.Close()
	// Several processes that start in a new folder make one key.
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	f := &FileKeyEncryption{path: path}
	// A crash may have left a replacement that was never put in place.
	if err := os.Remove(path + freshSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		f.ring = ring{1: newKey()}
		return f, f.save(f.ring)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	stat, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if mode := stat.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s has mode %o: others may read it; run chmod 600 on it", ErrKeyFile, path, mode)
	}
	f.ring, err = parseRing(strings.Split(strings.TrimSpace(string(b)), "\n"), " ")
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKeyFile, path, err)
	}
	return f, nil
}

// save replaces the file as a whole, and overwrites the bytes of the old one, so
// that a destroyed key does not linger in the blocks that were freed.
func (f *FileKeyEncryption) save(r ring) error {
	var b bytes.Buffer
	for _, epoch := range r.epochs() {
		fmt.Fprintf(&b, "%d %s\n", epoch, base64.StdEncoding.EncodeToString(r[epoch]))
	}
	old, err := os.OpenFile(f.path, os.O_WRONLY, 0)
	if err == nil {
		defer old.Close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	fresh := f.path + freshSuffix
	if err := writeDurably(fresh, b.Bytes()); err != nil {
		return fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if err := os.Rename(fresh, f.path); err != nil {
		return fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if err := syncDir(f.path); err != nil {
		return fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if old == nil {
		return nil
	}
	stat, err := old.Stat()
	if err == nil {
		_, err = old.WriteAt(make([]byte, stat.Size()), 0)
	}
	if err == nil {
		err = old.Sync()
	}
	if err != nil {
		return fmt.Errorf("%w: overwrite the old file: %w", ErrKeyFile, err)
	}
	return nil
}

func writeDurably(path string, b []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, keyFileMode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(b); err != nil {
		return err
	}
	return f.Sync()
}

// syncDir makes a created or renamed file durable.
func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Epochs implements KeyEncryption.
func (f *FileKeyEncryption) Epochs(context.Context) ([]int, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.ring.epochs(), nil
}

// Wrap implements KeyEncryption.
func (f *FileKeyEncryption) Wrap(_ context.Context, epoch int, aad, key []byte) ([]byte, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.ring.wrap(epoch, aad, key)
}

// Unwrap implements KeyEncryption.
func (f *FileKeyEncryption) Unwrap(_ context.Context, epoch int, aad, wrapped []byte) ([]byte, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.ring.unwrap(epoch, aad, wrapped)
}

// Advance implements KeyEncryption.
func (f *FileKeyEncryption) Advance(context.Context) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := maps.Clone(f.ring)
	epoch := f.ring.current() + 1
	next[epoch] = newKey()
	if err := f.save(next); err != nil {
		return 0, err
	}
	f.ring = next
	return epoch, nil
}

// Destroy implements KeyEncryption.
func (f *FileKeyEncryption) Destroy(_ context.Context, epoch int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, here := f.ring[epoch]; !here {
		return nil
	}
	if epoch == f.ring.current() {
		return fmt.Errorf("privacy: epoch %d is the current one and cannot be destroyed", epoch)
	}
	rest := maps.Clone(f.ring)
	delete(rest, epoch)
	if err := f.save(rest); err != nil {
		return err
	}
	clear(f.ring[epoch])
	f.ring = rest
	return nil
}
