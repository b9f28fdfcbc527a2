package trader

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// Cases folds cases.
type Cases interface {
	// Folded returns what the entries of a case that are here up to a position add
	// up to, and these entries, the original first; nil if there is no such case
	// here. Nobody may change them.
	Folded(ctx context.Context, reference string, upTo uint64) (*spsv1.CaseState, []statement.CaseEntry, error)
}

// Files is what the service has to know of files that answers name.
type Files interface {
	// CheckFiles returns what is wrong with files as they are named in the field
	// at path.
	CheckFiles(ctx context.Context, path string, files []*spsv1.Attachment) ([]access.Violation, error)
	// PinFiles keeps files until release is called. It refuses if one is not here.
	PinFiles(path string, files []*spsv1.Attachment) (release func(), err error)
}

// Drafts is where answers become drafts.
type Drafts interface {
	// BeginFollowUp begins a draft of a follow-up, as FollowUpCase does for a
	// request with draft.
	BeginFollowUp(ctx context.Context, req *spsv1.FollowUpCaseRequest) (*spsv1.Draft, error)
	// GetDraft returns a draft that is shown to the caller of ctx.
	GetDraft(ctx context.Context, req *spsv1.GetDraftRequest) (*spsv1.Draft, error)
}

// Rule is what an office lets go to exporters by itself.
type Rule struct {
	// AtOnce are the classifications of which an exact match is sent without an
	// officer. None: an officer releases each notice.
	AtOnce []spsv1.Classification
	// AnswerWithin is how long an exporter has to answer.
	AnswerWithin time.Duration
}

// Options is what the service works with. All fields are required.
type Options struct {
	Store  store.Store // with the tables of [Tables]
	Ledger *ledger.Ledger
	Book   *casebook.Book
	Roster *certs.Roster
	Cases  Cases
	Files  Files
	Drafts Drafts
	Rule   Rule
	Now    func() time.Time // the clock of stamps

	// Heartbeat is how often a watch that has nothing to say says so.
	Heartbeat time.Duration
	// Draining is closed when the node begins to stop: watches then end.
	Draining <-chan struct{}
}

// Service implements spsv1.ExporterServiceServer and
// spsv1.ConsignmentServiceServer. It is safe for concurrent use.
type Service struct {
	spsv1.UnimplementedExporterServiceServer
	spsv1.UnimplementedConsignmentServiceServer
	o Options

	mu      sync.Mutex
	changed chan struct{} // closed when a notice or the register changed
}

// New returns the service.
func New(o Options) *Service { return &Service{o: o, changed: make(chan struct{})} }

// Changed returns a channel that is closed when the next notice or exporter has
// changed, durably.
func (s *Service) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Service) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// office returns the code of the own office.
func (s *Service) office() string { return string(s.o.Roster.Own().Office()) }

// viewer is who reads notices.
type viewer struct {
	caller access.Caller
	// exporter is the id of the one whose notices alone are shown; "" for the
	// people of the office.
	exporter string
}

// viewer returns who calls. It refuses whoever calls as an exporter and speaks for
// none that is served.
func (s *Service) viewer(ctx context.Context) (v viewer, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		v, err = viewerIn(ctx, r)
		return err
	})
	return v, err
}

// viewerIn is viewer in a transaction.
func viewerIn(ctx context.Context, r store.Reader) (viewer, error) {
	caller, ok := access.From(ctx)
	if !ok {
		return viewer{}, errors.New("a call without a caller")
	}
	if caller.Role != certs.RoleExporter {
		return viewer{caller: caller}, nil
	}
	id, err := r.Get(tablePeople, []byte(caller.ID))
	if err != nil {
		return viewer{}, err
	}
	e, err := getExporter(r, string(id))
	if err != nil {
		return viewer{}, err
	}
	if e.GetState() != spsv1.ExporterState_EXPORTER_STATE_ACTIVE {
		return viewer{}, &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonDenied,
			Sentence: "the office serves no exporter for whom you speak: ask it to register you",
		}
	}
	return viewer{caller: caller, exporter: string(id)}, nil
}

// sees reports whether the viewer is shown a notice.
func (v viewer) sees(n *spsv1.ConsignmentNotice) bool {
	if v.exporter == "" {
		return v.caller.Role != certs.RoleExporter
	}
	return exporterID(n.GetExporter()) == v.exporter && n.GetSendTime() != nil
}

// missing refuses what is not there, and what is not shown, in the same words.
func missing(name string) error {
	return access.NotFound("there is no %s here, or it is not shown to you", name)
}

// Names reports whether an answer names a file: it is kept as if a statement did,
// and the people of the office may name it.
func (s *Service) Names(ctx context.Context, file blob.Digest) (named bool, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) (err error) {
		named, err = hasAny(r, tableFiles, file[:])
		return err
	})
	return named, err
}

// File returns what an answer says of a file by its local id, if the notice is
// shown to the caller of ctx.
func (s *Service) File(ctx context.Context, notice, id string) (*spsv1.Attachment, error) {
	n, err := s.GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: notice})
	if refused, ok := errors.AsType[*access.Refusal](err); ok && refused.Code == codes.NotFound {
		return nil, missing(notice + "/attachments/" + id)
	}
	if err != nil {
		return nil, err
	}
	for _, a := range n.GetAnswers() {
		for _, f := range a.GetAttachments() {
			if f.GetId() == id {
				return f, nil
			}
		}
	}
	return nil, missing(notice + "/attachments/" + id)
}
