package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// slowUpload is a call that brings a header, and then so many bytes each so
// often. It ends when ctx does, as a call of gRPC.
type slowUpload struct {
	ctx   context.Context
	sent  bool
	bytes int
	every time.Duration
	left  int // bytes until the end of the file
}

func (s *slowUpload) Recv() (*spsv1.UploadAttachmentRequest, error) {
	if !s.sent {
		s.sent = true
		return &spsv1.UploadAttachmentRequest{Part: &spsv1.UploadAttachmentRequest_Header{Header: &spsv1.UploadHeader{}}}, nil
	}
	if s.left == 0 {
		return nil, io.EOF
	}
	select {
	case <-time.After(s.every):
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
	n := min(s.bytes, s.left)
	s.left -= n
	return &spsv1.UploadAttachmentRequest{Part: &spsv1.UploadAttachmentRequest_Data{Data: make([]byte, n)}}, nil
}

// TestUploadsThatDoNotGetOn holds uploads to their pace: one that brings
// nothing, or a byte now and then, gives its place away within two minutes, one
// on a thin line comes to its end.
func TestUploadsThatDoNotGetOn(t *testing.T) {
	const pace = 2 << 10
	for _, c := range []struct {
		name  string
		bytes int
		every time.Duration
		want  string // what the caller is told; "": the file was read
	}{
		{"nothing", 1, time.Hour, "nothing came for 1m0s"},
		{"a byte a minute", 1, 59 * time.Second, "fewer than limits.upload_pace"},
		{"a byte a second", 1, time.Second, "fewer than limits.upload_pace"},
		{"half the pace", pace / 2, time.Second, "fewer than limits.upload_pace"},
		{"twice the pace", 2 * pace, time.Second, ""},
		{"in pieces that come late", 100 * pace, 55 * time.Second, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel() // as gRPC does when the handler returns
				begun := time.Now()
				u := Receive[*spsv1.UploadAttachmentRequest](&slowUpload{ctx: ctx, bytes: c.bytes, every: c.every, left: 1 << 20}, pace)
				defer u.Close()
				if _, err := u.First(); err != nil {
					t.Fatal(err)
				}
				n, err := io.Copy(io.Discard, u)
				if c.want == "" {
					if n != 1<<20 || err != nil {
						t.Errorf("%d bytes, %v, want all of 1 MiB", n, err)
					}
					if n, err := u.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
						t.Errorf("behind the end %d bytes, %v, want io.EOF again", n, err)
					}
					return
				}
				if took := time.Since(begun); took > 2*time.Minute+time.Second {
					t.Errorf("it held its place for %s, want at most 2 min", took)
				}
				var refused *access.Refusal
				if !errors.As(err, &refused) || !strings.Contains(refused.Sentence, c.want) {
					t.Errorf("after %d bytes: %v, want %q", n, err, c.want)
				}
			})
		})
	}
}

// TestUploadsOfOneCaller lets one caller have eight under way, and all callers
// together 64.
func TestUploadsOfOneCaller(t *testing.T) {
	var d Desk
	var left []func()
	enter := func(caller string) bool {
		leave, err := d.Enter(caller)
		if err != nil {
			var refused *access.Refusal
			if !errors.As(err, &refused) || refused.Reason != access.ReasonRate || refused.RetryAfter == 0 {
				t.Errorf("refused %s with %v, want %s and when to try again", caller, err, access.ReasonRate)
			}
			return false
		}
		left = append(left, leave)
		return true
	}
	for n := range maxUploads + 1 {
		caller := fmt.Sprintf("caller %d", n/maxCallerUploads)
		if got, want := enter(caller), n < maxUploads; got != want {
			t.Errorf("upload %d, of %s: let in = %t, want %t", n+1, caller, got, want)
		}
		if n == maxCallerUploads-1 && enter(caller) {
			t.Errorf("%s has %d under way, want at most %d", caller, n+2, maxCallerUploads)
		}
	}
	left[0]()
	if enter("caller 1") {
		t.Error("room that caller 0 left was given to caller 1, which has eight already")
	}
	if !enter("caller 0") || enter("another") {
		t.Error("want room for caller 0, and then for nobody")
	}
}
