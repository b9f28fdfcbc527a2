package casebook_test

import (
	"slices"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// A readdress that is here before what it hands on can be read joins the case
// when that comes, and leaves it when that turns out faulty.
func TestReaddressBeforeItsSubject(t *testing.T) {
	original := entry(t, "CN", 1, notification())
	original.Position.N = 1
	said := entry(t, "CN", 2, followUp(original, original.Hash[:]))
	said.Position.N = 2
	s := newStore(t)
	b := openBook(t, s, "VN")
	parts := func() []string {
		t.Helper()
		_, parts, err := b.Case(t.Context(), "CN-2026-000001", 0, 10, 10)
		if err != nil {
			t.Fatal(err)
		}
		return names(parts...)
	}
	readdress := entry(t, "CN", 3, notification())
	readdress.Position.N, readdress.Envelope = 3, nil
	readdress.Leaf.Type = spsv1.LeafType_LEAF_TYPE_READDRESS
	readdress.Leaf.Subject = &spsv1.EntryRef{Origin: said.Origin.String(), Sequence: said.Sequence, RecordHash: said.Hash[:]}
	other := readdress // of another entry in the same place
	other.Sequence, other.Position.N = 4, 4
	other.Leaf = &spsv1.Leaf{
		Type:    spsv1.LeafType_LEAF_TYPE_READDRESS,
		Subject: &spsv1.EntryRef{Origin: said.Origin.String(), Sequence: said.Sequence, RecordHash: original.Hash[:]},
	}
	missing := said
	missing.Envelope = nil
	faulty := said
	faulty.Fault = "its time is before that of an earlier entry"
	for _, step := range []struct {
		what string
		want []string
		do   func(tx store.Tx) error
	}{
		{"the original", nil, func(tx store.Tx) error { return b.Entry(tx, original) }},
		{"a follow-up without its body", nil, func(tx store.Tx) error { return b.Entry(tx, missing) }},
		{"its readdress", nil, func(tx store.Tx) error { return b.Entry(tx, readdress) }},
		{"a readdress of something else", nil, func(tx store.Tx) error { return b.Entry(tx, other) }},
		{"its body", []string{"asean-cn/CN/1/2", "asean-cn/CN/1/3"}, func(tx store.Tx) error { return b.Entry(tx, said) }},
		{"its fault", nil, func(tx store.Tx) error { return b.Entry(tx, faulty) }},
	} {
		if err := s.Update(t.Context(), step.do); err != nil {
			t.Fatal(err)
		}
		if got := parts(); !slices.Equal(got, step.want) {
			t.Errorf("parts after %s = %q, want %q", step.what, got, step.want)
		}
	}
}
