package casebook_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

func TestSimilar(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "VN")
	durian := func(status spsv1.StatementStatus, hazard string, numbers ...string) *spsv1.Statement {
		st := &spsv1.Statement{Status: status, Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Products: []*spsv1.Product{{Name: texts("vi", "Sầu riêng"), Origins: stated("VN")}},
			Findings: []*spsv1.Finding{agent("", hazard)},
		}}}
		for i := 0; i < len(numbers); i += 2 {
			st.ExternalReferences = append(st.ExternalReferences, &spsv1.ExternalReference{System: numbers[i], Number: numbers[i+1]})
		}
		return st
	}
	const actual, exercise = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
	// Position and day of issue are those of the line, from 1.
	for i, st := range []*spsv1.Statement{
		durian(actual, "cadmium", "RASFF", "1"),               // too old
		durian(actual, "cadmium", "RASFF", "1", "GACC", "77"), // the same matter
		durian(actual, "cadmium"),
		durian(actual, "mercury"),
		durian(exercise, "cadmium", "RASFF", "1"),
		durian(actual, "cadmium"),
		durian(actual, "cadmium"),
		durian(actual, "cadmium"), // not yet released
	} {
		e := entry(t, "CN", uint64(i+1), st)
		e.Position.N, e.Leaf.Time = uint64(i+1), timestamppb.New(day.AddDate(0, 0, i+1))
		if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Entry(tx, e) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name string
		most int
		want []uint64
	}{
		{"all", 20, []uint64{2, 7, 6, 3}},
		{"fewer", 2, []uint64{2, 7}},
		{"one", 1, []uint64{2}},
	} {
		found, err := b.Similar(t.Context(), durian(actual, "cadmium", "RASFF", "1"), day.AddDate(0, 0, 2), 7, tc.most)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for i, like := range found {
			got = append(got, like.N)
			if like.Same != (i == 0) {
				t.Errorf("%s: position %d is the same matter: %t", tc.name, like.N, like.Same)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		shared := []string{"number rasff 1", "product sau rieng", "hazard cadmium", "origin vn"}
		if diff := cmp.Diff(shared, found[0].Shared); diff != "" {
			t.Errorf("%s: shared (-want +got):\n%s", tc.name, diff)
		}
	}
}

// TestSimilarWithoutAnOrigin looks for what resembles a notification that says no
// origin, among one that says none and one that does.
func TestSimilarWithoutAnOrigin(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "VN")
	chilli := func(origins ...*spsv1.Origin) *spsv1.Statement {
		return &spsv1.Statement{Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Subject:  texts("en", "Aflatoxin in dried chilli"),
			Products: []*spsv1.Product{{Name: texts("en", "dried chilli"), Origins: origins}},
			Findings: []*spsv1.Finding{agent("", "aflatoxin")},
		}}}
	}
	for i, st := range []*spsv1.Statement{chilli(), chilli(stated("TH")...)} {
		e := entry(t, "CN", uint64(i+1), st)
		e.Position.N, e.Leaf.Time = uint64(i+1), timestamppb.New(day.AddDate(0, 0, i+1))
		if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Entry(tx, e) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name string
		st   *spsv1.Statement
		want uint64 // position of the one that is the same matter, if any; the others are recurrences
	}{
		{"none", chilli(), 1},
		{"the same", chilli(stated("TH")...), 2},
		{"another", chilli(stated("VN")...), 0},
	} {
		found, err := b.Similar(t.Context(), tc.st, day, 2, 20)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != 2 {
			t.Errorf("%s: resembles %v, want both", tc.name, found)
		}
		for _, like := range found {
			if want := like.N == tc.want; like.Same != want {
				t.Errorf("%s: position %d is the same matter: %t, want %t", tc.name, like.N, like.Same, want)
			}
		}
	}
}

// TestSimilarWithinACase looks for what an amendment resembles: another case with
// the same subject, and not its own.
func TestSimilarWithinACase(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "CN")
	said := func() *spsv1.Statement {
		st := notification()
		st.Status = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
		st.GetNotification().Subject = texts("en", "Cadmium in durian")
		return st
	}
	entries := []ledger.Entry{entry(t, "CN", 1, said()), entry(t, "CN", 2, said())}
	for i := range entries {
		entries[i].Leaf.Time = timestamppb.New(day.AddDate(0, 0, i+1))
	}
	record(t, s, b, entries...)
	amendment := followUp(entries[0], entries[0].Hash[:])
	amendment.Status = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
	amendment.Body = &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{Notification: said().GetNotification()}}
	found, err := b.Similar(t.Context(), amendment, day, 2, 20)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].N != 2 {
		t.Errorf("an amendment of position 1 resembles %v, want position 2 alone", found)
	}
}

// TestSimilarRecurrence looks for what resembles a notification of aflatoxin in
// dried chilli from Thailand, which is coded and in words.
func TestSimilarRecurrence(t *testing.T) {
	goods := func(words, hs, category, origin string) *spsv1.Product {
		p := &spsv1.Product{Origins: stated(origin), Category: &spsv1.Concept{AsWritten: category}}
		if words != "" {
			p.Name = texts("en", words)
		}
		if hs != "" {
			p.CommodityCodes = []*spsv1.Coding{{System: "hs", Code: hs}}
		}
		return p
	}
	words := func(hazard string) *spsv1.Finding {
		return &spsv1.Finding{Hazard: &spsv1.Hazard{Agent: &spsv1.Concept{AsWritten: hazard}}}
	}
	said := func(p *spsv1.Product, f *spsv1.Finding) *spsv1.Statement {
		st := notification()
		st.Status = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
		st.GetNotification().Products, st.GetNotification().Findings = []*spsv1.Product{p}, []*spsv1.Finding{f}
		return st
	}
	draft := said(goods("Dried chilli", "0904.21", "Spices", "TH"), agent("1162-65-8", "Aflatoxin B1"))
	for _, tc := range []struct {
		name string
		was  *spsv1.Statement
		want []string // what is shared; nil: it is not resembled
	}{
		{
			"the same in words from elsewhere", said(goods("DRIED  chilli", "", "", "VN"), words("aflatoxin b1")),
			[]string{"product dried chilli", "hazard aflatoxin b1"},
		},
		{
			"the same codes from elsewhere", said(goods("Ot kho", "090421", "", "VN"), agent("1162-65-8", "aflatoxine")),
			[]string{"product 090421", "hazard 1162-65-8"},
		},
		{
			"from the same place", said(goods("dried chilli", "", "", "TH"), words("aflatoxin B1")),
			[]string{"product dried chilli", "hazard aflatoxin b1", "origin th"},
		},
		{
			"the same category from the same place", said(goods("turmeric", "", "spices", "TH"), words("aflatoxin B1")),
			[]string{"product spices", "hazard aflatoxin b1", "origin th"},
		},
		{"the same category from elsewhere", said(goods("turmeric", "", "spices", "VN"), words("aflatoxin B1")), nil},
		{"another hazard", said(goods("dried chilli", "090421", "spices", "TH"), words("lead")), nil},
		{"another product", said(goods("pepper", "090411", "berries", "TH"), words("aflatoxin B1")), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStore(t)
			b := openBook(t, s, "VN")
			e := entry(t, "CN", 1, tc.was)
			e.Leaf.Time = timestamppb.New(day)
			record(t, s, b, e)
			found, err := b.Similar(t.Context(), draft, day, 1, 20)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, like := range found {
				got = append(got, like.Shared...)
				if like.Same {
					t.Errorf("it is the same matter, want a recurrence")
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("shared (-want +got):\n%s", diff)
			}
		})
	}
}
