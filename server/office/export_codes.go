package office

import (
	"strings"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// ExportCodeStatus implements spsv1.ExportServiceServer.
func (x *Exports) ExportCodeStatus(req *spsv1.ExportCodeStatusRequest, stream exportStream) error {
	ctx := stream.Context()
	q, problems := x.s.o.Queries.ParseCodeQuery(req.GetFilter(), req.GetDay())
	if len(problems) > 0 {
		return access.Problems(problems)
	}
	who, err := x.s.Seers(ctx)
	if err != nil {
		return err
	}
	f, err := x.begin(stream, req.GetFormat(), "codes", names(codeColumns))
	if err != nil {
		return err
	}
	var mark []byte
	for more := true; more; more = mark != nil {
		var page []*spsv1.CodeStatus
		page, mark, err = x.s.o.Book.CodeStatuses(ctx, q.As(who), mark, access.MaxPage, x.s.o.Queries.Rows)
		if err != nil {
			return f.broken(err)
		}
		for _, status := range page {
			if err := f.row(ctx, restrictedOf(status), status, func() []any { return cells(codeColumns, status) }); err != nil {
				return f.broken(err)
			}
		}
	}
	return f.close()
}

// restrictedOf returns the names of the statements that decide a status and are
// not for the whole network.
func restrictedOf(s *spsv1.CodeStatus) []string {
	var all []string
	for _, said := range []*spsv1.CodeStatement{s.GetRefused().GetSaid(), s.GetWithheld().GetSaid()} {
		if said.GetRestricted() {
			all = append(all, said.GetSaid().GetStatement())
		}
	}
	return all
}

// codeColumns are those of docs/reference/export.md.
var codeColumns = append([]column[*spsv1.CodeStatus]{
	{"code", func(s *spsv1.CodeStatus) any { return s.GetCode().GetCode() }},
	{"kind", func(s *spsv1.CodeStatus) any { return short(s.GetCode().GetKind()) }},
	{"origin", func(s *spsv1.CodeStatus) any { return s.GetOrigin() }},
	{"market", func(s *spsv1.CodeStatus) any { return nameOf(&spsv1.Flag{Area: s.GetMarket()}) }},
	{"product", func(s *spsv1.CodeStatus) any { return goodsOf(s.GetProduct()) }},
	{"answer", func(s *spsv1.CodeStatus) any { return short(s.GetAnswer()) }},
}, append(halfColumns("refused", (*spsv1.CodeStatus).GetRefused), halfColumns("withheld", (*spsv1.CodeStatus).GetWithheld)...)...)

// halfColumns are those of one half.
func halfColumns(name string, of func(*spsv1.CodeStatus) *spsv1.CodeHalfStatus) []column[*spsv1.CodeStatus] {
	said := func(s *spsv1.CodeStatus) *spsv1.CodeStatement { return of(s).GetSaid() }
	return []column[*spsv1.CodeStatus]{
		{name, func(s *spsv1.CodeStatus) any { return short(of(s).GetState()) }},
		{name + "_from", func(s *spsv1.CodeStatus) any { return instant(said(s).GetStartTime()) }},
		{name + "_until", func(s *spsv1.CodeStatus) any { return instant(said(s).GetEndTime()) }},
		{name + "_by", func(s *spsv1.CodeStatus) any { return said(s).GetOffice() }},
		{name + "_conditions", func(s *spsv1.CodeStatus) any { return brief.Text(said(s).GetConditions()) }},
		{name + "_reason", func(s *spsv1.CodeStatus) any { return brief.Text(said(s).GetReason()) }},
		{name + "_case", func(s *spsv1.CodeStatus) any { return strings.TrimPrefix(said(s).GetCase(), casePrefix) }},
		{name + "_reference", func(s *spsv1.CodeStatus) any { return said(s).GetReference() }},
	}
}

// goodsOf returns goods in a cell: their codes with their lists, else their words.
func goodsOf(c *spsv1.Concept) string {
	var all []string
	for _, code := range c.GetCodings() {
		all = append(all, code.GetSystem()+" "+code.GetCode())
	}
	if len(all) == 0 {
		return c.GetAsWritten()
	}
	return joined(all)
}
