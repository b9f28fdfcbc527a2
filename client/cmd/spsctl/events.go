package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// event is what a watch of a node sends.
type event[E any] interface {
	*E
	proto.Message
	GetCursor() string
}

// showEvents shows what a watch of a node sends as it comes, until Ctrl-C, and moves
// the cursor, behind which open begins a watch. It waits for a node that is away. lines
// writes an event for people; one of which there is nothing to say is not shown.
func showEvents[E any, P event[E]](ctx context.Context, a *app, as format, cursor *string, open func() (grpc.ServerStreamingClient[E], error), lines func(P) []string) error {
	if err := asItComes(as); err != nil {
		return err
	}
	for {
		err := a.persist(ctx, func() error {
			stream, err := open()
			if err != nil {
				return err
			}
			return showStream(a, as, cursor, stream, lines)
		})
		if err != nil {
			return err
		}
	}
}

// showStream shows what one stream sends until it ends.
func showStream[E any, P event[E]](a *app, as format, cursor *string, stream grpc.ServerStreamingClient[E], lines func(P) []string) error {
	for {
		received, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		a.back()
		e := P(received)
		said := lines(e)
		if as == jsonlFormat && len(said) > 0 {
			said, err = nil, write(a.out, as, e)
		}
		for _, line := range said {
			if _, broken := fmt.Fprintln(a.out, printable(line)); broken != nil {
				err = broken
			}
		}
		if err != nil {
			return err
		}
		*cursor = e.GetCursor()
	}
}
