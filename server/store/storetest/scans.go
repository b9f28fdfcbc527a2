package storetest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/spsalert/spsalert/server/store"
)

func testScanBounds(t *testing.T, open opener) {
	s := open(t, nil)
	fill(t, s, Fruit)
	put(t, s, Pests, "other", "table")
	for _, tc := range []struct {
		name     string
		from, to []byte
		want     string // ascending
	}{
		{"all", nil, nil, "a=A b=B c=C d=D e=E"},
		{"from a key", []byte("c"), nil, "c=C d=D e=E"},
		{"to a key", nil, []byte("c"), "a=A b=B"},
		{"both", []byte("b"), []byte("d"), "b=B c=C"},
		{"between keys", []byte("b0"), []byte("d0"), "c=C d=D"},
		{"behind the end", []byte("f"), nil, ""},
		{"before the beginning", nil, []byte("a"), ""},
		{"to behind the end", []byte("d"), []byte("z"), "d=D e=E"},
		{"from before the beginning", []byte("A"), []byte("b"), "a=A"},
		{"empty interval", []byte("c"), []byte("c"), ""},
		{"bounds crossed", []byte("d"), []byte("b"), ""},
		{"empty, not nil, from", []byte{}, []byte("c"), "a=A b=B"},
		{"empty, not nil, to", nil, []byte{}, ""},
		{"prefix", []byte("b"), store.PrefixEnd([]byte("b")), "b=B"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := strings.Fields(tc.want)
			check := func(r store.Reader) error {
				got, err := scan(r, Fruit, tc.from, tc.to, false)
				if diff := cmp.Diff(want, append([]string{}, got...)); diff != "" {
					t.Errorf("forward (-want +got):\n%s", diff)
				}
				if err != nil {
					return err
				}
				back, err := scan(r, Fruit, tc.from, tc.to, true)
				for i := range len(back) / 2 {
					back[i], back[len(back)-1-i] = back[len(back)-1-i], back[i]
				}
				if diff := cmp.Diff(want, append([]string{}, back...)); diff != "" {
					t.Errorf("back, turned round (-want +got):\n%s", diff)
				}
				return err
			}
			if err := s.View(t.Context(), check); err != nil {
				t.Errorf("View: %v", err)
			}
			if err := s.Update(t.Context(), func(tx store.Tx) error { return check(tx) }); err != nil {
				t.Errorf("Update: %v", err)
			}
		})
	}
	t.Run("empty table", func(t *testing.T) {
		s := open(t, nil)
		err := s.View(t.Context(), func(r store.Reader) error { return expectModel(r, Fruit, nil) })
		if err != nil {
			t.Error(err)
		}
	})
}

