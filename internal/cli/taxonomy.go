package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"

	"github.com/diaspora-match/diaspora/internal/esco"
)

type taxonomyCommand struct {
	Import taxonomyImportCommand `cmd:"" help:"Extend the list of skills by the ESCO classification."`
}

type taxonomyImportCommand struct {
	dataFlag
	ESCO string `name:"esco" required:"" help:"Folder of the ESCO CSV package, unpacked or with its zip archives." placeholder:"DIR"`
	JSON bool   `help:"Print the report as JSON."`
}

// Help implements kong.HelpProvider.
func (taxonomyImportCommand) Help() string {
	return `ESCO is a classification of the European Union that you download yourself. The import maps our skills to it where labels agree, learns which skills go together, and writes one file into the data folder. The platform reads it at its next start; without it the built-in list is used. Removing the file undoes the import.

Examples:
  diaspora taxonomy import --esco ~/Downloads/esco
  diaspora taxonomy import --esco esco.zip --data /srv/diaspora --json`
}

// Run implements the command.
func (c *taxonomyImportCommand) Run(ctx context.Context, s *session) error {
	folder, err := s.folder(c.Data)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("cli: data folder: %w", err)
	}
	out := filepath.Join(folder, esco.FileName)
	report, err := esco.Import(ctx, c.ESCO, out, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return s.writeJSON(report)
	}
	_, err = fmt.Fprintf(s.stdout, "%s skills, %s neighbours; %d of our %d skills found in ESCO, %d of them the same.\n%s written to %s\nVersion %s\n",
		humanize.Comma(int64(report.Skills)), humanize.Comma(int64(report.Neighbours)), report.Mapped, len(report.Mappings), report.Same,
		humanize.Bytes(uint64(report.WrittenBytes)), out, report.Version)
	return err
}
