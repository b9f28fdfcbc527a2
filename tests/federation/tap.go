package federation

import (
	"context"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/exchange"
)

// tapped shows the oracle every tree and every receipt that goes over a link,
// either way.
func (f *Federation) tapped(dial exchange.Dialer) exchange.Dialer {
	return func(ctx context.Context, card *certs.Card) (exchange.Link, error) {
		link, err := dial(ctx, card)
		if err != nil {
			return nil, err
		}
		return tap{link, f}, nil
	}
}

type tap struct {
	exchange.Link

	f *Federation
}

func (t tap) Send(frame *spsv1.Frame) error {
	t.see(frame)
	return t.Link.Send(frame)
}

func (t tap) Recv() (*spsv1.Frame, error) {
	frame, err := t.Link.Recv()
	t.see(frame)
	return frame, err
}

func (t tap) see(frame *spsv1.Frame) {
	var err error
	switch {
	case frame.GetHead() != nil:
		err = t.f.Oracle.Checkpoint(frame.GetHead().GetCheckpoint(), "a frame")
	case frame.GetReceipt() != nil:
		r := frame.GetReceipt()
		err = t.f.Oracle.Receipt(certs.Office(r.GetOffice()), r.GetNote(), "a frame")
	}
	if err != nil {
		t.f.tb.Errorf("a frame to or from %s: %v", t.Peer().Office, err)
	}
}
