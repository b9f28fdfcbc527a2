package statement_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// summarize returns what the case of a dossier comes to for an office.
func summarize(d *dossier, self certs.Office, r received, now time.Duration) *spsv1.CaseSummary {
	state := d.fold()
	s := statement.Summarize(self, d.original, d.entries, state, statement.Deadlines(state, r, start), 50)
	statement.Refresh(s, start.Add(now))
	return s
}

// next writes what is to be done next.
func next(d *spsv1.Deadline) string {
	if d == nil {
		return "nothing"
	}
	line := d.GetOffice() + " " + trim("CLOCK_", d.GetClock()) + " " + short(d.GetStatement()) + " " + trim("DEADLINE_STATE_", d.GetState())
	if d.GetDueTime() != nil {
		line += " " + d.GetDueTime().AsTime().Sub(start).String()
	}
	return line
}

func TestASummarySaysWhatIsNext(t *testing.T) {
	const hour = time.Hour
	delivered := received{"VN TH/0": 1 * hour, "CN TH/0": 2 * hour, "TH TH/0": 0}
	for _, c := range []struct {
		name         string
		self         certs.Office
		tell         func(d *dossier)
		received     received
		now          time.Duration
		own, awaited string
	}{
		{
			"each does its own, though others are due before", "CN", func(*dossier) {},
			delivered, 0,
			"CN acknowledgement TH/0 running 26h0m0s", "nothing",
		},
		{
			"the issuer confirms, and waits for the first", "TH", func(*dossier) {},
			delivered, 26 * hour,
			"TH confirmation TH/0 running 96h0m0s", "VN acknowledgement TH/0 overdue 25h0m0s",
		},
		{
			"what has started comes before what has not", "TH", func(*dossier) {},
			received{"CN TH/0": 2 * hour},
			0,
			"TH confirmation TH/0 undelivered", "CN acknowledgement TH/0 running 26h0m0s",
		},
		{
			"after the acknowledgement the outcome", "VN", func(d *dossier) { d.say("VN", acknowledge(0)) },
			delivered, 300 * hour,
			"VN outcome TH/0 overdue 241h0m0s", "nothing",
		},
		{
			"without an allowance there is no due time", "VN", func(d *dossier) {
				d.original.Statement.Allowances = nil
				d.original.Statement.Flags = nil
			},
			delivered, 0,
			"VN acknowledgement TH/0 unspecified", "nothing",
		},
		{
			"whoever asks waits", "CN", func(d *dossier) {
				d.say("CN", acknowledge(0))
				asked := request(spsv1.RequestKind_REQUEST_KIND_INFORMATION, "VN")
				asked.Allowances = nil
				d.say("CN", asked)
			},
			delivered, 0,
			"nothing", "VN answer CN/1 unspecified",
		},
		{
			"a dispute is the issuer's", "TH", func(d *dossier) {
				d.original.Statement.GetNotification().Preliminary = false
				d.say("VN", acknowledge(spsv1.StancePosition_STANCE_POSITION_DISPUTED))
				d.say("CN", acknowledge(0))
				d.original.Statement.Flags = nil
			},
			received{"TH VN/0": 5 * hour},
			0,
			"TH dispute VN/0 running 77h0m0s", "nothing",
		},
	} {
		d := newDossier()
		c.tell(d)
		s := summarize(d, c.self, c.received, c.now)
		if got := [2]string{next(s.GetNextOwn()), next(s.GetNextAwaited())}; got != [2]string{c.own, c.awaited} {
			t.Errorf("%s: %q, want %q and %q", c.name, got, c.own, c.awaited)
		}
		if own, waiting := c.own != "nothing", c.awaited != "nothing"; s.GetNeedsMe() != own || s.GetWaiting() != waiting {
			t.Errorf("%s: needs me %t, waiting %t, want %t and %t", c.name, s.GetNeedsMe(), s.GetWaiting(), own, waiting)
		}
	}
}

// TestASummaryKeepsWhatIsOwn has many offices that are due before this one.
func TestASummaryKeepsWhatIsOwn(t *testing.T) {
	d, r := newDossier(), received{"VN TH/0": 100 * time.Hour}
	for i := range 30 {
		office := fmt.Sprintf("X%c", 'A'+i%26)
		if i >= 26 {
			office = fmt.Sprintf("Z%c", 'A'+i%26)
		}
		d.original.Statement.Addressees = append(d.original.Statement.Addressees, &spsv1.Addressee{Office: office})
		d.original.Audience.Offices = append(d.original.Audience.Offices, office)
		r[office+" TH/0"] = time.Duration(i) * time.Minute
	}
	var own, others int
	for _, line := range summarize(d, "VN", r, 0).GetDeadlines() {
		if line.GetOffice() == "VN" {
			own++
		} else {
			others++
		}
	}
	if got, want := [2]int{own, others}, [2]int{2, 20}; got != want {
		t.Errorf("the summary has %d own deadlines and of others, want %d", got, want)
	}
}

func TestASummaryNamesWhomToTell(t *testing.T) {
	d := newDossier()
	d.original.Statement.Addressees = append(d.original.Statement.Addressees,
		&spsv1.Addressee{Office: "LA", ByHand: true}, &spsv1.Addressee{Body: "IPPC", ByHand: true})
	want := []string{"LA", "IPPC"}
	for _, told := range []string{"LA", "IPPC"} {
		s := summarize(d, "TH", received{}, 0)
		if diff := cmp.Diff(want, s.GetToTell()); diff != "" || int(s.GetByHand()) != len(want) {
			t.Errorf("to tell %v, %d by hand (-want +got):\n%s", s.GetToTell(), s.GetByHand(), diff)
		}
		hand := &spsv1.HandDelivery{Office: told}
		if told == "IPPC" {
			hand = &spsv1.HandDelivery{Body: told}
		}
		d.say("TH", &spsv1.Statement{HandDeliveries: []*spsv1.HandDelivery{hand}, Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{}}})
		want = want[1:]
	}
}

// TestWhomToCall has as many offices that do not acknowledge an alert as no
// list of deadlines has room for, and one that is due later and called sooner.
func TestWhomToCall(t *testing.T) {
	const hour = time.Hour
	d, r := newDossier(), received{"TH TH/0": 0, "VN TH/0": 0, "CN TH/0": 4 * hour}
	for i := range 25 {
		code := fmt.Sprintf("A%c", 'A'+i)
		d.original.Statement.Addressees = append(d.original.Statement.Addressees, to(code))
		r[code+" TH/0"] = 5 * hour
	}
	more := extend(spsv1.Clock_CLOCK_ACKNOWLEDGEMENT, nil)
	more.GetRequest().Extension.DueTime = timestamppb.New(start.Add(30 * hour))
	d.say("TH", respond(d.say("VN", more), &spsv1.Response{Result: granted}))

	s := summarize(d, "TH", r, 15*hour+hour/2)
	if diff := cmp.Diff([]string{"VN"}, s.GetToCall()); diff != "" {
		t.Errorf("to call, VN having until 30 h from 0 h and CN until 28 h from 4 h (-want +got):\n%s", diff)
	}
	if got := len(summarize(d, "TH", r, 20*hour).GetToCall()); got != 27 {
		t.Errorf("%d to call, want all 27", got)
	}
	if got := summarize(d, "VN", r, 20*hour); len(got.GetToCall()) > 0 {
		t.Errorf("VN is to call %v about an alert of TH", got.GetToCall())
	}
}
