package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// canAsk reports whether there is somebody to answer, and asking is allowed.
func (a *app) canAsk() bool { return isTerminal(a.in) && !a.noInput }

// ask waits for a yes. Where nobody can answer, or --no-input says not to ask,
// it refuses, and says what to do instead.
func (a *app) ask(question, instead string) error {
	switch {
	case a.noInput:
		return usageError{errors.New("not asking, since --no-input was given; " + instead)}
	case !isTerminal(a.in):
		return usageError{errors.New("nobody can be asked here; " + instead)}
	}
	fmt.Fprint(a.err, question+" type yes: ")
	answer, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(strings.ToLower(answer)) != "yes" {
		return errors.New("the answer was not yes, nothing was done")
	}
	return nil
}

// weighty reports whether an act changes or ends a case for everyone who was
// ever addressed, or tells the network: what the law gives to two persons.
func weighty(req proto.Message) bool {
	switch req := req.(type) {
	case *spsv1.AmendCaseRequest, *spsv1.WithdrawCaseRequest, *spsv1.CloseCaseRequest, *spsv1.ReopenCaseRequest, *spsv1.AnnounceRequest:
		return true
	case *spsv1.RespondInCaseRequest:
		return req.GetResponse().GetDisputeResult() != 0
	}
	return false
}

// confirmAct shows what an act would say to whom, and asks.
func confirmAct[M proto.Message](a *app, ctx context.Context, node *client.Client, req M, call actCall[M]) error {
	if !a.canAsk() {
		return a.ask("", lookFirst)
	}
	only := proto.CloneOf(req)
	m := only.ProtoReflect()
	m.Set(m.Descriptor().Fields().ByName("validate_only"), protoreflect.ValueOfBool(true))
	as, err := call(node.CaseService(), ctx, only)
	if err != nil {
		return err
	}
	a.sayAdvice(as.GetAdvice())
	return a.confirm(node, as, lookFirst)
}

// lookFirst is what to do instead where nobody can be asked.
const lookFirst = "look at it with --check, then add --yes"
