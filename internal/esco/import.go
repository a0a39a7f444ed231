package esco

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// Report tells what an import read and made. It has no personal data.
type Report struct {
	Version      string            `json:"version"`     // of the extended list
	Concepts     int               `json:"concepts"`    // skills of the package
	Occupations  int               `json:"occupations"` // of the package
	Relations    int               `json:"relations"`   // of occupations to skills
	Languages    []domain.Language `json:"languages"`   // of the labels
	Skipped      Skipped           `json:"skipped"`
	Skills       int               `json:"skills"`       // of the extended list
	Alone        int               `json:"alone"`        // skills of it without a neighbour
	Neighbours   int               `json:"neighbours"`   // in all
	CutNarrower  int               `json:"cutNarrower"`  // narrower skills beyond taxonomy.MaxNeighbours
	Mappings     []Mapping         `json:"mappings"`     // every listed skill, in the order of the list
	Mapped       int               `json:"mapped"`       // of these, found in ESCO somehow
	Same         int               `json:"same"`         // of these, the concept itself
	WrittenBytes int               `json:"writtenBytes"` // of the saved file
}

// Import reads the ESCO CSV package in dir (a folder with the CSV files or with
// the zip archives, or one archive), extends the built-in list by it and saves
// the result as the file out, which is replaced as a whole or not at all.
// progress may be nil. Errors about the package are domain.Refusals that name
// file, line and column.
func Import(ctx context.Context, dir, out string, progress Progress) (Report, error) {
	c, err := Read(ctx, dir, progress)
	if err != nil {
		return Report{}, err
	}
	b, err := build(ctx, taxonomy.Builtin(), c, progress)
	if err != nil {
		return Report{}, err
	}
	file := encode(b.out)
	x, err := decode(file) // what is saved must load: better to learn that now
	if err != nil {
		return Report{}, fmt.Errorf("esco: what was encoded does not decode: %w", err)
	}
	list, err := extend(taxonomy.Builtin(), x)
	if err != nil {
		return Report{}, err
	}
	if err := save(out, file); err != nil {
		return Report{}, err
	}
	return b.report(list, len(file)), nil
}

func (b *builder) report(list *taxonomy.Taxonomy, written int) Report {
	r := Report{
		Version: list.Version(), Concepts: len(b.c.Concepts), Occupations: len(b.c.Occupations), Languages: b.c.Languages,
		Skipped: b.c.Skipped, Skills: list.Len(), CutNarrower: b.cut, Mappings: b.mappings, WrittenBytes: written,
	}
	for _, o := range b.c.Occupations {
		r.Relations += len(o.Essential) + len(o.Optional)
	}
	for i := range list.Len() {
		n := len(list.Neighbours(taxonomy.Index(i)))
		r.Neighbours += n
		if n == 0 {
			r.Alone++
		}
	}
	for _, m := range b.mappings {
		if m.How != NotMapped {
			r.Mapped++
		}
		if m.How.same() {
			r.Same++
		}
	}
	return r
}

// save replaces a file by writing another and renaming it.
func save(name string, b []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".taxonomy-*")
	if err != nil {
		return fmt.Errorf("esco: save the taxonomy: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("esco: save the taxonomy: %w", err)
		}
	}()
	if _, err = f.Write(b); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// Load gives the list of skills for a data folder: the built-in one, extended
// by ESCO when the folder holds FileName. A file that is damaged or was made for
// another built-in list is refused, because to go on without it would change
// every score.
func Load(folder string) (*taxonomy.Taxonomy, error) {
	f, err := os.Open(filepath.Join(folder, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return taxonomy.Builtin(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("esco: load the taxonomy: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxImportedBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("esco: load the taxonomy: %w", err)
	case len(b) > MaxImportedBytes:
		return nil, ErrDamaged.With(fmt.Sprintf("The file of the imported ESCO taxonomy has more than %d bytes.", MaxImportedBytes))
	}
	x, err := decode(b)
	if err != nil {
		return nil, err
	}
	return extend(taxonomy.Builtin(), x)
}
