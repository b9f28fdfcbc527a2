package drill

import (
	"context"
	"path/filepath"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/client"
)

// ClientAs has the office's authority issue a certificate for a further person,
// and connects to the node as that one. [Node.Client] is for those whom each
// office has.
func (n *Node) ClientAs(ctx context.Context, role certs.Role, id string) (*client.Client, error) {
	ca, err := authority.Load(filepath.Join(n.dir, authority.CAFolder), nil)
	if err != nil {
		return nil, err
	}
	issued, err := ca.IssuePerson(role, id, 0)
	if err != nil {
		return nil, err
	}
	stem := filepath.Join(n.dir, "people", string(role)+"-"+id)
	if err := issued.Save(stem+".pem", stem+".key"); err != nil {
		return nil, err
	}
	return dial(ctx, n.speaking(stem+".pem", stem+".key"))
}

// speaking is how who has a certificate speaks to the node.
func (n *Node) speaking(certificate, key string) client.Context {
	return client.Context{
		Address: n.listen.Office, Federation: n.federation, Office: string(n.office),
		Card: filepath.Join(n.dir, authority.CardFile(n.office)), Certificate: certificate, Key: key,
	}
}

func dial(ctx context.Context, who client.Context) (*client.Client, error) {
	opts, err := who.Options()
	if err != nil {
		return nil, err
	}
	return client.Dial(ctx, opts)
}
