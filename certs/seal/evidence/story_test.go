package evidence_test

import (
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// story is what happens in the vectors. Viet Nam states at 4, to China, the
// European Union and Thailand, and brings Cambodia in at 8. Its log key is
// rotated: the first is good up to size 6, the second from 5 on. The European
// Union lists 4 as missing at size 6 and no more at size 9. China acknowledges,
// Thailand follows up. The Lao office is not addressed.
type story struct {
	*world

	vn, cn, eu, kh, la, th *member
	stated, readdressed    uint64
	news                   uint64 // a statement of Viet Nam for the network
	ack, follow            uint64
	elsewhere              uint64 // a statement of China in another case
	own                    uint64 // a follow-up of Viet Nam itself
}

func newStory(t testing.TB) *story {
	t.Helper()
	w := newWorld(t)
	s := &story{
		world: w, vn: w.offices["VN"], cn: w.offices["CN"], eu: w.offices["EU"],
		kh: w.offices["KH"], la: w.offices["LA"], th: w.offices["TH"],
	}
	vn := s.vn
	vn.issue(notification("cadmium in durian"))
	s.news = vn.issue(notification("a gate is closed for a week"))
	vn.issue(notification("fruit flies in mango"), "LA", "VN")
	s.stated = vn.issue(notification("no such packing house: certificate VN-0421 is forged"), "CN", "EU", "TH", "VN")
	s.rotate()
	s.own = vn.issue(followUp(vn, s.stated, "the packing house confirms"), "CN", "EU", "TH", "VN")
	s.readdressed = vn.readdress(s.stated, "KH", "VN")
	vn.issue(notification("aflatoxin in pepper"), "EU", "VN")
	vn.issue(notification("label without a language"), "TH", "VN")
	vn.issue(notification("residue in lychee"))
	s.ack = s.cn.issue(&spsv1.Statement{
		Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_ADDRESSEES_ONLY,
		CaseRef: &spsv1.CaseRef{Original: vn.entryRef(s.stated), Reference: vn.reference(int(s.stated))},
		Body:    &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}},
	}, "CN", "VN")
	s.elsewhere = s.cn.issue(followUp(vn, s.news, "another case"), "CN", "VN")
	s.follow = s.th.issue(followUp(vn, s.stated, "the lot is held at the gate"), "TH", "VN")
	return s
}

// rotate gives the log of Viet Nam its second key, and publishes it at 5 and a
// card that names both at 6.
func (s *story) rotate() {
	vn := s.vn
	first := vn.logKeys[0]
	vn.logKeys = append(vn.logKeys, edKey("VN", "log", 2))
	vn.publish(func(c *spsv1.Card) {
		c.LogKeys = []*spsv1.LogKey{
			s.logKey(certs.LogKey{Origin: vn.origin, Public: vn.logKeys[1].Public(), From: 5}),
			s.logKey(certs.LogKey{Origin: vn.origin, Public: first.Public(), Until: 7}),
		}
	})
	vn.issueCard()
	vn.issue(notification("moth in rice"))
}

func notification(subject string) *spsv1.Statement {
	return &spsv1.Statement{
		Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_ADDRESSEES_ONLY,
		Attachments: []*spsv1.Attachment{{Id: "a1", Filename: "certificate.pdf", Sha256: seed(subject), SizeBytes: 48213, MediaType: "application/pdf"}},
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_ALERT,
			Subject:        []*spsv1.LocalizedText{{Lang: "en", Text: subject}},
		}},
	}
}

func followUp(of *member, seq uint64, text string) *spsv1.Statement {
	return &spsv1.Statement{
		Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_ADDRESSEES_ONLY,
		CaseRef: &spsv1.CaseRef{Original: of.entryRef(seq), Reference: of.reference(int(seq))},
		Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{
			Text: []*spsv1.LocalizedText{{Lang: "en", Text: text}},
		}},
	}
}

// plain is the statement with the receipt of China, under the checkpoint of
// size 12.
func (s *story) plain() *evidence.Bundle {
	b := &evidence.Bundle{
		Statement:   s.vn.entry(s.stated, 12),
		Checkpoints: [][]byte{s.vn.checkpoint(12)},
		Cards:       s.canonical(s.newest("CN", "VN")...),
	}
	b.Statement.Receipts = []evidence.Receipt{s.cn.receipt(s.vn, 5, s.stated, nil)}
	return b
}

// whole has everything in it.
func (s *story) whole() *evidence.Bundle {
	b := &evidence.Bundle{
		Statement:   s.vn.entry(s.stated, 12),
		Readdresses: []evidence.Entry{s.vn.entry(s.readdressed, 12)},
		Case:        []evidence.Entry{s.cn.entry(s.ack, 3), s.th.entry(s.follow, 2), s.vn.entry(s.own, 12)},
		Checkpoints: [][]byte{s.cn.checkpoint(3), s.th.checkpoint(2), s.vn.checkpoint(12)},
		Cards:       s.canonical(s.newest("CN", "EU", "KH", "LA", "TH", "VN")...),
	}
	b.Statement.Receipts = []evidence.Receipt{
		s.cn.receipt(s.vn, 5, s.stated, nil),
		s.eu.receipt(s.vn, 9, s.stated, nil),
		s.la.receipt(s.vn, 7, s.stated, nil),
		s.th.receipt(s.vn, 7, s.stated, func(r *seal.Receipt) { r.Missing = []uint64{6} }),
	}
	b.Readdresses[0].Receipts = []evidence.Receipt{s.kh.receipt(s.vn, 10, s.readdressed, nil)}
	return b
}
