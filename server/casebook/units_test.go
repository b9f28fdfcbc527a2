package casebook_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
)

// TestAUnitIsNamedByWhatHolds has statements name a unit: at once it sees the case
// by what the issuer of the original says of that original, and by what others say
// when that was found to hold.
func TestAUnitIsNamedByWhatHolds(t *testing.T) {
	original := entry(t, "CN", 1, notification())
	said := func(hash []byte) *spsv1.Statement {
		s := followUp(original, hash)
		s.Addressees = []*spsv1.Addressee{{Office: "VN", Unit: "food"}}
		return s
	}
	byIssuer := entry(t, "CN", 2, said(original.Hash[:]))
	elsewhere := entry(t, "CN", 3, said(byIssuer.Hash[:]))
	byOther := entry(t, "TH", 4, said(original.Hash[:]))
	for _, tc := range []struct {
		name  string
		said  []ledger.Entry
		found []string // the units that hold to be named
		want  bool
	}{
		{"the issuer", []ledger.Entry{original, byIssuer}, nil, true},
		{"the issuer, before the original came", []ledger.Entry{byIssuer, original}, nil, false},
		{"the issuer, before the original came, and it holds", []ledger.Entry{byIssuer, original}, []string{"food"}, true},
		{"the issuer, of another original in this place", []ledger.Entry{original, elsewhere}, nil, false},
		{"another office, of which nothing is known yet", []ledger.Entry{original, byOther}, nil, false},
		{"another office, and it holds", []ledger.Entry{original, byOther}, []string{"food"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStore(t)
			b := openBook(t, s, "VN")
			record(t, s, b, tc.said...)
			whole := casebook.Place{Office: "CN", Epoch: 1, Sequence: 1}
			summarized(t, b, whole, casebook.Summarized{Named: tc.found})
			got, err := b.SeesCase(t.Context(), []string{"food"}, whole)
			if err != nil || got != tc.want {
				t.Errorf("food sees the case = %t, %v, want %t", got, err, tc.want)
			}
		})
	}
}

// summarized puts what is known of a case into its summary, if it is to be
// summarized.
func summarized(t *testing.T, b *casebook.Book, whole casebook.Place, known casebook.Summarized) {
	t.Helper()
	marks, err := b.Marked(t.Context(), 1<<40, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range marks {
		if m.Place != whole {
			continue
		}
		item, err := b.MarkedOriginal(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		known.Mark, known.Whole, known.Summary = m, item, &spsv1.CaseSummary{}
		if err := b.Summarize(t.Context(), []casebook.Summarized{known}); err != nil {
			t.Fatal(err)
		}
	}
}

// byRules gives a case that comes to north, and one of which more is known to gate.
type byRules struct{}

func (byRules) Route(_ store.Reader, known func() routing.Matter, _ bool) (*spsv1.CaseRouting, error) {
	known()
	return &spsv1.CaseRouting{Routes: []*spsv1.Route{{Unit: "north"}}}, nil
}

func (byRules) Again(_ store.Reader, before *spsv1.CaseRouting, _ routing.Matter) (*spsv1.CaseRouting, error) {
	next := proto.CloneOf(before)
	next.Routes = append(next.Routes, &spsv1.Route{Unit: "gate"})
	return next, nil
}

// TestMoreThatIsKnownRoutesAgain has a case be summarized of which something is known,
// perhaps by a node that was renewed and whose rules look at other things.
func TestMoreThatIsKnownRoutesAgain(t *testing.T) {
	whole := casebook.Place{Office: "CN", Epoch: 1, Sequence: 1}
	same := &spsv1.Notification{}
	more := &spsv1.Notification{Type: spsv1.NotificationType_NOTIFICATION_TYPE_FEED}
	for _, tc := range []struct {
		name    string
		renewed bool
		known   []*spsv1.Notification
		want    string
	}{
		{"nothing more", false, []*spsv1.Notification{same}, "north"},
		{"more", false, []*spsv1.Notification{more}, "north gate"},
		{"the node was renewed", true, []*spsv1.Notification{more}, "north"},
		{"the node was renewed, and later more is known", true, []*spsv1.Notification{same, more}, "north gate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStore(t)
			b, err := casebook.Open(t.Context(), casebook.Options{Store: s, Federation: federation, Office: "VN", Now: time.Now, Router: byRules{}})
			if err != nil {
				t.Fatal(err)
			}
			record(t, s, b, entry(t, "CN", 1, notification()))
			if tc.renewed {
				ofAnotherVersion(t, s)
			}
			for _, known := range tc.known {
				if _, err := b.Reroute(t.Context(), whole, func(store.Tx, *spsv1.CaseRouting) error { return nil }); err != nil {
					t.Fatal(err)
				}
				summarized(t, b, whole, casebook.Summarized{Matter: func() routing.Matter { return routing.OfCase(known) }})
			}
			routed, err := b.Routing(t.Context(), whole)
			if got := strings.Join(routing.Dealing(routed.GetRoutes()), " "); err != nil || got != tc.want {
				t.Errorf("it is with %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}

// ofAnotherVersion has what rules looked at be of another version.
func ofAnotherVersion(t *testing.T, s store.Store) {
	t.Helper()
	const routes store.Table = "casebook.routes"
	err := s.Update(t.Context(), func(tx store.Tx) error {
		for row, err := range tx.Scan(routes, nil, nil, false) {
			if err != nil {
				return err
			}
			value := slices.Clone(row.Value)
			value[0]++
			return tx.Put(routes, slices.Clone(row.Key), value)
		}
		return errors.New("no case is routed")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAQueryNamesUnitsThatAreThere asks for cases by units of which some are not
// there.
func TestAQueryNamesUnitsThatAreThere(t *testing.T) {
	s := newStore(t)
	b, err := casebook.Open(t.Context(), casebook.Options{Store: s, Federation: federation, Office: "VN", Now: time.Now, Router: byRules{}})
	if err != nil {
		t.Fatal(err)
	}
	record(t, s, b, entry(t, "CN", 1, notification())) // north has it, and is on the card no more
	units := []string{"dak-lak", "lang-son"}
	for _, tc := range []struct {
		filter string
		units  []string
		want   string
	}{
		{`unit = "dak-lak"`, units, ""},
		{`classification = ALERT AND NOT unit = "DAK-LAK"`, units, ""},
		{`unit = "dak-lac"`, units, `there is no unit "dak-lac", did you mean dak-lak`},
		{`with_units AND part_open = ("lang-son" OR "lang-sn")`, units, `there is no unit "lang-sn", did you mean lang-son`},
		{"unit != hue", units, `there is no unit "hue", only dak-lak, lang-son`},
		{"unit = north", units, ""},
		{"unit = hue*", units, ""},
		{"unit:lak", units, ""},
		{"unit = hue", nil, `there is no unit "hue": the card of this office has no units`},
		{"unit = hue", slices.Repeat(units, 11), `there is no unit "hue", only ` + strings.Repeat("dak-lak, lang-son, ", 10) + "…"},
	} {
		q, wrong := casebook.DefaultLimits().ParseQuery(tc.filter, "", "")
		if len(wrong) > 0 {
			t.Fatalf("%s: %v", tc.filter, wrong)
		}
		problems, err := b.UnitsKnown(t.Context(), q, tc.units)
		got := ""
		for _, p := range problems {
			got += p.Sentence
		}
		if err != nil || got != tc.want {
			t.Errorf("%s: %q, %v, want %q", tc.filter, got, err, tc.want)
		}
	}
}
