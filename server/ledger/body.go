package ledger

import (
	"bytes"

	"github.com/spsalert/spsalert/server/store"
)

// bodyChunk is how much of a body lies in one row, in bytes. The store packs
// rows into pages of 16 KiB and does not split them: in whole, bodies of 8 KiB
// would take twice their size.
const bodyChunk = 1500

// chunkKey is the key of one chunk of the body of an entry. A body of 256 KiB
// has 175.
func chunkKey(id logID, seq uint64, chunk int) []byte {
	return append(entryKey(id, seq), byte(chunk))
}

// putBody stores a body, which is not empty.
func putBody(tx store.Tx, id logID, seq uint64, body []byte) error {
	for i := 0; len(body) > 0; i++ {
		n := min(bodyChunk, len(body))
		if err := tx.Put(tableEnvelopes, chunkKey(id, seq, i), body[:n]); err != nil {
			return err
		}
		body = body[n:]
	}
	return nil
}

// getBody returns a body, or nil if it is not held. The slice is the caller's.
func getBody(r store.Reader, id logID, seq uint64) ([]byte, error) {
	key := entryKey(id, seq)
	var body []byte
	for item, err := range r.Scan(tableEnvelopes, key, store.PrefixEnd(key), false) {
		if err != nil {
			return nil, err
		}
		if body == nil && len(item.Value) < bodyChunk {
			return bytes.Clone(item.Value), nil
		}
		body = append(body, item.Value...)
	}
	return body, nil
}

// deleteBody removes a body, if there is one: a damaged one, or what is left of
// it.
func deleteBody(tx store.Tx, id logID, seq uint64) error {
	var keys [][]byte
	prefix := entryKey(id, seq)
	for item, err := range tx.Scan(tableEnvelopes, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return err
		}
		keys = append(keys, bytes.Clone(item.Key))
	}
	for _, key := range keys {
		if err := tx.Delete(tableEnvelopes, key); err != nil {
			return err
		}
	}
	return nil
}
