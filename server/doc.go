// Package server is one node of an office as a value: it assembles store,
// ledger, casebook, services and exchange, and starts and stops them.
package server
