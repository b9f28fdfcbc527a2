package trader

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestEveryFieldIsDecided walks every field of a notification and an announcement that
// an exporter could be shown, and wants somebody to have decided about it. A message in a field
// that is withheld needs no decision.
func TestEveryFieldIsDecided(t *testing.T) {
	seen := make(map[protoreflect.Name]bool)
	var walk func(protoreflect.MessageDescriptor)
	walk = func(d protoreflect.MessageDescriptor) {
		if seen[d.Name()] {
			return
		}
		seen[d.Name()] = true
		c, ok := choices[d.Name()]
		if !ok {
			t.Errorf("%s: nobody decided what an exporter is shown of it: add it to choices", d.FullName())
			return
		}
		shown, withheld := strings.Fields(c.shown), strings.Fields(c.withheld)
		for _, name := range slices.Concat(shown, withheld) {
			if name != "-" && d.Fields().ByName(protoreflect.Name(name)) == nil {
				t.Errorf("%s has no field %s", d.Name(), name)
			}
		}
		for i := range d.Fields().Len() {
			f := d.Fields().Get(i)
			switch in, out := slices.Contains(shown, string(f.Name())), slices.Contains(withheld, string(f.Name())); {
			case in == out:
				t.Errorf("%s.%s: shown is %t and withheld is %t, want one of them", d.Name(), f.Name(), in, out)
			case in && f.Message() != nil:
				walk(f.Message())
			}
		}
	}
	walk((&spsv1.Notification{}).ProtoReflect().Descriptor())
	walk((&spsv1.Announcement{}).ProtoReflect().Descriptor())
	for name := range choices {
		if !seen[name] {
			t.Errorf("%s is decided about and cannot be reached", name)
		}
	}
}

// TestOnlyWhatIsAllowedIsShown fills every field of a notification, and looks for
// anything in what is left that is not decided to be shown.
func TestOnlyWhatIsAllowedIsShown(t *testing.T) {
	n := &spsv1.Notification{}
	fill(n.ProtoReflect(), 0)
	var walk func(protoreflect.Message)
	walk = func(m protoreflect.Message) {
		m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			if !slices.Contains(strings.Fields(choices[m.Descriptor().Name()].shown), string(f.Name())) {
				t.Errorf("%s.%s is shown", m.Descriptor().Name(), f.Name())
			}
			if f.Message() != nil && f.IsList() {
				for i := range v.List().Len() {
					walk(v.List().Get(i).Message())
				}
			} else if f.Message() != nil {
				walk(v.Message())
			}
			return true
		})
	}
	shown := allow(n)
	walk(shown.ProtoReflect())
	if len(shown.GetProducts()) == 0 || len(shown.GetFindings()) == 0 || shown.GetConsignment().GetPointOfEntry() == nil {
		t.Errorf("of a notification %v is shown, want its products, findings and gate", shown)
	}
}

// fill sets every field of a message, so deep that each message of a notification
// is met; marks of confidentiality stay open.
func fill(m protoreflect.Message, depth int) {
	if depth > 8 {
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Name() == "confidentiality" {
			continue
		}
		switch {
		case f.IsList() && f.Message() != nil:
			list := m.Mutable(f).List()
			fill(list.AppendMutable().Message(), depth+1)
		case f.Message() != nil:
			fill(m.Mutable(f).Message(), depth+1)
		case f.IsList():
			m.Mutable(f).List().Append(one(f))
		default:
			m.Set(f, one(f))
		}
	}
}

// one returns a value that is not empty.
func one(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString("x")
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte("x"))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(1)
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(1)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(1)
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(1)
	default:
		return protoreflect.ValueOfInt64(1)
	}
}

// TestWhatIsMarkedIsNotShown takes the marks of confidentiality, also one that
// this version does not know.
func TestWhatIsMarkedIsNotShown(t *testing.T) {
	for mark, want := range map[spsv1.Confidentiality]int{
		spsv1.Confidentiality_CONFIDENTIALITY_UNSPECIFIED: 1, spsv1.Confidentiality_CONFIDENTIALITY_OFFICES: 0,
		spsv1.Confidentiality_CONFIDENTIALITY_OPERATORS_CONCERNED: 1, spsv1.Confidentiality_CONFIDENTIALITY_PUBLIC: 1, 17: 0,
	} {
		n := allow(&spsv1.Notification{
			Findings:  []*spsv1.Finding{{Id: "f1", Confidentiality: mark}},
			Samples:   []*spsv1.Sample{{Id: "s1", Confidentiality: mark}},
			Measures:  []*spsv1.Measure{{Id: "m1", Confidentiality: mark}},
			Decisions: []*spsv1.Decision{{Id: "j1", Confidentiality: mark}},
			Documents: []*spsv1.Document{{Id: "d1", Confidentiality: mark}},
			Balances:  []*spsv1.LotBalance{{About: "p1.l1", Confidentiality: mark}},
		})
		for what, got := range map[string]int{
			"findings": len(n.GetFindings()), "samples": len(n.GetSamples()), "measures": len(n.GetMeasures()),
			"decisions": len(n.GetDecisions()), "documents": len(n.GetDocuments()), "balances": len(n.GetBalances()),
		} {
			if got != want {
				t.Errorf("marked %s, %d %s are shown, want %d", mark, got, what, want)
			}
		}
	}
}
