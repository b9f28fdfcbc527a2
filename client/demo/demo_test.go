package demo_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/batch"
	"github.com/spsalert/spsalert/client/demo"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
)

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

// items returns n items that VN and CN issue, every third of them to everyone.
func items(n int) (all []batch.Item) {
	for i := range n {
		issuer, other := certs.Office("VN"), certs.Office("CN")
		if i%2 == 1 {
			issuer, other = other, issuer
		}
		to := []certs.Office{other}
		if i%3 == 0 {
			to = nil
		}
		label := fmt.Sprintf("item %d", i)
		all = append(all, batch.Item{
			Label: label, Office: issuer, RequestID: client.NameRequest("demo test", label),
			Statement: drilltest.Notification(label, to...),
		})
	}
	return all
}

func connect(t *testing.T, fed *drill.Federation) map[certs.Office]*client.Client {
	t.Helper()
	nodes := map[certs.Office]*client.Client{}
	for _, n := range fed.Nodes() {
		nodes[n.Office()] = drilltest.Client(t, n, certs.RoleValidator)
	}
	return nodes
}

func TestRun(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN", "CN", "TH"}})
	nodes := connect(t, fed)
	demo.AwaitLinks(t.Context(), nodes)
	all := items(90)
	all[5].Err, all[5].Statement = errors.New("no such row"), nil
	all[6].Statement.Handling = 0 // the node refuses it
	var shown, skipped []string
	got, err := demo.Run(t.Context(), demo.Options{
		Nodes: nodes, Source: batch.Items(all...), InFlight: 8,
		Show: func(d *demo.Delivery) {
			shown = append(shown, d.Issued.GetName())
			if want := 1; len(d.Arrived) < want || len(d.Receipted) != len(d.Arrived) {
				t.Errorf("%s was shown with %d arrivals and %d receipts", d.Issued.GetName(), len(d.Arrived), len(d.Receipted))
			}
		},
		Skipped: func(r batch.Result) { skipped = append(skipped, r.Label) },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := demo.Summary{
		Offices: []certs.Office{"CN", "TH", "VN"}, Rows: 90, Skipped: 2, Issued: 88,
		Addressed: 59, Network: 29, Expected: 59 + 2*29, Delivered: 59 + 2*29, Receipted: 59 + 2*29, Complete: true,
		ReceiptP50: got.ReceiptP50, ReceiptP99: got.ReceiptP99, ArrivalP50: got.ArrivalP50, ArrivalP99: got.ArrivalP99, Seconds: got.Seconds,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("summary\n got %+v\nwant %+v", got, want)
	}
	if got.ReceiptP50 <= 0 || got.ReceiptP99 < got.ReceiptP50 || got.ArrivalP50 <= 0 || got.Seconds <= 0 {
		t.Errorf("times %+v, want all above 0 and percentiles in order", got)
	}
	if len(shown) != 88 {
		t.Errorf("%d statements were shown, want 88", len(shown))
	}
	slices.Sort(skipped)
	if want := []string{"item 5", "item 6"}; !slices.Equal(skipped, want) {
		t.Errorf("skipped %q, want %q", skipped, want)
	}
}

// TestRunOverAPowerCut kills a node in the middle. The demo goes on when it is
// back, and nothing is missing.
func TestRunOverAPowerCut(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN", "CN"}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	supervised := make(chan struct{})
	life, end := context.WithCancel(ctx)
	go func() {
		defer close(supervised)
		fed.Supervise(life, func(n *drill.Node, _, again error) {
			if again != nil {
				t.Errorf("start %s again: %v", n.Office(), again)
			}
		})
	}()
	seen := 0
	got, err := demo.Run(ctx, demo.Options{
		Nodes: connect(t, fed), Source: batch.Items(items(300)...), InFlight: 8,
		Show: func(*demo.Delivery) {
			if seen++; seen == 50 {
				if err := fed.Node("CN").Signal(os.Kill); err != nil {
					t.Error(err)
				}
			}
		},
	})
	end()
	<-supervised
	if err != nil {
		t.Fatal(err)
	}
	if !got.Complete || got.Issued != 300 {
		t.Errorf("summary %+v, want 300 issued and complete", got)
	}
}

// TestRunIsHonest takes away an addressee: a run without it is not complete.
func TestRunIsHonest(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN", "CN"}})
	nodes := connect(t, fed)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := fed.Node("CN").Kill(); err != nil {
		t.Fatal(err)
	}
	item := batch.Item{Label: "x", Office: "VN", RequestID: client.NewRequestID(), Statement: drilltest.Notification("nobody home", "CN")}
	got, err := demo.Run(ctx, demo.Options{Nodes: nodes, Source: batch.Items(item), InFlight: 1})
	if err == nil || got.Complete {
		t.Errorf("summary %+v, error %v, want an error and not complete", got, err)
	}
	if got.Issued != 1 || got.Receipted != 0 || got.Expected != 1 {
		t.Errorf("summary %+v, want one issued, one expected, none receipted", got)
	}
}
