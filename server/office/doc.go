// Package office is CaseService, EvidenceService and AttachmentService: what
// officers, validators, national systems and auditors of an office do with
// statements, cases and the files that belong to them.
//
// It holds no state but where to look. A statement that is issued is an entry of the ledger
// before the call returns; lists, cases and watches are read from ledger and
// casebook. What an entry says to this office is decided by [casebook.Read]
// alone, so that lists, watches and cases never differ, and what is not
// addressed to this office is not there.
package office
