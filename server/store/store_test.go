package store_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/spsalert/spsalert/server/store"
)

func TestPrefixEnd(t *testing.T) {
	for _, tc := range []struct {
		name         string
		prefix, want []byte
	}{
		{"nothing", nil, nil},
		{"letters", []byte("ab"), []byte("ac")},
		{"last byte at its highest", []byte{'a', 0xff}, []byte{'b'}},
		{"all bytes at their highest", []byte{0xff, 0xff}, nil},
		{"zero", []byte{0}, []byte{1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := bytes.Clone(tc.prefix)
			got := store.PrefixEnd(tc.prefix)
			if !bytes.Equal(got, tc.want) || (got == nil) != (tc.want == nil) {
				t.Errorf("PrefixEnd(%x) = %x, want %x", tc.prefix, got, tc.want)
			}
			if !bytes.Equal(tc.prefix, before) {
				t.Errorf("PrefixEnd changed its argument to %x, want %x", tc.prefix, before)
			}
		})
	}
}

func TestReserveMark(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if store.MayUseReserve(ctx) {
		t.Error("MayUseReserve of a plain context = true, want false")
	}
	derived, cancelDerived := context.WithCancel(store.WithReserve(ctx))
	defer cancelDerived()
	if !store.MayUseReserve(derived) {
		t.Error("MayUseReserve of a context derived from WithReserve = false, want true")
	}
}
