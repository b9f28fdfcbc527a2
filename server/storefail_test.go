package server_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/ledger"
)

func TestNewSaysWhatIsWrong(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*testing.T, *server.Config)
		is    error  // nil: any
		says  string // part of the error
	}{
		{
			"no ledger", func(t *testing.T, c *server.Config) {
				c.Data, c.Anchor = t.TempDir(), filepath.Join(t.TempDir(), "anchor")
			},
			ledger.ErrNotInitialised, "spsd store init",
		},
		{"no certificate", func(_ *testing.T, c *server.Config) { c.Identity.Certificate += "x" }, fs.ErrNotExist, "node.pemx"},
		{"readable key", func(t *testing.T, c *server.Config) {
			if err := os.Chmod(c.Identity.LogKey, 0o644); err != nil {
				t.Fatal(err)
			}
		}, nil, "chmod"},
		{"two files at once", func(_ *testing.T, c *server.Config) { c.Identity.Card += "x"; c.Identity.ReceiptKey += "x" }, fs.ErrNotExist, "receipt.keyx"},
		{"other office", func(_ *testing.T, c *server.Config) { c.Office = "CN" }, nil, "is of asean-cn/VN, want asean-cn/CN"},
		{"log key of another", func(_ *testing.T, c *server.Config) {
			c.Identity.LogKey = filepath.Join(filepath.Dir(c.Identity.LogKey), "..", "CN", "log.key")
		}, nil, "does not name the log key"},
		{"no folder of peers", func(_ *testing.T, c *server.Config) { c.Peers += "x" }, fs.ErrNotExist, "folder of peers"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, "VN", "CN")
			c := w.config("VN")
			tc.spoil(t, &c)
			_, err := server.New(t.Context(), server.Options{Config: c})
			if err == nil || tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("New = %v, want an error that is %v and says %q", err, tc.is, tc.says)
			}
		})
	}
}

func TestFullStoreTakesUrgentStatementsOnly(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	w.max = 96 << 20 // 64 MiB are kept for urgent work, and 32 MiB for steps of growth
	vn := w.start("VN")
	long := func(c spsv1.Classification) *spsv1.Statement {
		st := notification("much to say")
		n := st.GetNotification()
		n.Classification = c
		for _, lang := range []string{"de", "en", "es", "fr", "id", "it", "km", "lo", "ms", "th", "vi", "zh"} {
			n.Description = append(n.Description, &spsv1.LocalizedText{Lang: lang, Text: strings.Repeat("x", 20000)})
		}
		return st
	}
	var err error
	cases := vn.validator()
	for i := 0; err == nil; i++ {
		if i == 1000 {
			t.Fatal("200 MB went into 96 MiB")
		}
		_, err = cases.IssueStatement(t.Context(), request(vn, long(spsv1.Classification_CLASSIFICATION_BORDER_REJECTION)))
	}
	if status.Code(err) != codes.FailedPrecondition || reason(err) != "READ_ONLY" {
		t.Fatalf("issue into a full store: %v, want READ_ONLY", err)
	}
	admin := spsv1.NewNodeServiceClient(vn.as(certs.RoleAdmin, "minh"))
	if got, err := admin.GetNode(t.Context(), &spsv1.GetNodeRequest{}); err != nil || !got.GetReadOnly() || !strings.Contains(got.GetReadOnlyReason(), "limits.store") {
		t.Errorf("node = %v, %v, want read-only with what to do", got, err)
	}
	if got := get(t, vn, "/readyz"); !strings.HasPrefix(got, "200 ready, read-only: ") {
		t.Errorf("readyz = %q, want ready, read-only", got)
	}
	alert := long(spsv1.Classification_CLASSIFICATION_ALERT)
	alert.GetNotification().Risk = &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}
	issue(t, vn, alert)
}

