package rules

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// lives are cases that are further on, and statements in them, by the names that
// rows give them.
type lives struct {
	ctx   context.Context //nolint:containedctx // lives as long as newLives
	t     *testing.T
	named map[string]*spsv1.IssuedStatement
}

// newLives issues what rows refer to, besides the cases own, of Viet Nam and for
// the network, and foreign, of Thailand and for Viet Nam only:
//
//	closed, withdrawn  cases of Viet Nam that are so
//	early              one that is preliminary
//	amended            one that was amended since
//	narrow             one for Thailand
//	alone              one that nobody with a node knows
//	asked              what Thailand asks in its case
//	wondered           what Viet Nam asks Thailand in own
//	lifted             what Thailand disputed in own, and does no more
//	said, asks         what Viet Nam says, and asks of Thailand, in own
//	drill              an exercise
//	hushed             what Viet Nam tells Thailand in narrow
func newLives(ctx context.Context, t *testing.T, vn, th *client.Client, own, foreign *spsv1.IssuedStatement) *lives {
	t.Helper()
	l := &lives{ctx: ctx, t: t, named: map[string]*spsv1.IssuedStatement{"own": own, "foreign": foreign}}
	for name, next := range map[string]string{
		"closed": bases["closure"], "withdrawn": bases["withdrawal"], "amended": bases["amendment"],
	} {
		l.issue(name, vn, drilltest.Notification(name))
		l.issue("", vn, l.parse(strings.ReplaceAll(next, "$own", "$"+name)))
	}
	early := drilltest.Notification("early")
	early.GetNotification().Preliminary = true
	l.issue("early", vn, early)
	drill := drilltest.Notification("drill")
	drill.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
	l.issue("drill", vn, drill)
	l.issue("narrow", vn, drilltest.Notification("narrow", "TH"))
	l.issue("hushed", vn, l.parse(quiet+`case_ref{$narrow} follow_up{text{lang:"en" text:"held"}}`))
	l.issue("alone", vn, l.parse(`status:STATEMENT_STATUS_ACTUAL handling:HANDLING_NETWORK addressees{area{code:"KH"} by_hand:true} notification{`+content+`}`))
	l.issue("said", vn, l.parse(bases["follow-up"]))
	l.issue("asks", vn, l.parse(bases["request"]))

	arrive(ctx, t, th, own)
	l.issue("asked", th, l.parse(`status:STATEMENT_STATUS_ACTUAL handling:HANDLING_ADDRESSEES_ONLY addressees{office:"VN"} case_ref{$foreign}
		request{kind:REQUEST_KIND_INFORMATION offices:"VN" text{lang:"en" text:"which lots"}}`))
	l.issue("wondered", vn, l.parse(bases["request"]))
	l.issue("lifted", th, l.parse(head+`case_ref{$own} acknowledgement{stance{position:STANCE_POSITION_DISPUTED reason{lang:"en" text:"no"}}}`))
	l.issue("accepted", th, l.parse(head+`case_ref{$own} acknowledgement{stance{position:STANCE_POSITION_ACCEPTED}}`))
	arrive(ctx, t, vn, l.named["accepted"])
	return l
}

// issue issues a statement, under a name if it has one.
func (l *lives) issue(name string, by *client.Client, s *spsv1.Statement) {
	l.t.Helper()
	issued, err := by.Issue(l.ctx, s, client.NewRequestID())
	if err != nil {
		l.t.Fatalf("%s: %v", name, err)
	}
	if name != "" {
		l.named[name] = issued
	}
}

func (l *lives) parse(text string) *spsv1.Statement {
	l.t.Helper()
	s := new(spsv1.Statement)
	if err := prototext.Unmarshal([]byte(l.words().Replace(text)), s); err != nil {
		l.t.Fatalf("%v in\n%s", err, text)
	}
	return s
}

func written(t *testing.T, m proto.Message) string {
	t.Helper()
	text, err := prototext.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// words puts the cases and entries into the texts of rows: of the statement x, $x
// is the case, $xEntry the entry, $xOther the entry with another digest, $xCase
// the name of the case and $xReference the reference.
func (l *lives) words() *strings.Replacer {
	var pairs []string
	for name, s := range l.named {
		text := written(l.t, s.GetEntry())
		other := proto.CloneOf(s.GetEntry())
		other.RecordHash[0]++
		pairs = append(pairs, "$"+name+"}", "original{"+text+"} reference:"+strconv.Quote(s.GetReference())+"}", "$"+name+"Entry}", text+"}",
			"$"+name+"Other}", written(l.t, other)+"}", "$"+name+"Case", s.GetCase(), "$"+name+"Reference", s.GetReference())
	}
	return strings.NewReplacer(pairs...)
}

// arrive waits until a node is shown a statement.
func arrive(ctx context.Context, t *testing.T, at *client.Client, s *spsv1.IssuedStatement) {
	t.Helper()
	for event, err := range at.Watch(ctx, client.WatchOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Statement.GetName() == s.GetName() {
			return
		}
	}
}
