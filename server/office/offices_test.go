package office_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/statement"
)

// offices are desks of one federation. Nothing passes between them but what a
// test hands over.
type offices struct {
	fed  *authority.Federation
	of   map[certs.Office]*desk
	said int
}

func newOffices(t *testing.T, codes ...certs.Office) *offices {
	t.Helper()
	o := &offices{fed: authority.ForTest(t, codes...), of: make(map[certs.Office]*desk)}
	for _, code := range codes {
		o.of[code] = newDesk(t, o.fed.Office(code), casebook.DefaultLimits())
	}
	return o
}

// fatal is what a test and a step of a program fail by.
type fatal interface {
	Helper()
	Context() context.Context
	Fatal(...any)
	Fatalf(string, ...any)
}

// enter adds an entry to the log of an office.
func (o *offices) enter(t fatal, by certs.Office, d ledger.Draft) ledger.Entry {
	t.Helper()
	o.said++
	d.RequestID = fmt.Sprintf("r%d", o.said)
	d.Fingerprint = sha256.Sum256([]byte(d.RequestID))
	e, err := o.of[by].ledger.Append(t.Context(), ledgertest.Prepared(d))
	if err != nil {
		t.Fatalf("%s: %v", by, err)
	}
	return e
}

// say enters a statement as it is, for its audience. No law is applied to it.
func (o *offices) say(t fatal, by certs.Office, s *spsv1.Statement) ledger.Entry {
	t.Helper()
	s.Salt = make([]byte, 32)
	s.Federation, s.Office, s.Status = o.fed.Office(by).Roster.Federation(), string(by), spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
	envelope, err := statement.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	d := ledger.Draft{Type: spsv1.LeafType_LEAF_TYPE_STATEMENT, Network: s.GetNetwork(), Envelope: envelope}
	for _, office := range statement.Audience(s).GetOffices() {
		d.Audience = append(d.Audience, certs.Office(office))
	}
	return o.enter(t, by, d)
}

// handOn brings an office in by a readdress of one entry.
func (o *offices) handOn(t fatal, by certs.Office, e ledger.Entry, to certs.Office) ledger.Entry {
	t.Helper()
	return o.enter(t, by, ledger.Draft{
		Type: spsv1.LeafType_LEAF_TYPE_READDRESS, Audience: []certs.Office{by, to}, Subject: refTo(e),
	})
}

// publish enters the next card of an office into its log, with other hours.
func (o *offices) publish(t fatal, by certs.Office, hours *spsv1.OfficeHours) {
	t.Helper()
	signed, err := o.fed.Office(by).NextCard(func(c *spsv1.Card) { c.Hours = hours })
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := proto.Marshal(&spsv1.Envelope{PayloadType: ledger.CardPayload, Payload: signed})
	if err != nil {
		t.Fatal(err)
	}
	o.enter(t, by, ledger.Draft{Type: spsv1.LeafType_LEAF_TYPE_CARD, Network: true, Envelope: envelope})
}

// pass hands what one office has said to another, which gives its receipt if it
// is asked for one.
func (o *offices) pass(t fatal, from, to certs.Office, receipt bool) {
	t.Helper()
	source, target := o.of[from], o.of[to]
	origin := source.ledger.Origin()
	var size uint64
	if h, err := target.ledger.Head(t.Context(), origin); err == nil {
		size = h.Size
	}
	for {
		p, err := source.ledger.Page(t.Context(), origin, size, to, 1<<20)
		if err != nil {
			t.Fatalf("page of %s for %s: %v", from, to, err)
		}
		if len(p.Leaves) == 0 {
			break
		}
		if size, err = target.ledger.Record(t.Context(), from, p); err != nil {
			t.Fatalf("%s records %s: %v", to, from, err)
		}
	}
	if !receipt || size == 0 {
		return
	}
	note, err := target.ledger.Receipt(t.Context(), origin)
	if err == nil {
		err = source.ledger.AddReceipt(t.Context(), to, note)
	}
	if err != nil {
		t.Fatalf("receipt of %s for %s: %v", to, from, err)
	}
}

// passAll hands everything to everybody, receipts too.
func (o *offices) passAll(t fatal) {
	t.Helper()
	for from := range o.of {
		for to := range o.of {
			if from != to {
				o.pass(t, from, to, true)
			}
		}
	}
}

// later moves the clocks of all offices.
func (o *offices) later(by time.Duration) {
	for _, d := range o.of {
		d.now = d.now.Add(by)
	}
}

func refTo(e ledger.Entry) *spsv1.EntryRef {
	return &spsv1.EntryRef{Origin: e.Origin.String(), Sequence: e.Sequence, RecordHash: e.Hash[:]}
}

