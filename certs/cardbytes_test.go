package certs_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestCardKeepsItsBytes(t *testing.T) {
	o := authority.ForTest(t, "VN").Office("VN")
	signed := bytes.Clone(o.Card.Bytes())
	card, err := certs.ParseCard(signed)
	if err != nil {
		t.Fatal(err)
	}
	clear(signed)
	if !bytes.Equal(card.Bytes(), o.Card.Bytes()) || !card.Same(o.Card) || card.Digest() != o.Card.Digest() {
		t.Error("the card did not keep its own copy of the bytes")
	}
}

// TestCardOfALaterVersion has fields that nobody knows yet, inside and outside
// of what is signed.
func TestCardOfALaterVersion(t *testing.T) {
	o, err := mint(t, "VN", func(c *spsv1.Card) {
		c.ProtoReflect().SetUnknown(protowire.AppendString(protowire.AppendTag(nil, 999, protowire.BytesType), "later"))
		c.ParcelKeys = append(c.ParcelKeys, &spsv1.ParcelKey{Suite: "later", PublicKey: []byte{1}})
		post := unit("huu-nghi", "")
		post.Kind, post.Fields = 99, []spsv1.Field{99}
		c.Units = append(c.Units, post)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(o.Card.Bytes(), []byte("later")) {
		t.Error("the unknown field was lost")
	}
	if got := len(o.Card.ParcelKeys()); got != 1 {
		t.Errorf("%d parcel keys, want only the one of the known suite", got)
	}
	outer := protowire.AppendString(protowire.AppendTag(bytes.Clone(o.Card.Bytes()), 999, protowire.BytesType), "later")
	card, err := certs.ParseCard(outer)
	if err != nil || !card.Same(o.Card) {
		t.Errorf("unknown field of the signed card: %v, want the same card", err)
	}
}

// TestEveryByteOfACardCounts flips each byte: either the card is refused, or
// what was signed is untouched.
func TestEveryByteOfACardCounts(t *testing.T) {
	o := authority.ForTest(t, "VN").Office("VN")
	for i := range o.Card.Bytes() {
		changed := bytes.Clone(o.Card.Bytes())
		changed[i] ^= 1
		if card, err := certs.ParseCard(changed); err == nil && !card.Same(o.Card) {
			t.Fatalf("byte %d was changed and the card accepted", i)
		}
	}
}
