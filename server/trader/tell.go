package trader

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// begin returns how a new notice stands by the rule of the office, and whether it
// is sent at once. What an officer made waits for an officer.
func (rule Rule) begin(m *matter, matches []*spsv1.NoticeMatch) (spsv1.NoticeState, spsv1.HoldReason) {
	codes, _ := parted(matches)
	open, _ := parted(m.opened(matches, nil))
	switch hold := m.hold(); {
	case hold != 0:
		return spsv1.NoticeState_NOTICE_STATE_HELD, hold
	case len(open) < len(codes) && len(open) == 0:
		return spsv1.NoticeState_NOTICE_STATE_HELD, spsv1.HoldReason_HOLD_REASON_ADDRESSEES_ONLY
	case len(open) > 0 && !slices.ContainsFunc(matches, byHand) && rule.atOnce(m.whole.GetClassification()):
		return spsv1.NoticeState_NOTICE_STATE_SENT, 0
	}
	return spsv1.NoticeState_NOTICE_STATE_PROPOSED, 0
}

// atOnce reports whether notices of a classification need no officer.
func (rule Rule) atOnce(c spsv1.Classification) bool { return slices.Contains(rule.AtOnce, c) }

// holds returns why an officer has to look at what is new in a notice that was
// released; last is what was told last.
func (rule Rule) holds(m *matter, n *spsv1.ConsignmentNotice, last *spsv1.NoticeContent) spsv1.HoldReason {
	if n.GetOffice().GetHoldReason() == spsv1.HoldReason_HOLD_REASON_OFFICER {
		return spsv1.HoldReason_HOLD_REASON_OFFICER
	}
	if hold := m.hold(); hold != 0 {
		return hold
	}
	if now := m.whole.GetClassification(); now != last.GetNotification().GetClassification() && n.GetContent().GetNotification() != nil && !rule.atOnce(now) {
		return spsv1.HoldReason_HOLD_REASON_RECLASSIFIED
	}
	return 0
}

// news returns what is new in a content for who was told another; none if nothing
// is.
func news(told, now *spsv1.NoticeContent) (all []spsv1.NoticeNews) {
	add := func(n spsv1.NoticeNews, is bool) {
		if is && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	status := now.GetCaseStatus()
	if status != told.GetCaseStatus() {
		add(spsv1.NoticeNews_NOTICE_NEWS_CASE_WITHDRAWN, status == spsv1.CaseStatus_CASE_STATUS_WITHDRAWN)
		add(spsv1.NoticeNews_NOTICE_NEWS_CASE_CLOSED, status == spsv1.CaseStatus_CASE_STATUS_CLOSED)
		add(spsv1.NoticeNews_NOTICE_NEWS_CASE_REOPENED, status == spsv1.CaseStatus_CASE_STATUS_OPEN)
	}
	if now.GetNotification() == nil {
		add(spsv1.NoticeNews_NOTICE_NEWS_NOT_CONCERNED, told.GetNotification() != nil)
		return all
	}
	done := doneBefore(told.GetNotification())
	for _, m := range now.GetNotification().GetMeasures() {
		if done.has(m) {
			continue
		}
		suspended := m.GetCodeStatus().GetAction() == spsv1.CodeAction_CODE_ACTION_SUSPENDED
		reinstated := m.GetCodeStatus().GetAction() == spsv1.CodeAction_CODE_ACTION_REINSTATED
		released := isReleased(m)
		add(spsv1.NoticeNews_NOTICE_NEWS_CODE_SUSPENDED, suspended)
		add(spsv1.NoticeNews_NOTICE_NEWS_CODE_REINSTATED, reinstated)
		add(spsv1.NoticeNews_NOTICE_NEWS_GOODS_RELEASED, released)
		add(spsv1.NoticeNews_NOTICE_NEWS_MEASURE, !suspended && !reinstated && !released)
	}
	for _, d := range now.GetNotification().GetDecisions() {
		accepted := d.GetKind() == spsv1.DecisionKind_DECISION_KIND_ACCEPTED || d.GetKind() == spsv1.DecisionKind_DECISION_KIND_ACCEPTED_CONDITIONALLY
		before := done.has(d)
		add(spsv1.NoticeNews_NOTICE_NEWS_GOODS_RELEASED, !before && accepted)
		add(spsv1.NoticeNews_NOTICE_NEWS_MEASURE, !before && !accepted)
	}
	for _, b := range now.GetNotification().GetBalances() {
		add(spsv1.NoticeNews_NOTICE_NEWS_GOODS_RELEASED, !done.has(b) && releases(b))
	}
	add(spsv1.NoticeNews_NOTICE_NEWS_AMENDED, len(all) == 0 && !proto.Equal(withoutSayers(told), withoutSayers(now)) || !proto.Equal(goodsAlone(told), goodsAlone(now)))
	return all
}

// doings counts what was said of what was done and decided: two offices may say
// the same.
type doings map[string]int

// doneBefore returns what was said before of what was done and decided.
func doneBefore(n *spsv1.Notification) doings {
	done := make(doings)
	for _, m := range n.GetMeasures() {
		done[said(m)]++
	}
	for _, d := range n.GetDecisions() {
		done[said(d)]++
	}
	for _, b := range n.GetBalances() {
		done[said(b)]++
	}
	return done
}

// has reports whether a thing was said before, once for each time that it was.
func (d doings) has(m proto.Message) bool {
	key := said(m)
	d[key]--
	return d[key] >= 0
}

// said returns what a thing says, whatever its local id.
func said(m proto.Message) string {
	m = proto.Clone(m)
	if f := m.ProtoReflect().Descriptor().Fields().ByName("id"); f != nil {
		m.ProtoReflect().Clear(f)
	}
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return err.Error() // of nothing that was read from a store
	}
	return string(m.ProtoReflect().Descriptor().Name()) + string(text)
}

