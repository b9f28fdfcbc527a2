package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// plainHours makes of the hours of a document, as people write them, what the
// contract has, and says what it could not read: a period for several days
// becomes one for each, 08:00 the minute of the day, 2026-04-30 a date.
func plainHours(n *yaml.Node) (problems []error) {
	for i, c := range n.Content {
		problems = append(problems, plainHours(c)...)
		if n.Kind != yaml.MappingNode || i%2 != 0 || i+1 == len(n.Content) {
			continue
		}
		value, err := n.Content[i+1], error(nil)
		switch {
		case c.Value == "periods" && value.Kind == yaml.SequenceNode:
			value.Content = eachDay(value.Content)
		case c.Value == "from":
			err = minute(c, value, "openMinute")
		case c.Value == "to":
			err = minute(c, value, "closeMinute")
		case c.Value == "date" && value.Kind == yaml.ScalarNode:
			err = calendarDay(value)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

// eachDay returns periods of which each is of one day.
func eachDay(periods []*yaml.Node) (all []*yaml.Node) {
	for _, p := range periods {
		of := p
		if p.Kind == yaml.AliasNode {
			of = p.Alias
		}
		i := slices.IndexFunc(of.Content, func(key *yaml.Node) bool { return key.Value == "days" })
		if of.Kind != yaml.MappingNode || i < 0 || i%2 != 0 || of.Content[i+1].Kind != yaml.SequenceNode {
			all = append(all, p)
			continue
		}
		for _, d := range of.Content[i+1].Content {
			one := *of
			one.Content = slices.Clone(of.Content)
			name := *of.Content[i]
			name.Value = "weekday"
			one.Content[i], one.Content[i+1] = &name, d
			all = append(all, &one)
		}
	}
	return all
}

// minute makes a time of the day, such as 08:00, the minute of the day under the
// name that the contract has for it. 24:00 is the midnight at which a day ends.
func minute(key, value *yaml.Node, name string) error {
	at, err := time.Parse("15:04", value.Value)
	minutes := at.Hour()*60 + at.Minute()
	if value.Value == "24:00" {
		minutes, err = 24*60, nil
	}
	written := key.Value
	key.Value = name
	if err != nil || value.Kind != yaml.ScalarNode {
		err = fmt.Errorf("line %d: %s: %q is no time of day such as 08:00", value.Line, written, value.Value)
		minutes = 0
	}
	*value = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(minutes), Line: value.Line}
	return err
}

// calendarDay makes a day such as 2026-04-30 a date.
func calendarDay(value *yaml.Node) error {
	at, err := time.Parse(time.DateOnly, value.Value)
	if err != nil {
		err = fmt.Errorf("line %d: date: %q is no day such as 2026-04-30", value.Line, value.Value)
	}
	scalar := func(tag, text string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text, Line: value.Line}
	}
	*value = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: value.Line, Content: []*yaml.Node{
		scalar("!!str", "year"), scalar("!!int", strconv.Itoa(at.Year())),
		scalar("!!str", "month"), scalar("!!int", strconv.Itoa(int(at.Month()))),
		scalar("!!str", "day"), scalar("!!int", strconv.Itoa(at.Day())),
	}}
	return err
}

// hoursWords says when an office works.
func hoursWords(h *spsv1.OfficeHours) string {
	if h == nil {
		return "round the clock, in UTC"
	}
	var all []string
	for _, p := range h.GetPeriods() {
		all = append(all, fmt.Sprintf("%s %s-%s", shortDay(p.GetWeekday()), clockTime(p.GetOpenMinute()), clockTime(p.GetCloseMinute())))
	}
	text := h.GetTimeZone() + ": " + strings.Join(all, ", ")
	if n := len(h.GetHolidays()); n > 0 {
		text += fmt.Sprintf("; %d holidays", n)
	}
	if n := len(h.GetSpecialDays()); n > 0 {
		text += fmt.Sprintf("; %d days with other hours", n)
	}
	return text
}

func clockTime(minute uint32) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// shortDay returns the name of a day as lists of days have it: Mon.
func shortDay(d spsv1.Weekday) string { return time.Weekday(d % 7).String()[:3] }
