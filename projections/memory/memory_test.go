package memory_test

import (
	"testing"

	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/viewtest"
)

func TestContract(t *testing.T) {
	viewtest.Run(t, func(*testing.T) projections.Engine { return memory.New(viewtest.Tables()...) })
}
