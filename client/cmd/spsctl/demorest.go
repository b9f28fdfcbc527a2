package main

import (
	"context"
	_ "embed" // the notification
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/drill"
)

// demoNotification is a request that issues a notification.
//
//go:embed notification.json
var demoNotification []byte

// printREST says how a program without certificates calls a node of the demo:
// with curl, and with files below a folder rest, so that a secret stands in no
// command line, which everybody on the machine can read.
func (a *app) printREST(ctx context.Context, w io.Writer, fed *drill.Federation, at *drill.Node) error {
	secret, err := at.Token(ctx, certs.RoleSystem)
	if err != nil {
		return err
	}
	root, err := os.ReadFile(at.Root())
	if err != nil {
		return err
	}
	dir := filepath.Join(fed.Dir(), "rest")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	url := "https://" + at.Addresses().Web
	for name, content := range map[string][]byte{
		"url":               []byte(url + "\n"),
		"root.pem":          root,
		"token-header":      []byte("Authorization: Bearer " + secret + "\n"),
		"notification.json": demoNotification,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	file := func(name string) string { return shellWord(filepath.Join(dir, name)) }
	fmt.Fprintf(w, `
or over HTTPS, as a national system would; a page to read and try is at %[1]s/docs/
  curl --cacert %[2]s -H @%[3]s '%[1]s/v1/offices/-/statements?pageSize=3'
  curl --cacert %[2]s -H @%[3]s -H 'Content-Type: application/json' -d @%[4]s %[1]s/v1/offices/%[5]s/statements:issue
  curl --cacert %[2]s -H @%[3]s -N %[1]s/v1/offices/-/statements:watch
`, url, file("root.pem"), file("token-header"), file("notification.json"), at.Office())
	return nil
}

// shellWord writes a path as one word of a shell.
func shellWord(path string) string {
	plain := func(r rune) bool {
		return r == '/' || r == '.' || r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
