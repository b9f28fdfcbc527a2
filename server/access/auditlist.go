package access

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// maxAuditScan bounds how many records one page looks at, so that a filter that
// fits few keeps no transaction open for long.
const maxAuditScan = 5000

// AuditQuery says which audit records are asked for. Zero fields let everything
// through.
type AuditQuery struct {
	Caller       string // identity, or resource name of a token or account
	MethodPrefix string
	Resource     string
	Since, Until time.Time // from the one, before the other
	NotDone      bool
	After        uint64 // only records of a larger position

	OldestFirst bool
	From        uint64 // where the page begins; 0: at the beginning
	Most        int    // records of a page
}

// fits reports whether a record is asked for.
func (q AuditQuery) fits(a *spsv1.AuditRecord) bool {
	at := a.GetTime().AsTime()
	switch {
	case q.Caller != "" && q.Caller != a.GetCaller() && q.Caller != a.GetCredential(),
		!strings.HasPrefix(a.GetMethod(), q.MethodPrefix),
		q.Resource != "" && !slices.Contains(a.GetResources(), q.Resource),
		!q.Since.IsZero() && at.Before(q.Since),
		!q.Until.IsZero() && !at.Before(q.Until),
		q.NotDone && a.GetOutcome() == spsv1.AuditOutcome_AUDIT_OUTCOME_DONE:
		return false
	}
	return true
}

// AuditRecords returns a page of the audit log, and where the next page begins:
// 0 at the end. A page may be short, even empty.
func (r *Register) AuditRecords(ctx context.Context, q AuditQuery) (records []*spsv1.AuditRecord, next uint64, err error) {
	from := binary.BigEndian.AppendUint64(nil, q.After+1)
	var to []byte
	switch {
	case q.From == 0:
	case q.OldestFirst:
		from = binary.BigEndian.AppendUint64(nil, max(q.From, q.After+1))
	default:
		to = binary.BigEndian.AppendUint64(nil, q.From+1)
	}
	err = r.o.Store.View(ctx, func(tx store.Reader) error {
		records, next = nil, 0
		looked := 0
		for item, err := range tx.Scan(tableAudit, from, to, !q.OldestFirst) {
			if err != nil {
				return err
			}
			n := binary.BigEndian.Uint64(item.Key)
			if looked++; looked > maxAuditScan || len(records) == q.Most {
				next = n
				return nil
			}
			a := &spsv1.AuditRecord{}
			if err := proto.Unmarshal(item.Value, a); err != nil {
				return fmt.Errorf("%w: audit record %d: %w", errCorrupt, n, err)
			}
			if q.fits(a) {
				records = append(records, a)
			}
		}
		return nil
	})
	return records, next, err
}
