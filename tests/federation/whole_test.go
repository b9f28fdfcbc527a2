package federation

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/exchange"
)

// whole is a federation of whole nodes: as those of a Federation, and with the
// people of each office, who are heard over mutual TLS.
type whole struct {
	t       *testing.T
	network *Network
	minted  *authority.Federation
	dir     string
	desks   map[certs.Office]*desk
}

// desk is the node of an office with the people who work there.
type desk struct {
	*server.Server
	w      *whole
	office *authority.Office
	people *bufconn.Listener
	calls  map[string]*grpc.ClientConn // by role and id of the person
}

// newWhole mints offices, begins their logs and starts their nodes. What runs at
// the end is stopped, and every store is verified whole.
func newWhole(t *testing.T, offices ...certs.Office) *whole {
	t.Helper()
	return startWhole(t, authority.ForTest(t, offices...))
}

// startWhole is newWhole for offices that are minted.
func startWhole(t *testing.T, minted *authority.Federation) *whole {
	t.Helper()
	w := &whole{t: t, network: newNetwork(), minted: minted, dir: t.TempDir(), desks: make(map[certs.Office]*desk)}
	if err := w.minted.Save(w.dir); err != nil {
		t.Fatal(err)
	}
	for _, office := range minted.Offices() {
		d := &desk{w: w, office: office}
		w.desks[office.Code()] = d
		if _, err := server.Init(t.Context(), d.config(), time.Now); err != nil {
			t.Fatal(err)
		}
		d.start()
	}
	t.Cleanup(func() {
		for _, d := range w.desks {
			d.stop()
			if _, err := server.Verify(context.Background(), d.config()); err != nil {
				t.Errorf("store of %s: %v", d.office.Code(), err)
			}
		}
	})
	w.settle()
	return w
}

// settle waits until everything has gone where it can go.
func (w *whole) settle() {
	time.Sleep(time.Minute)
	synctest.Wait()
}

func (d *desk) config() server.Config {
	d.w.t.Helper()
	office := string(d.office.Code())
	file := filepath.Join(d.w.dir, office, "spsd.yaml")
	text := "federation: asean-cn\noffice: " + office + "\nlimits: {reload: 1h}\n"
	var people []string // of each unit, by its name
	for _, unit := range d.office.Card.Message().GetUnits() {
		people = append(people, unit.GetId()+".people="+unit.GetId())
	}
	if len(people) > 0 {
		text += "units: " + strings.Join(people, "; ") + "\n"
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		d.w.t.Fatal(err)
	}
	c, err := server.LoadConfig(file, nil, nil)
	if err != nil {
		d.w.t.Fatal(err)
	}
	return c
}

func (d *desk) start() {
	d.w.t.Helper()
	code := d.office.Code()
	d.people, d.calls = bufconn.Listen(1<<20), make(map[string]*grpc.ClientConn)
	dial := d.w.network.Dialer(code)
	var err error
	d.Server, err = server.New(d.w.t.Context(), server.Options{
		Config: d.config(), Version: "story", Logger: slog.New(slog.NewTextHandler(d.w.t.Output(), nil)).With("node", code),
		Listeners: server.Listeners{Peers: d.w.network.Listen(code), Office: d.people, Ops: bufconn.Listen(1 << 10)},
		Connect:   func(context.Context, string) (net.Conn, error) { return nil, errors.New("no line is tested here") },
		Dial:      exchange.GRPC(d.office.TLS(), grpc.WithContextDialer(dial)),
	})
	if err != nil {
		d.w.t.Fatal(err)
	}
	if err := d.Start(d.w.t.Context()); err != nil {
		d.w.t.Fatal(err)
	}
}

func (d *desk) stop() {
	d.w.t.Helper()
	for _, c := range d.calls {
		_ = c.Close()
	}
	if err := d.Stop(context.Background()); err != nil {
		d.w.t.Errorf("stop %s: %v", d.office.Code(), err)
	}
}

// restart stops the node and starts it again.
func (d *desk) restart() {
	d.w.t.Helper()
	d.stop()
	d.start()
}

// closed switches every node off for so long: a clock needs nobody who watches.
func (w *whole) closed(d time.Duration) {
	w.t.Helper()
	for _, d := range w.desks {
		d.stop()
	}
	time.Sleep(d)
	for _, d := range w.desks {
		d.start()
	}
	w.settle()
}

