package trader

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// errOnly ends a transaction of which nothing is to be kept.
var errOnly = errors.New("only a check")

// CreateExporter implements spsv1.ExporterServiceServer.
func (s *Service) CreateExporter(ctx context.Context, req *spsv1.CreateExporterRequest) (*spsv1.Exporter, error) {
	asked := registered(req.GetExporter())
	asked.Name = exporterPrefix + req.GetExporterId()
	var result *spsv1.Exporter
	err := s.o.Store.Update(ctx, func(tx store.Tx) error {
		before, err := getExporter(tx, req.GetExporterId())
		if err != nil {
			return err
		}
		if before != nil {
			if result = before; proto.Equal(registered(before), asked) {
				return access.Record(ctx, tx)
			}
			return &access.Refusal{
				Code: codes.AlreadyExists, Reason: access.ReasonExists,
				Sentence: fmt.Sprintf("there is another %s: give another id, or update that one", asked.GetName()),
			}
		}
		result = proto.CloneOf(asked)
		now := timestamppb.New(s.o.Now().UTC())
		result.State, result.CreateTime = spsv1.ExporterState_EXPORTER_STATE_ACTIVE, now
		if err := s.putExporter(tx, nil, result, now); err != nil {
			return err
		}
		if req.GetValidateOnly() {
			return errOnly
		}
		return access.Record(ctx, tx, result.GetName())
	})
	if err != nil && !errors.Is(err, errOnly) {
		return nil, err
	}
	if err == nil {
		s.wake()
	}
	return result, nil
}

// registered returns a copy of what the office says of an exporter.
func registered(e *spsv1.Exporter) *spsv1.Exporter {
	return proto.CloneOf(&spsv1.Exporter{
		Name: e.GetName(), DisplayName: e.GetDisplayName(), Address: e.GetAddress(), Roles: e.GetRoles(), TaxId: e.GetTaxId(),
		RegistrationNumber: e.GetRegistrationNumber(), Languages: e.GetLanguages(), Channels: e.GetChannels(),
		TakesPartInExercises: e.GetTakesPartInExercises(), Codes: e.GetCodes(), People: e.GetPeople(), Note: e.GetNote(),
	})
}

// GetExporter implements spsv1.ExporterServiceServer.
func (s *Service) GetExporter(ctx context.Context, req *spsv1.GetExporterRequest) (found *spsv1.Exporter, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		found, err = getExporter(r, exporterID(req.GetName()))
		return err
	})
	if err == nil && found == nil {
		err = missing(req.GetName())
	}
	return found, err
}

// GetRegistration implements spsv1.ConsignmentServiceServer.
func (s *Service) GetRegistration(ctx context.Context, _ *spsv1.GetRegistrationRequest) (found *spsv1.Exporter, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		who, err := s.viewerIn(ctx, r)
		if err != nil {
			return err
		}
		found, err = getExporter(r, who.exporter)
		return err
	})
	if err != nil {
		return nil, err
	}
	found.Note, found.DeactivationReason = "", ""
	return found, nil
}

// UpdateExporter implements spsv1.ExporterServiceServer.
func (s *Service) UpdateExporter(ctx context.Context, req *spsv1.UpdateExporterRequest) (*spsv1.Exporter, error) {
	return s.changeExporter(ctx, req.GetExporter().GetName(), func(e *spsv1.Exporter) error {
		asked := registered(req.GetExporter())
		if req.GetExporter().GetEtag() != e.GetEtag() {
			if proto.Equal(registered(e), asked) {
				return nil
			}
			return &access.Refusal{
				Code: codes.Aborted, Reason: access.ReasonEtag,
				Sentence: "somebody changed the exporter meanwhile: read it again, then change what you meant to change",
			}
		}
		asked.State, asked.CreateTime, asked.UpdateTime = e.GetState(), e.GetCreateTime(), e.GetUpdateTime()
		asked.DeactivationReason, asked.Etag = e.GetDeactivationReason(), e.GetEtag()
		proto.Reset(e)
		proto.Merge(e, asked)
		return nil
	})
}

// DeactivateExporter implements spsv1.ExporterServiceServer.
func (s *Service) DeactivateExporter(ctx context.Context, req *spsv1.DeactivateExporterRequest) (*spsv1.Exporter, error) {
	return s.changeExporter(ctx, req.GetName(), func(e *spsv1.Exporter) error {
		if e.GetState() != spsv1.ExporterState_EXPORTER_STATE_DEACTIVATED {
			e.State, e.DeactivationReason = spsv1.ExporterState_EXPORTER_STATE_DEACTIVATED, req.GetReason()
		}
		return nil
	})
}

// ReactivateExporter implements spsv1.ExporterServiceServer.
func (s *Service) ReactivateExporter(ctx context.Context, req *spsv1.ReactivateExporterRequest) (*spsv1.Exporter, error) {
	return s.changeExporter(ctx, req.GetName(), func(e *spsv1.Exporter) error {
		e.State, e.DeactivationReason = spsv1.ExporterState_EXPORTER_STATE_ACTIVE, ""
		return nil
	})
}

