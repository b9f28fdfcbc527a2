package main

import (
	"bytes"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestListInEveryFormat(t *testing.T) {
	for _, test := range []struct {
		format format
		want   string
	}{
		{tableFormat, "OFFICE  NAME\nTH      กรมวิชาการเกษตร\nCN      海关总署 x\n"},
		{jsonFormat, "[\n  {\n    \"office\": \"TH\"\n  },\n  {\n    \"office\": \"CN\"\n  }\n]\n"},
		{jsonlFormat, "{\"office\":\"TH\"}\n{\"office\":\"CN\"}\n"},
		{yamlFormat, "- office: TH\n- office: CN\n"},
		{csvFormat, "office,name\nTH,กรมวิชาการเกษตร\nCN,海关总署\x1bx\n"},
	} {
		t.Run(string(test.format), func(t *testing.T) {
			var out bytes.Buffer
			list := newList(&out, test.format, "office", "name")
			for _, row := range [][2]string{{"TH", "กรมวิชาการเกษตร"}, {"CN", "海关总署\x1bx"}} {
				if err := list.add(&spsv1.Peer{Office: row[0]}, row[0], row[1]); err != nil {
					t.Fatal(err)
				}
			}
			if err := list.close(); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

func TestEmptyListIsStillJSON(t *testing.T) {
	var out bytes.Buffer
	if err := newList(&out, jsonFormat, "office").close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "[]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestYAMLKeepsNumbersThatAreText(t *testing.T) {
	var out bytes.Buffer
	if err := write(&out, yamlFormat, &spsv1.ExternalReference{System: "RASFF", Number: "2024.9650"}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "system: RASFF\nnumber: \"2024.9650\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPeerInWords(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.Local)
	at := func(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(now.Add(-d)) }
	for _, test := range []struct {
		name string
		peer *spsv1.Peer
		want [4]string
	}{
		{
			"never met", &spsv1.Peer{OwnSize: 3},
			[4]string{"not connected yet", "not known yet", "no receipt yet, 3 to go", "none"},
		},
		{
			"in step",
			&spsv1.Peer{Connected: true, Dialled: true, SinceTime: at(time.Hour), Origin: "f/CN/1", HeldSize: 7, KnownSize: 7, OwnSize: 3, ReceiptSize: 3, ReceiptTime: at(5 * time.Second)},
			[4]string{"connected since 11:00:00, we dialled", "all 7 held", "all 3 receipted, 5 s ago", "none"},
		},
		{
			"away since yesterday",
			&spsv1.Peer{SinceTime: at(24 * time.Hour), Origin: "f/CN/1", HeldSize: 7, KnownSize: 9, OwnSize: 5, ReceiptSize: 3, ReceiptTime: at(24 * time.Hour), LastError: "connection refused", LastErrorTime: at(3 * time.Minute)},
			[4]string{"down since 2026-03-03 12:00", "behind by 2 of 9", "3 of 5 receipted, 24 h ago", "connection refused, 3 min ago"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := [4]string{link(test.peer, now), behind(test.peer), theirReceipt(test.peer, now), lastError(test.peer, now)}
			if got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
