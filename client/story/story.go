package story

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// The offices of the story: who notifies, where the goods come from, and who is
// brought in.
const (
	notifier certs.Office = "TH"
	origin   certs.Office = "VN"
	newcomer certs.Office = "CN"
)

// Offices returns the offices that the story takes.
func Offices() []certs.Office { return []certs.Office{notifier, origin, newcomer} }

// Notifier returns the office that notifies, whose desk has a laboratory.
func Notifier() certs.Office { return notifier }

// Origin returns the office where the goods come from, whose desk has an exporter
// and a province.
func Origin() certs.Office { return origin }

// Desk is the people of an office, on the line to its node.
type Desk struct {
	Officer    *client.Client // drafts, reads, answers
	Validator  *client.Client // issues what needs a second person
	Laboratory *client.Client // posts findings; of [Notifier] only
	Exporter   *client.Client // is told of its goods, as [Exporter]; of [Origin] only
	Province   *client.Client // an officer of the unit to which the case goes, as [Province]; of [Origin] only
}

// Step is one thing that somebody did, and what came of it.
type Step struct {
	Time   time.Time    `json:"time"`
	Office certs.Office `json:"office"`
	Role   certs.Role   `json:"role"`
	Unit   string       `json:"unit,omitempty"` // to which the person belongs, if not to the focal point
	Did    string       `json:"did"`
	// Reference is that of the statement, if the step issued one.
	Reference string `json:"reference,omitempty"`
	// Arrived says after how many milliseconds at most, from the beginning of the
	// step, each other office was shown it.
	Arrived map[certs.Office]float64 `json:"arrived_ms,omitempty"`
	// Finding is what whoever did it was shown of the finding of the laboratory.
	Finding *Finding `json:"finding,omitempty"`
	// Notice is what whoever did it was shown of what the exporter is told.
	Notice *Notice `json:"notice,omitempty"`
}

// Told is a story that was played.
type Told struct {
	Case     string `json:"case"` // the reference, `TH-2026-000003`
	Steps    []Step `json:"steps"`
	Complete bool   `json:"complete"` // to its end, and everybody was shown the same
}

// Play plays the story at the desks of [Offices], and calls show, if it is set,
// after each step. The error is nil only if Told.Complete is true; what was
// played is told in either case. A federation plays it once: a laboratory gives
// the number of a report to one report.
func Play(ctx context.Context, desks map[certs.Office]Desk, show func(Step)) (Told, error) {
	p := &player{desks: desks, show: show, circle: []certs.Office{notifier, origin}}
	err := p.play(ctx)
	p.told.Complete = err == nil
	return p.told, err
}

// play is the story. What an act leaves out, the node completes: whose case it
// is, who is told, how long they have.
func (p *player) play(ctx context.Context) error {
	p.registration(ctx)
	p.routing(ctx)
	p.finding(ctx)
	p.alert(ctx)
	p.routed(ctx)
	p.notice(ctx)
	p.visits(ctx)
	p.inspection(ctx)
	p.dispute(ctx)
	p.suspension(ctx)
	p.newcomer(ctx)
	p.outcome(ctx)
	p.reinstatement(ctx)
	p.closure(ctx)
	if p.err != nil {
		return p.err
	}
	return p.ended(ctx)
}

// alert: from the issue to the acknowledgement.
func (p *player) alert(ctx context.Context) {
	p.issues(ctx, notifier, "issues the alert, as another person than who drafted it")
	p.finds(ctx, certs.RoleLab, "is shown what became of its finding:", p.became(ctx, func(f Finding) (string, bool) {
		return "statement " + f.Reference + ", the case is " + f.CaseStatus, f.CaseStatus != ""
	}))
	p.says(ctx, origin, "acknowledges the alert by name, and accepts it for action", p.acknowledges(ctx))
}

