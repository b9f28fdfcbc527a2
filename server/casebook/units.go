package casebook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// tableRoutes is truth: to whom a case goes was decided when it came.
	tableRoutes store.Table = "casebook.routes" // place of an original → digest of what rules looked at, see routing.Matter, zeros if they did not; CaseRouting
	tableUnits  store.Table = "casebook.units"  // unit or person, 0, place of an original → why it sees the case
)

// Why a unit sees a case, bits of the value of a row of tableUnits.
const (
	seesRouted byte = 1 << iota // it goes to the unit, or the person was told of it
	seesNamed                   // the unit drafted, issued or is named in something of it
)

// A Router says to which units of the office cases go. It MUST be pure but for
// what it reads of its own tables.
type Router interface {
	// Route returns where a case goes of which known returns what is known as it is
	// recorded; cannotWait says that whoever is on duty is told. It returns nil, and
	// perhaps without asking what is known, while the office routes nothing.
	Route(r store.Reader, known func() routing.Matter, cannotWait bool) (*spsv1.CaseRouting, error)
	// Again returns, of a case that was routed before, where it goes now that m is
	// known: it ends nothing.
	Again(r store.Reader, before *spsv1.CaseRouting, m routing.Matter) (*spsv1.CaseRouting, error)
}

// Person returns how a person is named among those who see cases.
func Person(id string) string { return "@" + id } // no unit begins so

func unitKey(unit string) []byte { return append([]byte(unit), 0) }

// toUnits notes, in the transaction that files a sound statement, which units of
// this office see its case: by what this office or the issuer of the original says
// of it. What others say, and what came before the original, has an effect only if
// it holds: see [Summarized]. fresh says that it is recorded now, and not again.
func (b *Book) toUnits(tx store.Tx, e ledger.Entry, s *spsv1.Statement, place Place, fresh bool) error {
	whole, ok, err := b.speaksOf(tx, s, place)
	if err != nil || !ok {
		return err
	}
	for _, unit := range UnitsNamed(s, place.Office, b.o.Office) {
		if err := see(tx, unit, whole, seesNamed, 0); err != nil {
			return err
		}
	}
	if s.GetNotification() == nil {
		return nil
	}
	routed, _, err := routesOf(tx, whole)
	if err != nil {
		return err
	}
	if routed != nil || !fresh || b.o.Router == nil {
		return seeRouted(tx, whole, nil, routed)
	}
	known := sync.OnceValue(func() routing.Matter { return routing.OfCase(s.GetNotification()) })
	cannotWait := e.Origin.Office != b.o.Office && (e.Leaf.GetUrgent() ||
		s.GetNotification().GetClassification() == spsv1.Classification_CLASSIFICATION_ALERT)
	if routed, err = b.o.Router.Route(tx, known, cannotWait); err != nil || routed == nil {
		return err
	}
	return putRoutes(tx, whole, known(), nil, routed)
}

// speaksOf returns the original of the case of a statement, or false if it is not
// here, if the statement means another entry in its place, or if neither this office
// nor the issuer of the original says it.
func (b *Book) speaksOf(r store.Reader, s *spsv1.Statement, place Place) (Place, bool, error) {
	if s.GetNotification() != nil {
		return place, true, nil
	}
	whole, hash, ok := original(s, b.o.Federation)
	if !ok || place.Office != b.o.Office && place.Office != whole.Office {
		return Place{}, false, nil
	}
	row, err := r.Get(tableOriginals, whole.append(nil))
	return whole, bytes.HasPrefix(row, hash), err
}

// see sets and clears why a unit or person sees a case.
func see(tx store.Tx, who string, whole Place, set, clear byte) error {
	key := whole.append(unitKey(who))
	before, err := tx.Get(tableUnits, key)
	if err != nil {
		return err
	}
	why := set
	if len(before) == 1 {
		why = before[0]&^clear | set
	}
	if why == 0 {
		return tx.Delete(tableUnits, key)
	}
	return tx.Put(tableUnits, key, []byte{why})
}

// seeRouted notes who sees a case whose routing changes. Each may be nil.
func seeRouted(tx store.Tx, whole Place, before, after *spsv1.CaseRouting) error {
	for _, who := range dealing(before) {
		if err := see(tx, who, whole, 0, seesRouted); err != nil {
			return err
		}
	}
	for _, who := range dealing(after) {
		if err := see(tx, who, whole, seesRouted, 0); err != nil {
			return err
		}
	}
	return nil
}

// dealing returns the units with which a case is, and the persons who were told.
func dealing(r *spsv1.CaseRouting) []string {
	who := routing.Dealing(r.GetRoutes())
	for _, n := range r.GetNotices() {
		if n.GetId() != "" {
			who = append(who, Person(n.GetId()))
		}
	}
	return who
}

