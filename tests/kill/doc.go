// Package kill holds the test that kills real nodes with SIGKILL at random
// moments while they issue and receive.
package kill
