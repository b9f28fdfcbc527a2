package main

import (
	"bytes"
	"errors"
	"regexp"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/client"
)

func TestAwayIsSaidOnce(t *testing.T) {
	gone := &client.Error{Code: codes.Unavailable, Message: `connection error: desc = "transport: Error while dialing: connection refused"`}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"not there", gone, `the node does not answer since \d\d:\d\d:\d\d, trying on\n`},
		{"cut off", errors.New("rpc error: code = Unavailable"), `the node does not answer since \d\d:\d\d:\d\d, trying on\n`},
		{"read-only", &client.Error{Code: codes.FailedPrecondition, Reason: "READ_ONLY", Message: "the disk is full"}, `the node answers with READ_ONLY \(the disk is full\) since [\d:]+, trying on\n`},
		{"busy", &client.Error{Code: codes.ResourceExhausted}, `the node has too much to do since [\d:]+, trying on\n`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var said bytes.Buffer
			a := &app{streams: streams{err: &said}}
			a.back()
			a.away(test.err, time.Second)
			a.away(gone, time.Second)
			a.back()
			a.back()
			if want := regexp.MustCompile(`^` + test.want + `the node is back\n$`); !want.MatchString(said.String()) {
				t.Errorf("said %q, want %s", said.String(), want)
			}
		})
	}
}
