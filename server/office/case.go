package office

import (
	"context"
	"encoding/binary"
	"errors"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
)

const (
	casePage     = 100     // statements of a page of a case, unless asked for
	casePageMost = 1000    // at most
	casePageSize = 1 << 20 // bytes after which a page ends
)

// GetCase implements spsv1.CaseServiceServer. Any office may refer to a case as
// often as it likes, so a page is bounded in number and in bytes.
func (s *Service) GetCase(ctx context.Context, req *spsv1.GetCaseRequest) (*spsv1.Case, error) {
	reference := req.GetName()[len(casePrefix):]
	if err := s.mustSee(ctx, reference); err != nil {
		return nil, err
	}
	at := progress{asked: askedCase(reference), begun: s.o.Ledger.Released()}
	if token := req.GetPageToken(); token != "" {
		var err error
		if at, err = parseToken(token, at.asked, at.begun); err != nil {
			return nil, err
		}
		if len(at.mark) != 8 {
			return nil, badToken()
		}
	} else {
		at.mark = make([]byte, 8)
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = casePage
	}
	size = min(size, casePageMost)

	after := binary.BigEndian.Uint64(at.mark)
	whole, parts, err := s.o.Book.Case(ctx, reference, after, at.begun.N, size+1)
	if errors.Is(err, casebook.ErrNotFound) {
		return nil, access.NotFound("there is no case %s here, or it was not addressed to this office", reference)
	}
	if err != nil {
		return nil, err
	}
	view := viewOr(req.GetView(), basic)
	c := &spsv1.Case{Name: req.GetName(), Reference: reference}
	if c.Original, err = s.item(ctx, whole, view); err != nil {
		return nil, err
	}
	if req.GetPageToken() == "" {
		if c.Routing, err = s.o.Book.Routing(ctx, whole.Place); err != nil {
			return nil, err
		}
		if err := s.addState(ctx, c, whole, at.begun); err != nil {
			return nil, err
		}
	}
	bytes := proto.Size(c)
	for i, part := range parts {
		if i == size || i > 0 && bytes >= casePageSize {
			at.mark = binary.BigEndian.AppendUint64(nil, parts[i-1].N)
			c.NextPageToken = at.token()
			break
		}
		shown, err := s.part(ctx, part, view)
		if err != nil {
			return nil, err
		}
		if shown == nil {
			continue
		}
		c.Statements = append(c.Statements, shown)
		bytes += proto.Size(shown)
	}
	return c, nil
}

// part returns a part of a case as it is shown; nil for a readdress, which the
// audience tells of.
func (s *Service) part(ctx context.Context, i casebook.Item, view spsv1.StatementView) (*spsv1.IssuedStatement, error) {
	e, err := s.o.Ledger.Entry(ctx, i.Origin, i.Sequence)
	if err != nil {
		return nil, err
	}
	if e.Leaf.GetType() == spsv1.LeafType_LEAF_TYPE_READDRESS {
		return nil, nil
	}
	return s.item(ctx, i, view)
}
