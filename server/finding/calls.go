package finding

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// maxBatch is how many findings a list may have.
const maxBatch = 500

// PostFinding implements spsv1.FindingServiceServer.
func (s *Service) PostFinding(ctx context.Context, req *spsv1.PostFindingRequest) (*spsv1.LabFinding, error) {
	if req.GetFinding() == nil {
		return nil, access.Invalid(access.Violation{Field: "finding", Reason: "REQUIRED", Sentence: "give a value"})
	}
	all, err := s.post(ctx, []*spsv1.LabFinding{req.GetFinding()}, earlier{}, keepUnless(req.GetValidateOnly()))
	if err != nil {
		return nil, err
	}
	if refused := all[0].Refusal; refused != nil {
		violations := make([]access.Violation, len(refused.Violations))
		for i, v := range refused.Violations {
			v.Field = within("finding", v.Field)
			violations[i] = v
		}
		return nil, access.Invalid(violations...)
	}
	if req.GetValidateOnly() && !all[0].Unchanged {
		all[0].Finding.Name = "" // there is none of it
	}
	return all[0].Finding, nil
}

// within puts a path below a field.
func within(field, path string) string {
	if path == "" {
		return field
	}
	return field + "." + path
}

// BatchPostFindings implements spsv1.FindingServiceServer.
func (s *Service) BatchPostFindings(ctx context.Context, req *spsv1.BatchPostFindingsRequest) (*spsv1.BatchPostFindingsResponse, error) {
	if n := len(req.GetFindings()); n < 1 || n > maxBatch {
		return nil, access.Invalid(access.Violation{Field: "findings", Reason: "FINDINGS_COUNT", Sentence: "give 1 to 500 findings at once"})
	}
	all, err := s.post(ctx, req.GetFindings(), earlier{}, keepUnless(req.GetValidateOnly()))
	if err != nil {
		return nil, err
	}
	resp := &spsv1.BatchPostFindingsResponse{}
	for i, p := range all {
		row := &spsv1.PostedFinding{ReportNumber: req.GetFindings()[i].GetReportNumber(), Unchanged: p.Unchanged}
		switch {
		case p.Refusal != nil:
			row.Refusal = refusal(ctx, p.Refusal)
			resp.Refused++
		case p.Unchanged:
			row.Name = p.Finding.GetName()
			resp.Unchanged++
		case !req.GetValidateOnly():
			row.Name = p.Finding.GetName()
			resp.Posted++
		}
		resp.Results = append(resp.Results, row)
	}
	return resp, nil
}

// refusal says why a finding of a list was refused, in the language of the
// caller.
func refusal(ctx context.Context, r *access.Refusal) *spsv1.FindingRefusal {
	told := &spsv1.FindingRefusal{Reason: string(r.Reason)}
	for _, v := range r.Violations {
		told.Violations = append(told.Violations, &spsv1.Advice{
			Field: v.Field, Reason: v.Reason, Sentence: access.Worded(ctx, v.Reason, v.Sentence),
		})
	}
	told.Sentence = r.Sentence
	if first := told.GetViolations(); len(first) > 0 {
		told.Sentence = access.Headline(first[0].GetField(), first[0].GetSentence(), len(first)-1, strings.Join(access.Reads(ctx), ","))
	}
	return told
}

// WithdrawFinding implements spsv1.FindingServiceServer.
func (s *Service) WithdrawFinding(ctx context.Context, req *spsv1.WithdrawFindingRequest) (*spsv1.LabFinding, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	now := timestamppb.New(s.o.Now().UTC())
	var result *spsv1.LabFinding
	err = s.o.Store.Update(ctx, func(tx store.Tx) error {
		before, err := reported(tx, who.laboratory, req.GetReportNumber())
		if err != nil {
			return err
		}
		if len(before) == 0 {
			return access.NotFound("your laboratory posted no report of the number %s", req.GetReportNumber())
		}
		result = before[len(before)-1]
		switch result.GetState() {
		case spsv1.FindingState_FINDING_STATE_WITHDRAWN:
			return errors.Join(s.used(ctx, tx, result), access.Record(ctx, tx)) // as it was asked for
		case spsv1.FindingState_FINDING_STATE_SUPERSEDED:
			return access.Invalid(access.Violation{
				Field: "report_number", Reason: "REPORT_SUPERSEDED", Sentence: "name the report that superseded it, it does not stand any more",
			})
		}
		result.State, result.EndTime, result.WithdrawalReason = spsv1.FindingState_FINDING_STATE_WITHDRAWN, now, req.GetReason()
		if err := errors.Join(put(tx, result), settle(tx, "", result), s.used(ctx, tx, result)); err != nil {
			return err
		}
		return access.Record(ctx, tx, result.GetName())
	})
	if err != nil {
		return nil, err
	}
	s.Wake()
	return who.show(ctx, result), nil
}
