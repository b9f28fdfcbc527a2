package codes

import (
	"bytes"
	"embed"
	"fmt"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

//go:embed lists/*.csv
var lists embed.FS

// builtin reads the built-in lists.
var builtin = sync.OnceValue(func() map[string]*List {
	all, err := readBuiltin()
	if err != nil {
		// The files are part of the program, and its tests read them all.
		panic(fmt.Sprintf("codes: %v", err))
	}
	return all
})

func readBuiltin() (map[string]*List, error) {
	entries, err := lists.ReadDir("lists")
	if err != nil {
		return nil, err
	}
	all := make(map[string]*List, len(entries))
	for _, entry := range entries {
		text, err := lists.ReadFile("lists/" + entry.Name())
		if err != nil {
			return nil, err
		}
		l, err := readOne(text, entry.Name())
		if err != nil {
			return nil, err
		}
		all[l.System] = l
	}
	return all, nil
}

// readOne reads one built-in list, which may have no entries.
func readOne(text []byte, file string) (*List, error) {
	rd := &reader{list: &List{System: fileName.FindStringSubmatch(file)[1]}, places: make(map[string]place), problems: FileError{File: file}}
	if err := rd.table(newReader(bytes.NewReader(text))); err != nil {
		return nil, err
	}
	if len(rd.problems.Problems) > 0 {
		return nil, &rd.problems
	}
	rd.list.name()
	rd.list.ready()
	return rd.list, nil
}

// name adds the names that are not in the file: those of Unicode CLDR where a
// list of areas or languages has none of its own, and the code where that is the
// English name.
func (l *List) name() {
	for i := range l.entries {
		e := &l.entries[i]
		switch l.naming {
		case "codes":
			e.Names = merge(e.Names, []Name{{"en", e.Code}})
		case "regions", "languages":
			for _, tag := range []language.Tag{language.English, language.Vietnamese, language.SimplifiedChinese, language.Thai} {
				if text := cldrName(l.naming, e.Code, tag); text != "" {
					e.Names = merge(e.Names, []Name{{tag.String(), text}})
				}
			}
		}
	}
}

// cldrName returns what Unicode CLDR calls an area or a language; empty if it
// does not know it.
func cldrName(kind, code string, in language.Tag) string {
	if kind == "languages" {
		tag, err := language.Parse(code)
		if err != nil {
			return ""
		}
		return display.Tags(in).Name(tag)
	}
	region, err := language.ParseRegion(code)
	if err != nil {
		return ""
	}
	return display.Regions(in).Name(region)
}
