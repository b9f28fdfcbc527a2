package second

import (
	"encoding/binary"
	"errors"
)

// A writer writes a message, field by field. Fields with their default value
// are left out.
type writer []byte

func (w *writer) number(num, v uint64) {
	if v != 0 {
		*w = binary.AppendUvarint(*w, num<<3)
		*w = binary.AppendUvarint(*w, v)
	}
}

func (w *writer) bytes(num uint64, b []byte) {
	if len(b) > 0 {
		w.always(num, b)
	}
}

// always writes a field even if it is empty: one that repeats, or a message.
func (w *writer) always(num uint64, b []byte) {
	*w = binary.AppendUvarint(*w, num<<3|2)
	*w = binary.AppendUvarint(*w, uint64(len(b)))
	*w = append(*w, b...)
}

func frame(num uint64, inner writer) []byte {
	var w writer
	w.always(num, inner)
	return w
}

// Hello returns the frame of an office with card 1, which speaks version 1 and
// acts upon some kinds of frames beyond it. It holds no receipt of the other.
func Hello(federation, office, origin string, seconds uint64, software string, features ...string) []byte {
	var w, stamp writer
	w.bytes(1, []byte{1}) // packed
	w.bytes(2, []byte(federation))
	w.bytes(3, []byte(office))
	w.bytes(4, []byte(origin))
	stamp.number(1, seconds)
	w.always(5, stamp)
	w.number(6, 1)
	w.bytes(7, []byte(software))
	for _, feature := range features {
		w.always(8, []byte(feature))
	}
	w.always(9, nil) // 1970: no receipt is held
	return frame(1, w)
}

// Want returns the frame that wants a log from a size on.
func Want(origin string, size uint64) []byte {
	var w writer
	w.bytes(1, []byte(origin))
	w.number(2, size)
	return frame(2, w)
}

// Head returns the frame that carries a checkpoint.
func Head(note []byte) []byte {
	var w writer
	w.bytes(1, note)
	return frame(3, w)
}

// Entries returns the frame of a log from its start up to its end, with the
// bodies that the reader may read; nil for those that it may not.
func Entries(origin string, leaves, bodies [][]byte) []byte {
	var w writer
	w.bytes(1, []byte(origin))
	for _, leaf := range leaves {
		w.always(3, leaf)
	}
	for seq, envelope := range bodies {
		if envelope != nil {
			var body writer
			body.number(1, uint64(seq))
			body.bytes(2, envelope)
			w.always(4, body)
		}
	}
	w.number(5, uint64(len(leaves)))
	return frame(4, w)
}

// ReceiptNote returns the frame that carries a receipt of an office.
func ReceiptNote(office string, note []byte) []byte {
	var w writer
	w.bytes(1, []byte(office))
	w.bytes(2, note)
	return frame(6, w)
}

// Credit returns the frame that says how many bytes were taken.
func Credit(taken uint64) []byte {
	var w writer
	w.number(1, taken)
	return frame(7, w)
}

// WantBody returns the frame that asks for a body from an offset on.
func WantBody(origin string, sequence uint64, sum [32]byte, offset uint64) []byte {
	var w writer
	w.bytes(1, []byte(origin))
	w.number(2, sequence)
	w.bytes(3, sum[:])
	w.number(4, offset)
	return frame(8, w)
}

// Chunk is what a frame of a body says.
type Chunk struct {
	Origin                 string
	Sequence, Offset, Size uint64
	Sum                    [32]byte
	Data                   []byte
}

// BodyChunk reads the frame of a part of a body, field by field.
func BodyChunk(b []byte) (c Chunk, err error) {
	outer, err := split(b)
	if err != nil {
		return c, err
	}
	if len(outer) != 1 || outer[0].num != 9 {
		return c, errors.New("no frame of a body")
	}
	inner, err := split(outer[0].bytes)
	if err != nil {
		return c, err
	}
	for _, f := range inner {
		switch f.num {
		case 1:
			c.Origin = string(f.bytes)
		case 2:
			c.Sequence = f.number
		case 3:
			if len(f.bytes) != len(c.Sum) {
				return c, errors.New("a digest that has not 32 bytes")
			}
			c.Sum = [32]byte(f.bytes)
		case 4:
			c.Offset = f.number
		case 5:
			c.Data = f.bytes
		case 6:
			c.Size = f.number
		}
	}
	// Who does not hold it says so with no bytes and no length.
	held := len(c.Data) > 0 && len(c.Data) <= 512<<10 && c.Offset+uint64(len(c.Data)) <= c.Size
	if !held && (len(c.Data) > 0 || c.Size > 0) {
		return c, errors.New("a chunk that goes beyond its whole")
	}
	return c, nil
}

// Bye returns the last frame of a side.
func Bye(code uint64, reason, message string) []byte {
	var w writer
	w.number(1, code)
	w.bytes(2, []byte(reason))
	w.bytes(3, []byte(message))
	return frame(12, w)
}

// Envelope returns an envelope without countersignatures.
func Envelope(payloadType string, payload []byte) []byte {
	var w writer
	w.bytes(1, []byte(payloadType))
	w.bytes(2, payload)
	return w
}

// Statement returns the salt, federation and office of the statement in an
// envelope.
func Statement(envelope []byte) (salt []byte, federation, office string, err error) {
	outer, err := split(envelope)
	if err != nil {
		return nil, "", "", err
	}
	var payloadType string
	var payload []byte
	for _, f := range outer {
		switch f.num {
		case 1:
			payloadType = string(f.bytes)
		case 2:
			payload = f.bytes
		}
	}
	all, err := split(payload)
	if err != nil {
		return nil, "", "", err
	}
	if payloadType != statementType || len(all) < 3 ||
		all[0].num != 1 || len(all[0].bytes) != 32 || payload[0] != 0x0a || payload[1] != 0x20 {
		return nil, "", "", errors.New("no statement with a salt")
	}
	for _, f := range all {
		switch f.num {
		case 2:
			federation = string(f.bytes)
		case 3:
			office = string(f.bytes)
		}
	}
	return all[0].bytes, federation, office, nil
}
