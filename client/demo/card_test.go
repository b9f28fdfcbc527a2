package demo_test

import (
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/demo"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestCardOfADemonstrationHoldsByTheRules(t *testing.T) {
	for _, office := range []string{"CN", "EU", "ID", "MY", "PH", "SG", "TH", "VN", "BR"} {
		c := &spsv1.Card{Office: office}
		demo.Card(c)
		if problems := certs.CheckDetails(c); len(problems) > 0 {
			t.Errorf("card of %s: %v", office, problems)
		}
		if len(c.GetDutyContacts()) != 1 || c.GetDutyContacts()[0].GetPhone() == "" {
			t.Errorf("card of %s has contacts %v, want one with a number", office, c.GetDutyContacts())
		}
	}
}
