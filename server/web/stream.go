package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const (
	linesType  = "application/x-ndjson"
	eventsType = "text/event-stream"
	// eventsBegin tells an EventSource how long to wait before it comes again.
	eventsBegin = "retry: 2000\n\n"
	heartbeat   = "heartbeat" // the event of a record that carries nothing
)

// stream lets a method answer with a stream of records.
func stream(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	caller := r.Context().Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	r = r.Clone(ctx)
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		query := r.URL.Query()
		query.Set("cursor", id)
		r.URL.RawQuery = query.Encode()
	}
	records := &recordWriter{ResponseWriter: w, events: accepts(r, eventsType), cancel: cancel, caller: caller}
	next(records, r)
	records.finish()
}

// announce is told by the gateway of each message before it is written, and of
// a stream that stands before there is any.
func announce(ctx context.Context, w http.ResponseWriter, m proto.Message) error {
	if m != nil {
		if tagged, ok := m.(interface{ GetEtag() string }); ok && tagged.GetEtag() != "" {
			w.Header().Set("ETag", `"`+tagged.GetEtag()+tagEnd(m)+`"`)
		}
		nameAdvice(m)
	}
	if f, ok := w.(*fileWriter); ok {
		f.announce(m)
		return nil
	}
	records, ok := w.(*recordWriter)
	switch md, _ := runtime.ServerMetadataFromContext(ctx); {
	case !ok:
		return nil
	case m != nil:
		records.announced(m)
	case md.HeaderMD != nil: // gRPC has none if the call ended without a record
		records.begin()
		return records.FlushError()
	}
	return nil
}

// nameAdvice writes the paths of fields as violations have them, in what an
// answer says to look at or to mend.
func nameAdvice(m proto.Message) {
	var all []*spsv1.Advice
	if advised, ok := m.(interface{ GetAdvice() []*spsv1.Advice }); ok {
		all = append(all, advised.GetAdvice()...)
	}
	if check, ok := m.(*spsv1.DraftCheck); ok {
		all = append(all, check.GetProblems()...)
	}
	if batch, ok := m.(*spsv1.BatchPostFindingsResponse); ok {
		for _, row := range batch.GetResults() {
			all = append(all, row.GetRefusal().GetViolations()...)
		}
	}
	for _, a := range all {
		a.Field = jsonPath(a.GetField())
	}
}

// tagEnd ends the tag of a case, which says what was said and not what is shown:
// receipts come and due times pass meanwhile. A digest of the answer follows.
func tagEnd(m proto.Message) string {
	if _, ok := m.(*spsv1.Case); ok {
		return "."
	}
	return ""
}

// recordWriter writes the records of a stream, each with what stands around it.
// The gateway writes a record in one piece, after it was announced; what comes
// unannounced is the problem with which the stream ends.
//
// That the caller went away is nobody's fault: it ends the call, and the
// gateway is not told, since it would log it as an error. Such a stream has no
// end record and its connection is cut, so that whoever still reads, as a
// client that closed its half of the connection does, is not told of an end
// that the node did not make.
type recordWriter struct {
	http.ResponseWriter
	events bool // as events, not lines
	cancel context.CancelFunc
	caller <-chan struct{} // closed when the caller went away

	begun, ended bool
	gone         bool   // nobody reads any more
	pending      bool   // a record was announced
	cursor       string // of the newest record
	event        string // what it carries
}

// send writes to the caller, if there is one still.
func (w *recordWriter) send(p []byte) {
	if w.gone {
		return
	}
	_, err := w.ResponseWriter.Write(p)
	w.check(err)
}

func (w *recordWriter) check(err error) {
	if err != nil {
		w.gone = true
		w.cancel()
	}
}

// FlushError sends what was written so far. It returns no error.
func (w *recordWriter) FlushError() error {
	if !w.gone {
		w.check(http.NewResponseController(w.ResponseWriter).Flush())
	}
	return nil
}

// WriteHeader is called by the gateway when a stream fails before its first
// record. Once it has begun, its end says so.
func (w *recordWriter) WriteHeader(code int) {
	if w.begun {
		return
	}
	w.begun, w.ended = true, true
	w.ResponseWriter.WriteHeader(code)
}

func (w *recordWriter) begin() {
	if w.begun {
		return
	}
	w.begun = true
	w.Header().Set("Content-Type", linesType)
	if w.events {
		w.Header().Set("Content-Type", eventsType)
	}
	w.ResponseWriter.WriteHeader(http.StatusOK)
	if w.events {
		w.send([]byte(eventsBegin))
	}
}

// announced looks for the cursor and the event of a record: its field cursor,
// and the one that is set of its first oneof.
func (w *recordWriter) announced(m proto.Message) {
	w.pending, w.event = true, heartbeat
	r := m.ProtoReflect()
	if f := r.Descriptor().Fields().ByName("cursor"); f != nil && f.Kind() == protoreflect.StringKind {
		w.cursor = r.Get(f).String()
	}
	if oneofs := r.Descriptor().Oneofs(); oneofs.Len() > 0 {
		if f := r.WhichOneof(oneofs.Get(0)); f != nil {
			w.event = f.JSONName()
		}
	}
}

func (w *recordWriter) Write(p []byte) (int, error) {
	switch {
	case len(p) == 0: // the gateway's delimiter
	case w.pending:
		w.pending = false
		w.begin()
		w.record(p)
	case w.ended: // a problem before anything else
		w.send(p)
	default:
		w.end(p)
	}
	return len(p), nil
}

func (w *recordWriter) record(text []byte) {
	var b bytes.Buffer
	if w.events {
		if w.cursor != "" {
			b.WriteString("id: " + w.cursor + "\n")
		}
		b.WriteString("event: " + w.event + "\ndata: ")
	}
	b.Write(text)
	b.WriteByte('\n')
	if w.events {
		b.WriteByte('\n')
	}
	w.send(b.Bytes())
}

// end writes the last record: the newest cursor again, and a problem.
func (w *recordWriter) end(problem []byte) {
	w.ended, w.event = true, "end"
	if w.left() {
		return
	}
	cursor, _ := json.Marshal(w.cursor) // a string always can be
	w.record(fmt.Appendf(nil, `{"cursor":%s,"end":%s}`, cursor, problem))
}

// left reports whether the caller went away.
func (w *recordWriter) left() bool {
	select {
	case <-w.caller:
		w.gone = true
	default:
	}
	return w.gone
}

// finish writes the last record of a stream that came to its end well, and cuts
// the connection of one whose caller went away.
func (w *recordWriter) finish() {
	if w.left() {
		panic(http.ErrAbortHandler)
	}
	if w.ended {
		return
	}
	w.begin()
	if text, err := toJSON(problemOf(status.New(codes.OK, ""))); err == nil {
		w.end(text)
	}
}
