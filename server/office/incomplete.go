package office

import (
	"context"
	"errors"
	"slices"
	"sort"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// incomplete returns the offices whose entries may be missing here, because this
// office was brought in later: who takes part, has handed nothing on to it, and
// has said something since the case began to others who take part. What that was
// about nobody here can tell, so it may belong to another case; who has said
// nothing, or only to others, is not named.
func (s *Service) incomplete(ctx context.Context, f *folded) ([]string, error) {
	self := string(s.self())
	if s.self() == f.original.Origin.Office || reads(f.original.Audience, self) {
		return nil, nil
	}
	handed := make(map[string]bool)
	for _, e := range f.others {
		if e.Readdress != nil && reads(e.Audience, self) {
			handed[string(e.Origin.Office)] = true
		}
	}
	takePart := []string{string(f.original.Origin.Office)}
	for _, p := range f.State().GetParticipants() {
		if p.GetOffice() != "" && !p.GetByHand() {
			takePart = append(takePart, p.GetOffice())
		}
	}
	var missing []string
	for _, office := range takePart {
		if office == self || handed[office] {
			continue
		}
		said, err := s.toldOthers(ctx, certs.Office(office), f.original.Time.Add(-clocksApart), takePart)
		if err != nil {
			return nil, err
		}
		if said {
			missing = append(missing, office)
		}
	}
	return missing, nil
}

// clocksApart is how far the clocks of two offices are apart at most: with one
// that is further off nothing is issued.
const clocksApart = 24 * time.Hour

// toldOthers reports whether an office has issued a statement since a time to one
// of some others that this office may not read.
func (s *Service) toldOthers(ctx context.Context, by certs.Office, since time.Time, others []string) (bool, error) {
	logs, err := s.logsOf(ctx, by)
	if err != nil {
		return false, err
	}
	said := false
	for _, o := range logs {
		from, err := s.firstSince(ctx, o, since)
		if err != nil {
			return false, err
		}
		_, err = s.o.Ledger.Leaves(ctx, o, from, func(_ uint64, b []byte) {
			if said {
				return
			}
			leaf, err := seal.ParseLeaf(b)
			if err != nil || leaf.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT || reads(leaf.GetAudience(), string(s.self())) {
				return
			}
			said = slices.ContainsFunc(leaf.GetAudience().GetOffices(), func(office string) bool {
				return office != string(by) && slices.Contains(others, office)
			})
		})
		if said || err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return said, err
		}
	}
	return false, nil
}

// firstSince returns the sequence in a log of its first entry that is not from
// before a time. The times of a log never fall.
func (s *Service) firstSince(ctx context.Context, o certs.Origin, since time.Time) (uint64, error) {
	head, err := s.o.Ledger.Head(ctx, o)
	if err != nil {
		return 0, err
	}
	first := sort.Search(int(min(head.Size, 1<<40)), func(i int) bool {
		e, failed := s.o.Ledger.Entry(ctx, o, uint64(i))
		if failed != nil {
			err = failed
			return true
		}
		return !e.Leaf.GetTime().AsTime().Before(since)
	})
	return uint64(first), err
}
