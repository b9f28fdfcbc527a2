package scripts

import (
	"context"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spsalert/spsalert/server"
)

// ahead runs a node inside the test, since nobody can set the clock of a process
// of its own.
func ahead(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: ahead TIME CONFIG PEERS OFFICE")
	}
	by, err := time.ParseDuration(args[0])
	ts.Check(err)
	c, err := server.LoadConfig(ts.MkAbs(args[1]), nil, map[string]string{
		"listen-peers": args[2], "listen-office": args[3], "listen-ops": "off", "four-eyes-alone": "all",
	})
	ts.Check(err)
	node, err := server.New(context.Background(), server.Options{
		Config: c, Version: "test", Now: func() time.Time { return time.Now().Add(by) },
	})
	ts.Check(err)
	ts.Defer(func() { _ = node.Stop(context.Background()) })
	ts.Check(node.Start(context.Background()))
}
