package office

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

const (
	maxUploads       = 64 // under way at once
	maxCallerUploads = 8  // of one caller
	// uploadStall is how long an upload may send nothing, and how long it may
	// be slower than [Options.UploadPace]: it holds room that others may need.
	uploadStall = time.Minute
)

// uploads counts what is under way, by caller.
type uploads struct {
	mu    sync.Mutex
	total int
	of    map[string]int
}

// enter counts an upload, or refuses it.
func (u *uploads) enter(caller string) (leave func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.total >= maxUploads || u.of[caller] >= maxCallerUploads {
		return nil, &access.Refusal{
			Code: codes.ResourceExhausted, Reason: access.ReasonRate, RetryAfter: time.Second,
			Sentence: fmt.Sprintf("%d uploads of yours are under way, %d of all callers: send the next when one has ended", u.of[caller], u.total),
			Metadata: map[string]string{"limit": "uploads"},
		}
	}
	if u.of == nil {
		u.of = make(map[string]int)
	}
	u.total++
	u.of[caller]++
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.total--
		if u.of[caller]--; u.of[caller] == 0 {
			delete(u.of, caller)
		}
	}, nil
}

// upload reads the messages of an upload. It implements io.Reader for the bytes
// behind the header.
type upload struct {
	parts  chan uploadPart
	closed chan struct{}
	stall  *time.Timer
	pace   int64 // bytes in a second, at least, since it began
	begun  time.Time
	came   int64 // bytes behind the header
	rest   []byte
}

type uploadPart struct {
	request *spsv1.UploadAttachmentRequest
	err     error
}

// receiveUpload begins to receive. The goroutine that it starts ends when the
// call does, since nothing else ends a Recv that waits.
func receiveUpload(stream grpc.ClientStreamingServer[spsv1.UploadAttachmentRequest, spsv1.UploadAttachmentResponse], pace int64) *upload {
	u := &upload{
		parts: make(chan uploadPart), closed: make(chan struct{}), stall: time.NewTimer(uploadStall), pace: pace, begun: time.Now(),
	}
	go func() {
		for {
			var part uploadPart
			part.request, part.err = stream.Recv()
			select {
			case u.parts <- part:
			case <-u.closed:
				return
			}
			if part.err != nil {
				return
			}
		}
	}()
	return u
}

// close ends the receiving; the caller then returns from the call.
func (u *upload) close() {
	u.stall.Stop()
	close(u.closed)
}

// next returns the next message, unless it does not come, or all that came is
// too little for the time.
func (u *upload) next() (*spsv1.UploadAttachmentRequest, error) {
	behind := uploadStall + time.Duration(float64(u.came)/float64(u.pace)*float64(time.Second)) - time.Since(u.begun)
	u.stall.Reset(min(uploadStall, behind))
	select {
	case part := <-u.parts:
		u.came += int64(len(part.request.GetData()))
		return part.request, part.err
	case <-u.stall.C:
	}
	if behind < uploadStall {
		return nil, &access.Refusal{
			Code: codes.InvalidArgument, Reason: access.ReasonInvalid,
			Sentence: fmt.Sprintf("%d bytes came in %s, fewer than limits.upload_pace asks for: send the file over a faster line, or in parts",
				u.came, time.Since(u.begun).Round(time.Second)),
		}
	}
	return nil, &access.Refusal{
		Code: codes.InvalidArgument, Reason: access.ReasonInvalid, Sentence: fmt.Sprintf("nothing came for %s: send the file again", uploadStall),
	}
}

// header returns what the first message says.
func (u *upload) header() (*spsv1.UploadHeader, error) {
	first, err := u.next()
	if errors.Is(err, io.EOF) || err == nil && first.GetHeader() == nil {
		return nil, access.Invalid(access.Violation{Field: "header", Reason: "HEADER", Sentence: "send it first, before the bytes"})
	}
	return first.GetHeader(), err
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (int, error) {
	for len(u.rest) == 0 {
		part, err := u.next()
		if err != nil {
			return 0, err
		}
		if part.GetHeader() != nil {
			return 0, access.Invalid(access.Violation{Field: "header", Reason: "HEADER", Sentence: "send it once, before the bytes"})
		}
		u.rest = part.GetData()
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}
