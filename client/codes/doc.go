// Package codes knows the code lists in which notifications are coded.
//
// A list is named as in the system of a Coding: `hs`, `cxg25-reason`, `area`.
// Small lists are built in, from the files in lists: they have names in English,
// Vietnamese, Chinese and Thai. A [Registry] lays larger ones, which an office
// fetches from whoever keeps them, over these. A list may be open: there are
// more codes than it has entries. A code that a list does not have is a reason
// to look twice and never one to refuse.
//
// # Files
//
// A file is named SYSTEM@VERSION.csv or SYSTEM.csv, for example `hs@2022.csv`. It
// is UTF-8, its values stand between commas, semicolons or tabs, and its first
// row names the columns, in any order and case. By them [Read] knows the layout:
//
//   - code, and perhaps parent, other, retired and tags of languages: the
//     layout of this package, of the built-in lists and of an office's own.
//     Lines in front that begin with # say more: `# title vi: …`. Other names,
//     by which an entry is found, have semicolons between them.
//   - hscode, description, parent: the Harmonized System and customs tariffs,
//     as in datasets/harmonized-system.
//   - CommonCode, Name, Status: UN/ECE Recommendation 20.
//   - Country, Location, Name: UN/LOCODE, as in datasets/un-locode; also the
//     twelve columns without names that UN/ECE publishes.
//   - code, lang, fullname, preferred: EPPO, the flat files called Bayer.
//   - termCode, termExtendedName, masterParentCode: the catalogue MTX of EFSA.
//
// The essence of UCUM is read as it is published: XML, `ucum.xml`.
//
// A file with a bad row is no list: half of a list would call good codes
// unknown. The error names every row and says what to do.
package codes
