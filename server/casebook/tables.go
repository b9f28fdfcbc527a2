package casebook

import (
	"encoding/binary"
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// The tables of the book. Numbers in keys are big-endian, so that their order
// is that of the numbers. An entry's place is its office, epoch and sequence:
// the federation is the same for all.
const (
	tableMeta        store.Table = "casebook.meta"        // name → value
	tableTimes       store.Table = "casebook.times"       // position → Unix milliseconds at which it was recorded
	tableLate        store.Table = "casebook.late"        // place and record hash of an original → how many parts came behind others
	tableStatements  store.Table = "casebook.statements"  // position → place, summary
	tableOffices     store.Table = "casebook.offices"     // office, position → nothing
	tableIssued      store.Table = "casebook.issued"      // Unix milliseconds of issue, position → nothing
	tableCases       store.Table = "casebook.cases"       // position of a notification → nothing
	tableReferences  store.Table = "casebook.references"  // reference, 0, place → position
	tableOriginals   store.Table = "casebook.originals"   // place of a notification → record hash, reference
	tableParts       store.Table = "casebook.parts"       // place and record hash of an original, position → place
	tableHanded      store.Table = "casebook.handed"      // place of a statement → place of the readdress that brought it here, place and record hash of its original
	tableReaddresses store.Table = "casebook.readdresses" // place and record hash of a statement, position → place of a readdress of it
	tableAttachments store.Table = "casebook.attachments" // digest, place → size, position
	tableAwaited     store.Table = "casebook.awaited"     // position, digest → place, size
	tableDirty       store.Table = "casebook.dirty"       // place of an original → position, how often: to be summarized
	tableStirred     store.Table = "casebook.stirred"     // what stirs many cases at once → how far
	tableDesk        store.Table = "casebook.desk"        // position of an original → summary of its case
	tableFacts       store.Table = "casebook.facts"       // position of an original → what its case counts for
	tableDeskLists   store.Table = "casebook.lists"       // list of the desk, position → place of the original
	tableDue         store.Table = "casebook.due"         // whose, Unix milliseconds, position → nothing: something is due then
	tableAwaiting    store.Table = "casebook.awaiting"    // office, place, place of an original → nothing: a receipt that is awaited
	tableCodes       store.Table = "casebook.codes"       // site, place of an original, number → what its case says of a code
	tableCodesOf     store.Table = "casebook.codesof"     // place of an original, number → site
	tableCodeTurns   store.Table = "casebook.codeturns"   // Unix milliseconds, site → nothing: what is said of it begins or ends
	tableCodeTurnsOf store.Table = "casebook.codeturnsof" // site → its Unix milliseconds in tableCodeTurns
	tableCodeChanges store.Table = "casebook.codechanges" // number of a change → site
	tableCodeChanged store.Table = "casebook.codechanged" // site → number of its last change, digest

	tableAnnouncements   store.Table = "casebook.announcements"   // position → place and record hash, what it announces
	tableAnnounced       store.Table = "casebook.announced"       // place and record hash → position
	tableEnders          store.Table = "casebook.enders"          // place and record hash of an announcement, position of what replaces it or takes it back → nothing
	tableGates           store.Table = "casebook.gates"           // gate, 0, position of an announcement of it → nothing
	tableOpposites       store.Table = "casebook.opposites"       // gate, 0, position of an announcement → the gate on the other side
	tableAnnounceTurns   store.Table = "casebook.announceturns"   // Unix milliseconds, position → nothing: it takes effect or ends
	tableAnnounceChanges store.Table = "casebook.announcechanges" // number of a change → position
	tableAnnounceChanged store.Table = "casebook.announcechanged" // position → number of its last change, digest
)

// derived are the tables that a rebuild empties.
var derived = []store.Table{
	tableStatements, tableOffices, tableIssued, tableCases, tableReferences, tableOriginals, tableParts,
	tableHanded, tableReaddresses, tableAttachments, tableAwaited, tableDirty, tableStirred, tableDesk, tableFacts, tableDeskLists, tableDue, tableAwaiting, tableUnits,
	tableCodes, tableCodesOf, tableCodeTurns, tableCodeTurnsOf,
	tableAnnouncements, tableAnnounced, tableEnders, tableGates, tableOpposites, tableAnnounceTurns,
}

// Tables returns the tables that the store of a book needs; the slice is the
// caller's.
func Tables() []store.Table {
	kept := []store.Table{
		tableMeta, tableTimes, tableLate, tableRoutes, tableCodeChanges, tableCodeChanged, tableAnnounceChanges, tableAnnounceChanged,
	}
	return append(kept, derived...)
}

// Place is where an entry stands.
type Place struct {
	Office          certs.Office
	Epoch, Sequence uint64
}

// placeSize is the length of a place in a key or value.
const placeSize = 2 + 8 + 8

func (p Place) append(b []byte) []byte {
	b = append(b, p.Office...)
	b = binary.BigEndian.AppendUint64(b, p.Epoch)
	return binary.BigEndian.AppendUint64(b, p.Sequence)
}

// parsePlace reads what append wrote; false if it did not.
func parsePlace(b []byte) (Place, bool) {
	if len(b) != placeSize {
		return Place{}, false
	}
	return Place{
		Office:   certs.Office(b[:2]),
		Epoch:    binary.BigEndian.Uint64(b[2:]),
		Sequence: binary.BigEndian.Uint64(b[10:]),
	}, true
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func officeKey(office certs.Office, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(office), n)
}

// issuedKey sorts by time of issue and, for those of one millisecond, by
// position.
func issuedKey(ms, n uint64) []byte {
	return binary.BigEndian.AppendUint64(numberKey(ms), n)
}

// maxReference is above the length of every reference.
const maxReference = 32

// referenceKey sorts by reference. What a faulty leaf has in its place stands
// with the empty ones: it must not be found between those of others.
func referenceKey(reference string, p Place) []byte {
	foreign := func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') }
	if len(reference) > maxReference || strings.ContainsFunc(reference, foreign) {
		reference = ""
	}
	return p.append(append([]byte(reference), 0))
}

// partsKey begins the keys of all that refers to one original. The record hash
// is part of it, so that what names another entry in the same place never joins.
func partsKey(original Place, hash []byte) []byte { return append(original.append(nil), hash...) }

// Appended returns those of the tables whose keys are written in ascending
// order, all of them or those of each office; the slice is the caller's.
func Appended() []store.Table {
	return []store.Table{
		tableTimes, tableStatements, tableCases, tableOffices, tableIssued, tableReferences, tableOriginals,
		tableDesk,
	}
}
