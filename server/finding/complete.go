package finding

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Complete returns a finding of a laboratory as it is kept, if there is nothing
// wrong with it: a copy with the local ids that were left out, with the id of the
// laboratory where a result says only how that is accredited, and without what
// only the node says. Complete of a complete finding is the same.
func Complete(f *spsv1.LabFinding, laboratory string) *spsv1.LabFinding {
	f = content(f)
	if p := f.GetProduct(); p != nil {
		give(&p.Id, "p1")
		for i, lot := range p.GetLots() {
			give(&lot.Id, fmt.Sprintf("%s.l%d", p.GetId(), i+1))
		}
	}
	if s := f.GetSample(); s != nil {
		give(&s.Id, "s1")
		for i, r := range s.GetResults() {
			give(&r.Id, fmt.Sprintf("%s.r%d", s.GetId(), i+1))
			if l := r.GetLaboratory(); l != nil && l.GetName() == "" && l.GetArea() == nil {
				give(&l.Id, laboratory)
			}
		}
	}
	for i, a := range f.GetAttachments() {
		give(&a.Id, fmt.Sprintf("a%d", i+1))
	}
	return f
}

func give(id *string, otherwise string) {
	if *id == "" {
		*id = otherwise
	}
}

// content returns a copy of what the laboratory says in a finding.
func content(f *spsv1.LabFinding) *spsv1.LabFinding {
	return proto.CloneOf(&spsv1.LabFinding{
		ReportNumber: f.GetReportNumber(), ReportDate: f.GetReportDate(), Stage: f.GetStage(),
		SupersedesReports: f.GetSupersedesReports(), Product: f.GetProduct(), Sample: f.GetSample(), Text: f.GetText(),
		ExternalReferences: f.GetExternalReferences(), Attachments: f.GetAttachments(),
	})
}

// same reports whether two findings say the same.
func same(a, b *spsv1.LabFinding) bool { return proto.Equal(content(a), content(b)) }

// otherFiles reports whether two findings that do not say the same differ in their
// files only.
func otherFiles(a, b *spsv1.LabFinding) bool {
	a, b = content(a), content(b)
	a.Attachments, b.Attachments = nil, nil
	return proto.Equal(a, b)
}
