package rasff

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
)

const header = "reference,category,type,subject,date,notifying_country,classification,risk_decision," +
	"distribution,forAttention,forFollowUp,operator,origin,hazards,year,week\n"

// plain is a row without anything special, by hand.
const plain = "2026.0101,fruits and vegetables,food,cadmium in durian from Thailand,2026-01-05 09:30:00,Finland," +
	"alert notification,serious,\"Finland,Sweden\",INFOSAN,Thailand,\"Finland,Thailand\",Thailand,cadmium,2026,2\n"

// collect reads everything.
func collect(t *testing.T, in io.Reader) (rows []Row, problems []string, end error) {
	t.Helper()
	for row, err := range Read(in) {
		var p Problems
		switch {
		case errors.As(err, &p):
			problems = append(problems, err.Error())
		case err != nil:
			if end != nil {
				t.Fatalf("Read goes on after the error %v", end)
			}
			end = err
		default:
			rows = append(rows, row)
		}
	}
	return rows, problems, end
}

func TestRead(t *testing.T) {
	want := []Row{{
		Line: 2, Reference: "2026.0101", Category: "fruits and vegetables", Type: "food",
		Subject: "cadmium in durian from Thailand", Date: "2026-01-05 09:30:00", NotifyingCountry: "Finland",
		Classification: "alert notification", RiskDecision: "serious", Distribution: "Finland,Sweden",
		ForAttention: "INFOSAN", ForFollowUp: "Thailand", Operator: "Finland,Thailand", Origin: "Thailand", Hazards: "cadmium",
	}}
	for _, c := range []struct{ name, in string }{
		{"as exported", header + plain},
		{"with a byte order mark", "\ufeff" + header + plain},
		{"with Windows line ends", strings.ReplaceAll(header+plain, "\n", "\r\n")},
		{"without year and week", strings.Replace(header, ",year,week", "", 1) + strings.Replace(plain, ",2026,2", "", 1)},
		{"with blanks around", header + strings.Replace(plain, "cadmium in durian from Thailand", " cadmium in durian from Thailand\t ", 1)},
		{"reordered", "hazards," + strings.Replace(header, ",hazards,year,week", "\n", 1) + "cadmium," +
			strings.Replace(plain, ",cadmium,2026,2", "", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, problems, err := collect(t, strings.NewReader(strings.ReplaceAll(c.in, "\n\n", "\n")))
			if err != nil || len(problems) > 0 {
				t.Fatalf("Read = %v, %v", problems, err)
			}
			if diff := cmp.Diff(want, rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "the file is empty"},
		{"missing columns", "reference,category\n", "columns missing: type, subject, date"},
		{"unknown column", strings.Replace(header, "week", "weak", 1), `columns unknown: "weak"`},
		{"column twice", strings.Replace(header, "week", "year", 1), `columns given twice: "year"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, _, err := collect(t, strings.NewReader(c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want one about %q", err, c.want)
			}
			if len(rows) > 0 {
				t.Errorf("rows = %v, want none", rows)
			}
		})
	}
}

func TestReadGoesOnAfterABadLine(t *testing.T) {
	in := header + plain + "too,short\n" + `2026.0102,"x"y` + strings.Repeat(",", 14) + "\n" + plain
	rows, problems, err := collect(t, strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[1].Line != 5 {
		t.Errorf("rows = %v, want those of lines 2 and 5", rows)
	}
	if len(problems) != 2 || !strings.HasPrefix(problems[0], "line 3: give it one value for each of the 16 columns") ||
		!strings.HasPrefix(problems[1], "line 4: correct the quotes") {
		t.Errorf("problems = %q", problems)
	}
}

func TestReadStopsWhenTheFileBreaks(t *testing.T) {
	broken := errors.New("disk on fire")
	rows, _, err := collect(t, io.MultiReader(strings.NewReader(header+plain), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("error = %v, want %v", err, broken)
	}
	if len(rows) != 1 {
		t.Errorf("%d rows, want the one before", len(rows))
	}
}

// FuzzRead holds that no file makes the reader panic or a statement that the
// field rules refuse, and that a row makes the same statement again.
func FuzzRead(f *testing.F) {
	f.Add(header + plain)
	f.Add("\ufeff" + header + strings.ReplaceAll(plain, "cadmium", "2,4-D  unauthorised substance"))
	f.Add(header + strings.Replace(plain, "durian", "durian via Germany, Poland and the Netherlands, a//b", 1))
	f.Add(header + strings.Replace(plain, "Finland,Sweden", "Bonaire,Sint Eustatius and Saba,,Ĳ", 1))
	f.Add(header + strings.Replace(plain, "INFOSAN", "INFOSAN,EFSA Member,European Commission,\x01\xff", 1))
	f.Add(header + "\"\n,,\"\"")
	f.Add(strings.Replace(header, "hazards", "hazards,hazards", 1))
	f.Fuzz(func(t *testing.T, in string) {
		if len(in) > 1<<16 {
			return
		}
		for row, err := range Read(strings.NewReader(in)) {
			if err != nil {
				continue
			}
			s, problems := row.Statement(options)
			if (s == nil) != (len(problems) > 0) {
				t.Fatalf("%+v: statement %v and problems %v", row, s, problems)
			}
			if s == nil {
				continue
			}
			if err := check(s); err != nil {
				t.Fatalf("%+v: %v", row, err)
			}
			if again, _ := row.Statement(options); !proto.Equal(s, again) {
				t.Fatalf("%+v: another statement at the second time", row)
			}
		}
	})
}
