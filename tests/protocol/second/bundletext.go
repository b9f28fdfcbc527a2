package second

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const bundleWords = `sps-evidence/v1

This file is evidence of what one office of the SPS alert network stated, and of
which other offices had received it. SPS stands for sanitary and phytosanitary.
Keep it as it is: a change of any character makes its check fail.

To check it, without any network:   spsctl evidence verify FILE
The check says in plain words what is proved, on whose word, and what is not.

`

const (
	foldAt  = 76
	network = "every office"
)

// text writes the bundle from its parts, as the document says. Parts that are
// not in their order, or stand twice, are written as nothing.
func (b *Bundle) text() string {
	if !b.ordered() {
		return ""
	}
	var w strings.Builder
	w.WriteString(bundleWords)
	for _, f := range b.facts() {
		fmt.Fprintf(&w, "%s: %s\n", f[0], f[1])
	}
	w.WriteString("\n")
	b.Statement.write(&w, "statement")
	for _, e := range b.Readdresses {
		e.write(&w, "readdress")
	}
	for _, e := range b.InCase {
		e.write(&w, "in-case")
	}
	for _, c := range b.checkpoints {
		fmt.Fprintf(&w, "== checkpoint %s\n%s", c.Origin, c.raw)
	}
	for _, c := range b.cards {
		fmt.Fprintf(&w, "== card %s %d\n", c.Office, c.Number)
		writeBlock(&w, c.raw)
	}
	w.WriteString("== end\n")
	return w.String()
}

func (e Entry) write(w *strings.Builder, kind string) {
	fmt.Fprintf(w, "== %s %s\n", kind, e.place())
	writeBlock(w, e.leaf)
	writeProof(w, e.proof)
	if kind != "readdress" {
		w.WriteString("-- envelope\n")
		writeBlock(w, e.envelope)
	}
	for _, r := range e.receipts {
		fmt.Fprintf(w, "== receipt %s\n%s", r.office, r.raw)
		writeProof(w, r.proof)
	}
}

func writeBlock(w *strings.Builder, b []byte) {
	for s := base64.StdEncoding.EncodeToString(b); s != ""; {
		n := min(len(s), foldAt)
		w.WriteString(s[:n] + "\n")
		s = s[n:]
	}
}

func writeProof(w *strings.Builder, proof [][sha256.Size]byte) {
	w.WriteString("-- proof\n")
	for _, h := range proof {
		w.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
}

// ordered reports whether the parts of each kind ascend, and are no more than
// there may be.
func (b *Bundle) ordered() bool {
	if len(b.Readdresses) > maxInCase || len(b.InCase) > maxInCase {
		return false
	}
	for _, e := range append([]Entry{b.Statement}, b.Readdresses...) {
		if len(e.receipts) > maxReceipts || !ascending(e.receipts, func(x, y receiptPart) int { return strings.Compare(x.office, y.office) }) {
			return false
		}
	}
	return ascending(b.Readdresses, compareEntries) && ascending(b.InCase, compareEntries) &&
		ascending(b.checkpoints, func(x, y checkpointPart) int { return compareOrigins(x.Origin, y.Origin) }) &&
		ascending(b.cards, func(x, y cardPart) int {
			return cmp.Or(strings.Compare(x.Office, y.Office), cmp.Compare(x.Number, y.Number))
		})
}

func ascending[T any](all []T, compare func(x, y T) int) bool {
	for i := 1; i < len(all); i++ {
		if compare(all[i-1], all[i]) >= 0 {
			return false
		}
	}
	return true
}

func compareEntries(x, y Entry) int {
	return cmp.Or(compareOrigins(x.Origin, y.Origin), cmp.Compare(x.Sequence, y.Sequence))
}

// compareOrigins goes by office, then epoch, which has no leading zeros.
func compareOrigins(x, y string) int {
	_, xOffice, xEpoch := splitOrigin(x)
	_, yOffice, yEpoch := splitOrigin(y)
	return cmp.Or(strings.Compare(xOffice, yOffice), cmp.Compare(len(xEpoch), len(yEpoch)), strings.Compare(xEpoch, yEpoch))
}

// splitOrigin takes an origin that is known to be one apart.
func splitOrigin(origin string) (federation, office, epoch string) {
	m := originForm.FindStringSubmatch(origin)
	return m[1], m[2], m[3]
}

// facts returns the names and values of the facts.
func (b *Bundle) facts() [][2]string {
	s := b.Statement
	federation, office, _ := splitOrigin(s.Origin)
	stated := time.Unix(s.Seconds, int64(s.Nanos)).UTC().Format("2006-01-02T15:04:05.999999999")
	addressed, all := b.addressed()
	to, missing := words(addressed), words(b.missing())
	if all {
		to, missing = network, "every office not named above"
	}
	cards := "none; it is checked with cards that the reader has"
	if len(b.cards) > 0 {
		var names []string
		for _, c := range b.cards {
			names = append(names, fmt.Sprintf("%s %d", c.Office, c.Number))
		}
		cards = strings.Join(names, ", ")
	}
	return [][2]string{
		{"Federation", federation},
		{"Stated by", office},
		{"Reference", s.Reference},
		{"Stated at", fmt.Sprintf("%sZ by the clock of %s", stated, office)},
		{"Log entry", s.place()},
		{"Addressed to", to},
		{"Received by", words(b.receivers())},
		{"Not shown to have received it", missing},
		{"Entry also known to", words(b.alsoKnown())},
		{"Other statements of the case", fmt.Sprint(len(b.InCase))},
		{"Cards in this file", cards},
	}
}

func words(offices []string) string {
	if len(offices) == 0 {
		return "none"
	}
	return strings.Join(offices, " ")
}

// received returns the entries that may have receipts.
func (b *Bundle) received() []Entry { return append([]Entry{b.Statement}, b.Readdresses...) }

// addressed returns the offices in the audiences without the issuer, or all.
func (b *Bundle) addressed() (offices []string, all bool) {
	_, issuer, _ := splitOrigin(b.Statement.Origin)
	set := map[string]bool{}
	for _, e := range b.received() {
		all = all || e.Network
		for _, o := range e.Offices {
			set[o] = o != issuer
		}
	}
	delete(set, issuer)
	return slices.Sorted(maps.Keys(set)), all
}

// receivers returns the offices with a receipt for an entry that is for them.
func (b *Bundle) receivers() []string {
	set := map[string]bool{}
	for _, e := range b.received() {
		for _, r := range e.receipts {
			if e.isFor(r.office) {
				set[r.office] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func (b *Bundle) missing() []string {
	addressed, _ := b.addressed()
	have := b.receivers()
	var missing []string
	for _, o := range addressed {
		if !slices.Contains(have, o) {
			missing = append(missing, o)
		}
	}
	return missing
}

func (b *Bundle) alsoKnown() []string {
	have := b.receivers()
	var known []string
	for _, r := range b.Statement.receipts {
		if !slices.Contains(have, r.office) {
			known = append(known, r.office)
		}
	}
	return known
}

// isFor reports whether an office is in the audience.
func (l *Leaf) isFor(office string) bool { return l.Network || slices.Contains(l.Offices, office) }
