// Package sample holds notifications that this project wrote itself from facts
// about the trade, for demonstrations and tests. The firms in them are invented.
package sample

import (
	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Item is one notification and who issues it.
type Item struct {
	// Name tells the item from the others, for example "CN/mango-fruit-fly".
	Name string
	// Office is whose node issues it.
	Office certs.Office
	// RequestID follows from the name, so that it is issued once only.
	RequestID string
	Statement *spsv1.Statement
}

// Statements returns all items, in the order in which they are to be issued.
// The caller may change them. What a node fills in at issue (salt, federation,
// office, request ID, issuing person, card numbers) is left empty.
func Statements() []Item { return nil }
