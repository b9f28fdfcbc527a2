package browser

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/drill"
)

var pictures = flag.String("pictures", "", "folder in which the pages are left as pictures")

// patience is how long a page may take on a machine that does much else.
const patience = 90 * time.Second

var spsd string // the node's program, built by TestMain

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "spsd-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	spsd = filepath.Join(dir, "spsd")
	build := exec.Command("go", "build", "-C", "../..", "-o", spsd, "./server/cmd/spsd")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build spsd:", err)
		return 1
	}
	return m.Run()
}

// startNode runs a node of Vietnam until the test ends.
func startNode(t *testing.T) *drill.Node {
	t.Helper()
	fed, err := drill.Start(t.Context(), drill.Options{Offices: []certs.Office{"VN"}, Binary: spsd, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fed.Close(); err != nil {
			t.Errorf("stop the node: %v", err)
		}
	})
	return fed.Node("VN")
}

// tab is a page of a browser that believes the node's certificate, and no other
// that its machine does not.
type tab struct {
	ctx context.Context

	mu   sync.Mutex
	said []string // what the page put on the console, and errors of the browser about it
}

// openTab starts a browser with one page, until the test ends.
func openTab(t *testing.T, node *drill.Node) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // there is none for root in a container
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors-spki-list", keyOf(t, node)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.WindowSize(1280, 1600),
	)
	limited, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	allocated, stop := chromedp.NewExecAllocator(limited, options...)
	t.Cleanup(stop)
	page := &tab{}
	ctx, closed := chromedp.NewContext(allocated, chromedp.WithListener(page.hear))
	t.Cleanup(closed)
	page.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return page
}

// keyOf is the digest of the public key that the node shows, as Chromium wants
// it.
func keyOf(t *testing.T, node *drill.Node) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(node.Dir(), "web.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("web.pem holds no certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(digest[:])
}

// picture leaves the page as it is now in the folder of pictures, if there is
// one.
func (p *tab) picture(t *testing.T, name string) {
	t.Helper()
	if *pictures == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatalf("picture of %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}
