// Package rules breaks the law of statements, one rule at a time and several at
// once, at a real node over gRPC and REST: every violation is told by field,
// reason and sentence, in every language, and nothing is changed.
//
// Each rule has a row. A rule without one fails the test, which finds them where
// they are written: in package statement, and in the contract.
package rules
