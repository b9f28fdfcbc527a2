package finding

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// Posted is what became of one finding.
type Posted struct {
	Finding   *spsv1.LabFinding // as it is kept, or would be; nil if it was refused
	Unchanged bool              // it was there already, just so
	Refusal   *access.Refusal   // why it was refused, or nil; fields begin within the finding
}

// errOnly ends a transaction of which nothing is to be kept.
var errOnly = errors.New("only a check")

// keepNothing takes back what was written.
func keepNothing(store.Tx, []Posted) error { return errOnly }

// keepUnless takes back what was written if it was only to be checked.
func keepUnless(only bool) func(store.Tx, []Posted) error {
	if only {
		return keepNothing
	}
	return func(store.Tx, []Posted) error { return nil }
}

// post keeps those findings of a laboratory that are in order, all in one transaction
// and in their order, so that a later one may supersede an earlier one, and says of
// each what became of it. When it returns they are durable. It calls also in the
// transaction, with what becomes of each; it may be called again, as the transaction
// may. If also returns an error none is kept, and post returns the error, unless it is
// errOnly. Any other error is a fault of the node, and none was kept.
//
// The caller of ctx is the one who posts; it MUST have the role lab.
func (s *Service) post(ctx context.Context, findings []*spsv1.LabFinding, before earlier, also func(store.Tx, []Posted) error) ([]Posted, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	laboratory, err := s.speaksFor(caller)
	if err != nil {
		return nil, err
	}
	p := &posting{
		s: s, laboratory: laboratory, by: &spsv1.Person{Id: caller.ID, Unit: caller.Unit},
		now: timestamppb.New(s.o.Now().UTC()), before: before,
	}
	complete, broken := make([]*spsv1.LabFinding, len(findings)), make([]*access.Refusal, len(findings))
	today := s.today()
	for i, f := range findings {
		complete[i] = Complete(f, p.laboratory.GetId())
		violations := Check(complete[i], today)
		if len(violations) == 0 {
			release, err := s.files(ctx, complete[i], &violations)
			if err != nil {
				return nil, err
			}
			defer release()
		}
		if len(violations) > 0 {
			broken[i] = access.Invalid(violations...)
		}
	}
	var all []Posted
	err = s.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		if all, err = p.postAll(tx, complete, broken); err != nil {
			return err
		}
		if err := also(tx, all); err != nil {
			return err
		}
		return access.Record(ctx, tx, names(all)...)
	})
	if err != nil && !errors.Is(err, errOnly) {
		return nil, err
	}
	if err == nil {
		s.Wake()
	}
	for _, p := range all {
		ofLaboratory(p.Finding)
	}
	return all, nil
}

// today is now by the clock of the office.
func (s *Service) today() time.Time { return s.o.Now().In(s.o.Roster.Own().Zone()) }

// names are those of the findings that were kept anew.
func names(all []Posted) []string {
	var kept []string
	for _, p := range all {
		if p.Finding != nil && !p.Unchanged {
			kept = append(kept, p.Finding.GetName())
		}
	}
	return kept
}

// files looks at the files that a finding names, and keeps them until it is kept
// itself.
func (s *Service) files(ctx context.Context, f *spsv1.LabFinding, violations *[]access.Violation) (release func(), err error) {
	const path = "attachments"
	release = func() {}
	if *violations, err = s.o.Files.CheckFiles(ctx, path, f.GetAttachments()); err != nil || len(*violations) > 0 {
		return release, err
	}
	kept, err := s.o.Files.PinFiles(path, f.GetAttachments())
	var refused *access.Refusal
	if errors.As(err, &refused) {
		*violations = refused.Violations
		return release, nil
	}
	if err != nil {
		return release, err
	}
	return kept, nil
}

// posting is one transaction in which findings are posted.
type posting struct {
	s          *Service
	laboratory *spsv1.Laboratory
	by         *spsv1.Person
	now        *timestamppb.Timestamp
	before     earlier
	replaced   map[string]bool // report numbers that the transaction has superseded so far
}

func (p *posting) postAll(tx store.Tx, complete []*spsv1.LabFinding, broken []*access.Refusal) ([]Posted, error) {
	all := make([]Posted, len(complete))
	p.replaced = make(map[string]bool)
	for i, f := range complete {
		if all[i].Refusal = broken[i]; broken[i] != nil {
			continue
		}
		kept, unchanged, violations, err := p.post(tx, f)
		if err != nil {
			return nil, err
		}
		all[i] = Posted{Finding: kept, Unchanged: unchanged}
		if len(violations) > 0 {
			all[i] = Posted{Refusal: access.Invalid(violations...)}
		}
	}
	return all, nil
}

