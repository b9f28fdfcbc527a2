package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
)

// TestAPartIsNotTheWhole cuts the connection of a file that ends with a problem,
// and answers with one that comes before the file.
func TestAPartIsNotTheWhole(t *testing.T) {
	for _, test := range []struct {
		name  string
		write func(w *fileWriter)
		code  int
		body  string
		cut   bool
	}{
		{"whole", func(w *fileWriter) {
			piece(w, "a,b\r\n")
			piece(w, "")
			piece(w, "1,2\r\n")
		}, http.StatusOK, "a,b\r\n1,2\r\n", false},
		{"a problem before it", func(w *fileWriter) {
			w.announce(nil)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte("{}"))
		}, http.StatusBadRequest, "{}", false},
		{"a problem within", func(w *fileWriter) {
			piece(w, "a,b\r\n")
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte("{}"))
		}, http.StatusOK, "a,b\r\n", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := httptest.NewRecorder()
			defer func() {
				err, _ := recover().(error)
				if cut := errors.Is(err, http.ErrAbortHandler); cut != test.cut {
					t.Errorf("cut: %t (%v), want %t", cut, err, test.cut)
				}
				if answer.Code != test.code || answer.Body.String() != test.body {
					t.Errorf("answer %d %q, want %d %q", answer.Code, answer.Body, test.code, test.body)
				}
			}()
			pieces(answer, httptest.NewRequest(http.MethodGet, "/v1/cases:export", nil), func(w http.ResponseWriter, _ *http.Request) {
				test.write(w.(*fileWriter))
			})
		})
	}
}

// piece writes as the gateway does.
func piece(w *fileWriter, data string) {
	w.announce(&httpbody.HttpBody{Data: []byte(data)})
	_, _ = w.Write([]byte(data))
	_, _ = w.Write(nil) // its delimiter
}
