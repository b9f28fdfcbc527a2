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
	"github.com/spsalert/spsalert/client/story"
)

// demoNotification is a request that issues a notification.
//
//go:embed notification.json
var demoNotification []byte

// printREST says how programs without certificates call nodes of the demo: a
// national system the node at, and who took part in the story, if it was played.
// With curl, and with files below a folder rest, so that a secret stands in no
// command line, which everybody on the machine can read.
func (a *app) printREST(ctx context.Context, w io.Writer, fed *drill.Federation, at *drill.Node, played bool) error {
	dir := filepath.Join(fed.Dir(), "rest")
	curl, err := writeREST(ctx, dir, at, certs.RoleSystem, "drill")
	if err != nil {
		return err
	}
	notification := filepath.Join(dir, "notification.json")
	if err := os.WriteFile(notification, demoNotification, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(w, `
or over HTTPS, as a national system would; a page to read and try is at %[1]s/docs/
  %[2]s '%[1]s/v1/offices/-/statements?pageSize=3'
  %[2]s -H 'Content-Type: application/json' -d @%[3]s %[1]s/v1/offices/%[4]s/statements:issue
  %[2]s -N %[1]s/v1/offices/-/statements:watch
`, webURL(at), curl, shellWord(notification), at.Office())
	if !played {
		return nil
	}
	lab, origin := fed.Node(story.Notifier()), fed.Node(story.Origin())
	labCurl, err := writeREST(ctx, filepath.Join(dir, "laboratory"), lab, certs.RoleLab, story.Laboratory)
	if err != nil {
		return err
	}
	exporterCurl, err := writeREST(ctx, filepath.Join(dir, "exporter"), origin, certs.RoleExporter, story.Exporter)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, `or as who took part in the case: the system of the laboratory is shown its findings and what became of them, that of the
exporter its notices
  %s '%s/v1/findings?pageSize=3'
  %s '%s/v1/consignmentNotices?pageSize=3'
`, labCurl, webURL(lab), exporterCurl, webURL(origin))
	return nil
}

// writeREST writes into a folder what a program needs that calls a node as
// somebody in a role, and returns the beginning of a command with curl that uses
// it.
func writeREST(ctx context.Context, dir string, at *drill.Node, role certs.Role, id string) (curl string, err error) {
	secret, err := at.TokenAs(ctx, role, id)
	if err != nil {
		return "", err
	}
	root, err := os.ReadFile(at.Root())
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	for name, content := range map[string][]byte{
		"url":          []byte(webURL(at) + "\n"),
		"root.pem":     root,
		"token-header": []byte("Authorization: Bearer " + secret + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return "", err
		}
	}
	file := func(name string) string { return shellWord(filepath.Join(dir, name)) }
	return fmt.Sprintf("curl --cacert %s -H @%s", file("root.pem"), file("token-header")), nil
}

// webURL is where a node is called over HTTPS.
func webURL(n *drill.Node) string { return "https://" + n.Addresses().Web }

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
