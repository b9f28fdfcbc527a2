package blob

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the longest file name, in bytes, by the contract and by most file
// systems.
const maxName = 255

// Filename returns a name under which a file can be shown and saved anywhere,
// made from the one that somebody gave it: the last element of a path, without
// control and formatting characters, without what file systems do not take, and
// of at most 255 bytes; "attachment" if nothing is left.
func Filename(given string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.In(r, unicode.Cf):
			return -1 // formatting may turn the order of a name around
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, path.Base(strings.ReplaceAll(given, `\`, "/")))
	name = strings.Trim(name, " .")
	if len(name) > maxName {
		ext := path.Ext(name)
		if len(ext) > 16 {
			ext = ""
		}
		stem := name[:maxName-len(ext)]
		for !utf8.ValidString(stem) {
			stem = stem[:len(stem)-1]
		}
		name = stem + ext
	}
	if name == "" || name == "/" {
		return "attachment"
	}
	return name
}
