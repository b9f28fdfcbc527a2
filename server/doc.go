// Package server is one node of an office as a value: it assembles store,
// ledger, casebook, services and exchange, and starts and stops them.
//
// [New] opens what is on disk and decides whether the node may run at all;
// [Server.Start] listens and dials; [Server.Stop] lets calls and sessions end
// and closes the store last. Between the two a node may have to give up by
// itself, see [Server.Failed].
//
// A node listens in up to four places: for peers (gRPC, mutual TLS, only nodes
// of other offices), for the people and systems of its own office (gRPC, mutual
// TLS, only certificates of its own authority), for the same people and systems
// over REST (HTTPS, tokens or certificates), and for whoever watches over it
// (plain HTTP on loopback: /metrics, /healthz, /readyz, /debug/pprof/).
package server
