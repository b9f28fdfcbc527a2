package faults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/exchange"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/tests/federation"
)

// world is a federation, and what a program has done to it.
type world struct {
	rt    *rapid.T
	tb    testing.TB
	f     *federation.Federation
	nodes map[certs.Office]*twin // honest offices
	all   []certs.Office         // their names
	two   *twoFaced              // nil: everybody is honest
	// tampered says that a store or an anchor was not what the node left, so
	// that alarms are in order.
	tampered bool
}

// twin is a node and what the model knows of it.
type twin struct {
	*federation.Node

	w       *world
	code    certs.Office
	acked   []answered
	unknown []federation.Request // without an answer
	saved   []federation.Saved   // copies of other days
	// aside is the true store of a node that runs on an older copy, of which
	// nobody else holds everything: its gate must stay shut.
	aside federation.Saved
	// unheard are the peers that were out of reach since the store or the anchor
	// was not what the node left: its gate waits for them.
	unheard []certs.Office
	watch   watch
}

// answered is a request with its answer.
type answered struct {
	federation.Request

	entry ledger.Entry
}

func newWorld(rt *rapid.T, tb testing.TB) *world {
	w := &world{rt: rt, tb: tb, nodes: map[certs.Office]*twin{}, all: []certs.Office{"CN", "TH", "VN"}}
	offices := slices.Clone(w.all)
	fourth := rapid.SampledFrom([]string{"none", "honest", "hostile"}).Draw(rt, "fourth office")
	if fourth != "none" {
		offices = append(offices, "LA")
	}
	w.f = federation.New(tb, offices...)
	w.f.Oracle.Whole = true
	if fourth == "hostile" {
		w.two = newTwoFaced(w)
	} else {
		w.all = offices
	}
	for _, code := range w.all {
		n := w.f.Node(code)
		w.nodes[code] = &twin{Node: n, w: w, code: code, saved: []federation.Saved{n.Backup()}}
	}
	w.f.Start(w.all...)
	return w
}

// pick draws one of the nodes for which ok holds; without one the step is none.
func (w *world) pick(rt *rapid.T, ok func(*twin) bool) *twin {
	var fit []certs.Office
	for _, code := range w.all {
		if ok(w.nodes[code]) {
			fit = append(fit, code)
		}
	}
	if len(fit) == 0 {
		rt.Skip("no such node")
	}
	return w.nodes[rapid.SampledFrom(fit).Draw(rt, "node")]
}

func anyNode(*twin) bool      { return true }
func running(n *twin) bool    { return n.Running() }
func notRunning(n *twin) bool { return !n.Running() }

// ask asks a node, and holds the answer to the model.
func (n *twin) ask(rt *rapid.T, r federation.Request) {
	rt.Helper()
	why := n.Ledger.Why()
	e, err := n.Try(r)
	switch {
	case err == nil && n.mustBeShut() != "":
		rt.Fatalf("%s issues, and %s", n.code, n.mustBeShut())
	case err == nil:
		n.acked = append(n.acked, answered{r, e})
	case errors.Is(err, store.ErrUnknown) && n.Broken():
		n.unknown = append(n.unknown, r)
	case errors.Is(err, ledger.ErrReadOnly) && why != "":
	default:
		rt.Fatalf("%s issues %s: %v; read-only because %q", n.code, r.ID, err, why)
	}
}

// askAgain repeats a request that was answered: the answer is the same.
func (n *twin) askAgain(rt *rapid.T, was answered) {
	rt.Helper()
	e, err := n.Try(was.Request)
	switch {
	case err == nil && (e.Origin != was.entry.Origin || e.Sequence != was.entry.Sequence || e.Hash != was.entry.Hash):
		rt.Fatalf("%s was asked %s again: entry %d of %s with record hash %s, want entry %d of %s with %s",
			n.code, was.ID, e.Sequence, e.Origin, e.Hash, was.entry.Sequence, was.entry.Origin, was.entry.Hash)
	case err != nil && !errors.Is(err, ledger.ErrReadOnly) && !n.Broken():
		rt.Fatalf("%s was asked %s again: %v", n.code, was.ID, err)
	}
}

// look is what holds after each step.
func (w *world) look(rt *rapid.T) {
	lags, records := rapid.Bool().Draw(rt, "anchor lags"), rapid.IntRange(0, 6).Draw(rt, "records")
	for w.endBroken(lags) {
	}
	for _, n := range w.twins() {
		if why := n.mustBeShut(); why != "" && n.Ledger.Why() == "" {
			rt.Fatalf("the gate of %s is open, and %s", n.code, why)
		}
		n.watch.read(rt, n, records)
	}
}

