package finding

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
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
	if req.GetProposed() && who.caller.Role == certs.RoleLab {
		return nil, access.Invalid(access.Violation{
			Field: "proposed", Reason: "OFFICE_ONLY", Sentence: "leave it out, only the office is shown what findings propose",
		})
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
	table, prefix := where(req, who.only(req.GetLaboratory()))
	below, err := s.belowToken(req.GetPageToken(), prefix)
	if err != nil {
		return nil, err
	}
	resp := &spsv1.ListFindingsResponse{}
	looked, size := 0, 0
	for row, err := range r.Scan(table, prefix, below, true) {
		if err != nil {
			return nil, err
		}
		looked++
		f, err := get(r, row.Key[len(row.Key)-idSize:])
		if err == nil && f == nil {
			err = fmt.Errorf("%w: no finding under the key %x", ledger.ErrCorrupt, row.Key)
		}
		if err != nil {
			return nil, err
		}
		shown := who.sees(f) && asked(req, f) && who.wants(req, f)
		if looked > listLook || shown && (len(resp.GetFindings()) >= access.PageSize(req.GetPageSize()) || size > maxPageBytes) {
			resp.NextPageToken = s.pageToken(prefix, row.Key)
			break
		}
		if !shown {
			continue
		}
		if err := s.used(r, f); err != nil {
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

// where returns where the findings stand among which those are that a list asks
// for, as few as can be: the last among the keys of a table that begin with a
// prefix. The laboratory "" is any. Of a laboratory nothing else stands there, so
// that the next row, which a page token names, is its own too.
func where(req *spsv1.ListFindingsRequest, laboratory string) (store.Table, []byte) {
	switch states := req.GetStates(); {
	case req.GetReportNumber() != "":
		return tableIndex, term(termReport, laboratory, req.GetReportNumber())
	case req.GetSampleNumber() != "":
		return tableIndex, term(termSample, laboratory, req.GetSampleNumber())
	case req.GetProposed():
		return tableIndex, term(termProposed, laboratory)
	case len(states) == 1:
		return tableIndex, stateTerm(laboratory, states[0])
	case laboratory != "":
		return tableLabs, labKey(laboratory)
	}
	return tableTimes, nil
}

// asked reports whether a list asks for a finding.
func asked(req *spsv1.ListFindingsRequest, f *spsv1.LabFinding) bool {
	return (req.GetLaboratory() == "" || req.GetLaboratory() == f.GetLaboratory().GetId()) &&
		(req.GetReportNumber() == "" || req.GetReportNumber() == f.GetReportNumber()) &&
		(req.GetSampleNumber() == "" || req.GetSampleNumber() == f.GetSample().GetNumber()) &&
		(len(req.GetStates()) == 0 || slices.Contains(req.GetStates(), f.GetState())) &&
		(!req.GetProposed() || Propose(f) != nil)
}

// wants reports whether a list asks for a finding that goes to a unit, or of which
// the viewer was told.
func (v viewer) wants(req *spsv1.ListFindingsRequest, f *spsv1.LabFinding) bool {
	return (req.GetUnit() == "" || v.caller.Role != certs.RoleLab && routing.Deals(req.GetUnit(), f.GetRoutes(), v.tree)) &&
		(!req.GetTold() || told(f, v.caller))
}
