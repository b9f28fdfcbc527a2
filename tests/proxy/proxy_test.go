package proxy_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/spsalert/spsalert/tests/proxy"
)

// echo returns a proxy before a server that says back what it is told.
func echo(t *testing.T) *proxy.Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c) // the test ends it as it likes
			}()
		}
	}()
	p, err := proxy.Listen(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(p.Close(), l.Close()); err != nil {
			t.Error(err)
		}
		<-ended
	})
	return p
}

func dial(t *testing.T, p *proxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // the test may have closed it
	return c
}

// say says something and returns how long it took to come back.
func say(t *testing.T, c net.Conn, text []byte) time.Duration {
	t.Helper()
	began := time.Now()
	go func() { _, _ = c.Write(text) }() // what is missing is seen below
	back := make([]byte, len(text))
	if _, err := io.ReadFull(c, back); err != nil {
		t.Fatalf("read back: %v", err)
	}
	if !bytes.Equal(text, back) {
		t.Error("what came back is not what was said")
	}
	return time.Since(began)
}

// A line has its rate, its delay and its losses, and delivers all in order.
func TestLine(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	text := bytes.Repeat([]byte("0123456789"), 2000)
	say(t, c, text)
	if got, want := p.Carried(), int64(2*len(text)); got != want {
		t.Errorf("%d bytes carried, want %d", got, want)
	}
	for _, test := range []struct {
		name  string
		line  proxy.Line
		least time.Duration
	}{
		{"rate", proxy.Line{Rate: 40_000}, 500 * time.Millisecond},
		{"delay", proxy.Line{Delay: 150 * time.Millisecond}, 300 * time.Millisecond},
		{"loss", proxy.Line{Loss: 60}, 400 * time.Millisecond},
	} {
		p.Shape(test.line)
		if took := say(t, c, text); took < test.least {
			t.Errorf("%s: %d bytes came back after %s, want at least %s", test.name, len(text), took, test.least)
		}
	}
}

// A half-open connection says nothing and does not end; the next one works.
func TestSilence(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	say(t, c, []byte("before"))
	p.Silence()
	if _, err := c.Write([]byte("after")); err != nil {
		t.Errorf("write: %v, want that nobody is told", err)
	}
	if err := c.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 5)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d bytes, %v; want none and no end", n, err)
	}
	say(t, dial(t, p), []byte("another"))
	if got := p.Dialled(); got != 2 {
		t.Errorf("%d connections, want 2", got)
	}
}

// A reset is one, and a line that is cut stays so until it is healed.
func TestCut(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	say(t, c, []byte("before"))
	p.Cut()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read from what was cut: %v, want a reset", err)
	}
	if again, err := net.Dial("tcp", p.Addr()); err == nil { // its end may come before it is dialled
		if _, err := again.Read(make([]byte, 1)); err == nil {
			t.Error("read over a line that is cut, want its end")
		}
		_ = again.Close() // it has ended
	}
	p.Heal()
	say(t, dial(t, p), []byte("after"))
}

// Whoever writes to a line that takes a byte a second waits, when what is on the
// line and in the buffers of the kernel is full.
func TestSlow(t *testing.T) {
	p := echo(t)
	p.Shape(proxy.Line{Rate: 1})
	c := dial(t, p)
	if err := c.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Write(make([]byte, 64<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("wrote %d bytes, %v; want to wait", n, err)
	}
}
