package unit

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
)

// Options is what the service works with. All fields are required.
type Options struct {
	Store  store.Store // with the tables of [Tables]
	Roster *certs.Roster
	Now    func() time.Time // the clock of stamps

	// Book returns the casebook, which asks the service where cases go, and so is
	// opened later; it is not called before. Case returns the place of the original
	// of a case that the caller of ctx sees, by its name.
	Book func() *casebook.Book
	Case func(ctx context.Context, name string) (casebook.Place, error)

	// Findings and Cases return what the caller of ctx is shown: that of some names,
	// or the last ones.
	Findings func(ctx context.Context, names []string, last int) ([]*spsv1.LabFinding, error)
	Cases    func(ctx context.Context, names []string, last int) ([]routing.Case, error)
	// Matter returns what rules look at in a finding.
	Matter func(*spsv1.LabFinding, routing.Tree) routing.Matter
}

// Service implements spsv1.UnitServiceServer. It is safe for concurrent use.
type Service struct {
	spsv1.UnimplementedUnitServiceServer
	o    Options
	tree atomic.Pointer[planted]
}

// planted is the tree of a card.
type planted struct {
	card *certs.Card
	tree routing.Tree
}

// New returns the service.
func New(o Options) *Service { return &Service{o: o} }

// Tree returns the units on the own card as it is now.
func (s *Service) Tree() routing.Tree {
	card := s.o.Roster.Own()
	if p := s.tree.Load(); p != nil && p.card == card {
		return p.tree
	}
	p := &planted{card: card, tree: routing.NewTree(card.Message())}
	s.tree.Store(p)
	return p.tree
}

// ListUnits implements spsv1.UnitServiceServer.
func (s *Service) ListUnits(_ context.Context, req *spsv1.ListUnitsRequest) (*spsv1.ListUnitsResponse, error) {
	own := s.o.Roster.Own()
	if office := certs.Office(req.GetOffice()); office != "" && office != own.Office() {
		card, known := s.o.Roster.Card(office)
		if !known {
			return nil, access.NotFound("there is no %s", "peers/"+string(office))
		}
		return &spsv1.ListUnitsResponse{Office: string(office), Units: routing.NewTree(card.Message()).Ordered()}, nil
	}
	return &spsv1.ListUnitsResponse{Office: string(own.Office()), Units: s.Tree().Ordered()}, nil
}

// keeper returns who changes what the whole office goes by: nobody of a unit.
func keeper(ctx context.Context) (access.Caller, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return access.Caller{}, err
	}
	if !caller.Focal() {
		return access.Caller{}, &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonDenied,
			Sentence: "this is for the focal point, and you belong to a unit: ask a validator of the focal point or the administrator",
		}
	}
	return caller, nil
}

// nextChange returns the number of the change of something with an etag, which
// somebody means to replace as it was read.
func nextChange(what, etag, read string) (uint64, error) {
	if etag != read {
		return 0, &access.Refusal{
			Code: codes.Aborted, Reason: access.ReasonEtag,
			Sentence: fmt.Sprintf("somebody changed %s meanwhile: read it again, then do what you meant to do", what),
		}
	}
	number, err := strconv.ParseUint(etag, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: etag of %s: %w", ledger.ErrCorrupt, what, err)
	}
	return number + 1, nil
}
