package main

import (
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
)

// away says, once, that a node is away and that it is asked again.
func (a *app) away(err error, _ time.Duration) {
	if a.waiting {
		return
	}
	a.waiting = true
	fmt.Fprintf(a.err, "%s since %s, trying on\n", absence(err), time.Now().Format(time.TimeOnly))
}

// absence says what keeps a node from answering, in words. What the network says
// is of no use to people here.
func absence(err error) string {
	e, ok := answer(err)
	switch {
	case !ok || e.Code == codes.Unavailable && e.Reason == "":
		return "the node does not answer"
	case e.Reason != "":
		return fmt.Sprintf("the node answers with %s (%s)", e.Reason, printable(e.Message))
	case e.Code == codes.ResourceExhausted:
		return "the node has too much to do"
	default:
		return "the node does not answer"
	}
}

// back says, once, that a node that was away is back.
func (a *app) back() {
	if a.waiting {
		a.waiting = false
		fmt.Fprintln(a.err, "the node is back")
	}
}
