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
		want uint64 // position of the one that it resembles
	}{
		{"none", chilli(), 1},
		{"the same", chilli(stated("TH")...), 2},
		{"another", chilli(stated("VN")...), 0},
	} {
		found, err := b.Similar(t.Context(), tc.st, day, 2, 20)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case tc.want == 0 && len(found) > 0:
			t.Errorf("%s: resembles position %d, want nothing", tc.name, found[0].N)
		case tc.want > 0 && (len(found) != 1 || found[0].N != tc.want || !found[0].Same):
			t.Errorf("%s: resembles %v, want position %d alone, as the same matter", tc.name, found, tc.want)
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
