package faults

import (
	"flag"
	"math/rand/v2"
	"testing"
)

var seed = flag.Uint64("seed", 0, "seed of all random decisions; 0: a new one")

// seeded returns the source of a test's random decisions and prints how to
// repeat them.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("repeat with: go test ./tests/faults -run '^%s$' -args -seed=%d", t.Name(), s)
	return rand.New(rand.NewPCG(s, 0))
}
