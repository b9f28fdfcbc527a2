package routing

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// OnDuty returns the shifts of a moment, in the order of the rota: those of a
// unit, or of the nearest above it that has somebody on duty, at last those of
// the focal point.
func OnDuty(rota *spsv1.DutyRota, t Tree, unit string, at time.Time) []*spsv1.DutyShift {
	for _, id := range append(t.Upward(unit), "") {
		var shifts []*spsv1.DutyShift
		for _, s := range rota.GetShifts() {
			if s.GetUnit() == id && covers(s, at) {
				shifts = append(shifts, s)
			}
		}
		if len(shifts) > 0 {
			return shifts
		}
	}
	return nil
}

func covers(s *spsv1.DutyShift, at time.Time) bool {
	return !at.Before(s.GetStartTime().AsTime()) && at.Before(s.GetEndTime().AsTime())
}

// Notices returns who is on duty for what goes to some units at a moment and
// cannot wait; for the focal point if it goes to none. Nobody is named twice. If
// nobody is on duty, the first contact of the unit, or duty contact of the card,
// stands in, if there is one.
func Notices(rota *spsv1.DutyRota, t Tree, units []string, at time.Time) []*spsv1.DutyNotice {
	if len(units) == 0 {
		units = []string{""}
	}
	var notices []*spsv1.DutyNotice
	for _, unit := range units {
		closed := !statement.Working(at, t.Hours(unit))
		shifts := OnDuty(rota, t, unit, at)
		for _, s := range shifts {
			told := func(n *spsv1.DutyNotice) bool { return n.GetId() == s.GetId() }
			if !slices.ContainsFunc(notices, told) {
				notices = append(notices, &spsv1.DutyNotice{
					Unit: unit, Id: s.GetId(), Contact: s.GetContact(), Time: timestamppb.New(at.UTC()), OutOfHours: closed,
				})
			}
		}
		if contact := t.contact(unit); len(shifts) == 0 && contact != nil {
			notices = append(notices, &spsv1.DutyNotice{Unit: unit, Contact: contact, Time: timestamppb.New(at.UTC()), OutOfHours: closed})
		}
	}
	return notices
}

// contact returns whom to reach about a unit if nobody is on duty; nil if the
// card names nobody.
func (t Tree) contact(unit string) *spsv1.ContactPoint {
	for _, id := range t.Upward(unit) {
		if contacts := t.byID[id].GetContacts(); len(contacts) > 0 {
			return contacts[0]
		}
	}
	if contacts := t.card.GetDutyContacts(); len(contacts) > 0 {
		return contacts[0]
	}
	return nil
}

const (
	// gapsAhead is how far a rota is looked at for gaps.
	gapsAhead = 14 * 24 * time.Hour
	// gapStep is how exactly hours are known: they open and close at full minutes,
	// and in practice at these.
	gapStep = 15 * time.Minute
	// mostGaps is how many gaps are told.
	mostGaps = 100
)

// Gaps returns when nobody is on duty though it is closed: of the focal point
// and of each unit that has shifts in the rota, from a moment on. A rota without
// shifts has none.
func Gaps(rota *spsv1.DutyRota, t Tree, from time.Time) []*spsv1.DutyGap {
	if len(rota.GetShifts()) == 0 {
		return nil
	}
	of := map[string][]*spsv1.DutyShift{"": nil}
	units := []string{""}
	for _, s := range rota.GetShifts() {
		if _, known := of[s.GetUnit()]; !known {
			units = append(units, s.GetUnit())
		}
		of[s.GetUnit()] = append(of[s.GetUnit()], s)
	}
	var gaps []*spsv1.DutyGap
	for _, unit := range units {
		gaps = append(gaps, gapsOf(unit, of[unit], t.Hours(unit), from)...)
	}
	return gaps[:min(len(gaps), mostGaps)]
}

// gapsOf returns the gaps between the shifts of one unit.
func gapsOf(unit string, shifts []*spsv1.DutyShift, hours *spsv1.OfficeHours, from time.Time) []*spsv1.DutyGap {
	from = from.UTC().Truncate(gapStep)
	until := from.Add(gapsAhead)
	var gaps []*spsv1.DutyGap
	var open *spsv1.DutyGap
	for at := from; at.Before(until); at = at.Add(gapStep) {
		covered := slices.ContainsFunc(shifts, func(s *spsv1.DutyShift) bool { return covers(s, at) })
		// An office without hours works round the clock, and has somebody on duty so.
		if covered || len(hours.GetPeriods()) > 0 && statement.Working(at, hours) {
			open = nil
			continue
		}
		if open == nil {
			open = &spsv1.DutyGap{Unit: unit, StartTime: timestamppb.New(at)}
			gaps = append(gaps, open)
		}
		open.EndTime = timestamppb.New(at.Add(gapStep))
	}
	return gaps
}
