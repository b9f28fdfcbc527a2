package trader

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// desk is the service of an office over a real store, whose cases the test writes.
type desk struct {
	*Service
	t     testing.TB
	db    *tripped
	cases map[string]*written
	now   time.Time
	seen  string // the case that units see
	read  func() // called when a case was read; nil: nothing

	officers spsv1.ExporterServiceClient // both through the guard of a node
	readers  spsv1.ConsignmentServiceClient
}

// written is a case that a test writes: it is folded anew each time.
type written struct {
	notification string
	change       func(*spsv1.CaseState)
	entries      []statement.CaseEntry // beside the original
	status       spsv1.StatementStatus
	unreadable   error
}

const testCase = "CN-2026-000001"

var issued = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// testTable is where the drafts of the test lie.
const testTable store.Table = "test.drafts"

// newDesk returns the service of VN, which tells of alerts at once. The functions may
// change its options.
func newDesk(t testing.TB, change ...func(*Options)) *desk {
	t.Helper()
	db, err := bolt.Create(filepath.Join(t.TempDir(), "ledger.db"), bolt.Options{
		Tables: append(slices.Concat(ledger.Tables(), Tables()), testTable), Appended: AppendedTables(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{t: t, db: &tripped{Store: db}, cases: make(map[string]*written), now: issued.AddDate(0, 0, 1)}
	of := authority.ForTest(t, "VN").Office("VN")
	lo := ledgertest.OptionsOf(of, db, filepath.Join(t.TempDir(), "anchor"))
	if err := ledger.Init(t.Context(), lo); err != nil {
		t.Fatal(err)
	}
	o := Options{
		Store: d.db, Ledger: ledgertest.Open(t, lo), Roster: of.Roster, Cases: d, Drafts: drafts{}, Files: files{},
		Now: func() time.Time { return d.now }, Heartbeat: time.Minute,
		Rule: Rule{
			AtOnce: []spsv1.Classification{spsv1.Classification_CLASSIFICATION_ALERT}, AnswerWithin: 72 * time.Hour,
			Answers: 200, Files: 500, Length: 20000,
		},
	}
	for _, c := range change {
		c(&o)
	}
	d.Service = New(o)
	g, m := &access.Guard{Roster: of.Roster, Now: o.Now, Logger: slog.New(slog.DiscardHandler)}, access.NewInMemory()
	srv := grpc.NewServer(append(g.ServerOptions(), m.ServerOption())...)
	spsv1.RegisterExporterServiceServer(srv, d.Service)
	spsv1.RegisterConsignmentServiceServer(srv, d.Service)
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(m.Listener()) }()
	t.Cleanup(func() { srv.Stop(); <-done })
	conn, err := m.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	d.officers, d.readers = spsv1.NewExporterServiceClient(conn), spsv1.NewConsignmentServiceClient(conn)
	return d
}

// Folded implements Cases.
func (d *desk) Folded(_ context.Context, reference string, _ uint64) (*spsv1.CaseState, []statement.CaseEntry, error) {
	c := d.cases[reference]
	if c == nil || c.unreadable != nil {
		if c == nil {
			return nil, nil, nil
		}
		return nil, nil, c.unreadable
	}
	original := statement.CaseEntry{
		Origin: origin("CN"), Sequence: 1, Reference: reference, Time: issued,
		Statement: &spsv1.Statement{
			Status: c.status, Handling: spsv1.Handling_HANDLING_NETWORK,
			Addressees: []*spsv1.Addressee{{Office: "VN", Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN}}},
			Body:       &spsv1.Statement_Notification{Notification: parsed(d.t, &spsv1.Notification{}, c.notification)},
		},
		Audience: &spsv1.Audience{Offices: []string{"CN", "VN"}},
	}
	for _, e := range c.entries {
		e.Statement.CaseRef = &spsv1.CaseRef{Reference: reference, Original: &spsv1.EntryRef{Origin: original.Origin.String(), Sequence: 1, RecordHash: original.Hash[:]}}
	}
	state := statement.Fold(original, c.entries)
	if c.change != nil {
		c.change(state)
	}
	if d.read != nil {
		d.read()
	}
	return state, append([]statement.CaseEntry{original}, c.entries...), nil
}

// Sees implements Cases: people of a unit see what d.seen names.
func (d *desk) Sees(_ store.Reader, c access.Caller, reference string) (bool, error) {
	return c.Unit == "" || reference == d.seen, nil
}

// follows adds a follow-up of an office to a case.
func (c *written) follows(d *desk, office certs.Office, handling spsv1.Handling, facts string) {
	n := uint64(len(c.entries) + 2)
	c.entries = append(c.entries, statement.CaseEntry{
		Origin: origin(office), Sequence: n, Hash: [32]byte{byte(n)}, Time: issued, Audience: &spsv1.Audience{Offices: []string{"CN", "VN"}},
		Statement: &spsv1.Statement{
			Status: c.status, Handling: handling, Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Facts: parsed(d.t, &spsv1.Facts{}, facts)}},
		},
	})
}

// tell writes a case and settles it.
func (d *desk) tell(notification string) *written {
	d.t.Helper()
	c := &written{notification: notification, status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL}
	d.cases[testCase] = c
	d.settled()
	return c
}

func (d *desk) settled() {
	d.t.Helper()
	if err := d.settle(d.t.Context(), testCase); err != nil {
		d.t.Fatal(err)
	}
}

