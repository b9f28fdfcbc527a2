package ledger

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// exercisePrefix marks references of exercises, which have numbers of their own.
const exercisePrefix = "EX-"

// nextReference gives out the next reference of the year of a leaf. It is given
// in the transaction of its entry, so none is lost and none is used twice.
func nextReference(tx store.Tx, office certs.Office, stamp time.Time, exercise bool) (string, error) {
	row := referenceRow(stamp, exercise)
	last, err := referenceCount(tx, row)
	if err != nil {
		return "", err
	}
	if err := putReference(tx, row, last+1); err != nil {
		return "", err
	}
	return formatReference(office, row, last+1), nil
}

// lastReference returns the newest real reference of the year of stamp, "" if
// there is none.
func lastReference(r store.Reader, office certs.Office, stamp time.Time) (string, error) {
	row := referenceRow(stamp, false)
	last, err := referenceCount(r, row)
	if err != nil || last == 0 {
		return "", err
	}
	return formatReference(office, row, last), nil
}

// referenceRow names a row of numbers: "2026", or "EX-2026".
func referenceRow(stamp time.Time, exercise bool) string {
	year := fmt.Sprintf("%04d", stamp.UTC().Year())
	if exercise {
		return exercisePrefix + year
	}
	return year
}

func formatReference(office certs.Office, row string, number uint64) string {
	return fmt.Sprintf("%s-%s-%06d", office, row, number)
}

func referenceCount(r store.Reader, row string) (uint64, error) {
	b, err := r.Get(tableReferences, []byte(row))
	switch {
	case err != nil || b == nil:
		return 0, err
	case len(b) != 8:
		return 0, fmt.Errorf("%w: references of %s", ErrCorrupt, row)
	}
	return binary.BigEndian.Uint64(b), nil
}

// parseReference returns the row and the number of a reference.
func parseReference(reference string) (row string, number uint64, ok bool) {
	i := strings.LastIndexByte(reference, '-')
	if i < 3 {
		return "", 0, false
	}
	for _, c := range []byte(reference[i+1:]) {
		if c < '0' || c > '9' {
			return "", 0, false
		}
		number = number*10 + uint64(c-'0')
	}
	return reference[3:i], number, true
}

func putReference(tx store.Tx, row string, last uint64) error {
	return tx.Put(tableReferences, []byte(row), binary.BigEndian.AppendUint64(nil, last))
}

// raiseReference makes sure that a number that was given is not given again.
func raiseReference(tx store.Tx, reference string, number uint64) error {
	row, _, _ := parseReference(reference)
	last, err := referenceCount(tx, row)
	if err != nil || last >= number {
		return err
	}
	return putReference(tx, row, number)
}
