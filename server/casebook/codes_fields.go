package casebook

import (
	"errors"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// CodeFields returns what filters of the statuses of codes can ask for, in the
// order of the documents; the slice is the caller's.
func CodeFields() []Field { return slices.Clone(codeFields) }

var (
	codeRefused  = test{holds: func(l *line) bool { return isSuspended(l.code.GetRefused()) }, cost: ofColumn}
	codeWithheld = test{holds: func(l *line) bool { return isSuspended(l.code.GetWithheld()) }, cost: ofColumn}
	codeStopped  = anyOf(codeRefused, codeWithheld)
)

func isSuspended(h *spsv1.CodeHalfStatus) bool {
	return h.GetState() == spsv1.CodeState_CODE_STATE_SUSPENDED
}

var codeFields = []Field{
	{
		Name: "code", Type: "text", Operators: text, About: "the code; case, blanks, hyphens and the letters of the country in front do not count",
		test: matching(ofWords, func(s string) string { return statement.FoldCode(s, "") }, func(l *line, p pattern) bool {
			short := statement.FoldCode(l.code.GetCode().GetCode(), l.code.GetOrigin())
			return p.matches([]byte(short)) || p.matches([]byte(strings.ToLower(l.code.GetOrigin())+short))
		}),
	},
	{
		Name: "kind", Type: "value", Operators: same, About: "what the code names, such as `PACKING_HOUSE`",
		test: func(operator, value string) (test, error) {
			n, err := namesOf(spsv1.SiteCodeKind_SITE_CODE_KIND_UNSPECIFIED).number(value)
			return not(operator == "!=", test{holds: func(l *line) bool { return small(l.code.GetCode().GetKind()) == n }, cost: ofColumn}), err
		},
	},
	codeWord("origin", "country or area whose authority gave the code", func(s *spsv1.CodeStatus) []string { return []string{s.GetOrigin()} }),
	{
		Name: "market", Type: "area", Operators: text, About: "the market, by code or words; `CN` is every province of it too",
		test: matching(ofWords, plain.Text, func(l *line, p pattern) bool {
			return p.matchesArea([]byte(plain.Text(l.code.GetMarket().GetCode()))) || p.matchesArea([]byte(plain.Text(l.code.GetMarket().GetAsWritten())))
		}),
	},
	{
		Name: "hs", Type: "digits", Operators: text, About: "customs tariff code of the goods; `hs:\"0804\"` is all that begin so",
		test: matching(ofWords, plain.Digits, func(l *line, p pattern) bool {
			return slices.ContainsFunc(l.code.GetProduct().GetCodings(), func(c *spsv1.Coding) bool {
				return codes.IsTariff(c.GetSystem()) && p.beginning().matches([]byte(plain.Digits(c.GetCode())))
			})
		}),
	},
	codeWord("product", "the goods, by code or words", func(s *spsv1.CodeStatus) []string {
		all := []string{s.GetProduct().GetAsWritten()}
		for _, c := range s.GetProduct().GetCodings() {
			all = append(all, c.GetCode(), c.GetDisplay())
		}
		return all
	}),
	{
		Name: "covers", Type: "goods", Operators: []string{"="}, About: "the status holds for these goods: digits of the customs tariff, `list:code`, or words",
		test: func(_, value string) (test, error) {
			goods := statement.GoodsOf(value)
			if goods == nil {
				return test{}, errors.New("give goods such as 080450")
			}
			return test{holds: func(l *line) bool {
				scope := statement.CodeScope{Product: l.code.GetProduct()}
				return scope.Covers(statement.CodeScope{Product: goods})
			}, cost: ofWords}, nil
		},
	},
	codeYes("refused", "the market refuses it", codeRefused),
	codeYes("withheld", "the origin withholds it", codeWithheld),
	codeYes("suspended", "one or both do", codeStopped),
	codeWord("office", "who decided a half as it stands", eachHalf(func(s *spsv1.CodeStatement) string { return s.GetOffice() })),
	codeWord("case", "reference of the case that decided a half as it stands",
		eachHalf(func(s *spsv1.CodeStatement) string { return strings.TrimPrefix(s.GetCase(), "cases/") })),
	codeTime("from", "since when it is suspended", func(h *spsv1.CodeHalfStatus) *timestamppb.Timestamp { return h.GetSaid().GetStartTime() }),
	codeTime("until", "until when it is suspended, if an end was given", func(h *spsv1.CodeHalfStatus) *timestamppb.Timestamp { return h.GetSaid().GetEndTime() }),
}

func codeYes(name, about string, yes test) Field {
	return Field{Name: name, Type: "yes or no", Operators: same, About: about, test: yesOrNo(yes), bare: yes}
}

func codeWord(name, about string, of func(*spsv1.CodeStatus) []string) Field {
	return Field{
		Name: name, Type: "text", Operators: text, About: about,
		test: matching(ofWords, plain.Text, func(l *line, p pattern) bool {
			return slices.ContainsFunc(of(l.code), func(word string) bool { return word != "" && p.matches([]byte(plain.Text(word))) })
		}),
	}
}

func eachHalf(of func(*spsv1.CodeStatement) string) func(*spsv1.CodeStatus) []string {
	return func(s *spsv1.CodeStatus) []string {
		return []string{of(s.GetRefused().GetSaid()), of(s.GetWithheld().GetSaid())}
	}
}

// codeTime is a field of a time of the halves that are suspended, of the earlier
// one.
func codeTime(name, about string, of func(*spsv1.CodeHalfStatus) *timestamppb.Timestamp) Field {
	return Field{
		Name: name, Type: "time", Operators: ordered, About: about,
		test: timeTest(ofColumn, func(l *line) (first int64, ok bool) {
			for _, h := range []*spsv1.CodeHalfStatus{l.code.GetRefused(), l.code.GetWithheld()} {
				t := of(h)
				if !isSuspended(h) || t == nil {
					continue
				}
				if at := t.AsTime().UnixMilli(); !ok || at < first {
					first, ok = at, true
				}
			}
			return first, ok
		}),
	}
}