// isReleased reports whether a measure lets goods go.
func isReleased(m *spsv1.Measure) bool {
	return slices.ContainsFunc(m.GetAction().GetCodings(), func(c *spsv1.Coding) bool {
		return c.GetSystem() == "sps-measure" && (c.GetCode() == "released" || c.GetCode() == "released-after-treatment" || c.GetCode() == "released-after-relabelling")
	})
}

// releases reports whether a balance says that goods went free.
func releases(b *spsv1.LotBalance) bool {
	return slices.ContainsFunc(b.GetItems(), func(i *spsv1.BalanceItem) bool {
		return i.GetState() == spsv1.BalanceState_BALANCE_STATE_RELEASED
	})
}

// withoutSayers returns a content without whose word its measures are: that a content has it,
// which was told before it was kept, is no news.
func withoutSayers(c *spsv1.NoticeContent) *spsv1.NoticeContent {
	c = proto.CloneOf(c)
	c.CodeChanges = nil
	return c
}

// goodsAlone returns a content without what was done and decided, and without how
// far the case is.
func goodsAlone(c *spsv1.NoticeContent) *spsv1.NoticeContent {
	c = withoutSayers(c)
	c.CaseStatus, c.Outcome, c.WithdrawalReason = 0, 0, 0
	if n := c.GetNotification(); n != nil {
		n.Measures, n.Decisions, n.Balances = nil, nil, nil
	}
	return c
}

// tell tells the exporter of a notice a content as a new version. The caller writes
// the notice.
func tell(tx store.Tx, n *spsv1.ConsignmentNotice, content *spsv1.NoticeContent, what []spsv1.NoticeNews, text []*spsv1.LocalizedText, now *timestamppb.Timestamp) error {
	id, _ := keyOf(n.GetName())
	number := uint32(1)
	if len(n.GetVersions()) > 0 {
		number = n.GetVersions()[0].GetNumber() + 1
	}
	version := &spsv1.NoticeVersion{Number: number, TellTime: now, News: what, Text: text, Content: content}
	if err := write(tx, tableVersions, versionKey(id, number), version); err != nil {
		return err
	}
	version.Content = nil
	n.Versions = []*spsv1.NoticeVersion{version}
	n.AcknowledgeTime, n.AcknowledgedBy = nil, ""
	n.Office.NewsHeld, n.Office.HoldReason = false, 0
	if n.GetSendTime() != nil {
		return nil
	}
	n.SendTime = now
	return tx.Put(tableTold, append(under(exporterID(n.GetExporter())), timeKey(now, id)...), nil)
}

// toldContent returns what an exporter was told last; nil if nothing was.
func toldContent(r store.Reader, n *spsv1.ConsignmentNotice) (*spsv1.NoticeVersion, error) {
	id, ok := keyOf(n.GetName())
	if !ok || len(n.GetVersions()) == 0 {
		return nil, nil
	}
	v := &spsv1.NoticeVersion{}
	_, err := read(r, tableVersions, versionKey(id, n.GetVersions()[0].GetNumber()), v)
	return v, err
}
