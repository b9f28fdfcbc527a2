//go:build race

package server_test

// exporterTries is how often an exporter calls with what is another's. With the race
// detector each call takes ten times as long, and the first thousand run through
// the same code as the rest: all are made without it.
const exporterTries = 1_000
