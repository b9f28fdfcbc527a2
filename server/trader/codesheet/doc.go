// Package codesheet reads sheets of the code register, CSV and XLSX: the codes of
// growing areas, packing houses and establishments with who owns them.
//
// One row is one code. What it says of the code and of its owner becomes an
// exporter that has this code alone; package trader joins the rows of one owner and
// of one code. docs/reference/sheet-of-codes.md has the columns.
//
// Nothing is guessed. What is not understood is a [table.Problem], which names the
// row, the column by letter and heading, and what to do.
package codesheet
