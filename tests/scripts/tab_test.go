//go:build shells

package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestTabKey presses the tab key in real, interactive shells on terminals of
// their own: a noun, a reference that the node is asked for, the value of a flag.
// It takes bash, zsh and fish, which .ci/run installs:
//
//	go test -tags shells ./tests/scripts -run TabKey
func TestTabKey(t *testing.T) {
	shell := newShell(t)
	shell.write("mango.yaml", mango)
	shell.run("spsctl case issue -f mango.yaml --yes")
	shell.run("spsctl completion bash > spsctl.bash; spsctl completion zsh > _spsctl; spsctl completion fish > spsctl.fish")
	press, err := filepath.Abs("press.zsh")
	if err != nil {
		t.Fatal(err)
	}
	reference := "VN-" + strconv.Itoa(time.Now().UTC().Year()) + "-000001"
	typed := []string{"spsctl pee", "spsctl case get VN-", "spsctl case list -o ya", "spsctl ca issue --role=vali", "spsctl peer test C", "spsctl --context vn-ad"}
	want := []string{"spsctl peer", "spsctl case get " + reference, "spsctl case list -o yaml", "spsctl ca issue --role=validator", "spsctl peer test CN", "spsctl --context vn-admin"}
	for _, test := range []struct {
		name  string
		setUp []string
		run   []string
	}{
		{"bash without bash-completion", []string{"source ./spsctl.bash"}, []string{"bash", "--norc", "-i"}},
		{"zsh", []string{"fpath=($PWD $fpath)", "autoload -Uz compinit", "compinit -u -d $PWD/dump"}, []string{"zsh", "-f", "-i"}},
		{"fish", []string{"source ./spsctl.fish"}, []string{"fish", "-i"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := exec.LookPath(test.run[0]); err != nil {
				t.Fatal(err)
			}
			var in strings.Builder
			for _, line := range test.setUp {
				in.WriteString("!" + line + "\n")
			}
			for _, line := range typed {
				in.WriteString(line + "\n")
			}
			out, home := filepath.Join(t.TempDir(), "out"), t.TempDir()
			// Where there is none, fish makes one in the background, while the test takes its home away.
			if err := os.MkdirAll(filepath.Join(home, ".local/share/fish/generated_completions"), 0o700); err != nil {
				t.Fatal(err)
			}
			cmd := shell.command(t.Context(), "zsh", append([]string{"-f", press, out}, test.run...)...)
			cmd.Env = append(cmd.Env, "HOME="+home, "TERM=xterm", "PS1=> ")
			cmd.Stdin = strings.NewReader(in.String())
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			text, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Split(strings.TrimSpace(string(text)), "\n")
			for i := range got {
				got[i] = strings.TrimSpace(got[i])
			}
			if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
				t.Errorf("the lines became\n%s\nwant\n%s", g, w)
			}
		})
	}
}
