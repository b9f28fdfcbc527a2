package server_test

import (
	"bytes"
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
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestAnExporterSeesItsOwnAlone has two exporters with lots in the same cases, and a
// third, try every method of every service with what is another's, and then 10,000
// times what they may call, see exporterTries. Nothing of another may stand in any byte of any answer.
func TestAnExporterSeesItsOwnAlone(t *testing.T) {
	w := newWorld(t, "VN")
	w.logs = io.Discard // thousands of refusals
	w.eyes = "four_eyes: {alone: all}\nexporters: {at_once: alert}\nrates: {read: off, write: off}"
	vn := w.start("VN")
	a, b, third, cases := sharing(t, vn)
	t.Run("of a shared case each is shown its part", func(t *testing.T) {
		for _, e := range []*trading{a, b} {
			n := notices(t, e.notices(), cases[0].GetReference())[0].GetContent().GetNotification()
			if len(n.GetProducts()) != 2 || len(n.GetProducts()[0].GetLots()) != 1 || len(n.GetProducts()[1].GetLots()) != 1 || len(n.GetSamples()) != 1 ||
				len(n.GetFindings()) != 1 || len(n.GetFindings()[0].GetText()) != 2 {
				t.Errorf("%s is shown %v, want its lots, its sample, and of the finding all texts but that about the other", e.id, n)
			}
		}
	})
	for _, e := range []*trading{a, b, third} {
		t.Run("every method, by "+e.id, func(t *testing.T) { e.everyMethod(t, a, b, cases) })
	}
	t.Run("many attempts", func(t *testing.T) {
		b.attempts(t, a, exporterTries*2/5)
		a.attempts(t, b, exporterTries*2/5)
		third.attempts(t, a, exporterTries/5)
	})
	t.Run("the file of another, named in one's own answer", func(t *testing.T) {
		for _, file := range []*spsv1.Attachment{a.file, {Sha256: make([]byte, 32), MediaType: "text/plain", SizeBytes: a.file.GetSizeBytes(), Filename: "seen.txt"}} {
			_, err := b.notices().AnswerConsignmentNotice(t.Context(), &spsv1.AnswerConsignmentNoticeRequest{
				Name: b.own[0], RequestId: newID(), Kinds: []spsv1.AnswerKind{spsv1.AnswerKind_ANSWER_KIND_OUR_GOODS}, Attachments: []*spsv1.Attachment{file},
			})
			if got := strings.Join(violated(err), "; "); got != "attachments[0].sha256 NOT_HELD" {
				t.Errorf("%x: %s, %v, want it refused as one that nobody has", file.GetSha256(), got, err)
			}
		}
	})
	t.Run("the others' notices are as they were", func(t *testing.T) {
		for _, e := range []*trading{a, b} {
			n, err := e.notices().GetConsignmentNotice(t.Context(), &spsv1.GetConsignmentNoticeRequest{Name: e.own[0]})
			if err != nil || len(n.GetAnswers()) != 1 || n.GetAcknowledgeTime() != nil {
				t.Errorf("after all attempts it is %v, %v", n, err)
			}
		}
	})
	t.Run("rates hold exporters too", func(t *testing.T) {
		vn.stop()
		w.eyes = "four_eyes: {alone: all}\nrates: {write: 3/h}"
		c := w.start("VN").exporter("ham-thuan")
		for range 4 {
			_, err := c.AcknowledgeConsignmentNotice(t.Context(), &spsv1.AcknowledgeConsignmentNoticeRequest{Name: a.own[0], Version: 1})
			if status.Code(err) == codes.ResourceExhausted {
				return
			}
		}
		t.Error("four calls in an hour, three allowed: none was refused")
	})
}

// everyMethod calls each method with what is another's, and with its own, in every
// field that takes a text, and looks for what it must not see in whatever comes back.
func (e *trading) everyMethod(t *testing.T, a, b *trading, cases []*spsv1.IssuedStatement) {
	names := append([]string{
		a.own[0], b.own[0], a.own[0] + "/attachments/a1", b.own[0] + "/attachments/a1", "exporters/binh-thuan", "exporters/ham-thuan",
		"cases/" + cases[0].GetReference(), "offices/VN/statements/1-1", "offices/VN/statements/1-1/attachments/a1",
	}, e.own[min(1, len(e.own)):]...)
	called := 0
	protoregistry.GlobalFiles.RangeFilesByPackage("sps.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			service := f.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				if method.IsStreamingClient() || service.Name() == "ExchangeService" { // an upload names nothing; peers have tests of their own
					continue
				}
				for _, name := range names {
					called++
					e.look(t, string(method.Name())+" of "+name, e.call(t, service, method, e.request(method.Input(), name, a, cases)), name)
				}
			}
		}
		return true
	})
	if called < 500 {
		t.Errorf("%d calls, want every method", called)
	}
}

