package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"github.com/diaspora-match/diaspora/projections"
)

//go:embed lua/standing.lua
var standingText string

//go:embed lua/apply.lua
var applyText string

//go:embed lua/claim.lua
var claimText string

//go:embed lua/clear.lua
var clearText string

//go:embed lua/open.lua
var openText string

//go:embed lua/check.lua
var checkText string

//go:embed lua/release.lua
var releaseText string

var (
	applyScript   = goredis.NewScript(standingText + applyText)
	claimScript   = goredis.NewScript(standingText + claimText)
	clearScript   = goredis.NewScript(clearText)
	openScript    = goredis.NewScript(standingText + openText)
	checkScript   = goredis.NewScript(standingText + checkText)
	releaseScript = goredis.NewScript(releaseText)
)

// What the scripts answer; see standing.lua.
const (
	saysOK    = "ok"
	saysDone  = "done"  // the batch was applied before
	saysMoved = "moved" // the checkpoint is another
	saysLost  = "lost"
	saysEpoch = "epoch"
	saysTorn  = "torn" // rows or entries are missing: begin anew
	saysHeld  = "held" // a reader asked for rest
)

// says runs a script that answers with one of these words. A script is sent once:
// only when the server does not know it, it goes again with its text.
func (e *Engine) says(ctx context.Context, s *goredis.Script, keys []string, args ...any) (string, error) {
	word, err := s.Run(ctx, e.client, keys, args...).Text()
	if err != nil {
		return "", fmt.Errorf("redis: %w", err)
	}
	return word, nil
}

var errTorn = errors.New("rows or entries of the views are gone from Redis")

// verdict is the error of a word.
func verdict(word string) error {
	switch word {
	case saysOK, saysDone:
		return nil
	case saysEpoch:
		return projections.ErrStaleEpoch
	case saysTorn:
		return fmt.Errorf("%w: %w", projections.ErrStaleCheckpoint, errTorn)
	case saysMoved, saysLost:
		return fmt.Errorf("%w: Redis answered %q", projections.ErrStaleCheckpoint, word)
	}
	return fmt.Errorf("redis: a script answered %q", word)
}
