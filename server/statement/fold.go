package statement

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// MostSaid is how many entries of one office count in a case, the original not
// among them: its first ones by epoch and sequence.
const MostSaid = 1000

// CaseEntry is an entry of a case as [Fold] reads it: a statement, or a
// readdress of one. The fold keeps parts of Statement and Audience; nobody may
// change them afterwards.
type CaseEntry struct {
	Origin    certs.Origin
	Sequence  uint64
	Reference string   // "" for a readdress
	Hash      [32]byte // record hash of the leaf
	Time      time.Time
	Audience  *spsv1.Audience
	Statement *spsv1.Statement // nil for a readdress
	Readdress *spsv1.EntryRef  // what a readdress hands on; nil for a statement
}

// Name returns the name of the entry, `offices/VN/statements/1-42`.
func (e CaseEntry) Name() string {
	return fmt.Sprintf("offices/%s/statements/%d-%d", e.Origin.Office, e.Origin.Epoch, e.Sequence)
}

func (e CaseEntry) ref() *spsv1.EntryRef {
	return &spsv1.EntryRef{Origin: e.Origin.String(), Sequence: e.Sequence, RecordHash: e.Hash[:]}
}

func (e CaseEntry) office() string { return string(e.Origin.Office) }

func (e CaseEntry) place() place {
	return place{origin: e.Origin.String(), sequence: e.Sequence}
}

func (e CaseEntry) mark() *spsv1.Mark {
	return &spsv1.Mark{Statement: e.Name(), Time: timestamppb.New(e.Time)}
}

// place names an entry without its digest.
type place struct {
	origin   string
	sequence uint64
}

// Fold returns what the entries of a case add up to. The original is a
// notification; the others are all that name it as their case, and the
// readdresses of any of them, in any order. Entries given twice count once.
//
// It is a pure function of the set: no order of arrival, no clock and no reader
// changes the result. Each register belongs to one office, and its value is what
// that office's last valid entry says, by epoch and sequence. What is without
// effect, taken back or waiting is listed with the reason and changes nothing.
// Of each office [MostSaid] entries count, so that nobody can make a case too
// long for the others; the state names who said more.
func Fold(original CaseEntry, others []CaseEntry) *spsv1.CaseState {
	return fold(original, others).state
}

func fold(original CaseEntry, others []CaseEntry) *folder {
	f := newFolder(original, others)
	f.stand()
	f.content()
	f.terms()
	f.status()
	f.participants()
	f.asked()
	f.disputes()
	f.extensions()
	f.references()
	f.balances()
	f.links()
	f.codes()
	f.list()
	return f
}

// stand decides how each entry stands.
func (f *folder) stand() {
	f.judgeAll()
	f.takeBack()
	f.judgeAfterWithdrawal()
	f.judgeAudience()
}

// folder is a fold under way. Its entries are sorted by office, epoch and
// sequence, the original not among them.
type folder struct {
	original CaseEntry
	entries  []folded
	at       map[place]int // index in entries; the original is not in it
	state    *spsv1.CaseState
}

// folded is an entry with how it stands.
type folded struct {
	CaseEntry
	standing spsv1.EntryStanding
	reason   spsv1.NoEffectReason
	by       string // what it waits for, or what took it back
}

// holds reports whether what the entry says counts.
func (e *folded) holds() bool {
	return e.standing == spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE
}

// reaches reports whether whom the entry names was told of the case by it. What
// has no effect told nobody. But whether a response has one follows from what
// another office said, which not everybody holds who is to see the same
// audience: one by an office of the audience always reaches.
func (e *folded) reaches() bool {
	switch {
	case e.standing != spsv1.EntryStanding_ENTRY_STANDING_WITHOUT_EFFECT:
		return true
	case e.reason == spsv1.NoEffectReason_NO_EFFECT_REASON_OUTSIDE_AUDIENCE,
		e.reason == spsv1.NoEffectReason_NO_EFFECT_REASON_STATUS_MIXED:
		return false
	}
	return e.Statement.GetResponse() != nil
}

