package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// printCard writes what people compare before they accept a card.
func (a *app) printCard(as format, card *certs.Card) error {
	m := card.Message()
	names := texts(m.GetName())
	reached := "it only dials out"
	if addresses := card.Addresses(); len(addresses) > 0 {
		reached = strings.Join(addresses, ", ")
	}
	var origins []string
	for _, o := range card.Origins() {
		origins = append(origins, o.String())
	}
	slices.Sort(origins)
	f := newFacts(a.out)
	f.add("office", string(card.Office())+" of "+card.Federation())
	f.add("name", strings.Join(names, " / "))
	f.add("card number", fmt.Sprint(card.Number()))
	f.add("made", when(timestamppb.New(card.IssueTime())))
	f.add("reached at", reached)
	f.add("logs", strings.Join(origins, ", "))
	f.add("units", fmt.Sprint(len(m.GetUnits())))
	f.add("languages", strings.Join(m.GetLanguages(), ", "))
	for _, c := range m.GetDutyContacts() {
		f.add("duty contact", contactWords(c))
	}
	f.add("hours", hoursWords(m.GetHours()))
	f.add("fingerprint", card.Fingerprint())
	return f.write(as, m)
}

// printCardInFull writes what a card says besides what printCard does, its keys
// as digests that can be compared.
func (a *app) printCardInFull(card *certs.Card) error {
	m := card.Message()
	f := newFacts(a.out)
	f.add("card", fmt.Sprintf("SHA-256 %x", card.Digest()))
	for _, root := range m.GetCertificateRoots() {
		f.add("authority", fmt.Sprintf("SHA-256 %x", sha256.Sum256(root)))
	}
	for _, k := range m.GetLogKeys() {
		f.add("log key", logKeyWords(k))
	}
	for _, k := range m.GetReceiptKeys() {
		state := ""
		if k.GetRevoked() {
			state = ", revoked"
		}
		f.add("receipt key", fmt.Sprintf("SHA-256 %x%s", sha256.Sum256(k.GetPublicKey()), state))
	}
	for _, k := range m.GetParcelKeys() {
		f.add("parcel key", fmt.Sprintf("SHA-256 %x, %s", sha256.Sum256(k.GetPublicKey()), k.GetSuite()))
	}
	if err := f.close(); err != nil {
		return err
	}
	return printInFull(a.out, "in full", m, a.languages(), "federation", "office", "number", "issueTime", "name", "addresses", "languages",
		"certificateRoots", "logKeys", "receiptKeys", "cardKey", "parcelKeys")
}

// logKeyWords says which entries of which log a key stands for.
func logKeyWords(k *spsv1.LogKey) string {
	words := fmt.Sprintf("SHA-256 %x, %s from %d on", sha256.Sum256(k.GetPublicKey()), k.GetOrigin(), k.GetFirstSize())
	if last := k.GetLastSize(); last > 0 {
		words += fmt.Sprintf(" to %d", last)
	}
	if good := k.GetRevokedAfter(); good != nil {
		words += fmt.Sprintf(", revoked after %d", good.GetSize())
	}
	return words
}

// texts returns a text in all its languages.
func texts(all []*spsv1.LocalizedText) (texts []string) {
	for _, t := range all {
		texts = append(texts, t.GetText())
	}
	return texts
}
