package statement

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// checkReferences: what a statement names of the notification, by local ids or
// by the path of a field, is there: ids in any version of it, paths in the one
// that stands.
func (c *Case) checkReferences(s *spsv1.Statement) Problems {
	var problems Problems
	t := walk(s)
	if t.content {
		return nil // it names its own
	}
	var ids map[string]string
	for _, r := range t.named {
		id, ok := strings.CutPrefix(r.id, "n:")
		if !ok {
			continue
		}
		if ids == nil {
			ids = c.localIDs()
		}
		if _, ok := ids[id]; !ok {
			problems.add(r.path, "REFERENCE_UNKNOWN", fmt.Sprintf("name something of the notification, which has no %s", id))
		}
	}
	at, corrections := "request.corrections", s.GetRequest().GetCorrections()
	if taken := stance(s); taken != nil {
		at, corrections = string(kindOf(s))+".stance.corrections", taken.GetCorrections()
	}
	for i, correction := range corrections {
		if path := correction.GetPath(); path != "" && !leads(c.f.state.GetNotification().ProtoReflect(), path) {
			problems.add(fmt.Sprintf("%s[%d].path", at, i), "PATH_UNKNOWN",
				"write a path of the notification, with local ids for items, such as products[p1].lots[p1.l2].number")
		}
	}
	return problems
}

// localIDs returns the local ids of all versions of the notification.
func (c *Case) localIDs() map[string]string {
	ids := walk(c.f.original.Statement).ids
	for i := range c.f.entries {
		e := &c.f.entries[i]
		if e.Statement.GetAmendment() != nil && e.office() == c.f.issuer() && e.reaches() {
			for id, path := range walk(e.Statement).ids {
				ids[id] = path
			}
		}
	}
	return ids
}

// step is one step of a path: a field, perhaps with the local id or the number of
// an item.
var step = regexp.MustCompile(`^([a-z0-9_]+)(?:\[([a-z0-9.]+)\])?(?:\.|$)`)

// leads reports whether a path leads to a field in m, whether it is set or not.
func leads(m protoreflect.Message, path string) bool {
	if strings.HasSuffix(path, ".") {
		return false
	}
	for {
		at := step.FindStringSubmatch(path)
		if at == nil {
			return false
		}
		f := m.Descriptor().Fields().ByName(protoreflect.Name(at[1]))
		if f == nil || at[2] != "" && !f.IsList() {
			return false
		}
		path = path[len(at[0]):]
		if path == "" && at[2] == "" {
			return true
		}
		switch {
		case f.Message() == nil:
			return path == ""
		case f.IsList():
			if m = item(m.Get(f).List(), at[2]); m == nil {
				return false
			}
			if path == "" {
				return true
			}
		default:
			m = m.Get(f).Message()
		}
	}
}

// item returns the item of a list that has a local id, or the one of a number;
// nil if there is none.
func item(list protoreflect.List, id string) protoreflect.Message {
	for i := range list.Len() {
		m := list.Get(i).Message()
		f := m.Descriptor().Fields().ByName("id")
		if fmt.Sprint(i) == id || f != nil && f.Kind() == protoreflect.StringKind && m.Get(f).String() == id {
			return m
		}
	}
	return nil
}
