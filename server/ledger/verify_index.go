package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// verifyReceipts checks every receipt for a log. Receipts of one office follow
// each other with sizes that do not fall.
func (v *verifier) verifyReceipts(ctx context.Context, log *verifiedLog) error {
	first := binary.BigEndian.AppendUint32(nil, uint32(log.id))
	var lastOffice certs.Office
	var lastN uint64
	return v.scan(ctx, tableReceipts, first, store.PrefixEnd(first), func(r store.Reader, item store.Item) error {
		_, office, size, n, err := decodeReceiptKey(item.Key)
		if err != nil {
			return err
		}
		if n > v.end {
			v.since = max(v.since, n)
			return nil
		}
		v.sum.Receipts++
		said, err := seal.ParseReceipt(item.Value)
		if card, cardErr := v.roster.Peer(office); err == nil && cardErr == nil {
			if _, err = seal.OpenReceipt(item.Value, office, card.ReceiptKeys()); v.sinceReplaced(err, office) {
				err = nil
			}
		}
		switch {
		case err != nil:
			v.find("%s: receipt of %s of size %d: %v", log.origin, office, size, err)
		case said.Origin != log.origin || said.Size != size || said.Size > log.size:
			v.find("%s: receipt of %s of size %d says %s size %d", log.origin, office, size, said.Origin, said.Size)
		case said.Root != log.roots[size]:
			v.find("%s: receipt of %s of size %d is over another tree", log.origin, office, size)
		case office == lastOffice && n <= lastN:
			v.find("%s: receipt of %s of size %d at position %d comes after position %d", log.origin, office, size, n, lastN)
		}
		lastOffice, lastN = office, n
		place, err := r.Get(tablePositions, positionKey(n))
		if err != nil {
			return err
		}
		if want := (placeRow{id: log.id, number: size, office: office}).encode(); !bytes.Equal(place, want) {
			v.find("%s: receipt of %s: position %d is %x, want %x", log.origin, office, n, place, want)
		}
		return nil
	})
}

// verifyPositions checks that positions have no gap and that there are as many
// as entries, receipts and bodies that came late, which together with what they
// said is all of them.
func (v *verifier) verifyPositions(ctx context.Context) error {
	next, late := uint64(1), uint64(0)
	err := v.scan(ctx, tablePositions, nil, positionKey(v.end+1), func(r store.Reader, item store.Item) error {
		if !bytes.Equal(item.Key, positionKey(next)) {
			return fmt.Errorf("%w: position %d is gone", ErrCorrupt, next)
		}
		again, err := v.again(r, item, next)
		if again {
			late++
		}
		next++
		return err
	})
	if err != nil {
		return err
	}
	if v.end != v.sum.Entries+v.sum.Ahead+v.sum.Receipts+late {
		v.find("%d positions, want one for each of %d entries, %d held ahead, %d receipts and %d bodies that came late",
			v.end, v.sum.Entries, v.sum.Ahead, v.sum.Receipts, late)
	}
	return v.store.View(ctx, func(r store.Reader) error {
		last, err := lastPosition(r)
		if last < v.since {
			v.find("a receipt is at position %d, and the last is %d", v.since, last)
		}
		return err
	})
}

// verifyRequest checks that the request ID of an entry is known. An own entry
// that came back from a peer may have none, if its body does not say which.
func (v *verifier) verifyRequest(r store.Reader, log *verifiedLog, seq uint64, row leafRow) error {
	switch {
	case row.request == "":
		return nil
	case !log.own:
		v.find("%s entry %d: has a request ID, and is not of this office", log.origin, seq)
		return nil
	}
	place, err := r.Get(tableRequests, []byte(row.request))
	if err == nil && place == nil {
		v.find("%s entry %d: nothing leads to it from its request %q", log.origin, seq, row.request)
	}
	return err
}

// again reports whether a position is that of an entry whose body came late, and
// finds it wrong if the entry is no earlier one with a body.
func (v *verifier) again(r store.Reader, item store.Item, n uint64) (bool, error) {
	place, err := decodePlaceRow(item.Value)
	if err != nil || place.office != "" {
		return false, err
	}
	b, err := r.Get(tableLeaves, entryKey(place.id, place.number))
	if b == nil || err != nil {
		return false, err // it is held ahead, which verifyAhead looks at
	}
	row, err := decodeLeafRow(b)
	if err != nil || row.n == n {
		return false, err
	}
	body, err := getBody(r, place.id, place.number)
	if row.n > n || body == nil {
		v.find("position %d is of entry %d of log %d, which is at position %d and not here again with a body", n, place.number, place.id, row.n)
	}
	return true, err
}

