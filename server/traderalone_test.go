package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// victim is what an exporter has that another must not see.
type victim struct {
	notice, file, token, cursor, reference, digest string
	sum                                            []byte
	secrets                                        []string // of which none may be in any answer to another
}

// prey registers exporters, issues a case about two of them, and has one of them
// answer with a file.
func prey(t *testing.T, vn *node) victim {
	vn.operators()
	var first *spsv1.IssuedStatement
	for range 2 { // so that there is a second page
		s := dragonfruit(spsv1.Classification_CLASSIFICATION_ALERT)
		s.Addressees, s.Network = nil, true
		first = issue(t, vn, s)
	}
	conn := vn.as(certs.RoleExporter, "binh-thuan")
	grower := spsv1.NewConsignmentServiceClient(conn)
	eventually(t, "both notices are sent", func() bool { return len(notices(t, grower, "")) == 2 })
	page, err := grower.ListConsignmentNotices(t.Context(), &spsv1.ListConsignmentNoticesRequest{PageSize: 1})
	if err != nil || page.GetNextPageToken() == "" {
		t.Fatal(page, told(err))
	}
	v := victim{notice: notices(t, grower, first.GetReference())[0].GetName(), token: page.GetNextPageToken(), cursor: page.GetCursor(), reference: first.GetReference()}
	file := vn.upload(spsv1.NewAttachmentServiceClient(conn), "", []byte("the growers' own paper"))
	_, err = grower.AnswerConsignmentNotice(t.Context(), &spsv1.AnswerConsignmentNoticeRequest{
		Name: v.notice, RequestId: newID(), Kinds: []spsv1.AnswerKind{spsv1.AnswerKind_ANSWER_KIND_QUESTION}, Text: in1("vi", "bao giờ thả xe"), Attachments: []*spsv1.Attachment{file},
	})
	if err != nil {
		t.Fatal(told(err))
	}
	v.file, v.sum, v.digest = v.notice+"/attachments/a1", file.GetSha256(), fmt.Sprintf("%x", file.GetSha256())
	v.secrets = []string{"LOT-A", "BT 001", "BT-001", "Hợp tác xã", "bao giờ thả xe", strings.TrimPrefix(v.notice, "consignmentNotices/"), "growers' own paper"}
	return v
}

// TestAnExporterSeesItsOwnAlone has an exporter try every method of every service
// with what is another's, and then 10,000 times what it may call; see exporterTries.
func TestAnExporterSeesItsOwnAlone(t *testing.T) {
	w := newWorld(t, "VN")
	w.logs = io.Discard // thousands of refusals
	w.eyes = "four_eyes: {alone: all}\nexporters: {at_once: alert}\nrates: {read: off, write: off}"
	vn := w.start("VN")
	v := prey(t, vn)
	intruder := vn.as(certs.RoleExporter, "ham-thuan")
	t.Run("every method", func(t *testing.T) { everyMethod(t, intruder, v) })
	t.Run("many attempts", func(t *testing.T) { attempts(t, intruder, v, exporterTries) })
	t.Run("the other's notice is as it was", func(t *testing.T) {
		n, err := vn.exporter("binh-thuan").GetConsignmentNotice(t.Context(), &spsv1.GetConsignmentNoticeRequest{Name: v.notice})
		if err != nil || len(n.GetAnswers()) != 1 || n.GetAcknowledgedBy() != "binh-thuan" {
			t.Errorf("after all attempts it is %v, %v", n, err)
		}
	})
	t.Run("rates hold exporters too", func(t *testing.T) {
		vn.stop()
		w.eyes = "four_eyes: {alone: all}\nrates: {write: 3/h}"
		c := w.start("VN").exporter("ham-thuan")
		for range 4 {
			_, err := c.AcknowledgeConsignmentNotice(t.Context(), &spsv1.AcknowledgeConsignmentNoticeRequest{Name: v.notice, Version: 1})
			if status.Code(err) == codes.ResourceExhausted {
				return
			}
		}
		t.Error("four calls in an hour, three allowed: none was refused")
	})
}

// everyMethod calls each method with what is the victim's in every field that
// takes a text, and looks for its secrets in whatever comes back.
func everyMethod(t *testing.T, conn *grpc.ClientConn, v victim) {
	called := 0
	protoregistry.GlobalFiles.RangeFilesByPackage("sps.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			service := f.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				if method.IsStreamingClient() || service.Name() == "ExchangeService" { // an upload names nothing; peers have tests of their own
					continue
				}
				for _, name := range []string{v.notice, v.file, "exporters/binh-thuan", "cases/" + v.reference, "offices/VN/statements/1-1", "offices/VN/statements/1-1/attachments/a1"} {
					called++
					all, err := call(t, conn, service, method, v.request(method.Input(), name))
					for _, secret := range v.secrets {
						if said := strings.ReplaceAll(all+fmt.Sprint(err), name, ""); strings.Contains(said, secret) {
							t.Errorf("%s of %s shows %q: %s %v", method.Name(), name, secret, all, err)
						}
					}
				}
			}
		}
		return true
	})
	if called < 500 {
		t.Errorf("%d calls, want every method", called)
	}
}

