package casebook_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// fact is a statement as the property knows it, apart from the book.
type fact struct {
	n              uint64
	office         certs.Office
	sequence       uint64
	original       bool // else a follow-up
	classification spsv1.Classification
	urgent         bool
	issued         time.Time
	hazards        []string // already plain
	addressees     []string
	systems        []string // external references, "system number"
	shown          bool
}

func (f fact) reference() string { return fmt.Sprintf("%s-2026-%06d", f.office, f.sequence) }

func (f fact) entry(t testing.TB) ledger.Entry {
	t.Helper()
	s := notification()
	if f.original {
		s.GetNotification().Classification = f.classification
		for _, h := range f.hazards {
			s.GetNotification().Findings = append(s.GetNotification().Findings, agent("1-"+h, h))
		}
	} else {
		s = &spsv1.Statement{Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Facts: &spsv1.Facts{}}}}
		for _, h := range f.hazards {
			s.GetFollowUp().Facts.Findings = append(s.GetFollowUp().Facts.Findings, agent("1-"+h, h))
		}
	}
	for _, a := range f.addressees {
		s.Addressees = append(s.Addressees, &spsv1.Addressee{Office: a})
	}
	for _, x := range f.systems {
		system, number, _ := strings.Cut(x, " ")
		s.ExternalReferences = append(s.ExternalReferences, &spsv1.ExternalReference{System: system, Number: number})
	}
	e := entry(t, f.office, f.sequence, s)
	e.Leaf.Time, e.Leaf.Urgent = timestamppb.New(f.issued), f.urgent
	if !f.shown {
		e.Leaf.Audience = &spsv1.Audience{Offices: []string{string(f.office)}}
	}
	return e
}

var (
	someOffices = []string{"CN", "TH", "MM"} // and VN, whose book it is
	someHazards = []string{"cadmium", "镉", "ฟลูออไรด์", "sau", "ចំរុះ"}
	someSystems = []string{"RASFF 1", "RASFF 12", "GACC 1", "GACC 2"}
	someClasses = []string{"ALERT", "NEWS", "FRAUD"}
)

func someFacts(t *rapid.T) []fact {
	next := make(map[certs.Office]uint64)
	var facts []fact
	for n := range rapid.IntRange(0, 40).Draw(t, "statements") {
		f := fact{
			n:          uint64(n + 1),
			office:     certs.Office(rapid.SampledFrom(someOffices).Draw(t, "office")),
			original:   rapid.Bool().Draw(t, "original"),
			urgent:     rapid.Bool().Draw(t, "urgent"),
			issued:     day.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "hours")) * 8 * time.Hour),
			hazards:    rapid.SliceOfNDistinct(rapid.SampledFrom(someHazards), 0, 2, rapid.ID[string]).Draw(t, "hazards"),
			addressees: rapid.SliceOfNDistinct(rapid.SampledFrom(someOffices), 0, 2, rapid.ID[string]).Draw(t, "addressees"),
			systems:    rapid.SliceOfNDistinct(rapid.SampledFrom(someSystems), 0, 2, rapid.ID[string]).Draw(t, "systems"),
			shown:      rapid.IntRange(0, 4).Draw(t, "shown") > 0,
		}
		if f.original {
			f.classification = spsv1.Classification(spsv1.Classification_value["CLASSIFICATION_"+rapid.SampledFrom(someClasses).Draw(t, "class")])
		}
		next[f.office]++
		f.sequence = next[f.office]
		facts = append(facts, f)
	}
	return facts
}

// condition is a filter and what it means.
type condition struct {
	text  string
	holds func(fact) bool
}

// someCondition draws a filter of a certain depth.
func someCondition(t *rapid.T, depth int) condition {
	if depth > 0 {
		a, b := someCondition(t, depth-1), someCondition(t, depth-1)
		switch rapid.IntRange(0, 3).Draw(t, "combine") {
		case 0:
			return condition{"(" + a.text + " AND " + b.text + ")", func(f fact) bool { return a.holds(f) && b.holds(f) }}
		case 1:
			return condition{"(" + a.text + " OR " + b.text + ")", func(f fact) bool { return a.holds(f) || b.holds(f) }}
		case 2:
			return condition{"(NOT " + a.text + ")", func(f fact) bool { return !a.holds(f) }}
		}
	}
	switch rapid.IntRange(0, 7).Draw(t, "field") {
	case 0:
		v := rapid.SampledFrom(someOffices).Draw(t, "v")
		return condition{"office = " + v, func(f fact) bool { return string(f.office) == v }}
	case 1:
		v := rapid.SampledFrom(someClasses).Draw(t, "v")
		return condition{"classification != " + v, func(f fact) bool { return f.classification.String() != "CLASSIFICATION_"+v }}
	case 2:
		return condition{"urgent", func(f fact) bool { return f.urgent }}
	case 3:
		v := rapid.SampledFrom(someHazards).Draw(t, "v")
		return condition{fmt.Sprintf("hazard = (%q OR \"1-%s\")", v, v), func(f fact) bool { return slices.Contains(f.hazards, v) }}
	case 4:
		v := rapid.SampledFrom(someOffices).Draw(t, "v")
		return condition{fmt.Sprintf("addressee:%q", v), func(f fact) bool { return slices.Contains(f.addressees, v) }}
	case 5:
		v := rapid.SampledFrom(someSystems).Draw(t, "v")
		return condition{fmt.Sprintf("external_reference = %q", v), func(f fact) bool { return slices.Contains(f.systems, v) }}
	case 6:
		v := day.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "v")) * 8 * time.Hour)
		return condition{fmt.Sprintf("issue_time > %q", v.Format(time.RFC3339)), func(f fact) bool { return f.issued.After(v) }}
	}
	v := rapid.IntRange(1, 15).Draw(t, "v")
	return condition{fmt.Sprintf("reference = \"*-2026-%06d\"", v), func(f fact) bool { return f.sequence == uint64(v) }}
}

