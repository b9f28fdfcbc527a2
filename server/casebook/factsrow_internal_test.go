package casebook

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

func sampleFacts() Facts {
	at := time.Date(2026, 3, 2, 20, 0, 0, 123_000_000, time.UTC)
	f := Facts{
		Withdrawn: true, Office: "VN", Classification: spsv1.Classification_CLASSIFICATION_FRAUD,
		Issued: at, Sampled: at.Truncate(24 * time.Hour),
		Turns: []Turn{{Acknowledgement, at, at.Add(time.Hour), time.Time{}}, {Answer, at, time.Time{}, at.Add(time.Minute)}},
	}
	f.Values[spsv1.Dimension_DIMENSION_ORIGIN] = []Term{{"VN", "VN"}, {"dong bac", "Đông Bắc"}}
	f.Values[spsv1.Dimension_DIMENSION_HAZARD] = []Term{{"cas:7440-43-9", "แคดเมียม"}}
	return f
}

func TestFactsRow(t *testing.T) {
	for name, want := range map[string]Facts{"full": sampleFacts(), "an exercise": {Exercise: true, Office: "TH"}} {
		got, err := parseFacts(factsRow(Place{want.Office, 1, 42}, want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// FuzzFactsRow holds that a damaged row is found out or is read, and nothing
// else.
func FuzzFactsRow(f *testing.F) {
	row := factsRow(Place{"VN", 1, 42}, sampleFacts())
	f.Add(row)
	for n := range len(row) {
		f.Add(row[:n])
	}
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, row []byte) {
		if _, err := parseFacts(row); err != nil && !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("%x: %v, want ErrCorrupt", row, err)
		}
	})
}
