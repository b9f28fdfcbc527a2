package trader

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// ids are the local ids that things of one statement were given anew.
type ids map[string]string

// about returns ids as the whole has them. It reports false if there were some
// and none of them is in the whole: then it is about something else.
func (anew ids) about(old []string) (all []string, ok bool) {
	for _, id := range old {
		if of, found := strings.CutPrefix(id, "n:"); found {
			all = append(all, of)
		} else if given, found := anew[id]; found {
			all = append(all, given)
		}
	}
	return all, len(old) == 0 || len(all) > 0
}

// addition is what one statement adds to a notification.
type addition struct {
	to    *matter
	mark  string // 15 digits
	name  string // of the statement
	given ids
}

// add adds what a statement adds to the notification, but for balances.
func (m *matter) add(e statement.CaseEntry, f *spsv1.Facts) {
	f = proto.CloneOf(f)
	a := &addition{to: m, mark: markOf(e), name: e.Name(), given: make(ids)}
	for _, p := range f.GetProducts() {
		a.product(p)
	}
	for _, s := range f.GetSamples() {
		a.sample(s)
	}
	a.found(f)
	m.look(e.Name(), f.GetProducts(), f.GetParties(), f.GetMeasures(), a.given)
}

// markOf returns 15 digits that are those of one statement and tell nobody which:
// an exporter does not learn who added what, but for who set the status of its code.
func markOf(e statement.CaseEntry) string {
	text := fmt.Appendf(nil, "%s %d %x", e.Origin, e.Sequence, e.Hash)
	sum := sha256.Sum256(text)
	const least, most = 100_000_000_000_000, 999_999_999_999_999
	return fmt.Sprint(least + binary.BigEndian.Uint64(sum[:])%(most-least+1))
}

// anew returns the id that a thing of the statement has in the whole, whatever else
// is added or amended: p1.l2 becomes p2718281828459041.l2. An id of a statement has
// no more than four digits.
func (a *addition) anew(old string) string {
	if old == "" {
		return ""
	}
	a.given[old] = old[:1] + a.mark + old[1:]
	return a.given[old]
}

// product adds goods.
func (a *addition) product(p *spsv1.Product) {
	p.Id = a.anew(p.GetId())
	for _, l := range p.GetLots() {
		l.Id = a.anew(l.GetId())
	}
	p.Accompanies, p.MadeFrom = nil, nil
	a.to.whole.Products = append(a.to.whole.Products, p)
}

// sample adds a sample with its results.
func (a *addition) sample(s *spsv1.Sample) {
	about, ok := a.given.about(s.GetAbout())
	if !ok {
		return
	}
	s.Id, s.About = a.anew(s.GetId()), about
	for _, r := range s.GetResults() {
		r.Id = a.anew(r.GetId())
	}
	a.to.whole.Samples = append(a.to.whole.Samples, s)
}

// found adds what was found, decided and done.
func (a *addition) found(f *spsv1.Facts) {
	ok, whole := false, a.to.whole
	for _, found := range f.GetFindings() {
		found.Id = a.anew(found.GetId())
		found.Evidence, _ = a.given.about(found.GetEvidence())
		if found.About, ok = a.given.about(found.GetAbout()); ok {
			whole.Findings = append(whole.Findings, found)
		}
	}
	for _, d := range f.GetDecisions() {
		d.Id = a.anew(d.GetId())
		d.Findings, _ = a.given.about(d.GetFindings())
		if d.About, ok = a.given.about(d.GetAbout()); ok {
			whole.Decisions = append(whole.Decisions, d)
		}
	}
	for _, done := range f.GetMeasures() {
		said, void := a.to.codeSaid(a.name, done)
		done.Id = a.anew(done.GetId())
		if void {
			continue
		}
		a.to.note(done.GetId(), said)
		if done.About, ok = a.given.about(done.GetAbout()); ok || done.GetCodeStatus() != nil {
			whole.Measures = append(whole.Measures, done)
		}
	}
}
