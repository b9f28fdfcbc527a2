// Package rasff makes statements of the rows of a RASFF Window export, the
// public summaries of the EU's Rapid Alert System for Food and Feed.
//
// # The export
//
// It is a CSV file by RFC 4180 in UTF-8, with or without a byte order mark. The
// first line names the columns, in any order:
//
//	reference, category, type, subject, date, notifying_country,
//	classification, risk_decision, distribution, forAttention, forFollowUp,
//	operator, origin, hazards
//
// and perhaps year and week, which say what file a row came from and nothing
// about the notification. The last six of the fourteen are lists with commas
// between; a comma inside a name ("2,4-D", "Bonaire, Sint Eustatius and Saba")
// does not split it. Blanks around a value mean nothing.
//
// # What becomes of a row
//
//   - The EU's office states it, on behalf of the unit of the notifying country.
//     Units of the members of the RASFF network are called by their ISO 3166-1
//     codes (XI for Northern Ireland), that of the European Commission is "EC".
//   - The reference, a text of four digits, a dot and four more, becomes an
//     external reference of the system RASFF.
//   - Who gets the statement is one thing, whom it asks another. Addressees are
//     the offices of the federation whose areas the row names in any way; when
//     none of them is the origin, all offices get it. The columns forAttention
//     and forFollowUp become flags: of the EU's units, of offices of the
//     federation, of areas, and of bodies such as INFOSAN.
//   - English names of areas become codes where there are any, and are kept as
//     written. "unknown origin" is an unknown origin; an empty column is one that
//     is not stated.
//   - Each hazard becomes a finding: its words as written, its name in the list
//     rasff-hazard, its category where the name leaves no doubt, and what is
//     wrong with it ("undeclared", "migration"). Many rows have none.
//   - A subject in two languages glued together has the language `mul`.
//   - What the subject says of the way of the goods in English ("via", "dispatched
//     from") becomes the route; the subject itself is kept.
//
// A reference that occurs again with other content is a new version of the
// notification and becomes an amendment; see [Importer]. With the same content
// it says nothing new.
package rasff
