package client

import (
	"context"
	"iter"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// ListOptions says what a list returns.
type ListOptions struct {
	// Office narrows the list to what one office issued; empty: all offices.
	Office certs.Office
	// Selection narrows it further, and OrderBy says in which order it comes;
	// empty: the newest recorded first.
	Selection
	OrderBy string
	// View says how much of each statement comes; BASIC by default.
	View spsv1.StatementView
	// PageSize is how many are asked for at a time; 0: the node's default. It
	// does not limit the list.
	PageSize int32
	// Began, if set, is given the cursor from which [Client.Watch] sends
	// everything recorded after this list was begun. It is called once, before
	// the first statement.
	Began func(cursor string)
}

// Selection says which statements or cases are meant. What is empty selects
// all.
type Selection struct {
	// Filter is an expression over the fields of a statement, such as
	// `classification = ALERT AND origin = VN`; docs/reference/filters.md has
	// them all. Of a case its original is looked at.
	Filter string
	// Query are words that must all be there, in any language.
	Query string
}

// Statement returns one statement of any office by its resource name, such as
// "offices/VN/statements/1-42", with envelope and seal. The code of the error
// is NotFound also for what was not addressed to this office.
func (c *Client) Statement(ctx context.Context, name string) (*spsv1.IssuedStatement, error) {
	return c.CaseService().GetStatement(ctx, &spsv1.GetStatementRequest{Name: name})
}

// Evidence returns the evidence bundle of a statement by the resource name of
// the statement: a file that proves it off line. What it leaves out is said by
// the request; its name is filled in.
func (c *Client) Evidence(ctx context.Context, name string, req *spsv1.GetEvidenceRequest) ([]byte, error) {
	req = proto.CloneOf(req)
	req.Name = name + "/evidence"
	file, err := c.EvidenceService().GetEvidence(ctx, req)
	if err != nil {
		return nil, err
	}
	return file.GetData(), nil
}

// Statements returns the statements that the node holds, the newest recorded
// first, and asks for pages as the caller goes on. After an error there is no
// more.
func (c *Client) Statements(ctx context.Context, opts ListOptions) iter.Seq2[*spsv1.IssuedStatement, error] {
	return func(yield func(*spsv1.IssuedStatement, error) bool) {
		req := &spsv1.ListStatementsRequest{Parent: parent(opts.Office), PageSize: opts.PageSize, View: opts.View, Filter: opts.Filter, Query: opts.Query, OrderBy: opts.OrderBy}
		for {
			page, err := c.CaseService().ListStatements(ctx, req)
			if err != nil {
				yield(nil, err)
				return
			}
			if req.PageToken == "" && opts.Began != nil {
				opts.Began(page.GetCursor())
			}
			for _, s := range page.GetStatements() {
				if !yield(s, nil) {
					return
				}
			}
			if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
				return
			}
		}
	}
}

// Case returns the case of a notification by its reference, such as
// "VN-2026-000123", with everything that refers to it.
func (c *Client) Case(ctx context.Context, reference string) (*spsv1.Case, error) {
	req := &spsv1.GetCaseRequest{Name: "cases/" + reference}
	whole, err := c.CaseService().GetCase(ctx, req)
	if err != nil {
		return nil, err
	}
	for page := whole; page.GetNextPageToken() != ""; {
		req.PageToken = page.GetNextPageToken()
		if page, err = c.CaseService().GetCase(ctx, req); err != nil {
			return nil, err
		}
		whole.Statements = append(whole.Statements, page.GetStatements()...)
	}
	whole.NextPageToken = ""
	return whole, nil
}

// Cases returns the cases that the node holds, each with its original only, the
// one whose original was recorded last first. Only opts.PageSize is looked at.
// After an error there is no more.
func (c *Client) Cases(ctx context.Context, opts ListOptions) iter.Seq2[*spsv1.Case, error] {
	return func(yield func(*spsv1.Case, error) bool) {
		req := &spsv1.ListCasesRequest{PageSize: opts.PageSize, Filter: opts.Filter, Query: opts.Query, OrderBy: opts.OrderBy}
		for {
			page, err := c.CaseService().ListCases(ctx, req)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, found := range page.GetCases() {
				if !yield(found, nil) {
					return
				}
			}
			if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
				return
			}
		}
	}
}

// Node says how the node stands.
func (c *Client) Node(ctx context.Context) (*spsv1.Node, error) {
	return c.NodeService().GetNode(ctx, &spsv1.GetNodeRequest{})
}

// Peers says how it stands with each office whose card the node has accepted,
// in the order of their codes.
func (c *Client) Peers(ctx context.Context) ([]*spsv1.Peer, error) {
	list, err := c.NodeService().ListPeers(ctx, &spsv1.ListPeersRequest{})
	if err != nil {
		return nil, err
	}
	return list.GetPeers(), nil
}

// Peer says how it stands with one office.
func (c *Client) Peer(ctx context.Context, office certs.Office) (*spsv1.Peer, error) {
	return c.NodeService().GetPeer(ctx, &spsv1.GetPeerRequest{Name: "peers/" + string(office)})
}

// parent is the parent of what an office issued; empty stands for all offices.
func parent(office certs.Office) string {
	if office == "" {
		return "offices/-"
	}
	return "offices/" + string(office)
}
