package office

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
)

const (
	officePrefix = "offices/"
	casePrefix   = "cases/"
	every        = "-" // in the place of an office: all of them
)

// statementName returns the resource name of an entry.
func statementName(o certs.Origin, seq uint64) string {
	return fmt.Sprintf("%s%s/statements/%d-%d", officePrefix, o.Office, o.Epoch, seq)
}

// parseName reads the resource name of a statement. The field rules have let
// through nothing but its form.
func parseName(name, federation string) (certs.Origin, uint64, error) {
	var code, last string
	if parts := strings.Split(name, "/"); len(parts) == 4 {
		code, last = parts[1], parts[3]
	}
	epochText, seqText, _ := strings.Cut(last, "-")
	epoch, err1 := strconv.ParseUint(epochText, 10, 64)
	seq, err2 := strconv.ParseUint(seqText, 10, 64)
	o := certs.Origin{Federation: federation, Office: certs.Office(code), Epoch: epoch}
	if err1 != nil || err2 != nil || o.Check() != nil || statementName(o, seq) != name {
		return certs.Origin{}, 0, access.Invalid(access.Violation{
			Field: "name", Reason: "NAME", Sentence: "write it as offices/VN/statements/1-42",
		})
	}
	return o, seq, nil
}

// parentOffice returns the office of a parent, empty for all.
func parentOffice(parent string) certs.Office {
	code := strings.TrimPrefix(parent, officePrefix)
	if code == every {
		return ""
	}
	return certs.Office(code)
}