// look looks for what the exporter must not see in what came back: in the bytes of
// the wire and in JSON. What was asked for may be said again.
func (e *trading) look(t *testing.T, what string, answers []proto.Message, asked string) {
	t.Helper()
	for _, m := range answers {
		wire, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		text, err := protojson.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range e.secrets {
			if strings.Contains(asked, secret) {
				continue
			}
			if bytes.Contains(wire, []byte(secret)) || bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s shows %s %q: %s", what, e.id, secret, text)
			}
		}
	}
}

// request fills a request with what is another's. Its own lists are asked for whole.
func (e *trading) request(d protoreflect.MessageDescriptor, name string, a *trading, cases []*spsv1.IssuedStatement) proto.Message {
	if d.Name() == "ListConsignmentNoticesRequest" {
		return dynamicpb.NewMessage(d)
	}
	return filled(d, name, cases[0].GetReference(), a.id)
}

// filled returns a request with what is somebody's in every field that takes a text.
func filled(d protoreflect.MessageDescriptor, name, reference, exporter string) proto.Message {
	m := dynamicpb.NewMessage(d)
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		value := map[protoreflect.Name]string{
			"name": name, "parent": "offices/-", "exporter": "exporters/" + exporter, "reference": reference, "case": "cases/" + reference,
			"request_id": uuid.NewString(), "query": "thanh long", "code": "VN-BT-0", "reason": "because", "exporter_id": exporter, "laboratory": exporter,
		}[f.Name()]
		if f.Kind() == protoreflect.StringKind && !f.IsList() && value != "" {
			m.Set(f, protoreflect.ValueOfString(value))
		}
	}
	return m
}

// call calls a method and returns everything that it answers with, a refusal too; of
// its watch as much as is its own.
func (e *trading) call(t *testing.T, service protoreflect.ServiceDescriptor, method protoreflect.MethodDescriptor, req proto.Message) []proto.Message {
	most := 2
	if method.Name() == "WatchConsignmentNotices" {
		most = len(e.own)
	}
	all, err := answersTo(t, e.conn, service, method, req, most)
	if err != nil && !errors.Is(err, io.EOF) {
		all = append(all, status.Convert(err).Proto())
	}
	return all
}

// call calls a method and returns everything that it answers with as a text; a stream
// for a moment.
func call(t *testing.T, conn *grpc.ClientConn, service protoreflect.ServiceDescriptor, method protoreflect.MethodDescriptor, req proto.Message) (text string, err error) {
	all, err := answersTo(t, conn, service, method, req, 2)
	for _, m := range all {
		text += fmt.Sprint(m)
	}
	return text, err
}

// answersTo calls a method and returns what it answers with; of a stream at most so
// many answers.
func answersTo(
	t *testing.T, conn *grpc.ClientConn, service protoreflect.ServiceDescriptor, method protoreflect.MethodDescriptor, req proto.Message, most int,
) (all []proto.Message, err error) {
	path := fmt.Sprintf("/%s/%s", service.FullName(), method.Name())
	if !method.IsStreamingServer() {
		answer := dynamicpb.NewMessage(method.Output())
		err := conn.Invoke(t.Context(), path, req, answer)
		return []proto.Message{answer}, err
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
	if err == nil {
		err = errors.Join(stream.SendMsg(req), stream.CloseSend())
	}
	for err == nil && len(all) < most {
		answer := dynamicpb.NewMessage(method.Output())
		if err = stream.RecvMsg(answer); err == nil {
			all = append(all, answer)
		}
	}
	return all, err
}

// attempts tries what an exporter may call with what is not its own, and wants
// each answered as if there were no such thing.
func (e *trading) attempts(t *testing.T, v *trading, most int) {
	c, files := e.notices(), spsv1.NewAttachmentServiceClient(e.conn)
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
				Attachments: []*spsv1.Attachment{{Sha256: v.file.GetSha256(), MediaType: "text/plain", SizeBytes: 22, Filename: "x.txt"}},
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
func (e *trading) guess(r *rand.Rand, i int) string {
	id, err := uuid.Parse(strings.TrimPrefix(e.own[r.IntN(len(e.own))], "consignmentNotices/"))
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
func lists(t *testing.T, c spsv1.ConsignmentServiceClient, v *trading) {
	_, err := c.ListConsignmentNotices(t.Context(), &spsv1.ListConsignmentNoticesRequest{PageToken: v.token})
	if got := strings.Join(violated(err), ""); got != "page_token PAGE_TOKEN" {
		t.Errorf("the page token of another: %v, want it refused as none", err)
	}
	resp, err := c.ListConsignmentNotices(t.Context(), &spsv1.ListConsignmentNoticesRequest{Exporter: "exporters/" + v.id})
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
