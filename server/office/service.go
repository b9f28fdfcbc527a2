package office

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/upload"
)

// Options is what the service works with. All fields but Findings, FourEyes and CallAfter are required.
type Options struct {
	Ledger *ledger.Ledger
	Book   *casebook.Book
	Roster *certs.Roster
	Store  store.Store      // of the ledger, with the tables of [Tables]
	Now    func() time.Time // the clock of stamps and of office hours

	// MayIssue refuses while the node must not issue for a reason that the
	// ledger does not know, such as a clock that is far off.
	MayIssue func(context.Context) error

	// Findings, if set, is what laboratories report.
	Findings Findings

	// Notices, if set, is what exporters are told.
	Notices Notices

	// Units are the units of the office; nil: it has none.
	Units Units

	// FourEyes is the rule about the second person.
	FourEyes FourEyes

	// CallAfter is after how much of its time somebody is telephoned who has not
	// acknowledged an alert, in percent; as in the options of Book.
	CallAfter int

	// Queries bounds what may be asked of lists and watches.
	Queries casebook.Limits

	// Blobs has the files, and Keep is how long it keeps one that no statement
	// names.
	Blobs *blob.Store
	Keep  time.Duration
	// UploadPace is how many bytes a second an upload has to bring, from its
	// second minute on.
	UploadPace int64
	// Uploads counts what is under way at the node; nil: only what is here.
	Uploads *upload.Desk

	// Codes are the code lists by which codes are looked at.
	Codes *codes.Registry

	// Heartbeat is how often a watch that has nothing to say says so.
	Heartbeat time.Duration
	// Draining is closed when the node begins to stop: watches then end, so
	// that their callers connect again and resume.
	Draining <-chan struct{}
}

// Units is what the service has to know of the units of the office.
type Units interface {
	// Tree returns the units as they are now.
	Tree() routing.Tree
}

// Findings is what the service has to know of what laboratories report.
type Findings interface {
	// LaboratoryOf returns the id of the laboratory for which somebody of the role
	// lab speaks. It refuses whoever speaks for none.
	LaboratoryOf(c access.Caller) (string, error)
	// File returns what a finding says of a file by its local id, if the finding is
	// shown to the caller of ctx.
	File(ctx context.Context, finding, id string) (*spsv1.Attachment, error)
	// Shows reports whether a finding that is shown to the caller of ctx names a file.
	// It refuses a laboratory that speaks for none.
	Shows(ctx context.Context, d blob.Digest) (bool, error)
	// Touch notes, in the transaction that changes a draft, that it changed what
	// became of the findings from which it was begun. If an entry issued it,
	// position is its, and use says which case that is in. A use without a state
	// says that the draft was deleted.
	Touch(tx store.Tx, findings []string, use *spsv1.FindingUse, position uint64) error
	// Wake is called when a transaction with Touch is durable.
	Wake()
	// Ended says which of the findings from which a draft was begun stand no more, or
	// are in another one too.
	Ended(ctx context.Context, r store.Reader, draft string, findings []string) ([]*spsv1.Advice, error)
	// EndedIn says which of the findings behind statements of a case stand no more.
	EndedIn(ctx context.Context, r store.Reader, name string) ([]*spsv1.Advice, error)
}

// Service implements spsv1.CaseServiceServer, spsv1.EvidenceServiceServer and
// spsv1.AttachmentServiceServer. It is safe for concurrent use.
type Service struct {
	spsv1.UnimplementedCaseServiceServer
	spsv1.UnimplementedEvidenceServiceServer
	spsv1.UnimplementedAttachmentServiceServer
	o    Options
	past past // where cards and readdresses stand
}

// New returns the service.
func New(o Options) *Service {
	if o.CallAfter == 0 {
		o.CallAfter = 100
	}
	if o.Uploads == nil {
		o.Uploads = new(upload.Desk)
	}
	return &Service{o: o}
}

func (s *Service) self() certs.Office { return s.o.Roster.Own().Office() }

// GetStatement implements spsv1.CaseServiceServer.
func (s *Service) GetStatement(ctx context.Context, req *spsv1.GetStatementRequest) (*spsv1.IssuedStatement, error) {
	origin, seq, err := parseName(req.GetName(), s.o.Roster.Federation())
	if err != nil {
		return nil, err
	}
	e, err := s.o.Ledger.Entry(ctx, origin, seq)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return nil, err
	}
	var shown *spsv1.IssuedStatement
	if err == nil {
		if shown, err = s.show(ctx, e, viewOr(req.GetView(), full)); err != nil {
			return nil, err
		}
	}
	sees := false
	if shown != nil {
		if sees, err = s.sees(ctx, shown); err != nil {
			return nil, err
		}
	}
	if !sees {
		return nil, access.NotFound("there is no %s here, or it was not addressed to this office", req.GetName())
	}
	return shown, nil
}

const (
	basic = spsv1.StatementView_STATEMENT_VIEW_BASIC
	full  = spsv1.StatementView_STATEMENT_VIEW_FULL
)

func viewOr(view, otherwise spsv1.StatementView) spsv1.StatementView {
	if view == spsv1.StatementView_STATEMENT_VIEW_UNSPECIFIED {
		return otherwise
	}
	return view
}

// newSalt returns 32 random bytes, so that nobody can guess a statement from
// the digest in its leaf.
func newSalt() []byte {
	salt := make([]byte, 32)
	_, _ = rand.Read(salt) // never fails, by its contract
	return salt
}
