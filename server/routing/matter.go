package routing

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// Matter is what rules look at in something that is to be routed. Texts are
// plain.
type Matter struct {
	classification spsv1.Classification
	kind           spsv1.NotificationType
	fields         []spsv1.Field
	laboratory     string
	tariffs        []string // digits
	places         []string
	codes          []string // folded
	areas          []string // in capitals
	hazards        []string
}

// Case is a case to be routed.
type Case struct {
	Name, Subject string
	Matter        Matter
	Routes        []*spsv1.Route // it has now
}

// OfFinding returns what rules look at in a finding of a laboratory, with the
// classification that it proposes.
func OfFinding(f *spsv1.LabFinding, proposed spsv1.Classification, t Tree) Matter {
	m := Matter{classification: proposed, laboratory: f.GetLaboratory().GetId(), fields: t.Fields(f.GetLaboratory().GetId())}
	m.add(f.GetProduct())
	m.add(f.GetSample())
	return m
}

// OfCase returns what rules look at in a case: its notification, and what was
// added to that.
func OfCase(n *spsv1.Notification, added ...*spsv1.Facts) Matter {
	m := Matter{classification: n.GetClassification(), kind: n.GetType()}
	if f := n.GetField(); f != spsv1.Field_FIELD_UNSPECIFIED {
		m.fields = []spsv1.Field{f}
	} else if f, ok := fieldOf[n.GetType()]; ok {
		m.fields = []spsv1.Field{f}
	}
	m.add(n)
	for _, f := range added {
		m.add(f)
	}
	return m
}

// fieldOf is the branch of work of notifications that name none.
var fieldOf = map[spsv1.NotificationType]spsv1.Field{
	spsv1.NotificationType_NOTIFICATION_TYPE_FOOD: spsv1.Field_FIELD_FOOD, spsv1.NotificationType_NOTIFICATION_TYPE_FEED: spsv1.Field_FIELD_FOOD,
	spsv1.NotificationType_NOTIFICATION_TYPE_FOOD_CONTACT_MATERIAL: spsv1.Field_FIELD_FOOD,
	spsv1.NotificationType_NOTIFICATION_TYPE_ANIMAL:                spsv1.Field_FIELD_ANIMAL, spsv1.NotificationType_NOTIFICATION_TYPE_PLANT: spsv1.Field_FIELD_PLANT,
}

// version is that of what rules look at. Whoever changes that raises it.
const version = 1

// Digest names what rules look at: it is another if one of that is. Its first byte
// is the version of what they look at, never 0: of two digests of other versions
// nothing can be told.
func (m Matter) Digest() [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %d %q", m.classification, m.kind, m.fields, m.laboratory)
	for _, texts := range [][]string{m.tariffs, m.places, m.codes, m.areas, m.hazards} {
		fmt.Fprintf(h, " %q", slices.Sorted(slices.Values(texts)))
	}
	digest := [sha256.Size]byte(h.Sum(nil))
	digest[0] = version
	return digest
}

// add collects from a message and all in it.
func (m *Matter) add(of proto.Message) {
	switch of := of.(type) {
	case *spsv1.Laboratory, *spsv1.Authority: // where they have their seat says nothing of the goods
		return
	case *spsv1.Area:
		m.areas = with(m.areas, of.GetCode())
	case *spsv1.Place:
		m.places = with(with(m.places, plain.Text(of.GetLocode())), plain.Text(of.GetCustomsCode()))
	case *spsv1.SiteCode:
		m.codes = with(m.codes, foldedCode(of.GetCode()))
	case *spsv1.Product:
		for _, c := range of.GetCommodityCodes() {
			if codes.IsTariff(c.GetSystem()) {
				m.tariffs = with(m.tariffs, plain.Digits(c.GetCode()))
			}
		}
	case *spsv1.Hazard:
		m.concept(of.GetAgent().GetCodings(), of.GetAgent().GetAsWritten())
		m.concept(of.GetCategory().GetCodings(), of.GetCategory().GetAsWritten())
	case *spsv1.Organism:
		m.concept(of.GetTaxon().GetCodings(), of.GetTaxon().GetScientificName(), of.GetTaxon().GetAsWritten())
	case *spsv1.LabResult:
		m.concept(of.GetAnalyte().GetCodings(), of.GetAnalyte().GetAsWritten())
	}
	of.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil || f.IsMap():
		case f.IsList():
			for i := range v.List().Len() {
				m.add(v.List().Get(i).Message().Interface())
			}
		default:
			m.add(v.Message().Interface())
		}
		return true
	})
}

// concept adds the names by which rules know a hazard.
func (m *Matter) concept(codings []*spsv1.Coding, texts ...string) {
	for _, c := range codings {
		m.hazards = with(with(m.hazards, plain.Text(c.GetSystem()+":"+c.GetCode())), plain.Text(c.GetDisplay()))
	}
	for _, text := range texts {
		m.hazards = with(m.hazards, plain.Text(text))
	}
}

func with(all []string, one string) []string {
	if one == "" || slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}

// matches reports whether a rule matches.
func (m Matter) matches(r *spsv1.RoutingRule) bool {
	return one(r.GetClassifications(), m.classification) &&
		one(r.GetTypes(), m.kind) &&
		one(r.GetFields(), m.fields...) &&
		one(r.GetLaboratories(), m.laboratory) &&
		some(r.GetHs(), m.tariffs, plain.Digits, strings.HasPrefix) &&
		some(r.GetPlaces(), m.places, plain.Text, equal) &&
		some(r.GetSiteCodes(), m.codes, foldedCode, strings.HasPrefix) &&
		some(r.GetAreas(), m.areas, strings.ToUpper, inArea) &&
		some(r.GetHazards(), m.hazards, plain.Text, equal)
}

// one reports whether a condition has one of some values, or none is given.
func one[V comparable](condition []V, values ...V) bool {
	return len(condition) == 0 || slices.ContainsFunc(values, func(v V) bool { return slices.Contains(condition, v) })
}

// some reports whether a value fits one of those of a condition, or none is
// given.
func some(condition, values []string, form func(string) string, fits func(value, wanted string) bool) bool {
	return len(condition) == 0 || slices.ContainsFunc(condition, func(wanted string) bool {
		wanted = form(wanted)
		return slices.ContainsFunc(values, func(v string) bool { return fits(v, wanted) })
	})
}

// foldedCode returns a site code as rules compare it, whoever gave it.
func foldedCode(code string) string { return statement.FoldCode(code, "") }

func equal(value, wanted string) bool { return value == wanted }

// inArea reports whether an area is another, or a province of it.
func inArea(value, wanted string) bool {
	return value == wanted || strings.HasPrefix(value, wanted+"-")
}
