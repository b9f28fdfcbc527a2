package statement

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// AdviseCodes returns a problem for each code of s that a person should look at
// again: one that its list does not have or has taken out, one of a list that
// nobody here knows, a number whose form or check digit is not right, and the
// market of a code's status in words alone. What is coded is evidence of what
// somebody wrote, so like [Advise] it is never a reason to refuse.
func AdviseCodes(s *spsv1.Statement, lists *codes.Registry) Problems {
	a := codeAdvice{lists: lists}
	eachMessage(s.ProtoReflect(), "", a.look)
	return a.advice
}

// codeAdvice collects what is to be said about codes.
type codeAdvice struct {
	lists  *codes.Registry
	advice Problems
}

// look looks at one message, which stands at path.
func (a *codeAdvice) look(m proto.Message, path string) {
	switch m := m.(type) {
	case *spsv1.Coding:
		a.code(path+".code", m.GetSystem(), m.GetCode(), m.GetVersion())
	case *spsv1.Area:
		if country, _, _ := strings.Cut(m.GetCode(), "-"); country != "" {
			a.code(path+".code", "area", country, "")
		}
	case *spsv1.CodeStatusChange:
		if m.GetMarket().GetCode() == "" {
			a.advice.add(path+".market.code", "MARKET_IN_WORDS", "write the code of the market, such as CN; in words alone the change is kept and sets no status")
		}
	case *spsv1.Quantity:
		if m.GetRec20() != "" {
			a.code(path+".rec20", "unece-rec20", m.GetRec20(), "")
		}
	case *spsv1.Place:
		if m.GetLocode() != "" {
			a.code(path+".locode", "unlocode", m.GetLocode(), "")
		}
	case *spsv1.Product:
		a.gtins(path, m.GetGtins())
	case *spsv1.Lot:
		a.gtins(path, m.GetGtins())
	case *spsv1.Container:
		if m.GetNumber() != "" {
			a.said(path+".number", codes.CheckContainer(m.GetNumber()), "iso6346", m.GetNumber())
		}
	case *spsv1.Document:
		if m.GetKind() == spsv1.DocumentKind_DOCUMENT_KIND_ISPM15_MARK && m.GetNumber() != "" {
			a.said(path+".number", codes.CheckMark(m.GetNumber()), "ippc-mark", m.GetNumber())
		}
	}
}

func (a *codeAdvice) code(path, system, code, version string) {
	a.said(path, a.lists.Check(system, code, version), system, code)
}

func (a *codeAdvice) gtins(path string, numbers []string) {
	for i, n := range numbers {
		a.said(fmt.Sprintf("%s.gtins[%d]", path, i), codes.CheckGTIN(n), "gtin", n)
	}
}

// said says what an error of package codes means to a person.
func (a *codeAdvice) said(path string, err error, list, code string) {
	var number *codes.NumberError
	switch {
	case err == nil:
	case errors.As(err, &number) && number.Digit != "":
		a.advice.add(path, "CHECK_DIGIT", fmt.Sprintf("compare it with what is printed, its check digit would be %s; if it is printed so, leave it", number.Digit))
	case errors.As(err, &number):
		a.advice.add(path, "CODE_FORM", fmt.Sprintf("compare it with its source, codes of %s look like %s; if it is written so there, leave it", list, number.Example))
	case errors.Is(err, codes.ErrRetired):
		a.advice.add(path, "CODE_RETIRED", fmt.Sprintf("look for another code, %s has taken %s out; if there is none, leave it", list, code))
	case errors.Is(err, codes.ErrNoCode):
		a.advice.add(path, "CODE_UNKNOWN", fmt.Sprintf("look the code up, %s has no %s; if it is right, leave it", list, code))
	default:
		a.advice.add(path, "CODE_LIST_UNKNOWN", fmt.Sprintf("name one of the code lists of this node, or a URI, no list is called %s; if it is right, leave it", list))
	}
}

// eachMessage calls visit for m and every message in it, in the order of the
// fields.
func eachMessage(m protoreflect.Message, path string, visit func(proto.Message, string)) {
	visit(m.Interface(), path)
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.Message() == nil || !m.Has(f):
		case f.IsList():
			for j := range m.Get(f).List().Len() {
				eachMessage(m.Get(f).List().Get(j).Message(), fmt.Sprintf("%s[%d]", join(path, f), j), visit)
			}
		default:
			eachMessage(m.Get(f).Message(), join(path, f), visit)
		}
	}
}
