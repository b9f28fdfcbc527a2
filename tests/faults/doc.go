// Package faults holds the faults that a federation survives, each as a test
// that bears its number in docs/guarantees.md. Those here need nothing but Go:
// the offices run in one process, over a network of package federation, mostly
// by the clock of a synctest bubble, and package oracle judges what is left. They
// run side by side, since they wait for the disk most of the time, but for those
// that measure memory or time.
// Faults that the kernel does to real processes are in package process below.
package faults
