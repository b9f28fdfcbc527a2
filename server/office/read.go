package office

import (
	"context"
	"errors"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
)

// read returns what an entry says to this office, and the statement that says
// it, or false if nothing: the entry itself, or, if it is the readdress that
// brought a statement here, that statement. Who was brought in reads the
// statement in its own place too.
func (s *Service) read(ctx context.Context, e ledger.Entry) (ledger.Entry, casebook.Reading, bool, error) {
	if reading, ok := casebook.Read(e, s.self()); ok {
		return e, reading, true, nil
	}
	handed := e
	if e.Leaf.GetType() == spsv1.LeafType_LEAF_TYPE_READDRESS {
		origin, err := certs.ParseOrigin(e.Leaf.GetSubject().GetOrigin())
		if err != nil {
			return ledger.Entry{}, casebook.Reading{}, false, nil //nolint:nilerr // a subject that names no log says nothing
		}
		handed.Origin, handed.Sequence = origin, e.Leaf.GetSubject().GetSequence()
	}
	by, ok, err := s.o.Book.HandedBy(ctx, handed.Origin, handed.Sequence)
	if err != nil || !ok {
		return ledger.Entry{}, casebook.Reading{}, false, err
	}
	readdress := e
	if e.Leaf.GetType() == spsv1.LeafType_LEAF_TYPE_READDRESS {
		if by.Epoch != e.Origin.Epoch || by.Sequence != e.Sequence { // another brought it before
			return ledger.Entry{}, casebook.Reading{}, false, nil
		}
		handed, err = s.o.Ledger.Entry(ctx, handed.Origin, handed.Sequence)
	} else {
		origin := certs.Origin{Federation: e.Origin.Federation, Office: by.Office, Epoch: by.Epoch}
		readdress, err = s.o.Ledger.Entry(ctx, origin, by.Sequence)
		if errors.Is(err, ledger.ErrNotFound) { // it is not released yet, and will show the statement when it is
			return ledger.Entry{}, casebook.Reading{}, false, nil
		}
	}
	if err != nil {
		return ledger.Entry{}, casebook.Reading{}, false, err
	}
	handed.Position, handed.Envelope = readdress.Position, readdress.Envelope
	reading, ok := casebook.ReadHanded(handed)
	return handed, reading, ok, nil
}
