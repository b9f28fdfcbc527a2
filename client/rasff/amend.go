package rasff

import (
	"fmt"
	"slices"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// amendment makes the statement s of a newer version, as [Row.Statement] made
// it, into an amendment, and returns it. It replaces earlier, the version that
// was issued last in the case that original began.
func amendment(s *spsv1.Statement, original, earlier edition) *spsv1.Statement {
	s.Body = &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{
		Notification: s.GetNotification(),
		Reason:       inEnglish(fmt.Sprintf("RASFF shows a newer version of %s", s.GetExternalReferences()[0].GetNumber())),
		Changes:      changes(earlier.statement, s),
	}}
	s.CaseRef = &spsv1.CaseRef{Original: original.entry, Reference: original.reference}
	s.RelatesTo = []*spsv1.Relation{{
		Kind: spsv1.RelationKind_RELATION_KIND_AMENDS, Entry: earlier.entry, Reference: earlier.reference,
	}}
	addressAlso(s, earlier.statement)
	return s
}

func inEnglish(text string) []*spsv1.LocalizedText {
	return []*spsv1.LocalizedText{{Lang: english, Text: text}}
}

// content returns the notification that a statement brings, new or amended.
func content(s *spsv1.Statement) *spsv1.Notification {
	if n := s.GetNotification(); n != nil {
		return n
	}
	return s.GetAmendment().GetNotification()
}

// aspect is one thing in which two versions may differ.
type aspect struct {
	path  string // in the notification; empty if it is not there
	words string // for people
	kind  spsv1.ChangeKind
	// list is true for what can be added to; kind is then for what is neither only
	// added nor only taken out.
	list   bool
	values func(*spsv1.Statement) []string
}

// aspects are all that an export says of a notification but its date, which
// alone is no change.
var aspects = []aspect{
	{
		path: "classification", words: "classification", kind: spsv1.ChangeKind_CHANGE_KIND_RECLASSIFICATION,
		values: func(s *spsv1.Statement) []string { return []string{content(s).GetClassification().String()} },
	},
	{
		path: "risk", words: "risk decision", kind: spsv1.ChangeKind_CHANGE_KIND_RISK,
		values: func(s *spsv1.Statement) []string { return []string{content(s).GetRisk().GetDecision().String()} },
	},
	{
		path: "type", words: "type", kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION,
		values: func(s *spsv1.Statement) []string { return []string{content(s).GetType().String()} },
	},
	{
		path: "subject", words: "subject", kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION,
		values: func(s *spsv1.Statement) []string { return texts(content(s).GetSubject()) },
	},
	{
		path: "products[p1].category", words: "category", kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION,
		values: func(s *spsv1.Statement) []string {
			return each(content(s).GetProducts(), func(p *spsv1.Product) string { return p.GetCategory().GetAsWritten() })
		},
	},
	{
		path: "products[p1].origins", words: "origin", kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION, list: true,
		values: func(s *spsv1.Statement) []string {
			var all []string
			for _, p := range content(s).GetProducts() {
				all = append(all, each(p.GetOrigins(), origin)...)
			}
			return all
		},
	},
	{
		path: "findings", words: "hazards", kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION, list: true,
		values: func(s *spsv1.Statement) []string {
			return each(content(s).GetFindings(), func(f *spsv1.Finding) string { return f.GetHazard().GetAgent().GetAsWritten() })
		},
	},
	{
		path: "parties", words: "operators", kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION, list: true,
		values: func(s *spsv1.Statement) []string {
			return each(content(s).GetParties(), func(o *spsv1.Party) string { return areaName(o.GetArea()) })
		},
	},
	{
		path: "distribution", words: "distribution", kind: spsv1.ChangeKind_CHANGE_KIND_DISTRIBUTION,
		values: func(s *spsv1.Statement) []string {
			return each(content(s).GetDistribution(), func(d *spsv1.Distribution) string { return areaName(d.GetArea()) })
		},
	},
	{
		words: "notifier", kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION,
		values: func(s *spsv1.Statement) []string { return []string{s.GetOnBehalfOf()} },
	},
	{
		words: "flags for follow-up", kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION, list: true,
		values: func(s *spsv1.Statement) []string { return flagged(s, spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP) },
	},
	{
		words: "flags for attention", kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION, list: true,
		values: func(s *spsv1.Statement) []string { return flagged(s, spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION) },
	},
}

// changes returns in what a newer version differs from an earlier one; none if
// it says the same, in whatever order.
func changes(earlier, newer *spsv1.Statement) []*spsv1.Change {
	var all []*spsv1.Change
	for _, a := range aspects {
		was, is := a.values(earlier), a.values(newer)
		added, gone := without(is, was), without(was, is)
		if len(added) == 0 && len(gone) == 0 {
			continue
		}
		kind := a.kind
		switch {
		case a.list && len(gone) == 0:
			kind = spsv1.ChangeKind_CHANGE_KIND_ADDITION
		case a.list && len(added) == 0:
			kind = spsv1.ChangeKind_CHANGE_KIND_REMOVAL
		}
		all = append(all, &spsv1.Change{Kind: kind, Path: a.path, Text: inEnglish(sentence(a.words, added, gone))})
	}
	return all
}

// sentence says what changed, such as "distribution: added Sweden".
func sentence(what string, added, gone []string) string {
	var parts []string
	if len(added) > 0 {
		parts = append(parts, "added "+strings.Join(added, ", "))
	}
	if len(gone) > 0 {
		parts = append(parts, "removed "+strings.Join(gone, ", "))
	}
	return what + ": " + strings.Join(parts, "; ")
}

// without returns the items of a that are not in b.
func without(a, b []string) []string {
	var rest []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			rest = append(rest, s)
		}
	}
	return rest
}

// each returns the name of every item.
func each[T any](items []T, name func(T) string) []string {
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = name(item)
	}
	return names
}

func texts(list []*spsv1.LocalizedText) []string {
	return each(list, func(t *spsv1.LocalizedText) string { return squeeze(t.GetText()) })
}

func areaName(a *spsv1.Area) string {
	if a.GetCode() != "" {
		return a.GetCode()
	}
	return a.GetAsWritten()
}

func origin(o *spsv1.Origin) string {
	switch o.GetState() {
	case spsv1.OriginState_ORIGIN_STATE_STATED:
		return areaName(o.GetArea())
	case spsv1.OriginState_ORIGIN_STATE_UNKNOWN:
		return "unknown"
	default:
		return "not stated"
	}
}

func flagged(s *spsv1.Statement, kind spsv1.FlagKind) []string {
	var names []string
	for _, f := range s.GetFlags() {
		if f.GetKind() != kind {
			continue
		}
		switch {
		case f.GetUnit() != "":
			names = append(names, f.GetUnit())
		case f.GetOffice() != "":
			names = append(names, f.GetOffice())
		case f.GetBody() != "":
			names = append(names, f.GetBody())
		default:
			names = append(names, areaName(f.GetArea()))
		}
	}
	return names
}
