package esco

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// FileName is the file of an imported ESCO within a data folder.
const FileName = "taxonomy-esco.bin"

// The file: magic, format, SHA-256 of the rest, the rest. The rest is a row of
// unsigned varints and of texts with their length before them.
const (
	magic     = "DMESCO"
	format    = 1
	headBytes = len(magic) + 1 + sha256.Size
)

// MaxImportedBytes bounds a saved file; that of ESCO v1.1.1 in English has 7 MB.
const MaxImportedBytes = 128 << 20

// digestDigits is how much of the file's checksum stands in the version of the
// extended list.
const digestDigits = 8

// Refusals of a saved file.
var (
	ErrDamaged = domain.Refuse(domain.Invalid, "esco.damaged", "The file of the imported ESCO taxonomy is damaged.", "Import ESCO again: diaspora taxonomy import --esco DIR.")
	ErrFormat  = domain.Refuse(domain.Invalid, "esco.format", "The file of the imported ESCO taxonomy was written by another version of this program.", "Import ESCO again: diaspora taxonomy import --esco DIR.")
	ErrBase    = domain.Refuse(domain.Invalid, "esco.base", "The file of the imported ESCO taxonomy was made for another built-in list of skills.", "Import ESCO again: diaspora taxonomy import --esco DIR.")
)

// encode writes an extension, without its digest: that is the file's checksum.
func encode(x taxonomy.Extension) []byte {
	w := writer{b: make([]byte, headBytes, 8<<20)}
	w.text(x.Base)
	w.count(len(x.Adopted))
	for _, a := range x.Adopted {
		w.text(string(a.Skill))
		w.text(string(a.Also))
		w.text(a.ESCO)
		w.names(a.Names)
	}
	w.count(len(x.Skills))
	for _, s := range x.Skills {
		w.skill(s)
	}
	w.count(len(x.Titles))
	for _, code := range slices.Sorted(maps.Keys(x.Titles)) {
		w.text(string(code))
		w.text(x.Titles[code])
	}
	w.count(len(x.Occupations))
	for _, o := range x.Occupations {
		w.text(string(o.ISCO))
		w.indexes(o.Essential)
		w.indexes(o.Optional)
	}
	w.count(len(x.Near))
	for _, list := range x.Near {
		w.count(len(list))
		for _, n := range list {
			w.count(int(n.Skill))
			w.count(int(n.Score))
			w.count(int(n.Relation))
		}
	}
	return seal(w.b)
}

// seal fills in the head of a file whose payload is there.
func seal(b []byte) []byte {
	sum := sha256.Sum256(b[headBytes:])
	copy(b, magic)
	b[len(magic)] = format
	copy(b[len(magic)+1:], sum[:])
	return b
}

// decode reads what encode wrote. It refuses a file that is not whole
// (ErrDamaged) or of another format (ErrFormat).
func decode(b []byte) (taxonomy.Extension, error) {
	var x taxonomy.Extension
	if len(b) < headBytes || !bytes.HasPrefix(b, []byte(magic)) {
		return x, ErrDamaged
	}
	if b[len(magic)] != format {
		return x, ErrFormat
	}
	sum := sha256.Sum256(b[headBytes:])
	if !bytes.Equal(sum[:], b[len(magic)+1:headBytes]) {
		return x, ErrDamaged
	}
	r := reader{b: b[headBytes:]}
	x.Digest = hex.EncodeToString(sum[:])[:digestDigits]
	x.Base = r.text()
	x.Adopted = list(&r, func(a *taxonomy.Adopted) {
		a.Skill, a.Also, a.ESCO, a.Names = domain.Skill(r.text()), domain.Skill(r.text()), r.text(), r.names()
	})
	x.Skills = list(&r, func(s *taxonomy.Skill) { *s = r.skill() })
	titles := r.count()
	x.Titles = map[domain.ISCO]string{}
	for range titles {
		code := domain.ISCO(r.text())
		x.Titles[code] = r.text()
	}
	x.Occupations = list(&r, func(o *taxonomy.Occupation) {
		o.ISCO, o.Essential, o.Optional = domain.ISCO(r.text()), r.indexes(), r.indexes()
	})
	x.Near = list(&r, func(near *[]taxonomy.Neighbour) {
		*near = list(&r, func(n *taxonomy.Neighbour) {
			n.Skill, n.Score, n.Relation = taxonomy.Index(r.small()), uint16(r.small()), taxonomy.Relation(r.tiny())
		})
	})
	if r.err != nil || len(r.b) > 0 {
		return taxonomy.Extension{}, ErrDamaged
	}
	return x, nil
}

