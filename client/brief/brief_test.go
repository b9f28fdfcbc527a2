package brief_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func text(pairs ...string) (all []*spsv1.LocalizedText) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, &spsv1.LocalizedText{Lang: pairs[i], Text: pairs[i+1]})
	}
	return all
}

func notification(n *spsv1.Notification) *spsv1.Statement {
	return &spsv1.Statement{Body: &spsv1.Statement_Notification{Notification: n}}
}

func TestOf(t *testing.T) {
	mango := &spsv1.Product{
		Name: text("vi", "xoài", "en", "mango"),
		Origins: []*spsv1.Origin{
			{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: &spsv1.Area{Code: "VN"}},
			{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: &spsv1.Area{AsWritten: "Somewhere"}},
		},
	}
	coded := &spsv1.Notification{
		Products: []*spsv1.Product{{CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "081060"}}}},
		Findings: []*spsv1.Finding{{Hazard: &spsv1.Hazard{Category: &spsv1.Concept{
			Codings: []*spsv1.Coding{{System: "rasff-hazard-category", Code: "heavy metals"}}, AsWritten: "metales pesados", Lang: "es",
		}}}},
	}
	for _, test := range []struct {
		name      string
		in        *spsv1.Statement
		languages []string
		want      brief.Brief
	}{
		{name: "nothing", in: &spsv1.Statement{}},
		{
			name:      "codes, in the reader's language",
			in:        notification(coded),
			languages: []string{"vi"},
			want:      brief.Brief{Kind: "notification", Product: "sầu riêng tươi", Hazard: "kim loại nặng"},
		},
		{
			name: "codes, in English by default: what was written first",
			in:   notification(coded),
			want: brief.Brief{Kind: "notification", Product: "durians, fresh", Hazard: "metales pesados"},
		},
		{
			name:      "codes, in a language that their list lacks",
			in:        notification(coded),
			languages: []string{"km"},
			want:      brief.Brief{Kind: "notification", Product: "durians, fresh", Hazard: "metales pesados"},
		},
		{
			name: "a pest in mango, in English by default",
			in: notification(&spsv1.Notification{
				Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
				Subject:        text("vi", "Ruồi đục quả", "en", "Fruit fly"),
				Products:       []*spsv1.Product{mango},
				Findings:       []*spsv1.Finding{{Organism: &spsv1.Organism{Taxon: &spsv1.Taxon{ScientificName: "Bactrocera dorsalis"}}}},
			}),
			want: brief.Brief{Kind: "notification", Classification: "border rejection", Subject: "Fruit fly", Product: "mango", Hazard: "Bactrocera dorsalis", Origin: "VN, Somewhere"},
		},
		{
			name: "in the reader's language, whatever its region",
			in: notification(&spsv1.Notification{
				Classification: spsv1.Classification_CLASSIFICATION_ALERT,
				Subject:        text("en", "Fruit fly", "vi", "Ruồi đục quả"),
				Products:       []*spsv1.Product{mango},
			}),
			languages: []string{"vi-VN"},
			want:      brief.Brief{Kind: "notification", Classification: "alert", Subject: "Ruồi đục quả", Product: "xoài", Origin: "VN, Somewhere"},
		},
		{
			name: "a finding without a hazard, and one twice",
			in: notification(&spsv1.Notification{
				Classification: spsv1.Classification_CLASSIFICATION_NEWS,
				Products:       []*spsv1.Product{{ArticleKind: spsv1.ArticleKind_ARTICLE_KIND_WOOD_PACKAGING}},
				Findings: []*spsv1.Finding{
					{DocumentFault: &spsv1.DocumentFault{Kinds: []spsv1.DocumentFaultKind{spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_ABSENT}}},
					{Hazard: &spsv1.Hazard{Agent: &spsv1.Concept{AsWritten: "2,4-D"}}},
					{Hazard: &spsv1.Hazard{Agent: &spsv1.Concept{AsWritten: "2,4-D"}}},
				},
			}),
			want: brief.Brief{Kind: "notification", Classification: "news", Product: "wood packaging", Hazard: "document absent, 2,4-D"},
		},
		{
			name: "an exercise",
			in: &spsv1.Statement{
				Status: spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE,
				Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
					Classification: spsv1.Classification_CLASSIFICATION_ALERT,
				}},
			},
			want: brief.Brief{Kind: "EXERCISE notification", Classification: "EXERCISE alert"},
		},
		{
			name: "a test that has no classification",
			in: &spsv1.Statement{
				Status: spsv1.StatementStatus_STATEMENT_STATUS_TEST,
				Body:   &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{}},
			},
			want: brief.Brief{Kind: "TEST follow-up"},
		},
		{
			name: "another kind",
			in:   &spsv1.Statement{Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Text: text("th", "ข้อความ")}}},
			want: brief.Brief{Kind: "follow-up", Subject: "ข้อความ"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := brief.Of(test.in, test.languages...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("brief (-want +got):\n%s", diff)
			}
		})
	}
}