// endBroken ends the processes whose commits failed, starts them again, and
// reports whether there was one. Others may break meanwhile.
func (w *world) endBroken(lags bool) (some bool) {
	synctest.Wait()
	for _, n := range w.twins() {
		if !n.Broken() {
			continue
		}
		some = true
		up := n.Running()
		n.Crash(lags)
		if up {
			n.Start()
		}
	}
	return some
}

// mustBeShut says why the gate of a node has to be shut, "" if it may be open.
func (n *twin) mustBeShut() string {
	n.unheard = slices.DeleteFunc(n.unheard, func(peer certs.Office) bool { return !n.w.f.Network.IsCut(n.code, peer) })
	switch {
	case n.aside != nil:
		return "its store is not the newest"
	case len(n.unheard) > 0:
		return fmt.Sprintf("%s could not say yet what they hold of its log", n.unheard)
	}
	return ""
}

// size returns how many entries the log of the node has.
func (n *twin) size(rt *rapid.T) uint64 {
	own, err := n.Ledger.Head(context.Background(), n.Ledger.Origin())
	if err != nil {
		rt.Fatal(err)
	}
	return own.Size
}

// covered reports how much of the log of n others hold: each entry somebody,
// with its body; or nobody the last one.
func (w *world) covered(rt *rapid.T, n *twin) (everything, nothing bool) {
	everything = true
	own := n.Ledger.Origin()
	for sequence := range n.size(rt) {
		held, body := false, false
		for _, code := range w.all {
			if code == n.code {
				continue
			}
			e, err := w.nodes[code].Ledger.Entry(context.Background(), own, sequence)
			if err != nil && !errors.Is(err, ledger.ErrNotFound) {
				rt.Fatal(err)
			}
			held, body = held || err == nil && e.Gap == 0, body || e.Envelope != nil
		}
		everything, nothing = everything && held && body, !held
	}
	return everything, nothing
}

// pass lets time go by, in the bubble of the program.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// perfect heals everything between some offices and all others.
func (w *world) perfect(offices ...certs.Office) {
	for _, a := range offices {
		for _, b := range w.all {
			if a == b {
				continue
			}
			w.f.Network.Heal(a, b)
			w.f.Network.Shape(a, b, federation.Line{})
			w.f.Network.Slow(a, b, federation.Line{})
		}
	}
}

// end heals everything, asks again what had no answer, and lets the oracle
// judge.
func (w *world) end() {
	w.perfect(w.all...)
	for _, n := range w.nodes {
		n.Fail(0)
	}
	synctest.Wait()
	w.look(w.rt)
	for _, code := range w.all {
		if !w.nodes[code].Running() {
			w.nodes[code].Start()
		}
	}
	w.f.Settle()
	for _, code := range w.all {
		if w.nodes[code].aside != nil {
			w.nodes[code].putBack(w.rt)
		}
	}
	w.perfect(w.all...)
	w.f.Settle()
	for _, code := range w.all {
		n := w.nodes[code]
		if why := n.Ledger.Why(); why != "" {
			w.rt.Fatalf("%s is read-only after all is healed: %s", code, why)
		}
		for _, r := range n.unknown {
			n.ask(w.rt, r)
		}
		for _, was := range n.acked {
			n.askAgain(w.rt, was)
		}
	}
	w.f.Settle()
	w.f.WantSame()
	w.f.Judge()
	for _, code := range w.all {
		w.nodes[code].watch.whole(w.rt, w.nodes[code])
	}
	w.alarms()
}

// alarms holds the alarms to what was done: one where a contradiction can be
// seen, none in a program without any.
func (w *world) alarms() {
	for i, a := range w.all {
		for _, b := range w.all {
			if got := w.peerAlarm(a, b); got != nil && w.two == nil && !w.tampered {
				w.rt.Errorf("alarm at %s about %s: %+v, want none", a, b, got)
			}
		}
		for _, b := range w.all[i+1:] {
			if w.two != nil && w.two.contradict(w.nodes[a], w.nodes[b]) {
				for _, at := range w.all { // whoever holds what
					w.wantAlarm(at)
				}
			}
		}
	}
}

