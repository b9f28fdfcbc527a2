package faults

import (
	"flag"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	programs    = flag.Int("programs", 8, "how many random programs run; 1 with -seed")
	programsFor = flag.Duration("programs-for", 0, "for how long random programs run, instead of how many")
)

// TestFault34_Programs runs random programs of issue, answer, readdress, ask
// again, crash, restart, restore, lose the anchor, cut, heal, slow down, wait and
// equivocate on three or four offices. Each step is held to a model of what was
// acknowledged and whose gate may be shut; at the end all is healed, what had no
// answer is asked again, and the oracle looks into every ledger and at
// everything that was on a line. A program that fails is made smaller.
func TestFault34_Programs(t *testing.T) {
	t.Parallel()
	first, many := *seed, *programs
	if first != 0 {
		many = 1
	} else {
		first = rand.Uint64N(1 << 32)
	}
	setFlag(t, "rapid.checks", "1") // of each seed
	setFlag(t, "rapid.nofailfile", "true")
	began, ran, did := time.Now(), 0, map[string]int{}
	for i := range uint64(1 << 32) {
		if *programsFor > 0 && time.Since(began) > *programsFor || *programsFor == 0 && ran == many {
			break
		}
		t.Logf("repeat with: go test ./tests/faults -run '^%s$' -args -seed=%d", t.Name(), first+i)
		setFlag(t, "rapid.seed", strconv.FormatUint(first+i, 10))
		rapid.Check(t, func(rt *rapid.T) { runProgram(rt, t, did) })
		ran++
	}
	t.Logf("%d programs in %s: %v", ran, time.Since(began).Round(time.Second), did)
}

func setFlag(t *testing.T, name, value string) {
	t.Helper()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
}

// runProgram draws one program and runs it in a bubble of its own, so that P5
// holds if it ends.
func runProgram(rt *rapid.T, t *testing.T, did map[string]int) {
	rapid.SyncTest(rt, func(rt *rapid.T) {
		w := newWorld(rt, bubbleTB{t, rt})
		steps := w.steps()
		for name, step := range steps {
			steps[name] = func(rt *rapid.T) {
				step(rt)
				did[name]++
			}
		}
		steps[""] = w.look
		rt.Repeat(steps)
		w.end()
	})
}

// bubbleTB is what package federation fails by: rapid, which then looks for a
// smaller program.
type bubbleTB struct {
	testing.TB

	rt *rapid.T
}

func (b bubbleTB) Helper()                      { b.rt.Helper() }
func (b bubbleTB) Error(args ...any)            { b.rt.Error(args...) }
func (b bubbleTB) Errorf(f string, args ...any) { b.rt.Errorf(f, args...) }
func (b bubbleTB) Fatal(args ...any)            { b.rt.Fatal(args...) }
func (b bubbleTB) Fatalf(f string, args ...any) { b.rt.Fatalf(f, args...) }
func (b bubbleTB) Log(args ...any)              { b.rt.Log(args...) }
func (b bubbleTB) Logf(f string, args ...any)   { b.rt.Logf(f, args...) }
func (b bubbleTB) Fail()                        { b.rt.Fail() }
func (b bubbleTB) FailNow()                     { b.rt.FailNow() }
func (b bubbleTB) Failed() bool                 { return b.rt.Failed() }
func (b bubbleTB) Cleanup(f func())             { b.rt.Cleanup(f) }

// TempDir is removed when the program has ended, not when the test has.
func (b bubbleTB) TempDir() string {
	dir, err := os.MkdirTemp("", "program")
	if err != nil {
		b.rt.Fatal(err)
	}
	b.rt.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			b.rt.Error(err)
		}
	})
	return dir
}
