package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spsalert/spsalert/certs"
)

// errUnread ends what nobody reads any more.
var errUnread = errors.New("whoever read the output has gone, the demo was stopped")

// untilUnread returns a context that ends when the reader of the output has
// gone, as in `spsctl demo | head`, and an app that notices it. By default that
// kills a program on the spot, and would leave the nodes' folder behind.
func (a *app) untilUnread(ctx context.Context) (context.Context, *app, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ignored := make(chan os.Signal, 1) // the write fails, which is enough
	signal.Notify(ignored, syscall.SIGPIPE)
	watched := *a
	watched.out, watched.err = watchPipe(a.out, cancel), watchPipe(a.err, cancel)
	return ctx, &watched, func() {
		signal.Stop(ignored)
		cancel(nil)
	}
}

// pipe is an output whose reader may go away.
type pipe struct {
	io.Writer
	gone context.CancelCauseFunc
}

func watchPipe(w io.Writer, gone context.CancelCauseFunc) io.Writer {
	if isTerminal(w) {
		return w // is no pipe, and known as a terminal by its type
	}
	return pipe{w, gone}
}

func (p pipe) Write(data []byte) (int, error) {
	n, err := p.Writer.Write(data)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		p.gone(errUnread)
	}
	return n, err
}

// officeList writes offices for people.
func officeList(offices []certs.Office) string {
	var all []string
	for _, office := range offices {
		all = append(all, string(office))
	}
	return strings.Join(all, ", ")
}
