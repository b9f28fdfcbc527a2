// Package metrics tells Prometheus how a node stands.
//
// What can be asked at any time (links, logs, store, certificates) is read from
// a [Source] at each scrape, so that it is never older than the answer; what
// only happens (calls, refusals, signatures, commits) is counted. [Families]
// lists everything; docs/reference/metrics.md is that list for people, and the
// names are part of the face of a node: dashboards of offices rest on them.
//
// No metric carries a person, a reference or anything else of a statement: who
// may scrape a node learns how much is said, never what.
package metrics
