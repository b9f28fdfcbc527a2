package storetest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/store"
)

func testPoints(t *testing.T, open opener) {
	s := open(t, nil)
	err := s.Update(t.Context(), func(tx store.Tx) error {
		for _, step := range []struct {
			name string
			do   func() error
			want []byte
		}{
			{"nothing there", func() error { return nil }, nil},
			{"put", func() error { return tx.Put(Fruit, []byte("k"), []byte("v")) }, []byte("v")},
			{"put again", func() error { return tx.Put(Fruit, []byte("k"), []byte("w")) }, []byte("w")},
			{"other table", func() error { return tx.Put(Pests, []byte("k"), []byte("x")) }, []byte("w")},
			{"delete", func() error { return tx.Delete(Fruit, []byte("k")) }, nil},
			{"delete again", func() error { return tx.Delete(Fruit, []byte("k")) }, nil},
			{"empty value", func() error { return tx.Put(Fruit, []byte("k"), nil) }, []byte{}},
		} {
			if err := step.do(); err != nil {
				t.Errorf("%s: %v", step.name, err)
			}
			got, err := tx.Get(Fruit, []byte("k"))
			if err != nil || !bytes.Equal(got, step.want) || (got == nil) != (step.want == nil) {
				t.Errorf("%s: Get = %q (nil: %t), %v, want %q (nil: %t)",
					step.name, got, got == nil, err, step.want, step.want == nil)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	err = s.View(t.Context(), func(r store.Reader) error {
		got, err := r.Get(Fruit, []byte("k"))
		if got == nil || len(got) != 0 {
			t.Errorf("Get of an empty value = %q (nil: %t), want empty and not nil", got, got == nil)
		}
		return err
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	expect(t, s, Fruit, map[string]string{"k": ""})
	expect(t, s, Pests, map[string]string{"k": "x"})
}

func testPutCopies(t *testing.T, open opener) {
	s := open(t, nil)
	err := s.Update(t.Context(), func(tx store.Tx) error {
		key, value := []byte("key"), []byte("value")
		if err := tx.Put(Fruit, key, value); err != nil {
			return err
		}
		copy(key, "xxx")
		copy(value, "xxxxx")
		return nil
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	expect(t, s, Fruit, map[string]string{"key": "value"})
}

func testKeys(t *testing.T, open opener) {
	s := open(t, nil)
	longest := strings.Repeat("k", store.MaxKey)
	err := s.Update(t.Context(), func(tx store.Tx) error {
		if err := tx.Put(Fruit, nil, []byte("v")); err == nil {
			t.Error("Put with an empty key returned no error")
		}
		if err := tx.Put(Fruit, []byte(longest+"k"), []byte("v")); err == nil {
			t.Errorf("Put with a key of %d bytes returned no error", len(longest)+1)
		}
		if got, err := tx.Get(Fruit, nil); got != nil || err != nil {
			t.Errorf("Get of the empty key = %q, %v, want nothing", got, err)
		}
		if err := tx.Delete(Fruit, nil); err != nil {
			t.Errorf("Delete of the empty key: %v", err)
		}
		if err := tx.Put(Fruit, []byte{0}, []byte("zero")); err != nil {
			return err
		}
		return tx.Put(Fruit, []byte(longest), []byte("longest"))
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	expect(t, s, Fruit, map[string]string{"\x00": "zero", longest: "longest"})
}

func testUnknownTable(t *testing.T, open opener) {
	s := open(t, nil)
	const unknown store.Table = "unknown"
	read := func(r store.Reader) {
		t.Helper()
		if _, err := r.Get(unknown, []byte("k")); err == nil {
			t.Error("Get of an unknown table returned no error")
		}
		if _, err := scan(r, unknown, nil, nil, false); err == nil {
			t.Error("Scan of an unknown table yielded no error")
		}
	}
	err := s.View(t.Context(), func(r store.Reader) error {
		read(r)
		return nil
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	err = s.Update(t.Context(), func(tx store.Tx) error {
		read(tx)
		if err := tx.Put(unknown, []byte("k"), nil); err == nil {
			t.Error("Put to an unknown table returned no error")
		}
		if err := tx.Delete(unknown, []byte("k")); err == nil {
			t.Error("Delete from an unknown table returned no error")
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func testLargeValues(t *testing.T, open opener) {
	s := open(t, nil)
	want := map[string]string{}
	for _, size := range []int{1, 2 << 10, 16 << 10, 256 << 10, 3 << 20} {
		key := strings.Repeat("k", size%100+1)
		want[key] = strings.Repeat(string(rune('a'+size%26)), size)
		put(t, s, Fruit, key, want[key])
	}
	expect(t, s, Fruit, want)
}

func testUseAfterEnd(t *testing.T, open opener) {
	s := open(t, nil)
	fill(t, s, Fruit)
	var reader store.Reader
	if err := s.View(t.Context(), func(r store.Reader) error { reader = r; return nil }); err != nil {
		t.Fatalf("View: %v", err)
	}
	var tx store.Tx
	if err := s.Update(t.Context(), func(x store.Tx) error { tx = x; return nil }); err != nil {
		t.Fatalf("Update: %v", err)
	}
	for name, r := range map[string]store.Reader{"Reader": reader, "Tx": tx} {
		if _, err := r.Get(Fruit, []byte("a")); err == nil {
			t.Errorf("Get of a %s after its end returned no error", name)
		}
		if _, err := scan(r, Fruit, nil, nil, false); err == nil {
			t.Errorf("Scan of a %s after its end yielded no error", name)
		}
	}
	if err := tx.Put(Fruit, []byte("a"), nil); err == nil {
		t.Error("Put after the end returned no error")
	}
	if err := tx.Delete(Fruit, []byte("a")); err == nil {
		t.Error("Delete after the end returned no error")
	}
}
