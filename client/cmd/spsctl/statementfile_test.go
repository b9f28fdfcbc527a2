package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
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

func parseStatement(data []byte, refer referrer) (*spsv1.Statement, error) {
	s := &spsv1.Statement{}
	return s, parseMessage(data, s, refer)
}

func TestParseStatement(t *testing.T) {
	got, err := parseStatement([]byte(statementYAML), nobody)
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
	want, err := parseStatement([]byte(statementYAML), nobody)
	if err != nil {
		t.Fatal(err)
	}
	for _, short := range []*strings.Replacer{
		strings.NewReplacer("STATEMENT_STATUS_ACTUAL", "actual", "HANDLING_NETWORK", "network", "ADDRESSEE_ROLE_ORIGIN", "origin",
			"CLASSIFICATION_BORDER_REJECTION", "border-rejection", "NOTIFICATION_TYPE_PLANT", "plant"),
		strings.NewReplacer("STATEMENT_STATUS_ACTUAL", "ACTUAL", "CLASSIFICATION_BORDER_REJECTION", "border rejection",
			"NOTIFICATION_TYPE_PLANT", "notification_type_plant", "externalReferences", "external_references"),
	} {
		got, err := parseStatement([]byte(short.Replace(statementYAML)), nobody)
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
			got, err := parseStatement([]byte(text), nobody)
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
			if _, err := parseStatement([]byte(test.in), nobody); err == nil || !strings.Contains(err.Error(), test.want) {
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
		s, err := parseStatement(data, nobody)
		if err != nil {
			return
		}
		text, err := protojson.Marshal(s)
		if err != nil {
			return // text that is not UTF-8 cannot come from YAML, but say nothing here
		}
		again, err := parseStatement(text, nobody)
		if err != nil {
			t.Fatalf("its own JSON is refused: %v\n%s", err, text)
		}
		if diff := cmp.Diff(s, again, protocmp.Transform()); diff != "" {
			t.Errorf("read again (-first +second):\n%s", diff)
		}
	})
}

// nobody knows no reference.
func nobody(reference string, _ protoreflect.FullName) (proto.Message, error) {
	return nil, fmt.Errorf("%s is not here", reference)
}

// somebody knows every reference as the third entry of VN.
func somebody(reference string, as protoreflect.FullName) (proto.Message, error) {
	entry := &spsv1.EntryRef{Origin: "asean-cn/VN/1", Sequence: 3, RecordHash: make([]byte, 32)}
	if as == entryRef {
		return entry, nil
	}
	return &spsv1.CaseRef{Original: entry, Reference: reference}, nil
}

func TestReferencesStandForEntries(t *testing.T) {
	entry := &spsv1.EntryRef{Origin: "asean-cn/VN/1", Sequence: 3, RecordHash: make([]byte, 32)}
	want := &spsv1.Statement{
		CaseRef:        &spsv1.CaseRef{Original: entry, Reference: "VN-2026-000123"},
		RelatesTo:      []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_REPLIES, Entry: entry}, {Reference: "TH-EX-2026-000007", Entry: entry}},
		HandDeliveries: []*spsv1.HandDelivery{{Office: "LA", Statement: entry}},
		Source:         &spsv1.Source{Reference: "VN-2026-000123"}, // a text stays one
	}
	for name, text := range map[string]string{
		"short": `caseRef: VN-2026-000123
relatesTo: [{kind: replies, entry: VN-2026-000009}, {reference: TH-EX-2026-000007}]
handDeliveries: [{office: LA, statement: VN-2026-000123}]
source: {reference: VN-2026-000123}`,
		"by the reference of the case": `caseRef: {reference: VN-2026-000123}
relatesTo: [{kind: replies, entry: VN-2026-000009}, {reference: TH-EX-2026-000007, entry: TH-EX-2026-000007}]
handDeliveries: [{office: LA, statement: {origin: asean-cn/VN/1, sequence: 3, recordHash: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=}}]
source: {reference: VN-2026-000123}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseStatement([]byte(text), somebody)
			if err == nil {
				err = referrer(somebody).complete(got)
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("statement (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := parseStatement([]byte("status: actual\ncaseRef: VN-2026-000123"), nobody); err == nil || !strings.Contains(err.Error(), "line 2: caseRef: VN-2026-000123 is not here") {
		t.Errorf("error %v, want the line and what is not here", err)
	}
}

// TestTheSameFileIsTheSameRequest changes what does not count in a file, and
// then what does.
func TestTheSameFileIsTheSameRequest(t *testing.T) {
	request := func(text string) string {
		t.Helper()
		s, err := parseStatement([]byte(text), nobody)
		if err != nil {
			t.Fatal(err)
		}
		id, err := requestOf("VN", s)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	want := request(statementYAML)
	if got, ever := want, "80d7ca25-9d69-5d5a-8bc6-9c165f8ce5a9"; got != ever {
		t.Errorf("request ID %s, want %s as in every version: what was issued by an older one would be issued again", got, ever)
	}
	if got := request("# another comment\n" + strings.ReplaceAll(statementYAML, "CLASSIFICATION_BORDER_REJECTION", "border-rejection")); got != want {
		t.Errorf("with other comments and short values: request ID %s, want %s", got, want)
	}
	if got := request(strings.ReplaceAll(statementYAML, "2024.9650", "2024.9651")); got == want {
		t.Error("another number has the same request ID")
	}
}

// TestInFull reads back what is shown.
func TestInFull(t *testing.T) {
	want, err := parseStatement([]byte(statementYAML), nobody)
	if err != nil {
		t.Fatal(err)
	}
	want.Salt, want.Office = []byte("salt"), "VN"
	want.GetNotification().Subject[0].Text = "two\nlines \u202e and more"
	var out bytes.Buffer
	if err := printInFull(&out, "in full", want, nil, "salt", "office"); err != nil {
		t.Fatal(err)
	}
	title, text, _ := strings.Cut(strings.TrimPrefix(out.String(), "\n"), "\n")
	if title != "in full" || !strings.Contains(text, "classification: border-rejection\n") || strings.Contains(text, "\u202e") || strings.Contains(text, "salt") {
		t.Errorf("got %q", out.String())
	}
	got, err := parseStatement([]byte(text), nobody)
	if err != nil {
		t.Fatal(err)
	}
	want.Salt, want.Office = nil, ""
	want.GetNotification().Subject[0].Text = "two\nlines   and more"
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("statement (-want +got):\n%s", diff)
	}
}

// What get prints of a draft is taken as the statement in it.
func TestParseStatementOfADraft(t *testing.T) {
	want, err := parseStatement([]byte(statementYAML), nobody)
	if err != nil {
		t.Fatal(err)
	}
	draft := &bytes.Buffer{}
	if err := write(draft, yamlFormat, &spsv1.Draft{Name: "drafts/0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11", Etag: "7", Statement: want}); err != nil {
		t.Fatal(err)
	}
	got, err := parseStatement(draft.Bytes(), nobody)
	if err != nil {
		t.Fatalf("%v, of\n%s", err, draft)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("statement of a draft, -want +got:\n%s", diff)
	}
}
