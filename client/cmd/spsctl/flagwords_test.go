package main

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/client"
)

func TestAnswersNameFlags(t *testing.T) {
	root := (&app{}).root()
	for _, test := range []struct {
		name    string
		command []string
		err     *client.Error
		want    string
	}{
		{"a field", []string{"case", "follow-up"}, &client.Error{
			Code: codes.InvalidArgument, Reason: "INVALID", Fields: []client.FieldProblem{{Field: "statement.source.received_by"}, {Field: "statement.addressees[0].office"}},
		}, "\n  statement.source.received_by is --heard-here here\n  statement.addressees is --to here"},
		{"a field without a flag", []string{"case", "close"}, &client.Error{
			Code: codes.InvalidArgument, Reason: "INVALID", Fields: []client.FieldProblem{{Field: "statement.source.received_by"}},
		}, ""},
		{"a word of a sentence", []string{"case", "close"}, &client.Error{
			Code: codes.PermissionDenied, Reason: "PERMISSION_DENIED", Message: "set validateOnly to check it",
		}, "\n  validateOnly is --check here"},
		{"a word of the sentence of a field", []string{"case", "close"}, &client.Error{
			Code: codes.PermissionDenied, Reason: "PERMISSION_DENIED", Fields: []client.FieldProblem{{Description: "set validateOnly to check it"}},
		}, "\n  validateOnly is --check here"},
		{"an id that nobody gave", []string{"announce"}, &client.Error{
			Code: codes.AlreadyExists, Reason: "ID_CONFLICT", Message: "this requestId began a draft",
		}, ""},
		{
			"an etag that is no more",
			[]string{"case", "close"},
			&client.Error{Code: codes.Aborted, Reason: "ETAG"},
			"\n  read it again with spsctl case get, and give its etag as --etag",
		},
		{"a missing etag", []string{"case", "close"}, &client.Error{
			Code: codes.InvalidArgument, Reason: "INVALID", Fields: []client.FieldProblem{{Field: "etag", Reason: "REQUIRED"}},
		}, "\n  read it again with spsctl case get, and give its etag as --etag"},
	} {
		cmd, _, err := root.Find(test.command)
		if err != nil {
			t.Fatal(err)
		}
		if got := flagHint(cmd, test.err); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestFlagsOfFieldsAreThere holds every row to a command that has the flag.
func TestFlagsOfFieldsAreThere(t *testing.T) {
	root := (&app{}).root()
	cmd, _, err := root.Find([]string{"case", "follow-up"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flagsOfFields {
		if cmd.Flags().Lookup(f.flag) == nil {
			t.Errorf("%s: no flag --%s of %s", f.field, f.flag, cmd.CommandPath())
		}
	}
}
