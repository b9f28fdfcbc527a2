package rasff

import (
	"regexp"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// ways are the English words before the name of an area that say what happened
// there.
var ways = []struct {
	words *regexp.Regexp
	role  spsv1.RouteRole
}{
	{regexp.MustCompile(`(?i)\braw materials? from\b`), spsv1.RouteRole_ROUTE_ROLE_RAW_MATERIAL},
	{regexp.MustCompile(`(?i)\b(?:processed|produced|manufactured|purified) in\b`), spsv1.RouteRole_ROUTE_ROLE_PROCESSED},
	{regexp.MustCompile(`(?i)\b(?:packed|repacked|packaged|repackaged) in\b`), spsv1.RouteRole_ROUTE_ROLE_PACKED},
	{regexp.MustCompile(`(?i)\bdispatched from\b`), spsv1.RouteRole_ROUTE_ROLE_DISPATCHED},
	{regexp.MustCompile(`(?i)\bvia\b`), spsv1.RouteRole_ROUTE_ROLE_TRANSIT},
}

// maxAreaWords is how many words the name of an area has at most.
const maxAreaWords = 6

// route returns the points of the way of the goods that the subject names. It
// takes only areas that areas.txt knows; the subject keeps the rest.
func route(subject string) []*spsv1.RoutePoint {
	type point struct {
		role spsv1.RouteRole
		code string
	}
	seen := make(map[point]bool)
	var way []*spsv1.RoutePoint
	for _, w := range ways {
		for _, at := range w.words.FindAllStringIndex(subject, -1) {
			for _, name := range areasAt(subject[at[1]:]) {
				area := toArea(name)
				if p := (point{w.role, area.GetCode()}); !seen[p] {
					seen[p] = true
					way = append(way, &spsv1.RoutePoint{Role: w.role, Area: area})
				}
			}
		}
	}
	return way
}

// areasAt returns the areas with whose names a text begins: one, or several with
// commas or "and" between.
func areasAt(text string) []string {
	var names []string
	for words := strings.Fields(text); len(words) > 0; {
		name, n := areaAt(words)
		if n == 0 {
			return names
		}
		names = append(names, name)
		more := strings.HasSuffix(words[n-1], ",")
		words = words[n:]
		if len(words) > 0 && strings.EqualFold(words[0], "and") {
			words, more = words[1:], true
		}
		if !more {
			return names
		}
	}
	return names
}

// areaAt returns the longest name of an area with which the words begin, and
// how many words it takes.
func areaAt(words []string) (name string, n int) {
	article := 0
	if strings.EqualFold(words[0], "the") {
		article = 1
	}
	for n := min(maxAreaWords+article, len(words)); n > article; n-- {
		name := strings.Trim(strings.Join(words[article:n], " "), ".,;:()/")
		if _, known := areaCodes()[fold(name)]; known {
			return name, n
		}
	}
	return "", 0
}
