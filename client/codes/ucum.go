package codes

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// ucum reads the essence of UCUM: its base units and its units. All other units
// are made of these, so that the list stays open.
func (rd *reader) ucum(r io.Reader) error {
	rd.list.Open = true
	d := xml.NewDecoder(r)
	// The essence is ASCII, which is UTF-8 too.
	d.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "ascii") || strings.EqualFold(label, "us-ascii") {
			return input, nil
		}
		return nil, errors.New("save the file as UTF-8, not as " + label)
	}
	root := false
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			rd.add(syntax.Line, "", "mend the XML: %s", syntax.Msg)
			return nil
		}
		if err != nil {
			rd.add(0, "", "mend the XML: %v", err)
			return nil
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "root":
			root = true
			if rd.list.Version == "" {
				rd.list.Version = attribute(start, "version")
			}
		case "base-unit", "unit":
			if err := rd.unit(d, start); err != nil {
				return err
			}
		}
	}
	if !root {
		rd.add(0, "", "give the essence of UCUM, ucum-essence.xml: this is other XML")
	}
	return nil
}

// unit takes one unit: its code and the names before its next part.
func (rd *reader) unit(d *xml.Decoder, start xml.StartElement) error {
	line, _ := d.InputPos()
	e := Entry{Code: attribute(start, "Code")}
	in, depth := "", 1
	for depth > 0 {
		token, err := d.RawToken()
		if err != nil {
			var syntax *xml.SyntaxError
			if errors.Is(err, io.EOF) || errors.As(err, &syntax) {
				rd.add(line, "", "close the unit, the file ends in it or its XML is wrong")
				return nil
			}
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			in = token.Name.Local
		case xml.EndElement:
			depth--
			in = ""
		case xml.CharData:
			text := strings.TrimSpace(string(token))
			switch {
			case text == "" || len(text) > maxText:
			case in == "name" && len(e.Names) == 0:
				e.Names = []Name{{"en", text}}
			case in == "name" || in == "printSymbol":
				e.Other = append(e.Other, text)
			}
		}
	}
	if len(e.Names) == 0 {
		rd.add(line, "name", "give the name of %q", e.Code)
		return nil
	}
	rd.entry(e, line)
	return nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
