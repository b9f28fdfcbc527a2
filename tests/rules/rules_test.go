package rules

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const patience = 2 * time.Minute

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

// row is one way to break the law.
type row struct {
	name  string
	base  string // what it spoils: one of bases
	clear string // fields that are taken out first, by blanks
	put   string // what is put in then, as prototext: values are replaced, lists go on
	want  string // the violations, each a field of the statement and a reason, by commas
}

// desk is the node of Viet Nam, reached in both ways, and what rows refer to.
type desk struct {
	client *client.Client
	web    *web
	cases  *strings.Replacer
	draft  string // the name of a draft, for requests
	token  string // of a page of cases
	file   string // the digest of a file of 5 bytes, as prototext
}

// newDesk starts Viet Nam and Thailand, each with a case that the other holds.
func newDesk(t *testing.T) *desk {
	t.Helper()
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"TH", "VN"}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	vn, th := drilltest.Client(t, fed.Node("VN"), certs.RoleValidator), drilltest.Client(t, fed.Node("TH"), certs.RoleValidator)
	own, err := vn.Issue(ctx, drilltest.Notification("own"), client.NewRequestID())
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := th.Issue(ctx, drilltest.Notification("foreign", "VN"), client.NewRequestID())
	if err != nil {
		t.Fatal(err)
	}
	arrive(ctx, t, vn, foreign)
	d := &desk{client: vn, web: newWeb(ctx, t, fed.Node("VN"))}
	d.cases = newLives(ctx, t, vn, th, own, foreign).words()
	return d
}

// long is a text of so many letters in what a row puts in.
var long = regexp.MustCompile(`\$([0-9]+)`)

// statement makes the statement of rows that spoil the same base.
func (d *desk) statement(t *testing.T, rows ...row) *spsv1.Statement {
	t.Helper()
	parse := func(text string) *spsv1.Statement {
		text = long.ReplaceAllStringFunc(text, func(n string) string {
			size, _ := strconv.Atoi(n[1:])
			return strings.Repeat("a", size)
		})
		text = d.cases.Replace(text) // last: the bytes of a hash may look like the size of a text
		s := new(spsv1.Statement)
		if err := prototext.Unmarshal([]byte(text), s); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		return s
	}
	base, ok := bases[rows[0].base]
	if !ok {
		t.Fatalf("there is no base %q", rows[0].base)
	}
	s := parse(base)
	for _, r := range rows {
		for _, path := range strings.Fields(r.clear) {
			takeOut(t, s.ProtoReflect(), path)
		}
		proto.Merge(s, parse(r.put))
	}
	return s
}

// takeOut clears the field at a path such as `notification.products[0].name`.
func takeOut(t *testing.T, m protoreflect.Message, path string) {
	t.Helper()
	step, rest, more := strings.Cut(path, ".")
	name, index, indexed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
	f := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	switch {
	case f == nil || !m.Has(f):
		t.Fatalf("there is no %s in %s", name, m.Descriptor().FullName())
	case !more:
		m.Clear(f)
	case indexed:
		i, err := strconv.Atoi(index)
		if err != nil {
			t.Fatal(err)
		}
		takeOut(t, m.Mutable(f).List().Get(i).Message(), rest)
	default:
		takeOut(t, m.Mutable(f).Message(), rest)
	}
}

// violation is one as either face tells it.
type violation struct{ field, reason, sentence string }

func (v violation) String() string { return v.field + " " + v.reason }

// wanted returns what a row wants, of a statement in the request.
func (r row) wanted() []string {
	var all []string
	for one := range strings.SplitSeq(r.want, ", ") {
		all = append(all, "statement."+one)
	}
	return all
}

// TestBases holds that what the rows spoil is valid.
func TestBases(t *testing.T) {
	d := newDesk(t)
	for name := range bases {
		if _, err := d.client.Check(t.Context(), d.statement(t, row{base: name})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEveryRule breaks each rule by itself, and several at once.
func TestEveryRule(t *testing.T) {
	d := newDesk(t)
	said := make(map[violation]bool) // without the field
	before := d.state(t)
	draft := d.begin(t)
	for _, r := range slices.Concat(law, fields, inCase) {
		t.Run(r.name, func(t *testing.T) {
			for _, v := range d.refused(t, &draft, d.statement(t, r), r.wanted()) {
				said[violation{reason: v.reason, sentence: v.sentence}] = true
			}
		})
	}
	for _, names := range several {
		var rows []row
		var want []string
		for _, r := range slices.Concat(law, fields, inCase) {
			if slices.Contains(names, r.name) {
				rows, want = append(rows, r), append(want, r.wanted()...)
			}
		}
		t.Run(strings.Join(names, "; "), func(t *testing.T) {
			if len(rows) != len(names) {
				t.Fatalf("%d rows have these names, want %d", len(rows), len(names))
			}
			d.refused(t, &draft, d.statement(t, rows...), want)
		})
	}
	d.drop(t, draft)
	if after := d.state(t); after != before {
		t.Errorf("after all refusals %s, want %s as before", after, before)
	}
	covered(t, said)
}

// several are rows that spoil one base at different places.
var several = [][]string{
	{"addressed to itself", "concept of nothing", "no status", "language of answers twice"},
	{"fault of no document", "month 13", "lot of another product", "less than nothing of a lot"},
	{"follow-up that says nothing", "relation to nothing", "exercise of a case that is real"},
	{"gate that ends before it begins", "holiday of a year", "special day of a year"},
}

// refused holds that a statement is refused in the same words by every way in:
// issued over gRPC and REST, checked, and as a draft that is checked and
// submitted.
func (d *desk) refused(t *testing.T, draft **spsv1.Draft, s *spsv1.Statement, want []string) []violation {
	t.Helper()
	slices.Sort(want)
	request := &spsv1.IssueStatementRequest{Parent: "offices/VN", Statement: s, RequestId: client.NewRequestID()}
	_, err := d.client.CaseService().IssueStatement(t.Context(), request)
	grpc := told(t, err)
	d.wantTold(t, "issued over gRPC", grpc, want)
	for _, language := range []string{"en", "vi", "th", "zh-Hans"} {
		rest := d.web.issue(t, request, language)
		d.wantTold(t, "issued over REST in "+language, rest, jsonNames(want))
		for i := range min(len(rest), len(grpc)) {
			if same := rest[i].sentence == grpc[i].sentence; same != (language == "en") {
				t.Errorf("%s in %s: %q, in English %q", rest[i], language, rest[i].sentence, grpc[i].sentence)
			}
		}
	}
	d.refusedDraft(t, draft, s, want)
	return grpc
}

func (d *desk) wantTold(t *testing.T, how string, got []violation, want []string) {
	t.Helper()
	var names []string
	for _, v := range got {
		names = append(names, v.String())
		if v.sentence == "" {
			t.Errorf("%s: %s has no sentence", how, v)
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("%s: violations %q, want %q", how, names, want)
	}
}
