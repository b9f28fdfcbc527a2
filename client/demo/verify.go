package demo

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// issuer returns the office that issued a statement.
func issuer(s *spsv1.IssuedStatement) certs.Office {
	origin, err := certs.ParseOrigin(s.GetEntry().GetOrigin())
	if err != nil {
		return ""
	}
	return origin.Office
}

// envelopesOf is what a node holds: the digest of each envelope, by the resource
// name of its statement.
type envelopesOf map[string][sha256.Size]byte

// verify reads everything that the nodes hold, and compares it with what was
// issued.
func verify(ctx context.Context, nodes map[certs.Office]*client.Client, all []*Delivery, s *Summary) error {
	held := map[certs.Office]envelopesOf{}
	for office, node := range nodes {
		var err error
		if held[office], err = envelopes(ctx, node, office, s); err != nil {
			return fmt.Errorf("read what the node of %s holds: %w", office, err)
		}
	}
	compare(held, all, s)
	return nil
}

// compare counts as delivered what an addressee holds byte for byte as its
// issuer does. Whatever else it finds is a fault.
func compare(held map[certs.Office]envelopesOf, all []*Delivery, s *Summary) {
	for _, d := range all {
		name := d.Issued.GetName()
		original, ok := held[d.Office][name]
		if !ok {
			s.fault(fmt.Sprintf("%s was issued and is not at %s", name, d.Office))
			continue
		}
		for _, office := range s.Offices {
			got, has := held[office][name]
			switch expected := slices.Contains(d.Expected, office); {
			case office == d.Office:
			case has && !expected:
				s.fault(fmt.Sprintf("%s holds %s, which is not for it", office, name))
			case expected && !has:
				s.fault(fmt.Sprintf("%s does not hold %s", office, name))
			case expected && got != original:
				s.fault(fmt.Sprintf("%s at %s is not what was issued", name, office))
			case expected:
				s.Delivered++
			}
		}
	}
}

// envelopes returns the digest of the envelope of every statement that a node
// holds, by name.
func envelopes(ctx context.Context, node *client.Client, office certs.Office, s *Summary) (envelopesOf, error) {
	all := envelopesOf{}
	for held, err := range node.Statements(ctx, client.ListOptions{View: spsv1.StatementView_STATEMENT_VIEW_FULL, PageSize: 200}) {
		if err != nil {
			return nil, err
		}
		if _, twice := all[held.GetName()]; twice {
			s.fault(fmt.Sprintf("%s holds %s twice", office, held.GetName()))
		}
		if held.GetFault() != "" {
			s.fault(fmt.Sprintf("%s at %s is faulty: %s", held.GetName(), office, held.GetFault()))
		}
		all[held.GetName()] = sha256.Sum256(held.GetEnvelope())
	}
	return all, nil
}