// as is a person of the office, on the line to its node.
func (d *desk) as(role certs.Role, id string) *grpc.ClientConn {
	d.w.t.Helper()
	key := string(role) + "/" + id
	if c := d.calls[key]; c != nil {
		return c
	}
	person, err := d.office.Person(role, id)
	if err != nil {
		d.w.t.Fatal(err)
	}
	c, err := grpc.NewClient("passthrough:node",
		grpc.WithTransportCredentials(credentials.NewTLS(certs.ClientTLS(person, d.office.Card, nil))),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return d.people.DialContext(ctx) }))
	if err != nil {
		d.w.t.Fatal(err)
	}
	d.calls[key] = c
	return c
}

// says has one person issue what needs one, in a case if original is not nil.
func (d *desk) says(who string, original *spsv1.IssuedStatement, s *spsv1.Statement) *spsv1.IssuedStatement {
	d.w.t.Helper()
	issued, err := spsv1.NewCaseServiceClient(d.as(certs.RoleOfficer, who)).IssueStatement(d.w.t.Context(), &spsv1.IssueStatementRequest{
		Parent: "offices/" + string(d.office.Code()), Statement: inCase(original, s), RequestId: client.NewRequestID(),
	})
	if err != nil {
		d.w.t.Fatalf("%s of %s: %v", who, d.office.Code(), err)
	}
	return issued
}

// issues has one person draft and submit a statement and another issue it.
func (d *desk) issues(drafter, issuer string, original *spsv1.IssuedStatement, s *spsv1.Statement) *spsv1.IssuedStatement {
	d.w.t.Helper()
	t, drafts := d.w.t, spsv1.NewDraftServiceClient(d.as(certs.RoleOfficer, drafter))
	draft, err := drafts.CreateDraft(t.Context(), &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: inCase(original, s)}})
	if err != nil {
		t.Fatal(err)
	}
	return d.passes(drafter, issuer, draft)
}

// passes has one person submit a draft and another issue it.
func (d *desk) passes(drafter, issuer string, draft *spsv1.Draft) *spsv1.IssuedStatement {
	d.w.t.Helper()
	t, drafts := d.w.t, spsv1.NewDraftServiceClient(d.as(certs.RoleOfficer, drafter))
	draft, err := drafts.SubmitDraft(t.Context(), &spsv1.SubmitDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
	if err != nil {
		t.Fatalf("%s of %s submits: %v", drafter, d.office.Code(), err)
	}
	issued, err := spsv1.NewDraftServiceClient(d.as(certs.RoleValidator, issuer)).IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
	if err != nil {
		t.Fatalf("%s of %s issues: %v", issuer, d.office.Code(), err)
	}
	return issued
}

// inCase completes a statement, of the case of an original if there is one.
func inCase(original *spsv1.IssuedStatement, s *spsv1.Statement) *spsv1.Statement {
	s.Status, s.Handling = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, spsv1.Handling_HANDLING_NETWORK
	if original != nil {
		s.CaseRef = &spsv1.CaseRef{Original: original.GetEntry(), Reference: original.GetReference()}
	}
	return s
}

// bringsIn has a person hand on to an office what the own office said.
func (d *desk) bringsIn(who string, original *spsv1.IssuedStatement, office certs.Office) {
	d.w.t.Helper()
	_, err := spsv1.NewCaseServiceClient(d.as(certs.RoleValidator, who)).ReaddressCase(d.w.t.Context(), &spsv1.ReaddressCaseRequest{
		Name: "cases/" + original.GetReference(), Offices: []string{string(office)},
	})
	if err != nil {
		d.w.t.Fatalf("%s of %s: %v", who, d.office.Code(), err)
	}
}

// sees returns the case as the office is shown it.
func (d *desk) sees(original *spsv1.IssuedStatement) *spsv1.Case {
	d.w.t.Helper()
	c, err := spsv1.NewCaseServiceClient(d.as(certs.RoleOfficer, "desk")).GetCase(d.w.t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + original.GetReference()})
	if err != nil {
		d.w.t.Fatalf("the case at %s: %v", d.office.Code(), err)
	}
	return c
}

