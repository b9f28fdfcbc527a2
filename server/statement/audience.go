package statement

import (
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// checkAudience checks whom the statement reaches and whom it flags.
func checkAudience(s *spsv1.Statement) Problems {
	var problems Problems
	if s.GetHandling() == spsv1.Handling_HANDLING_ADDRESSEES_ONLY && s.GetNetwork() {
		problems.add("network", "AUDIENCE_CONFLICT",
			"leave it false under the handling ADDRESSEES_ONLY, or choose another handling")
	}
	if !s.GetNetwork() && len(s.GetAddressees()) == 0 {
		problems.add("addressees", "AUDIENCE_EMPTY", "name at least one addressee, or send it to the network")
	}
	seen := make(map[string]int)
	for i, a := range s.GetAddressees() {
		path := fmt.Sprintf("addressees[%d]", i)
		key := who(a) + "/" + a.GetUnit()
		if first, ok := seen[key]; ok {
			problems.add(path, "ADDRESSEE_TWICE", fmt.Sprintf("leave it out, it is the same as addressees[%d]", first))
		} else {
			seen[key] = i
		}
		if a.GetOffice() != "" && a.GetOffice() == s.GetOffice() && a.GetUnit() == "" {
			problems.add(path+".office", "ADDRESSEE_SELF", "leave out the issuing office, or name one of its units")
		}
		if a.GetOffice() != "" && a.GetOffice() != s.GetOffice() && !a.GetByHand() && a.GetCardNumber() == 0 {
			problems.add(path+".card_number", "CARD_REQUIRED",
				"give the number of the office's card, or mark it as told by hand if it has no node")
		}
	}
	return append(problems, checkFlags(s)...)
}

// checkFlags checks that no flag is given twice, and that none asks the issuing
// office itself.
func checkFlags(s *spsv1.Statement) Problems {
	var problems Problems
	seen := make(map[string]int)
	for i, f := range s.GetFlags() {
		path := fmt.Sprintf("flags[%d]", i)
		key := fmt.Sprintf("%s/%s/%d", who(f), f.GetUnit(), f.GetKind())
		if first, ok := seen[key]; ok {
			problems.add(path, "FLAG_TWICE", fmt.Sprintf("leave it out, it is the same as flags[%d]", first))
		} else {
			seen[key] = i
		}
	}
	return problems
}

// recipient is whom a statement names: an office, an area or a body.
type recipient interface {
	GetOffice() string
	GetArea() *spsv1.Area
	GetBody() string
}

// who returns a key under which two mentions of one recipient are equal.
func who(r recipient) string {
	switch {
	case r.GetOffice() != "":
		return "office " + r.GetOffice()
	case r.GetBody() != "":
		return "body " + r.GetBody()
	case r.GetArea().GetCode() != "":
		return "area " + r.GetArea().GetCode()
	}
	return "area as written " + r.GetArea().GetAsWritten()
}

// checkSource checks that a hand-entered statement, and every record of telling
// by hand, says enough to be believed.
func checkSource(s *spsv1.Statement) Problems {
	var problems Problems
	if src := s.GetSource(); src != nil {
		if src.GetTeller().GetOffice() != "" && src.GetTeller().GetOffice() == s.GetOffice() {
			problems.add("source.teller.office", "SOURCE_SELF", "leave out the source of what the office says itself")
		}
		switch src.GetMeans() {
		case spsv1.Means_MEANS_LETTER, spsv1.Means_MEANS_EMAIL, spsv1.Means_MEANS_FAX:
			if len(src.GetScans()) == 0 && src.GetReference() == "" {
				problems.add("source.scans", "SOURCE_INCOMPLETE", "attach a scan of what was written, or give its reference")
			}
		case spsv1.Means_MEANS_OTHER_SYSTEM:
			if src.GetSystem() == "" {
				problems.add("source.system", "SOURCE_INCOMPLETE", "name the other system")
			}
			if src.GetReference() == "" {
				problems.add("source.reference", "SOURCE_INCOMPLETE", "give its number in the other system")
			}
		default:
			if src.GetReceivedBy() == nil {
				problems.add("source.received_by", "SOURCE_INCOMPLETE", "name the person who was told")
			}
		}
	}
	for i, h := range s.GetHandDeliveries() {
		path := fmt.Sprintf("hand_deliveries[%d]", i)
		if h.GetMeans() == spsv1.Means_MEANS_OTHER_SYSTEM && h.GetSystem() == "" {
			problems.add(path+".system", "HAND_DELIVERY_INCOMPLETE", "name the other system")
		}
		if h.GetToldTo() == nil && len(h.GetProof()) == 0 {
			problems.add(path+".told_to", "HAND_DELIVERY_INCOMPLETE", "name the person who was told, or attach the proof")
		}
	}
	return problems
}
