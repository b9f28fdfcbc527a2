package statement

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Fingerprint identifies what a caller asked to be issued: two statements have
// the same fingerprint if they differ only in what the node fills in (salt,
// federation, office, request id, unit, the persons, the system, a waiver,
// allowances, card numbers), or in who must be told by hand, which the accepted
// cards decide. So what was signed has the fingerprint of what was asked for. A
// request id with the same fingerprint is the same request. The persons whom a
// system names are its own words: they count.
//
// It is kept as long as the log, so it does not rest on how a library orders
// bytes: it is the SHA-256 of the fields that are set, in the order of their
// numbers. A field that a later version adds changes nothing while it is unset.
func Fingerprint(s *spsv1.Statement) [32]byte {
	c := proto.CloneOf(s)
	c.Salt, c.Federation, c.Office, c.RequestId = nil, "", "", ""
	c.Unit, c.IssuedBy, c.IssuingSystem, c.Waiver, c.Allowances = "", nil, "", nil, nil
	if c.GetApprovedBy() == nil {
		c.DraftedBy = nil // a system names both, and of a person the node says who drafted
	}
	for _, a := range c.GetAddressees() {
		a.CardNumber, a.ByHand = 0, false
	}
	h := sha256.New()
	h.Write([]byte("sps-statement-fingerprint/v1\n"))
	digest(h, c.ProtoReflect())
	return [32]byte(h.Sum(nil))
}

// RequestFingerprint identifies what a request says: two have the same fingerprint
// if they are of the same type and all their fields are the same. It can be kept
// as [Fingerprint] can.
func RequestFingerprint(request proto.Message) [32]byte {
	h := sha256.New()
	h.Write([]byte("sps-request-fingerprint/v1\n" + string(request.ProtoReflect().Descriptor().FullName()) + "\n"))
	digest(h, request.ProtoReflect())
	return [32]byte(h.Sum(nil))
}

// digest writes the populated fields of m to h, in the order of their numbers,
// so that no two different messages write the same bytes. The model has no maps.
func digest(h hash.Hash, m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	numbers := make([]protoreflect.FieldNumber, 0, fields.Len())
	for i := range fields.Len() {
		if m.Has(fields.Get(i)) {
			numbers = append(numbers, fields.Get(i).Number())
		}
	}
	slices.Sort(numbers)
	putUint(h, uint64(len(numbers)))
	for _, n := range numbers {
		f := fields.ByNumber(n)
		putUint(h, uint64(n))
		if !f.IsList() {
			digestValue(h, f, m.Get(f))
			continue
		}
		list := m.Get(f).List()
		putUint(h, uint64(list.Len()))
		for i := range list.Len() {
			digestValue(h, f, list.Get(i))
		}
	}
	putBytes(h, m.GetUnknown())
}

// digestValue writes one value of a field.
func digestValue(h hash.Hash, f protoreflect.FieldDescriptor, v protoreflect.Value) {
	switch x := v.Interface().(type) {
	case protoreflect.Message:
		digest(h, x)
	case string:
		putBytes(h, []byte(x))
	case []byte:
		putBytes(h, x)
	case bool:
		if x {
			putUint(h, 1)
		} else {
			putUint(h, 0)
		}
	case protoreflect.EnumNumber:
		putUint(h, uint64(int64(x)))
	case int32:
		putUint(h, uint64(int64(x)))
	case int64:
		putUint(h, uint64(x))
	case uint32:
		putUint(h, uint64(x))
	case uint64:
		putUint(h, x)
	default:
		putBytes(h, []byte(string(f.FullName())+v.String())) // no such kind in the model
	}
}

func putUint(h hash.Hash, n uint64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	h.Write(b[:])
}

func putBytes(h hash.Hash, b []byte) {
	putUint(h, uint64(len(b)))
	h.Write(b)
}
