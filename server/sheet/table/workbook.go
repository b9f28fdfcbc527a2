package table

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// workbook is what a workbook says of itself, and of its sheets.
type workbook struct {
	pack    *pack
	limits  Limits
	sheets  []sheetPart
	strings string // the part of the texts that sheets share; empty: there is none
	styles  string
	y1904   bool // days are counted from 1904
}

// sheetPart is a sheet and where it is.
type sheetPart struct {
	name, id string
	part     string
	hidden   bool
}

const (
	// mostSheets is how many sheets a workbook has at most.
	mostSheets = 100
	// looked is how far into a sheet is looked whether it holds something, bytes.
	looked = 1 << 20
)

func openWorkbook(r io.ReaderAt, size int64, o Options) (source, Found, error) {
	p, err := openPack(r, size, o.Limits)
	if err != nil {
		return nil, Found{}, err
	}
	w := &workbook{pack: p, limits: o.Limits}
	if err := w.read(); err != nil {
		return nil, Found{}, err
	}
	which, hidden, err := w.choose(o)
	if err != nil {
		return nil, Found{}, err
	}
	s, err := w.open(which)
	if err != nil {
		return nil, Found{}, err
	}
	return s, Found{Sheet: which.name, Hidden: hidden}, nil
}

// relation is where a part of a workbook is, and what it is.
type relation struct{ id, kind, target string }

// relations reads the part that says where others are, as seen from a folder.
func (p *pack) relations(name, folder string) ([]relation, error) {
	x, err := p.part(name)
	if err != nil {
		return nil, err
	}
	defer x.close()
	var all []relation
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "Relationship" || attribute(e, "TargetMode") == "External" {
			continue
		}
		target := attribute(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(folder, target)
		}
		if len(all) > mostSheets*5 {
			return nil, damaged("<Relationships>")
		}
		all = append(all, relation{attribute(e, "Id"), path.Base(attribute(e, "Type")), strings.TrimPrefix(target, "/")})
	}
}

// read finds the parts.
func (w *workbook) read() error {
	top, err := w.pack.relations("_rels/.rels", "")
	if err != nil {
		return err
	}
	at := slices.IndexFunc(top, func(r relation) bool { return r.kind == "officeDocument" })
	if at < 0 {
		return neither
	}
	main := top[at].target
	folder := path.Dir(main)
	parts, err := w.pack.relations(path.Join(folder, "_rels", path.Base(main)+".rels"), folder)
	if err != nil {
		return err
	}
	if err := w.readSheets(main); err != nil {
		return err
	}
	for _, r := range parts {
		switch r.kind {
		case "sharedStrings":
			w.strings = r.target
		case "styles":
			w.styles = r.target
		case "vbaProject":
			return macros
		case "worksheet":
			for i := range w.sheets {
				if w.sheets[i].id == r.id {
					w.sheets[i].part = r.target
				}
			}
		}
	}
	w.sheets = slices.DeleteFunc(w.sheets, func(s sheetPart) bool { return s.part == "" }) // charts
	return nil
}

// readSheets reads the part that lists the sheets.
func (w *workbook) readSheets(name string) error {
	x, err := w.pack.part(name)
	if err != nil {
		return err
	}
	defer x.close()
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case e.Name.Local == "workbookPr":
			v := attribute(e, "date1904")
			w.y1904 = v == "1" || v == "true"
		case e.Name.Local == "sheet":
			if len(w.sheets) == mostSheets {
				return damaged("<sheets>")
			}
			state := attribute(e, "state")
			w.sheets = append(w.sheets, sheetPart{name: tidy(attribute(e, "name")), id: attribute(e, "id"), hidden: state == "hidden" || state == "veryHidden"})
		}
	}
}

// choose returns the sheet to read: the one that is named, or the only one that
// holds something; and further ones that hold something and are hidden.
func (w *workbook) choose(o Options) (sheetPart, []string, error) {
	var names, hidden []string
	var chosen []sheetPart
	for _, s := range w.sheets {
		if named := o.Sheet != "" && folded(s.name) == folded(o.Sheet); named {
			if s.hidden && !o.Hidden {
				return sheetPart{}, nil, whole("SHEET_HIDDEN", fmt.Sprintf("show the sheet %q, or say that hidden sheets are to be read", s.name))
			}
			chosen = append(chosen, s)
			continue
		}
		holds, err := w.holds(s)
		if err != nil {
			return sheetPart{}, nil, err
		}
		switch {
		case !holds:
		case s.hidden && !o.Hidden:
			hidden = append(hidden, fmt.Sprintf("%q", s.name))
		default:
			names = append(names, fmt.Sprintf("%q", s.name))
			if o.Sheet == "" {
				chosen = append(chosen, s)
			}
		}
	}
	switch {
	case len(chosen) == 1:
		return chosen[0], hidden, nil
	case o.Sheet != "" && len(names) > 0:
		return sheetPart{}, nil, whole("SHEET", fmt.Sprintf("name the sheet to read: there is none called %q, but %s", o.Sheet, listed(names)))
	case len(names) > 1:
		return sheetPart{}, nil, whole("SHEET", fmt.Sprintf("name the sheet to read: the workbook has %s", listed(names)))
	case len(hidden) > 0:
		return sheetPart{}, nil, whole("SHEET_HIDDEN", fmt.Sprintf("show the sheet to read, or say that hidden sheets are to be read: only hidden ones hold something, %s", listed(hidden)))
	}
	return sheetPart{}, nil, whole("FILE_EMPTY", "put the table into the workbook: its sheets are empty")
}

// holds reports whether a sheet has a cell with something in it, or is so long
// that it has to be taken for one.
func (w *workbook) holds(s sheetPart) (bool, error) {
	x, err := w.pack.part(s.part)
	if err != nil {
		return false, err
	}
	defer x.close()
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil || x.xml.InputOffset() > looked {
			return err == nil, err
		}
		if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "v" || e.Name.Local == "is" || e.Name.Local == "f") {
			return true, nil
		}
	}
}
