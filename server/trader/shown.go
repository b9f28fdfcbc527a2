package trader

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// Shows reports whether an answer to a notice that is shown to the caller of ctx
// names a file.
func (s *Service) Shows(ctx context.Context, file blob.Digest) (bool, error) {
	var names []string
	err := s.o.Store.View(ctx, func(r store.Reader) error {
		names = nil
		for row, err := range r.Scan(tableFiles, file[:], store.PrefixEnd(file[:]), false) {
			if err != nil {
				return err
			}
			id, err := uuid.FromBytes(bytes.Clone(row.Key[len(file):]))
			if err != nil {
				return ledger.ErrCorrupt
			}
			names = append(names, noticePrefix+id.String())
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	for _, name := range names {
		_, err := s.GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: name})
		if refused, ok := errors.AsType[*access.Refusal](err); ok && refused.Code == codes.NotFound {
			continue
		}
		return err == nil, err
	}
	return false, nil
}