// due returns what the office is shown of the clocks, as lines that are short to
// write: the office that has to act, what, and how it stands.
func (d *desk) due(original *spsv1.IssuedStatement) []string {
	d.w.t.Helper()
	var lines []string
	for _, dl := range d.sees(original).GetDeadlines() {
		clock := map[spsv1.Clock]string{
			spsv1.Clock_CLOCK_ACKNOWLEDGEMENT: "acknowledge", spsv1.Clock_CLOCK_ANSWER: "answer",
			spsv1.Clock_CLOCK_OUTCOME: "outcome", spsv1.Clock_CLOCK_DISPUTE: "dispute",
		}[dl.GetClock()]
		state := map[spsv1.DeadlineState]string{
			spsv1.DeadlineState_DEADLINE_STATE_UNDELIVERED: "undelivered", spsv1.DeadlineState_DEADLINE_STATE_RUNNING: "running",
			spsv1.DeadlineState_DEADLINE_STATE_OVERDUE: "overdue", spsv1.DeadlineState_DEADLINE_STATE_MET: "met",
			spsv1.DeadlineState_DEADLINE_STATE_BY_HAND: "by hand", spsv1.DeadlineState_DEADLINE_STATE_VOID: "void",
			spsv1.DeadlineState_DEADLINE_STATE_NOT_KNOWN: "not known",
		}[dl.GetState()]
		lines = append(lines, dl.GetOffice()+" "+clock+" "+state)
	}
	return lines
}

// wantOverdue holds that the list of overdue cases has the case at these offices,
// and at no other.
func (w *whole) wantOverdue(original *spsv1.IssuedStatement, offices ...certs.Office) {
	w.t.Helper()
	for office, d := range w.desks {
		list, err := spsv1.NewCaseServiceClient(d.as(certs.RoleOfficer, "desk")).ListCases(w.t.Context(), &spsv1.ListCasesRequest{Filter: "overdue = true"})
		if err != nil {
			w.t.Fatalf("what is overdue at %s: %v", office, err)
		}
		got := slices.ContainsFunc(list.GetCases(), func(c *spsv1.Case) bool { return c.GetReference() == original.GetReference() })
		if want := slices.Contains(offices, office); got != want {
			w.t.Errorf("%s is in the list of what is overdue at %s: %v, want %v", original.GetReference(), office, got, want)
		}
	}
}

// wantDue holds that offices are shown these clocks.
func (w *whole) wantDue(original *spsv1.IssuedStatement, offices []certs.Office, want ...string) {
	w.t.Helper()
	for _, office := range offices {
		if diff := cmp.Diff(want, w.desks[office].due(original)); diff != "" {
			w.t.Errorf("what is due, as %s is shown it (-want +got):\n%s", office, diff)
		}
	}
}

// wantSame holds that offices are shown the same case, and of each clock the two
// whom it concerns the same to the second: who has to act, and from whose
// statement it runs. Others are shown what was done, or that they cannot know.
func (w *whole) wantSame(original *spsv1.IssuedStatement, offices ...certs.Office) {
	w.t.Helper()
	first := w.desks[offices[0]].sees(original)
	for _, office := range offices[1:] {
		other := w.desks[office].sees(original)
		if diff := cmp.Diff(first.GetState(), other.GetState(), protocmp.Transform()); diff != "" {
			w.t.Errorf("the case (-at %s +at %s):\n%s", offices[0], office, diff)
		}
		if diff := cmp.Diff(clocks(first, offices[0], office), clocks(other, office, offices[0]), protocmp.Transform()); diff != "" {
			w.t.Errorf("what is due (-at %s +at %s):\n%s", offices[0], office, diff)
		}
	}
}

// clocks returns the deadlines as one office is shown them, as far as another
// can be shown them too.
func clocks(c *spsv1.Case, at, beside certs.Office) []*spsv1.Deadline {
	var all []*spsv1.Deadline
	for _, d := range c.GetDeadlines() {
		d = proto.CloneOf(d)
		for _, office := range []certs.Office{at, beside} {
			if d.GetOffice() != string(office) && !strings.HasPrefix(d.GetStatement(), "offices/"+string(office)+"/") {
				d.StartTime, d.DueTime, d.Extended, d.Late = nil, nil, false, false
				if d.GetDone() == nil {
					d.State = spsv1.DeadlineState_DEADLINE_STATE_NOT_KNOWN
				}
			}
		}
		all = append(all, d)
	}
	return all
}
