package trader

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const (
	reinstates = `measures { id: "m1" code_status { code { kind: SITE_CODE_KIND_GROWING_AREA code: "VN BT 001" } action: CODE_ACTION_REINSTATED market { code: "CN" } } }`
	ofVietNam  = `products { id: "p1" origins { area { code: "VN" } } lots { id: "p1.l1" number: "L1" ` + aCode + ` } } `
)

// codeLines returns what a notice says of the status of codes.
func codeLines(label string, lines []*spsv1.NoticeLine) (all []string) {
	for _, l := range lines {
		if l.GetLabel() == label {
			all = append(all, l.GetText())
		}
	}
	return all
}

// TestWhoSaysItOfACode holds what is written in each language of what each office does
// about a code, and of what was told before it was kept who does.
func TestWhoSaysItOfACode(t *testing.T) {
	c := parsed(t, &spsv1.NoticeContent{}, `notification {
		measures { id: "m1" code_status { code { code: "VN-1" } action: CODE_ACTION_SUSPENDED market { code: "TH" } } }
		measures { id: "m2" code_status { code { code: "VN-1" } action: CODE_ACTION_SUSPENDED market { code: "TH" } } }
		measures { id: "m3" code_status { code { code: "VN-1" } action: CODE_ACTION_REINSTATED market { code: "TH" } } }
		measures { id: "m4" code_status { code { code: "VN-1" } action: CODE_ACTION_SUSPENDED market { code: "TH" } start_time { seconds: 1772600000 } } } }
		code_changes { measure: "m1" office: "TH" half: CODE_HALF_REFUSED }
		code_changes { measure: "m2" office: "VN" half: CODE_HALF_WITHHELD }
		code_changes { measure: "m3" office: "TH" half: CODE_HALF_REFUSED }`)
	for lang, want := range map[string][]string{
		"en": {
			"VN-1: suspended; Thailand; refused by Thailand", "VN-1: suspended; Thailand; withheld by Vietnam",
			"VN-1: reinstated; Thailand; lifted by Thailand", "VN-1: suspended; Thailand; 2026-03-04 – ",
		},
		"vi": {
			"VN-1: tạm đình chỉ; Thái Lan; bị Thái Lan từ chối", "VN-1: tạm đình chỉ; Thái Lan; Việt Nam không cho đi",
			"VN-1: khôi phục; Thái Lan; Thái Lan đã bãi bỏ đình chỉ", "VN-1: tạm đình chỉ; Thái Lan; 2026-03-04 – ",
		},
		"zh-Hans": {
			"VN-1: 暂停; 泰国; 由泰国拒收", "VN-1: 暂停; 泰国; 由越南暂停输出",
			"VN-1: 恢复; 泰国; 由泰国解除暂停", "VN-1: 暂停; 泰国; 2026-03-04 – ",
		},
		"th": {
			"VN-1: ระงับ; ไทย; ไทย ปฏิเสธ", "VN-1: ระงับ; ไทย; เวียดนาม ระงับไม่ให้ส่งออก",
			"VN-1: คืนสถานะ; ไทย; ไทย ยกเลิกการระงับ", "VN-1: ระงับ; ไทย; 2026-03-04 – ",
		},
	} {
		w := &writer{lang: lang, langs: []string{lang}, zone: time.UTC}
		w.done(c)
		if diff := cmp.Diff(want, codeLines(w.say("Code status"), w.lines)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", lang, diff)
		}
	}
}

// TestBothHalvesOfACode has both offices suspend a code, one say so again in place of
// what it said, and both lift it; and one suspend it in an exercise.
func TestBothHalvesOfACode(t *testing.T) {
	d := newDesk(t)
	d.register("grower", "takes_part_in_exercises: true "+aCode)
	c := d.tell(alert + ofVietNam)
	says := func(when string, want ...string) {
		t.Helper()
		d.settled()
		if diff := cmp.Diff(want, codeLines("Tình trạng mã số", d.notice("grower").GetLines())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	const refused, withheld = "VN BT 001: tạm đình chỉ; Trung Quốc; bị Trung Quốc từ chối", "VN BT 001: tạm đình chỉ; Trung Quốc; Việt Nam không cho đi"
	c.follows(d, "CN", network, suspends)
	says("refused", refused)
	c.follows(d, "VN", network, suspends)
	says("withheld too", refused, withheld)

	again := c.entries[0]
	c.follows(d, "CN", network, suspends+` findings { id: "f1" }`)
	c.entries[2].Statement.RelatesTo = []*spsv1.Relation{{
		Kind:  spsv1.RelationKind_RELATION_KIND_SUPERSEDES,
		Entry: &spsv1.EntryRef{Origin: again.Origin.String(), Sequence: again.Sequence, RecordHash: again.Hash[:]},
	}}
	says("said again", withheld, refused)

	c.follows(d, "VN", network, reinstates)
	c.follows(d, "CN", network, reinstates)
	says("lifted", withheld, refused, "VN BT 001: khôi phục; Trung Quốc; Việt Nam đã bãi bỏ đình chỉ", "VN BT 001: khôi phục; Trung Quốc; Trung Quốc đã bãi bỏ đình chỉ")

	d = newDesk(t)
	d.register("grower", "takes_part_in_exercises: true "+aCode)
	c = &written{notification: alert + ofVietNam, status: spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE}
	d.cases[testCase] = c
	c.follows(d, "CN", network, suspends)
	says("in an exercise", refused)
}
