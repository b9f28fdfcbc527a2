// Package tests holds the rules of the house: who may import whom, where the
// sharp tools are kept, how packages and names are documented, and that no
// method of a service is without a line in the caller table.
//
// A rule is a function from the source tree to the lines that break it, with
// its reason beside it. [TestRulesCanFail] shows every rule a small tree that
// breaks it, since a rule that cannot fail holds nothing.
package tests

import (
	"testing"
)

// module is the import path of the root of the tree.
const module = "github.com/spsalert/spsalert"

// A rule is one promise about the source tree.
type rule struct {
	name   string
	reason string
	check  func(*tree) []string
}

// rules are what TestHouse holds the tree to.
var rules = []rule{
	{
		name:   "floors",
		reason: "imports run downward only (server, client, certs, gen): a client must not link a node, and identities must not know who uses them",
		check:  checkFloors,
	},
	{
		name:   "services",
		reason: "services, exchange, outreach and web meet in the ledger and the casebook and are assembled in server: each can be read, tested and replaced alone",
		check:  checkServices,
	},
	{
		name:   "bbolt",
		reason: "only server/store/bolt knows the database file; everyone else speaks store.Store, so that another store can take its place",
		check:  confined{imports: []string{"go.etcd.io/bbolt"}, to: []string{"server/store/bolt"}, tests: true}.check,
	},
	{
		name:   "x509",
		reason: "certificates are read in certs only: who is who is decided once",
		check:  confined{imports: []string{"crypto/x509"}, to: []string{"certs"}}.check,
	},
	{
		name:   "tls",
		reason: "TLS is configured in certs only: one place to review for versions, tickets and verification",
		check:  confined{imports: []string{"crypto/tls"}, to: []string{"certs"}}.check,
	},
	{
		name:   "gateway",
		reason: "REST lives in server/web only: no client and no other service links the gateway",
		check: confined{
			imports: []string{"github.com/grpc-ecosystem/grpc-gateway", module + "/gen/gateway"},
			to:      []string{"server/web", "gen/gateway"},
		}.check,
	},
	{
		name:   "process",
		reason: "flags, signals and the end of the process belong to main: a node is a value that a test starts and stops",
		check: confined{
			imports: []string{"flag", "os/signal", "github.com/spf13/cobra", "github.com/spf13/pflag"},
			names:   []string{"os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln"},
			to:      []string{"client/cmd", "server/cmd", "tests/faults/tracer"},
		}.check,
	},
	{
		name:   "authority",
		reason: "a node never mints identities: whoever takes a node must not find the code that would make another",
		check:  unreachable{from: []string{"server", "server/cmd/spsd"}, to: "certs/authority"}.check,
	},
	{
		name:   "sleep",
		reason: "a test that sleeps is slow on a good day and wrong on a bad one: use testing/synctest, or wait for the event",
		check:  checkSleep,
	},
	{
		name:   "package comment",
		reason: "each package says once, in its first sentence, what it is",
		check:  checkPackageComments,
	},
	{
		name:   "exported names",
		reason: "an exported name is a contract, and its comment is where the contract stands",
		check:  checkExportedNames,
	},
	{
		name:   "file length",
		reason: "a file holds one subject; past 500 lines it is asked whether it still does",
		check:  lengths{most: 500, longer: map[string]string{}}.check,
	},
	{
		name:   "package names",
		reason: "a package is named by what it is; util, common and the like name nothing and collect everything",
		check:  checkPackageNames,
	},
	{
		name:   "one alias",
		reason: "generated code has one name everywhere, so that a reader and a search find it",
		check:  checkAlias,
	},
	{
		name:   "to do",
		reason: "a TODO without the number of an issue is a wish that nobody has",
		check:  checkToDo,
	},
	{
		name:   "no replace",
		reason: "go install refuses a module with replace lines, and what is built must be what go.sum names",
		check:  checkReplace,
	},
}

// TestHouse holds the tree to the rules.
func TestHouse(t *testing.T) {
	house, err := wholeTree()
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			broken := rule.check(house)
			for _, line := range broken {
				t.Error(line)
			}
			if len(broken) > 0 {
				t.Logf("the reason: %s", rule.reason)
			}
		})
	}
}
