package trader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// maxPageBytes ends a page early, so that it stays below the limit of a gRPC
	// message whatever the next item adds.
	maxPageBytes = 2 << 20
	// listLook is how many rows are looked at for one page, so that a page of what
	// is rare is short and not slow.
	listLook = 20000
)

// ListExporters implements spsv1.ExporterServiceServer.
func (s *Service) ListExporters(ctx context.Context, req *spsv1.ListExportersRequest) (*spsv1.ListExportersResponse, error) {
	asked := askedFor("exporters", req, req.GetPageToken())
	from, err := asked.after()
	if err != nil {
		return nil, err
	}
	words := strings.Fields(plain.Text(req.GetQuery()))
	var resp *spsv1.ListExportersResponse
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		resp = &spsv1.ListExportersResponse{}
		looked, size := 0, 0
		for row, err := range r.Scan(tableWords, from, nil, false) {
			if err != nil {
				return err
			}
			if looked++; len(resp.GetExporters()) >= access.PageSize(req.GetPageSize()) || looked > listLook || size > maxPageBytes {
				resp.NextPageToken = asked.token(row.Key)
				return nil
			}
			if !hasAll(row.Value, words) {
				continue
			}
			e, err := getExporter(r, string(row.Key))
			if err == nil && e == nil {
				err = fmt.Errorf("%w: no exporter %q", ledger.ErrCorrupt, row.Key)
			}
			if err != nil {
				return err
			}
			if s.isAsked(req, e) {
				resp.Exporters = append(resp.Exporters, e)
				size += proto.Size(e)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// hasAll reports whether a text has all of some words.
func hasAll(text []byte, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !bytes.Contains(text, []byte(w)) })
}

// isAsked reports whether a list asks for an exporter.
func (s *Service) isAsked(req *spsv1.ListExportersRequest, e *spsv1.Exporter) bool {
	ofCode := func(is func(*spsv1.ExporterCode) bool) bool { return slices.ContainsFunc(e.GetCodes(), is) }
	return (req.GetState() == 0 || req.GetState() == e.GetState()) &&
		(req.GetRole() == 0 || slices.Contains(e.GetRoles(), req.GetRole())) &&
		(req.GetCode() == "" || ofCode(func(c *spsv1.ExporterCode) bool { return s.fold(c.GetCode()) == s.fold(req.GetCode()) })) &&
		(req.GetProvince() == "" || ofCode(func(c *spsv1.ExporterCode) bool { return c.GetProvince().GetCode() == req.GetProvince() })) &&
		(req.GetMarket() == "" || ofCode(func(c *spsv1.ExporterCode) bool { return sellsTo(c, req.GetMarket()) }))
}

// fold returns a code as one of the office's country, as codes are compared of which
// none is given twice.
func (s *Service) fold(code string) string { return statement.FoldCode(code, s.office()) }

// sellsTo reports whether a code is registered for a market.
func sellsTo(c *spsv1.ExporterCode, market string) bool {
	return len(c.GetMarkets()) == 0 || slices.ContainsFunc(c.GetMarkets(), func(a *spsv1.Area) bool { return a.GetCode() == market })
}

// ListRegisteredCodes implements spsv1.ExporterServiceServer.
func (s *Service) ListRegisteredCodes(ctx context.Context, req *spsv1.ListRegisteredCodesRequest) (*spsv1.ListRegisteredCodesResponse, error) {
	asked := askedFor("codes", req, req.GetPageToken())
	from, err := asked.after()
	if err != nil {
		return nil, err
	}
	prefix := []byte(foldCode(req.GetCode()))
	if from == nil {
		from = prefix
	}
	var resp *spsv1.ListRegisteredCodesResponse
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		resp = &spsv1.ListRegisteredCodesResponse{}
		looked := 0
		for row, err := range r.Scan(tableCodes, from, store.PrefixEnd(prefix), false) {
			if err != nil {
				return err
			}
			if looked++; len(resp.GetCodes()) >= access.PageSize(req.GetPageSize()) || looked > listLook {
				resp.NextPageToken = asked.token(row.Key)
				return nil
			}
			_, behind, _ := bytes.Cut(row.Key, []byte{0})
			found, err := codeEntry(behind, row.Value)
			if err != nil {
				return err
			}
			c, owner := found.code, exporterPrefix+found.exporter
			if req.GetKind() != 0 && c.GetKind() != req.GetKind() || req.GetProvince() != "" && c.GetProvince().GetCode() != req.GetProvince() ||
				req.GetMarket() != "" && !sellsTo(c, req.GetMarket()) || req.GetExporter() != "" && owner != req.GetExporter() {
				continue
			}
			e, err := getExporter(r, found.exporter)
			if err != nil {
				return err
			}
			resp.Codes = append(resp.Codes, &spsv1.RegisteredCode{Code: c, Exporter: owner, DisplayName: e.GetDisplayName()})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// list is a list that is read page by page. Its tokens are those of who asks, and
// of what is asked: no other list takes them.
type list struct {
	print [16]byte
	given string
}

// askedFor returns the list of a request. of names the list, and whose it is.
func askedFor(of string, req proto.Message, token string) list {
	bare := proto.Clone(req).ProtoReflect()
	for _, name := range []string{"page_token", "page_size"} {
		if f := bare.Descriptor().Fields().ByTextName(name); f != nil {
			bare.Clear(f)
		}
	}
	text, _ := proto.MarshalOptions{Deterministic: true}.Marshal(bare.Interface()) // was read from the wire
	sum := sha256.Sum256(append(under(of), text...))
	return list{print: [16]byte(sum[:]), given: token}
}

// token returns the token of a page that goes on at a key.
func (l list) token(key []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(l.print[:], key...))
}

// after returns the key at which the page asked for begins, nil for the first.
func (l list) after() ([]byte, error) {
	if l.given == "" {
		return nil, nil
	}
	mark, err := base64.RawURLEncoding.Strict().DecodeString(l.given)
	if err != nil || len(mark) <= len(l.print) || !bytes.Equal(mark[:len(l.print)], l.print[:]) {
		return nil, invalid("page_token", "PAGE_TOKEN", "give the nextPageToken of the page before, as it came")
	}
	return mark[len(l.print):], nil
}