// request fills a request with what is the victim's.
func (v victim) request(d protoreflect.MessageDescriptor, name string) proto.Message {
	m := dynamicpb.NewMessage(d)
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		value := map[protoreflect.Name]string{
			"name": name, "parent": "offices/-", "page_token": "", "cursor": "", "exporter": "exporters/binh-thuan", "reference": v.reference, "case": "cases/" + v.reference,
			"request_id": uuid.NewString(), "query": "thanh long", "code": "VN-BT-001", "etag": "", "reason": "because", "exporter_id": "binh-thuan", "laboratory": "binh-thuan",
		}[f.Name()]
		if f.Kind() == protoreflect.StringKind && !f.IsList() && value != "" {
			m.Set(f, protoreflect.ValueOfString(value))
		}
	}
	return m
}

// call calls a method and returns everything that it answers with; a stream for a
// moment.
func call(t *testing.T, conn *grpc.ClientConn, service protoreflect.ServiceDescriptor, method protoreflect.MethodDescriptor, req proto.Message) (all string, err error) {
	path := fmt.Sprintf("/%s/%s", service.FullName(), method.Name())
	if !method.IsStreamingServer() {
		answer := dynamicpb.NewMessage(method.Output())
		err := conn.Invoke(t.Context(), path, req, answer)
		return fmt.Sprint(answer), err
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
	if err == nil {
		err = errors.Join(stream.SendMsg(req), stream.CloseSend())
	}
	for n := 0; err == nil && n < 2; n++ { // as many as are its own
		answer := dynamicpb.NewMessage(method.Output())
		if err = stream.RecvMsg(answer); err == nil {
			all += fmt.Sprint(answer)
		}
	}
	return all, err
}

// attempts tries what an exporter may call with what is not its own, and wants
// each answered as if there were no such thing.
func attempts(t *testing.T, conn *grpc.ClientConn, v victim, most int) {
	c, files := spsv1.NewConsignmentServiceClient(conn), spsv1.NewAttachmentServiceClient(conn)
	ctx := t.Context()
	tries := []func(name string) error{
		func(name string) error {
			_, err := c.GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: name})
			return err
		},
		func(name string) error {
			_, err := c.AcknowledgeConsignmentNotice(ctx, &spsv1.AcknowledgeConsignmentNoticeRequest{Name: name, Version: 1})
			return err
		},
		func(name string) error {
			_, err := c.AnswerConsignmentNotice(ctx, &spsv1.AnswerConsignmentNoticeRequest{
				Name: name, RequestId: "0f4e1c3a-6c5b-4f8e-9a57-0c1d6a1b2c3d", Kinds: []spsv1.AnswerKind{spsv1.AnswerKind_ANSWER_KIND_NOT_OUR_GOODS},
				Attachments: []*spsv1.Attachment{{Sha256: v.sum, MediaType: "text/plain", SizeBytes: 22, Filename: "x.txt"}},
			})
			return err
		},
		func(name string) error {
			_, err := c.ListNoticeAnswers(ctx, &spsv1.ListNoticeAnswersRequest{Name: name})
			return err
		},
		func(name string) error {
			_, err := download(ctx, files, name+"/attachments/a1")
			return err
		},
	}
	nowhere := noticeOf(uuid.New())
	want := make([]string, len(tries))
	for i, try := range tries {
		want[i] = strings.ReplaceAll(fmt.Sprint(try(nowhere)), nowhere, "…")
	}
	var running sync.WaitGroup
	const workers = 8
	for worker := range workers {
		running.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), 2026))
			for i := range most / workers {
				name := v.guess(r, i)
				at := i % len(tries)
				if got := strings.ReplaceAll(fmt.Sprint(tries[at](name)), name, "…"); got != want[at] || !strings.Contains(got, "NotFound") {
					t.Errorf("attempt %d of %d with %s: %s\nwant what is said of one that does not exist: %s", i, worker, name, got, want[at])
					return
				}
			}
		})
	}
	running.Wait()
	lists(t, c, v)
}

// guess returns the name of another's notice, of one near it, or of none.
func (v victim) guess(r *rand.Rand, i int) string {
	id, err := uuid.Parse(strings.TrimPrefix(v.notice, "consignmentNotices/"))
	switch {
	case err != nil || i%3 == 0:
		return noticeOf(uuid.New())
	case i%3 == 1:
		id[r.IntN(len(id))] ^= 1 << r.IntN(8)
	}
	return noticeOf(id)
}

func noticeOf(id uuid.UUID) string { return "consignmentNotices/" + id.String() }

// lists asks for pages and watches with tokens and cursors of the victim.
func lists(t *testing.T, c spsv1.ConsignmentServiceClient, v victim) {
	_, err := c.ListConsignmentNotices(t.Context(), &spsv1.ListConsignmentNoticesRequest{PageToken: v.token})
	if got := strings.Join(violated(err), ""); got != "page_token PAGE_TOKEN" {
		t.Errorf("the page token of another: %v, want it refused as none", err)
	}
	resp, err := c.ListConsignmentNotices(t.Context(), &spsv1.ListConsignmentNoticesRequest{Exporter: "exporters/binh-thuan"})
	if err != nil || len(resp.GetNotices()) != 0 {
		t.Errorf("the notices of another: %v, %v, want none", resp, err)
	}
	stream, err := c.WatchConsignmentNotices(t.Context(), &spsv1.WatchConsignmentNoticesRequest{Cursor: v.cursor})
	if err == nil {
		_, err = stream.Recv()
	}
	if got := reason(err); got != "CURSOR_AHEAD" || errors.Is(err, io.EOF) {
		t.Errorf("the cursor of another: %v, want CURSOR_AHEAD", err)
	}
}
