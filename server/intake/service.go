package intake

import (
	"context"
	"errors"
	"sync"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/upload"
)

// Limits bound what one owner of imports may have. All are required.
type Limits struct {
	Bytes int64         // of a sheet; at most blob.MaxSize
	Rows  int           // of a sheet, below its header
	Open  int           // imports that are neither done, failed nor cancelled
	Kept  int           // imports in all; the oldest that ended goes for a new one
	Keep  time.Duration // how long an import is kept after it changed last
}

// Options is what the service works with. All fields are required.
type Options struct {
	Store  store.Store // with the tables of [Tables]
	Blobs  *blob.Store
	Kinds  []Kind
	Limits Limits
	Now    func() time.Time // the clock of stamps

	// Resume returns a context in which a caller that was kept goes on, or refuses;
	// see [access.Register.Resume].
	Resume func(ctx context.Context, kept []byte, method string) (context.Context, error)
	// Incarnation is that of the store, for cursors.
	Incarnation func() [16]byte

	// Uploads counts what is under way at the node.
	Uploads *upload.Desk
	// UploadPace is how many bytes a second an upload has to bring, from its second
	// minute on.
	UploadPace int64

	// Heartbeat is how often a watch that has nothing to say says so.
	Heartbeat time.Duration
	// Draining is closed when the node begins to stop: watches then end.
	Draining <-chan struct{}
}

// Service implements spsv1.ImportServiceServer. It is safe for concurrent use.
// Nothing is imported unless [Service.Run] runs.
type Service struct {
	spsv1.UnimplementedImportServiceServer
	o     Options
	kinds map[string]Kind
	queue queue
	tidy  chan struct{} // of size one: imports may be over their time

	mu      sync.Mutex
	changed chan struct{} // closed when an import changed
}

// New returns the service.
func New(o Options) *Service {
	s := &Service{
		o: o, kinds: make(map[string]Kind), changed: make(chan struct{}), tidy: make(chan struct{}, 1),
		queue: queue{wake: make(chan struct{}, 1), busy: make(map[string]bool)},
	}
	for _, k := range o.Kinds {
		s.kinds[k.Name()] = k
	}
	return s
}

// whenChanged returns a channel that is closed when an import changes.
func (s *Service) whenChanged() <-chan struct{} {
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

// owned returns a kind and whose imports of it those of the caller of ctx are.
func (s *Service) owned(ctx context.Context, kind string) (Kind, string, error) {
	k := s.kinds[kind]
	if k == nil {
		return nil, "", access.NotFound("there is no kind of import called %q", kind)
	}
	owner, err := k.Owner(ctx)
	return k, owner, err
}

// shown returns an import if the caller of ctx may see it; otherwise it is not
// there.
func (s *Service) shown(ctx context.Context, name string) (*job, error) {
	var j *job
	err := s.o.Store.View(ctx, func(r store.Reader) (err error) {
		j, err = get(r, name)
		return err
	})
	return s.own(ctx, name, j, err)
}

// own returns an import that was read if the caller of ctx may see it.
func (s *Service) own(ctx context.Context, name string, j *job, err error) (*job, error) {
	if err != nil {
		return nil, err
	}
	if j != nil {
		_, owner, err := s.owned(ctx, j.shown.GetKind())
		if err == nil && owner == j.Owner {
			return j, nil
		}
		var refusal *access.Refusal
		if err != nil && !errors.As(err, &refusal) {
			return nil, err
		}
	}
	return nil, access.NotFound("there is no %s here, or it is not shown to you", name)
}

// caller returns who calls, and what is kept of him.
func caller(ctx context.Context) (*spsv1.Person, []byte, error) {
	c, err := access.CallerOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	kept, err := c.Keep()
	return &spsv1.Person{Id: c.ID, Unit: c.Unit}, kept, err
}

// Named returns the files of imports that are not ended: they are kept as if a
// statement named them.
func (s *Service) Named(ctx context.Context) (map[blob.Digest]bool, error) {
	files := make(map[blob.Digest]bool)
	err := s.each(ctx, func(j *job) {
		if d, ok := blob.DigestOf(j.shown.GetSha256()); ok && !ended(j.shown.GetState()) {
			files[d] = true
		}
	})
	return files, err
}
