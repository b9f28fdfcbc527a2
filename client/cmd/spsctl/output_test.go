package main

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
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
		{csvFormat, "office,name\nTH,กรมวิชาการเกษตร\nCN,海关总署 x\n"},
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

// names are of offices and goods, in the scripts of the region.
var names = []string{
	"Plant Protection Department", "Cục Bảo vệ thực vật", "กรมวิชาการเกษตร", "ทุเรียนสด น้ำผึ้ง", "អគ្គនាយកដ្ឋានកសិកម្ម", "ស្វាយកែវរមៀត",
	"ກົມປູກຝັງ", "ໝາກມ່ວງ", "စိုက်ပျိုးရေးဦးစီးဌာန", "မြန်မာ့သရက်သီး", "海关总署", "新鲜榴莲（冷冻）", "Bộ NN&PTNT 🥭",
}

// TestWidthsAreThoseOfATerminal holds the widths that tables are laid out by to
// the columns by which the cursor of tmux 3.3a moved when it was shown the text,
// which are those of wcswidth of glibc 2.36 too.
func TestWidthsAreThoseOfATerminal(t *testing.T) {
	for text, want := range map[string]int{
		"Cục Bảo vệ thực vật": 19, "กรมวิชาการเกษตร": 14, "ทุเรียนสด น้ำผึ้ง": 12, "អគ្គនាយកដ្ឋានកសិកម្ម": 16, "ស្វាយកែវរមៀត": 11,
		"ກົມປູກຝັງ": 6, "ໝາກມ່ວງ": 6, "ນ້ຳ": 2, "စိုက်ပျိုးရေးဦးစီးဌာန": 15, "မြန်မာ့သရက်သီး": 10, "海关总署": 8, "新鲜榴莲（冷冻）": 16,
	} {
		if got := runewidth.StringWidth(text); got != want {
			t.Errorf("%q is %d columns wide, want %d as in a terminal", text, got, want)
		}
	}
}

func TestColumnsLineUpInEveryScript(t *testing.T) {
	var out bytes.Buffer
	list := newList(&out, tableFormat, "name", "cut", "end")
	for _, name := range names {
		if err := list.add(nil, name, short(name, 9), "END"); err != nil {
			t.Fatal(err)
		}
	}
	if err := list.close(); err != nil {
		t.Fatal(err)
	}
	facts := newFacts(&out)
	for _, name := range names {
		facts.add(name, "END")
	}
	table := out.String()
	out.Reset()
	if err := facts.close(); err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"table": table, "facts": out.String()} {
		want := 0
		for line := range strings.Lines(text) {
			before, _, _ := strings.Cut(line, "END")
			got := runewidth.StringWidth(before)
			if want == 0 {
				want = got
			}
			if got != want {
				t.Errorf("%s: the last column begins at %d, want %d in\n%s", what, got, want, text)
				break
			}
		}
	}
}

// TestNothingIsAFormula reads CSV back as a spreadsheet would.
func TestNothingIsAFormula(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"a formula", `=HYPERLINK("http://example.test")`, `'=HYPERLINK("http://example.test")`},
		{"a sum", "+1+1", "'+1+1"},
		{"a difference", "-2+3", "'-2+3"},
		{"a function", "@SUM(A1)", "'@SUM(A1)"},
		{"a tab before one", "\t=1", "'\t=1"},
		{"one in full width", "＝1", "'＝1"},
		{"a line of its own", "\n=1", "'\n=1"},
		{"what a terminal obeys", "a\x1b[2J\rb", "a [2J b"},
		{"commas and quotes", `shrimp, "tiger"`, `shrimp, "tiger"`},
		{"lines", "one\ntwo", "one\ntwo"},
		{"nothing", "", ""},
		{"text", "海关总署", "海关总署"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			list := newList(&out, csvFormat, "a", "b")
			if err := list.add(nil, test.in, "b"); err != nil {
				t.Fatal(err)
			}
			if err := list.close(); err != nil {
				t.Fatal(err)
			}
			rows, err := csv.NewReader(&out).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if got := rows[1][0]; got != test.want {
				t.Errorf("cell %q, want %q", got, test.want)
			}
		})
	}
}

func TestProgramsSeeTimesInUTCAndWholeTexts(t *testing.T) {
	at := timestamppb.New(time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC))
	var out bytes.Buffer
	list := newList(&out, csvFormat, "time", "text")
	if err := list.add(nil, when(at), short("instant noodles, duck flavour", 8)); err != nil {
		t.Fatal(err)
	}
	if err := list.close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "time,text\n2026-03-04T05:06:07Z,\"instant noodles, duck flavour\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJSONIsWrittenOneWay(t *testing.T) {
	s := &spsv1.ExternalReference{System: "GACC", Number: "a<b>&c"}
	for f, want := range map[format]string{
		jsonFormat:  "[\n  {\n    \"system\": \"GACC\",\n    \"number\": \"a<b>&c\"\n  }\n]\n",
		jsonlFormat: "{\"system\":\"GACC\",\"number\":\"a<b>&c\"}\n",
		yamlFormat:  "- system: GACC\n  number: a<b>&c\n",
	} {
		var out bytes.Buffer
		list := newList(&out, f, "system")
		if err := list.add(s, "GACC"); err != nil {
			t.Fatal(err)
		}
		if err := list.close(); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != want {
			t.Errorf("%s: got %q, want %q", f, got, want)
		}
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
