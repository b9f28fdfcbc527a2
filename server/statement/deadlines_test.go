package statement_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// received is a delivery in which each office receives each statement a given
// time after the start of the story, and works round the clock.
type received map[string]time.Duration // "VN TH/0" → since the start

var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func (r received) Receipt(office, name string) (time.Time, bool) {
	after, ok := r[office+" "+short(name)]
	return start.Add(after), ok
}

func (received) Hours(string, uint64, string) *spsv1.OfficeHours { return nil }

// clocks writes the deadlines of a case, a line each.
func clocks(d *dossier, r received, now time.Duration) []string {
	var lines []string
	for _, x := range statement.Deadlines(d.fold(), r, start.Add(now)) {
		line := fmt.Sprintf("%s %s %s %s", x.GetOffice(), trim("CLOCK_", x.GetClock()), short(x.GetStatement()), trim("DEADLINE_STATE_", x.GetState()))
		if x.GetDueTime() != nil {
			line += " " + x.GetDueTime().AsTime().Sub(start).String()
		}
		if x.GetLate() {
			line += " late"
		}
		if x.GetExtended() {
			line += " extended"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestDeadlines(t *testing.T) {
	const hour = time.Hour
	delivered := received{"VN TH/0": 1 * hour, "CN TH/0": 2 * hour, "TH TH/0": 0}
	outcome := func(c spsv1.OutcomeConclusion) *spsv1.Statement {
		return follow(&spsv1.FollowUp{Outcome: &spsv1.Outcome{Conclusion: c}})
	}
	for _, c := range []struct {
		name     string
		tell     func(d *dossier)
		received received
		now      time.Duration
		want     []string
	}{
		{
			"undelivered is not overdue", func(*dossier) {},
			received{"CN TH/0": 2 * hour, "TH TH/0": 0},
			1000 * hour,
			[]string{
				"VN acknowledgement TH/0 undelivered", "CN acknowledgement TH/0 overdue 26h0m0s", "VN outcome TH/0 undelivered",
			},
		},
		{
			"each runs from its own receipt", func(*dossier) {},
			delivered,
			25 * hour, // to the second
			[]string{
				"VN acknowledgement TH/0 running 25h0m0s", "CN acknowledgement TH/0 running 26h0m0s", "VN outcome TH/0 running 241h0m0s",
			},
		},
		{
			"in time and late", func(d *dossier) {
				d.say("VN", acknowledge(0))
				for range 27 { // each an hour
					d.say("TH", follow(&spsv1.FollowUp{Text: en("more")}))
				}
				d.say("CN", acknowledge(0))
			},
			delivered,
			30 * hour,
			[]string{
				"VN acknowledgement TH/0 met 25h0m0s", "CN acknowledgement TH/0 met 26h0m0s late", "VN outcome TH/0 running 241h0m0s",
			},
		},
		{
			"an investigation in progress is no outcome", func(d *dossier) {
				d.say("VN", outcome(spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_IN_PROGRESS))
			},
			received{"VN TH/0": 0},
			241 * hour,
			[]string{"VN acknowledgement TH/0 overdue 24h0m0s", "CN acknowledgement TH/0 undelivered", "VN outcome TH/0 overdue 240h0m0s"},
		},
		{
			"not concerned is an outcome", func(d *dossier) {
				d.say("VN", acknowledge(spsv1.StancePosition_STANCE_POSITION_NOT_CONCERNED))
			},
			received{"VN TH/0": 0},
			241 * hour,
			[]string{"VN acknowledgement TH/0 met 24h0m0s", "CN acknowledgement TH/0 undelivered", "VN outcome TH/0 met 240h0m0s"},
		},
		{
			"told by telephone counts of who has no node", func(d *dossier) {
				byHand(d, "VN")
				d.say("TH", heard("VN", acknowledge(0)))
			},
			received{},
			2 * hour,
			[]string{"VN acknowledgement TH/0 met", "CN acknowledgement TH/0 undelivered", "VN outcome TH/0 by_hand"},
		},
		{
			"and so does that it is not concerned", func(d *dossier) {
				byHand(d, "VN")
				d.say("TH", heard("VN", acknowledge(spsv1.StancePosition_STANCE_POSITION_NOT_CONCERNED)))
			},
			received{},
			2 * hour,
			[]string{"VN acknowledgement TH/0 met", "CN acknowledgement TH/0 undelivered", "VN outcome TH/0 met"},
		},
		{
			"and of nobody else", func(d *dossier) { d.say("TH", heard("VN", acknowledge(0))) },
			received{"VN TH/0": 0},
			2 * hour,
			[]string{"VN acknowledgement TH/0 running 24h0m0s", "CN acknowledgement TH/0 undelivered", "VN outcome TH/0 running 240h0m0s"},
		},
		{
			"heard by a bystander does not count", func(d *dossier) {
				byHand(d, "VN")
				d.say("CN", heard("VN", acknowledge(0)))
			},
			received{},
			2 * hour,
			[]string{"VN acknowledgement TH/0 by_hand", "CN acknowledgement TH/0 undelivered", "VN outcome TH/0 by_hand"},
		},
		{
			"who asks for more time does not grant it", func(d *dossier) {
				d.original.Statement.GetNotification().Preliminary = true
				asked := extend(spsv1.Clock_CLOCK_CONFIRMATION, nil)
				asked.Addressees, asked.GetRequest().Offices = askByHand("LA").GetAddressees(), []string{"LA"}
				d.say("TH", heard("LA", respond(d.say("TH", asked), &spsv1.Response{Result: granted})))
			},
			received{"TH TH/0": 0},
			10 * hour,
			[]string{
				"VN acknowledgement TH/0 undelivered", "CN acknowledgement TH/0 undelivered",
				"LA acknowledgement TH/1 by_hand", "VN outcome TH/0 undelivered", "LA answer TH/1 met", "TH confirmation TH/0 running 96h0m0s",
			},
		},
		{
			"more time was granted", func(d *dossier) {
				d.say("TH", respond(d.say("VN", extend(spsv1.Clock_CLOCK_OUTCOME, nil)), &spsv1.Response{Result: granted}))
			},
			received{"VN TH/0": 0, "TH VN/0": 2 * hour},
			300 * hour,
			[]string{
				"VN acknowledgement TH/0 overdue 24h0m0s", "CN acknowledgement TH/0 undelivered",
				"VN outcome TH/0 running 720h0m0s extended", "TH answer VN/0 met 50h0m0s",
			},
		},
		{
			"who has no node is asked by hand", func(d *dossier) { d.say("CN", askByHand("LA")) },
			received{},
			2 * hour,
			[]string{
				"VN acknowledgement TH/0 undelivered", "CN acknowledgement TH/0 undelivered", "VN outcome TH/0 undelivered",
				"LA answer CN/0 by_hand",
			},
		},
		{
			"an interim answer moves nothing", func(d *dossier) {
				asked := d.say("TH", request(spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, "VN", "CN"))
				d.say("VN", respond(asked, &spsv1.Response{Result: interim, DueTime: timestamppb.New(start.Add(100 * hour))}))
			},
			received{"VN TH/1": 1 * hour, "CN TH/1": 1 * hour},
			60 * hour,
			[]string{
				"VN acknowledgement TH/0 undelivered", "CN acknowledgement TH/0 undelivered", "VN outcome TH/0 undelivered",
				"VN answer TH/1 overdue 49h0m0s", "CN answer TH/1 overdue 49h0m0s",
			},
		},
		{
			"a dispute runs against the issuer", func(d *dossier) { d.say("VN", acknowledge(disputed)) },
			received{"VN TH/0": 0, "TH VN/0": 1 * hour},
			10 * hour,
			[]string{
				"VN acknowledgement TH/0 met 24h0m0s", "CN acknowledgement TH/0 undelivered", "VN outcome TH/0 running 240h0m0s",
				"TH dispute VN/0 running 73h0m0s",
			},
		},
		{
			"a dispute that is lifted", func(d *dossier) {
				d.say("VN", acknowledge(disputed))
				d.say("VN", acknowledge(accepted))
			},
			received{"VN TH/0": 0, "TH VN/0": 1 * hour},
			100 * hour,
			[]string{
				"VN acknowledgement TH/0 met 24h0m0s", "CN acknowledgement TH/0 undelivered", "VN outcome TH/0 running 240h0m0s",
				"TH dispute VN/0 void 73h0m0s",
			},
		},
		{
			"preliminary, and confirmed late", func(d *dossier) {
				d.original.Statement.GetNotification().Preliminary = true
				for range 100 {
					d.say("VN", follow(&spsv1.FollowUp{Text: en("well?")}))
				}
				d.say("TH", amend(d.original, content(alert, false)))
			},
			received{"TH TH/0": 0},
			101 * hour,
			[]string{"TH confirmation TH/0 met 96h0m0s late"},
		},
		{
			"nothing is expected of a closed case", func(d *dossier) { d.say("TH", closure()) },
			delivered,
			1000 * hour,
			[]string{
				"VN acknowledgement TH/0 void 25h0m0s", "CN acknowledgement TH/0 void 26h0m0s", "VN outcome TH/0 void 241h0m0s",
			},
		},
		{
			"who is brought in reads the case too", func(d *dossier) {
				e := d.entry("TH", nil, "LA", "TH")
				e.Readdress = ref(d.original)
				d.entries = append(d.entries, e)
			},
			received{"VN TH/0": 1 * hour, "CN TH/0": 2 * hour, "TH TH/0": 0, "LA TH/1": 30 * hour},
			40 * hour,
			[]string{
				"VN acknowledgement TH/0 overdue 25h0m0s", "CN acknowledgement TH/0 overdue 26h0m0s",
				"LA acknowledgement TH/1 running 54h0m0s", "VN outcome TH/0 running 241h0m0s",
			},
		},
		{
			"no clock runs for who has no node", func(d *dossier) { d.original.Statement.Addressees[0].ByHand = true },
			delivered,
			1000 * hour,
			[]string{
				"VN acknowledgement TH/0 by_hand", "CN acknowledgement TH/0 overdue 26h0m0s", "VN outcome TH/0 by_hand",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDossier()
			d.original.Statement.GetNotification().Preliminary = false
			c.tell(d)
			if diff := cmp.Diff(c.want, clocks(d, c.received, c.now)); diff != "" {
				t.Errorf("deadlines (-want +got):\n%s", diff)
			}
		})
	}
}
