package web

import (
	"net/http"

	"google.golang.org/protobuf/proto"
)

// fileTypes are the media types of the files that methods answer with in pieces.
var fileTypes = []string{"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", linesType}

// pieces lets a method answer with a file in pieces: the body is the file.
func pieces(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	f := &fileWriter{ResponseWriter: w}
	next(f, r)
	if f.broken {
		panic(http.ErrAbortHandler)
	}
}

// fileWriter writes the pieces of a file as they come. The gateway announces
// each before it writes it; what comes unannounced is a problem. Before the
// first piece that is the answer; behind it the connection is cut, so that
// nobody takes a part for the whole.
type fileWriter struct {
	http.ResponseWriter
	announced bool
	begun     bool
	broken    bool
}

// announce is told of a piece before it is written.
func (w *fileWriter) announce(m proto.Message) { w.announced = m != nil }

// FlushError sends what was written so far.
func (w *fileWriter) FlushError() error {
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// WriteHeader is called when there is a problem before the first piece.
func (w *fileWriter) WriteHeader(code int) {
	if !w.begun {
		w.Header().Del("Content-Disposition") // it is no file
		w.ResponseWriter.WriteHeader(code)
	}
}

func (w *fileWriter) Write(p []byte) (int, error) {
	switch {
	case w.announced:
		w.announced, w.begun = false, true
	case w.begun:
		w.broken = w.broken || len(p) > 0
		return len(p), nil
	}
	n, err := w.ResponseWriter.Write(p)
	w.broken = w.broken || err != nil
	return n, err
}
