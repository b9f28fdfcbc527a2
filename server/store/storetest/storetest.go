// Package storetest is the conformance suite of package store: every
// implementation passes Run. It also holds Faulty, a store whose disk fails on
// command, for the tests of those who use a store.
package storetest

import (
	"io"
	"testing"
	"testing/synctest"

	"github.com/spsalert/spsalert/server/store"
)

// The tables that a store under test has.
const (
	Fruit store.Table = "fruit"
	Pests store.Table = "pests"
)

// Tables are the tables that a store under test is opened with.
var Tables = []store.Table{Fruit, Pests}

// Run tests one implementation. open returns a store with Tables: an empty
// one, or, if backup is not nil, one that was made from what
// [store.Store.Backup] wrote. It arranges that the store is closed when the
// test ends; the suite may have closed it by then.
func Run(t *testing.T, open func(t *testing.T, backup io.Reader) store.Store) {
	for _, tc := range []struct {
		name string
		test func(*testing.T, opener)
	}{
		{"Get, Put and Delete", testPoints},
		{"Put copies its arguments", testPutCopies},
		{"keys", testKeys},
		{"unknown table", testUnknownTable},
		{"large values", testLargeValues},
		{"use after the end", testUseAfterEnd},
		{"scan bounds", testScanBounds},
		{"scan stops", testScanStops},
		{"scan while writing", testScanWhileWriting},
		{"scan over emptied pages", testScanEmptied},
		{"model", testModel},
		{"view is isolated", testIsolation},
		{"concurrent updates", testConcurrent},
		{"updates are serial", testSerial},
		{"an error drops its update", testErrorDrops},
		{"an error among others", bubble(testErrorAmongOthers)},
		{"a panic reaches its caller", bubble(testPanic)},
		{"an exit ends its caller", bubble(testGoexit)},
		{"context ended before", testContextEnded},
		{"context ended while waiting", bubble(testContextWaiting)},
		{"context ended while running", testContextRunning},
		{"closed", testClosed},
		{"close while waiting", bubble(testCloseWaiting)},
		{"backup", testBackup},
		{"backup stops", testBackupStops},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.test(t, open) })
	}
}

// opener is the argument of Run.
type opener = func(*testing.T, io.Reader) store.Store

// bubble lets a test wait until all its Updates are waiting, so that they
// become one group.
func bubble(test func(*testing.T, opener)) func(*testing.T, opener) {
	return func(t *testing.T, open opener) {
		synctest.Test(t, func(t *testing.T) { test(t, open) })
	}
}
