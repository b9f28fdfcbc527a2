// Package process holds the faults that are done to real nodes by the kernel: a
// process is killed at a call, a disk fails or is full, a line is dead. They
// need Linux on amd64 and root, and stand behind the build tag "faults":
//
//	make faults          # all of them, some minutes
//	make soak KILLS=1000 # kills spread over all calls
//
// Each test is named after its fault in docs/guarantees.md.
package process
