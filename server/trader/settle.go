package trader

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// settle brings the notices of a case in line with what is here of it and with
// the register, all in one transaction. It may run again: what is in line already
// does not change.
func (s *Service) settle(ctx context.Context, reference string) error {
	s.settling.Lock()
	defer s.settling.Unlock()
	m, err := s.matter(ctx, reference)
	if err != nil || m == nil {
		return err
	}
	changed := false
	err = s.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		changed, err = s.settleIn(tx, m)
		return err
	})
	if err != nil {
		return fmt.Errorf("notices of %s: %w", reference, err)
	}
	if changed {
		s.wake()
	}
	return nil
}

// matter returns a case as exporters are told of it; nil if it is not here.
func (s *Service) matter(ctx context.Context, reference string) (*matter, error) {
	state, entries, err := s.o.Cases.Folded(ctx, reference, s.o.Ledger.Released().N)
	if err != nil || state == nil {
		return nil, err
	}
	return newMatter(state, entries), nil
}

// settleIn is settle in a transaction.
func (s *Service) settleIn(tx store.Tx, m *matter) (changed bool, err error) {
	matches := make(map[string][]*spsv1.NoticeMatch)
	if m.concerns(s.office()) {
		matches, err = m.match(s.where(), find(tx), ownersIn(tx))
		if err != nil {
			return false, err
		}
	}
	known, err := noticesOf(tx, m.reference)
	if err != nil {
		return false, err
	}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		one, err := s.renew(tx, m, known[id], matches[id])
		if err != nil {
			return false, err
		}
		changed = changed || one
		delete(matches, id)
	}
	for _, id := range slices.Sorted(maps.Keys(matches)) {
		one, err := s.propose(tx, m, id, matches[id])
		if err != nil {
			return false, err
		}
		changed = changed || one
	}
	return changed, nil
}

// tablesOf are the tables of what leads to exporters.
var tablesOf = map[sort]store.Table{byCode: tableCodes, byName: tableNames, byTaxID: tableTaxIDs}

// find looks in the register of a store.
func find(r store.Reader) register {
	return func(sort sort, folded string) (found []entry, err error) {
		prefix := under(folded)
		for row, err := range r.Scan(tablesOf[sort], prefix, store.PrefixEnd(prefix), false) {
			if err != nil {
				return nil, err
			}
			e := entry{exporter: string(row.Key[len(prefix):]), written: string(row.Value)}
			if sort == byCode {
				if e, err = codeEntry(row.Key[len(prefix):], row.Value); err != nil {
					return nil, err
				}
			}
			found = append(found, e)
		}
		return found, nil
	}
}

// codeEntry reads a row of the code register behind the code.
func codeEntry(key, value []byte) (entry, error) {
	c := &spsv1.ExporterCode{}
	if err := proto.Unmarshal(value, c); err != nil || len(key) < 2 {
		return entry{}, fmt.Errorf("%w: registered code %x: %w", ledger.ErrCorrupt, key, err)
	}
	return entry{exporter: string(key[:len(key)-2]), written: c.GetCode(), code: c}, nil
}

// noticesOf returns the notices of a case by the ids of their exporters.
func noticesOf(r store.Reader, reference string) (map[string]*spsv1.ConsignmentNotice, error) {
	all := make(map[string]*spsv1.ConsignmentNotice)
	prefix := under(reference)
	for row, err := range r.Scan(tableOfCase, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return nil, err
		}
		n, err := noticeAt(r, row.Value)
		if err != nil {
			return nil, err
		}
		all[string(row.Key[len(prefix):])] = n
	}
	return all, nil
}

// newNotice returns a notice that is not kept yet.
func (s *Service) newNotice(m *matter, e *spsv1.Exporter, matches []*spsv1.NoticeMatch) *spsv1.ConsignmentNotice {
	n := &spsv1.ConsignmentNotice{
		Name: noticePrefix + uuid.NewString(), Exporter: e.GetName(), Reference: m.reference,
		CreateTime: timestamppb.New(s.o.Now().UTC()), Office: &spsv1.NoticeOffice{Matches: matches},
	}
	n.Content, _ = m.telling(e, n, nil)
	return n
}

// addNotice keeps a notice that was not there.
func (s *Service) addNotice(tx store.Tx, n *spsv1.ConsignmentNotice) error {
	id, _ := keyOf(n.GetName())
	if err := tx.Put(tableTimes, timeKey(n.GetCreateTime(), id), nil); err != nil {
		return err
	}
	if err := tx.Put(tableOfCase, pair(n.GetReference(), exporterID(n.GetExporter())), id); err != nil {
		return err
	}
	return putNotice(tx, n, n.GetCreateTime(), n.GetSendTime() != nil)
}