// changeExporter changes an exporter in a transaction. If change leaves it as it
// was, nothing is written.
func (s *Service) changeExporter(ctx context.Context, name string, change func(*spsv1.Exporter) error) (*spsv1.Exporter, error) {
	var result *spsv1.Exporter
	err := s.o.Store.Update(ctx, func(tx store.Tx) error {
		before, err := getExporter(tx, exporterID(name))
		if err != nil {
			return err
		}
		if before == nil {
			return missing(name)
		}
		result = proto.CloneOf(before)
		if err := change(result); err != nil {
			return err
		}
		if proto.Equal(before, result) {
			return access.Record(ctx, tx)
		}
		if err := s.putExporter(tx, before, result, timestamppb.New(s.o.Now().UTC())); err != nil {
			return err
		}
		return access.Record(ctx, tx, result.GetName())
	})
	if err != nil {
		return nil, err
	}
	s.wake()
	return result, nil
}

// putExporter writes an exporter in place of what was there, nil for nothing,
// with everything by which it is found, and notes that cases are to be compared
// with it. It refuses what the register does not take.
func (s *Service) putExporter(tx store.Tx, before, e *spsv1.Exporter, now *timestamppb.Timestamp) error {
	if violations, err := s.checkExporter(tx, exporterID(e.GetName()), e); err != nil {
		return err
	} else if len(violations) > 0 {
		return access.Invalid(violations...)
	}
	return keepExporter(tx, before, e, now)
}

// checkExporter returns what a field rule cannot say.
func (s *Service) checkExporter(r store.Reader, id string, e *spsv1.Exporter) (violations []access.Violation, err error) {
	seen := make(map[string]bool)
	for i, c := range e.GetCodes() {
		at, key := fmt.Sprintf("exporter.codes[%d].code", i), fmt.Sprint(c.GetKind(), s.fold(c.GetCode()))
		if seen[key] {
			violations = append(violations, access.Violation{
				Field: at, Reason: "CODE_TWICE",
				Sentence: "name each code once; blanks, hyphens and capital letters do not count",
			})
		}
		seen[key] = true
		if foldCode(c.GetCode()) == "" {
			violations = append(violations, access.Violation{Field: at, Reason: "CODE_EMPTY", Sentence: "write the code, not only hyphens"})
		}
		owner, err := s.ownerOf(r, e, c)
		if err != nil {
			return nil, err
		}
		if owner != nil {
			violations = append(violations, ownedBy(owner, at))
		}
	}
	for i, person := range peopleOf(id, e) {
		owner, err := r.Get(tablePeople, []byte(person))
		if err != nil {
			return nil, err
		}
		if owner != nil && string(owner) != id {
			violations = append(violations, access.Violation{
				Field: fmt.Sprintf("exporter.people[%d]", i), Reason: "PERSON_TAKEN",
				Sentence: "name somebody else: this id speaks for another exporter already",
			})
		}
	}
	return violations, nil
}

// ownerOf returns another exporter that is served and has a code on a day on which an
// exporter is to have it; nil if there is none. A code moves to another owner when it
// ends with the one before.
func (s *Service) ownerOf(r store.Reader, e *spsv1.Exporter, c *spsv1.ExporterCode) (*spsv1.Exporter, error) {
	if e.GetState() == spsv1.ExporterState_EXPORTER_STATE_DEACTIVATED {
		return nil, nil
	}
	for _, folded := range statement.FoldsOf(c.GetCode(), s.office()) {
		entries, err := find(r)(byCode, folded)
		if err != nil {
			return nil, err
		}
		for _, other := range entries {
			if exporterPrefix+other.exporter == e.GetName() || other.code.GetKind() != c.GetKind() || !meetInTime(other.code, c) {
				continue
			}
			owner, err := getExporter(r, other.exporter)
			if err != nil || owner.GetState() == spsv1.ExporterState_EXPORTER_STATE_ACTIVE {
				return owner, err
			}
		}
	}
	return nil, nil
}

// ownedBy returns what is wrong with a code in a field that another exporter has.
func ownedBy(owner *spsv1.Exporter, field string) access.Violation {
	return access.Violation{
		Field: field, Reason: "CODE_OWNED",
		Sentence: fmt.Sprintf("correct the code or its owner, or end it there first: it belongs to %s (%s)",
			owner.GetName(), brief.Text(owner.GetDisplayName(), owner.GetLanguages()...)),
	}
}

// meetInTime reports whether two codes are registered on the same day.
func meetInTime(a, b *spsv1.ExporterCode) bool {
	ends := func(c, other *spsv1.ExporterCode) bool {
		until := dayOf(c.GetUntilDate())
		return until != 0 && until < dayOf(other.GetFromDate())
	}
	return !ends(a, b) && !ends(b, a)
}

// peopleOf returns the ids of the callers who speak for an exporter.
func peopleOf(id string, e *spsv1.Exporter) []string {
	if len(e.GetPeople()) > 0 {
		return e.GetPeople()
	}
	return []string{id}
}
