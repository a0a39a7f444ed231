package sqlite_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// The test binary is also the other process of some tests.
func TestMain(m *testing.M) {
	path := os.Getenv("SQLITE_TEST_PATH")
	var err error
	switch child := os.Getenv("SQLITE_TEST_CHILD"); child {
	case "":
		goleak.VerifyTestMain(m)
	case "open":
		err = childOpen(path)
	case "append":
		err = childAppend(path)
	case "alone":
		err = childAlone(path)
	default:
		err = fmt.Errorf("no child does %q", child)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
