package faults

import (
	"context"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store/storetest"
	"github.com/spsalert/spsalert/tests/federation"
)

// steps returns what a program is made of.
func (w *world) steps() map[string]func(*rapid.T) {
	steps := map[string]func(*rapid.T){
		"issue": w.issue, "answer": w.answer, "readdress": w.readdress, "ask again": w.again,
		"crash": w.crash, "crash at a commit": w.crashAtCommit, "restart": w.restart, "stop": w.stop, "start": w.start,
		"cut": w.cut, "heal": w.heal, "half-open": w.halfOpen, "slow": w.slow, "wait": w.wait,
	}
	if w.two != nil {
		steps["equivocate"] = w.equivocate
	} else {
		// A node that has lost something waits for all whose cards it has, and a
		// hostile one need not answer.
		steps["save"], steps["restore"], steps["lose the anchor"] = w.save, w.restore, w.loseAnchor
		steps["forget"], steps["put back"] = w.forget, w.putBack
	}
	return steps
}

// oneOf draws an element by its index, which is what the program then shows.
func oneOf[T any](rt *rapid.T, all []T, label string) T {
	return all[rapid.IntRange(0, len(all)-1).Draw(rt, label)]
}

// issue enters some statements at a node, running or not; no audience is the
// network.
func (w *world) issue(rt *rapid.T) {
	n := w.pick(rt, anyNode)
	// What is for nobody else is lost with the store, as no fault here is.
	others := slices.DeleteFunc(slices.Clone(w.all), func(o certs.Office) bool { return o == n.code })
	audience := rapid.SliceOfNDistinct(rapid.SampledFrom(others), 0, 2, rapid.ID[certs.Office])
	for range rapid.IntRange(1, 4).Draw(rt, "statements") {
		r := n.NewRequest(rapid.IntRange(16, 5000).Draw(rt, "size"), audience.Draw(rt, "audience")...)
		r.Urgent = rapid.Bool().Draw(rt, "urgent")
		n.ask(rt, r)
		if n.Broken() {
			return
		}
	}
}

// answer follows up a statement of another office, for those who have it.
func (w *world) answer(rt *rapid.T) {
	n := w.pick(rt, running)
	records, err := n.Ledger.After(context.Background(), ledger.Position{}, 1000)
	if err != nil {
		rt.Fatal(err)
	}
	for _, r := range records {
		if r.Entry == nil || r.Entry.Origin.Office == n.code || r.Entry.Envelope == nil || r.Entry.Leaf.GetAudience().GetNetwork() {
			continue
		}
		var audience []certs.Office
		for _, office := range r.Entry.Leaf.GetAudience().GetOffices() {
			audience = append(audience, certs.Office(office))
		}
		n.ask(rt, n.NewRequest(500, audience...))
		return
	}
	rt.Skip("nothing to answer")
}

// readdress sends an earlier statement to others.
func (w *world) readdress(rt *rapid.T) {
	n := w.pick(rt, func(n *twin) bool { return len(n.acked) > 0 && n.Ledger.Why() == "" })
	about := oneOf(rt, n.acked, "statement")
	if about.Subject != nil {
		rt.Skip("a readdress")
	}
	n.ask(rt, n.NewReaddress(about.entry, rapid.SampledFrom(w.all).Draw(rt, "to")))
}

func (w *world) again(rt *rapid.T) {
	n := w.pick(rt, func(n *twin) bool { return len(n.acked) > 0 })
	n.askAgain(rt, oneOf(rt, n.acked, "request"))
}

func (w *world) crash(rt *rapid.T) {
	n := w.pick(rt, running)
	n.Crash(rapid.Bool().Draw(rt, "anchor lags"))
	n.Start()
}

// crashAtCommit lets the next commit of a node fail, whatever it is for.
func (w *world) crashAtCommit(rt *rapid.T) {
	n := w.pick(rt, anyNode)
	n.Fail(rapid.SampledFrom([]storetest.Fault{storetest.Lost, storetest.Written}).Draw(rt, "fault"))
}

func (w *world) restart(rt *rapid.T) { w.whole(rt).Restart() }
func (w *world) stop(rt *rapid.T)    { w.whole(rt).Stop() }
func (w *world) start(rt *rapid.T)   { w.pick(rt, notRunning).Start() }

// whole draws a node that runs, and no commit of which will fail.
func (w *world) whole(rt *rapid.T) *twin {
	n := w.pick(rt, running)
	n.Fail(0)
	return n
}

func (w *world) pair(rt *rapid.T) (a, b certs.Office) {
	two := rapid.SliceOfNDistinct(rapid.SampledFrom(w.all), 2, 2, rapid.ID[certs.Office]).Draw(rt, "line")
	return two[0], two[1]
}

func (w *world) cut(rt *rapid.T)      { w.f.Network.Cut(w.pair(rt)) }
func (w *world) heal(rt *rapid.T)     { w.f.Network.Heal(w.pair(rt)) }
func (w *world) halfOpen(rt *rapid.T) { w.f.Network.Kill(w.pair(rt)) }

func (w *world) slow(rt *rapid.T) {
	a, b := w.pair(rt)
	line := federation.Line{Rate: 8000, Delay: 400 * time.Millisecond, Loss: 5}
	w.f.Network.Shape(a, b, line)
	w.f.Network.Slow(a, b, line)
}

func (w *world) wait(rt *rapid.T) {
	w.pass(time.Duration(rapid.IntRange(1, 40000).Draw(rt, "milliseconds")) * time.Millisecond)
}

