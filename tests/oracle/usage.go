package oracle

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/client/drill"
)

// Usage is what a process has to give back (P5).
type Usage struct{ Descriptors, Goroutines int }

// spare is by how much a node may differ from itself while nothing happens: a
// request of somebody who looks, a redial.
var spare = Usage{Descriptors: 3, Goroutines: 12}

// UsageOf returns what a real node uses now.
func UsageOf(ctx context.Context, n *drill.Node) (u Usage, err error) {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", n.Pid()))
	if err != nil {
		return Usage{}, err
	}
	u.Descriptors = len(open)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.Addresses().Ops+"/metrics", nil)
	if err != nil {
		return Usage{}, err
	}
	req.Close = true // it does not stay to be counted
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return Usage{}, err
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if count, is := strings.CutPrefix(lines.Text(), "go_goroutines "); is {
			u.Goroutines, err = strconv.Atoi(count)
			return u, err
		}
	}
	return Usage{}, fmt.Errorf("the metrics of %s do not count goroutines", n.Office())
}

// AwaitUsage fails the test unless a node, to which nothing happens any more,
// soon uses no more than it did before (P5).
func AwaitUsage(ctx context.Context, t testing.TB, n *drill.Node, before Usage) {
	t.Helper()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-ticker.C {
		now, err := UsageOf(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		if now.Descriptors <= before.Descriptors+spare.Descriptors && now.Goroutines <= before.Goroutines+spare.Goroutines {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("P5: %s has %d descriptors and %d goroutines, and had %d and %d at the beginning",
				n.Office(), now.Descriptors, now.Goroutines, before.Descriptors, before.Goroutines)
			return
		}
	}
}

// OpenBelow returns the files below a folder that this process has open (P5),
// nil where the system does not tell.
func OpenBelow(folder string) []string {
	var open []string
	descriptors, _ := filepath.Glob("/proc/self/fd/*") // none on other systems
	for _, d := range descriptors {
		if path, err := os.Readlink(d); err == nil && strings.HasPrefix(path, folder+string(filepath.Separator)) {
			open = append(open, path)
		}
	}
	return open
}
