package intake

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// show returns an import as its reader reads it.
func (j *job) show(ctx context.Context) *spsv1.Import {
	for _, p := range slices.Concat(j.shown.GetProblems(), j.shown.GetNotes()) {
		p.Sentence = access.Worded(ctx, p.GetReason(), p.GetSentence())
	}
	return j.shown
}

// GetImport implements spsv1.ImportServiceServer.
func (s *Service) GetImport(ctx context.Context, req *spsv1.GetImportRequest) (*spsv1.Import, error) {
	j, err := s.shown(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	return j.show(ctx), nil
}

// errToken refuses a page token that no list gave.
func errToken() error {
	return access.Invalid(access.Violation{
		Field: "page_token", Reason: "PAGE_TOKEN", Sentence: "give the nextPageToken of the page before, as it came",
	})
}

// maxPageBytes ends a page early, so that it stays below the limit of a gRPC message
// whatever the next import adds.
const maxPageBytes = 2 << 20

// ListImports implements spsv1.ImportServiceServer.
func (s *Service) ListImports(ctx context.Context, req *spsv1.ListImportsRequest) (*spsv1.ListImportsResponse, error) {
	kinds := slices.Sorted(maps.Keys(s.kinds))
	if req.GetKind() != "" {
		kinds = []string{req.GetKind()}
	}
	token, err := base64.RawURLEncoding.Strict().DecodeString(req.GetPageToken())
	if err != nil {
		return nil, errToken()
	}
	from, _, _ := strings.Cut(string(token), "\x00")
	resp := &spsv1.ListImportsResponse{}
	var refused error
	for _, kind := range kinds {
		if kind < from || resp.GetNextPageToken() != "" {
			continue
		}
		_, owner, err := s.owned(ctx, kind)
		if err != nil {
			refused = err
			continue
		}
		below := store.PrefixEnd(ownerKey(kind, owner))
		if kind == from {
			if below = token; !bytes.HasPrefix(token, ownerKey(kind, owner)) {
				return nil, errToken()
			}
		}
		if err := s.listKind(ctx, resp, ownerKey(kind, owner), below, access.PageSize(req.GetPageSize())); err != nil {
			return nil, err
		}
	}
	if req.GetKind() != "" && refused != nil {
		return nil, refused
	}
	return resp, nil
}

// beyond is behind what follows the prefix of an owner in any key.
var beyond = bytes.Repeat([]byte{0xff}, 8+idSize)

// listKind adds the imports of one kind and owner, up to a number of all.
func (s *Service) listKind(ctx context.Context, resp *spsv1.ListImportsResponse, prefix, below []byte, most int) error {
	before, sizeBefore := len(resp.GetImports()), proto.Size(resp)
	return s.o.Store.View(ctx, func(r store.Reader) error {
		size := sizeBefore
		resp.Imports, resp.NextPageToken = resp.GetImports()[:before], ""
		last := append(bytes.Clone(prefix), beyond...) // the kind before may have filled the page
		for row, err := range r.Scan(tableOwners, prefix, below, true) {
			if err != nil {
				return err
			}
			if len(resp.GetImports()) == most || size > maxPageBytes {
				resp.NextPageToken = base64.RawURLEncoding.EncodeToString(last)
				return nil
			}
			id, _ := uuid.FromBytes(row.Key[len(row.Key)-idSize:])
			j, err := get(r, namePrefix+id.String())
			if err != nil {
				return err
			}
			if j != nil {
				resp.Imports = append(resp.Imports, j.show(ctx))
				size += proto.Size(j.shown)
			}
			last = bytes.Clone(row.Key)
		}
		return nil
	})
}

// ListRowErrors implements spsv1.ImportServiceServer.
func (s *Service) ListRowErrors(ctx context.Context, req *spsv1.ListRowErrorsRequest) (*spsv1.ListRowErrorsResponse, error) {
	j, err := s.shown(ctx, req.GetParent())
	if err != nil {
		return nil, err
	}
	var from uint64
	if req.GetPageToken() != "" {
		if from, err = strconv.ParseUint(req.GetPageToken(), 10, 32); err != nil {
			return nil, errToken()
		}
	}
	to := uint64(min(j.shown.GetCounts().GetErrors(), maxErrors))
	if req.GetNotes() {
		to = uint64(min(j.shown.GetCounts().GetNotes(), maxNotes))
	}
	next := min(to, from+uint64(access.PageSize(req.GetPageSize())))
	if next <= from {
		return &spsv1.ListRowErrorsResponse{}, nil
	}
	p := phaseOf(j.shown)
	var resp *spsv1.ListRowErrorsResponse
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		resp = &spsv1.ListRowErrorsResponse{}
		for row, err := range r.Scan(tableErrors, errorKey(j.id(), p, req.GetNotes(), from), errorKey(j.id(), p, req.GetNotes(), next), false) {
			if err != nil {
				return err
			}
			e := &spsv1.RowError{}
			if err := proto.Unmarshal(row.Value, e); err != nil {
				return fmt.Errorf("%w: row error %d of %s: %w", ledger.ErrCorrupt, binary.BigEndian.Uint64(row.Key[len(row.Key)-8:]), j.shown.GetName(), err)
			}
			resp.RowErrors = append(resp.RowErrors, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, e := range resp.GetRowErrors() {
		e.Sentence = access.Worded(ctx, e.GetReason(), e.GetSentence())
	}
	if next < to {
		resp.NextPageToken = fmt.Sprint(next)
	}
	return resp, nil
}
