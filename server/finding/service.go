package finding

import (
	"context"
	"crypto/cipher"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// Files is what the service has to know of files that findings name.
type Files interface {
	// CheckFiles returns what is wrong with files as they are named in the field
	// at path.
	CheckFiles(ctx context.Context, path string, files []*spsv1.Attachment) ([]access.Violation, error)
	// PinFiles keeps files until release is called. It refuses if one is not here.
	PinFiles(path string, files []*spsv1.Attachment) (release func(), err error)
}

// Options is what the service works with. All fields are required.
type Options struct {
	Store  store.Store // with the tables of [Tables]
	Ledger *ledger.Ledger
	Roster *certs.Roster
	Files  Files
	Drafts Drafts
	Units  Units
	// Holders returns who has a token or account of a role.
	Holders func(ctx context.Context, role certs.Role) ([]access.Caller, error)
	Now     func() time.Time // the clock of stamps

	// Heartbeat is how often a watch that has nothing to say says so.
	Heartbeat time.Duration
	// Draining is closed when the node begins to stop: watches then end.
	Draining <-chan struct{}
}

// Service implements spsv1.FindingServiceServer. It is safe for concurrent use.
type Service struct {
	spsv1.UnimplementedFindingServiceServer
	o Options

	sealer cipher.AEAD // of cursors of laboratories; set by Begin

	mu      sync.Mutex
	changed chan struct{} // closed when a finding was posted or changed
}

// New returns the service.
func New(o Options) *Service { return &Service{o: o, changed: make(chan struct{})} }

// Changed returns a channel that is closed when the next finding was posted or
// changed, durably.
func (s *Service) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Wake has watches look whether something changed. It is called after a
// transaction with [Touch] was made durable.
func (s *Service) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Names reports whether any finding names a file.
func (s *Service) Names(ctx context.Context, d blob.Digest) (bool, error) {
	return s.names(ctx, fileTerm(d), func(*spsv1.LabFinding) bool { return true })
}

// Shows reports whether a finding that is shown to the caller of ctx names a file.
// It refuses a laboratory that speaks for none.
func (s *Service) Shows(ctx context.Context, d blob.Digest) (bool, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return false, err
	}
	prefix := fileTerm(d)
	if who.caller.Role == certs.RoleLab {
		prefix = append(append(prefix, who.laboratory...), 0)
	}
	return s.names(ctx, prefix, who.sees)
}

// names reports whether one of the findings that stand in the index behind a
// prefix is one that is looked for.
func (s *Service) names(ctx context.Context, prefix []byte, wanted func(*spsv1.LabFinding) bool) (named bool, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		for row, err := range r.Scan(tableIndex, prefix, store.PrefixEnd(prefix), false) {
			if err != nil {
				return err
			}
			f, err := get(r, row.Key[len(row.Key)-idSize:])
			if err != nil {
				return err
			}
			if named = f != nil && wanted(f); named {
				return nil
			}
		}
		return nil
	})
	return named, err
}

// Reported returns the files that the findings in a store name. It needs no index,
// so that it serves for a copy of a store of an earlier version too.
func Reported(r store.Reader) (map[blob.Digest]bool, error) {
	files := make(map[blob.Digest]bool)
	for row, err := range r.Scan(tableFindings, nil, nil, false) {
		if err != nil {
			return nil, err
		}
		f := &spsv1.LabFinding{}
		if err := proto.Unmarshal(row.Value, f); err != nil {
			return nil, fmt.Errorf("%w: finding %x: %w", ledger.ErrCorrupt, row.Key, err)
		}
		for _, a := range f.GetAttachments() {
			if sum, ok := blob.DigestOf(a.GetSha256()); ok {
				files[sum] = true
			}
		}
	}
	return files, nil
}

// GetFinding implements spsv1.FindingServiceServer.
func (s *Service) GetFinding(ctx context.Context, req *spsv1.GetFindingRequest) (*spsv1.LabFinding, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	var found *spsv1.LabFinding
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		if found, err = who.seen(r, req.GetName()); err != nil {
			return err
		}
		return s.used(ctx, r, found)
	})
	if err != nil {
		return nil, err
	}
	if err := s.ends(ctx, found); err != nil {
		return nil, err
	}
	return who.show(ctx, found), nil
}

// ends completes the uses of a finding by how far their cases are, and how they
// ended.
func (s *Service) ends(ctx context.Context, f *spsv1.LabFinding) error {
	for _, use := range f.GetUses() {
		if err := s.o.Drafts.CaseEnd(ctx, use); err != nil {
			return err
		}
	}
	return nil
}

// File returns what a finding says of a file by its local id, if the finding is
// shown to the caller of ctx.
func (s *Service) File(ctx context.Context, finding, id string) (*spsv1.Attachment, error) {
	f, err := s.GetFinding(ctx, &spsv1.GetFindingRequest{Name: finding})
	if err != nil {
		return nil, err
	}
	for _, a := range f.GetAttachments() {
		if a.GetId() == id {
			return a, nil
		}
	}
	return nil, access.NotFound("there is no %s here, or it is not shown to you", finding+"/attachments/"+id)
}
