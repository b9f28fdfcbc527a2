package trader

import (
	"encoding/binary"
	"fmt"
	"iter"
	"strconv"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// The tables of exporters and notices. They are truth, but for the last five:
// no ledger can make them again. No id of an exporter and no folded text has a 0.
const (
	tableExporters store.Table = "trader.exporters" // id → serialised Exporter, its etag the number of its change
	tableWords     store.Table = "trader.words"     // id → what the exporter is found by, folded
	tableCodes     store.Table = "trader.codes"     // folded code, 0, exporter, 0, kind → serialised ExporterCode
	tableNames     store.Table = "trader.names"     // folded name, 0, exporter → the name
	tableTaxIDs    store.Table = "trader.tax.ids"   // folded tax number, 0, exporter → the number
	tablePeople    store.Table = "trader.people"    // id of a caller → exporter for which it speaks

	tableNotices  store.Table = "trader.notices"      // id, 16 bytes → serialised ConsignmentNotice, its content the newest, told or not
	tableVersions store.Table = "trader.versions"     // id, number of the version → serialised NoticeVersion
	tableTimes    store.Table = "trader.times"        // Unix milliseconds of making, id → nothing
	tableTold     store.Table = "trader.told"         // exporter, 0, Unix milliseconds of the first release, id → nothing
	tableOfCase   store.Table = "trader.of.case"      // reference, 0, exporter → id
	tableChanges  store.Table = "trader.changes"      // number of the change, from 1 → id
	tableToldNews store.Table = "trader.told.changes" // exporter, 0, number of the change that it sees, from 1 → id
	tableAnswers  store.Table = "trader.answers"      // id, request id → number of the answer, fingerprint
	tableSaid     store.Table = "trader.said"         // id, number of the answer → serialised NoticeAnswer
	tableSendings store.Table = "trader.sendings"     // id, number of the version, number of the record, 8 bytes → serialised NoticeSending
	tableFiles    store.Table = "trader.files"        // digest of a file, 32 bytes, id of a notice with an answer that names it → nothing

	tableFollowed store.Table = "trader.followed" // followedKey → text of the position up to which the ledger was followed
	tableWaiting  store.Table = "trader.waiting"  // position of an entry whose body had not arrived → origin, 0, sequence
	tableAside    store.Table = "trader.aside"    // reference of a case that cannot be read, or as in trader.waiting the place of such an entry → why
	tableSought   store.Table = "trader.sought"   // what to look for, folded, 0, reference of the case in which it stands → nothing
	tableAnew     store.Table = "trader.anew"     // exporter that changed since cases were compared with it → its etag
)

// Tables returns the tables that the store of the service needs; the slice is
// the caller's.
func Tables() []store.Table {
	return []store.Table{
		tableExporters, tableWords, tableCodes, tableNames, tableTaxIDs, tablePeople,
		tableNotices, tableVersions, tableTimes, tableTold, tableOfCase, tableChanges, tableToldNews, tableAnswers, tableSaid, tableSendings, tableFiles,
		tableFollowed, tableWaiting, tableAside, tableSought, tableAnew,
	}
}

// AppendedTables returns those of [Tables] whose keys are written in ascending
// order; the slice is the caller's.
func AppendedTables() []store.Table { return []store.Table{tableTimes, tableChanges} }

const (
	exporterPrefix = "exporters/"
	noticePrefix   = "consignmentNotices/"
	casePrefix     = "cases/"
	idSize         = 16
)

// keyOf returns the key of a notice by its name; false if none can have it.
func keyOf(name string) ([]byte, bool) {
	if len(name) != len(noticePrefix)+36 || name[:len(noticePrefix)] != noticePrefix {
		return nil, false
	}
	id, err := uuid.Parse(name[len(noticePrefix):])
	if err != nil || noticePrefix+id.String() != name {
		return nil, false
	}
	return id[:], true
}

// under begins the keys that stand under a text.
func under(text string) []byte { return append([]byte(text), 0) }

// pair is the key of two texts.
func pair(a, b string) []byte { return append(under(a), b...) }

// timeKey orders notices by a time.
func timeKey(at *timestamppb.Timestamp, id []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(max(0, at.AsTime().UnixMilli()))), id...)
}

