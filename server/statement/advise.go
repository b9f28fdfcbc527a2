package statement

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Advise returns what a person should look at before s is issued, and may leave
// as it is: texts that are neither in English nor in one of the languages that
// the addressees read (BCP 47, from their cards). It is never a reason to refuse.
func Advise(s *spsv1.Statement, languages ...string) Problems {
	read, named := map[language.Base]bool{base("en"): true}, []string{"en"}
	for _, l := range languages {
		if l != "en" {
			named = append(named, l)
		}
		read[base(l)] = true
	}
	var advice Problems
	eachOf(s.ProtoReflect(), "", textName, func(path string, f protoreflect.FieldDescriptor, v protoreflect.Value) {
		if !f.IsList() {
			return
		}
		texts := v.List()
		for i := range texts.Len() {
			text, ok := texts.Get(i).Message().Interface().(*spsv1.LocalizedText)
			if ok && (read[base(text.GetLang())] || text.GetLang() == "mul") {
				return
			}
		}
		if texts.Len() > 0 {
			advice.add(path, "TEXT_UNREAD", "add it in English or in a language of an addressee: "+strings.Join(named, ", "))
		}
	})
	return advice
}

// AdviseFlags returns a problem for each flag of s for an office that is on the
// network and not addressed: a flag delivers nothing, so that is nearly always
// an oversight. Like [Advise] it is never a reason to refuse.
func AdviseFlags(s *spsv1.Statement, onNetwork func(office string) bool) Problems {
	if s.GetNetwork() {
		return nil
	}
	told := map[string]bool{"": true, s.GetOffice(): true} // "": an area or body
	for _, a := range s.GetAddressees() {
		told[a.GetOffice()] = true
	}
	var advice Problems
	for i, f := range s.GetFlags() {
		if office := f.GetOffice(); !told[office] && onNetwork(office) {
			advice.add(fmt.Sprintf("flags[%d].office", i), "FLAG_NOT_ADDRESSED",
				fmt.Sprintf("address %s too: it is on the network, and a flag alone tells it nothing", office))
		}
	}
	return advice
}

// base returns the language of a tag without script and region.
func base(tag string) language.Base {
	b, _ := language.Raw.Make(tag).Base()
	return b
}

// AdvisePassed returns a problem for each time of s that has passed at now though
// something is to hold until then, or to be done by then: most often the wrong month.
// Like [Advise] it is never a reason to refuse. An amendment says again what once held,
// so nothing of it is looked at.
func AdvisePassed(s *spsv1.Statement, now time.Time) Problems {
	if s.GetAmendment() != nil {
		return nil
	}
	var advice Problems
	look := func(path string, v protoreflect.Value) {
		if at, ok := v.Message().Interface().(*timestamppb.Timestamp); ok && at.AsTime().Before(now) {
			advice.add(path, "TIME_PASSED", "look at the time again, it has passed")
		}
	}
	eachOf(s.ProtoReflect(), "", timeName, func(path string, f protoreflect.FieldDescriptor, v protoreflect.Value) {
		switch f.Name() {
		case "end_time", "due_time":
			look(path, v)
		case "start_times":
			for i := range v.List().Len() {
				look(fmt.Sprintf("%s[%d]", path, i), v.List().Get(i))
			}
		}
	})
	return advice
}

// timeName is the message of an instant.
var timeName = (*timestamppb.Timestamp)(nil).ProtoReflect().Descriptor().FullName()

// eachOf calls visit for every field of a kind of message that m holds, in the order of
// the fields.
func eachOf(m protoreflect.Message, path string, kind protoreflect.FullName, visit func(string, protoreflect.FieldDescriptor, protoreflect.Value)) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Message() == nil || !m.Has(f) {
			continue
		}
		p := join(path, f)
		switch {
		case f.Message().FullName() == kind:
			visit(p, f, m.Get(f))
		case f.IsList():
			for j := range m.Get(f).List().Len() {
				eachOf(m.Get(f).List().Get(j).Message(), fmt.Sprintf("%s[%d]", p, j), kind, visit)
			}
		default:
			eachOf(m.Get(f).Message(), p, kind, visit)
		}
	}
}
