package main

import (
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// verdict is how a check came out.
type verdict string

const (
	verdictOK     verdict = "ok"
	verdictLook   verdict = "look"   // it works, and somebody should have a look
	verdictBroken verdict = "broken" // it does not work
)

// finding is what one check found.
type finding struct {
	Verdict verdict `json:"verdict"`
	Check   string  `json:"check"`
	Office  string  `json:"office,omitempty"` // of the peer that it is about
	What    string  `json:"what"`
	Do      string  `json:"do,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

// findings are collected check by check.
type findings []finding

func (f *findings) ok(check, what string, args ...any) {
	*f = append(*f, finding{Verdict: verdictOK, Check: check, What: fmt.Sprintf(what, args...)})
}

func (f *findings) look(check, do, what string, args ...any) {
	*f = append(*f, finding{Verdict: verdictLook, Check: check, Do: do, What: fmt.Sprintf(what, args...)})
}

func (f *findings) broken(check, do, what string, args ...any) {
	*f = append(*f, finding{Verdict: verdictBroken, Check: check, Do: do, What: fmt.Sprintf(what, args...)})
}

// worst returns the worst verdict of all.
func (f findings) worst() verdict {
	worst := verdictOK
	for _, one := range f {
		if one.Verdict == verdictBroken || one.Verdict == verdictLook && worst == verdictOK {
			worst = one.Verdict
		}
	}
	return worst
}

// print writes a line for each finding, and under it what to do.
func (a *app) printFindings(as format, all findings) error {
	list := newList(a.out, as, "verdict", "office", "check", "what", "what to do")
	if as != tableFormat {
		for _, f := range all {
			if err := list.add(f, string(f.Verdict), f.Office, f.Check, f.What, f.Do); err != nil {
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
		if _, err := fmt.Fprintf(a.out, "%-6s  %-17s  %s\n", f.Verdict, f.Check, printable(f.What)); err != nil {
			return err
		}
		if f.Do != "" {
			fmt.Fprintf(a.out, "%27s→ %s\n", "", printable(f.Do))
		}
	}
	return nil
}

// verdictOf translates what the node found.
func verdictOf(s spsv1.PeerCheckState) verdict {
	switch s {
	case spsv1.PeerCheckState_PEER_CHECK_STATE_OK:
		return verdictOK
	case spsv1.PeerCheckState_PEER_CHECK_STATE_LOOK:
		return verdictLook
	default: // what is not known must not look well
		return verdictBroken
	}
}
