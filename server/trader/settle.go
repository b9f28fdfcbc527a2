package trader

import (
	"context"
	"errors"
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
		matches, err = m.match(s.office(), s.o.Now().In(s.o.Roster.Own().Zone()), find(tx))
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

// find looks in the register of a store.
func find(r store.Reader) register {
	tables := map[sort]store.Table{byCode: tableCodes, byName: tableNames, byTaxID: tableTaxIDs}
	return func(sort sort, folded string) (found []entry, err error) {
		prefix := under(folded)
		for row, err := range r.Scan(tables[sort], prefix, store.PrefixEnd(prefix), false) {
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
		n, err := getNotice(r, row.Value)
		if err == nil && n == nil {
			err = fmt.Errorf("%w: no notice %x", ledger.ErrCorrupt, row.Value)
		}
		if err != nil {
			return nil, err
		}
		all[string(row.Key[len(prefix):])] = n
	}
	return all, nil
}

// propose makes a notice for an exporter to which a case leads anew.
func (s *Service) propose(tx store.Tx, m *matter, id string, matches []*spsv1.NoticeMatch) (bool, error) {
	e, err := getExporter(tx, id)
	switch {
	case err != nil:
		return false, err
	case e.GetState() != spsv1.ExporterState_EXPORTER_STATE_ACTIVE, !m.open(), !m.real() && !e.GetTakesPartInExercises():
		return false, nil
	}
	n := s.newNotice(m, e, matches)
	n.State, n.Office.HoldReason = s.o.Rule.begin(m, matches)
	if n.GetState() == spsv1.NoticeState_NOTICE_STATE_SENT {
		n.DueTime = timestamppb.New(n.GetCreateTime().AsTime().Add(s.o.Rule.AnswerWithin))
		if err := tell(tx, n, []spsv1.NoticeNews{spsv1.NoticeNews_NOTICE_NEWS_NEW}, nil, n.GetCreateTime()); err != nil {
			return false, err
		}
	}
	return true, s.addNotice(tx, n)
}

// newNotice returns a notice that is not kept yet.
func (s *Service) newNotice(m *matter, e *spsv1.Exporter, matches []*spsv1.NoticeMatch) *spsv1.ConsignmentNotice {
	return &spsv1.ConsignmentNotice{
		Name: noticePrefix + uuid.NewString(), Exporter: e.GetName(), Reference: m.reference,
		Content: m.content(e, matches), CreateTime: timestamppb.New(s.o.Now().UTC()),
		Office: &spsv1.NoticeOffice{Matches: matches},
	}
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

// renew brings a notice in line with what leads to its exporter now. It reports
// whether anything changed.
func (s *Service) renew(tx store.Tx, m *matter, n *spsv1.ConsignmentNotice, matches []*spsv1.NoticeMatch) (bool, error) {
	e, err := getExporter(tx, exporterID(n.GetExporter()))
	if err != nil || e.GetState() != spsv1.ExporterState_EXPORTER_STATE_ACTIVE {
		return false, err
	}
	before := proto.CloneOf(n)
	for _, old := range n.GetOffice().GetMatches() {
		if old.GetBasis() == spsv1.MatchBasis_MATCH_BASIS_BY_HAND {
			matches = append(matches, old)
		}
	}
	now, told := timestamppb.New(s.o.Now().UTC()), false
	switch n.GetState() {
	case spsv1.NoticeState_NOTICE_STATE_WITHDRAWN:
		return false, nil
	case spsv1.NoticeState_NOTICE_STATE_REJECTED:
		if !m.open() || !leadAnew(n.GetOffice().GetMatches(), matches) {
			return false, nil
		}
		n.State = spsv1.NoticeState_NOTICE_STATE_PROPOSED
	case spsv1.NoticeState_NOTICE_STATE_SENT:
		n.Content, n.Office.Matches = m.content(e, matches), matches
		if told, err = s.renewSent(tx, m, n, now); err != nil {
			return false, err
		}
		return s.changedNotice(tx, before, n, now, told)
	}
	n.Content, n.Office.Matches = m.content(e, matches), matches
	if told, err = s.renewWaiting(tx, m, n, now); err != nil {
		return false, err
	}
	return s.changedNotice(tx, before, n, now, told)
}

// changedNotice writes a notice if it changed.
func (s *Service) changedNotice(tx store.Tx, before, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp, told bool) (bool, error) {
	if proto.Equal(before, n) {
		return false, nil
	}
	return true, putNotice(tx, n, now, told)
}

// renewWaiting decides anew about a notice that was not released.
func (s *Service) renewWaiting(tx store.Tx, m *matter, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp) (told bool, err error) {
	if len(n.GetOffice().GetMatches()) == 0 || !m.open() {
		return false, nil // an officer sees so, and rejects it
	}
	if n.GetOffice().GetHoldReason() == spsv1.HoldReason_HOLD_REASON_OFFICER {
		return false, nil
	}
	n.State, n.Office.HoldReason = s.o.Rule.begin(m, n.GetOffice().GetMatches())
	if n.GetState() != spsv1.NoticeState_NOTICE_STATE_SENT {
		return false, nil
	}
	n.DueTime = timestamppb.New(now.AsTime().Add(s.o.Rule.AnswerWithin))
	return true, tell(tx, n, []spsv1.NoticeNews{spsv1.NoticeNews_NOTICE_NEWS_NEW}, nil, now)
}

// renewSent tells the exporter of a notice that was released what is new, unless
// it is to be held.
func (s *Service) renewSent(tx store.Tx, m *matter, n *spsv1.ConsignmentNotice, now *timestamppb.Timestamp) (told bool, err error) {
	version, err := toldContent(tx, n)
	if err != nil {
		return false, err
	}
	if version == nil {
		return false, errors.New("a notice that was released has no version")
	}
	what := news(version.GetContent(), n.GetContent())
	if len(what) == 0 {
		n.Office.NewsHeld = false
		return false, nil
	}
	ends := n.GetContent().GetCaseStatus() == spsv1.CaseStatus_CASE_STATUS_WITHDRAWN || n.GetContent().GetNotification() == nil
	hold := m.hold()
	if n.GetOffice().GetHoldReason() == spsv1.HoldReason_HOLD_REASON_OFFICER {
		hold = spsv1.HoldReason_HOLD_REASON_OFFICER
	}
	if hold != 0 && !ends {
		n.Office.NewsHeld, n.Office.HoldReason = true, hold
		return false, nil
	}
	return true, tell(tx, n, what, nil, now)
}
