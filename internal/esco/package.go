package esco

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
)

// Bounds of what is read. ESCO v1.2 has 13,960 skills, 3,039 occupations and
// 126,051 relations; its largest file has 22 MB.
const (
	MaxFileBytes   = 256 << 20 // of one CSV file, unpacked
	MaxFieldBytes  = 64 << 10  // of one cell that is used
	MaxOccupations = 1 << 14
	MaxRelations   = 1 << 21
	MaxFaults      = 20 // rows named before reading stops
	MaxFiles       = 1000
)

// Refusals of a package.
var (
	ErrMissing = domain.Refuse(domain.Invalid, "esco.missing_file", "A file of the ESCO package is missing.", "Download the whole CSV package (classification and relations) from the ESCO portal, and name the folder that holds it.")
	ErrTwice   = domain.Refuse(domain.Invalid, "esco.doubled_file", "A file of the ESCO package is there twice.", "Keep one version of ESCO in the folder, unpacked or as the archives that were downloaded.")
	ErrPackage = domain.Refuse(domain.Invalid, "esco.package", "The ESCO package cannot be read.", "Name a folder with the CSV files, or with the zip archives, of one version of ESCO.")
	ErrRow     = domain.Refuse(domain.Invalid, "esco.row", "A row of the ESCO package is not as it should be.", "Download the package anew; do not edit its files with a spreadsheet.")
)

// source is an open ESCO package: its CSV files by base name, wherever in the
// folder's top level or in its archives they lie.
type source struct {
	files  map[string]func() (io.ReadCloser, error)
	closes []io.Closer
}

// open finds the CSV files of a folder, of the zip archives in it, or of one
// archive.
func open(dir string) (*source, error) {
	s := &source{files: map[string]func() (io.ReadCloser, error){}}
	at, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrPackage.With(fmt.Sprintf("%s is not there.", dir))
	case err != nil:
		return nil, fmt.Errorf("esco: %w", err)
	case at.IsDir():
		err = s.addFolder(dir)
	default:
		err = s.addArchive(dir)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *source) addFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("esco: %w", err)
	}
	for _, e := range entries {
		full := filepath.Join(dir, e.Name())
		switch strings.ToLower(path.Ext(e.Name())) {
		case ".zip":
			err = s.addArchive(full)
		case ".csv":
			err = s.add(e.Name(), func() (io.ReadCloser, error) { return os.Open(full) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *source) addArchive(name string) error {
	z, err := zip.OpenReader(name)
	if err != nil {
		return ErrPackage.With(fmt.Sprintf("%s is not a zip archive that can be read.", filepath.Base(name)))
	}
	s.closes = append(s.closes, z)
	for _, f := range z.File {
		if f.FileInfo().IsDir() || strings.ToLower(path.Ext(f.Name)) != ".csv" || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		if err := s.add(path.Base(f.Name), func() (io.ReadCloser, error) { return f.Open() }); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) add(name string, open func() (io.ReadCloser, error)) error {
	if s.files[name] != nil {
		return ErrTwice.At(name)
	}
	if len(s.files) >= MaxFiles {
		return ErrPackage.With(fmt.Sprintf("There are more than %d CSV files.", MaxFiles))
	}
	s.files[name] = open
	return nil
}

// languages lists the languages that the package has skills in, ascending.
func (s *source) languages() []domain.Language {
	var found []domain.Language
	for name := range s.files {
		if code, ok := strings.CutPrefix(name, "skills_"); ok {
			if l := domain.Language(strings.TrimSuffix(code, ".csv")); l.Valid() {
				found = append(found, l)
			}
		}
	}
	slices.Sort(found)
	return found
}

// Close closes the archives.
func (s *source) Close() {
	for _, c := range s.closes {
		c.Close() // they were read only: nothing can be lost
	}
}
