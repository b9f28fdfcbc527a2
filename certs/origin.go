package certs

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// MaxEpoch is the largest epoch that [ParseOrigin] accepts: ten digits, as the
// contract has it. No honest office comes near.
const MaxEpoch = 9_999_999_999

// Origin names one log: the office that writes it and the epoch in which it
// does. An office has one log at a time; a new epoch begins only when the old
// log cannot go on (restored backup, stolen key).
//
// The text form, as in "asean-cn/VN/1", is the origin line of a checkpoint and
// the name of its log key.
type Origin struct {
	Federation string // see [ValidFederation]
	Office     Office
	Epoch      uint64 // from 1 to MaxEpoch
}

// ParseOrigin parses the text form of an origin. It is strict: for every s
// that it accepts, ParseOrigin(s).String() == s.
func ParseOrigin(s string) (Origin, error) {
	if len(s) > 128 {
		return Origin{}, fmt.Errorf("origin %q is longer than 128 bytes", clip(s))
	}
	parts := strings.Split(s, "/")
	if len(parts) != 3 {
		return Origin{}, fmt.Errorf("origin %q is not FEDERATION/OFFICE/EPOCH such as asean-cn/VN/1", clip(s))
	}
	epoch, err := strconv.ParseUint(parts[2], 10, 64)
	if err != nil {
		return Origin{}, fmt.Errorf("origin %q: epoch is not a number", clip(s))
	}
	o := Origin{Federation: parts[0], Office: Office(parts[1]), Epoch: epoch}
	if err := o.Check(); err != nil {
		return Origin{}, fmt.Errorf("origin %q: %w", clip(s), err)
	}
	if o.String() != s { // "+1", "01"
		return Origin{}, fmt.Errorf("origin %q: epoch is not written as plain %d", clip(s), epoch)
	}
	return o, nil
}

// Check returns nil if every field of o is well-formed.
func (o Origin) Check() error {
	if err := checkFederation(o.Federation); err != nil {
		return err
	}
	if _, err := ParseOffice(string(o.Office)); err != nil {
		return err
	}
	if o.Epoch < 1 || o.Epoch > MaxEpoch {
		return fmt.Errorf("epoch %d is not from 1 to %d", o.Epoch, uint64(MaxEpoch))
	}
	return nil
}

// String returns the text form.
func (o Origin) String() string {
	return o.Federation + "/" + string(o.Office) + "/" + strconv.FormatUint(o.Epoch, 10)
}

// IsZero reports whether o is the zero Origin, which names no log.
func (o Origin) IsZero() bool { return o == Origin{} }

// Compare orders origins by federation, office and epoch, for use with slices.SortFunc.
func (o Origin) Compare(p Origin) int {
	return cmp.Or(
		cmp.Compare(o.Federation, p.Federation),
		cmp.Compare(o.Office, p.Office),
		cmp.Compare(o.Epoch, p.Epoch),
	)
}
