package casebook_test

import (
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
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
			marks, err := b.Marked(t.Context(), 1<<40, 10)
			if err != nil {
				t.Fatal(err)
			}
			whole := casebook.Place{Office: "CN", Epoch: 1, Sequence: 1}
			for _, m := range marks {
				if m.Place != whole {
					continue
				}
				item, err := b.MarkedOriginal(t.Context(), m)
				if err != nil {
					t.Fatal(err)
				}
				c := casebook.Summarized{Mark: m, Whole: item, Summary: &spsv1.CaseSummary{}, Named: tc.found}
				if err := b.Summarize(t.Context(), []casebook.Summarized{c}); err != nil {
					t.Fatal(err)
				}
			}
			got, err := b.SeesCase(t.Context(), []string{"food"}, whole)
			if err != nil || got != tc.want {
				t.Errorf("food sees the case = %t, %v, want %t", got, err, tc.want)
			}
		})
	}
}
