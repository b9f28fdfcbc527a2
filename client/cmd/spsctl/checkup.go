package main

import (
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// soundness is how a check came out.
type soundness string

const (
	soundOK     soundness = "ok"
	soundLook   soundness = "look"   // it works, and somebody should have a look
	soundBroken soundness = "broken" // it does not work
)

// checkup is what one check found.
type checkup struct {
	Soundness soundness `json:"verdict"`
	Check     string    `json:"check"`
	Office    string    `json:"office,omitempty"` // of the peer that it is about
	What      string    `json:"what"`
	Do        string    `json:"do,omitempty"`
	Reason    string    `json:"reason,omitempty"`
}

// checkups are collected check by check.
type checkups []checkup

func (f *checkups) ok(check, what string, args ...any) {
	*f = append(*f, checkup{Soundness: soundOK, Check: check, What: fmt.Sprintf(what, args...)})
}

func (f *checkups) look(check, do, what string, args ...any) {
	*f = append(*f, checkup{Soundness: soundLook, Check: check, Do: do, What: fmt.Sprintf(what, args...)})
}

func (f *checkups) broken(check, do, what string, args ...any) {
	*f = append(*f, checkup{Soundness: soundBroken, Check: check, Do: do, What: fmt.Sprintf(what, args...)})
}

// worst returns the worst of all.
func (f checkups) worst() soundness {
	worst := soundOK
	for _, one := range f {
		if one.Soundness == soundBroken || one.Soundness == soundLook && worst == soundOK {
			worst = one.Soundness
		}
	}
	return worst
}

// printCheckups writes a line for each checkup, and under it what to do.
func (a *app) printCheckups(as format, all checkups) error {
	list := newList(a.out, as, "verdict", "office", "check", "what", "what to do")
	if as != tableFormat {
		for _, f := range all {
			if err := list.add(f, string(f.Soundness), f.Office, f.Check, f.What, f.Do); err != nil {
				return err
			}
		}
		return list.close()
	}
	office := ""
	for _, f := range all {
		if f.Office != office {
			office = f.Office
			fmt.Fprintf(a.out, "\n%s\n", office)
		}
		if _, err := fmt.Fprintf(a.out, "%-6s  %-17s  %s\n", f.Soundness, f.Check, printable(f.What)); err != nil {
			return err
		}
		if f.Do != "" {
			fmt.Fprintf(a.out, "%27s→ %s\n", "", printable(f.Do))
		}
	}
	return nil
}

// soundnessOf translates what the node found.
func soundnessOf(s spsv1.PeerCheckState) soundness {
	switch s {
	case spsv1.PeerCheckState_PEER_CHECK_STATE_OK:
		return soundOK
	case spsv1.PeerCheckState_PEER_CHECK_STATE_LOOK:
		return soundLook
	default: // what is not known must not look well
		return soundBroken
	}
}
