package realdata

import (
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/sample"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// TestSampleIsLawful holds that a node issues every notification of the sample.
func TestSampleIsLawful(t *testing.T) {
	for _, item := range sample.Statements() {
		t.Run(item.Name, func(t *testing.T) {
			s := complete(item.Statement, item.Office, item.RequestID)
			if problems := statement.Check(s); len(problems) > 0 {
				t.Errorf("Check finds\n%v", problems)
			}
			if _, err := statement.Encode(s); err != nil {
				t.Errorf("Encode: %v", err)
			}
		})
	}
}

// TestSampleIsVaried holds that the sample shows what the network is for.
func TestSampleIsVaried(t *testing.T) {
	items := sample.Statements()
	if len(items) < 60 {
		t.Errorf("%d notifications, want at least 60", len(items))
	}
	names := make(map[string]bool)
	requests := make(map[string]bool)
	issuers := make(map[certs.Office]int)
	classifications := make(map[spsv1.Classification]int)
	types := make(map[spsv1.NotificationType]int)
	languages := make(map[string]int)
	toAll, toSome, withResults, withCodes, withDocuments, withTransports := 0, 0, 0, 0, 0, 0
	for _, item := range items {
		n := item.Statement.GetNotification()
		if n == nil {
			t.Errorf("%s is no notification", item.Name)
		}
		names[item.Name], requests[item.RequestID] = true, true
		issuers[item.Office]++
		classifications[n.GetClassification()]++
		types[n.GetType()]++
		for _, text := range n.GetSubject() {
			languages[text.GetLang()]++
		}
		toAll += count(item.Statement.GetNetwork())
		toSome += count(!item.Statement.GetNetwork())
		withResults += count(len(n.GetSamples()) > 0)
		withDocuments += count(len(n.GetDocuments()) > 0)
		withTransports += count(len(n.GetConsignment().GetTransports()) > 0)
		codes := false
		for _, p := range n.GetProducts() {
			codes = codes || len(p.GetCodes()) > 0
		}
		withCodes += count(codes)
	}
	if len(names) != len(items) || len(requests) != len(items) {
		t.Errorf("%d names and %d request IDs for %d items, want one each", len(names), len(requests), len(items))
	}
	for _, office := range members {
		if issuers[office] < 5 {
			t.Errorf("%s issues %d, want at least 5", office, issuers[office])
		}
	}
	for number, name := range spsv1.Classification_name {
		if got := classifications[spsv1.Classification(number)]; number != 0 && got < 3 {
			t.Errorf("%d of %s, want at least 3", got, name)
		}
	}
	for number, name := range spsv1.NotificationType_name {
		if got := types[spsv1.NotificationType(number)]; number != 0 && got < 1 {
			t.Errorf("none of %s", name)
		}
	}
	for _, language := range []string{"en", "vi", "th", "zh-Hans", "fr", "de"} {
		if languages[language] < 2 {
			t.Errorf("%d subjects in %s, want at least 2", languages[language], language)
		}
	}
	for what, got := range map[string]int{
		"go to everybody": toAll, "go to addressees only": toSome, "have results of laboratories": withResults,
		"have codes of growing areas or packing houses": withCodes, "have documents": withDocuments, "name transports": withTransports,
	} {
		if got < 8 {
			t.Errorf("%d %s, want at least 8", got, what)
		}
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
