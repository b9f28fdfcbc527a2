// Command spsctl is how the people of an office speak to its node, set up its
// keys and cards, and try the whole system on one machine. `spsctl help` lists
// what it does.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	// A terminal that is closed is an interrupt, except to what nohup has started.
	// It may be told more than once, by the kernel and the shell: only the first
	// counts, so that what is being tidied up is not cut short.
	hungUp := func() {}
	if !signal.Ignored(syscall.SIGHUP) {
		ctx, hungUp = signal.NotifyContext(ctx, syscall.SIGHUP)
	}
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv})
	hungUp()
	stop()
	os.Exit(code)
}
