package exchange

import (
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// An entry may be larger than what a thin line carries in a minute. In one
// frame it would keep Credit and urgent entries waiting behind it, and both
// sides would take each other for dead. So it goes in parts that fit the flow.

// featurePart is what a node says in Hello that puts parts together.
const featurePart = "part"

// inParts returns a frame as it goes over the line: as it is, or in parts of
// equal size if it is larger than what the flow wants of a frame. No part is
// then smaller than half of that, so the parts that wait until their frame is
// recorded bound the frames.
func (s *session) inParts(frame *spsv1.Frame, urgent bool) ([]*spsv1.Frame, error) {
	most := s.out.frame()
	if size := proto.Size(frame); size <= most || !s.takes(featurePart) {
		return []*spsv1.Frame{frame}, nil
	}
	b, err := proto.Marshal(frame)
	if err != nil {
		return nil, err
	}
	most -= 16 // what a part has besides its bytes
	count := (len(b) + most - 1) / most
	each := (len(b) + count - 1) / count
	var parts []*spsv1.Frame
	for len(b) > 0 {
		n := min(each, len(b))
		parts = append(parts, &spsv1.Frame{Kind: &spsv1.Frame_Part{Part: &spsv1.FramePart{
			Urgent: urgent, Data: b[:n], Rest: uint64(len(b) - n),
		}}})
		b = b[n:]
	}
	return parts, nil
}

// parted is a frame whose parts have not all come.
type parted struct {
	data []byte
	rest uint64
}

// putPart adds a part to its frame, and judges the frame when it is whole. The
// last part waits as long as the frame does, the others are taken at once.
func (s *session) putPart(p *spsv1.FramePart, size int) (waits bool, _ *ending) {
	lane := &s.inbox.parts[0]
	if p.GetUrgent() {
		lane = &s.inbox.parts[1]
	}
	n := uint64(len(p.GetData()))
	switch {
	case n == 0, len(lane.data) > 0 && lane.rest != n+p.GetRest():
		return false, refuse(ReasonBadEncoding, "part of %d bytes with %d to follow, want %d together", n, p.GetRest(), lane.rest)
	case p.GetRest() > MaxFrame || uint64(len(lane.data))+n+p.GetRest() > MaxFrame:
		return false, refuse(access.ReasonTooLarge, "frame in parts of more than %d bytes", MaxFrame)
	}
	lane.data, lane.rest = append(lane.data, p.GetData()...), p.GetRest()
	if lane.rest > 0 {
		return false, nil
	}
	whole := lane.data
	*lane = parted{}
	frame := new(spsv1.Frame)
	if err := proto.Unmarshal(whole, frame); err != nil {
		return false, refuse(ReasonBadEncoding, "frame in parts: %v", err)
	}
	if s.inbox.whole += len(whole); s.inbox.whole > maxWindow {
		return false, closing(spsv1.ByeReason_BYE_REASON_QUOTA, ReasonQuota, "%d bytes in frames that came in parts, want at most %d", s.inbox.whole, maxWindow)
	}
	switch kind := frame.GetKind().(type) {
	case *spsv1.Frame_Entries:
		err := s.putEntries(kind.Entries, size, len(whole))
		return err == nil, err
	case *spsv1.Frame_Urgent:
		err := s.putUrgent(kind.Urgent, size, len(whole))
		return err == nil, err
	}
	return false, refuse(ReasonBadEncoding, "a frame in parts that has neither entries nor an urgent entry")
}
