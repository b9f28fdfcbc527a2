package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// maxEpochs is how many earlier logs of a peer are wanted besides its current
// one. An office opens a new epoch a few times in its life, if ever.
const maxEpochs = 16

// epochs returns the logs of the peer before its current one that its card
// names, which are followed to their ends too, and all that are held here, whose
// heads it is told: they may be news to it, if its node was restored.
func (s *session) epochs(ctx context.Context, current certs.Origin) (earlier, held []certs.Origin, err error) {
	for _, o := range s.peer.Card.Origins() {
		if o.Epoch < current.Epoch {
			earlier = append(earlier, o)
		}
	}
	if len(earlier) > maxEpochs {
		earlier = earlier[len(earlier)-maxEpochs:]
	}
	heads, err := s.x.ledger.Heads(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, h := range heads {
		if h.Origin.Office != s.peer.Office {
			continue
		}
		held = append(held, h.Origin)
		if h.Origin.Epoch > current.Epoch {
			s.rolledBack(current, h.Size, h.Size)
		}
	}
	return earlier, held, nil
}

// beginEpoch puts the card into the roster that opens a new log of an office:
// the log's first entry, without which its signatures cannot be checked. It
// counts only if it follows the accepted card: by the same card key, numbered
// one higher. A card that does not leaves the roster as it is, and the package
// to be refused.
func (x *Exchange) beginEpoch(ctx context.Context, p ledger.Package) error {
	if p.Start > 0 || len(p.Leaves) == 0 || len(x.roster.Keys(p.Origin)) > 0 {
		return x.checkLink(ctx, p)
	}
	leaf, err := seal.ParseLeaf(p.Leaves[0])
	if err != nil || leaf.GetType() != spsv1.LeafType_LEAF_TYPE_CARD || len(p.Bodies) == 0 || p.Bodies[0].Sequence != 0 ||
		seal.CheckEnvelope(leaf, p.Bodies[0].Envelope) != nil {
		return nil //nolint:nilerr // the ledger refuses it
	}
	if err := x.applyCard(ctx, p.Origin.Office, p.Bodies[0].Envelope); err != nil {
		reason := ReasonCardRefused
		if errors.Is(err, certs.ErrCardConflict) {
			reason = ReasonInconsistent
		}
		x.alarm(p.Origin.Office, reason, fmt.Sprintf("the card that opens %s: %v", p.Origin, err))
		return nil
	}
	x.logger.LogAttrs(ctx, slog.LevelWarn, "a peer goes on in a new epoch", slog.String("peer", string(p.Origin.Office)),
		slog.String("log", p.Origin.String()))
	return x.checkLink(ctx, p)
}

// checkLink compares what an office says about the end of its old log, in the
// second entry of the new one, with what is held here of it. Two trees that
// cannot both be are an alarm.
func (x *Exchange) checkLink(ctx context.Context, p ledger.Package) error {
	link := linkOf(p)
	old, err := certs.ParseOrigin(link.GetPreviousOrigin())
	if err != nil || old.Office != p.Origin.Office {
		return nil //nolint:nilerr // there is no link here
	}
	root, err := x.ledger.RootAt(ctx, old, link.GetPreviousSize())
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("link of %s: %w", p.Origin, err)
	}
	if !bytes.Equal(root[:], link.GetPreviousRoot()) {
		x.alarm(p.Origin.Office, ReasonInconsistent, fmt.Sprintf(
			"%s says that %s had another root at size %d than the entries held here", p.Origin, old, link.GetPreviousSize()))
	}
	return nil
}

// linkOf returns the link in a package to the log before, nil if there is none.
func linkOf(p ledger.Package) *spsv1.EpochLink {
	const second = 1
	if p.Origin.Epoch == 1 || p.Start > second || p.End() <= second {
		return nil
	}
	for _, b := range p.Bodies {
		if b.Sequence != second {
			continue
		}
		leaf, err := seal.ParseLeaf(p.Leaves[second-p.Start])
		if err != nil || leaf.GetType() != spsv1.LeafType_LEAF_TYPE_EPOCH || seal.CheckEnvelope(leaf, b.Envelope) != nil {
			return nil
		}
		var outer spsv1.Envelope
		var link spsv1.EpochLink
		if proto.Unmarshal(b.Envelope, &outer) != nil || outer.GetPayloadType() != ledger.EpochPayload ||
			proto.Unmarshal(outer.GetPayload(), &link) != nil {
			return nil
		}
		return &link
	}
	return nil
}
