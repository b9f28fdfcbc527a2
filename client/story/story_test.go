package story_test

import (
	"os"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	"github.com/spsalert/spsalert/client/story"
)

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

func desks(t *testing.T, fed *drill.Federation) map[certs.Office]story.Desk {
	t.Helper()
	all := make(map[certs.Office]story.Desk)
	for _, n := range fed.Nodes() {
		all[n.Office()] = story.Desk{
			Officer: drilltest.Client(t, n, certs.RoleOfficer), Validator: drilltest.Client(t, n, certs.RoleValidator),
		}
	}
	return all
}

func TestPlay(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: story.Offices()})
	var shown []story.Step
	told, err := story.Play(t.Context(), desks(t, fed), func(s story.Step) { shown = append(shown, s) })
	if err != nil {
		t.Fatal(err)
	}
	if !told.Complete || told.Case == "" || len(told.Steps) != len(shown) || len(shown) < 15 {
		t.Errorf("told = %+v, shown %d steps, want a case, complete, each step shown", told, len(shown))
	}
	issued := 0
	for _, s := range told.Steps {
		if s.Reference == "" {
			continue
		}
		issued++
		if len(s.Arrived) == 0 {
			t.Errorf("%s of %s %s: %s arrived nowhere", s.Role, s.Office, s.Did, s.Reference)
		}
	}
	if issued < 10 {
		t.Errorf("%d statements were issued, want at least 10", issued)
	}
}

// TestPlayAfterANodeWasKilled holds that a story that cannot go on says where it
// ended, and is not complete.
func TestPlayAfterANodeWasKilled(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: story.Offices()})
	people := desks(t, fed)
	const amended = "amends the alert; both versions stay visible"
	told, err := story.Play(t.Context(), people, func(s story.Step) {
		if s.Did == amended {
			if err := fed.Node("TH").Kill(); err != nil {
				t.Error(err)
			}
		}
	})
	if err == nil || told.Complete {
		t.Fatalf("complete %v, error %v, want an error", told.Complete, err)
	}
	if last := told.Steps[len(told.Steps)-1]; last.Did != amended {
		t.Errorf("the last step is %+v, want that %s %s", last, "TH", amended)
	}
}
