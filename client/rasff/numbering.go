package rasff

import (
	"strconv"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// numbering gives local ids to the parties and findings of all versions of one
// notification. What stays keeps its id, and no id is given again to another
// thing.
type numbering struct {
	ids  map[string]string // by kind and key
	last map[string]int    // by kind
}

func newNumbering() *numbering {
	return &numbering{ids: make(map[string]string), last: make(map[string]int)}
}

// id returns the local id of the thing of a kind (the letter of its ids) that
// has this key.
func (n *numbering) id(kind, key string) string {
	if id, known := n.ids[kind+key]; known {
		return id
	}
	n.last[kind]++
	id := kind + strconv.Itoa(n.last[kind])
	n.ids[kind+key] = id
	return id
}

// keep takes over the ids of a version that was issued.
func (n *numbering) keep(issued *spsv1.Notification) {
	for _, o := range issued.GetParties() {
		n.set("o", areaKey(o.GetArea()), o.GetId())
	}
	for _, f := range issued.GetFindings() {
		n.set("f", fold(f.GetHazard().GetAgent().GetAsWritten()), f.GetId())
	}
}

func (n *numbering) set(kind, key, id string) {
	number, err := strconv.Atoi(id[min(len(kind), len(id)):])
	if err != nil {
		return // not an id of this kind
	}
	n.ids[kind+key] = id
	n.last[kind] = max(n.last[kind], number)
}
