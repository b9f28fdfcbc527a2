package office_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/office"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// countingStore counts Views.
type countingStore struct {
	store.Store
	views atomic.Int64
}

func (s *countingStore) View(ctx context.Context, fn func(store.Reader) error) error {
	s.views.Add(1)
	return s.Store.View(ctx, fn)
}

// desk is an office service over a real ledger, whose Views are counted.
type desk struct {
	*office.Service
	ledger *ledger.Ledger
	book   *casebook.Book
	roster *certs.Roster
	store  *countingStore
	now    time.Time
	conn   *grpc.ClientConn // calls on it are made for whoever as says

	options office.Options
}

func newDesk(t testing.TB, of *authority.Office, queries casebook.Limits) *desk {
	t.Helper()
	db, err := bolt.Create(filepath.Join(t.TempDir(), "ledger.db"), bolt.Options{
		Tables: append(append(ledger.Tables(), casebook.Tables()...), office.Tables()...),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{roster: of.Roster, store: &countingStore{Store: db}, now: time.Now().Truncate(time.Second)}
	now := func() time.Time { return d.now }
	d.book, err = casebook.Open(t.Context(), casebook.Options{
		Store: d.store, Federation: of.Roster.Federation(), Office: of.Code(), Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	o := ledgertest.OptionsOf(of, d.store, filepath.Join(t.TempDir(), "anchor"))
	o.Fold, o.Now = d.book, now
	if err := ledger.Init(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	d.ledger = ledgertest.Open(t, o)
	d.options = office.Options{
		Ledger: d.ledger, Book: d.book, Roster: of.Roster, Store: d.store, Now: now, Queries: queries, Codes: codes.Builtin(),
	}
	d.serve(t)
	return d
}

// serve makes the service of the options of the desk, and puts it behind a guard.
func (d *desk) serve(t testing.TB) {
	t.Helper()
	d.Service = office.New(d.options)
	g := &access.Guard{Roster: d.roster, Now: d.options.Now, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	m := access.NewInMemory()
	srv := grpc.NewServer(append(g.ServerOptions(), m.ServerOption())...)
	spsv1.RegisterCaseServiceServer(srv, d.Service)
	spsv1.RegisterDraftServiceServer(srv, d.Drafts())
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(m.Listener()) }()
	t.Cleanup(func() { srv.Stop(); <-done })
	var err error
	if d.conn, err = m.Dial(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.conn.Close() })
}

// as returns a context in which a person of the office calls.
func (d *desk) as(ctx context.Context, role certs.Role, id string) context.Context {
	own := d.roster.Own()
	return access.As(ctx, access.Caller{
		Identity: certs.Identity{Federation: own.Federation(), Office: own.Office(), Role: role, ID: id}, Until: d.now.AddDate(1, 0, 0),
	})
}

// cases returns the service of cases over its connection, and a context in which
// an officer calls it.
func (d *desk) cases(ctx context.Context) (spsv1.CaseServiceClient, context.Context) {
	return spsv1.NewCaseServiceClient(d.conn), d.as(ctx, certs.RoleOfficer, "an")
}

// issue appends a notification, and returns its entry.
func (d *desk) issue(t *testing.T, id string, st *spsv1.Statement, audience ...certs.Office) ledger.Entry {
	t.Helper()
	own := d.roster.Own().Office()
	st.Salt = make([]byte, 32)
	st.Federation, st.Office = d.roster.Federation(), string(own)
	st.Body = &spsv1.Statement_Notification{Notification: &spsv1.Notification{}}
	envelope, err := statement.Encode(st)
	if err != nil {
		t.Fatal(err)
	}
	e, err := d.ledger.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement(id, string(envelope), audience...)))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// deliveriesOneByOne finds out how an entry stands with each office by asking
// the ledger and the book about one after the other.
func (d *desk) deliveriesOneByOne(t *testing.T, e ledger.Entry, offices ...certs.Office) []*spsv1.Delivery {
	t.Helper()
	var all []*spsv1.Delivery
	for _, o := range offices {
		delivery := &spsv1.Delivery{Office: string(o), State: spsv1.DeliveryState_DELIVERY_STATE_UNDELIVERED}
		covering, err := d.ledger.Covering(t.Context(), o, e.Origin, e.Sequence)
		if err != nil {
			t.Fatal(err)
		}
		newest, err := d.ledger.ReceiptOf(t.Context(), o, e.Origin)
		if err != nil {
			t.Fatal(err)
		}
		_, known := d.roster.Card(o)
		switch {
		case covering != nil:
			recorded, err := d.book.Recorded(t.Context(), covering.Position.N)
			if err != nil {
				t.Fatal(err)
			}
			delivery.State = spsv1.DeliveryState_DELIVERY_STATE_DELIVERED
			delivery.ReceiptTime = timestamppb.New(time.Unix(covering.Time, 0))
			delivery.RecordTime = timestamppb.New(recorded)
		case !known:
			delivery.State = spsv1.DeliveryState_DELIVERY_STATE_BY_HAND
		case newest != nil && e.Sequence < newest.Size:
			delivery.State = spsv1.DeliveryState_DELIVERY_STATE_BODY_MISSING
		}
		all = append(all, delivery)
	}
	return all
}

// TestDeliveriesOfAList compares the deliveries of a list with what the ledger
// says of each office alone, and counts what the list cost.
func TestDeliveriesOfAList(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH", "MM")
	vn := newDesk(t, fed.Office("VN"), casebook.DefaultLimits())
	statements := make(map[string]ledger.Entry)
	const cases = 10
	for i := range cases {
		st := &spsv1.Statement{Addressees: []*spsv1.Addressee{{Office: "LA"}}} // not on the network
		e := vn.issue(t, fmt.Sprintf("r%d", i), st)
		statements[e.Leaf.GetReference()] = e
		vn.now = vn.now.Add(time.Minute)
		switch i {
		case 3:
			receive(t, vn, fed.Office("CN"))
		case 6:
			receive(t, vn, fed.Office("TH"), e.Sequence) // has not got the body
		case 8:
			receive(t, vn, fed.Office("CN"))
		}
	}
	vn.store.views.Store(0)
	service, an := vn.cases(t.Context())
	list, err := service.ListCases(an, &spsv1.ListCasesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	views := vn.store.views.Load()
	if got := len(list.GetCases()); got != cases {
		t.Fatalf("%d cases, want %d", got, cases)
	}
	states := make(map[spsv1.DeliveryState]int)
	for _, c := range list.GetCases() {
		got := c.GetOriginal().GetDeliveries()
		want := vn.deliveriesOneByOne(t, statements[c.GetReference()], "CN", "LA", "MM", "TH")
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("deliveries of %s (-one by one +list):\n%s", c.GetReference(), diff)
		}
		for _, d := range got {
			states[d.GetState()]++
		}
	}
	want := map[spsv1.DeliveryState]int{
		spsv1.DeliveryState_DELIVERY_STATE_DELIVERED: 9 + 6, spsv1.DeliveryState_DELIVERY_STATE_BODY_MISSING: 1,
		spsv1.DeliveryState_DELIVERY_STATE_BY_HAND: 10, spsv1.DeliveryState_DELIVERY_STATE_UNDELIVERED: 1 + 3 + 10,
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	// The page of the casebook, its summaries, and of each case the entry, how it stands with
	// all offices, and the note of the book, however many offices there are.
	if limit := int64(3 + 3*cases); views > limit {
		t.Errorf("a list of %d own cases costs %d Views, want at most %d", cases, views, limit)
	}
}

// receive adds the receipt of an office that has the whole log, but for the
// bodies of some entries.
func receive(t *testing.T, at *desk, from *authority.Office, missing ...uint64) {
	t.Helper()
	h, err := at.ledger.Head(t.Context(), at.ledger.Origin())
	if err != nil {
		t.Fatal(err)
	}
	said := seal.Receipt{Origin: at.ledger.Origin(), Size: h.Checkpoint.Size, Root: h.Checkpoint.Root, Time: at.now.Unix(), Missing: missing}
	note, err := seal.SignReceipt(said, from.Code(), from.ReceiptKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := at.ledger.AddReceipt(t.Context(), from.Code(), note); err != nil {
		t.Fatalf("receipt of %s: %v", from.Code(), err)
	}
}
