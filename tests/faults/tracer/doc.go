// Command tracer runs a program, or attaches to one that runs, and counts what
// all its threads together ask of the files in some folders: each write, sync,
// truncation, rename, link and removal. It writes a line of JSON for each, and
// at one of them it does what a disk or a power cut does:
//
//	tracer -folders /tmp/n/VN -at 7 -act kill -before -- spsd store init
//	tracer -folders /tmp/n/VN -at 3 -act eio -log /tmp/calls -pid 4711
//
// strace counts each thread for itself, and a Go program moves its work between
// threads, so that its "the seventh call" is not one moment of the program; and
// it does not write down what was written, which is needed to play what a disk
// does with it.
//
// With -pid it prints a line when it has attached, and lets the program go when
// it is killed. It needs ptrace(2): Linux on amd64, as root or with
// kernel.yama.ptrace_scope at 0.
package main