func (w *world) peerAlarm(at, about certs.Office) *exchange.Fault {
	if at == about {
		return nil
	}
	return w.nodes[at].Peer(about).Alarm
}

// wantAlarm fails the program unless a node knows of a contradiction.
func (w *world) wantAlarm(at certs.Office) {
	for _, about := range w.f.Offices() {
		if got := w.peerAlarm(at, about); got != nil && got.Reason == exchange.ReasonInconsistent {
			return
		}
	}
	w.rt.Errorf("%s does not know that others hold logs of %s that contradict each other", at, w.two.Office.Code())
}

// watch reads the stream of a node on, over everything that happens to it.
type watch struct {
	cursor string
	seen   []string
	// renewed says that the store may have been exchanged, so that the cursor
	// may be of another incarnation; the reader then begins again.
	renewed bool
}

func (v *watch) read(rt *rapid.T, n *twin, limit int) {
	v.renewed = v.renewed || n.Ledger.Why() != ""
	at, err := ledger.ParsePosition(v.cursor)
	if err != nil {
		rt.Fatal(err)
	}
	if _, err := n.Ledger.After(context.Background(), at, 1); errors.Is(err, ledger.ErrOtherIncarnation) && v.renewed {
		*v = watch{}
	}
	more, next := readOn(n.w.tb, n.Ledger, v.cursor, limit)
	v.seen, v.cursor = append(v.seen, more...), next
}

// whole reads to the end: what was read in pieces is what is read at once, and
// nothing came twice.
func (v *watch) whole(rt *rapid.T, n *twin) {
	for {
		before := v.cursor
		if v.read(rt, n, 7); v.cursor == before {
			break
		}
	}
	all, _ := readOn(n.w.tb, n.Ledger, "", 1<<20)
	if diff := cmp.Diff(all, v.seen); diff != "" {
		rt.Errorf("at %s the pieces are not the whole (-whole +pieces):\n%s", n.code, diff)
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(all))); len(unique) != len(all) {
		rt.Errorf("at %s %d of %d records come twice", n.code, len(all)-len(unique), len(all))
	}
}

// twoFaced is an office that says one thing to some and another to others.
type twoFaced struct {
	*federation.Node

	w      *world
	stores [2]federation.Saved // of two logs that begin alike
	anchor [2][]byte
	sizes  [2]uint64
}

func newTwoFaced(w *world) *twoFaced {
	w.f.Oracle.Hostile = []certs.Office{"LA"}
	two := &twoFaced{Node: w.f.Node("LA"), w: w}
	two.Issue(100)
	store, anchor := two.Backup(), two.Anchor()
	for i := range two.stores {
		if i > 0 {
			two.RollBack(store, anchor)
		}
		for range rapid.IntRange(1, 3).Draw(w.rt, "entries of a face") {
			two.Issue(100)
		}
		two.sizes[i] = two.Ledger.Released().N
		two.Crash(false) // the anchor is durable
		two.stores[i], two.anchor[i] = two.Backup(), two.Anchor()
	}
	return two
}

// show shows one of its faces to a node.
func (two *twoFaced) show(n *twin, face int) {
	two.RollBack(two.stores[face], two.anchor[face])
	s := play(two.w.tb, n.Node, two.Node)
	defer s.stop()
	s.send(s.hello())
	head, err := two.Ledger.Head(context.Background(), two.Ledger.Origin())
	if err != nil {
		two.w.rt.Fatal(err)
	}
	s.send(headOf(head.Note))
	if from := n.Holds("LA"); from < head.Size {
		_, e := s.page(from)
		s.send(entriesOf(e))
	}
	two.w.pass(time.Second)
}

// contradict reports whether two nodes hold logs of it that cannot both be.
func (two *twoFaced) contradict(a, b *twin) bool {
	for sequence := range min(a.Holds("LA"), b.Holds("LA")) {
		one, err := a.Ledger.Entry(context.Background(), two.Ledger.Origin(), sequence)
		other, otherErr := b.Ledger.Entry(context.Background(), two.Ledger.Origin(), sequence)
		if err := errors.Join(err, otherErr); err != nil {
			two.w.rt.Fatal(err)
		}
		if one.Hash != other.Hash {
			return true
		}
	}
	return false
}

// twins returns the nodes in the order of their names.
func (w *world) twins() []*twin {
	var all []*twin
	for _, code := range slices.Sorted(maps.Keys(w.nodes)) {
		all = append(all, w.nodes[code])
	}
	return all
}