// register registers an exporter.
func (d *desk) register(id, text string) {
	d.t.Helper()
	e := parsed(d.t, &spsv1.Exporter{}, `display_name { lang: "vi" text: "Công ty Bình Thuận" } roles: EXPORTER_ROLE_EXPORTER languages: "vi" `+text)
	if _, err := d.officers.CreateExporter(d.as(certs.RoleOfficer, "lan"), &spsv1.CreateExporterRequest{ExporterId: id, Exporter: e}); err != nil {
		d.t.Fatal(err)
	}
}

// as returns a context in which somebody calls.
func (d *desk) as(role certs.Role, id string) context.Context { return d.of(role, id, "") }

func (d *desk) of(role certs.Role, id, unit string) context.Context {
	return access.As(d.t.Context(), access.Caller{
		Identity: certs.Identity{Federation: "asean-cn", Office: "VN", Role: role, ID: id}, Unit: unit, Until: d.now.AddDate(1, 0, 0),
	})
}

// notice returns the notice of an exporter as the office sees it; nil if there is none.
func (d *desk) notice(exporter string) *spsv1.ConsignmentNotice {
	d.t.Helper()
	resp, err := d.readers.ListConsignmentNotices(d.as(certs.RoleOfficer, "lan"), &spsv1.ListConsignmentNoticesRequest{Exporter: "exporters/" + exporter})
	if err != nil {
		d.t.Fatal(err)
	}
	if len(resp.GetNotices()) == 0 {
		return nil
	}
	return resp.GetNotices()[0]
}

// stands writes how a notice stands: its state, version, news, goods, and why it
// waits.
func (d *desk) stands(exporter string) string {
	d.t.Helper()
	n := d.notice(exporter)
	if n == nil {
		return "none"
	}
	text := strings.TrimPrefix(n.GetState().String(), "NOTICE_STATE_")
	for _, v := range n.GetVersions() {
		text += fmt.Sprint(" ", v.GetNumber())
		for _, what := range v.GetNews() {
			text += " " + strings.TrimPrefix(what.String(), "NOTICE_NEWS_")
		}
		text += fmt.Sprint(" ", goodsIn(n.GetContent()))
	}
	if n.GetOffice().GetNewsHeld() {
		text += " held"
	}
	if why := n.GetOffice().GetHoldReason(); why != 0 {
		text += " " + strings.TrimPrefix(why.String(), "HOLD_REASON_")
	}
	return text
}

// want settles the case, and compares how a notice stands.
func (d *desk) want(when, exporter, want string) {
	d.t.Helper()
	d.settled()
	if got := d.stands(exporter); got != want {
		d.t.Errorf("%s: %q, want %q", when, got, want)
	}
}

// release has an officer release what waits.
func (d *desk) release(exporter string) {
	d.t.Helper()
	if _, err := d.officers.ReleaseConsignmentNotice(d.as(certs.RoleOfficer, "lan"), &spsv1.ReleaseConsignmentNoticeRequest{Name: d.notice(exporter).GetName()}); err != nil {
		d.t.Fatal(err)
	}
}

// drafts keeps drafts in the store, as those of the office are.
type drafts struct{}

func (drafts) PrepareFollowUp(_ context.Context, req *spsv1.FollowUpCaseRequest) (func(store.Tx) (*spsv1.Draft, error), error) {
	draft := &spsv1.Draft{Name: "drafts/" + req.GetRequestId(), Statement: &spsv1.Statement{Body: &spsv1.Statement_FollowUp{FollowUp: req.GetFollowUp()}}}
	return func(tx store.Tx) (*spsv1.Draft, error) {
		return draft, write(tx, testTable, []byte(draft.GetName()), draft)
	}, nil
}

func (drafts) GetDraft(_ context.Context, req *spsv1.GetDraftRequest) (*spsv1.Draft, error) {
	return &spsv1.Draft{Name: req.GetName()}, nil
}

func (drafts) UseOf(r store.Reader, name string) (*spsv1.FindingUse, error) {
	draft := &spsv1.Draft{}
	if found, err := read(r, testTable, []byte(name), draft); err != nil || !found {
		return nil, err
	}
	return &spsv1.FindingUse{Draft: name}, nil
}

// files holds every file.
type files struct{}

func (files) CheckFiles(context.Context, string, []*spsv1.Attachment) ([]access.Violation, error) {
	return nil, nil
}

func (files) PinFiles(string, []*spsv1.Attachment) (func(), error) { return func() {}, nil }

const (
	aCode  = `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001" }`
	oneLot = `products { id: "p1" lots { id: "p1.l1" number: "L1" ` + aCode + ` } } `
	alert  = `classification: CLASSIFICATION_ALERT `
)

// aName is a party with the grower's name that has to do with some goods.
func aName(about ...string) string {
	return `parties { id: "o1" roles: PARTY_ROLE_EXPORTER name: "Binh Thuan" about: "` + strings.Join(about, `" about: "`) + `" }`
}

const (
	network    = spsv1.Handling_HANDLING_NETWORK
	restricted = spsv1.Handling_HANDLING_ADDRESSEES_ONLY
)

// closes closes the case.
func closes(s *spsv1.CaseState) {
	s.Status, s.Outcome = spsv1.CaseStatus_CASE_STATUS_CLOSED, spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED
}

func TestNewsIsToldAsItComes(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	c := d.tell(alert + oneLot)
	d.want("told at once", "grower", "SENT 1 NEW [p1.l1]")
	c.follows(d, "CN", network, `measures { id: "m1" code_status { code { kind: SITE_CODE_KIND_GROWING_AREA code: "VN BT 001" } action: CODE_ACTION_SUSPENDED market { code: "CN" } } }`)
	d.want("a code is suspended", "grower", "SENT 2 CODE_SUSPENDED [p1.l1]")
	d.want("again", "grower", "SENT 2 CODE_SUSPENDED [p1.l1]")
}
