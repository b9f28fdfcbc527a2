// Command spsd is the node of an office: it signs what its people state,
// streams it to the peers, keeps what they state, and proves it. `spsd help`
// lists what it does.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "unknown"

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	p := program{args: os.Args[1:], environ: os.Environ(), in: os.Stdin, out: os.Stdout, err: os.Stderr, signals: signals}
	os.Exit(p.main())
}
