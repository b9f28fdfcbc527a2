package server

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

// An address has so many connections; one that goes makes room for another.
func TestConnectionsOfOneAddress(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newCrowded(inner, 2)
	defer l.Close()
	accepted := make(chan net.Conn)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- conn
		}
	}()
	dial := func() net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	dial()
	first := <-accepted
	dial()
	<-accepted
	third := dial()
	if _, err := third.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && err == nil {
		t.Errorf("read on one connection too many: %v, want it closed", err)
	}
	for range 2 { // to close twice makes no more room than once
		_ = first.Close()
	}
	dial()
	<-accepted
	fifth := dial()
	if _, err := fifth.Read(make([]byte, 1)); err == nil {
		t.Error("one connection too many was let in after one had gone")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, open := <-accepted; open {
		t.Error("a connection beyond the limit was accepted")
	}
}

// from is a connection from an address.
type from struct {
	net.Conn
	address string
}

func (f from) RemoteAddr() net.Addr { a, _ := net.ResolveTCPAddr("tcp", f.address); return a }

// Refused handshakes of one address are a line a minute, with how many there
// were; another address has its own.
func TestRefusedHandshakesDoNotFillTheLog(t *testing.T) {
	var log bytes.Buffer
	now := time.Unix(1000, 0)
	r := &refusals{logger: slog.New(slog.NewTextHandler(&log, nil)), now: func() time.Time { return now }}
	for range 100 {
		r.log(from{address: "10.0.0.1:1000"}, errors.New("no card"))
	}
	r.log(from{address: "10.0.0.2:1000"}, errors.New("no card"))
	now = now.Add(refusedEvery)
	r.log(from{address: "10.0.0.1:2000"}, errors.New("no card"))
	if got := strings.Count(log.String(), "\n"); got != 3 || !strings.Contains(log.String(), "more=99") {
		t.Errorf("%d lines, want 3, the last with 99 more:\n%s", got, log.String())
	}
	for i := range 5000 {
		r.log(from{address: net.JoinHostPort(net.IPv4(10, 1, byte(i>>8), byte(i)).String(), "1")}, errors.New("no card"))
	}
	if len(r.by) > refusedAddresses {
		t.Errorf("%d addresses are kept, want at most %d", len(r.by), refusedAddresses)
	}
}