// inCaseOf puts a statement into a case.
func inCaseOf(original ledger.Entry, s *spsv1.Statement) *spsv1.Statement {
	s.CaseRef = &spsv1.CaseRef{Original: refTo(original), Reference: original.Leaf.GetReference()}
	return s
}

func toOffices(codes ...string) []*spsv1.Addressee {
	var all []*spsv1.Addressee
	for _, code := range codes {
		all = append(all, &spsv1.Addressee{Office: code, CardNumber: 1})
	}
	return all
}

func disputing() *spsv1.Statement {
	return &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{
		Stance: &spsv1.Stance{Position: spsv1.StancePosition_STANCE_POSITION_DISPUTED},
	}}}
}

// due returns what is due in a case at an office, a line each.
func (o *offices) due(t *testing.T, at certs.Office, original ledger.Entry) []string {
	t.Helper()
	service, an := o.of[at].cases(t.Context())
	c, err := service.GetCase(an, &spsv1.GetCaseRequest{Name: "cases/" + original.Leaf.GetReference()})
	if err != nil {
		t.Fatalf("case at %s: %v", at, err)
	}
	var lines []string
	for _, d := range c.GetDeadlines() {
		if d.GetDueTime() != nil {
			lines = append(lines, fmt.Sprintf("%s %s of %s by %s", d.GetOffice(), d.GetClock(), d.GetStatement(), d.GetDueTime().AsTime()))
		}
	}
	return lines
}

// TestALaterCardMovesNoClock has clocks of a statement that names a card and of
// entries that name none, and then cards with other hours.
func TestALaterCardMovesNoClock(t *testing.T) {
	o := newOffices(t, "CN", "TH", "VN")
	o.passAll(t)
	twoDays := &spsv1.Allowance{Amount: 2, Unit: spsv1.AllowanceUnit_ALLOWANCE_UNIT_WORKING_DAYS}
	original := o.say(t, "TH", &spsv1.Statement{
		Addressees: toOffices("VN"), Allowances: &spsv1.Allowances{Acknowledgement: twoDays, Dispute: twoDays},
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{}},
	})
	o.handOn(t, "TH", original, "CN")
	o.passAll(t)
	named, unnamed := disputing(), disputing()
	named.Addressees, unnamed.Network = toOffices("TH"), true
	o.say(t, "VN", inCaseOf(original, named))
	o.say(t, "CN", inCaseOf(original, unnamed))
	o.passAll(t)
	before := o.due(t, "TH", original)
	if len(before) != 4 {
		t.Fatalf("due: %q, want two acknowledgements and two answers to disputes", before)
	}
	o.later(time.Minute)
	for _, office := range []certs.Office{"CN", "TH", "VN"} {
		o.publish(t, office, closedFor(o.of[office].now, 10))
	}
	o.passAll(t)
	if diff := cmp.Diff(before, o.due(t, "TH", original)); diff != "" {
		t.Errorf("at TH (-before the cards +after):\n%s", diff)
	}
	for office, want := range map[certs.Office][]string{"VN": {before[0], before[3]}, "CN": {before[1], before[2]}} {
		got := o.due(t, office, original)
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("due at %s: %q, want %q", office, got, line)
			}
		}
	}

	o.later(time.Minute)
	third := disputing()
	third.Network = true
	o.say(t, "CN", inCaseOf(original, third))
	o.passAll(t)
	if after := o.due(t, "TH", original); len(after) != 5 || dueLine(after[3]) == dueLine(after[2]) {
		t.Errorf("due: %q, want that the third dispute is answered by the new hours", after)
	}
}

// dueLine is what a line of due says of the time.
func dueLine(line string) string { return line[strings.Index(line, " by "):] }

// closedFor are hours of an office that is closed for some days, and then works
// round the clock.
func closedFor(from time.Time, days int) *spsv1.OfficeHours {
	h := &spsv1.OfficeHours{TimeZone: "UTC"}
	for day := spsv1.Weekday_WEEKDAY_MONDAY; day <= spsv1.Weekday_WEEKDAY_SUNDAY; day++ {
		h.Periods = append(h.Periods, &spsv1.OpenPeriod{Weekday: day, CloseMinute: 24 * 60})
	}
	for i := range days {
		year, month, day := from.UTC().AddDate(0, 0, i).Date()
		h.Holidays = append(h.Holidays, &spsv1.Holiday{Date: &spsv1.Date{Year: uint32(year), Month: uint32(month), Day: uint32(day)}})
	}
	return h
}
