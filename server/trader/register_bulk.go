package trader

import (
	"context"
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// Registration is what somebody says of one code and its owner: an exporter as far
// as it is said, with one code. What is not said stays as it is registered, and
// markets, goods and channels are added to those that are. Ended ends the code with
// the day before, unless it says a last day itself.
type Registration struct {
	Exporter *spsv1.Exporter
	Ended    bool
}

// code returns the code.
func (x Registration) code() *spsv1.ExporterCode { return x.Exporter.GetCodes()[0] }

// Registered is what becomes of a registration. Fields begin within its exporter.
type Registered struct {
	Unchanged  bool               // all of it is registered just so
	Changed    bool               // the code is registered, and it changes something of it or of its owner
	Ends       bool               // it ends a code that is in force
	NewOwner   bool               // its owner was not registered
	Notes      []access.Violation // what a person should know
	Violations []access.Violation // why it is refused
}

// refused returns what becomes of a registration that is refused.
func refused(field, reason, sentence string) Registered {
	return Registered{Violations: []access.Violation{{Field: field, Reason: reason, Sentence: sentence}}}
}

// Bulk takes many registrations, those of one sheet in its order. It is for one
// goroutine, and for checking or for registering, not both. All rows are noted, and each is
// looked at, before it is checked or registered.
type Bulk struct {
	s      *Service
	today  time.Time
	owners *ownerIndex
	said   *rowsSaid
	kept   map[string][]byte // exporters as the batches that were checked leave them, serialised
}

// Registrar returns whose the sheets of the code register are: of all in the office
// who keep it. It refuses the caller of ctx who does not.
func (s *Service) Registrar(ctx context.Context) (string, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return "", err
	}
	if caller.Role != certs.RoleOfficer && caller.Role != certs.RoleValidator {
		return "", &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonDenied, Sentence: "sheets of the code register are for the roles officer and validator",
			Metadata: map[string]string{"role": string(caller.Role)},
		}
	}
	return s.office(), nil
}

// Bulk begins to take registrations.
func (s *Service) Bulk(ctx context.Context) (*Bulk, error) {
	b := &Bulk{s: s, today: s.o.Now().In(s.o.Roster.Own().Zone()), said: newRowsSaid(), kept: make(map[string][]byte)}
	err := s.o.Store.View(ctx, func(r store.Reader) (err error) {
		b.owners, err = readOwners(r)
		return err
	})
	return b, err
}

// Check says what would become of registrations. It keeps nothing, and those of
// earlier calls count as kept.
func (b *Bulk) Check(ctx context.Context, all []Registration) (results []Registered, err error) {
	var d *registerDraft
	err = b.s.o.Store.View(ctx, func(r store.Reader) (err error) {
		d = newRegisterDraft(r, b.kept)
		results, err = b.takeAll(d, all)
		return err
	})
	if err != nil {
		return nil, err
	}
	for id := range d.changed {
		if b.kept[id], err = proto.Marshal(d.now[id]); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// Commit keeps registrations in one transaction, with its audit record, and calls
// also in it, with what becomes of each; also may be called again, as the
// transaction may. With an error of also nothing is kept, and it is returned. When it
// returns nil, all that is not refused is durable.
func (b *Bulk) Commit(ctx context.Context, all []Registration, also func(store.Tx, []Registered) error) error {
	changed := false
	err := b.s.o.Store.Update(ctx, func(tx store.Tx) error {
		d := newRegisterDraft(tx, nil)
		results, err := b.takeAll(d, all)
		if err != nil {
			return err
		}
		var names []string
		now := timestamppb.New(b.s.o.Now().UTC())
		for _, id := range slices.Sorted(maps.Keys(d.changed)) {
			if err := keepExporter(tx, d.before[id], d.now[id], now); err != nil {
				return err
			}
			names = append(names, exporterPrefix+id)
		}
		if changed = len(names) > 0; changed {
			if err := access.Record(ctx, tx, names...); err != nil {
				return err
			}
		}
		return also(tx, results)
	})
	if err == nil && changed {
		b.s.wake()
	}
	return err
}

// takeAll takes registrations into a draft, in their order.
func (b *Bulk) takeAll(d *registerDraft, all []Registration) ([]Registered, error) {
	results := make([]Registered, len(all))
	for i, x := range all {
		var err error
		if results[i], err = b.take(d, x); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// registerDraft is the register with what registrations change in it.
type registerDraft struct {
	r       store.Reader
	kept    map[string][]byte          // by id: as earlier batches leave them
	before  map[string]*spsv1.Exporter // by id: as they are in r; nil: not there
	now     map[string]*spsv1.Exporter
	changed map[string]bool
}

func newRegisterDraft(r store.Reader, kept map[string][]byte) *registerDraft {
	return &registerDraft{r: r, kept: kept, before: make(map[string]*spsv1.Exporter), now: make(map[string]*spsv1.Exporter), changed: make(map[string]bool)}
}

// exporter returns an exporter as it is in the draft, to be changed; nil if there is
// none.
func (d *registerDraft) exporter(id string) (*spsv1.Exporter, error) {
	if e := d.now[id]; e != nil {
		return e, nil
	}
	if row, ok := d.kept[id]; ok {
		e := &spsv1.Exporter{}
		d.now[id] = e
		return e, proto.Unmarshal(row, e)
	}
	e, err := getExporter(d.r, id)
	if err != nil || e == nil {
		return nil, err
	}
	d.before[id], d.now[id] = e, proto.CloneOf(e)
	return d.now[id], nil
}