// save keeps a copy of a store.
func (w *world) save(rt *rapid.T) {
	n := w.pick(rt, func(n *twin) bool { return n.Ledger.Why() == "" })
	n.saved = append(n.saved, n.Backup())
}

// restore puts a copy of another day in place, by the command or as cp does,
// perhaps on a new disk without an anchor either, and asks at once. If somebody
// holds each entry that the node said, everything comes back; if nobody holds
// the last one, the gate stays shut until the program puts the newest store
// back. What lies in between is not played: a body may be gone.
func (w *world) restore(rt *rapid.T) {
	n := w.pick(rt, func(n *twin) bool { return len(n.saved) > 0 })
	w.whileOthersAreWhole(rt, n)
	n.Crash(false)
	everything, nothing := w.covered(rt, n)
	if !everything && !nothing {
		n.Start()
		return
	}
	newest, size := n.Backup(), n.size(rt)
	saved := oneOf(rt, n.saved, "copy")
	n.saved = nil // those in between are of a past that did not happen
	n.PutBack(saved)
	older := n.size(rt) < size
	if !older || rapid.Bool().Draw(rt, "by the command") { // cp shows by the own log only
		n.Restore(saved)
	}
	if older && !everything {
		n.aside = newest
	} else if rapid.Bool().Draw(rt, "without anchor") {
		n.LoseAnchor()
	}
	w.beginAgain(rt, n)
}

// beginAgain starts a node whose store or anchor is not what it left, and asks
// it before it can have heard of those who are out of reach.
func (w *world) beginAgain(rt *rapid.T, n *twin) {
	n.tampered()
	if rapid.Bool().Draw(rt, "while nobody is there") {
		for _, other := range w.all {
			if other != n.code {
				w.f.Network.Cut(n.code, other)
			}
		}
	}
	n.unheard = slices.DeleteFunc(slices.Clone(w.all), func(o certs.Office) bool { return o == n.code || !w.f.Network.IsCut(n.code, o) })
	n.Start()
	n.ask(rt, n.NewRequest(100))
}

// forget puts an older copy in place of a store whose last entry nobody else
// has, as the command does or as cp does. The gate stays shut until the program
// puts the newest store back.
func (w *world) forget(rt *rapid.T) {
	n := w.pick(rt, anyNode)
	w.whileOthersAreWhole(rt, n)
	saved, marked := n.Backup(), rapid.Bool().Draw(rt, "by the command")
	for _, other := range w.all {
		if other != n.code {
			w.f.Network.Cut(n.code, other)
		}
	}
	n.Fail(0)
	n.ask(rt, n.NewRequest(100))
	n.Crash(false)
	n.aside = n.Backup()
	n.saved = nil
	if marked {
		n.Restore(saved)
	} else {
		n.PutBack(saved)
	}
	w.beginAgain(rt, n)
}

// putBack puts the newest store back in place of an older one.
func (w *world) putBack(rt *rapid.T) {
	w.pick(rt, func(n *twin) bool { return n.aside != nil }).putBack(rt)
}

func (n *twin) putBack(rt *rapid.T) {
	if n.Ledger.Why() == "" {
		rt.Fatalf("the gate of %s opened, and its store is not the newest", n.code)
	}
	n.Crash(false)
	n.Restore(n.aside)
	n.aside = nil
	n.w.beginAgain(rt, n)
}

// loseAnchor takes the anchor of a node away. Its store is the newest.
func (w *world) loseAnchor(rt *rapid.T) {
	n := w.pick(rt, anyNode)
	w.whileOthersAreWhole(rt, n)
	n.Crash(false)
	n.LoseAnchor()
	w.beginAgain(rt, n)
}

// whileOthersAreWhole draws whether all lines of a node are healed first, and
// makes the step none while anybody looks for what it lost: two disks that are
// lost at once are not survived.
func (w *world) whileOthersAreWhole(rt *rapid.T, n *twin) {
	if n.Broken() {
		rt.Skip("broken")
	}
	if rapid.Bool().Draw(rt, "healed before") {
		w.perfect(n.code)
		for _, other := range w.twins() {
			if !other.Running() {
				other.Start()
			}
		}
		w.pass(time.Minute)
		w.look(rt)
	}
	for _, other := range w.twins() {
		_, lost, err := other.Ledger.Lost(context.Background(), 1)
		if err != nil {
			rt.Fatal(err)
		}
		if other.Ledger.Why() != "" || lost > 0 {
			rt.Skip("somebody looks for what it lost")
		}
	}
}

// tampered says that the store or the anchor is not what the node left: a
// readdress whose answer was not heard cannot be told from a new one when it
// comes back from others.
func (n *twin) tampered() {
	n.w.tampered, n.watch.renewed = true, true
	n.unknown, n.acked = statements(n.unknown), answeredStatements(n.acked)
}

func statements(all []federation.Request) (kept []federation.Request) {
	for _, r := range all {
		if r.Subject == nil {
			kept = append(kept, r)
		}
	}
	return kept
}

func answeredStatements(all []answered) (kept []answered) {
	for _, a := range all {
		if a.Subject == nil {
			kept = append(kept, a)
		}
	}
	return kept
}

func (w *world) equivocate(rt *rapid.T) {
	n := w.whole(rt)
	w.two.show(n, rapid.IntRange(0, 1).Draw(rt, "face"))
}
