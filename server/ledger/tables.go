package ledger

import "github.com/spsalert/spsalert/server/store"

// The tables of a ledger. Keys that hold numbers hold them big-endian, so that
// their order is that of the numbers.
const (
	tableMeta       store.Table = "ledger.meta"       // name → value: format, incarnation, state
	tableLogs       store.Table = "ledger.logs"       // origin → number, size, last time, newest checkpoint
	tableLeaves     store.Table = "ledger.leaves"     // log, sequence → position, fault, tree hashes, request, leaf
	tableEnvelopes  store.Table = "ledger.envelopes"  // log, sequence, chunk → part of a body as signed
	tableMissing    store.Table = "ledger.missing"    // log, sequence → nothing, or wasHeld: a body that should be here
	tableAhead      store.Table = "ledger.ahead"      // log, sequence → position, proof, checkpoint, leaf: held before its turn
	tableUrgent     store.Table = "ledger.urgent"     // log, sequence → nothing: it may go ahead
	tablePositions  store.Table = "ledger.positions"  // number → entry or receipt
	tableReceipts   store.Table = "ledger.receipts"   // log, office, size, position → note
	tableRequests   store.Table = "ledger.requests"   // request ID → own entry
	tableHeld       store.Table = "ledger.held"       // log, kind, size or sequence → Unix seconds by which it was held
	tableReferences store.Table = "ledger.references" // year, or EX and year → number given last
)

// Tables returns the tables that the store of a ledger needs; the slice is the
// caller's.
func Tables() []store.Table {
	return []store.Table{
		tableMeta, tableLogs, tableLeaves, tableEnvelopes, tableMissing, tableAhead, tableUrgent,
		tablePositions, tableReceipts, tableRequests, tableHeld, tableReferences,
	}
}

// AppendedTables returns those of [Tables] whose keys are written in ascending
// order, which lets the store fill its pages; the slice is the caller's. Request
// IDs are in order if they are UUIDs of version 7, receipts for each office.
func AppendedTables() []store.Table {
	return []store.Table{tableLeaves, tableEnvelopes, tablePositions, tableReceipts, tableRequests}
}
