package access

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// tidyEvery is how often the register looks for what it has kept for long
	// enough. It does so when it is opened, too.
	tidyEvery = 6 * time.Hour
	// maxTidied is how many rows one transaction takes away, so that no call
	// waits long for it.
	maxTidied = 2000
	// maxTidiedTime is how much of the past one run takes away, from the oldest
	// that is there. The wall clock alone would let one that is a year ahead take
	// a year of records at once: like this it takes weeks, with the alarm of the
	// clock on all the time, and what was kept too long is caught up with.
	maxTidiedTime = 7 * 24 * time.Hour
)

// What the audit log calls what the node does by itself.
const (
	methodForgetAudit  = "retention/audit"
	methodForgetTokens = "retention/tokens"
)

// Tidy takes away audit records that are older than
// [RegisterOptions.AuditKeep], and tokens that expired or were revoked longer
// than [RegisterOptions.TokenKeep] ago. Each transaction that takes something
// away has an audit record that says what: the first and last position of the
// records, the names of the tokens. One run takes away no more than a week's
// worth of each, since the clock may be wrong. It is durable on return.
//
// A register does it by itself, a few times a day.
func (r *Register) Tidy(ctx context.Context) error {
	now := r.o.Now()
	audit, tokens := now.Add(-r.o.AuditKeep), now.Add(-r.o.TokenKeep)
	err := r.o.Store.View(ctx, func(tx store.Reader) error {
		oldest, err := oldestRecord(tx)
		if err != nil {
			return err
		}
		audit = earlier(audit, oldest.Add(maxTidiedTime))
		oldest, err = oldestEnd(tx, tokens)
		tokens = earlier(tokens, oldest.Add(maxTidiedTime))
		return err
	})
	if err != nil {
		return fmt.Errorf("look for what was kept for long enough: %w", err)
	}
	for _, tidy := range []struct {
		run    func(store.Tx, time.Time) (bool, error)
		before time.Time
	}{{r.tidyAudit, audit}, {r.tidyTokens, tokens}} {
		for more := true; more; {
			err := r.o.Store.Update(ctx, func(tx store.Tx) (err error) {
				more, err = tidy.run(tx, tidy.before)
				return err
			})
			if err != nil && !errors.Is(err, errNothing) {
				return fmt.Errorf("take away what was kept for long enough: %w", err)
			}
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// oldestRecord returns the time of the first audit record, zero if there is
// none.
func oldestRecord(tx store.Reader) (time.Time, error) {
	for item, err := range tx.Scan(tableAudit, nil, nil, false) {
		if err != nil {
			return time.Time{}, err
		}
		record := &spsv1.AuditRecord{}
		if err := proto.Unmarshal(item.Value, record); err != nil {
			return time.Time{}, fmt.Errorf("%w: audit record: %w", errCorrupt, err)
		}
		return record.GetTime().AsTime(), nil
	}
	return time.Time{}, nil
}

// oldestEnd returns when the first of all tokens ended, or a given time if none
// did before.
func oldestEnd(tx store.Reader, or time.Time) (time.Time, error) {
	for item, err := range tx.Scan(tableTokens, nil, nil, false) {
		if err != nil {
			return or, err
		}
		row, err := decodeTokenRow(item.Value)
		if err != nil {
			return or, err
		}
		or = earlier(or, endOf(row.token))
	}
	return or, nil
}

// errNothing takes back a transaction that has nothing to do, so that it costs
// no write.
var errNothing = errors.New("nothing to do")

// tidyAudit takes away the oldest records, as many as one transaction may, and
// reports whether there may be more. Records are in the order in which they
// were written, so the first that is not before the given time ends it.
func (r *Register) tidyAudit(tx store.Tx, before time.Time) (more bool, err error) {
	if r.o.AuditKeep <= 0 {
		return false, errNothing
	}
	var keys [][]byte
	for item, err := range tx.Scan(tableAudit, nil, nil, false) {
		if err != nil {
			return false, err
		}
		record := &spsv1.AuditRecord{}
		if err := proto.Unmarshal(item.Value, record); err != nil {
			return false, fmt.Errorf("%w: audit record: %w", errCorrupt, err)
		}
		if !record.GetTime().AsTime().Before(before) {
			break
		}
		if more = len(keys) == maxTidied; more {
			break
		}
		keys = append(keys, append([]byte(nil), item.Key...))
	}
	if len(keys) == 0 {
		return false, errNothing
	}
	// First, so that the log is never empty and positions go on.
	first, last := binary.BigEndian.Uint64(keys[0]), binary.BigEndian.Uint64(keys[len(keys)-1])
	if err := r.tidied(tx, methodForgetAudit, fmt.Sprintf(forgottenForm, first, last)); err != nil {
		return false, err
	}
	for _, key := range keys {
		if err := tx.Delete(tableAudit, key); err != nil {
			return false, err
		}
	}
	return more, nil
}

// forgottenForm names audit records that were taken away, the first and last.
const forgottenForm = "auditRecords/%d-%d"

// forgotten returns the position of the last audit record that was taken away,
// as the record of that says; 0 if it does not say it.
func forgotten(a *spsv1.AuditRecord) uint64 {
	var first, last uint64
	for _, name := range a.GetResources() {
		if n, err := fmt.Sscanf(name, forgottenForm, &first, &last); n == 2 && err == nil {
			return last
		}
	}
	return 0
}

// tidyTokens takes away tokens that ended before the given time, as many as one record can
// name, and reports whether there may be more.
func (r *Register) tidyTokens(tx store.Tx, before time.Time) (more bool, err error) {
	if r.o.TokenKeep <= 0 {
		return false, errNothing
	}
	var rows []tokenRow
	for item, err := range tx.Scan(tableTokens, nil, nil, false) {
		if err != nil {
			return false, err
		}
		row, err := decodeTokenRow(item.Value)
		if err != nil {
			return false, err
		}
		if !endOf(row.token).Before(before) {
			continue
		}
		if more = len(rows) == maxResources; more {
			break
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return false, errNothing
	}
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.token.GetName()
		if err := tx.Delete(tableTokens, []byte(names[i][len(TokenNames):])); err != nil {
			return false, err
		}
		if err := tx.Delete(tableSecrets, row.digest[:lookup]); err != nil {
			return false, err
		}
	}
	return more, r.tidied(tx, methodForgetTokens, names...)
}

// endOf is when a token was good for the last time.
func endOf(t *spsv1.Token) time.Time {
	end := t.GetExpireTime().AsTime()
	if at := t.GetRevokeTime(); at != nil && at.AsTime().Before(end) {
		return at.AsTime()
	}
	return end
}

// tidied records what the node took away. Nobody asked for it, so the record
// has no caller.
func (r *Register) tidied(tx store.Tx, method string, resources ...string) error {
	record := r.record(Caller{}, method)
	record.Resources = resources
	r.finish(record, nil)
	_, _, err := putRecord(tx, record)
	return err
}

// tidy is Tidy for the register itself.
func (r *Register) tidy(ctx context.Context) {
	if err := r.Tidy(ctx); err != nil && !errors.Is(err, store.ErrClosed) {
		r.o.Logger.LogAttrs(ctx, slog.LevelError, "old records not taken away", slog.Any("err", err))
	}
}
