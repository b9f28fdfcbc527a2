// Package statement is the law of what offices state: which statements are
// valid, whom they reach, how they become bytes and how bytes become one again.
// It is pure: no store, no clock, no input or output.
//
// # Validity
//
// The field rules that every client of every office shares are declared in the
// protos (protovalidate). [Check] applies them, and adds what needs more than
// one message: local ids that are unique and references that resolve, the
// relation that each kind of statement needs, who may be addressed, check
// digits, dates that exist, text in Unicode normal form C. It reports every
// problem at once, each with the path of its field, a reason code and a sentence
// that says what to do.
//
// Check judges one statement by itself. What needs the earlier entries of a
// case, such as whether an office may write a register, [Fold] decides.
//
// # Cases
//
// A case is registers with one writer each: the issuing office writes content,
// withdrawn, closed and reopened; each addressee its own acknowledgement,
// stance, answers, outcome and part. [Fold] reads them off the set of entries,
// so any order of arrival gives the same case. An entry on another's register,
// or by an office outside the audience, is kept, marked, and without effect;
// others ask by a request. [Deadlines] says who has to do what by when: the
// allowance is signed, the clock runs from the receipt of the office that has to
// act, and [Due] counts by the hours on its card, so two nodes show the same.
//
// # Bytes
//
// A statement travels as the payload of an envelope of type [PayloadType]. The
// payload begins with the salt: byte 0x0a, byte 0x20, then 32 random bytes.
// [Encode] makes the envelope once; its bytes are kept and never made again.
// [Decode] reads foreign ones, and refuses those that were made for another
// federation, another office or another purpose.
package statement