func testScanStops(t *testing.T, open opener) {
	s := open(t, nil)
	fill(t, s, Fruit)
	err := s.View(t.Context(), func(r store.Reader) error {
		sequence := r.Scan(Fruit, nil, nil, false)
		for round := range 2 { // a sequence can be ranged over again
			var got string
			for item, err := range sequence {
				if err != nil {
					return err
				}
				got += string(item.Key)
				if got == "ab" {
					break
				}
			}
			if got != "ab" {
				t.Errorf("round %d of a scan that stops gives %q, want %q", round, got, "ab")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
}

func testScanWhileWriting(t *testing.T, open opener) {
	for _, tc := range []struct {
		name string
		back bool
		each func(tx store.Tx, key []byte) error
		want string // the keys that the scan gives
		left string // the keys that remain
	}{
		{"delete each", false, func(tx store.Tx, k []byte) error { return tx.Delete(Fruit, k) }, "abcde", ""},
		{"delete each, back", true, func(tx store.Tx, k []byte) error { return tx.Delete(Fruit, k) }, "edcba", ""},
		{"set each", false, func(tx store.Tx, k []byte) error { return tx.Put(Fruit, k, []byte("new")) }, "abcde", "abcde"},
		{"put ahead", false, func(tx store.Tx, k []byte) error {
			if string(k) != "b" {
				return nil
			}
			return tx.Put(Fruit, []byte("b1"), nil)
		}, "abb1cde", "abb1cde"},
		{"put behind", true, func(tx store.Tx, k []byte) error {
			if string(k) != "b" {
				return nil
			}
			return tx.Put(Fruit, []byte("b1"), nil)
		}, "edcba", "abb1cde"},
		{"delete ahead", false, func(tx store.Tx, k []byte) error {
			return tx.Delete(Fruit, []byte{k[0] + 1})
		}, "ace", "ace"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, nil)
			fill(t, s, Fruit)
			err := s.Update(t.Context(), func(tx store.Tx) error {
				var got string
				for item, err := range tx.Scan(Fruit, nil, nil, tc.back) {
					if err != nil {
						return err
					}
					got += string(item.Key)
					if err := tc.each(tx, bytes.Clone(item.Key)); err != nil {
						return err
					}
				}
				if got != tc.want {
					t.Errorf("keys scanned = %q, want %q", got, tc.want)
				}
				return nil
			})
			if err != nil {
				t.Fatalf("Update: %v", err)
			}
			var left string
			err = s.View(t.Context(), func(r store.Reader) error {
				for item, err := range r.Scan(Fruit, nil, nil, false) {
					if err != nil {
						return err
					}
					left += string(item.Key)
				}
				return nil
			})
			if err != nil || left != tc.left {
				t.Errorf("keys left = %q, %v, want %q", left, err, tc.left)
			}
		})
	}
}

// bulky is a value of which few fit on a page, so that a table has many.
var bulky = strings.Repeat("x", 5<<10)

// testScanEmptied deletes runs of keys within a transaction, and scans the
// rest in it.
func testScanEmptied(t *testing.T, open opener) {
	const n = 60
	for _, tc := range []struct {
		name     string
		from, to int // the keys that are deleted
	}{
		{"beginning", 0, 20},
		{"middle", 20, 40},
		{"end", 40, n},
		{"all", 0, n},
		{"all but the first", 1, n},
		{"all but the last", 0, n - 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, nil)
			model := map[string]string{}
			for i := range n {
				model[fmt.Sprintf("%03d", i)] = bulky
			}
			err := s.Update(t.Context(), func(tx store.Tx) error {
				for k, v := range model {
					if err := tx.Put(Fruit, []byte(k), []byte(v)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatalf("Update that fills: %v", err)
			}
			for i := tc.from; i < tc.to; i++ {
				delete(model, fmt.Sprintf("%03d", i))
			}
			err = s.Update(t.Context(), func(tx store.Tx) error {
				for i := tc.from; i < tc.to; i++ {
					if err := tx.Delete(Fruit, fmt.Appendf(nil, "%03d", i)); err != nil {
						return err
					}
				}
				return expectModel(tx, Fruit, model)
			})
			if err != nil {
				t.Fatalf("Update that deletes: %v", err)
			}
			expect(t, s, Fruit, model)
		})
	}
}

// testModel runs random transactions and compares each with a map.
func testModel(t *testing.T, open opener) {
	s := open(t, nil)
	model := map[string]string{}
	key := rapid.Custom(func(rt *rapid.T) string { return fmt.Sprintf("%02d", rapid.IntRange(0, 60).Draw(rt, "key")) })
	rapid.Check(t, func(rt *rapid.T) {
		next := map[string]string{}
		for k, v := range model {
			next[k] = v
		}
		steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
			return step{
				key:   key.Draw(rt, "at"),
				until: key.Draw(rt, "until"),
				kind:  rapid.SampledFrom([]string{"put", "put", "put bulky", "put bulky", "delete", "delete range"}).Draw(rt, "kind"),
			}
		}), 0, 30).Draw(rt, "steps")
		fails := rapid.IntRange(0, 3).Draw(rt, "fails") == 0
		errFails := fmt.Errorf("the update fails")

		err := s.Update(t.Context(), func(tx store.Tx) error {
			clear(next)
			for k, v := range model {
				next[k] = v
			}
			for _, st := range steps {
				if err := st.apply(tx, next); err != nil {
					return err
				}
				if err := expectModel(tx, Fruit, next); err != nil {
					return fmt.Errorf("after %v: %w", st, err)
				}
			}
			if fails {
				return errFails
			}
			return nil
		})
		switch {
		case fails && err != errFails: //nolint:errorlint // the very error is wanted
			rt.Fatalf("Update that fails = %v, want %v", err, errFails)
		case !fails && err != nil:
			rt.Fatalf("Update: %v", err)
		case !fails:
			model = next
		}
		if err := s.View(t.Context(), func(r store.Reader) error { return expectModel(r, Fruit, model) }); err != nil {
			rt.Fatalf("View afterwards: %v", err)
		}
	})
}

// step is one change of a random transaction.
type step struct{ kind, key, until string }

func (st step) apply(tx store.Tx, model map[string]string) error {
	switch st.kind {
	case "put", "put bulky":
		value := "small"
		if st.kind == "put bulky" {
			value = bulky
		}
		model[st.key] = value
		return tx.Put(Fruit, []byte(st.key), []byte(value))
	case "delete":
		delete(model, st.key)
		return tx.Delete(Fruit, []byte(st.key))
	default:
		for k := range model {
			if k >= st.key && k < st.until {
				delete(model, k)
			}
		}
		for item, err := range tx.Scan(Fruit, []byte(st.key), []byte(st.until), false) {
			if err != nil {
				return err
			}
			if err := tx.Delete(Fruit, item.Key); err != nil {
				return err
			}
		}
		return nil
	}
}
