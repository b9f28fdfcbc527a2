package statement_test

import (
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/statement"
)

func BenchmarkCheck(b *testing.B) {
	s := curry().statement
	_ = statement.Check(s) // compiles the rules
	b.ReportAllocs()
	for b.Loop() {
		_ = statement.Check(s)
	}
}

func BenchmarkEncode(b *testing.B) {
	s := curry().statement
	b.ReportAllocs()
	for b.Loop() {
		mustEncode(b, s)
	}
}

func BenchmarkDecode(b *testing.B) {
	envelope := mustEncode(b, curry().statement)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := statement.Decode(envelope, federation, certs.Office("EU")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFingerprint(b *testing.B) {
	s := curry().statement
	b.ReportAllocs()
	for b.Loop() {
		statement.Fingerprint(s)
	}
}
