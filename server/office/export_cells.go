package office

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func content(s *spsv1.IssuedStatement) *spsv1.Notification {
	if n := s.GetStatement().GetNotification(); n != nil {
		return n
	}
	return s.GetStatement().GetAmendment().GetNotification()
}

// short returns the name of a value of the contract without that of its enum; ""
// for none.
func short(e protoreflect.Enum) string {
	value := e.Descriptor().Values().ByNumber(e.Number())
	switch {
	case e.Number() == 0:
		return ""
	case value == nil: // of a later version
		return fmt.Sprint(e.Number())
	}
	prefix := strings.TrimSuffix(string(e.Descriptor().Values().ByNumber(0).Name()), "UNSPECIFIED")
	return strings.TrimPrefix(string(value.Name()), prefix)
}

func instant(t *timestamppb.Timestamp) any {
	if t == nil {
		return nil
	}
	return t.AsTime()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// joined puts texts into one cell, each once.
func joined(texts []string) string {
	var all []string
	for _, t := range texts {
		if t != "" && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return strings.Join(all, "; ")
}

func commodityCodes(n *spsv1.Notification) string {
	var all []string
	for _, p := range n.GetProducts() {
		for _, c := range p.GetCommodityCodes() {
			all = append(all, c.GetSystem()+" "+c.GetCode())
		}
	}
	return joined(all)
}

// whom is somebody whom a statement names.
type whom interface {
	GetOffice() string
	GetArea() *spsv1.Area
	GetBody() string
}

func nameOf(w whom) string {
	for _, name := range []string{w.GetOffice(), w.GetArea().GetCode(), w.GetArea().GetAsWritten(), w.GetBody()} {
		if name != "" {
			return name
		}
	}
	return ""
}

func addressees(s *spsv1.Statement) string {
	all := []string{}
	if s.GetNetwork() {
		all = append(all, "all offices")
	}
	for _, a := range s.GetAddressees() {
		all = append(all, nameOf(a))
	}
	return joined(all)
}

func flagged(s *spsv1.Statement, kind spsv1.FlagKind) string {
	var all []string
	for _, f := range s.GetFlags() {
		if f.GetKind() == kind {
			all = append(all, nameOf(f))
		}
	}
	return joined(all)
}

func externals(references []*spsv1.ExternalReference) string {
	var all []string
	for _, r := range references {
		all = append(all, r.GetSystem()+" "+r.GetNumber())
	}
	return joined(all)
}
