package federation

import (
	"slices"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// grower is the exporter whose packing house the code of the story is.
const grower = "long-an"

// registers has an officer register the grower.
func (d *desk) registers() {
	d.w.t.Helper()
	_, err := spsv1.NewExporterServiceClient(d.as(certs.RoleOfficer, "lan")).CreateExporter(d.w.t.Context(), &spsv1.CreateExporterRequest{
		ExporterId: grower, Exporter: &spsv1.Exporter{
			DisplayName: english("Long An Dragon Fruit Cooperative"), Languages: []string{"vi"},
			Roles: []spsv1.ExporterRole{spsv1.ExporterRole_EXPORTER_ROLE_CODE_OWNER},
			Codes: []*spsv1.ExporterCode{{Kind: packingHouse().GetKind(), Code: packingHouse().GetCode()}},
		},
	})
	if err != nil {
		d.w.t.Fatalf("register the grower: %v", err)
	}
}

// notice returns the notice of a case as the grower is shown it, or an officer;
// nil if there is none.
func (d *desk) notice(role certs.Role, id string, alert *spsv1.IssuedStatement) *spsv1.ConsignmentNotice {
	d.w.t.Helper()
	notices := spsv1.NewConsignmentServiceClient(d.as(role, id))
	page, err := notices.ListConsignmentNotices(d.w.t.Context(), &spsv1.ListConsignmentNoticesRequest{Reference: alert.GetReference()})
	if err != nil {
		d.w.t.Fatal(err)
	}
	if len(page.GetNotices()) == 0 {
		return nil
	}
	n, err := notices.GetConsignmentNotice(d.w.t.Context(), &spsv1.GetConsignmentNoticeRequest{Name: page.GetNotices()[0].GetName()})
	if err != nil {
		d.w.t.Fatal(err)
	}
	return n
}

// releases has an officer release the notice of a case, which the grower did not
// see before, and the grower acknowledge it.
func (d *desk) releases(alert *spsv1.IssuedStatement) {
	d.w.t.Helper()
	t := d.w.t
	if early := d.notice(certs.RoleExporter, grower, alert); early != nil {
		t.Errorf("the grower is shown %v before it was released", early)
	}
	proposed := d.notice(certs.RoleOfficer, "lan", alert)
	_, err := spsv1.NewExporterServiceClient(d.as(certs.RoleOfficer, "lan")).ReleaseConsignmentNotice(t.Context(), &spsv1.ReleaseConsignmentNoticeRequest{
		Name: proposed.GetName(), Etag: proposed.GetEtag(),
	})
	if err != nil {
		t.Fatalf("release %v: %v", proposed, err)
	}
	n, err := d.trader().AcknowledgeConsignmentNotice(t.Context(), &spsv1.AcknowledgeConsignmentNoticeRequest{Name: proposed.GetName(), Version: 1})
	if err != nil || n.GetLang() != "vi" || n.GetOffice() != nil {
		t.Errorf("the grower is shown %v, %v, want it in Vietnamese, without what is for its office", n, err)
	}
}

// answers has the grower answer the notice, and its office issue that as its
// report.
func (d *desk) answers(drafter, issuer string, alert *spsv1.IssuedStatement) *spsv1.IssuedStatement {
	d.w.t.Helper()
	t := d.w.t
	n, err := d.trader().AnswerConsignmentNotice(t.Context(), &spsv1.AnswerConsignmentNoticeRequest{
		Name: d.notice(certs.RoleExporter, grower, alert).GetName(), RequestId: client.NewRequestID(),
		Kinds: []spsv1.AnswerKind{spsv1.AnswerKind_ANSWER_KIND_CORRECTIVE_ACTION}, Text: english("the spraying was stopped"),
	})
	if err != nil {
		t.Fatal(err)
	}
	draft, err := spsv1.NewExporterServiceClient(d.as(certs.RoleOfficer, drafter)).ForwardAnswer(t.Context(), &spsv1.ForwardAnswerRequest{Name: n.GetName(), Answer: 1})
	if err != nil {
		t.Fatal(err)
	}
	f := draft.GetStatement().GetFollowUp()
	f.Outcome = &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED, CorrectiveAction: english("the spraying was stopped")}
	f.Part = spsv1.Part_PART_DONE
	draft, err = spsv1.NewDraftServiceClient(d.as(certs.RoleOfficer, drafter)).UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: draft})
	if err != nil {
		t.Fatal(err)
	}
	return d.passes(drafter, issuer, draft)
}

// wantNews holds that the grower was told news, each once.
func (d *desk) wantNews(alert *spsv1.IssuedStatement, want ...spsv1.NoticeNews) {
	d.w.t.Helper()
	var got []spsv1.NoticeNews
	versions := d.notice(certs.RoleExporter, grower, alert).GetVersions()
	slices.SortFunc(versions, func(a, b *spsv1.NoticeVersion) int { return int(a.GetNumber()) - int(b.GetNumber()) })
	for _, v := range versions {
		got = append(got, v.GetNews()...)
	}
	if !slices.Equal(got, want) {
		d.w.t.Errorf("the grower was told %v, want %v", got, want)
	}
}

// wantCodeLines holds what the notice says of the status of the grower's code.
func (d *desk) wantCodeLines(alert *spsv1.IssuedStatement, want ...string) {
	d.w.t.Helper()
	var got []string
	for _, l := range d.notice(certs.RoleExporter, grower, alert).GetLines() {
		if l.GetLabel() == "Tình trạng mã số" {
			got = append(got, l.GetText())
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		d.w.t.Errorf("the grower reads %q of its code, want %q", got, want)
	}
}

func (d *desk) trader() spsv1.ConsignmentServiceClient {
	d.w.t.Helper()
	return spsv1.NewConsignmentServiceClient(d.as(certs.RoleExporter, grower))
}
