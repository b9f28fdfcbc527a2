package office

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// draftAct keeps an act as a draft. Its statement was prepared, so it could be
// issued now.
func (s *Service) draftAct(ctx context.Context, u *undertaking) (*spsv1.IssuedStatement, error) {
	d := s.Drafts()
	if err := d.acceptable("statement", u.st); err != nil {
		return nil, err
	}
	draft, err := d.create(ctx, u.caller, uuid.MustParse(u.req.GetRequestId()), u.st, u.asked(), u.unless)
	if err != nil {
		return nil, err
	}
	return s.kept(ctx, draft)
}

// draftedBefore returns the draft that an earlier call of the same act made, as it
// is now; nil if there was none.
func (s *Service) draftedBefore(ctx context.Context, u *undertaking) (*spsv1.IssuedStatement, error) {
	id := uuid.MustParse(u.req.GetRequestId()) // the field rules have seen it
	var draft *spsv1.Draft
	err := s.o.Store.View(ctx, func(r store.Reader) (err error) {
		draft, err = begunBefore(r, u.caller, id[:], u.asked())
		return err
	})
	if err != nil || draft == nil {
		return nil, err
	}
	return s.kept(ctx, draft)
}

// kept returns the statement that a draft would be issued as.
func (s *Service) kept(ctx context.Context, draft *spsv1.Draft) (*spsv1.IssuedStatement, error) {
	st := proto.CloneOf(draft.GetStatement())
	by := authors{unit: draft.GetUnit(), drafted: draft.GetDraftedBy(), issued: someoneElse()}
	s.complete(st, by, "", nil) // what is wrong with it, a check of the draft says
	// What only the issue gives would mislead here.
	st.Salt, st.IssuedBy = nil, nil
	would, err := s.wouldBe(ctx, st)
	if err != nil {
		return nil, err
	}
	would.Draft = draft.GetName()
	return would, nil
}

// asked is the fingerprint of what the request of an act says. The etag is no part
// of it: who asks once more has perhaps read the case again.
func (u *undertaking) asked() [32]byte {
	said := proto.Clone(u.req).ProtoReflect()
	for _, name := range []protoreflect.Name{"etag", "request_id"} {
		if f := said.Descriptor().Fields().ByName(name); f != nil {
			said.Clear(f)
		}
	}
	return statement.RequestFingerprint(said.Interface())
}
