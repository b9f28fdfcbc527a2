package ledger_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/spsalert/spsalert/server/ledger/ledgertest"
)

func TestBodiesOfAllSizes(t *testing.T) {
	vn, cn := startTwo(t, ledgertest.Discard{})
	sizes := []int{1, 2, 1499, 1500, 1501, 2999, 3000, 3001, 100_000, 256 << 10}
	for i, size := range sizes {
		vn.Issue(t, fmt.Sprintf("0199c0de-0000-7000-8000-%012d", i), string(bytes.Repeat([]byte{byte(i + 1)}, size)), "CN")
	}
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	for _, n := range []*ledgertest.Node{vn, cn} {
		for i, e := range held(t, n, vn.Origin())[1:] {
			if want := bytes.Repeat([]byte{byte(i + 1)}, sizes[i]); !bytes.Equal(e.Envelope, want) {
				t.Errorf("%s: body %d has %d bytes, want %d of value %d", n.Office.Code(), i, len(e.Envelope), len(want), i+1)
			}
		}
	}
}

func TestRequestIDsThatLookAlike(t *testing.T) {
	vn := startVN(t, nil)
	for i, id := range []string{
		"0199c0de-0000-7000-8000-000000000001",
		"0199C0DE-0000-7000-8000-000000000001",
		"0199c0de00007000800000000000000000001",
		"0199c0de-0000-7000-8000-00000000000g",
		"\x01\x99\xc0\xde\x00\x00\x70\x00\x80\x00\x00\x00\x00\x00\x00\x01",
		"u\x01\x99\xc0\xde\x00\x00\x70\x00\x80\x00\x00\x00\x00\x00\x00\x01",
		"s",
	} {
		for range 2 {
			if e := vn.Issue(t, id, id); e.Sequence != uint64(i+1) {
				t.Errorf("request %q got entry %d, want %d", id, e.Sequence, i+1)
			}
		}
	}
}
