package codesheet

import (
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// Reader reads the codes of one sheet. It is for one goroutine.
type Reader struct{ *form.Reader }

// Open begins to read a sheet of size bytes, see [form.Form.Open].
func Open(r io.ReaderAt, size int64, m *form.Mapping) (*Reader, error) {
	rd, err := vocabulary().Open(r, size, m)
	if err != nil {
		return nil, err
	}
	return &Reader{rd}, nil
}

// Entry is what a row says, and where.
type Entry struct {
	Row int // as a spreadsheet numbers it
	// Exporter is the owner as far as the row says it, with one code; nil if the row
	// cannot be read at all. It MUST NOT be registered if there are Problems.
	Exporter *spsv1.Exporter
	Ended    bool // the registration of the code has ended
	Problems []table.Problem
	Notes    []table.Note

	reader  *Reader
	cells   []table.Cell
	columns map[string]*form.Column // by path, of what has several columns
}

// Entries returns the rows of the sheet, in their order. It can be ranged over once, and
// once more after [form.Reader.Again].
// An error, a [table.Problem] of the whole or another one, is the last thing
// returned: what is behind it was not read, and the caller MUST NOT take what came
// before it for the whole sheet. In memory is one row.
func (rd *Reader) Entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for row, err := range rd.Rows() {
			var p table.Problem
			switch {
			case errors.As(err, &p) && p.Row > 0:
				p.Heading = rd.Heading(p.Column)
				if !yield(Entry{Row: row.Number, Problems: []table.Problem{p}, reader: rd}, nil) {
					return
				}
			case err != nil:
				yield(Entry{}, err)
				return
			case !yield(rd.entry(row), nil):
				return
			}
		}
	}
}

// entry returns what a row says.
func (rd *Reader) entry(row table.Row) Entry {
	l := &line{m: rd.Mapping(), row: row.Number, values: make([]value, len(vocabulary().Columns))}
	for _, c := range vocabulary().Columns {
		if cell, letter, ok := rd.Cell(row, c); ok {
			l.take(c, cell, letter)
		}
	}
	e := Entry{
		Row: row.Number, Problems: l.problems, Notes: l.notes, Ended: l.of("ended").text == "yes",
		reader: rd, cells: row.Cells, columns: map[string]*form.Column{},
	}
	e.Exporter = e.owner(l)
	e.Exporter.Codes = []*spsv1.ExporterCode{code(l)}
	for i := range e.Problems {
		e.Problems[i].Heading = rd.Heading(e.Problems[i].Column)
	}
	for i := range e.Notes {
		e.Notes[i].Heading = rd.Heading(e.Notes[i].Column)
	}
	return e
}

// nameColumns are the columns of names by their languages, the first that of the
// language that the owner reads best.
var nameColumns = []struct{ column, lang string }{
	{"ownerName", ""}, {"ownerNameEn", "en"}, {"ownerNameVi", "vi"}, {"ownerNameZh", "zh-Hans"}, {"ownerNameTh", "th"},
}

// owner returns what a row says of the owner.
func (e *Entry) owner(l *line) *spsv1.Exporter {
	o := &spsv1.Exporter{
		RegistrationNumber: l.of("ownerRegNo").text, TaxId: l.of("ownerTaxId").text, Address: l.of("ownerAddress").text,
		Languages: l.of("ownerLanguages").many,
	}
	if id := l.of("ownerId").text; id != "" {
		o.Name = "exporters/" + strings.TrimPrefix(id, "exporters/")
	}
	if len(o.Languages) == 0 && l.m.Language != "und" {
		o.Languages = []string{l.m.Language}
	}
	for _, n := range nameColumns {
		if v := l.of(n.column); v.text != "" {
			lang := n.lang
			if lang == "" {
				lang = append(o.GetLanguages(), "und")[0]
			}
			if nameIn(o, lang) {
				continue // ownerName says it already
			}
			e.columns["display_name["+strconv.Itoa(len(o.DisplayName))+"]"] = vocabulary().Column(n.column)
			o.DisplayName = append(o.DisplayName, &spsv1.LocalizedText{Lang: lang, Text: v.text})
		}
	}
	for _, ch := range []struct {
		column string
		kind   spsv1.ChannelKind
	}{{"ownerPhone", spsv1.ChannelKind_CHANNEL_KIND_PHONE}, {"ownerEmail", spsv1.ChannelKind_CHANNEL_KIND_EMAIL}} {
		if v := l.of(ch.column); v.text != "" {
			e.columns["channels["+strconv.Itoa(len(o.Channels))+"]"] = vocabulary().Column(ch.column)
			o.Channels = append(o.Channels, &spsv1.ExporterChannel{Kind: ch.kind, Address: v.text})
		}
	}
	return o
}

// nameIn reports whether an owner has a name in a language.
func nameIn(o *spsv1.Exporter, lang string) bool {
	for _, t := range o.GetDisplayName() {
		if t.GetLang() == lang {
			return true
		}
	}
	return false
}

// code returns the code of a row.
func code(l *line) *spsv1.ExporterCode {
	c := &spsv1.ExporterCode{
		Kind: spsv1.SiteCodeKind(spsv1.SiteCodeKind_value[l.of("codeKind").text]), Code: l.of("code").text,
		HsCodes: l.of("products").many, FromDate: l.of("validFrom").day, UntilDate: l.of("validUntil").day,
	}
	if at := l.of("province").text; form.AreaCode(at) {
		c.Province = &spsv1.Area{Code: at}
	} else if at != "" {
		c.Province = &spsv1.Area{AsWritten: at}
	}
	for _, market := range l.of("markets").many {
		c.Markets = append(c.Markets, &spsv1.Area{Code: market})
	}
	contact := &spsv1.ContactPoint{Name: l.of("siteContact").text, Phone: l.of("sitePhone").text, Email: l.of("siteEmail").text}
	if contact.Name != "" || contact.Phone != "" || contact.Email != "" {
		c.Contact = contact
	}
	return c
}
