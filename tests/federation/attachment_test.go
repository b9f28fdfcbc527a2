package federation

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// report returns a file that looks like a PDF.
func report(t *testing.T, size int) []byte {
	t.Helper()
	content := make([]byte, size)
	if _, err := rand.Read(content); err != nil {
		t.Fatal(err)
	}
	copy(content, "%PDF-1.7\n")
	return content
}

// issueFile puts a file into a node and issues a statement that names it.
func issueFile(t *testing.T, n *Node, content []byte, audience ...certs.Office) blob.Digest {
	t.Helper()
	ctx := context.Background()
	sum, size, err := n.Files.Put(ctx, bytes.NewReader(content), blob.Declared{MediaType: "application/pdf"})
	if err != nil {
		t.Fatal(err)
	}
	salt := make([]byte, 32)
	_, _ = rand.Read(salt)
	envelope, err := statement.Encode(&spsv1.Statement{
		Salt: salt, Federation: n.Office.Authority.Federation(), Office: string(n.Office.Code()),
		Attachments: []*spsv1.Attachment{{Id: "a1", Sha256: sum[:], SizeBytes: uint64(size), MediaType: "application/pdf", Filename: "report.pdf"}},
		Body:        &spsv1.Statement_Notification{Notification: &spsv1.Notification{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = n.Ledger.Append(ctx, func(store.Tx) (ledger.Draft, error) {
		return ledger.Draft{
			RequestID: sum.String(), Fingerprint: sha256.Sum256(envelope), Type: spsv1.LeafType_LEAF_TYPE_STATEMENT,
			Network: len(audience) == 0, Audience: audience, Envelope: envelope,
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// wantFile fails the test unless a node holds a file with these bytes.
func wantFile(t *testing.T, n *Node, sum blob.Digest, content []byte) {
	t.Helper()
	f, _, err := n.Files.Open(context.Background(), sum)
	if err != nil {
		t.Errorf("at %s: %v", n.Office.Code(), err)
		return
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, content) {
		t.Errorf("at %s: %d bytes (%v), want the %d that were put", n.Office.Code(), len(got), err, len(content))
	}
}

// until waits until it holds, for simulated minutes at most.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 6000 {
		if holds() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("waited in vain until %s", what)
}

// A file of 20 MiB over a line that is cut, and a receiver that is restarted in
// the middle: it arrives once and equal, nothing comes twice, an urgent entry
// does not wait for it, and nobody gets it to whom it is not addressed.
func TestAttachmentOverACutLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		cn, th, vn := f.Node("CN"), f.Node("TH"), f.Node("VN")
		f.Network.Shape("CN", "VN", Line{Rate: 1 << 20, Delay: 30 * time.Millisecond})
		f.Start("CN", "TH", "VN")
		f.Settle()
		content := report(t, 20<<20)
		carried := f.Network.Carried("CN", "VN")
		sum := issueFile(t, cn, content, "VN")

		until(t, "5 MiB have come", func() bool { return vn.Files.Fetched(sum) >= 5<<20 })
		f.Network.Cut("CN", "VN")
		time.Sleep(time.Minute)
		cut := vn.Files.Fetched(sum)
		f.Network.Heal("CN", "VN")
		until(t, "12 MiB have come", func() bool { return vn.Files.Fetched(sum) >= 12<<20 })
		vn.Restart()
		restarted := vn.Files.Fetched(sum)
		if cut < 5<<20 || restarted < 12<<20 {
			t.Errorf("%d bytes were left by the cut, %d by the restart; want at least 5 MiB, 12 MiB", cut, restarted)
		}
		until(t, "it goes on", func() bool { return vn.Files.Fetched(sum) > restarted })
		began := time.Now()
		cn.Issue(1000, "VN")
		until(t, "the entry has come", func() bool { return vn.Holds("CN") == 3 })
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("an entry took %s beside the file, want at most what is on the line", took)
		}
		if _, whole := vn.Files.Size(sum); whole {
			t.Error("the file came before the entry, want the entry in between")
		}
		until(t, "the file is whole", func() bool { _, whole := vn.Files.Size(sum); return whole })
		wantFile(t, vn, sum, content)
		if bytes := f.Network.Carried("CN", "VN") - carried; bytes > 20<<20*115/100 {
			t.Errorf("%d bytes went for a file of %d, want little more: nothing twice", bytes, len(content))
		}
		if use := th.Files.Usage(); use.Files != 0 || use.Partial != 0 {
			t.Errorf("TH, to whom it is not addressed, has %+v", use)
		}
		f.Settle()
		f.WantSame()
		left, err := vn.book.Awaited(context.Background(), nil, 10)
		if err != nil || len(left) > 0 {
			t.Errorf("%d files are awaited still (%v), want none", len(left), err)
		}
	})
}

// A file whose issuer is away comes from another office that may read it.
func TestAttachmentFromAnotherOffice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		cn, th, vn := f.Node("CN"), f.Node("TH"), f.Node("VN")
		f.Network.Shape("CN", "VN", Line{Rate: 100 << 10, Delay: 30 * time.Millisecond})
		f.Start("CN", "TH", "VN")
		f.Settle()
		content := report(t, 3<<20)
		sum := issueFile(t, cn, content)
		until(t, "TH has it, and VN a part", func() bool {
			_, whole := th.Files.Size(sum)
			return whole && vn.Files.Fetched(sum) > 0
		})
		part := vn.Files.Fetched(sum)
		f.Stop("CN")
		until(t, "VN has it", func() bool { _, whole := vn.Files.Size(sum); return whole })
		wantFile(t, vn, sum, content)
		if part >= int64(len(content)) {
			t.Errorf("%d bytes had come from CN, want a part", part)
		}
	})
}
