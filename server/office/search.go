package office

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// tableSearches holds the searches that people keep: id, 16 bytes → serialised
// Search, its etag the number of its change. It is truth.
const tableSearches store.Table = "office.searches"

const (
	searchPrefix = "searches/"
	mostSearches = 1000 // of an office
	mostOwn      = 100  // of one owner
)

// Searches implements spsv1.SearchServiceServer.
type Searches struct {
	spsv1.UnimplementedSearchServiceServer
	s *Service
}

// Searches returns the service of searches.
func (s *Service) Searches() *Searches { return &Searches{s: s} }

// CreateSearch implements spsv1.SearchServiceServer.
func (x *Searches) CreateSearch(ctx context.Context, req *spsv1.CreateSearchRequest) (*spsv1.Search, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := x.acceptable(req.GetSearch()); err != nil {
		return nil, err
	}
	id := uuid.New()
	now := timestamppb.New(x.s.o.Now().UTC())
	made := said(req.GetSearch())
	made.Name, made.Owner, made.Etag, made.CreateTime, made.UpdateTime = searchPrefix+id.String(), owner(caller), "1", now, now
	err = x.s.o.Store.Update(ctx, func(tx store.Tx) error {
		others, err := allSearches(tx)
		if err != nil {
			return err
		}
		if len(others) >= mostSearches {
			return &access.Refusal{
				Code: codes.ResourceExhausted, Reason: access.ReasonTooLarge, Sentence: "the office keeps 1,000 searches: delete one first",
			}
		}
		own := slices.DeleteFunc(slices.Clone(others), func(s *spsv1.Search) bool { return s.GetOwner() != made.GetOwner() })
		if len(own) >= mostOwn {
			return &access.Refusal{
				Code: codes.ResourceExhausted, Reason: access.ReasonTooLarge, Sentence: "you keep 100 searches: delete one first",
			}
		}
		if err := untitled(made, others); err != nil {
			return err
		}
		return putSearch(ctx, tx, id[:], made)
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// GetSearch implements spsv1.SearchServiceServer.
func (x *Searches) GetSearch(ctx context.Context, req *spsv1.GetSearchRequest) (found *spsv1.Search, err error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	err = x.s.o.Store.View(ctx, func(r store.Reader) error {
		_, found, err = searchOf(r, req.GetName(), caller)
		return err
	})
	return found, err
}

// ListSearches implements spsv1.SearchServiceServer.
func (x *Searches) ListSearches(ctx context.Context, _ *spsv1.ListSearchesRequest) (*spsv1.ListSearchesResponse, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListSearchesResponse{}
	err = x.s.o.Store.View(ctx, func(r store.Reader) error {
		all, err := allSearches(r)
		if caller.Role == certs.RoleAdmin {
			resp.Searches = nil
			for _, s := range all {
				resp.Searches = append(resp.Searches, covered(s))
			}
			return err
		}
		resp.Searches = slices.DeleteFunc(all, func(s *spsv1.Search) bool { return !s.GetShared() && s.GetOwner() != owner(caller) })
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(resp.Searches, func(a, b *spsv1.Search) int {
		return cmp.Or(cmp.Compare(plain.Text(a.GetTitle()), plain.Text(b.GetTitle())), cmp.Compare(a.GetName(), b.GetName()))
	})
	return resp, nil
}

// UpdateSearch implements spsv1.SearchServiceServer.
func (x *Searches) UpdateSearch(ctx context.Context, req *spsv1.UpdateSearchRequest) (*spsv1.Search, error) {
	if err := x.acceptable(req.GetSearch()); err != nil {
		return nil, err
	}
	var changed *spsv1.Search
	err := x.change(ctx, req.GetSearch().GetName(), func(tx store.Tx, id []byte, before *spsv1.Search) error {
		if req.GetSearch().GetEtag() != before.GetEtag() {
			return &access.Refusal{
				Code: codes.Aborted, Reason: access.ReasonEtag,
				Sentence: fmt.Sprintf("somebody changed %s meanwhile: read it again, then do what you meant to do", before.GetName()),
			}
		}
		number, err := strconv.ParseUint(before.GetEtag(), 10, 64)
		if err != nil {
			return fmt.Errorf("%w: etag of %s", ledger.ErrCorrupt, before.GetName())
		}
		changed = said(req.GetSearch())
		changed.Name, changed.Owner, changed.CreateTime = before.GetName(), before.GetOwner(), before.GetCreateTime()
		changed.Etag, changed.UpdateTime = strconv.FormatUint(number+1, 10), timestamppb.New(x.s.o.Now().UTC())
		others, err := allSearches(tx)
		if err != nil {
			return err
		}
		if err := untitled(changed, others); err != nil {
			return err
		}
		return putSearch(ctx, tx, id, changed)
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteSearch implements spsv1.SearchServiceServer.
func (x *Searches) DeleteSearch(ctx context.Context, req *spsv1.DeleteSearchRequest) (*emptypb.Empty, error) {
	err := x.change(ctx, req.GetName(), func(tx store.Tx, id []byte, before *spsv1.Search) error {
		if err := tx.Delete(tableSearches, id); err != nil {
			return err
		}
		return access.Record(ctx, tx, before.GetName())
	})
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}

// change does something with a search of the caller.
func (x *Searches) change(ctx context.Context, name string, do func(store.Tx, []byte, *spsv1.Search) error) error {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return err
	}
	return x.s.o.Store.Update(ctx, func(tx store.Tx) error {
		id, before, err := searchOf(tx, name, caller)
		if err != nil {
			return err
		}
		if before.GetOwner() != owner(caller) && caller.Role != certs.RoleAdmin { // whom the table lets only delete
			return &access.Refusal{
				Code: codes.PermissionDenied, Reason: access.ReasonDenied, Sentence: "only its owner changes a shared search: save one of your own",
			}
		}
		return do(tx, id, before)
	})
}

// acceptable refuses a search that no list would take.
func (x *Searches) acceptable(s *spsv1.Search) error {
	_, problems := x.s.o.Queries.ParseQuery(s.GetFilter(), s.GetQuery(), s.GetOrderBy())
	var violations []access.Violation
	for _, p := range problems {
		violations = append(violations, access.Violation{Field: "search." + p.Field, Reason: p.Reason, Sentence: p.Sentence})
	}
	for i, c := range s.GetColumns() {
		if !slices.Contains(names(caseColumns), c) {
			violations = append(violations, access.Violation{
				Field: fmt.Sprintf("search.columns[%d]", i), Reason: "COLUMN", Sentence: "give columns of the export of cases, such as reference",
			})
		}
	}
	if len(violations) > 0 {
		return access.Invalid(violations...)
	}
	return nil
}

// said returns of a search what its owner says.
func said(s *spsv1.Search) *spsv1.Search {
	return &spsv1.Search{
		Title: s.GetTitle(), Filter: s.GetFilter(), Query: s.GetQuery(), OrderBy: s.GetOrderBy(), Columns: s.GetColumns(), Shared: s.GetShared(),
	}
}

// covered returns of a search what an administrator has to know to delete it: an
// administrator reads no statement, nor what somebody looks for in them.
func covered(s *spsv1.Search) *spsv1.Search {
	return &spsv1.Search{
		Name: s.GetName(), Title: s.GetTitle(), Owner: s.GetOwner(), Shared: s.GetShared(), CreateTime: s.GetCreateTime(), UpdateTime: s.GetUpdateTime(),
	}
}

// owner is whose searches a caller sees: by role and id, whatever proves it.
func owner(c access.Caller) string { return string(c.Role) + "/" + c.ID }

// untitled refuses a title that somebody who sees the search would find twice.
func untitled(s *spsv1.Search, others []*spsv1.Search) error {
	for _, other := range others {
		together := other.GetOwner() == s.GetOwner() || other.GetShared() || s.GetShared()
		if other.GetName() != s.GetName() && together && plain.Text(other.GetTitle()) == plain.Text(s.GetTitle()) {
			return access.Invalid(access.Violation{
				Field: "search.title", Reason: "TITLE_TAKEN", Sentence: "give another title: there is a search of this one",
			})
		}
	}
	return nil
}

// searchOf returns a search that a caller may see, and its key.
func searchOf(r store.Reader, name string, caller access.Caller) ([]byte, *spsv1.Search, error) {
	missing := access.NotFound("there is no %s here, or it is another person's", name)
	id, err := uuid.Parse(name[len(searchPrefix):]) // the field rules have seen its form
	if err != nil || searchPrefix+id.String() != name {
		return nil, nil, missing
	}
	row, err := r.Get(tableSearches, id[:])
	if err != nil {
		return nil, nil, err
	}
	if row == nil {
		return nil, nil, missing
	}
	s, err := parseSearch(row)
	if err == nil && !s.GetShared() && s.GetOwner() != owner(caller) && caller.Role != certs.RoleAdmin {
		err = missing
	}
	return id[:], s, err
}

func allSearches(r store.Reader) (all []*spsv1.Search, err error) {
	for row, err := range r.Scan(tableSearches, nil, nil, false) {
		if err != nil {
			return nil, err
		}
		s, err := parseSearch(row.Value)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func parseSearch(row []byte) (*spsv1.Search, error) {
	s := &spsv1.Search{}
	if err := proto.Unmarshal(row, s); err != nil {
		return nil, fmt.Errorf("%w: search: %w", ledger.ErrCorrupt, err)
	}
	return s, nil
}

func putSearch(ctx context.Context, tx store.Tx, id []byte, s *spsv1.Search) error {
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(s)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if err := tx.Put(tableSearches, id, row); err != nil {
		return err
	}
	return access.Record(ctx, tx, s.GetName())
}
