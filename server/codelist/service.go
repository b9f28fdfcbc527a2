// Package codelist serves the code lists that a node knows to everybody whom its
// office vouches for.
package codelist

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

const (
	listPrefix = "codeLists/"
	codePart   = "/codes/"
	// escapedSlash stands in a name for a slash in a code.
	escapedSlash = "%2F"
)

// Service implements spsv1.CodeServiceServer. It is safe for concurrent use.
type Service struct {
	spsv1.UnimplementedCodeServiceServer
	registry *codes.Registry
}

// New returns the service of the lists of a registry, as they are at each call.
func New(registry *codes.Registry) *Service { return &Service{registry: registry} }

// ListCodeLists implements spsv1.CodeServiceServer.
func (s *Service) ListCodeLists(ctx context.Context, _ *spsv1.ListCodeListsRequest) (*spsv1.ListCodeListsResponse, error) {
	reads := access.Reads(ctx)
	resp := &spsv1.ListCodeListsResponse{}
	for _, l := range s.registry.Lists() {
		resp.CodeLists = append(resp.CodeLists, &spsv1.CodeList{
			Name: listPrefix + l.System, System: l.System, Display: l.Title(reads...), Title: texts(l.Titles()),
			Version: l.Version, Source: l.Source, Licence: l.Licence, Open: l.Open,
			EntryCount:   int32(l.Len()), //nolint:gosec // G115: at most a million
			ParentSystem: l.Parents, File: l.File, Fault: s.registry.Fault(l.System),
		})
	}
	return resp, nil
}

// SearchCodes implements spsv1.CodeServiceServer.
func (s *Service) SearchCodes(ctx context.Context, req *spsv1.SearchCodesRequest) (*spsv1.SearchCodesResponse, error) {
	l, ok := s.registry.List(strings.TrimPrefix(req.GetParent(), listPrefix))
	if !ok {
		return nil, access.NotFound("there is no %s", req.GetParent())
	}
	asked := digest(l, req)
	offset, err := parseToken(req.GetPageToken(), asked)
	if err != nil {
		return nil, err
	}
	found, more := l.Search(codes.Query{
		Words: req.GetQuery(), Under: req.GetParentCode(), Offset: offset, Limit: access.PageSize(req.GetPageSize()),
	})
	resp := &spsv1.SearchCodesResponse{}
	reads := access.Reads(ctx)
	for _, e := range found {
		resp.Codes = append(resp.Codes, show(l, e, reads))
	}
	if more {
		resp.NextPageToken = token(asked, offset+len(found))
	}
	return resp, nil
}

// GetCode implements spsv1.CodeServiceServer.
func (s *Service) GetCode(ctx context.Context, req *spsv1.GetCodeRequest) (*spsv1.Code, error) {
	system, code, _ := strings.Cut(strings.TrimPrefix(req.GetName(), listPrefix), codePart)
	if l, ok := s.registry.List(system); ok {
		if e, ok := l.Entry(strings.ReplaceAll(code, escapedSlash, "/")); ok {
			return show(l, e, access.Reads(ctx)), nil
		}
	}
	return nil, access.NotFound("there is no %s", req.GetName())
}

// show returns an entry for somebody who reads some languages.
func show(l *codes.List, e codes.Entry, reads []string) *spsv1.Code {
	return &spsv1.Code{
		Name:   listPrefix + l.System + codePart + strings.ReplaceAll(e.Code, "/", escapedSlash),
		System: l.System, Version: l.Version, Code: e.Code,
		Display: e.Name(reads...), Title: texts(e.Names), OtherNames: e.Other, ParentCode: e.Parent, Retired: e.Retired,
	}
}

func texts(names []codes.Name) []*spsv1.LocalizedText {
	var all []*spsv1.LocalizedText
	for _, n := range names {
		all = append(all, &spsv1.LocalizedText{Lang: n.Lang, Text: n.Text})
	}
	return all
}

// digest returns what two pages of one search have in common: the same words of
// the same list.
func digest(l *codes.List, req *spsv1.SearchCodesRequest) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%x\x00%s\x00%s\x00%s", l.Fingerprint(), req.GetParent(), req.GetQuery(), req.GetParentCode()))
	return hex.EncodeToString(sum[:8])
}

func token(asked string, offset int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %d", asked, offset))
}

// parseToken returns after how many codes a page begins.
func parseToken(text, asked string) (offset int, err error) {
	if text == "" {
		return 0, nil
	}
	plain, err := base64.RawURLEncoding.Strict().DecodeString(text)
	of, number, _ := strings.Cut(string(plain), " ")
	if err == nil {
		offset, err = strconv.Atoi(number)
	}
	switch {
	case err != nil || offset < 0 || token(of, offset) != text:
		return 0, access.Invalid(access.Violation{
			Field: "page_token", Reason: "PAGE_TOKEN", Sentence: "give the nextPageToken of the page before, as it came",
		})
	case of != asked:
		return 0, access.Invalid(access.Violation{
			Field: "page_token", Reason: "PAGE_TOKEN",
			Sentence: "repeat parent, query and parentCode as they were for the page before, or leave out the token to begin anew: the list may have changed",
		})
	}
	return offset, nil
}