type writer struct{ b []byte }

func (w *writer) count(n int) { w.b = binary.AppendUvarint(w.b, uint64(n)) }

func (w *writer) text(s string) {
	w.count(len(s))
	w.b = append(w.b, s...)
}

func (w *writer) texts(list []string) {
	w.count(len(list))
	for _, s := range list {
		w.text(s)
	}
}

// indexes are ascending and written as steps.
func (w *writer) indexes(list []taxonomy.Index) {
	w.count(len(list))
	last := 0
	for _, i := range list {
		w.count(int(i) - last)
		last = int(i)
	}
}

func (w *writer) names(list []taxonomy.Names) {
	w.count(len(list))
	for _, n := range list {
		w.text(string(n.Language))
		w.text(n.Label)
		w.texts(n.Synonyms)
	}
}

func (w *writer) skill(s taxonomy.Skill) {
	w.text(string(s.ID))
	w.text(s.Cluster)
	w.text(s.English)
	w.text(s.Dutch)
	w.texts(s.Synonyms)
	w.count(len(s.ISCO))
	for _, code := range s.ISCO {
		w.text(string(code))
	}
	w.count(len(s.Broader))
	for _, id := range s.Broader {
		w.text(string(id))
	}
	w.text(s.ESCO)
	w.names(s.Names)
}

// reader reads varints and texts; after the first error it gives zeros.
type reader struct {
	b   []byte
	err error
}

var errShort = errors.New("esco: the file ends too early, or a number in it is too large")

func (r *reader) fail() int {
	r.b, r.err = nil, errShort
	return 0
}

// count reads a number of things that follow, each of which takes a byte at
// least: a larger one is an error, so that nothing is allocated for it.
func (r *reader) count() int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > uint64(len(r.b)-size) {
		return r.fail()
	}
	r.b = r.b[size:]
	return int(n)
}

// small reads a number of 16 bits, tiny one of 8.
func (r *reader) small() int { return r.below(1 << 16) }
func (r *reader) tiny() int  { return r.below(1 << 8) }

func (r *reader) below(end uint64) int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n >= end {
		return r.fail()
	}
	r.b = r.b[size:]
	return int(n)
}

func (r *reader) text() string {
	n := r.count()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) texts() []string { return list(r, func(s *string) { *s = r.text() }) }

func (r *reader) indexes() []taxonomy.Index {
	last := 0
	return list(r, func(i *taxonomy.Index) {
		if last += r.small(); last >= taxonomy.MaxSkills {
			last = r.fail()
		}
		*i = taxonomy.Index(last)
	})
}

func (r *reader) names() []taxonomy.Names {
	return list(r, func(n *taxonomy.Names) {
		n.Language, n.Label, n.Synonyms = domain.Language(r.text()), r.text(), r.texts()
	})
}

func (r *reader) skill() taxonomy.Skill {
	var s taxonomy.Skill
	s.ID, s.Cluster, s.English, s.Dutch, s.Synonyms = domain.Skill(r.text()), r.text(), r.text(), r.text(), r.texts()
	s.ISCO = list(r, func(code *domain.ISCO) { *code = domain.ISCO(r.text()) })
	s.Broader = list(r, func(id *domain.Skill) { *id = domain.Skill(r.text()) })
	s.ESCO, s.Names = r.text(), r.names()
	return s
}

// list reads a count and so many things; none are nil.
func list[T any](r *reader, one func(*T)) []T {
	n := r.count()
	if n == 0 {
		return nil
	}
	out := make([]T, 0, min(n, 1<<12)) // grows with what is really there
	for range n {
		if r.err != nil {
			return nil
		}
		var t T
		one(&t)
		out = append(out, t)
	}
	return out
}

// extend applies a decoded extension to the list that it was made for.
func extend(list *taxonomy.Taxonomy, x taxonomy.Extension) (*taxonomy.Taxonomy, error) {
	if x.Base != list.Version() {
		return nil, ErrBase
	}
	t, err := list.Extend(x)
	if err != nil {
		return nil, fmt.Errorf("esco: %w", err)
	}
	return t, nil
}
