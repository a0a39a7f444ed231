package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/go-json-experiment/json"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/eventstore/esdb"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/privacy"
)

// Refusals of the command line.
var (
	errUsage     = domain.Refuse(domain.Invalid, "cli.usage", "The command line is not understood.", "Add --help to see the flags and examples.")
	errConfig    = domain.Refuse(domain.Invalid, "cli.config", "The configuration file is not understood.", "Mend the file, or start without --config.")
	errNoData    = domain.Refuse(domain.NotFound, "cli.no_data", "There is no data in this folder.", "Start 'diaspora demo' first, or name the right folder with --data.")
	errInUse     = domain.Refuse(domain.Busy, "cli.in_use", "The data folder is in use by a running platform.", "Stop the other diaspora process, or name another folder with --data.")
	errPort      = domain.Refuse(domain.Busy, "cli.port_taken", "The address is taken.", "Stop the program that listens there, or choose another address.")
	errStopped   = domain.Refuse(domain.Refused, "cli.stopped", "The command was stopped before it was done.", "Run it again: nothing was left half done.")
	errVerify    = domain.Refuse(domain.Refused, "verify.failed", "Verification failed.", "Keep the folder as it is and compare it with a backup.")
	errWrongWrap = domain.Refuse(domain.Invalid, "cli.wrong_wrap", "The key-encryption key is not the one of these keys.", "Put the right keys.wrap into the folder, or the right value into $"+platform.KeyWrapVariable+".")
	errLogAway   = domain.Refuse(domain.Busy, "cli.log_away", "The event store does not answer.", "Look whether it runs and whether --event-store names it; then run the command again.")
	errLogUnfit  = domain.Refuse(domain.Invalid, "cli.event_store", "The event store cannot be used.", "Mend the connection string: esdb://user:password@host:2113?tls=true.")
	errLoopback  = domain.Refuse(domain.Invalid, "cli.loopback", "The demonstration is for this machine alone.", "Listen on 127.0.0.1 or [::1]: anybody who reaches it may be anybody.")
)

// usage makes an error of the parser a refusal. Kong's texts are whole clauses.
func usage(err error) error {
	var parse *kong.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	text := strings.TrimSpace(parse.Error())
	if text == "" {
		return errUsage
	}
	return errUsage.With(strings.ToUpper(text[:1]) + text[1:] + ".")
}

// known turns errors of other rooms that an operator can cure into refusals.
func known(err error) error {
	if errors.Is(err, sqlite.ErrInUse) || errors.Is(err, privacy.ErrInUse) {
		return errInUse
	}
	switch {
	case errors.Is(err, privacy.ErrWrongKeyEncryption), errors.Is(err, privacy.ErrNoEpoch):
		return errWrongWrap.At("data")
	case errors.Is(err, esdb.ErrUnavailable):
		return errLogAway.At("event-store")
	case errors.Is(err, esdb.ErrConfig), errors.Is(err, esdb.ErrVersion), errors.Is(err, esdb.ErrDenied):
		return errLogUnfit.At("event-store").With("The event store cannot be used: " + err.Error() + ".")
	}
	return err
}

// exitCode of an error.
func exitCode(err error) int {
	switch {
	case err == nil:
		return ExitDone
	case errors.Is(err, errUsage), errors.Is(err, errConfig):
		return ExitUsage
	case errors.Is(err, errVerify):
		return ExitVerified
	case errors.Is(err, errStopped):
		return ExitStopped
	}
	switch rs := domain.AsRefusals(err); {
	case rs == nil:
		return ExitFault
	case rs[0].Kind == domain.Busy:
		return ExitBusy
	}
	return ExitRefused
}

// fail tells an error on stderr and returns its exit code.
func (s *session) fail(asJSON bool, err error) int {
	err = known(err)
	code := exitCode(err)
	if err == nil {
		return code
	}
	refusals := domain.AsRefusals(err)
	if refusals == nil {
		refusals = domain.Refusals{{
			Code: "cli.fault", Kind: "fault", Message: err.Error(),
			Cure: "This is not your input's fault. Try again; if it stays, send the message to who runs the platform.",
		}}
	}
	if asJSON {
		_ = json.MarshalWrite(s.stderr, map[string]any{"errors": refusals}, json.Deterministic(true))
		fmt.Fprintln(s.stderr)
		return code
	}
	for _, r := range refusals {
		s.tell(r)
	}
	return code
}

func (s *session) tell(r *domain.Refusal) {
	at := ""
	if r.Field != "" {
		at = " [" + r.Field + "]"
	}
	fmt.Fprintf(s.stderr, "diaspora: %s%s (%s)\n  %s\n", r.Message, at, r.Code, r.Cure)
}

// wantsJSON looks for --json before anything is parsed, so that an error of
// parsing is told in the form that was asked for.
func (s *session) wantsJSON(args []string) bool {
	for _, a := range args {
		if a == "--json" || a == "--json=true" {
			return true
		}
	}
	return s.env[variable("json")] == "true"
}
