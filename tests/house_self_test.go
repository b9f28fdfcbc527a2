package tests

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestRulesCanFail shows each rule trees that break it and trees that look
// like it and do not.
func TestRulesCanFail(t *testing.T) {
	cases := []struct {
		rule string
		name string
		tree map[string]string
		want []string
	}{
		{
			rule: "floors", name: "client imports server",
			tree: map[string]string{"client/a.go": "package client\nimport _ \"github.com/spsalert/spsalert/server\"\n"},
			want: []string{"client/a.go:2: client imports server, which stands above it"},
		},
		{
			rule: "floors", name: "the product imports tests",
			tree: map[string]string{"certs/a.go": "package certs\nimport _ \"github.com/spsalert/spsalert/tests/federation\"\n"},
			want: []string{"certs/a.go:2: certs imports tests/federation, which is for tests"},
		},
		{
			rule: "floors", name: "downward and sideways",
			tree: map[string]string{
				"server/a.go":     "package server\nimport _ \"github.com/spsalert/spsalert/gen/sps/v1\"\n",
				"certs/seal/a.go": "package seal\nimport _ \"github.com/spsalert/spsalert/certs\"\n",
				"tests/a_test.go": "package tests\nimport _ \"github.com/spsalert/spsalert/server\"\n",
			},
		},
		{
			rule: "services", name: "web imports exchange",
			tree: map[string]string{"server/web/page/a.go": "package page\nimport _ \"github.com/spsalert/spsalert/server/exchange\"\n"},
			want: []string{"server/web/page/a.go:2: server/web/page imports server/exchange"},
		},
		{
			rule: "services", name: "the ledger, a part of itself, assembly",
			tree: map[string]string{
				"server/web/a.go": "package web\nimport _ \"github.com/spsalert/spsalert/server/ledger\"\nimport _ \"github.com/spsalert/spsalert/server/web/page\"\n",
				"server/a.go":     "package server\nimport _ \"github.com/spsalert/spsalert/server/web\"\n",
			},
		},
		{
			rule: "bbolt", name: "a test of the ledger opens the file itself",
			tree: map[string]string{"server/ledger/a_test.go": "package ledger\nimport _ \"go.etcd.io/bbolt\"\n"},
			want: []string{"server/ledger/a_test.go:2: server/ledger imports go.etcd.io/bbolt"},
		},
		{
			rule: "bbolt", name: "at home",
			tree: map[string]string{"server/store/bolt/a.go": "package bolt\nimport _ \"go.etcd.io/bbolt\"\n"},
		},
		{
			rule: "x509", name: "the exchange reads a certificate",
			tree: map[string]string{"server/exchange/a.go": "package exchange\nimport _ \"crypto/x509\"\n"},
			want: []string{"server/exchange/a.go:2: server/exchange imports crypto/x509"},
		},
		{
			rule: "x509", name: "in certs, below it, in a test",
			tree: map[string]string{
				"certs/a.go":                "package certs\nimport _ \"crypto/x509\"\n",
				"certs/authority/a.go":      "package authority\nimport _ \"crypto/x509\"\n",
				"server/exchange/a_test.go": "package exchange\nimport _ \"crypto/x509\"\n",
			},
		},
		{
			rule: "tls", name: "configured in the client under another name",
			tree: map[string]string{"client/a.go": "package client\nimport secure \"crypto/tls\"\nvar c = secure.Config{}\n"},
			want: []string{"client/a.go:2: client imports crypto/tls"},
		},
		{
			rule: "tls", name: "in certs, and in a test that dials",
			tree: map[string]string{
				"certs/a.go":           "package certs\nimport \"crypto/tls\"\nvar c tls.Config\n",
				"server/web/a_test.go": "package web\nimport \"crypto/tls\"\nvar c tls.Config\n",
			},
		},
		{
			rule: "gateway", name: "the client links it",
			tree: map[string]string{"client/a.go": "package client\nimport _ \"github.com/grpc-ecosystem/grpc-gateway/v2/runtime\"\nimport _ \"github.com/spsalert/spsalert/gen/gateway\"\n"},
			want: []string{
				"client/a.go:2: client imports github.com/grpc-ecosystem/grpc-gateway/v2/runtime",
				"client/a.go:3: client imports gen/gateway",
			},
		},
		{
			rule: "gateway", name: "the web serves it",
			tree: map[string]string{"server/web/a.go": "package web\nimport _ \"github.com/spsalert/spsalert/gen/gateway\"\n"},
		},
		{
			rule: "process", name: "a package ends the process",
			tree: map[string]string{"server/a.go": "package server\nimport \"os\"\nimport _ \"os/signal\"\nfunc f() { os.Exit(1) }\n"},
			want: []string{"server/a.go:3: server imports os/signal", "server/a.go:4: server mentions os.Exit"},
		},
		{
			rule: "process", name: "main, and another name of os",
			tree: map[string]string{
				"server/cmd/spsd/main.go": "package main\nimport \"os\"\nfunc main() { os.Exit(1) }\n",
				"server/a.go":             "package server\nimport \"os\"\nvar exit = os.Args\n",
			},
		},
		{
			rule: "authority", name: "by two steps",
			tree: map[string]string{
				"server/cmd/spsd/main.go": "package main\nimport _ \"github.com/spsalert/spsalert/server\"\n",
				"server/a.go":             "package server\nimport _ \"github.com/spsalert/spsalert/client\"\n",
				"client/a.go":             "package client\nimport _ \"github.com/spsalert/spsalert/certs/authority\"\n",
			},
			want: []string{
				"server links certs/authority: server → client → certs/authority",
				"server/cmd/spsd links certs/authority: server/cmd/spsd → server → client → certs/authority",
			},
		},
		{
			rule: "authority", name: "the CLI, and tests of the server",
			tree: map[string]string{
				"client/cmd/spsctl/main.go": "package main\nimport _ \"github.com/spsalert/spsalert/certs/authority\"\n",
				"server/a_test.go":          "package server\nimport _ \"github.com/spsalert/spsalert/certs/authority\"\n",
			},
		},
		{
			rule: "sleep", name: "a test sleeps",
			tree: map[string]string{"certs/a_test.go": "package certs\nimport \"time\"\nfunc f() { time.Sleep(1) }\n"},
			want: []string{"certs/a_test.go:3: time.Sleep in a test"},
		},
		{
			rule: "sleep", name: "in a bubble, and in the product",
			tree: map[string]string{
				"certs/a_test.go": "package certs\nimport \"time\"\nimport _ \"testing/synctest\"\nfunc f() { time.Sleep(1) }\n",
				"certs/a.go":      "package certs\nimport \"time\"\nfunc f() { time.Sleep(1) }\n",
			},
		},
		{
			rule: "package comment", name: "none, two, one that begins otherwise, one in a test",
			tree: map[string]string{
				"a/a.go":           "package a\n",
				"b/a.go":           "// Package b is.\npackage b\n",
				"b/b.go":           "// Package b is too.\npackage b\n",
				"c/a.go":           "// Here is c.\npackage c\n",
				"cmd/d/main.go":    "// Package main is.\npackage main\n",
				"e/a.go":           "// Package e is.\npackage e\n",
				"e/a_test.go":      "// Package e_test is.\npackage e_test\n",
				"f/f_test.go":      "package f_test\n",
				"g/directive.go":   "//go:build linux\n\npackage g\n",
				"h/near_miss.go":   "// Package help is.\npackage h\n",
				"third_party/a.go": "package elsewhere\n",
			},
			want: []string{
				"a: 0 package comments, not one",
				"b: 2 package comments, not one",
				"c/a.go:2: the package comment does not begin with \"Package c \"",
				"cmd/d/main.go:2: the package comment does not begin with \"Command d \"",
				"e/a_test.go:2: a package comment in a test file of e",
				"f: 0 package comments, not one",
				"g: 0 package comments, not one",
				"h/near_miss.go:2: the package comment does not begin with \"Package h \"",
			},
		},
		{
			rule: "package comment", name: "as it should be",
			tree: map[string]string{
				"a/a.go":             "// Package a is.\npackage a\n",
				"a/b.go":             "package a\n",
				"a/a_test.go":        "package a_test\n",
				"cmd/b/main.go":      "// Command b does.\npackage main\n",
				"c/c_test.go":        "// Package c holds tests.\npackage c_test\n",
				"gen/sps/v1/a.pb.go": "package spsv1\n",
			},
		},
		{
			rule: "exported names", name: "without a comment, or with that of another",
			tree: map[string]string{"a/a.go": `package a
type T struct{}
func (*T) M() {}
func F() {}
// Something else.
func G() {}
const C = 1
var (
	V = 1
)
// Does a thing.
type U[E any] struct{}
func (U[E]) N() {}
`},
			want: []string{
				"a/a.go:2: T has no comment",
				"a/a.go:3: M has no comment",
				"a/a.go:4: F has no comment",
				"a/a.go:6: the comment of G does not begin with its name",
				"a/a.go:7: C has no comment",
				"a/a.go:9: V has no comment",
				"a/a.go:12: the comment of U does not begin with its name",
				"a/a.go:13: N has no comment",
			},
		},
		{
			rule: "exported names", name: "commented, or not exported",
			tree: map[string]string{
				"a/a.go": `package a
// A T is one.
type T struct{}
// M is a method.
func (*T) M() {}
type t struct{}
func (t) M() {}
// What may happen.
const (
	C = 1
	D = 2 // with its own
)
`,
				"a/a_test.go":        "package a\nfunc TestF() {}\n",
				"a/cmd/b/main.go":    "package main\nfunc F() {}\n",
				"gen/sps/v1/a.pb.go": "package spsv1\nfunc F() {}\n",
			},
		},
		{
			rule: "file length", name: "501 lines",
			tree: map[string]string{"a/a.go": "package a\n" + strings.Repeat("\n", 500)},
			want: []string{"a/a.go: 501 lines: split it by subject, or give the reason beside the rule"},
		},
		{
			rule: "file length", name: "500 lines",
			tree: map[string]string{"a/a.go": "package a\n" + strings.Repeat("\n", 499)},
		},
		{
			rule: "package names", name: "named by nothing",
			tree: map[string]string{"a/utils/a.go": "package text\n", "b/a.go": "package helpers\n"},
			want: []string{"a/utils/a.go:1: package text in a/utils", "b/a.go:1: package helpers in b"},
		},
		{
			rule: "package names", name: "only a part of a word",
			tree: map[string]string{"a/baseline/a.go": "package baseline\n"},
		},
		{
			rule: "one alias", name: "without, and with another",
			tree: map[string]string{
				"a/a.go": "package a\nimport _ \"github.com/spsalert/spsalert/gen/sps/v1\"\nimport pb \"github.com/spsalert/spsalert/gen/sps/v1\"\n",
				"a/b.go": "package a\nimport spsv1 \"github.com/spsalert/spsalert/gen/sps/v1\"\n",
			},
			want: []string{"a/a.go:3: a imports gen/sps/v1 as pb, not as spsv1"},
		},
		{
			rule: "to do", name: "with and without a number",
			tree: map[string]string{"a/a.go": "package a\n// TODO: later\n// TODO(#12): then\n// FIXME(#12): no\n"},
			want: []string{
				"a/a.go:2: TODO, not TODO with the number of an issue",
				"a/a.go:4: FIXME, not TODO with the number of an issue",
			},
		},
		{
			rule: "no replace", name: "one line",
			tree: map[string]string{"go.mod": "module a\n\nreplace b => ../b\n"},
			want: []string{"go.mod:3: replaces b"},
		},
		{
			rule: "no replace", name: "none, and one of another module",
			tree: map[string]string{"go.mod": "module a\n", "bench/go.mod": "module b\n\nreplace a => ..\n"},
		},
	}
	failed := map[string]bool{}
	for _, c := range cases {
		failed[c.rule] = failed[c.rule] || len(c.want) > 0
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			got := named(t, c.rule).check(plant(t, c.tree))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("lines that break the rule (-want +got):\n%s", diff)
			}
		})
	}
	for _, rule := range rules {
		if !failed[rule.name] {
			t.Errorf("the rule %q has no case that breaks it", rule.name)
		}
	}
}

// TestLengths checks that a reason lets one file pass, and only while it is long.
func TestLengths(t *testing.T) {
	house := plant(t, map[string]string{"a/a.go": "package a\n\n\n", "a/b.go": "package a\n"})
	rule := lengths{most: 2, longer: map[string]string{"a/a.go": "one subject", "a/b.go": "was long once"}}
	want := []string{"a/b.go: has a reason to be longer than 2 lines and is not"}
	if diff := cmp.Diff(want, rule.check(house)); diff != "" {
		t.Errorf("lines that break the rule (-want +got):\n%s", diff)
	}
}

// named returns the rule with that name.
func named(t *testing.T, name string) rule {
	t.Helper()
	for _, rule := range rules {
		if rule.name == name {
			return rule
		}
	}
	t.Fatalf("no rule is called %q", name)
	return rule{}
}

// plant parses a small tree from names and contents.
func plant(t *testing.T, contents map[string]string) *tree {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, content := range contents {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	planted, err := load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return planted
}
