package server

import (
	"fmt"

	"github.com/spsalert/spsalert/server/store"
)

// storeFormat is the format in which this version keeps what is in the tables of
// ledger and register. (Those of the casebook have a version of their own, since
// they are made again.) Who raises it adds a step to upgrades.
const storeFormat = 1

// upgrades are the steps to present formats, by the format that they change.
// Each MUST be idempotent within its transaction and heed what is said of the
// functions of [store.Store.Update].
var upgrades = map[int]func(store.Tx) error{}

// upgrade changes the tables from a format to the next.
func upgrade(tx store.Tx, from int) error {
	step, ok := upgrades[from]
	if !ok {
		return fmt.Errorf("nothing leads from format %d to %d", from, from+1)
	}
	return step(tx)
}
