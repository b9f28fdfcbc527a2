package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (n *node) attachments() spsv1.AttachmentServiceClient {
	n.w.t.Helper()
	return spsv1.NewAttachmentServiceClient(n.as(certs.RoleValidator, "lan.nguyen"))
}

// upload gives a node a file, and returns what a statement says of it.
func (n *node) upload(as spsv1.AttachmentServiceClient, id string, content []byte) *spsv1.Attachment {
	n.w.t.Helper()
	stream, err := as.UploadAttachment(n.w.t.Context())
	if err != nil {
		n.w.t.Fatal(err)
	}
	header := &spsv1.UploadHeader{MediaType: "text/plain", Filename: "seen.txt"}
	err = errors.Join(
		stream.Send(&spsv1.UploadAttachmentRequest{Part: &spsv1.UploadAttachmentRequest_Header{Header: header}}),
		stream.Send(&spsv1.UploadAttachmentRequest{Part: &spsv1.UploadAttachmentRequest_Data{Data: content}}),
	)
	if err != nil {
		n.w.t.Fatal(err)
	}
	resp, err := stream.CloseAndRecv()
	if err != nil {
		n.w.t.Fatalf("upload: %v", err)
	}
	a := resp.GetAttachment()
	a.Id = id
	return a
}

// download returns a file as a client of the node gets it.
func download(ctx context.Context, client spsv1.AttachmentServiceClient, name string) ([]byte, error) {
	stream, err := client.DownloadAttachment(ctx, &spsv1.DownloadAttachmentRequest{Name: name})
	if err != nil {
		return nil, err
	}
	var got []byte
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return nil, err
		}
		got = append(got, part.GetData()...)
	}
}

// links returns the sessions of a node: with whom, and since when.
func (n *node) links() []*spsv1.Peer {
	n.w.t.Helper()
	list, err := spsv1.NewNodeServiceClient(n.as(certs.RoleAdmin, "minh")).ListPeers(n.w.t.Context(), &spsv1.ListPeersRequest{})
	if err != nil {
		n.w.t.Fatal(err)
	}
	var links []*spsv1.Peer
	for _, p := range list.GetPeers() {
		links = append(links, &spsv1.Peer{Office: p.GetOffice(), Connected: p.GetConnected(), SinceTime: p.GetSinceTime()})
	}
	return links
}

// Who is brought into a case gets the files of what is handed on to it too, over
// the sessions that are up.
func TestReaddressBringsAttachments(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	th, vn, cn := w.start("TH"), w.start("VN"), w.start("CN")
	photo := bytes.Repeat([]byte("what the inspector saw\n"), 20_000)
	st := notification("fruit fly in durian", "VN")
	st.Attachments = []*spsv1.Attachment{th.upload(th.attachments(), "a1", photo)}
	original := issue(t, th, st)
	arrived(original, th, vn)
	name := original.GetName() + "/attachments/a1"
	if _, err := download(t.Context(), cn.attachments(), name); status.Code(err) != codes.NotFound {
		t.Errorf("download before the readdress: %v, want NOT_FOUND", err)
	}
	eventually(t, "CN has a session with both", func() bool {
		links := cn.links()
		return links[0].GetConnected() && links[1].GetConnected()
	})
	before := cn.links()

	if _, err := th.validator().ReaddressCase(t.Context(), &spsv1.ReaddressCaseRequest{
		Name: "cases/" + original.GetReference(), Offices: []string{"CN"},
	}); err != nil {
		t.Fatal(err)
	}
	cn.watch("offices/-", "").statement(original.GetName())
	client := cn.attachments()
	var got []byte
	eventually(t, "the file has come to CN", func() bool {
		var err error
		got, err = download(t.Context(), client, name)
		if err != nil && status.Code(err) != codes.Unavailable {
			t.Fatalf("download at CN: %v", err)
		}
		return err == nil
	})
	if !bytes.Equal(got, photo) {
		t.Errorf("downloaded %d bytes that differ from the %d uploaded", len(got), len(photo))
	}
	if diff := cmp.Diff(before, cn.links(), protocmp.Transform()); diff != "" {
		t.Errorf("links of CN (-before +after the readdress):\n%s", diff)
	}
}
