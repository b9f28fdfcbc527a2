package trader

import (
	"context"
	"sync"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// Cases are the cases of the office.
type Cases interface {
	// Folded returns what the entries of a case that are here up to a position add
	// up to, and these entries, the original first; nil if there is no such case
	// here. Nobody may change them.
	Folded(ctx context.Context, reference string, upTo uint64) (*spsv1.CaseState, []statement.CaseEntry, error)
	// Sees reports, in a transaction, whether a case is shown to a person of the
	// office.
	Sees(r store.Reader, caller access.Caller, reference string) (bool, error)
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
	// PrepareFollowUp completes and checks a follow-up, as FollowUpCase does for a
	// request with draft, and returns what begins the draft in a transaction of the
	// caller, who writes the audit record.
	PrepareFollowUp(ctx context.Context, req *spsv1.FollowUpCaseRequest) (begin func(store.Tx) (*spsv1.Draft, error), err error)
	// GetDraft returns a draft that is shown to the caller of ctx.
	GetDraft(ctx context.Context, req *spsv1.GetDraftRequest) (*spsv1.Draft, error)
	// UseOf returns what became of a draft, nil if it was deleted.
	UseOf(r store.Reader, name string) (*spsv1.FindingUse, error)
}

// Rule is what an office lets go to exporters by itself.
type Rule struct {
	// AtOnce are the classifications of which an exact match is sent without an
	// officer. None: an officer releases each notice.
	AtOnce []spsv1.Classification
	// ExactCode is how many letters and digits a code has at least of which a match is
	// exact. A shorter one is proposed to an officer.
	ExactCode int
	// AnswerWithin is how long an exporter has to answer.
	AnswerWithin time.Duration
	// Answers and Files bound how many of both one notice takes, and Length how many
	// characters the texts of one answer have together.
	Answers, Files, Length int
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

	// settling is held from reading a case until its notices are written, so that
	// nothing older is written over what is newer.
	settling sync.Mutex

	mu    sync.Mutex
	woken chan struct{} // closed when a notice or the register changed
}

// New returns the service.
func New(o Options) *Service { return &Service{o: o, woken: make(chan struct{})} }

// changed returns a channel that is closed when the next notice or exporter has
// changed, durably.
func (s *Service) changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.woken
}

func (s *Service) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.woken)
	s.woken = make(chan struct{})
}

// where returns for whom exporters are looked for.
func (s *Service) where() where {
	return where{office: s.office(), zone: s.o.Roster.Own().Zone(), exactCode: s.o.Rule.ExactCode}
}

// office returns the code of the own office.
func (s *Service) office() string { return string(s.o.Roster.Own().Office()) }
