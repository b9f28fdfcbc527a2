package certs

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"google.golang.org/protobuf/proto"
)

// MakeCard signs a card with the card key that it names and, when the card key
// changes, with the one before, and returns the bytes of the SignedCard. An
// empty card_key is filled in; the message is not changed. What ParseCard
// would refuse is not signed away: MakeCard returns the same error.
func MakeCard(card *spsv1.Card, key crypto.Signer, previous ...crypto.Signer) ([]byte, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("card key of type %T, want ed25519", key.Public())
	}
	card = proto.CloneOf(card)
	if len(card.GetCardKey()) == 0 {
		card.CardKey = public
	}
	if !bytes.Equal(card.GetCardKey(), public) {
		return nil, errors.New("the card names another card key than the one that signs it")
	}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(card)
	if err != nil {
		return nil, fmt.Errorf("marshal card: %w", err)
	}
	signed := &spsv1.SignedCard{Card: body}
	for _, signer := range append([]crypto.Signer{key}, previous...) {
		public, ok := signer.Public().(ed25519.PublicKey)
		if !ok {
			return nil, fmt.Errorf("card key of type %T, want ed25519", signer.Public())
		}
		signature, err := signer.Sign(rand.Reader, append([]byte(cardContext), body...), crypto.Hash(0))
		if err != nil {
			return nil, fmt.Errorf("sign card: %w", err)
		}
		signed.Signatures = append(signed.Signatures, &spsv1.CardSignature{PublicKey: public, Signature: signature})
	}
	out, err := proto.Marshal(signed)
	if err != nil {
		return nil, fmt.Errorf("marshal signed card: %w", err)
	}
	if _, err := ParseCard(out); err != nil {
		return nil, err
	}
	return out, nil
}

// MarshalLogKey returns the entry of a card for a log key.
func MarshalLogKey(k LogKey) (*spsv1.LogKey, error) {
	if err := k.Check(); err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(k.Public)
	if err != nil {
		return nil, fmt.Errorf("log key of %s: %w", k.Origin, err)
	}
	out := &spsv1.LogKey{Origin: k.Origin.String(), PublicKey: der, FirstSize: k.From}
	switch k.Until {
	case 0:
	case 1:
		return nil, fmt.Errorf("log key of %s: good until size 1 cannot be written, leave the key out", k.Origin)
	default:
		out.LastSize = k.Until - 1
	}
	return out, nil
}