// inspection: both look at the lot.
func (p *player) inspection(ctx context.Context) {
	p.says(ctx, origin, "asks to see the lot by video", func(c spsv1.CaseServiceClient) (*spsv1.IssuedStatement, error) {
		return c.RequestInCase(ctx, &spsv1.RequestInCaseRequest{Name: p.name(), RequestId: client.NewRequestID(), Request: &spsv1.Request{
			Kind:             spsv1.RequestKind_REQUEST_KIND_REMOTE_INSPECTION,
			RemoteInspection: &spsv1.RemoteInspection{StartTimes: []*timestamppb.Timestamp{timestamppb.New(time.Now().Add(24 * time.Hour))}},
		}})
	})
	p.says(ctx, notifier, "grants the remote inspection", func(c spsv1.CaseServiceClient) (*spsv1.IssuedStatement, error) {
		return c.RespondInCase(ctx, &spsv1.RespondInCaseRequest{
			Name: p.name(), RequestId: client.NewRequestID(), Response: &spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED},
		})
	})
	p.says(ctx, notifier, "tells what both saw, that the label says L-71", p.adds(ctx, &spsv1.FollowUp{
		Text: english("inspected by video with Viet Nam: the label says L-71"),
	}))
}

// dispute: it is another lot.
func (p *player) dispute(ctx context.Context) {
	disputed := stance(spsv1.StancePosition_STANCE_POSITION_DISPUTED)
	disputed.Corrections = []*spsv1.Correction{{
		About: []string{"n:p1.l1"}, Current: "L-17", Proposed: "L-71", Reason: english("as seen on the label"),
	}}
	p.says(ctx, origin, "disputes the alert, since it is another lot", p.adds(ctx, &spsv1.FollowUp{Stance: disputed}))
	p.drafts(ctx, notifier, "the amendment: lot L-71", p.prepares(ctx, func(c spsv1.CaseServiceClient, etag string) (*spsv1.IssuedStatement, error) {
		return c.AmendCase(ctx, &spsv1.AmendCaseRequest{
			Name: p.name(), RequestId: client.NewRequestID(), Etag: etag, Draft: true, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"products"}},
			Amendment: &spsv1.Amendment{Notification: &spsv1.Notification{Products: []*spsv1.Product{fruit("L-71")}}, Reason: english("the lot was misread")},
		})
	}))
	p.issues(ctx, notifier, "amends the alert; both versions stay visible")
	p.drafts(ctx, notifier, "the answer to the dispute", p.prepares(ctx, func(c spsv1.CaseServiceClient, _ string) (*spsv1.IssuedStatement, error) {
		return c.RespondInCase(ctx, &spsv1.RespondInCaseRequest{
			Name: p.name(), RequestId: client.NewRequestID(), Draft: true,
			Response: &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_AMEND, Text: english("amended")},
		})
	}))
	p.issues(ctx, notifier, "answers the dispute: amended")
}

// newcomer: China is brought in.
func (p *player) newcomer(ctx context.Context) {
	p.bringsIn(ctx, notifier, "brings in China, where half of the lot went: hands on what it said")
	p.bringsIn(ctx, origin, "hands on to China what it said, too")
	p.circle = append(p.circle, newcomer)
	p.says(ctx, newcomer, "acknowledges the case, brought in late and complete", p.acknowledges(ctx))
}

// outcome: what both did.
func (p *player) outcome(ctx context.Context) {
	p.says(ctx, newcomer, "reports the outcome, the lot destroyed, and that its part is done", p.adds(ctx, &spsv1.FollowUp{
		Outcome: destroyed("the lot was destroyed"), Part: spsv1.Part_PART_DONE,
	}))
	p.answers(ctx)
}

