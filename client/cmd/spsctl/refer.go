package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// referrer returns what a reference such as VN-2026-000123 stands for as a
// message: the entry of the statement ([entryRef]), or its case ([caseRef]).
type referrer func(reference string, as protoreflect.FullName) (proto.Message, error)

// The types that a reference may stand for.
var (
	entryRef = (&spsv1.EntryRef{}).ProtoReflect().Descriptor().FullName()
	caseRef  = (&spsv1.CaseRef{}).ProtoReflect().Descriptor().FullName()
)

// referTo makes a referrer that asks a node.
func referTo(ctx context.Context, node *client.Client) referrer {
	return func(reference string, as protoreflect.FullName) (proto.Message, error) {
		s, err := statementOf(ctx, node, reference)
		if err != nil {
			return nil, err
		}
		if as == entryRef {
			return s.GetEntry(), nil
		}
		original := strings.TrimPrefix(s.GetCase(), "cases/")
		if original == "" {
			return nil, fmt.Errorf("%s belongs to no case", reference)
		}
		found, err := node.Case(ctx, original)
		if err != nil {
			return nil, err
		}
		return &spsv1.CaseRef{Original: found.GetOriginal().GetEntry(), Reference: original}, nil
	}
}

// statementOf returns the statement with a reference. The error is one of the
// node if it has none.
func statementOf(ctx context.Context, node *client.Client, reference string) (*spsv1.IssuedStatement, error) {
	found, err := node.Case(ctx, reference)
	if err == nil {
		return found.GetOriginal(), nil
	}
	if e, ok := answer(err); !ok || answerCode(e) != exitNotFound {
		return nil, err
	}
	s, scanned := find(ctx, node, reference)
	if scanned != nil {
		return nil, scanned
	}
	if s == nil {
		return nil, err
	}
	return s, nil
}

// complete fills in the entries of the case and of the statements that a
// statement names by their references alone.
func (refer referrer) complete(s *spsv1.Statement) error {
	if c := s.GetCaseRef(); c != nil && c.Original == nil && references.MatchString(c.GetReference()) {
		m, err := refer(c.GetReference(), caseRef)
		if err != nil {
			return fmt.Errorf("caseRef: %w", err)
		}
		s.CaseRef = m.(*spsv1.CaseRef)
	}
	for i, r := range s.GetRelatesTo() {
		if r.Entry != nil || !references.MatchString(r.GetReference()) {
			continue
		}
		m, err := refer(r.GetReference(), entryRef)
		if err != nil {
			return fmt.Errorf("relatesTo[%d]: %w", i, err)
		}
		r.Entry = m.(*spsv1.EntryRef)
	}
	return nil
}
