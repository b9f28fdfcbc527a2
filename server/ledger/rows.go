package ledger

import (
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// Keys of the table of meta, and the format that this version reads.
var (
	keyFormat      = []byte("format")
	keyIncarnation = []byte("incarnation")
	keyState       = []byte("state")

	valueFormat   = []byte("1")
	stateBegun    = []byte("begun")    // entries are there, the anchor perhaps not
	stateComplete = []byte("complete") // Init has done all
)

// maxFault bounds what is kept of why an entry is faulty.
const maxFault = 300

// beginning is the time before which no leaf may lie, of any log.
var beginning = time.Unix(0, 0).UTC()

// logID is the number of a log in this store: four bytes that stand in keys
// for its origin.
type logID uint32

// logRow is what is kept of a log as a whole.
type logRow struct {
	id   logID
	size uint64 // entries held
	// last is the largest time of a well-formed leaf, below which none may lie.
	last time.Time
	// note is the newest checkpoint that is of no larger size. Of the own log
	// the newest released one may lie in memory only.
	note []byte
}

func (r logRow) encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(r.id))
	b = binary.BigEndian.AppendUint64(b, r.size)
	b = binary.BigEndian.AppendUint64(b, uint64(r.last.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(r.last.Nanosecond()))
	return append(b, r.note...)
}

func decodeLogRow(b []byte) (logRow, error) {
	const fixed = 4 + 8 + 8 + 4
	if len(b) < fixed {
		return logRow{}, fmt.Errorf("%w: log of %d bytes", ErrCorrupt, len(b))
	}
	return logRow{
		id:   logID(binary.BigEndian.Uint32(b)),
		size: binary.BigEndian.Uint64(b[4:]),
		last: time.Unix(int64(binary.BigEndian.Uint64(b[12:])), int64(binary.BigEndian.Uint32(b[20:]))).UTC(),
		note: append([]byte(nil), b[fixed:]...),
	}, nil
}

// getLog returns the row of a log, and whether there is one.
func getLog(r store.Reader, o certs.Origin) (logRow, bool, error) {
	b, err := r.Get(tableLogs, []byte(o.String()))
	if err != nil || b == nil {
		return logRow{}, false, err
	}
	row, err := decodeLogRow(b)
	if err != nil {
		return logRow{}, false, fmt.Errorf("log %s: %w", o, err)
	}
	return row, true, nil
}

func putLog(tx store.Tx, o certs.Origin, row logRow) error {
	return tx.Put(tableLogs, []byte(o.String()), row.encode())
}

// addLog returns a row for a log that is new to the store.
func addLog(r store.Reader) (logRow, error) {
	var last logID
	for item, err := range r.Scan(tableLogs, nil, nil, false) {
		if err != nil {
			return logRow{}, err
		}
		row, err := decodeLogRow(item.Value)
		if err != nil {
			return logRow{}, err
		}
		last = max(last, row.id)
	}
	return logRow{id: last + 1, last: beginning}, nil
}

// entryKey is the key of everything that is kept of one entry.
func entryKey(id logID, seq uint64) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 12), uint32(id))
	return binary.BigEndian.AppendUint64(b, seq)
}

func decodeEntryKey(b []byte) (logID, uint64, error) {
	if len(b) != 12 {
		return 0, 0, fmt.Errorf("%w: key of an entry of %d bytes", ErrCorrupt, len(b))
	}
	return logID(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint64(b[4:]), nil
}

// leafRow is what is kept of one entry besides its body.
type leafRow struct {
	n     uint64 // position
	fault string
	// hashes are those of the subtrees that the leaf completes, from level 1
	// upwards: StoredHashes of package tlog without the first.
	hashes []tlog.Hash
	// request is the key of the request ID with which an own entry was appended,
	// and fingerprint that of what was asked for; "" and unused for entries of
	// others.
	request     string
	fingerprint [32]byte
	leaf        []byte
}

// leafRowFixed is the length of what comes first in a row: position, length of
// the fault, number of hashes, length of the request ID.
const leafRowFixed = 8 + 2 + 1 + 1

func (r leafRow) encode() []byte {
	size := leafRowFixed + len(r.fault) + len(r.hashes)*tlog.HashSize + len(r.request) + len(r.fingerprint) + len(r.leaf)
	b := make([]byte, 0, size)
	b = binary.BigEndian.AppendUint64(b, r.n)
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.fault)))
	b = append(b, byte(len(r.hashes)), byte(len(r.request)))
	b = append(b, r.fault...)
	for _, h := range r.hashes {
		b = append(b, h[:]...)
	}
	if r.request != "" {
		b = append(append(b, r.request...), r.fingerprint[:]...)
	}
	return append(b, r.leaf...)
}

