package statement_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The helpers build parts of statements from facts, briefly.

const (
	federation = "asean-cn"
	requestID  = "0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d"
)

func salt() []byte { return bytes.Repeat([]byte{0xa5}, 32) }

func text(lang, s string) []*spsv1.LocalizedText {
	return []*spsv1.LocalizedText{{Lang: lang, Text: s}}
}

func en(s string) []*spsv1.LocalizedText { return text("en", s) }

func words(s string) *spsv1.Concept { return &spsv1.Concept{AsWritten: s, Lang: "en"} }

func category(s string) *spsv1.Concept {
	return &spsv1.Concept{Codings: []*spsv1.Coding{{System: "rasff-product-category", Code: s}}}
}

func measure(code string) *spsv1.Concept {
	return &spsv1.Concept{Codings: []*spsv1.Coding{{System: "sps-measure", Code: code}}}
}

func area(code string) *spsv1.Area { return &spsv1.Area{Code: code} }

func from(codes ...string) []*spsv1.Origin {
	var origins []*spsv1.Origin
	for _, c := range codes {
		origins = append(origins, &spsv1.Origin{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: area(c)})
	}
	return origins
}

func origin(state spsv1.OriginState) []*spsv1.Origin { return []*spsv1.Origin{{State: state}} }

func unit(id string) *spsv1.Flag { return &spsv1.Flag{Office: "EU", Unit: id} }

func outside(code string) *spsv1.Flag { return &spsv1.Flag{Area: area(code)} }

func body(name string) *spsv1.Flag { return &spsv1.Flag{Body: name} }

func office(code string) *spsv1.Flag { return &spsv1.Flag{Office: code} }

func attention(flags ...*spsv1.Flag) []*spsv1.Flag {
	for _, f := range flags {
		f.Kind = spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION
	}
	return flags
}

func followUp(flags ...*spsv1.Flag) []*spsv1.Flag {
	for _, f := range flags {
		f.Kind = spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP
	}
	return flags
}

func flags(lists ...[]*spsv1.Flag) []*spsv1.Flag {
	var all []*spsv1.Flag
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func to(code string, roles ...spsv1.AddresseeRole) *spsv1.Addressee {
	return &spsv1.Addressee{Office: code, Roles: roles, CardNumber: 1}
}

// operators returns parties of which nothing but an area is known.
func operators(codes ...string) []*spsv1.Party {
	var parties []*spsv1.Party
	for i, c := range codes {
		parties = append(parties, &spsv1.Party{
			Id:    fmt.Sprintf("o%d", i+1),
			Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_OPERATOR},
			Area:  area(c),
		})
	}
	return parties
}

func distributed(codes ...string) []*spsv1.Distribution {
	var list []*spsv1.Distribution
	for _, c := range codes {
		list = append(list, &spsv1.Distribution{Area: area(c)})
	}
	return list
}

func risk(d spsv1.RiskDecision) *spsv1.Risk { return &spsv1.Risk{Decision: d} }

func rasff(number string) []*spsv1.ExternalReference {
	return []*spsv1.ExternalReference{{System: "RASFF", Number: number}}
}

// speak returns a statement of an office, to the network, with everything that
// every statement needs, around a notification.
func speak(office, behalf string, n *spsv1.Notification) *spsv1.Statement {
	return &spsv1.Statement{
		Salt: salt(), Federation: federation, Office: office, RequestId: requestID,
		Status:     spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Handling:   spsv1.Handling_HANDLING_NETWORK,
		OnBehalfOf: behalf,
		IssuedBy:   &spsv1.Person{Id: "duty", Function: "duty officer"},
		Network:    true,
		Body:       &spsv1.Statement_Notification{Notification: n},
	}
}

// at reads the value at a path such as `notification.products[0].name[0].text`.
// Enums read as their names, bytes as quoted strings, a list as its length.
func at(t *testing.T, m proto.Message, path string) string {
	t.Helper()
	v := protoreflect.ValueOfMessage(m.ProtoReflect())
	var f protoreflect.FieldDescriptor
	for _, step := range strings.Split(path, ".") {
		name, index, indexed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		f = v.Message().Descriptor().Fields().ByName(protoreflect.Name(name))
		if f == nil {
			t.Fatalf("%s: no field %s in %s", path, name, v.Message().Descriptor().FullName())
		}
		v = v.Message().Get(f)
		if indexed {
			i, err := strconv.Atoi(index)
			if err != nil || i >= v.List().Len() {
				t.Fatalf("%s: %s has %d items, index %s", path, name, v.List().Len(), index)
			}
			v = v.List().Get(i)
		} else if f.IsList() {
			return strconv.Itoa(v.List().Len())
		}
	}
	switch x := v.Interface().(type) {
	case protoreflect.EnumNumber:
		return string(f.Enum().Values().ByNumber(x).Name())
	case protoreflect.Message:
		return strconv.FormatBool(x.IsValid())
	case []byte:
		return strconv.Quote(string(x))
	}
	return v.String()
}

// entry returns a reference to an entry of the log of an office.
func entry(office string, sequence uint64) *spsv1.EntryRef {
	return &spsv1.EntryRef{Origin: federation + "/" + office + "/1", Sequence: sequence, RecordHash: bytes.Repeat([]byte{byte(sequence)}, 32)}
}

// caseRef returns the case that began with entry 7 of an office.
func caseRef(office string) *spsv1.CaseRef {
	return &spsv1.CaseRef{Original: entry(office, 7), Reference: office + "-2026-000007"}
}
