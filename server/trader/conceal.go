package trader

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// secrets are what no text that an exporter is shown may name: other operators, their
// people, codes and numbers, and lots that are not the exporter's. A text that names
// one is withheld whole. What is the exporter's own, in names and in numbers, names
// nobody else, whatever of another's stands in it.
type secrets struct {
	names, ownNames     []string // calls, see callsOf
	numbers, ownNumbers map[string]bool
	office              string
}

// secretsFor returns what is concealed from the exporter of a share.
func (m *matter) secretsFor(s *share) secrets {
	all := secrets{office: s.office, numbers: make(map[string]bool), ownNumbers: make(map[string]bool)}
	own := make(map[string]bool)
	for _, t := range s.of.GetDisplayName() {
		own[foldName(t.GetText())] = true
		all.ownNames = append(all.ownNames, spoken(t.GetText()))
	}
	all.own(s, m.whole)
	common := commonIn(m.whole)
	name := func(text string) {
		if folded := foldName(text); folded == "" || !own[folded] {
			all.names = append(all.names, callsOf(text, common, all.ownNames)...)
		}
	}
	for _, p := range m.parties {
		if folded := foldName(p.GetName()); folded != "" && own[folded] {
			continue
		}
		name(p.GetName())
		all.number(p.GetTaxId(), p.GetApprovalNumber(), p.GetGaccNumber())
		for _, c := range p.GetContacts() {
			name(c.GetName())
			all.number(c.GetPhone(), c.GetEmail())
		}
	}
	for _, e := range m.met {
		if e.GetName() == s.of.GetName() {
			continue
		}
		for _, t := range e.GetDisplayName() {
			name(t.GetText())
		}
		all.number(e.GetTaxId(), e.GetRegistrationNumber())
		for _, c := range e.GetCodes() {
			all.number(c.GetCode())
		}
	}
	all.number(m.codes...)
	for _, p := range m.whole.GetProducts() {
		for _, l := range p.GetLots() {
			if !s.products[l.GetId()] {
				all.number(l.GetNumber())
				all.number(l.GetGtins()...)
			}
		}
	}
	return all
}

// own notes the numbers of the exporter and of its goods.
func (all secrets) own(s *share, n *spsv1.Notification) {
	note := func(texts ...string) {
		for _, text := range texts {
			for _, folded := range all.forms(text) {
				all.ownNumbers[folded] = true
			}
		}
	}
	note(s.of.GetTaxId(), s.of.GetRegistrationNumber())
	for _, c := range s.of.GetCodes() {
		note(c.GetCode())
	}
	for _, p := range n.GetProducts() {
		for _, c := range p.GetCodes() {
			if s.owns(c) {
				note(c.GetCode())
			}
		}
		for _, l := range p.GetLots() {
			if s.products[l.GetId()] {
				note(l.GetNumber())
				note(l.GetGtins()...)
			}
			for _, c := range l.GetCodes() {
				if s.owns(c) {
					note(c.GetCode())
				}
			}
		}
	}
}

// number notes codes and numbers that are not the exporter's.
func (all secrets) number(texts ...string) {
	for _, text := range texts {
		for _, folded := range all.forms(text) {
			if isTelling(folded) && !all.ownNumbers[folded] {
				all.numbers[folded] = true
			}
		}
	}
}

// forms returns a code or number folded, with and without the letters of the office's
// country in front.
func (all secrets) forms(text string) []string {
	if folded := foldCode(text); folded == "" || all.office == "" {
		return []string{folded}
	}
	return statement.FoldsOf(text, all.office)
}

// in reports whether a text names one of the secrets.
func (all secrets) in(text string) bool {
	said := spoken(text)
	for _, own := range all.ownNames {
		said = without(said, own)
	}
	return slices.ContainsFunc(all.names, func(call string) bool { return callAt(said, call) >= 0 }) ||
		namesNumber(text, all.numbers, all.ownNumbers)
}

// conceal clears every text that is to be concealed, and takes out of lists what
// has one: a text in several languages loses the language.
func conceal(m protoreflect.Message, secret func(string) bool) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case wordless(m, f):
		case f.Kind() == protoreflect.StringKind && !f.IsList():
			if secret(v.String()) {
				m.Clear(f)
			}
		case f.Kind() == protoreflect.StringKind:
			kept := m.NewField(f).List()
			for i := range v.List().Len() {
				if !secret(v.List().Get(i).String()) {
					kept.Append(v.List().Get(i))
				}
			}
			m.Set(f, protoreflect.ValueOfList(kept))
		case f.Message() == nil:
		case f.IsList():
			kept := m.NewField(f).List()
			for i := range v.List().Len() {
				item := v.List().Get(i).Message()
				conceal(item, secret)
				if proto.Size(item.Interface()) > 0 && !emptied(item) {
					kept.Append(protoreflect.ValueOfMessage(item))
				}
			}
			m.Set(f, protoreflect.ValueOfList(kept))
		default:
			conceal(v.Message(), secret)
		}
		return true
	})
}

// wordless reports whether a field of a message holds no words of anybody: local ids,
// tags of languages, amounts, and codes of lists.
func wordless(m protoreflect.Message, f protoreflect.FieldDescriptor) bool {
	if f.Message() != nil {
		return false
	}
	switch of := m.Interface().(type) {
	case *spsv1.Coding:
		return f.Name() == "system" || f.Name() == "version" ||
			f.Name() == "code" && (codes.IsTariff(of.GetSystem()) || codes.Builtin().Name(of.GetSystem(), of.GetCode(), "en") != "")
	case *spsv1.Quantity:
		return f.Name() == "value" || f.Name() == "rec20" || f.Name() == "ucum"
	case *spsv1.Area, *spsv1.Place:
		return f.Name() == "code" || f.Name() == "locode"
	}
	return local[f.Name()]
}

// local are the fields that hold local ids and tags of languages.
var local = map[protoreflect.Name]bool{
	"id": true, "about": true, "evidence": true, "findings": true, "declared_in": true, "found_on": true,
	"accompanies": true, "made_from": true, "lang": true,
}

// emptied reports whether a text lost its words.
func emptied(m protoreflect.Message) bool {
	t, ok := m.Interface().(*spsv1.LocalizedText)
	return ok && t.GetText() == ""
}
