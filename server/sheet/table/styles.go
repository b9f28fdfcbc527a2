package table

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// style is what the format of a number says of what it is.
type style struct {
	date  bool
	zeros int // how many digits are shown at least, of a format such as 00000
}

// mostStyles is how many styles a workbook has at most, as spreadsheets have it.
const mostStyles = 65_490

// readStyles reads the styles of cells, by number.
func (w *workbook) readStyles() ([]style, error) {
	if w.styles == "" {
		return nil, nil
	}
	x, err := w.pack.part(w.styles)
	if err != nil {
		return nil, err
	}
	defer x.close()
	formats := map[int]style{}
	var all []style
	inCells := false
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if e, ok := token.(xml.EndElement); ok && e.Name.Local == "cellXfs" {
			inCells = false
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch id, _ := strconv.Atoi(attribute(e, "numFmtId")); e.Name.Local {
		case "numFmt":
			formats[id] = styleOf(attribute(e, "formatCode"))
		case "cellXfs":
			inCells = true
		case "xf":
			if !inCells {
				break
			}
			s, own := formats[id]
			if !own {
				s = builtin(id)
			}
			all = append(all, s)
		}
		if len(all) > mostStyles || len(formats) > mostStyles {
			return nil, damaged("<cellXfs>")
		}
	}
}

// builtin returns the style of a number format that files name by number only
// (ECMA-376 part 1, 18.8.30).
func builtin(id int) style {
	return style{date: id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58 || id >= 71 && id <= 81}
}

// styleOf returns the style of a format. Texts in quotes, characters behind a
// backslash, an underscore or a star, and what is in brackets say nothing, but for
// hours, minutes and seconds that have run.
func styleOf(format string) style {
	var s style
	first, _, _ := strings.Cut(format, ";")
	if n := len(first); n > 1 && strings.Trim(first, "0") == "" {
		return style{zeros: n}
	}
	for i := 0; i < len(first); i++ {
		switch c := first[i]; c {
		case '"':
			end := strings.IndexByte(first[i+1:], '"')
			if end < 0 {
				return s
			}
			i += end + 1
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(first[i:], ']')
			if end < 0 {
				return s
			}
			if strings.Trim(strings.ToLower(first[i+1:i+end]), "hms") == "" {
				s.date = true
			}
			i += end
		default:
			if strings.IndexByte("ymdhsbYMDHSB", c) >= 0 {
				s.date = true
			}
		}
	}
	return s
}
