package statement

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"google.golang.org/protobuf/proto"
)

// PayloadType is the payload type of an envelope that holds a statement.
const PayloadType = "application/vnd.sps.statement.v1"

// saltLen is the length of the salt in bytes.
const saltLen = 32

var (
	// ErrTooLarge says that an envelope has more than [seal.MaxEnvelope] bytes. At
	// issue the caller moves content into attachments; a foreign one is marked.
	ErrTooLarge = errors.New("envelope is too large")
	// ErrNotStatement says that an envelope is sound and holds something else
	// than a statement. It is kept and shown as not understood.
	ErrNotStatement = errors.New("envelope does not hold a statement")
)

// Encode returns the envelope of a statement, with signatures of persons or
// other infrastructures over the same payload, if any. The caller keeps the
// bytes: encoding again may give others. Encode does not check s, except that it
// has its salt. The error wraps [ErrTooLarge] if that is the reason.
func Encode(s *spsv1.Statement, countersignatures ...*spsv1.Countersignature) ([]byte, error) {
	if len(s.GetSalt()) != saltLen {
		return nil, fmt.Errorf("encode statement: salt has %d bytes, want %d", len(s.GetSalt()), saltLen)
	}
	// Fields are written in the order of their numbers, so the salt comes first.
	payload, err := proto.MarshalOptions{Deterministic: true}.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode statement: %w", err)
	}
	if !bytes.HasPrefix(payload, saltPrefix(s.GetSalt())) {
		return nil, errors.New("encode statement: the salt does not come first")
	}
	envelope, err := proto.MarshalOptions{Deterministic: true}.Marshal(&spsv1.Envelope{
		PayloadType:       PayloadType,
		Payload:           payload,
		Countersignatures: countersignatures,
	})
	if err != nil {
		return nil, fmt.Errorf("encode envelope: %w", err)
	}
	if len(envelope) > seal.MaxEnvelope {
		return nil, fmt.Errorf("encode statement of %d bytes, at most %d: %w", len(envelope), seal.MaxEnvelope, ErrTooLarge)
	}
	return envelope, nil
}

// Decode returns the statement in the envelope of an entry of the log of an
// office. It does not apply the rules of [Check]. The error wraps [ErrTooLarge]
// or [ErrNotStatement] if that is the reason; any other is the issuer's fault:
// the bytes are kept, and the entry is marked and has no effect.
func Decode(envelope []byte, federation string, office certs.Office) (*spsv1.Statement, error) {
	if len(envelope) > seal.MaxEnvelope {
		return nil, fmt.Errorf("decode envelope of %d bytes, at most %d: %w", len(envelope), seal.MaxEnvelope, ErrTooLarge)
	}
	e := new(spsv1.Envelope)
	if err := proto.Unmarshal(envelope, e); err != nil {
		return nil, fmt.Errorf("decode envelope: %w", err)
	}
	if e.GetPayloadType() != PayloadType {
		return nil, fmt.Errorf("decode envelope of type %.100q: %w", e.GetPayloadType(), ErrNotStatement)
	}
	s := new(spsv1.Statement)
	if err := proto.Unmarshal(e.GetPayload(), s); err != nil {
		return nil, fmt.Errorf("decode statement: %w", err)
	}
	if len(s.GetSalt()) != saltLen || !bytes.HasPrefix(e.GetPayload(), saltPrefix(s.GetSalt())) {
		return nil, fmt.Errorf("decode statement: payload does not begin with a salt of %d bytes", saltLen)
	}
	if s.GetFederation() != federation {
		return nil, fmt.Errorf("decode statement: it was made for the federation %.100q, want %q", s.GetFederation(), federation)
	}
	if s.GetOffice() != string(office) {
		return nil, fmt.Errorf("decode statement: it was made by the office %.100q, want %q", s.GetOffice(), office)
	}
	return s, nil
}

// saltPrefix returns the bytes with which the payload of a statement with this
// salt begins: field 1, length-delimited, 32 bytes.
func saltPrefix(salt []byte) []byte {
	return append([]byte{0x0a, saltLen}, salt...)
}
