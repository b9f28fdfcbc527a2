//go:build !race

package server_test

// exporterTries is how often an exporter calls with what is another's.
const exporterTries = 10_000
