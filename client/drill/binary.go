package drill

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// findBinary returns the node's program: the one that was named, or the one
// beside the running program, or the one in PATH.
func findBinary(named string) (string, error) {
	if named != "" {
		return exec.LookPath(named)
	}
	if self, err := os.Executable(); err == nil {
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(self), "spsd")); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath("spsd")
	if err != nil {
		return "", errors.New("no spsd beside this program or in PATH, build it with: make build")
	}
	return path, nil
}
