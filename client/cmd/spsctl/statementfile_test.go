package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const statementYAML = `# a pest in mango
status: STATEMENT_STATUS_ACTUAL
handling: HANDLING_NETWORK
addressees:
  - {office: VN, roles: [ADDRESSEE_ROLE_ORIGIN]}
externalReferences:
  - system: RASFF
    number: "2024.9650"
    date: {year: 2024, month: 12}
notification:
  classification: CLASSIFICATION_BORDER_REJECTION
  type: NOTIFICATION_TYPE_PLANT
  subject:
    - lang: vi
      text: Ruồi đục quả
  products: &goods
    - id: p1
      commodityCodes: [{system: hs, code: '080450'}]
`

func TestParseStatement(t *testing.T) {
	got, err := parseStatement([]byte(statementYAML))
	if err != nil {
		t.Fatal(err)
	}
	want := &spsv1.Statement{
		Status:             spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Handling:           spsv1.Handling_HANDLING_NETWORK,
		Addressees:         []*spsv1.Addressee{{Office: "VN", Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN}}},
		ExternalReferences: []*spsv1.ExternalReference{{System: "RASFF", Number: "2024.9650", Date: &spsv1.Date{Year: 2024, Month: 12}}},
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
			Type:           spsv1.NotificationType_NOTIFICATION_TYPE_PLANT,
			Subject:        []*spsv1.LocalizedText{{Lang: "vi", Text: "Ruồi đục quả"}},
			Products:       []*spsv1.Product{{Id: "p1", CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "080450"}}}},
		}},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("statement (-want +got):\n%s", diff)
	}
}

// TestShortValues writes the same statement as people do.
func TestShortValues(t *testing.T) {
	want, err := parseStatement([]byte(statementYAML))
	if err != nil {
		t.Fatal(err)
	}
	for _, short := range []*strings.Replacer{
		strings.NewReplacer("STATEMENT_STATUS_ACTUAL", "actual", "HANDLING_NETWORK", "network", "ADDRESSEE_ROLE_ORIGIN", "origin",
			"CLASSIFICATION_BORDER_REJECTION", "border-rejection", "NOTIFICATION_TYPE_PLANT", "plant"),
		strings.NewReplacer("STATEMENT_STATUS_ACTUAL", "ACTUAL", "CLASSIFICATION_BORDER_REJECTION", "border rejection",
			"NOTIFICATION_TYPE_PLANT", "notification_type_plant", "externalReferences", "external_references"),
	} {
		got, err := parseStatement([]byte(short.Replace(statementYAML)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("statement (-want +got):\n%s", diff)
		}
	}
}

// TestTemplates fills each template in, also with every line that is commented
// out, and reads it.
func TestTemplates(t *testing.T) {
	prose := regexp.MustCompile(`(?m)^# [^ ].*$|^#  ` + " spsctl.*$")
	for _, c := range classifications {
		text := must(t, "", "case", "template", c.Classification)
		for name, text := range map[string]string{
			"as it is":   text,
			"all of it":  regexp.MustCompile(`(?m)^#`).ReplaceAllString(prose.ReplaceAllString(text, ""), ""),
			"upper case": strings.ReplaceAll(text, c.Classification, strings.ToUpper(c.Classification)),
		} {
			got, err := parseStatement([]byte(text))
			if err != nil {
				t.Errorf("%s, %s: %v\n%s", c.Classification, name, err, text)
				continue
			}
			if got, want := brief.Of(got).Classification, strings.ReplaceAll(c.Classification, "-", " "); strings.ReplaceAll(got, "-", " ") != want {
				t.Errorf("%s, %s: it is a %q, want %q", c.Classification, name, got, want)
			}
		}
	}
	if got, want := len(classifications), spsv1.Classification(0).Descriptor().Values().Len()-1; got != want {
		t.Errorf("%d templates, want one for each of %d classifications", got, want)
	}
	if got := spsctl(t, "", "case", "template", "panic"); got.code != exitUsage || !strings.Contains(got.err, "alert, border-rejection") {
		t.Errorf("an unknown classification: exit code %d, %q, want %d and those that there are", got.code, got.err, exitUsage)
	}
}

func TestParseStatementSaysWhereAndWhat(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", "empty"},
		{"not YAML", "a: [", "yaml"},
		{"an unknown name", "status: STATEMENT_STATUS_ACTUAL\nhandlin: 3\n", `line 2: there is no "handlin" here, did you mean handling?`},
		{"a name like no other", "addressees:\n  - country: VN\n", `line 2: there is no "country" here; there are office, area, body`},
		{"a value that there is not", "notification:\n  classification: rejected\n", `line 2: classification: "rejected" is none of alert, border-rejection, `},
		{"a value in a list", "addressees:\n  - roles: [origin, mother]\n", `line 2: roles: "mother" is none of origin, re-export, `},
		{"several at once", "handlin: 3\nstatus: real\n", "line 2: status"},
		{"a number that is no number", "externalReferences:\n  - number: 2024.9650\n", "2024.9650"},
		{"a number of YAML only", "addressees:\n  - cardNumber: 0x10\n", "plain number"},
		{"a list as a key", "? [a]\n: b\n", "a key must be a name"},
		{"more than one can hold", bomb(), "values"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := parseStatement([]byte(test.in)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
		})
	}
}

// bomb is a small document that stands for a huge one.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 9; i++ {
		one := string(rune('0' + i - 1))
		b.WriteString("a" + string(rune('0'+i)) + ": &a" + string(rune('0'+i)) + " [" + strings.Repeat("*a"+one+", ", 9) + "*a" + one + "]\n")
	}
	return b.String()
}

func FuzzParseStatement(f *testing.F) {
	f.Add([]byte(statementYAML))
	f.Add([]byte(`{"status": "STATEMENT_STATUS_TEST", "network": true}`))
	f.Add([]byte("flags: [{office: VN, dueTime: 2026-01-01T00:00:00Z}]"))
	f.Add([]byte(bomb()))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseStatement(data)
		if err != nil {
			return
		}
		text, err := protojson.Marshal(s)
		if err != nil {
			return // text that is not UTF-8 cannot come from YAML, but say nothing here
		}
		again, err := parseStatement(text)
		if err != nil {
			t.Fatalf("its own JSON is refused: %v\n%s", err, text)
		}
		if diff := cmp.Diff(s, again, protocmp.Transform()); diff != "" {
			t.Errorf("read again (-first +second):\n%s", diff)
		}
	})
}
