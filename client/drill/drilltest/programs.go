package drilltest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// programsVar is the variable that names the folder with the programs, built
// once for all packages of a run, as `make test` does.
const programsVar = "SPS_PROGRAMS"

// Programs returns the folder with spsd and spsctl: the one that SPS_PROGRAMS
// names, or dir, into which it builds those that are named, both if none is.
func Programs(dir string, names ...string) (folder string, err error) {
	if len(names) == 0 {
		names = []string{"spsd", "spsctl"}
	}
	if folder = os.Getenv(programsVar); folder != "" {
		for _, name := range names { // so that a test is not cached over another program
			if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
				return "", fmt.Errorf("%s: %w", programsVar, err)
			}
		}
		return folder, nil
	}
	build := []string{"build", "-o", dir + string(filepath.Separator)}
	for _, name := range names {
		build = append(build, map[string]string{
			"spsd":   "github.com/spsalert/spsalert/server/cmd/spsd",
			"spsctl": "github.com/spsalert/spsalert/client/cmd/spsctl",
		}[name])
	}
	if out, err := exec.Command("go", build...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %v: %w\n%s", names, err, out)
	}
	return dir, nil
}