// verifyIndexes checks that each request ID leads to the own entry that has it,
// that no row is of an entry that is not there, and the references.
func (v *verifier) verifyIndexes(ctx context.Context) error {
	err := v.scan(ctx, tableRequests, nil, nil, func(r store.Reader, item store.Item) error {
		place, err := decodePlaceRow(item.Value)
		if err != nil {
			return err
		}
		log := v.byID(place.id)
		switch {
		case log == nil || !log.own || place.office != "":
			v.find("request %x leads to %x, which is no own entry", item.Key, item.Value)
			return nil
		case place.number >= log.size:
			return nil // appended since
		}
		row, err := getLeaf(r, place.id, place.number)
		if err == nil && row.request != string(item.Key) {
			v.find("request %x leads to entry %d of %s, whose request is %q", item.Key, place.number, log.origin, row.request)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := v.verifyStrays(ctx, tableEnvelopes); err != nil {
		return err
	}
	for _, t := range []store.Table{tableMissing, tableUrgent} {
		if err := v.verifyStrays(ctx, t); err != nil {
			return err
		}
	}
	return v.verifyReferences(ctx)
}

// verifyStrays finds rows of entries that are not there. Rows appended since
// are passed over as far as they can be told apart.
func (v *verifier) verifyStrays(ctx context.Context, t store.Table) error {
	return v.scan(ctx, t, nil, nil, func(r store.Reader, item store.Item) error {
		key := item.Key[:min(len(item.Key), len(entryKey(0, 0)))] // a body has a chunk behind it
		id, seq, err := decodeEntryKey(key)
		if err != nil {
			return err
		}
		leaf, err := r.Get(tableLeaves, key)
		if err == nil && leaf == nil && t == tableEnvelopes {
			leaf, err = r.Get(tableAhead, key)
		}
		if err == nil && leaf == nil {
			v.find("%s has a row for entry %d of log %d, which is not there", t, seq, id)
		}
		return err
	})
}

func (v *verifier) byID(id logID) *verifiedLog {
	for i := range v.logs {
		if v.logs[i].id == id {
			return &v.logs[i]
		}
	}
	return nil
}

// verifyReferences checks that every own statement has the next reference of
// its year, and that the counters agree. A new epoch leaves numbers out once.
func (v *verifier) verifyReferences(ctx context.Context) error {
	counts := make(map[string]uint64)
	slices.SortFunc(v.logs, func(a, b verifiedLog) int { return a.origin.Compare(b.origin) })
	for i := range v.logs {
		log := &v.logs[i]
		if !log.own {
			continue
		}
		skipped := make(map[string]bool) // where numbers may no longer be left out
		err := v.scan(ctx, tableLeaves, entryKey(log.id, 0), entryKey(log.id, log.size), func(_ store.Reader, item store.Item) error {
			row, err := decodeLeafRow(item.Value)
			if err != nil {
				return err
			}
			leaf, err := seal.ParseLeaf(row.leaf)
			if err != nil || leaf.GetSubject() != nil || leaf.GetReference() == "" {
				return nil //nolint:nilerr // verifyEntry has said it
			}
			name, exercise := referenceRow(leaf.GetTime().AsTime(), false), referenceRow(leaf.GetTime().AsTime(), true)
			for _, row := range []string{name, exercise} {
				of, number, _ := parseReference(leaf.GetReference())
				next := number == counts[row]+1 || number > counts[row] && log.origin.Epoch > 1 && !skipped[row]
				if next && of == row && leaf.GetReference() == formatReference(log.origin.Office, row, number) {
					counts[row], skipped[row] = number, true
					return nil
				}
			}
			v.find("%s entry %d: reference %s is not the next one", log.origin, leaf.GetSequence(), leaf.GetReference())
			return nil
		})
		if err != nil {
			return err
		}
	}
	return v.scan(ctx, tableReferences, nil, nil, func(r store.Reader, item store.Item) error {
		last, err := referenceCount(r, string(item.Key))
		if err == nil && last < counts[string(item.Key)] {
			v.find("references of %s: the last given is %d, and %d is used", item.Key, last, counts[string(item.Key)])
		}
		return err
	})
}