// closure: the end, for the laboratory too.
func (p *player) closure(ctx context.Context) {
	p.drafts(ctx, notifier, "the closure", p.prepares(ctx, func(c spsv1.CaseServiceClient, etag string) (*spsv1.IssuedStatement, error) {
		return c.CloseCase(ctx, &spsv1.CloseCaseRequest{
			Name: p.name(), RequestId: client.NewRequestID(), Etag: etag, Draft: true,
			Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED},
		})
	}))
	p.issues(ctx, notifier, "closes the case: settled")
	p.isTold(ctx, "is told by itself that the case is closed", spsv1.NoticeNews_NOTICE_NEWS_CASE_CLOSED)
	p.finds(ctx, certs.RoleLab, "is shown what came of its finding:", p.became(ctx, func(f Finding) (string, bool) {
		return "the case is " + f.CaseStatus + ", " + f.Outcome, f.Outcome != ""
	}))
}

// acknowledges accepts the case for action.
func (p *player) acknowledges(ctx context.Context) act {
	return func(c spsv1.CaseServiceClient) (*spsv1.IssuedStatement, error) {
		return c.AcknowledgeCase(ctx, &spsv1.AcknowledgeCaseRequest{
			Name: p.name(), RequestId: client.NewRequestID(),
			Acknowledgement: &spsv1.Acknowledgement{Stance: stance(spsv1.StancePosition_STANCE_POSITION_ACCEPTED)},
		})
	}
}

// adds adds to the case.
func (p *player) adds(ctx context.Context, f *spsv1.FollowUp) act {
	return func(c spsv1.CaseServiceClient) (*spsv1.IssuedStatement, error) {
		return c.FollowUpCase(ctx, &spsv1.FollowUpCaseRequest{Name: p.name(), RequestId: client.NewRequestID(), FollowUp: f})
	}
}

// prepares has an act become a draft, on the case as it is read now.
func (p *player) prepares(ctx context.Context, do func(c spsv1.CaseServiceClient, etag string) (*spsv1.IssuedStatement, error)) func(Desk) (string, error) {
	return func(desk Desk) (string, error) {
		read, err := desk.Officer.CaseService().GetCase(ctx, &spsv1.GetCaseRequest{Name: p.name()})
		if err != nil {
			return "", err
		}
		would, err := do(desk.Officer.CaseService(), read.GetEtag())
		return would.GetDraft(), err
	}
}

// ended holds that the case is what the story made of it.
func (p *player) ended(ctx context.Context) error {
	c, err := p.desks[newcomer].Officer.Case(ctx, p.told.Case)
	if err != nil {
		return fmt.Errorf("the case at its end: %w", err)
	}
	state := c.GetState()
	about := state.GetNotification().GetProducts()
	switch {
	case state.GetStatus() != spsv1.CaseStatus_CASE_STATUS_CLOSED:
		return fmt.Errorf("the case is %s at its end, not closed", state.GetStatus())
	case len(state.GetVersions()) != 2 || len(about) != 1 || !proto.Equal(about[0], fruit("L-71")):
		return fmt.Errorf("the case is about %v in version %d at its end, not about lot L-71 in the second", about, len(state.GetVersions()))
	case !reported(state.GetNotification().GetSamples()):
		return fmt.Errorf("the samples are %v at the end, not that of report %s", state.GetNotification().GetSamples(), reportNumber)
	case len(state.GetDisputes()) != 1 || state.GetDisputes()[0].GetAnswered() == nil:
		return errors.New("the dispute is not answered at the end")
	case len(c.GetIncomplete()) > 0:
		return fmt.Errorf("what %v said is missing at %s", c.GetIncomplete(), newcomer)
	}
	for _, d := range c.GetDeadlines() {
		if d.GetState() == spsv1.DeadlineState_DEADLINE_STATE_OVERDUE {
			return fmt.Errorf("%s of %s is overdue", d.GetClock(), d.GetOffice())
		}
	}
	return nil
}

// destroyed is an outcome.
func destroyed(action string) *spsv1.Outcome {
	return &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED, CorrectiveAction: english(action)}
}

func english(text string) []*spsv1.LocalizedText {
	return []*spsv1.LocalizedText{{Lang: "en", Text: text}}
}

func stance(position spsv1.StancePosition) *spsv1.Stance { return &spsv1.Stance{Position: position} }
