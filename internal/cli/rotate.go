package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/dustin/go-humanize"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/privacy"
)

// errByOperator: the key-encryption key is in the environment.
var errByOperator = domain.Refuse(domain.Refused, "rotate.by_operator", "The key-encryption keys are in $"+platform.KeyWrapVariable+", where only you can change them.",
	"Add an epoch, \"1:…,2:…\" with 32 random bytes in base64, and run this again; then remove the epochs that it names.")

type rotateCommand struct {
	dataFlag
	Keep bool `help:"Keep the old epochs of the key-encryption key: older copies of the keys still open."`
	JSON bool `help:"Print the result as JSON."`
}

// Help implements kong.HelpProvider.
func (rotateCommand) Help() string {
	return `Wraps the keys of all persons under a new epoch of the key-encryption key, and destroys the epochs under which nothing is wrapped any more: from then on, older archives and copies of keys.db open nothing, also for who has a copy of the new keys.wrap. Make a backup of the keys right after it, and a copy of keys.wrap.

The platform must be stopped: one process writes to a data folder. Doing it again after it was cut short finishes it.

Examples:
  diaspora rotate --data /srv/diaspora
  diaspora rotate --data /srv/diaspora --keep --json`
}

// rotated is the result of a rotation.
type rotated struct {
	Folder    string `json:"folder"`
	Epoch     int    `json:"epoch"`
	Rewrapped int    `json:"rewrapped"`
	Retired   []int  `json:"retired"` // epochs that are gone now
}

// Run implements the command.
func (c *rotateCommand) Run(ctx context.Context, s *session) (err error) {
	folder, err := s.folder(c.Data)
	if err != nil {
		return err
	}
	if err := platform.Usable(folder, ""); err != nil {
		return err
	}
	if err := holds(folder, platform.KeysFile); err != nil {
		return err
	}
	kek, err := s.keyEncryption(folder)
	if err != nil {
		return err
	}
	keys, err := privacy.Open(ctx, privacy.Config{Path: filepath.Join(folder, platform.KeysFile), KeyEncryption: kek})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	out := rotated{Folder: folder, Retired: []int{}}
	r, err := keys.Rotate(ctx)
	if err == nil {
		out.Epoch, out.Rewrapped = r.Epoch, r.Rewrapped
		if !c.Keep {
			out.Retired, err = keys.Retire(ctx)
		}
	}
	if errors.Is(err, privacy.ErrByOperator) {
		if r.Epoch == 0 {
			return errByOperator
		}
		return errByOperator.With(fmt.Sprintf("Every key is wrapped under epoch %d; the older ones are in $%s, where only you can remove them.", r.Epoch, platform.KeyWrapVariable))
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return s.writeJSON(out)
	}
	_, err = fmt.Fprintf(s.stdout, "%s keys are wrapped under epoch %d; retired: %v\nMake a copy of %s now, and a backup of the keys.\n",
		humanize.Comma(int64(out.Rewrapped)), out.Epoch, out.Retired, platform.KeyWrapFile)
	return err
}
