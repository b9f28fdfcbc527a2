package casebook

import (
	"errors"
	"slices"
	"strings"

	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// AnnouncementFields returns what filters of announcements can ask for, in the
// order of the documents; the slice is the caller's.
func AnnouncementFields() []Field { return slices.Clone(announcementFields) }

var (
	inForce = test{holds: func(l *line) bool {
		return l.announcement.GetState() == spsv1.AnnouncementState_ANNOUNCEMENT_STATE_IN_FORCE
	}, cost: ofColumn}
	aboutGate = test{holds: func(l *line) bool { return l.announcement.GetAnnouncement().GetBorderGateStatus() != nil }, cost: ofColumn}
)

// announcementKinds are what an announcement may be about.
var announcementKinds = names{of: append([]string{""}, strings.Fields("RULE_CHANGE BORDER_GATE_STATUS")...)}

var announcementFields = []Field{
	{
		Name: "kind", Type: "value", Operators: same, About: "what it is about: `RULE_CHANGE` or `BORDER_GATE_STATUS`",
		test: func(operator, value string) (test, error) {
			n, err := announcementKinds.number(value)
			return not((n == 2) == (operator == "!="), aboutGate), err
		},
	},
	announcedWord("office", "the office whose word it is, by its code", func(h *spsv1.HeldAnnouncement) []string { return []string{h.GetOffice()} }),
	announcedWord("reference", "its own reference", func(h *spsv1.HeldAnnouncement) []string { return []string{h.GetReference()} }),
	announcedWord("subject", "what it is about, in any language", func(h *spsv1.HeldAnnouncement) []string { return wordings(h.GetAnnouncement().GetSubject()) }),
	announcedValue("state", "how it stands, such as `UPCOMING`", namesOf(spsv1.AnnouncementState_ANNOUNCEMENT_STATE_UNSPECIFIED),
		func(h *spsv1.HeldAnnouncement) byte { return small(h.GetState()) }),
	{Name: "in_force", Type: "yes or no", Operators: same, About: "whether it holds", test: yesOrNo(inForce), bare: inForce},
	announcedValue("status", "whether it is real", namesOf(spsv1.StatementStatus_STATEMENT_STATUS_UNSPECIFIED),
		func(h *spsv1.HeldAnnouncement) byte { return small(h.GetStatus()) }),
	announcedWord("gate", "the gate or that on the other side, by UN/LOCODE, customs code or name", func(h *spsv1.HeldAnnouncement) []string {
		gate := h.GetAnnouncement().GetBorderGateStatus()
		var all []string
		for _, p := range []*spsv1.Place{gate.GetGate(), gate.GetOppositeGate()} {
			all = append(append(all, p.GetLocode(), p.GetCustomsCode()), wordings(p.GetName())...)
		}
		return all
	}),
	announcedValue("gate_status", "whether goods pass the gate, such as `SUSPENDED`", namesOf(spsv1.GateStatus_GATE_STATUS_UNSPECIFIED),
		func(h *spsv1.HeldAnnouncement) byte {
			return small(h.GetAnnouncement().GetBorderGateStatus().GetStatus())
		}),
	{
		Name: "hs", Type: "digits", Operators: text, About: "customs tariff codes of the goods; `hs:\"0804\"` is all that begin so",
		test: matching(ofWords, plain.Digits, func(l *line, p pattern) bool {
			a := l.announcement.GetAnnouncement()
			return slices.ContainsFunc(slices.Concat(a.GetRuleChange().GetCommodityCodes(), a.GetBorderGateStatus().GetCommodityCodes()), func(c *spsv1.Coding) bool {
				return codes.IsTariff(c.GetSystem()) && p.beginning().matches([]byte(plain.Digits(c.GetCode())))
			})
		}),
	},
	{
		Name: "touches", Type: "goods", Operators: []string{"="}, About: "it concerns these goods: digits of the customs tariff, `list:code`, or words; one for all goods concerns any",
		test: func(_, value string) (test, error) {
			goods := statement.GoodsOf(value)
			if goods == nil {
				return test{}, errors.New("give goods such as 080450")
			}
			return test{holds: func(l *line) bool {
				return statement.Touches(l.announcement, []*spsv1.Concept{goods}, nil, nil)
			}, cost: ofWords}, nil
		},
	},
	announcedArea("origin", "origins that a rule names; `VN` is every province of it too", func(a *spsv1.RuleChange) []*spsv1.Area { return a.GetOrigins() }),
	announcedArea("market", "the market that a rule names", func(a *spsv1.RuleChange) []*spsv1.Area { return []*spsv1.Area{a.GetMarket()} }),
	announcedWord("wto_symbol", "WTO symbols of the rules that it cites", func(h *spsv1.HeldAnnouncement) []string {
		var all []string
		for _, r := range h.GetAnnouncement().GetRuleChange().GetRequirements() {
			all = append(all, r.GetWtoSymbol())
		}
		return all
	}),
	{
		Name: "effect_time", Type: "time", Operators: ordered, About: "when it takes effect: of a rule its effective date, of a gate its start",
		test: timeTest(ofColumn, func(l *line) (int64, bool) {
			t := l.announcement.GetEffectTime()
			return t.AsTime().UnixMilli(), t != nil
		}),
	},
	{
		Name: "issue_time", Type: "time", Operators: ordered, About: "when its office issued it",
		test: timeTest(ofColumn, func(l *line) (int64, bool) { return l.announcement.GetSaid().GetTime().AsTime().UnixMilli(), true }),
	},
}

func wordings(texts []*spsv1.LocalizedText) []string {
	var all []string
	for _, t := range texts {
		all = append(all, t.GetText())
	}
	return all
}

func announcedWord(name, about string, of func(*spsv1.HeldAnnouncement) []string) Field {
	return Field{
		Name: name, Type: "text", Operators: text, About: about,
		test: matching(ofWords, plain.Text, func(l *line, p pattern) bool {
			return slices.ContainsFunc(of(l.announcement), func(word string) bool { return word != "" && p.matches([]byte(plain.Text(word))) })
		}),
	}
}

func announcedArea(name, about string, of func(*spsv1.RuleChange) []*spsv1.Area) Field {
	return Field{
		Name: name, Type: "area", Operators: text, About: about,
		test: matching(ofWords, plain.Text, func(l *line, p pattern) bool {
			return slices.ContainsFunc(of(l.announcement.GetAnnouncement().GetRuleChange()), func(a *spsv1.Area) bool {
				word := strings.TrimSpace(plain.Text(a.GetCode()) + " " + plain.Text(a.GetAsWritten()))
				return word != "" && (p.matchesArea([]byte(plain.Text(a.GetCode()))) || p.matchesArea([]byte(plain.Text(a.GetAsWritten()))))
			})
		}),
	}
}

func announcedValue(name, about string, values names, of func(*spsv1.HeldAnnouncement) byte) Field {
	return Field{
		Name: name, Type: "value", Operators: same, About: about,
		test: func(operator, value string) (test, error) {
			n, err := values.number(value)
			return not(operator == "!=", test{holds: func(l *line) bool { return of(l.announcement) == n }, cost: ofColumn}), err
		},
	}
}
