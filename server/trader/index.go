package trader

import (
	"bytes"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// row is what one Put writes.
type row struct {
	table      store.Table
	key, value []byte
}

// rowsOf returns the rows by which an exporter is found.
func rowsOf(id string, e *spsv1.Exporter) []row {
	rows := []row{{tableWords, []byte(id), wordsOf(id, e)}}
	for _, c := range e.GetCodes() {
		value, _ := proto.MarshalOptions{Deterministic: true}.Marshal(c) // was read from a request
		key := append(append(pair(foldCode(c.GetCode()), id), 0), byte(c.GetKind()))
		rows = append(rows, row{tableCodes, key, value})
	}
	for _, t := range e.GetDisplayName() {
		if folded := foldName(t.GetText()); folded != "" {
			rows = append(rows, row{tableNames, pair(folded, id), []byte(t.GetText())})
		}
	}
	if folded := foldCode(e.GetTaxId()); folded != "" {
		rows = append(rows, row{tableTaxIDs, pair(folded, id), []byte(e.GetTaxId())})
	}
	for _, person := range peopleOf(id, e) {
		rows = append(rows, row{tablePeople, []byte(person), []byte(id)})
	}
	return rows
}

// keepExporter writes an exporter that was checked, as putExporter does. Of what
// finds it, it writes what has changed.
func keepExporter(tx store.Tx, before, e *spsv1.Exporter, now *timestamppb.Timestamp) error {
	id := exporterID(e.GetName())
	e.UpdateTime, e.Etag = now, next(e.GetEtag())
	old := make(map[string]row)
	if before != nil {
		for _, r := range rowsOf(id, before) {
			old[string(r.table)+"\x00"+string(r.key)] = r
		}
	}
	for _, r := range rowsOf(id, e) {
		at := string(r.table) + "\x00" + string(r.key)
		if there, ok := old[at]; !ok || !bytes.Equal(there.value, r.value) {
			if err := tx.Put(r.table, r.key, r.value); err != nil {
				return err
			}
		}
		delete(old, at)
	}
	for _, r := range old {
		if err := tx.Delete(r.table, r.key); err != nil {
			return err
		}
	}
	if err := tx.Put(tableAnew, []byte(id), []byte(e.GetEtag())); err != nil {
		return err
	}
	return write(tx, tableExporters, []byte(id), e)
}

// wordsOf returns what an exporter is searched by, each thing folded and after a
// 0, codes as they are written and without blanks and hyphens.
func wordsOf(id string, e *spsv1.Exporter) []byte {
	var b bytes.Buffer
	add := func(texts ...string) {
		for _, text := range texts {
			b.WriteByte(0)
			b.WriteString(text)
		}
	}
	add(plain.Text(id), plain.Text(e.GetAddress()), plain.Text(e.GetTaxId()), plain.Text(e.GetRegistrationNumber()))
	for _, t := range e.GetDisplayName() {
		add(plain.Text(t.GetText()))
	}
	for _, c := range e.GetCodes() {
		add(plain.Text(c.GetCode()), foldCode(c.GetCode()))
	}
	return b.Bytes()
}

// soughtOf returns the keys, without the reference, under which cases stand that
// an exporter of an office may concern: of a code with and without the letters of
// the country in front.
func soughtOf(e *spsv1.Exporter, office string) (keys [][]byte) {
	add := func(sort sort, folded string) {
		if folded != "" {
			keys = append(keys, soughtKey(sort, folded))
		}
	}
	for _, c := range e.GetCodes() {
		for _, folded := range statement.FoldsOf(c.GetCode(), office) {
			add(byCode, folded)
		}
	}
	for _, t := range e.GetDisplayName() {
		add(byName, foldName(t.GetText()))
	}
	add(byTaxID, foldCode(e.GetTaxId()))
	return keys
}

// soughtKey begins the keys of the cases in which something stands.
func soughtKey(sort sort, folded string) []byte {
	return under(string(rune(sort)) + folded)
}
