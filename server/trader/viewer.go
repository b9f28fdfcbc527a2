package trader

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// viewer is who reads notices.
type viewer struct {
	caller access.Caller
	// exporter is the id of the one whose notices alone are shown; "" for the
	// people of the office.
	exporter string
	cases    Cases // says which of them the people of the office see; nil: all
}

// viewer returns who calls. It refuses whoever calls as an exporter and speaks for
// none that is served.
func (s *Service) viewer(ctx context.Context) (v viewer, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		v, err = s.viewerIn(ctx, r)
		return err
	})
	return v, err
}

// viewerIn is viewer in a transaction.
func (s *Service) viewerIn(ctx context.Context, r store.Reader) (viewer, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return viewer{}, err
	}
	if caller.Role != certs.RoleExporter {
		return viewer{caller: caller, cases: s.o.Cases}, nil
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
func (v viewer) sees(r store.Reader, n *spsv1.ConsignmentNotice) (bool, error) {
	switch {
	case v.exporter != "":
		return exporterID(n.GetExporter()) == v.exporter && n.GetSendTime() != nil, nil
	case v.caller.Role == certs.RoleExporter:
		return false, nil
	case v.cases == nil:
		return true, nil
	}
	return v.cases.Sees(r, v.caller, n.GetReference())
}

// shownTo returns a notice by its name, if it is shown to the caller of ctx.
func (s *Service) shownTo(ctx context.Context, r store.Reader, name string) (viewer, *spsv1.ConsignmentNotice, error) {
	who, err := s.viewerIn(ctx, r)
	if err != nil {
		return who, nil, err
	}
	id, ok := keyOf(name)
	if !ok {
		return who, nil, missing(name)
	}
	n, err := getNotice(r, id)
	if err != nil {
		return who, nil, err
	}
	shown := false
	if n != nil {
		shown, err = who.sees(r, n)
	}
	if err == nil && !shown {
		err = missing(name)
	}
	return who, n, err
}

// seesCase refuses, in the words for a case that is not here, one that is not shown to
// the caller of ctx.
func (s *Service) seesCase(ctx context.Context, r store.Reader, reference string) error {
	who, err := s.viewerIn(ctx, r)
	if err != nil {
		return err
	}
	shown, err := who.sees(r, &spsv1.ConsignmentNotice{Reference: reference})
	if err == nil && !shown {
		err = noCase(casePrefix + reference)
	}
	return err
}

// missing refuses what is not there, and what is not shown, in the same words.
func missing(name string) error {
	return access.NotFound("there is no %s here, or it is not shown to you", name)
}

// isMissing reports whether an error is that of [missing].
func isMissing(err error) bool {
	refused, ok := errors.AsType[*access.Refusal](err)
	return ok && refused.Code == codes.NotFound
}