// post keeps a finding, unless it is there already, or what is there speaks
// against it: then nothing is written.
func (p *posting) post(tx store.Tx, f *spsv1.LabFinding) (kept *spsv1.LabFinding, unchanged bool, violations []access.Violation, err error) {
	before, err := reported(tx, p.laboratory.GetId(), f.GetReportNumber())
	if err != nil {
		return nil, false, nil, err
	}
	for _, earlier := range before {
		if same(earlier, f) {
			return earlier, true, nil, p.s.became(tx, earlier)
		}
	}
	ended, violations := p.replacedByNumber(before, f)
	for i, number := range f.GetSupersedesReports() {
		earlier, refused, err := p.superseded(tx, fmt.Sprintf("supersedes_reports[%d]", i), number)
		if err != nil {
			return nil, false, nil, err
		}
		if refused != nil {
			violations = append(violations, *refused)
		} else if earlier != nil {
			ended = append(ended, earlier)
		}
	}
	if len(violations) > 0 {
		return nil, false, violations, nil
	}
	for _, number := range f.GetSupersedesReports() {
		p.replaced[number] = true
	}
	kept = content(f)
	kept.Name, kept.Laboratory, kept.PostedBy, kept.PostTime = nameOf(uuid.New()), p.laboratory, p.by, p.now
	kept.State = spsv1.FindingState_FINDING_STATE_CURRENT
	for _, earlier := range ended {
		kept.Supersedes = append(kept.Supersedes, earlier.GetName())
		earlier.State, earlier.SupersededBy, earlier.EndTime = spsv1.FindingState_FINDING_STATE_SUPERSEDED, kept.GetName(), p.now
		if err := put(tx, earlier); err != nil {
			return nil, false, nil, err
		}
	}
	order, err := answers(tx, kept, ended)
	if err != nil {
		return nil, false, nil, err
	}
	kept.Order = order.GetName()
	if err := p.s.route(tx, kept, ended); err != nil {
		return nil, false, nil, err
	}
	if err := add(tx, kept, len(before)); err != nil {
		return nil, false, nil, err
	}
	return kept, false, nil, settle(tx, kept.GetOrder(), append(ended, kept)...)
}

// replacedByNumber returns what the report replaces by its own number: the
// preliminary one, if it is the final one. Any other that has the number keeps
// it.
func (p *posting) replacedByNumber(before []*spsv1.LabFinding, f *spsv1.LabFinding) ([]*spsv1.LabFinding, []access.Violation) {
	if len(before) == 0 {
		return nil, nil
	}
	last := before[len(before)-1]
	switch {
	case last.GetState() == spsv1.FindingState_FINDING_STATE_WITHDRAWN:
		return nil, []access.Violation{{
			Field: "report_number", Reason: "REPORT_NUMBER_WITHDRAWN", Sentence: "give a new number, the report of this one was withdrawn",
		}}
	case last.GetState() == spsv1.FindingState_FINDING_STATE_CURRENT && f.GetStage() == spsv1.ResultStage_RESULT_STAGE_FINAL &&
		last.GetStage() == spsv1.ResultStage_RESULT_STAGE_PRELIMINARY:
		return []*spsv1.LabFinding{last}, nil
	case otherFiles(last, f):
		return nil, []access.Violation{{
			Field: "attachments", Reason: "REPORT_NUMBER_USED",
			Sentence: "this report is here already, with other files: give it a new number, and name this one in supersedesReports, to change its files",
		}}
	}
	return nil, []access.Violation{{
		Field: "report_number", Reason: "REPORT_NUMBER_USED",
		Sentence: "another report has this number: give a new one, and name the other in supersedesReports if this one replaces it",
	}}
}

// superseded returns what stands under a number that a report, at path, says it
// replaces; nil if an earlier batch of a check would have kept it.
func (p *posting) superseded(r store.Reader, path, number string) (*spsv1.LabFinding, *access.Violation, error) {
	before, err := reported(r, p.laboratory.GetId(), number)
	if err != nil {
		return nil, nil, err
	}
	gone := &access.Violation{Field: path, Reason: "REPORT_SUPERSEDED", Sentence: "name the report that superseded it, it does not stand any more"}
	switch {
	case p.before.superseded[number], p.replaced[number]:
		return nil, gone, nil
	case p.before.kept[number]:
		return nil, nil, nil
	case len(before) == 0:
		return nil, &access.Violation{
			Field: path, Reason: "REPORT_UNKNOWN", Sentence: "no report of this number was posted here: post it first, or leave the number out",
		}, nil
	}
	last := before[len(before)-1]
	switch last.GetState() {
	case spsv1.FindingState_FINDING_STATE_WITHDRAWN:
		return nil, &access.Violation{Field: path, Reason: "REPORT_WITHDRAWN", Sentence: "leave it out, that report was withdrawn"}, nil
	case spsv1.FindingState_FINDING_STATE_SUPERSEDED:
		return nil, gone, nil
	}
	return last, nil, nil
}
