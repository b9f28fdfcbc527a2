package finding

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// maxPageBytes ends a page early, so that it stays below the limit of a gRPC
	// message whatever the next finding adds.
	maxPageBytes = 2 << 20
	// listLook is how many findings are looked at for one page, so that a page of
	// what is rare is short and not slow.
	listLook = 2000
)

// ListFindings implements spsv1.FindingServiceServer.
func (s *Service) ListFindings(ctx context.Context, req *spsv1.ListFindingsRequest) (*spsv1.ListFindingsResponse, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	if err := who.mayAsk(req); err != nil {
		return nil, err
	}
	var resp *spsv1.ListFindingsResponse
	released := s.o.Ledger.Released().N
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		last, err := tellable(r, released)
		if err != nil {
			return err
		}
		if resp, err = s.page(ctx, r, who, req); err != nil {
			return err
		}
		resp.Cursor = s.cursor(who, last)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// page returns the page of findings that a list asks for.
func (s *Service) page(ctx context.Context, r store.Reader, who viewer, req *spsv1.ListFindingsRequest) (*spsv1.ListFindingsResponse, error) {
	table, prefixes := where(req, who.only(req.GetLaboratory()))
	before, err := s.ofToken(req.GetPageToken(), prefixes)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListFindingsResponse{}
	looked, size := 0, 0
	for place, err := range newest(r, table, prefixes, before) {
		if err != nil {
			return nil, err
		}
		looked++
		f, err := held(r, place[len(place)-idSize:])
		if err != nil {
			return nil, err
		}
		shown := who.sees(f) && asked(req, f) && who.wants(req, f)
		if looked > listLook || shown && (len(resp.GetFindings()) >= access.PageSize(req.GetPageSize()) || size > maxPageBytes) {
			resp.NextPageToken = s.token(prefixes, place)
			break
		}
		if !shown {
			continue
		}
		if err := s.used(ctx, r, f); err != nil {
			return nil, err
		}
		resp.Findings = append(resp.Findings, who.show(ctx, f))
		size += proto.Size(f)
	}
	return resp, nil
}

// only returns the laboratory to which a list is bound: for a laboratory itself,
// whatever it asks for.
func (v viewer) only(asked string) string {
	if v.caller.Role == certs.RoleLab {
		return v.laboratory
	}
	return asked
}

// mayAsk refuses a laboratory that asks for what only the office is shown.
func (v viewer) mayAsk(req *spsv1.ListFindingsRequest) error {
	if v.caller.Role != certs.RoleLab {
		return nil
	}
	var violations []access.Violation
	for _, asked := range []struct {
		field string
		set   bool
	}{{"proposed", req.GetProposed()}, {"waiting", req.GetWaiting()}} {
		if asked.set {
			violations = append(violations, access.Violation{
				Field: asked.field, Reason: "OFFICE_ONLY", Sentence: "leave it out, only the office is shown what findings propose",
			})
		}
	}
	if len(violations) > 0 {
		return access.Invalid(violations...)
	}
	return nil
}

// where returns where the findings stand among which those are that a list asks
// for, as few as can be: below prefixes of the keys of a table, each once. The
// laboratory "" is any. Of a laboratory nothing else stands there, so that the next
// place, which a page token names, is its own too.
func where(req *spsv1.ListFindingsRequest, laboratory string) (store.Table, [][]byte) {
	one := func(t store.Table, prefix []byte) (store.Table, [][]byte) { return t, [][]byte{prefix} }
	switch {
	case req.GetReportNumber() != "":
		return one(tableIndex, term(termReport, laboratory, req.GetReportNumber()))
	case req.GetSampleNumber() != "":
		return one(tableIndex, term(termSample, laboratory, req.GetSampleNumber()))
	case req.GetWaiting():
		return one(tableIndex, term(termWaiting, laboratory))
	case req.GetProposed():
		return one(tableIndex, term(termProposed, laboratory))
	case len(req.GetStates()) > 0:
		var prefixes [][]byte
		for _, state := range req.GetStates() {
			prefixes = append(prefixes, stateTerm(laboratory, state))
		}
		return tableIndex, prefixes
	case laboratory != "":
		return one(tableLabs, labKey(laboratory))
	}
	return one(tableTimes, nil)
}

// asked reports whether a list asks for a finding.
func asked(req *spsv1.ListFindingsRequest, f *spsv1.LabFinding) bool {
	return (req.GetLaboratory() == "" || req.GetLaboratory() == f.GetLaboratory().GetId()) &&
		(req.GetReportNumber() == "" || req.GetReportNumber() == f.GetReportNumber()) &&
		(req.GetSampleNumber() == "" || req.GetSampleNumber() == f.GetSample().GetNumber()) &&
		(len(req.GetStates()) == 0 || slices.Contains(req.GetStates(), f.GetState())) &&
		(!req.GetProposed() || propose(f) != nil) && (!req.GetWaiting() || waits(f, propose(f)))
}

// wants reports whether a list asks for a finding that goes to a unit, or of which
// the viewer was told.
func (v viewer) wants(req *spsv1.ListFindingsRequest, f *spsv1.LabFinding) bool {
	return (req.GetUnit() == "" || v.caller.Role != certs.RoleLab && routing.Deals(req.GetUnit(), f.GetRoutes(), v.tree)) &&
		(!req.GetTold() || told(f, v.caller))
}
