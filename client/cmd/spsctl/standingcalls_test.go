package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestCaseShowsWhomToCall(t *testing.T) {
	at := timestamppb.New(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	var out bytes.Buffer
	f := newFacts(&out)
	addCalls(f, &spsv1.Case{
		ToCall: []*spsv1.CallPrompt{
			{Office: "VN", DueTime: at, Languages: []string{"vi", "en"}, Contacts: []*spsv1.ContactPoint{
				{Name: "duty desk", Phone: "+84241234567", OutOfHoursPhone: "+84987654321", AlwaysReachable: true, Languages: []string{"vi"}},
				{Email: "desk@office.example", AsWritten: "extension 12"},
			}},
			{Office: "CN"},
		},
		Calls: []*spsv1.Call{{
			Office: "VN", CallTime: at, Caller: "mai", Result: spsv1.CallResult_CALL_RESULT_NO_ANSWER, Phone: "+84241234567", Note: "rang\nlong",
		}},
	})
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	want := "to call    VN: acknowledgement due " + instant(at) + "; reads vi, en\n" +
		"  contact  duty desk; +84241234567; out of hours +84987654321; reachable at every hour; speaks vi\n" +
		"  contact  extension 12; desk@office.example\n" +
		"to call    CN: the alert has not arrived there; its card has no duty contact\n" +
		"called     VN, " + instant(at) + " by mai: no answer; +84241234567; rang long\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("whom to call (-want +got):\n%s", diff)
	}
}
