package codec_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// rowKeys seals with AES-GCM under keys that can be fenced and destroyed.
type rowKeys struct{ fenced, destroyed map[string]bool }

func newRowKeys() *rowKeys {
	return &rowKeys{map[string]bool{}, map[string]bool{}}
}

func rowCipher(subject string) cipher.AEAD {
	key := sha256.Sum256([]byte(subject))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (k *rowKeys) Seal(_ context.Context, subject string, aad, plain []byte) ([]byte, error) {
	if k.fenced[subject] || k.destroyed[subject] {
		return nil, personal.ErrErased
	}
	return rowCipher(subject).Seal(nil, nil, plain, aad), nil
}

func (k *rowKeys) Open(_ context.Context, subject string, aad, sealed []byte) ([]byte, error) {
	if k.destroyed[subject] {
		return nil, personal.ErrErased
	}
	plain, err := rowCipher(subject).Open(nil, nil, sealed, aad)
	if err != nil {
		return nil, personal.ErrCorrupt
	}
	return plain, nil
}

type card struct {
	ID    string          `json:"id"`
	Name  personal.Text   `json:"name,omitzero"`
	Notes []personal.Text `json:"notes,omitempty"`
	Tags  []string        `json:"tags"`
}

const cardName = "Amina canary"

func amina() *card {
	return &card{ID: "a", Name: personal.Of("a", cardName), Notes: []personal.Text{personal.Of("a", "kind")}}
}

func encode(t *testing.T, rows *codec.Rows, place string, row any) []byte {
	t.Helper()
	data, err := rows.Encode(t.Context(), place, row)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t *testing.T, rows *codec.Rows, place string, data []byte) (card, bool) {
	t.Helper()
	var c card
	lost, err := rows.Decode(t.Context(), place, data, &c)
	if err != nil {
		t.Fatal(err)
	}
	return c, lost
}

func TestRowsAreSealedInPlaceAndComeBack(t *testing.T) {
	keys := newRowKeys()
	var corrupt []string
	rows := codec.NewRows(keys, func(place string) { corrupt = append(corrupt, place) })
	row := amina()
	data := encode(t, rows, "cards/a", row)
	if bytes.Contains(data, []byte(cardName)) {
		t.Fatalf("not sealed: %s", data)
	}
	if name, err := personal.Open(row.Name, personal.ToCompare); name != cardName || err != nil {
		t.Fatalf("the caller's row was written to: %q, %v", name, err)
	}
	back, lost := decode(t, rows, "cards/a", data)
	if lost || !back.Name.Equal(row.Name) || !back.Notes[0].Equal(row.Notes[0]) || back.Tags != nil {
		t.Fatalf("came back as %+v, lost %v", back, lost)
	}
	moved, _ := decode(t, rows, "cards/b", data)
	if _, err := personal.Open(moved.Name, personal.ToCompare); !errors.Is(err, personal.ErrCorrupt) || len(corrupt) != 2 {
		t.Fatalf("elsewhere it opens: %v, told of %v", err, corrupt)
	}
	// A corrupt text stays one, and stays sealed.
	again, _ := decode(t, rows, "cards/b", encode(t, rows, "cards/b", &moved))
	if _, err := personal.Open(again.Name, personal.ToCompare); !errors.Is(err, personal.ErrCorrupt) {
		t.Fatalf("a corrupt text came back as %v", err)
	}
}

func TestRowsOfTheErasedStayErased(t *testing.T) {
	keys := newRowKeys()
	rows := codec.NewRows(keys, func(place string) { t.Errorf("corrupt: %s", place) })
	data := encode(t, rows, "cards/a", amina())

	keys.fenced["a"] = true
	fenced, lost := decode(t, rows, "cards/a", encode(t, rows, "cards/a", amina()))
	if _, err := personal.Open(fenced.Name, personal.ToCompare); !errors.Is(err, personal.ErrErased) || lost || fenced.Name.Subject() != "a" {
		t.Fatalf("behind the fence: %v, lost %v, subject %q", err, lost, fenced.Name.Subject())
	}

	keys.destroyed["a"] = true
	gone, lost := decode(t, rows, "cards/a", data)
	if _, err := personal.Open(gone.Name, personal.ToCompare); !errors.Is(err, personal.ErrErased) || !lost {
		t.Fatalf("after the key: %v, lost %v", err, lost)
	}
	gone, lost = decode(t, rows, "cards/a", encode(t, rows, "cards/a", &gone))
	if _, err := personal.Open(gone.Name, personal.ToCompare); !errors.Is(err, personal.ErrErased) || lost {
		t.Fatalf("stored again: %v, lost %v", err, lost)
	}
}
