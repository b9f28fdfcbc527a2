package casebook

import (
	"bytes"
	"encoding/binary"
	"iter"
	"math"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// A summary is what the book keeps of a statement so that it can be found
// without the ledger. It is the value of a row of tableStatements:
//
//	place           18 bytes
//	flags            1 byte: isUrgent, isCase
//	kind, classification, status, handling
//	                 1 byte each: numbers of the contract, 0 if there is none
//	issue time       8 bytes: Unix milliseconds
//	original         18 bytes: place of the original of its case, 0 if it is sound in none
//	searched         uvarint: how many bytes of the words free text is looked for in
//	words            each a mark, which says what it is, and a plain text
//
// A plain text has no control characters and a mark is one, so that no text
// that is looked for is found across two words.
type summary []byte

const (
	isUrgent = 1 << iota // the leaf says so
	isCase               // a sound notification
)

const (
	atFlags = placeSize + iota
	atKind
	atClassification
	atStatus
	atHandling
	atIssued
	atWhole    = atIssued + 8
	atSearched = atWhole + placeSize
)

// mark says what a word of a summary is.
type mark byte

// The marks, in the order in which they are written. Free text is looked for in
// those before markOrigin.
const (
	markReference mark = 1 + iota
	markSubject
	markProduct
	markCategory
	markHazard
	markParty
	markCode
	markSystem // of an external reference; its number follows
	markNumber
	markOrigin
	markTariff
	markAddressee
	markFollowUp  // whom a flag asks for follow-up
	markAttention // whom a flag asks for attention
	marks         // how many there are, and one
)

// lastMark is above every mark and below every character of a plain text.
const lastMark = 0x1f

// kindBase is the number below that of the first kind among the fields of
// Statement, so that a kind fits a byte for long.
const kindBase = 39

// summarize returns the summary of an entry and what it says.
func summarize(e ledger.Entry, reading Reading, place Place, federation string) summary {
	s := reading.Statement
	var flags byte
	if e.Leaf.GetUrgent() {
		flags |= isUrgent
	}
	if reading.Fault == "" && s.GetNotification() != nil {
		flags |= isCase
	}
	w := digest(s)
	w.add(markReference, plain.Text(e.Leaf.GetReference()))
	b := place.append(make([]byte, 0, 64+w.size))
	b = append(b, flags, kindOf(s), small(classificationOf(s)), small(s.GetStatus()), small(s.GetHandling()))
	b = binary.BigEndian.AppendUint64(b, issued(e.Leaf))
	switch whole, _, ok := original(s, federation); {
	case flags&isCase != 0:
		b = place.append(b)
	case ok && reading.Fault == "":
		b = whole.append(b)
	default:
		b = append(b, make([]byte, placeSize)...)
	}
	searched := 0
	for m := markReference; m < markOrigin; m++ {
		searched += len(w.of[m])
	}
	b = binary.AppendUvarint(b, uint64(searched))
	for m := markReference; m < marks; m++ {
		b = append(b, w.of[m]...)
	}
	return b
}

// issued returns when an entry was issued in milliseconds since 1970, 0 for what
// was before.
func issued(leaf *spsv1.Leaf) uint64 {
	return uint64(max(0, leaf.GetTime().AsTime().UnixMilli()))
}

// small returns a number of the contract as a byte; 255 stands for all that are
// too large, which this version does not know.
func small[E ~int32](e E) byte {
	if e < 0 || e > math.MaxUint8 {
		return math.MaxUint8
	}
	return byte(e)
}

// valid reports whether the summary is one that this version wrote.
func (s summary) valid() bool { return len(s) > atSearched }

func (s summary) office() certs.Office { return certs.Office(s[:2]) }
func (s summary) has(flag byte) bool   { return s[atFlags]&flag != 0 }
func (s summary) announces() bool      { return s[atKind] == kindAnnouncement }
func (s summary) whole() []byte        { return s[atWhole:atSearched] }
func (s summary) issued() int64        { return int64(binary.BigEndian.Uint64(s[atIssued:])) }

// words returns all words, and those of them that free text is looked for in.
func (s summary) words() (all, searched []byte) {
	n, size := binary.Uvarint(s[atSearched:])
	all = s[atSearched+max(size, 0):]
	return all, all[:min(n, uint64(len(all)))]
}

// values yields the words that have a mark.
func (s summary) values(m mark) iter.Seq[[]byte] {
	all, _ := s.words()
	return marked(all, m)
}

// externals yields the external references: a system, and the number that it
// stands before.
func (s summary) externals() iter.Seq2[[]byte, []byte] {
	all, _ := s.words()
	return pairs(all)
}

// marked yields those of some words that have a mark.
func marked(words []byte, m mark) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		rest := words
		for {
			at := bytes.IndexByte(rest, byte(m))
			if at < 0 {
				return
			}
			rest = rest[at+1:]
			var word []byte
			if word, rest = cutWord(rest); !yield(word) {
				return
			}
		}
	}
}

// pairs yields the systems among some words, each with the number behind it.
func pairs(words []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(system, number []byte) bool) {
		rest := words
		for {
			at := bytes.IndexByte(rest, byte(markSystem))
			if at < 0 {
				return
			}
			var system, number []byte
			system, rest = cutWord(rest[at+1:])
			number, rest = cutWord(bytes.TrimPrefix(rest, []byte{byte(markNumber)}))
			if !yield(system, number) {
				return
			}
		}
	}
}

// cutWord returns the word at the beginning, and what follows it from the next
// mark on.
func cutWord(b []byte) (word, rest []byte) {
	for i, c := range b {
		if c <= lastMark {
			return b[:i], b[i:]
		}
	}
	return b, nil
}
