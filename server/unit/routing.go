package unit

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
)

// The tables of units. They are truth: no ledger can make them again.
const (
	tableRouting store.Table = "unit.routing" // number of the change, from 1 → serialised Routing after it
	tableRota    store.Table = "unit.rota"    // nothing → serialised DutyRota
)

// Tables returns the tables that the store of the service needs; the slice is
// the caller's.
func Tables() []store.Table { return []store.Table{tableRouting, tableRota} }

// Rules returns the routing rules that are in force.
func (s *Service) Rules(r store.Reader) (*spsv1.Routing, error) {
	for row, err := range r.Scan(tableRouting, nil, nil, true) {
		if err != nil {
			return nil, err
		}
		return parseRouting(row)
	}
	return &spsv1.Routing{Etag: "0"}, nil
}

func parseRouting(row store.Item) (*spsv1.Routing, error) {
	rules := &spsv1.Routing{}
	if err := proto.Unmarshal(row.Value, rules); err != nil || len(row.Key) != 8 {
		return nil, fmt.Errorf("%w: routing rules: %w", ledger.ErrCorrupt, err)
	}
	rules.Etag = strconv.FormatUint(binary.BigEndian.Uint64(row.Key), 10)
	return rules, nil
}

// GetRouting implements spsv1.UnitServiceServer.
func (s *Service) GetRouting(ctx context.Context, _ *spsv1.GetRoutingRequest) (rules *spsv1.Routing, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		rules, err = s.Rules(r)
		return err
	})
	return rules, err
}

// UpdateRouting implements spsv1.UnitServiceServer.
func (s *Service) UpdateRouting(ctx context.Context, req *spsv1.UpdateRoutingRequest) (*spsv1.Routing, error) {
	caller, err := keeper(ctx)
	if err != nil {
		return nil, err
	}
	given := req.GetRouting()
	if err := access.CheckAll(req, routing.Check(given, "routing", s.Tree())); err != nil {
		return nil, err
	}
	next := &spsv1.Routing{
		Rules: given.GetRules(), FirstOnly: given.GetFirstOnly(), Otherwise: given.GetOtherwise(), OtherwiseDue: given.GetOtherwiseDue(), Note: given.GetNote(),
		ChangedBy: caller.Person(), ChangeTime: timestamppb.New(s.o.Now().UTC()),
	}
	if req.GetValidateOnly() {
		return next, nil
	}
	err = s.o.Store.Update(ctx, func(tx store.Tx) error {
		before, err := s.Rules(tx)
		if err != nil {
			return err
		}
		number, err := nextChange("routing", before.GetEtag(), given.GetEtag())
		if err != nil {
			return err
		}
		next.Etag = ""
		row, err := proto.MarshalOptions{Deterministic: true}.Marshal(next)
		if err != nil {
			return fmt.Errorf("routing rules: %w", err)
		}
		next.Etag = strconv.FormatUint(number, 10)
		if err := tx.Put(tableRouting, binary.BigEndian.AppendUint64(nil, number), row); err != nil {
			return err
		}
		return access.Record(ctx, tx, "routing")
	})
	if err != nil {
		return nil, err
	}
	return next, nil
}

// maxPageBytes ends a page early, so that it stays below the limit of a gRPC
// message whatever the next rules add.
const maxPageBytes = 1 << 20

// ListRoutingHistory implements spsv1.UnitServiceServer.
func (s *Service) ListRoutingHistory(ctx context.Context, req *spsv1.ListRoutingHistoryRequest) (*spsv1.ListRoutingHistoryResponse, error) {
	var below []byte
	if token := req.GetPageToken(); token != "" {
		n, err := strconv.ParseUint(token, 10, 64)
		if err != nil {
			return nil, access.Invalid(access.Violation{
				Field: "page_token", Reason: "PAGE_TOKEN", Sentence: "give the nextPageToken of the page before, as it came",
			})
		}
		below = binary.BigEndian.AppendUint64(nil, n)
	}
	var resp *spsv1.ListRoutingHistoryResponse
	err := s.o.Store.View(ctx, func(r store.Reader) error {
		resp = &spsv1.ListRoutingHistoryResponse{}
		size := 0
		for row, err := range r.Scan(tableRouting, nil, below, true) {
			if err != nil {
				return err
			}
			if all := resp.GetRoutings(); len(all) == access.PageSize(req.GetPageSize()) || size > maxPageBytes {
				resp.NextPageToken = all[len(all)-1].GetEtag()
				return nil
			}
			rules, err := parseRouting(row)
			if err != nil {
				return err
			}
			resp.Routings = append(resp.Routings, rules)
			size += len(row.Value)
		}
		return nil
	})
	return resp, err
}

// tryLast is how many things are tried if nobody says.
const tryLast = 20

// TryRouting implements spsv1.UnitServiceServer.
func (s *Service) TryRouting(ctx context.Context, req *spsv1.TryRoutingRequest) (*spsv1.TryRoutingResponse, error) {
	tree, rules := s.Tree(), req.GetRouting()
	if err := access.CheckAll(req, routing.Check(rules, "routing", tree)); err != nil {
		return nil, err
	}
	if rules == nil {
		var err error
		if rules, err = s.GetRouting(ctx, nil); err != nil {
			return nil, err
		}
	}
	last := int(req.GetLast())
	if last == 0 {
		last = tryLast
	}
	var tried []*spsv1.TriedRouting
	cases, findings := apart(req.GetNames())
	if len(cases) > 0 || len(req.GetNames()) == 0 {
		found, err := s.o.Cases(ctx, cases, last)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			tried = append(tried, &spsv1.TriedRouting{
				Name: c.Name, Subject: c.Subject, Routes: routing.Decide(rules, tree, c.Matter, s.o.Now()), Now: routing.Dealing(c.Routes),
			})
		}
	}
	if len(findings) > 0 || len(req.GetNames()) == 0 {
		found, err := s.o.Findings(ctx, findings, last)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			tried = append(tried, &spsv1.TriedRouting{
				Name: f.GetName(), Subject: f.GetReportNumber(),
				Routes: routing.Decide(rules, tree, s.o.Matter(f, tree), s.o.Now()), Now: routing.Dealing(f.GetRoutes()),
			})
		}
	}
	return &spsv1.TryRoutingResponse{Tried: tried}, nil
}

// apart returns the names of cases and those of findings.
func apart(names []string) (cases, findings []string) {
	for _, name := range names {
		if strings.HasPrefix(name, "cases/") {
			cases = append(cases, name)
		} else {
			findings = append(findings, name)
		}
	}
	return cases, findings
}
