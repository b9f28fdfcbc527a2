//go:build race

package evidence_test

// sparse says that fewer bytes of a bundle are changed: with the race detector
// each takes ten times as long, and a reader that shares nothing has no races.
// All are changed without it.
const sparse = true