// decodeLeafRow returns the row in b; leaf is a slice of b.
func decodeLeafRow(b []byte) (leafRow, error) {
	if len(b) < leafRowFixed {
		return leafRow{}, fmt.Errorf("%w: entry of %d bytes", ErrCorrupt, len(b))
	}
	r := leafRow{n: binary.BigEndian.Uint64(b)}
	fault, hashes, request := int(binary.BigEndian.Uint16(b[8:])), int(b[10]), int(b[11])
	fingerprint := 0
	if request > 0 {
		fingerprint = len(r.fingerprint)
	}
	rest := b[leafRowFixed:]
	if len(rest) < fault+hashes*tlog.HashSize+request+fingerprint {
		return leafRow{}, fmt.Errorf("%w: entry of %d bytes", ErrCorrupt, len(b))
	}
	take := func(n int) (part []byte) {
		part, rest = rest[:n], rest[n:]
		return part
	}
	r.fault = string(take(fault))
	for range hashes {
		r.hashes = append(r.hashes, tlog.Hash(take(tlog.HashSize)))
	}
	r.request = string(take(request))
	copy(r.fingerprint[:], take(fingerprint))
	r.leaf = rest
	return r, nil
}

// getLeaf returns the row of an entry, valid within the transaction.
func getLeaf(r store.Reader, id logID, seq uint64) (leafRow, error) {
	b, err := r.Get(tableLeaves, entryKey(id, seq))
	if err != nil {
		return leafRow{}, err
	}
	if b == nil {
		return leafRow{}, fmt.Errorf("%w: entry %d of log %d is gone", ErrCorrupt, seq, id)
	}
	return decodeLeafRow(b)
}

// placeRow names an entry, or a receipt of an office over number entries: what
// was recorded at a position, or asked for by a request.
type placeRow struct {
	id     logID
	number uint64 // sequence or size
	office certs.Office
}

func (p placeRow) encode() []byte {
	return append(entryKey(p.id, p.number), p.office...)
}

func decodePlaceRow(b []byte) (placeRow, error) {
	if len(b) != 12 && len(b) != 14 {
		return placeRow{}, fmt.Errorf("%w: position of %d bytes", ErrCorrupt, len(b))
	}
	id, number, err := decodeEntryKey(b[:12])
	return placeRow{id: id, number: number, office: certs.Office(b[12:])}, err
}

func positionKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// lastPosition returns the number of the newest position, 0 if there is none.
func lastPosition(r store.Reader) (uint64, error) {
	for item, err := range r.Scan(tablePositions, nil, nil, true) {
		if err != nil {
			return 0, err
		}
		if len(item.Key) != 8 {
			return 0, fmt.Errorf("%w: position with a key of %d bytes", ErrCorrupt, len(item.Key))
		}
		return binary.BigEndian.Uint64(item.Key), nil
	}
	return 0, nil
}

// receiptKey is the key of a receipt. The position makes it unique: an office
// may give a second receipt of one size when a missing body has come.
func receiptKey(id logID, office certs.Office, size, n uint64) []byte {
	b := receiptPrefix(id, office)
	b = binary.BigEndian.AppendUint64(b, size)
	return binary.BigEndian.AppendUint64(b, n)
}

func receiptPrefix(id logID, office certs.Office) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 22), uint32(id))
	return append(b, office...)
}

func decodeReceiptKey(b []byte) (id logID, office certs.Office, size, n uint64, err error) {
	if len(b) != 22 {
		return 0, "", 0, 0, fmt.Errorf("%w: key of a receipt of %d bytes", ErrCorrupt, len(b))
	}
	return logID(binary.BigEndian.Uint32(b)), certs.Office(b[4:6]), binary.BigEndian.Uint64(b[6:]), binary.BigEndian.Uint64(b[14:]), nil
}
