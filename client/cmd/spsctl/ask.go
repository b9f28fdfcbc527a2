package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ask waits for a yes. Where nobody can answer, or --no-input says not to ask,
// it refuses, and says what to do instead.
func (a *app) ask(question, instead string) error {
	switch {
	case a.noInput:
		return usageError{errors.New("not asking, since --no-input was given; " + instead)}
	case !isTerminal(a.in):
		return usageError{errors.New("nobody to ask here, " + instead)}
	}
	fmt.Fprint(a.err, question+" type yes: ")
	answer, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(strings.ToLower(answer)) != "yes" {
		return errors.New("the answer was not yes, nothing was done")
	}
	return nil
}
