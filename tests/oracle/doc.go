// Package oracle judges a federation after faults. While a test runs, an
// [Oracle] keeps everything that a node has acknowledged or signed; when all is
// healed and still, it looks into the ledgers and says which of these promises
// was broken:
//
//	P1  every acknowledged statement is at its issuer and at every addressee
//	    exactly once, byte for byte, and at nobody else; what an office has
//	    receipted it holds
//	P2  every follower holds the tree of the issuer
//	P3  no office ever signed two trees that cannot both be
//	P4  every ledger is whole
//	P5  no goroutine and no descriptor is left behind (see AwaitUsage for
//	    processes; in one process a synctest bubble does not end before its
//	    goroutines have, and OpenBelow finds the descriptors)
//
// It works on ledgers, those of package federation and those that real
// processes left in their folders, so that there is one judgement for all tests.
package oracle
