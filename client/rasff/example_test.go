package rasff_test

import (
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/rasff"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const export = `reference,category,type,subject,date,notifying_country,classification,risk_decision,distribution,forAttention,forFollowUp,operator,origin,hazards
2026.0042,fruits and vegetables,food,"cadmium in durian from Vietnam, via Germany",2026-01-05 09:30:00,Finland,alert notification,serious,Finland,INFOSAN,Vietnam,Vietnam,Vietnam,cadmium
2026.0042,fruits and vegetables,food,"cadmium in durian from Vietnam, via Germany",2026-01-07 10:00:00,Finland,alert notification,serious,"Finland,Thailand",INFOSAN,Vietnam,Vietnam,Vietnam,cadmium
2026.043,nuts,food,aflatoxins in groundnuts,2026-01-08,Finland,alert notification,serious,,,,,China,aflatoxins
`

func Example() {
	im := rasff.NewImporter(rasff.Options{Members: []certs.Office{"EU", "CN", "TH", "VN"}})
	if err := im.Read(strings.NewReader(export)); err != nil {
		fmt.Println(err)
		return
	}
	for round := im.Round(); len(round) > 0; round = im.Round() {
		for _, step := range round {
			switch {
			case step.Err != nil:
				fmt.Println(step.Err)
				continue
			case step.Statement == nil:
				continue // it says nothing new
			}
			issued := issue(step.Statement) // at the node, under step.RequestID
			im.Done(step.RequestID, issued)
			fmt.Printf("%s: %s", step, issued.GetReference())
			if a := step.Statement.GetAmendment(); a != nil {
				fmt.Printf(" amends %s, %s", step.Statement.GetCaseRef().GetReference(), a.GetChanges()[0].GetText()[0].GetText())
			}
			for _, addressee := range step.Statement.GetAddressees() {
				fmt.Printf(" →%s", addressee.GetOffice())
			}
			fmt.Println()
		}
	}
	// Output:
	// line 2, 2026.0042: EU-2026-000001 →VN
	// line 4, reference: restore 2026.043 as 2026.0430, a program took it for a number and left out its last digits; line 4, date: write it as 2024-12-31 14:35:21, not "2026-01-08"
	// line 3, 2026.0042: EU-2026-000002 amends EU-2026-000001, distribution: added TH →TH →VN
}

var sequence uint64

// issue stands for the node.
func issue(s *spsv1.Statement) *spsv1.IssuedStatement {
	sequence++
	return &spsv1.IssuedStatement{
		Reference: fmt.Sprintf("EU-2026-%06d", sequence),
		Entry:     &spsv1.EntryRef{Origin: "asean-cn/EU/1", Sequence: sequence, RecordHash: make([]byte, 32)},
		Statement: s,
	}
}
