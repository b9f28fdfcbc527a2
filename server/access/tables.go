package access

import "github.com/spsalert/spsalert/server/store"

// The tables of a register. They are truth, like the ledger, and are not
// rebuilt from anything.
const (
	tableTokens      store.Table = "access.tokens"      // token → digest of its secret, Token
	tableSecrets     store.Table = "access.secrets"     // first half of a digest → token
	tableAccounts    store.Table = "access.accounts"    // account → Account
	tableCredentials store.Table = "access.credentials" // account → what proves it
	tableLendings    store.Table = "access.lendings"    // number, eight digits → Lending
	tableAudit       store.Table = "access.audit"       // position → AuditRecord
	tableMeta        store.Table = "access.meta"        // name → value
)

// Tables returns the tables that the store of a register needs; the slice is
// the caller's.
func Tables() []store.Table {
	return []store.Table{tableTokens, tableSecrets, tableAccounts, tableCredentials, tableLendings, tableAudit, tableMeta}
}

// AppendedTables returns those of [Tables] whose keys are written in ascending
// order; the slice is the caller's.
func AppendedTables() []store.Table { return []store.Table{tableAudit} }
