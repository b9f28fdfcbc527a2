package federation

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// Request is what a node is asked to enter. It may be asked again.
type Request struct {
	ID       string
	Envelope []byte          // of a statement
	Subject  *spsv1.EntryRef // of a readdress: the statement that goes to others
	Urgent   bool
	Audience []certs.Office // none: the network
}

// NewRequest returns a request for a statement of so many random bytes, which
// nobody has asked yet.
func (n *Node) NewRequest(size int, audience ...certs.Office) Request {
	n.tb.Helper()
	payload := make([]byte, size)
	if _, err := rand.Read(payload); err != nil {
		n.tb.Fatal(err)
	}
	envelope, err := proto.Marshal(&spsv1.Envelope{PayloadType: "application/vnd.sps.statement.v1", Payload: payload})
	if err != nil {
		n.tb.Fatal(err)
	}
	r := Request{ID: n.newID(), Envelope: envelope, Audience: audience}
	n.asked[sha256.Sum256(envelope)] = r.ID
	return r
}

// NewReaddress returns a request to send a statement of this node to others.
func (n *Node) NewReaddress(e ledger.Entry, audience ...certs.Office) Request {
	return Request{
		ID: n.newID(), Audience: audience,
		Subject: &spsv1.EntryRef{Origin: e.Origin.String(), Sequence: e.Sequence, RecordHash: e.Hash[:]},
	}
}

func (n *Node) newID() string {
	n.issued++
	return fmt.Sprintf("%s-%d", n.Office.Code(), n.issued)
}

// Try asks the node, and lets the oracle see what it acknowledges. After an
// error of [Node.Fail] the outcome is not known.
func (n *Node) Try(r Request) (ledger.Entry, error) {
	n.tb.Helper()
	synctest.Wait() // the anchor of the request before is durable
	anchor, err := os.ReadFile(n.anchor())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		n.tb.Fatal(err)
	}
	e, err := n.enter(r)
	if err == nil {
		n.anchored = anchor
		n.f.Oracle.Entry(e)
	}
	return e, err
}

func (n *Node) enter(r Request) (ledger.Entry, error) {
	ctx := context.Background()
	if r.Urgent {
		ctx = store.WithReserve(ctx)
	}
	d := ledger.Draft{
		RequestID: r.ID, Fingerprint: sha256.Sum256(r.Envelope), Type: spsv1.LeafType_LEAF_TYPE_STATEMENT,
		Urgent: r.Urgent, Network: len(r.Audience) == 0, Audience: r.Audience, Envelope: r.Envelope,
	}
	if r.Subject != nil {
		d.Type, d.Subject = spsv1.LeafType_LEAF_TYPE_READDRESS, r.Subject
	}
	return n.Ledger.Append(ctx, func(store.Tx) (ledger.Draft, error) { return d, nil })
}