func (e *folded) without(reason spsv1.NoEffectReason) {
	e.standing, e.reason, e.by = spsv1.EntryStanding_ENTRY_STANDING_WITHOUT_EFFECT, reason, ""
}

func newFolder(original CaseEntry, others []CaseEntry) *folder {
	f := &folder{original: original, at: make(map[place]int), state: &spsv1.CaseState{}}
	for _, e := range others {
		if e.place() != original.place() {
			f.entries = append(f.entries, folded{CaseEntry: e, standing: spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE})
		}
	}
	slices.SortFunc(f.entries, func(a, b folded) int { return compareEntries(a.CaseEntry, b.CaseEntry) })
	f.entries = slices.CompactFunc(f.entries, func(a, b folded) bool { return a.place() == b.place() })
	f.limit()
	for i := range f.entries {
		f.at[f.entries[i].place()] = i
	}
	return f
}

// limit leaves out what an office said beyond [MostSaid] entries.
func (f *folder) limit() {
	said := make(map[string]int)
	f.entries = slices.DeleteFunc(f.entries, func(e folded) bool {
		said[e.office()]++
		if said[e.office()] == MostSaid+1 {
			f.state.TooMuch = append(f.state.TooMuch, e.office())
		}
		return said[e.office()] > MostSaid
	})
}

// compareEntries orders entries by office, epoch and sequence.
func compareEntries(a, b CaseEntry) int {
	return cmp.Or(
		cmp.Compare(a.Origin.Office, b.Origin.Office),
		cmp.Compare(a.Origin.Epoch, b.Origin.Epoch),
		cmp.Compare(a.Sequence, b.Sequence),
	)
}

// issuer returns the code of the office that issued the original.
func (f *folder) issuer() string { return f.original.office() }

// lookup is what a reference from one entry to another leads to.
type lookup struct {
	entry    *folded // nil for the original and for what is not there
	original bool
	missing  bool // nothing is there yet
	other    bool // something else is there
}

// find follows a reference. The digest is part of it, so that what names another
// entry in the same place never means this one.
func (f *folder) find(ref *spsv1.EntryRef) lookup {
	at := place{origin: ref.GetOrigin(), sequence: ref.GetSequence()}
	if at == f.original.place() {
		same := string(ref.GetRecordHash()) == string(f.original.Hash[:])
		return lookup{original: same, other: !same}
	}
	i, ok := f.at[at]
	switch {
	case !ok:
		return lookup{missing: true}
	case string(ref.GetRecordHash()) != string(f.entries[i].Hash[:]):
		return lookup{other: true}
	}
	return lookup{entry: &f.entries[i]}
}

// list tells how each entry stands.
func (f *folder) list() {
	for i := range f.entries {
		e := &f.entries[i]
		if e.Readdress != nil {
			continue
		}
		f.state.Entries = append(f.state.Entries, &spsv1.CaseEntry{
			Statement: e.Name(), Standing: e.standing, Reason: e.reason, By: e.by,
		})
	}
}

// references gathers the numbers of other systems, each once, the original's
// first. An office may add its own file number at any time.
func (f *folder) references() {
	seen := make(map[[2]string]bool)
	gather := func(s *spsv1.Statement) {
		for _, r := range s.GetExternalReferences() {
			key := [2]string{r.GetSystem(), r.GetNumber()}
			if !seen[key] {
				seen[key] = true
				f.state.ExternalReferences = append(f.state.ExternalReferences, r)
			}
		}
	}
	gather(f.original.Statement)
	for i := range f.entries {
		if f.entries[i].holds() {
			gather(f.entries[i].Statement)
		}
	}
}

// relation returns the entry that s names in one way, or nil.
func relation(s *spsv1.Statement, kind spsv1.RelationKind) *spsv1.EntryRef {
	for _, r := range s.GetRelatesTo() {
		if r.GetKind() == kind && r.GetEntry() != nil {
			return r.GetEntry()
		}
	}
	return nil
}
