//go:build race

package protocol

// sparse says that fewer changes of each byte and fewer bundles are tried: with
// the race detector each takes ten times as long, and readers that share nothing
// have no races. All are tried without it.
const sparse = true