func TestStopWithoutStart(t *testing.T) {
	w := newWorld(t, "VN")
	n, err := server.New(t.Context(), server.Options{Config: w.config("VN")})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

func TestStartWithoutRoomToListen(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	c := w.config("CN")
	c.Listen.Ops = vn.Addrs().Ops.String()
	c.Listen.Office = "127.0.0.1:0"
	n, err := server.New(t.Context(), server.Options{Config: c})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "listen.ops") {
		t.Errorf("Start = %v, want an error that names listen.ops", err)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

func TestVerifyNamesWhatIsDamaged(t *testing.T) {
	w := newWorld(t, "VN")
	c := w.config("VN")
	spoil(t, c.Ledger())
	if _, err := server.Verify(t.Context(), c); !errors.Is(err, server.ErrDamaged) {
		t.Errorf("Verify = %v, want ErrDamaged", err)
	}
}

func TestVerifyComparesWithTheAnchor(t *testing.T) {
	w := newWorld(t, "VN")
	c := w.config("VN")
	older, err := os.ReadFile(c.Ledger())
	if err != nil {
		t.Fatal(err)
	}
	n := w.start("VN")
	issue(t, n, notification("after the copy"))
	n.stop()
	if _, err := server.Verify(t.Context(), c); err != nil {
		t.Fatalf("Verify = %v, want it in order", err)
	}
	if err := os.WriteFile(c.Ledger(), older, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Verify(t.Context(), c); !errors.Is(err, server.ErrNotNewest) || !strings.Contains(err.Error(), "older than the anchor") {
		t.Errorf("Verify of an older copy = %v, want ErrNotNewest", err)
	}
	if err := os.Truncate(c.Ledger(), 40<<10); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Verify(t.Context(), c); !errors.Is(err, server.ErrDamaged) || !strings.Contains(err.Error(), c.Ledger()) {
		t.Errorf("Verify of a file cut short = %v, want ErrDamaged with its name", err)
	}
	if err := os.Remove(c.Anchor); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.Ledger(), older, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Verify(t.Context(), c); !errors.Is(err, server.ErrNotNewest) {
		t.Errorf("Verify without the anchor = %v, want ErrNotNewest", err)
	}
}

// spoil changes one byte of the card in a ledger, and in what is left there of
// earlier pages.
func spoil(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const card = "application/vnd.sps.card.v1"
	if !strings.Contains(string(data), card) {
		t.Fatal("the card is not in the file")
	}
	for at := 0; ; at += 100 {
		next := strings.Index(string(data[at:]), card)
		if next < 0 {
			break
		}
		at += next
		data[at+100] ^= 1
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSuspectStoreIsVerified(t *testing.T) {
	w := newWorld(t, "VN")
	c := w.config("VN")
	word := c.Ledger() + ".suspect"
	leave := func() {
		t.Helper()
		if err := os.WriteFile(word, []byte("the disk failed\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leave()
	w.start("VN").stop()
	if _, err := os.Stat(word); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after a start that found everything in order: %v, want the word taken away", err)
	}
	leave()
	spoil(t, c.Ledger())
	if _, err := server.New(t.Context(), server.Options{Config: c}); !errors.Is(err, server.ErrDamaged) {
		t.Errorf("New = %v, want ErrDamaged", err)
	}
	if _, err := os.Stat(word); err != nil {
		t.Errorf("after a start that was refused: %v, want the word still there", err)
	}
}

func TestCardsActWithoutRestart(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	cn, vn := w.start("CN"), w.start("VN")
	first := issue(t, cn, notification("while the card is accepted"))
	vn.watch("offices/CN", "").statement(first.GetName())

	// VN's administrator removes China's card, and puts it back.
	card := filepath.Join(w.config("VN").Peers, "CN.card")
	if err := os.Remove(card); err != nil {
		t.Fatal(err)
	}
	if err := vn.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	admin := spsv1.NewNodeServiceClient(vn.as(certs.RoleAdmin, "minh"))
	if _, err := admin.GetPeer(t.Context(), &spsv1.GetPeerRequest{Name: "peers/CN"}); status.Code(err) != codes.NotFound {
		t.Errorf("peer without a card = %v, want NOT_FOUND", err)
	}
	if err := os.WriteFile(card, cn.office.Card.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	second := issue(t, cn, notification("when it is accepted again"))
	vn.watch("offices/CN", "").statement(second.GetName())
}
