package finding

import (
	"context"
	"errors"
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
	Now    func() time.Time // the clock of stamps

	// Heartbeat is how often a watch that has nothing to say says so.
	Heartbeat time.Duration
	// Draining is closed when the node begins to stop: watches then end.
	Draining <-chan struct{}
}

// Service implements spsv1.FindingServiceServer. It is safe for concurrent use.
type Service struct {
	spsv1.UnimplementedFindingServiceServer
	o Options

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

func (s *Service) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Named returns the files that findings name: they are kept as if a statement
// named them.
func (s *Service) Named(ctx context.Context) (files map[blob.Digest]bool, err error) {
	files = make(map[blob.Digest]bool)
	var from []byte
	for {
		looked := 0
		err := s.o.Store.View(ctx, func(r store.Reader) error {
			looked = 0
			for row, err := range r.Scan(tableFindings, from, nil, false) {
				if err != nil {
					return err
				}
				f := &spsv1.LabFinding{}
				if err := proto.Unmarshal(row.Value, f); err != nil {
					return err
				}
				for _, a := range f.GetAttachments() {
					if sum, ok := blob.DigestOf(a.GetSha256()); ok {
						files[sum] = true
					}
				}
				from = append(append(from[:0], row.Key...), 0)
				if looked++; looked == listLook {
					return nil
				}
			}
			return nil
		})
		if err != nil || looked < listLook {
			return files, err
		}
	}
}

// GetFinding implements spsv1.FindingServiceServer.
func (s *Service) GetFinding(ctx context.Context, req *spsv1.GetFindingRequest) (*spsv1.LabFinding, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	var found *spsv1.LabFinding
	if id, ok := keyOf(req.GetName()); ok {
		err = s.o.Store.View(ctx, func(r store.Reader) error {
			if found, err = get(r, id); err != nil || found == nil {
				return err
			}
			return s.used(r, found)
		})
	}
	if err != nil {
		return nil, err
	}
	if found == nil || !who.sees(found) {
		return nil, access.NotFound("there is no %s here, or it is not shown to you", req.GetName())
	}
	for _, use := range found.GetUses() {
		if err := s.o.Drafts.CaseEnd(ctx, use); err != nil {
			return nil, err
		}
	}
	return who.show(ctx, found), nil
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

// viewer is who reads findings.
type viewer struct {
	caller access.Caller
	// laboratory is the one whose findings alone are shown; "" for the office.
	laboratory string
}

// viewer returns who calls.
func (s *Service) viewer(ctx context.Context) (viewer, error) {
	caller, ok := access.From(ctx)
	if !ok {
		return viewer{}, errors.New("a call without a caller")
	}
	v := viewer{caller: caller}
	if caller.Role == certs.RoleLab {
		v.laboratory = s.laboratoryOf(caller).GetId()
	}
	return v, nil
}

// laboratoryOf returns for which laboratory somebody of the role lab speaks: its
// unit, if the card of the office says that this is a laboratory, or else itself.
func (s *Service) laboratoryOf(c access.Caller) *spsv1.Laboratory {
	if c.Unit == "" {
		return &spsv1.Laboratory{Id: c.ID}
	}
	for _, unit := range s.o.Roster.Own().Message().GetUnits() {
		if unit.GetId() == c.Unit && unit.GetKind() == spsv1.UnitKind_UNIT_KIND_LABORATORY {
			return &spsv1.Laboratory{Id: c.Unit, Name: unit.GetName()[0].GetText()}
		}
	}
	return &spsv1.Laboratory{Id: c.ID}
}

// sees reports whether the viewer is shown a finding.
func (v viewer) sees(f *spsv1.LabFinding) bool {
	switch v.caller.Role {
	case certs.RoleLab:
		return v.laboratory != "" && f.GetLaboratory().GetId() == v.laboratory
	case certs.RoleOfficer, certs.RoleValidator, certs.RoleAuditor:
		return true
	}
	return false
}

// show completes a finding for the viewer.
func (v viewer) show(ctx context.Context, f *spsv1.LabFinding) *spsv1.LabFinding {
	if v.caller.Role == certs.RoleLab {
		return f
	}
	f.Proposal = Propose(f)
	for _, a := range f.GetProposal().GetReasons() {
		a.Sentence = access.Worded(ctx, a.GetReason(), a.GetSentence())
	}
	return f
}
