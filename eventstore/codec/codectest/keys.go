// Package codectest has what tests of other rooms need beside a codec: keys that
// live in memory and never touch a disk.
package codectest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"sync"

	"github.com/diaspora-match/diaspora/domain/personal"
)

// Keys is a sealer for tests. Keys derive from the subject alone and nonces from
// what is sealed, so that the same event always gives the same bytes: right for
// recorded test data, wrong for anything else.
type Keys struct {
	mu     sync.RWMutex
	erased map[string]bool
	failed error
}

// NewKeys makes keys under which nobody is erased.
func NewKeys() *Keys { return &Keys{erased: map[string]bool{}} }

// Erase makes a subject's values unreadable, as if the key were destroyed.
func (k *Keys) Erase(subject string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.erased[subject] = true
}

// Fail makes every call return err, as if the key store were away; nil ends it.
func (k *Keys) Fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed = err
}

func (k *Keys) check(subject string) error {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.failed != nil {
		return k.failed
	}
	if k.erased[subject] {
		return personal.ErrErased
	}
	return nil
}

func aead(subject string) cipher.AEAD {
	key := sha256.Sum256([]byte("codectest key of " + subject))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcm
}

// Seal implements codec.Sealer.
func (k *Keys) Seal(_ context.Context, subject string, aad, plain []byte) ([]byte, error) {
	if err := k.check(subject); err != nil {
		return nil, err
	}
	gcm, mac := aead(subject), hmac.New(sha256.New, []byte(subject))
	mac.Write(aad)
	mac.Write(plain)
	nonce := mac.Sum(nil)[:gcm.NonceSize()]
	return gcm.Seal(nonce, nonce, plain, aad), nil
}

// Open implements codec.Sealer.
func (k *Keys) Open(_ context.Context, subject string, aad, sealed []byte) ([]byte, error) {
	if err := k.check(subject); err != nil {
		return nil, err
	}
	gcm := aead(subject)
	n := gcm.NonceSize()
	if len(sealed) < n {
		return nil, personal.ErrCorrupt
	}
	plain, err := gcm.Open(nil, sealed[:n:n], sealed[n:], aad)
	if err != nil {
		return nil, personal.ErrCorrupt
	}
	return plain, nil
}
