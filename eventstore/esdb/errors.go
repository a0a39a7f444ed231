package esdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/diaspora-match/diaspora/eventstore"
)

var (
	// ErrConfig refuses a connection string. It names the setting, never the
	// credentials.
	ErrConfig = errors.New("eventstore/esdb: the connection string cannot be used")
	// ErrVersion refuses a server: older than 23.10, or a pre-release, whose
	// version the client library cannot read.
	ErrVersion = errors.New("eventstore/esdb: the server's version cannot be used")
	// ErrDenied says that the server knows no such user, or that the user may not
	// do this. Reading the whole log needs $admins or an ACL of $all.
	ErrDenied = errors.New("eventstore/esdb: the server denies access")
	// ErrUnavailable says that no server answered for as long as the call was
	// willing to wait. What became of an append is then unknown: a retry with the
	// same ids and an exact expected revision will tell.
	ErrUnavailable = errors.New("eventstore/esdb: no server answers")
	// ErrDeleted says that the stream was tombstoned: it can never be read or
	// written again.
	ErrDeleted = errors.New("eventstore/esdb: the stream was deleted for good")
	// ErrProtocol says that the server sent what the client library cannot take.
	ErrProtocol = errors.New("eventstore/esdb: unintelligible answer")
)

// Version is the server's, of which three numbers matter.
type version struct{ major, minor, patch int }

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch) }

func (v version) before(o version) bool {
	return v.major < o.major || v.major == o.major && v.minor < o.minor
}

// trouble is what a failed call means for those who may try again.
type trouble int

const (
	final     trouble = iota // the answer of the server, or of the contract
	transient                // the connection, or the node, is not to be trusted
	notLeader                // nothing was done, and the library is moving to the leader
)

// judge turns an error of the library, or of gRPC under it, into one of the port,
// with what it means. The library wraps some errors and not others, and its own
// FromError looks at the outermost only.
func judge(stream string, err error) (trouble, error) {
	var own *esdb.Error
	if errors.As(err, &own) {
		switch own.Code() {
		case esdb.ErrorCodeWrongExpectedVersion:
			return final, err
		case esdb.ErrorCodeResourceNotFound:
			return final, fmt.Errorf("%w: %s", eventstore.ErrNoStream, stream)
		case esdb.ErrorCodeStreamDeleted:
			return final, fmt.Errorf("%w: %s", ErrDeleted, stream)
		case esdb.ErrorCodeNotLeader:
			return notLeader, err
		case esdb.ErrorCodeUnsupportedFeature:
			return final, fmt.Errorf("%w: %w", ErrVersion, err)
		case esdb.ErrorCodeUnauthenticated, esdb.ErrorCodeAccessDenied:
			return final, fmt.Errorf("%w: %w", ErrDenied, err)
		}
	}
	if errors.Is(err, ErrProtocol) || errors.Is(err, ErrVersion) || errors.Is(err, ErrConfig) {
		return final, err
	}
	switch status.Code(err) {
	case codes.Unauthenticated, codes.PermissionDenied:
		return final, fmt.Errorf("%w: %w", ErrDenied, err)
	case codes.Unimplemented:
		return final, fmt.Errorf("%w: %w", ErrVersion, err)
	case codes.InvalidArgument:
		return final, fmt.Errorf("eventstore/esdb: the server refuses the request: %w", err)
	}
	return transient, err
}

// wrongRevision reads where a stream is out of the library's error, which keeps
// it as text only.
func wrongRevision(stream string, expected eventstore.Expected, err error) (*eventstore.WrongRevision, bool) {
	var own *esdb.Error
	if !errors.As(err, &own) || own.Code() != esdb.ErrorCodeWrongExpectedVersion || own.Err() == nil {
		return nil, false
	}
	wrong := &eventstore.WrongRevision{Stream: stream, Expected: expected, Actual: eventstore.NoStream}
	_, got, found := strings.Cut(own.Err().Error(), "but got '")
	got = strings.TrimSuffix(got, "'")
	if !found || got == "no_stream" {
		return wrong, found
	}
	actual, err := strconv.ParseInt(got, 10, 64)
	wrong.Actual = eventstore.Expected(actual)
	return wrong, err == nil
}

// interrupted carries the error of a call out of the library.
type interrupted struct{ err error }

// callFailed is what the library logs of a failed call before it decides to look
// for another node.
const callFailed = "unexpected exception: %v"

// interrupt is the logger of every client. The library's own recovery leaks a
// connection each time, blocks the calls of others, and closes the client for
// ever when it fails; it begins right after the failure was logged, in the
// goroutine of the call. Leaving from here is the one way to prevent it: guard
// catches it around each call.
func interrupt(_ esdb.LogLevel, format string, args ...any) {
	if format != callFailed || len(args) != 1 {
		return
	}
	if err, ok := args[0].(error); ok {
		panic(interrupted{err})
	}
}

// guard calls the library and nothing else. It returns what interrupt has taken,
// and takes a panic over bad data of the server for an error.
func guard(call func() error) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interrupted:
			err = p.err
		default:
			err = fmt.Errorf("%w: %v", ErrProtocol, p)
		}
	}()
	return call()
}

// endedEarly reports the error that the library makes of an append which the
// server has ended while events were still being sent.
func endedEarly(err error) bool { return errors.Is(err, io.EOF) }

// cause is why a context of the store's own has ended: the caller's, or the end
// of the store.
func cause(ctx context.Context) error {
	if err := context.Cause(ctx); errors.Is(err, eventstore.ErrClosed) {
		return err
	}
	return ctx.Err()
}
