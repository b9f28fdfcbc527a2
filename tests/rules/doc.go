// Package rules breaks the law of statements, and what the methods of an office
// want of their requests, one rule at a time and several at once, at a real node
// over gRPC and REST: every violation is told by field, reason and sentence, in
// every language, and nothing is changed.
//
// Each rule has a row, or is broken by what the contract says of it. One without
// fails the test, which finds them where they are written: in the packages
// statement and office, and in the contract.
package rules
