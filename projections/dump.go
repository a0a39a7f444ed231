package projections

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/diaspora-match/diaspora/domain/personal"
)

// Dump writes every row and every index entry of the tables in one canonical
// order, a JSON line each, so that live views and rebuilt views can be compared
// byte for byte. Personal text goes in as a digest under the key: with a random
// key of the caller, two dumps of one process compare and a dump tells nothing.
func Dump(r Reader, tables []Schema, key []byte, w io.Writer) error {
	options := json.JoinOptions(json.Deterministic(true), json.WithMarshalers(digestPersonal(key)))
	line := func(v any) error {
		if err := json.MarshalWrite(w, v, options); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return err
	}
	if err := line(map[string]uint64{"position": uint64(r.Position())}); err != nil {
		return err
	}
	for _, t := range tables {
		if err := dumpTable(r, t, line); err != nil {
			return fmt.Errorf("projections: dump %s: %w", t.TableName(), err)
		}
	}
	return nil
}

func dumpTable(r Reader, t Schema, line func(any) error) error {
	type header struct {
		Table   string `json:"table"`
		Version int    `json:"version"`
	}
	if err := line(header{t.TableName(), t.TableVersion()}); err != nil {
		return err
	}
	for row, err := range r.Rows(t) {
		if err != nil {
			return err
		}
		if err := line(row); err != nil {
			return err
		}
	}
	for entry, err := range r.Entries(t) {
		if err != nil {
			return err
		}
		if err := line(entry); err != nil {
			return err
		}
	}
	return nil
}

func digestPersonal(key []byte) *json.Marshalers {
	return json.MarshalToFunc(func(enc *jsontext.Encoder, t personal.Text) error {
		plain, err := personal.Open(t, personal.ToCompare)
		switch {
		case errors.Is(err, personal.ErrErased):
			return enc.WriteToken(jsontext.String("[erased]"))
		case err != nil:
			return err
		case plain == "":
			return enc.WriteToken(jsontext.String(""))
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(t.Subject()))
		mac.Write([]byte{0})
		mac.Write([]byte(plain))
		return enc.WriteToken(jsontext.String("hmac:" + hex.EncodeToString(mac.Sum(nil))))
	})
}
