package main

import (
	"fmt"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// damaged is one thing that the disk did to the ledger of a node.
type damaged struct {
	check, words string
	do           string
	broken       bool // somebody has to do something, else it is enough to look
}

// damageOf puts into words what the disk did to a ledger.
func damageOf(l *spsv1.LedgerStanding) (all []damaged) {
	const runbook, lost = "docs/runbook.md, SpsdLedgerDamaged", "docs/runbook.md, SpsdLedgerLost"
	if n := l.GetDamageCount(); n > 0 {
		all = append(all, damaged{check: "disk", do: "look at the disk; " + runbook, words: fmt.Sprintf(
			"it gave back other bytes than were written, found %s since the start; what is damaged is not sent, and is had again", times(n))})
	}
	if logs := l.GetDamagedLogs(); len(logs) > 0 {
		all = append(all, damaged{check: "damaged entries", do: "connect a peer that holds it; " + runbook, words: fmt.Sprintf(
			"entries of %s come again from a peer, and have not yet", strings.Join(logs, ", "))})
	}
	if n := l.GetLostCount(); n > 0 {
		var names []string
		for _, e := range l.GetLost() {
			names = append(names, first(e.GetReference(), fmt.Sprintf("entry %d of %s", e.GetSequence(), e.GetOrigin())))
		}
		if n > uint64(len(names)) {
			names = append(names, "…")
		}
		all = append(all, damaged{check: "lost text", broken: true, do: "connect those they are for; " + lost, words: fmt.Sprintf(
			"%d own entries are held without their text, and no peer has sent it back: %s", n, strings.Join(names, ", "))})
	}
	return all
}

// times says how often.
func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// damage judges what the disk did to the ledger.
func (d *doctor) damage(l *spsv1.LedgerStanding) {
	all := damageOf(l)
	for _, damage := range all {
		if damage.broken {
			d.broken(damage.check, damage.do, "%s", damage.words)
		} else {
			d.look(damage.check, damage.do, "%s", damage.words)
		}
	}
	if len(all) == 0 {
		d.ok("disk", "nothing of the ledger was found damaged since the start, and nothing is lost")
	}
}
