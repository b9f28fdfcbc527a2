package evidence_test

import "testing"

func BenchmarkVerify(b *testing.B) {
	s := newStory(b)
	for name, bundle := range map[string][]byte{"plain": s.encode(s.plain()), "whole": s.encode(s.whole())} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := verify(bundle, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
