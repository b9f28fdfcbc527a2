// Package faults holds the faults that a federation survives, each as a test
// that bears its number in docs/guarantees.md. Those here need nothing but Go:
// the offices run in one process, over a network of package federation, mostly
// by the clock of a synctest bubble, and package oracle judges what is left.
// Faults that the kernel does to real processes are in package process below.
package faults