// routesOf returns the routing of a case, nil if it was not routed, and the digest
// of what rules looked at.
func routesOf(r store.Reader, whole Place) (*spsv1.CaseRouting, []byte, error) {
	row, err := r.Get(tableRoutes, whole.append(nil))
	if err != nil || row == nil {
		return nil, nil, err
	}
	routed := &spsv1.CaseRouting{}
	if len(row) < sha256.Size || proto.Unmarshal(row[sha256.Size:], routed) != nil {
		return nil, nil, fmt.Errorf("%w: routes of a case", ledger.ErrCorrupt)
	}
	return routed, bytes.Clone(row[:sha256.Size]), nil
}

// putRoutes keeps the routing of a case of which m is known.
func putRoutes(tx store.Tx, whole Place, m routing.Matter, before, after *spsv1.CaseRouting) error {
	digest := m.Digest()
	return keepRoutes(tx, whole, digest[:], before, after)
}

func keepRoutes(tx store.Tx, whole Place, digest []byte, before, after *spsv1.CaseRouting) error {
	row, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(bytes.Clone(digest), after)
	if err != nil {
		return fmt.Errorf("routes of a case: %w", err)
	}
	if err := tx.Put(tableRoutes, whole.append(nil), row); err != nil {
		return err
	}
	return seeRouted(tx, whole, before, after)
}

// routeAgain gives a case to further units, if what is known of it has changed
// since it was routed, and returns its routing: nil if it was not routed.
func (b *Book) routeAgain(tx store.Tx, whole Place, known func() routing.Matter) (*spsv1.CaseRouting, error) {
	routed, digest, err := routesOf(tx, whole)
	if err != nil || routed == nil || b.o.Router == nil || known == nil {
		return routed, err
	}
	m := known()
	switch now := m.Digest(); {
	case bytes.Equal(digest, now[:]):
		return routed, nil
	// Rules looked at nothing, for it was routed by hand, or at other things, before the
	// node was renewed: they hold for what is learned from now on.
	case digest[0] != now[0]:
		return routed, keepRoutes(tx, whole, now[:], routed, routed)
	}
	next, err := b.o.Router.Again(tx, routed, m)
	if err != nil {
		return nil, err
	}
	return next, putRoutes(tx, whole, m, routed, next)
}

// Routing returns the routing of the case of an original; nil if it was not
// routed.
func (b *Book) Routing(ctx context.Context, whole Place) (routed *spsv1.CaseRouting, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		routed, _, err = routesOf(r, whole)
		return err
	})
	return routed, err
}

// Routings returns for each of some cases its routing; nil for those that were not
// routed.
func (b *Book) Routings(ctx context.Context, of []Item) (all []*spsv1.CaseRouting, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		all = make([]*spsv1.CaseRouting, len(of))
		for i, whole := range of {
			if all[i], _, err = routesOf(r, whole.Place); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// Reroute changes the routing of the case of an original, durably on return. change
// gets a routing of its own, empty if the case was not routed, and the transaction
// in which it is changed.
func (b *Book) Reroute(ctx context.Context, whole Place, change func(store.Tx, *spsv1.CaseRouting) error) (after *spsv1.CaseRouting, err error) {
	err = b.o.Store.Update(ctx, func(tx store.Tx) error {
		before, digest, err := routesOf(tx, whole)
		if err != nil {
			return err
		}
		after = &spsv1.CaseRouting{}
		if before != nil {
			after = proto.CloneOf(before)
		} else {
			digest = make([]byte, sha256.Size)
		}
		if err := change(tx, after); err != nil {
			return err
		}
		if err := keepRoutes(tx, whole, digest, before, after); err != nil {
			return err
		}
		return b.mark(tx, whole.append(nil), 0)
	})
	if err != nil {
		return nil, err
	}
	b.rerouted.tell()
	return after, nil
}

// Rerouted returns a channel that is closed when a case was routed by hand next,
// durably: it is to be summarized.
func (b *Book) Rerouted() <-chan struct{} { return b.rerouted.next() }

// withUnits puts into a summary, each time anew, with which units a case is, which
// of them have not done their part, and the earliest time by which one is to.
func withUnits(sum *spsv1.CaseSummary, routed *spsv1.CaseRouting) {
	var open []*spsv1.Route
	for _, r := range routed.GetRoutes() {
		if r.GetEndTime() != nil {
			continue
		}
		if !slices.Contains(sum.GetUnits(), r.GetUnit()) {
			sum.Units = append(sum.Units, r.GetUnit())
		}
		if r.GetDoneTime() == nil && sum.GetStatus() == spsv1.CaseStatus_CASE_STATUS_OPEN {
			open = append(open, r)
		}
	}
	slices.SortStableFunc(open, func(a, b *spsv1.Route) int { return dueOfRoute(a).Compare(dueOfRoute(b)) })
	for _, r := range open {
		sum.UnitsOpen = append(sum.UnitsOpen, r.GetUnit())
	}
	if len(open) > 0 {
		sum.UnitDueTime = open[0].GetDueTime()
	}
}

// dueOfRoute returns when a unit is to have done its part, and for one that has no
// due time a time behind all others.
func dueOfRoute(r *spsv1.Route) time.Time {
	if r.GetDueTime() == nil {
		return time.Unix(1<<40, 0)
	}
	return r.GetDueTime().AsTime()
}
