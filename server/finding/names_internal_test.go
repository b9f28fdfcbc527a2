package finding

import (
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/store"
)

// TestNamesAsksForNobody asks as the node does that sweeps files: in nobody's name.
func TestNamesAsksForNobody(t *testing.T) {
	kept := shelf(t, 0)
	d := blob.Digest{7}
	err := kept.Update(t.Context(), func(tx store.Tx) error {
		return add(tx, &spsv1.LabFinding{
			Name: nameOf(uuid.New()), ReportNumber: "L-1", Laboratory: &spsv1.Laboratory{Id: "hanoi-lab"}, PostTime: timestamppb.Now(),
			Attachments: []*spsv1.Attachment{{Id: "a1", Sha256: d[:]}},
		}, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Store: kept})
	for d, want := range map[blob.Digest]bool{d: true, {8}: false} {
		if got, err := s.Names(t.Context(), d); err != nil || got != want {
			t.Errorf("a finding names %s: %t, %v, want %t", d, got, err, want)
		}
	}
}
