package statement

import "strings"

// Problem is one thing that is wrong with a statement.
type Problem struct {
	// Field is the path of the field as protovalidate writes it, for example
	// `notification.products[0].lots[1].id`; empty if it is the whole statement.
	Field string
	// Reason is a stable code for programs, for example `ID_TWICE`.
	Reason string
	// Sentence says to a person what to do: lower case, no full stop.
	Sentence string
}

// String returns the path and the sentence.
func (p Problem) String() string {
	if p.Field == "" {
		return p.Sentence
	}
	return p.Field + ": " + p.Sentence
}

// Problems are all the things that are wrong with a statement.
type Problems []Problem

// Error returns all problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns p as an error, or nil if there is no problem.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Join returns p with those of across behind it whose field p says nothing about:
// one mistake needs one sentence, and what a field rule has said already about a
// path is not said again.
func (p Problems) Join(across Problems) Problems {
	said := make(map[string]bool, len(p))
	for _, problem := range p {
		said[problem.Field] = true
	}
	for _, problem := range across {
		if problem.Field == "" || !said[problem.Field] {
			p = append(p, problem)
		}
	}
	return p
}

// add appends a problem.
func (p *Problems) add(field, reason, sentence string) {
	*p = append(*p, Problem{Field: field, Reason: reason, Sentence: sentence})
}
