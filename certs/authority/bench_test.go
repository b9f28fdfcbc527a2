package authority_test

import (
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
)

func BenchmarkForTest(b *testing.B) {
	for b.Loop() {
		authority.ForTest(b, "VN", "CN", "TH", "LA")
	}
}

func BenchmarkParseCard(b *testing.B) {
	signed := authority.ForTest(b, "VN").Office("VN").Card.Bytes()
	b.SetBytes(int64(len(signed)))
	for b.Loop() {
		if _, err := certs.ParseCard(signed); err != nil {
			b.Fatal(err)
		}
	}
}