// versionKey is the key of a version of a notice.
func versionKey(id []byte, number uint32) []byte {
	return binary.BigEndian.AppendUint32(append([]byte(nil), id...), number)
}

// read reads a row into m, and reports false if there is none.
func read(r store.Reader, t store.Table, key []byte, m proto.Message) (bool, error) {
	row, err := r.Get(t, key)
	if err != nil || row == nil {
		return false, err
	}
	if err := proto.Unmarshal(row, m); err != nil {
		return false, fmt.Errorf("%w: %s %x: %w", ledger.ErrCorrupt, t, key, err)
	}
	return true, nil
}

// write writes m as a row.
func write(tx store.Tx, t store.Table, key []byte, m proto.Message) error {
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return fmt.Errorf("%s: %w", t, err)
	}
	return tx.Put(t, key, row)
}

// getExporter returns an exporter by its id, nil if there is none.
func getExporter(r store.Reader, id string) (*spsv1.Exporter, error) {
	e := &spsv1.Exporter{}
	if found, err := read(r, tableExporters, []byte(id), e); err != nil || !found {
		return nil, err
	}
	return e, nil
}

// getNotice returns a notice by its key, nil if there is none.
func getNotice(r store.Reader, id []byte) (*spsv1.ConsignmentNotice, error) {
	n := &spsv1.ConsignmentNotice{}
	if found, err := read(r, tableNotices, id, n); err != nil || !found {
		return nil, err
	}
	return n, nil
}

// noticeAt returns the notice whose key another table has.
func noticeAt(r store.Reader, id []byte) (*spsv1.ConsignmentNotice, error) {
	n, err := getNotice(r, id)
	if err == nil && n == nil {
		err = fmt.Errorf("%w: no notice %x", ledger.ErrCorrupt, id)
	}
	return n, err
}

// rowsIn yields the rows of a table between two keys, as [store.Reader.Scan] does. After an
// error there is no more.
func rowsIn[M any, P interface {
	*M
	proto.Message
}](r store.Reader, t store.Table, from, to []byte, back bool) iter.Seq2[P, error] {
	return func(yield func(P, error) bool) {
		for row, err := range r.Scan(t, from, to, back) {
			m := P(new(M))
			if err == nil {
				if err = proto.Unmarshal(row.Value, m); err != nil {
					err = fmt.Errorf("%w: %s %x: %w", ledger.ErrCorrupt, t, row.Key, err)
				}
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// last returns the number at the end of the newest key behind a prefix, 0 if
// there is none.
func last(r store.Reader, t store.Table, prefix []byte) (uint64, error) {
	for row, err := range r.Scan(t, prefix, store.PrefixEnd(prefix), true) {
		if err != nil {
			return 0, err
		}
		if len(row.Key) != len(prefix)+8 {
			return 0, fmt.Errorf("%w: %s %x", ledger.ErrCorrupt, t, row.Key)
		}
		return binary.BigEndian.Uint64(row.Key[len(prefix):]), nil
	}
	return 0, nil
}

// putNotice writes a notice that has changed, and notes that it did: for the
// people of the office, and with told for its exporter, too.
func putNotice(tx store.Tx, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp, told bool) error {
	id, _ := keyOf(n.GetName())
	n.Etag, n.UpdateTime = next(n.GetEtag()), now
	if err := write(tx, tableNotices, id, n); err != nil {
		return err
	}
	if err := appendChange(tx, tableChanges, nil, id); err != nil || !told {
		return err
	}
	return appendChange(tx, tableToldNews, under(exporterID(n.GetExporter())), id)
}

func appendChange(tx store.Tx, t store.Table, prefix, id []byte) error {
	n, err := last(tx, t, prefix)
	if err != nil {
		return err
	}
	return tx.Put(t, binary.BigEndian.AppendUint64(prefix, n+1), id)
}

// next returns the etag after one: the number of the change.
func next(etag string) string {
	n, _ := strconv.ParseUint(etag, 10, 64) // "" is 0
	return strconv.FormatUint(n+1, 10)
}

// exporterID returns the id in the name of an exporter.
func exporterID(name string) string { return name[min(len(exporterPrefix), len(name)):] }