// bruteForce returns the positions of the facts that hold, in an order.
func bruteForce(facts []fact, holds func(fact) bool, order string) []uint64 {
	by, desc := strings.CutSuffix(order, " desc")
	var holding []fact
	for _, f := range facts {
		if holds(f) {
			holding = append(holding, f)
		}
	}
	slices.SortFunc(holding, func(a, b fact) int {
		c := cmp.Compare(a.n, b.n)
		switch by {
		case "issue_time":
			c = cmp.Or(a.issued.Compare(b.issued), c)
		case "reference":
			c = cmp.Compare(a.reference(), b.reference())
		}
		if desc {
			return -c
		}
		return c
	})
	var positions []uint64
	for _, f := range holding {
		positions = append(positions, f.n)
	}
	return positions
}

// TestPagesAreTheWhole draws statements, filters, orders and pages of all
// sizes, and compares the pages put together with what holds by brute force.
func TestPagesAreTheWhole(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "VN")
	rapid.Check(t, func(rt *rapid.T) {
		facts := someFacts(rt)
		empty(t, s)
		err := s.Update(t.Context(), func(tx store.Tx) error {
			for _, f := range facts {
				e := f.entry(t)
				e.Position.N = f.n
				if err := b.Entry(tx, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		for range 20 {
			c := someCondition(rt, 2)
			word := rapid.SampledFrom(append([]string{"", "2026"}, someHazards...)).Draw(rt, "word")
			order := rapid.SampledFrom([]string{
				"record_time", "record_time desc", "issue_time", "issue_time desc", "reference", "reference desc",
			}).Draw(rt, "order")
			office := certs.Office(rapid.SampledFrom(append([]string{""}, someOffices...)).Draw(rt, "parent"))
			onlyCases := rapid.Bool().Draw(rt, "cases")
			upTo := uint64(rapid.IntRange(0, 45).Draw(rt, "up to"))
			holds := func(f fact) bool {
				inList := office == "" || office == f.office
				if onlyCases {
					inList = f.original
				}
				found := word == "" || word == "2026" || slices.Contains(f.hazards, word)
				return inList && found && f.shown && f.n <= upTo && c.holds(f)
			}
			want := bruteForce(facts, holds, order)
			q, problems := casebook.DefaultLimits().ParseQuery(c.text, word, order)
			if len(problems) > 0 {
				rt.Fatalf("%s: %v", c.text, problems)
			}
			got := pages(rt, casebook.Page{UpTo: upTo}, func(p casebook.Page) ([]casebook.Item, []byte, error) {
				if onlyCases {
					return b.Cases(t.Context(), q, p)
				}
				return b.Statements(t.Context(), office, q, p)
			})
			if diff := gocmp.Diff(want, got); diff != "" {
				rt.Fatalf("%s, %q, %s of %q, cases %t (-brute force +pages):\n%s", c.text, word, order, office, onlyCases, diff)
			}
		}
	})
}

// pages reads a list to its end in pages of drawn sizes, some of which end
// early, as those of a service do that are full of bytes.
func pages(t *rapid.T, p casebook.Page, list func(casebook.Page) ([]casebook.Item, []byte, error)) []uint64 {
	p.Limit, p.Budget = rapid.IntRange(1, 9).Draw(t, "limit"), rapid.IntRange(1, 30).Draw(t, "budget")
	var got []uint64
	for range 200 {
		items, next, err := list(p)
		if err != nil || len(items) > p.Limit {
			t.Fatalf("a page of %d has %d items, %v", p.Limit, len(items), err)
		}
		if n := len(items) - 1; n > 0 && rapid.Bool().Draw(t, "end early") {
			items, next = items[:n], items[n].Mark
		}
		got = append(got, numbers(items)...)
		if p.From = next; next == nil {
			return got
		}
	}
	t.Fatal("the list does not end")
	return nil
}

// empty deletes the whole book.
func empty(t testing.TB, s store.Store) {
	t.Helper()
	err := s.Update(t.Context(), func(tx store.Tx) error {
		for _, table := range casebook.Tables() {
			for item, err := range tx.Scan(table, nil, nil, false) {
				if err != nil {
					return err
				}
				if err := tx.Delete(table, item.Key); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
