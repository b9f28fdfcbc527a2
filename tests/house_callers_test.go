package tests

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
)

// TestCallerTable holds the contract and the caller table together. The
// reason: a method without a line is refused to everybody, and nobody should
// learn that from a user; a line without a method is a rule that nobody reads.
func TestCallerTable(t *testing.T) {
	contract := methods(protoregistry.GlobalFiles, "sps.v1")
	if len(contract) == 0 {
		t.Fatal("the package sps.v1 has no methods")
	}
	for _, line := range unruled(contract, access.Methods()) {
		t.Error(line)
	}
	for _, line := range unknown(methods(protoregistry.GlobalFiles, ""), access.Methods()) {
		t.Error(line)
	}
}

// TestCallerTableCanFail shows the two checks a table that is wrong both ways.
func TestCallerTableCanFail(t *testing.T) {
	contract := []string{"/a.A/Get", "/a.A/List", "/a.A/Watch"}
	table := map[string]access.Rule{
		"/a.A/Get":    {Roles: []certs.Role{certs.RoleOfficer}},
		"/a.A/List":   {},
		"/a.A/Delete": {Peers: true},
	}
	want := []string{"/a.A/List lets nobody in", "/a.A/Watch is not in the caller table"}
	if diff := cmp.Diff(want, unruled(contract, table)); diff != "" {
		t.Errorf("methods without a rule (-want +got):\n%s", diff)
	}
	want = []string{"/a.A/Delete is in the caller table and in no service"}
	if diff := cmp.Diff(want, unknown(contract, table)); diff != "" {
		t.Errorf("rules without a method (-want +got):\n%s", diff)
	}
}

// methods returns the full name of each method of the services of a proto
// package that is linked into this test, or of all, in order.
func methods(files *protoregistry.Files, in protoreflect.FullName) []string {
	var names []string
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if in != "" && file.Package() != in {
			return true
		}
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				names = append(names, fmt.Sprintf("/%s/%s", service.FullName(), service.Methods().Get(j).Name()))
			}
		}
		return true
	})
	slices.Sort(names)
	return names
}

// unruled finds methods that the table does not have, or lets nobody call.
func unruled(contract []string, table map[string]access.Rule) []string {
	var broken []string
	for _, method := range contract {
		switch rule, known := table[method]; {
		case !known:
			broken = append(broken, method+" is not in the caller table")
		case !rule.Peers && len(rule.Roles) == 0:
			broken = append(broken, method+" lets nobody in")
		}
	}
	return broken
}

// unknown finds rules for methods that no service has, in order.
func unknown(contract []string, table map[string]access.Rule) []string {
	var broken []string
	for method := range table {
		if !slices.Contains(contract, method) {
			broken = append(broken, method+" is in the caller table and in no service")
		}
	}
	slices.Sort(broken)
	return broken
}
