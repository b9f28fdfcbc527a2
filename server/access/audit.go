package access

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// maxDeferred is how many records wait to be written: reads wait for room,
	// refusals are counted only.
	maxDeferred = 4096
	// deferral is how long a record waits for company, and so what a power cut
	// can take of the log: reads and refusals, never a write.
	deferral = time.Second
	// maxGroup is how many waiting records one transaction takes.
	maxGroup = 1000
	// maxResources is how many resources the record of a read names.
	maxResources = 100
)

// pending is the record of a call under way that changes something.
type pending struct {
	register *Register
	record   *spsv1.AuditRecord // of the call; not the one in the store
	key, row []byte             // what the last transaction of the call wrote
}

// pendingKey is the context key of the pending record.
type pendingKey struct{}

// Record writes the audit record of the call of ctx into the transaction that
// does what the call asks for, so that the one is never without the other. The
// resources are what the transaction changed. A service calls it once in each
// transaction of a method of [ClassWrite] or [ClassIssue], and it may run again
// as the transaction does. In a context that passed no [Guard] with a
// [Register] it does nothing.
//
// A call that succeeds without it gets its record after the fact.
func Record(ctx context.Context, tx store.Tx, resources ...string) error {
	p, ok := ctx.Value(pendingKey{}).(*pending)
	if !ok {
		return nil
	}
	record := proto.CloneOf(p.record)
	record.Outcome = spsv1.AuditOutcome_AUDIT_OUTCOME_DONE
	record.Time = timestamppb.New(p.register.o.Now().UTC())
	record.Resources = resources
	var err error
	p.key, p.row, err = putRecord(tx, record)
	return err
}

// putRecord gives a record its position and writes it.
func putRecord(tx store.Tx, record *spsv1.AuditRecord) (key, row []byte, err error) {
	var last uint64
	for item, err := range tx.Scan(tableAudit, nil, nil, true) {
		if err != nil {
			return nil, nil, err
		}
		last = binary.BigEndian.Uint64(item.Key)
		break
	}
	record.Position = int64(last + 1)
	row, err = proto.MarshalOptions{Deterministic: true}.Marshal(record)
	if err != nil {
		return nil, nil, fmt.Errorf("audit record: %w", err)
	}
	key = binary.BigEndian.AppendUint64(nil, last+1)
	return key, row, tx.Put(tableAudit, key, row)
}

// record returns the beginning of the record of a call.
func (r *Register) record(c Caller, method string) *spsv1.AuditRecord {
	record := &spsv1.AuditRecord{Method: method, Means: c.Means, Credential: c.Credential}
	if c.known() {
		record.Caller = c.URI()
	}
	return record
}

// finish sets what came of the call.
func (r *Register) finish(record *spsv1.AuditRecord, err error) {
	record.Time = timestamppb.New(r.o.Now().UTC())
	record.Outcome = spsv1.AuditOutcome_AUDIT_OUTCOME_DONE
	if err == nil {
		return
	}
	st := Status(err)
	record.Outcome, record.Reason = spsv1.AuditOutcome_AUDIT_OUTCOME_REFUSED, reasonOf(st)
	switch st.Code() {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		record.Outcome = spsv1.AuditOutcome_AUDIT_OUTCOME_FAILED
	}
}

// settle sees to it that a call that changed something has a record, when its
// handler has returned without an error.
func (p *pending) settle(ctx context.Context, answer any) {
	r := p.register
	ctx = context.WithoutCancel(ctx) // it is done, whether the caller is still there or not
	written := false
	err := r.o.Store.View(ctx, func(tx store.Reader) error {
		if p.key == nil {
			return nil
		}
		row, err := tx.Get(tableAudit, p.key)
		written = err == nil && bytes.Equal(row, p.row)
		return err
	})
	if err == nil && !written { // the transaction was taken back, as that of a call that is made again
		r.finish(p.record, nil)
		if named, ok := answer.(interface{ GetName() string }); ok && named.GetName() != "" {
			p.record.Resources = []string{named.GetName()}
		}
		err = r.o.Store.Update(ctx, func(tx store.Tx) error {
			_, _, err := putRecord(tx, p.record)
			return err
		})
	}
	if err != nil {
		r.lost(ctx, p.record, err)
	}
}

// later writes a record soon. It does not wait: a record for which there is no
// room is lost to the log of the node.
func (r *Register) later(record *spsv1.AuditRecord) {
	select {
	case r.deferred <- record:
	default:
		r.lost(context.Background(), record, errors.New("too many are waiting"))
	}
}

// soon writes a record soon, and waits for room.
func (r *Register) soon(ctx context.Context, record *spsv1.AuditRecord) error {
	select {
	case r.deferred <- record:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lost tells the log of the node what the audit log cannot hold.
func (r *Register) lost(ctx context.Context, record *spsv1.AuditRecord, err error) {
	r.o.Logger.LogAttrs(ctx, slog.LevelError, "audit record not written",
		slog.String("caller", record.GetCaller()), slog.String("credential", record.GetCredential()),
		slog.String("method", record.GetMethod()), slog.Any("resources", record.GetResources()),
		slog.String("outcome", record.GetOutcome().String()), slog.String("reason", record.GetReason()), slog.Any("err", err))
}

// write writes what was deferred, until life ends. It sleeps as long as there
// is nothing to write.
func (r *Register) write(life context.Context) {
	defer close(r.stopped)
	ctx := context.WithoutCancel(life)
	old := time.NewTicker(tidyEvery)
	defer old.Stop()
	r.tidy(ctx)
	for ended := false; !ended; {
		var group []*spsv1.AuditRecord
		select {
		case <-life.Done():
			ended = true
		case <-r.due:
		case <-old.C:
			r.tidy(ctx)
		case first := <-r.deferred:
			group = append(group, first)
			timer := time.NewTimer(deferral)
			select {
			case <-life.Done(): // and once more round for what came meanwhile
			case <-timer.C:
			}
			timer.Stop()
		}
		for len(group) > 0 || len(r.deferred) > 0 {
			r.writeGroup(ctx, r.collect(group))
			group = nil
		}
		if err := r.writeUses(ctx); err != nil {
			r.o.Logger.LogAttrs(ctx, slog.LevelError, "uses of tokens not written", slog.Any("err", err))
		}
	}
}

// collect adds what waits to a group, as far as one transaction takes it.
func (r *Register) collect(group []*spsv1.AuditRecord) []*spsv1.AuditRecord {
	for len(group) < maxGroup {
		select {
		case record := <-r.deferred:
			group = append(group, record)
		default:
			return group
		}
	}
	return group
}

func (r *Register) writeGroup(ctx context.Context, group []*spsv1.AuditRecord) {
	err := r.o.Store.Update(ctx, func(tx store.Tx) error {
		for _, record := range group {
			if _, _, err := putRecord(tx, record); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for _, record := range group {
			r.lost(ctx, record, err)
		}
	}
}
