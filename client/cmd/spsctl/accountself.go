package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) accountPasswordCommand() *cobra.Command {
	var setup bool
	cmd := &cobra.Command{
		Use:   "password ID",
		Short: "change the password of your own account",
		Long: `Password asks for the password so far (with --setup: for the set-up secret that
the administrator handed over) and for the new one, and shows neither. Without a
terminal they are the first two lines of standard input. No flag takes them.`,
		Args: cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			proof := "password so far"
			if setup {
				proof = "set-up secret"
			}
			in := a.secrets()
			before, err := in.read(proof)
			if err != nil {
				return err
			}
			after, err := in.read("new password, at least 12 characters")
			if err != nil {
				return err
			}
			if in.terminal != nil {
				again, err := in.read("new password again")
				if err != nil {
					return err
				}
				if again != after {
					return invalidError{errors.New("the two differ, nothing was changed")}
				}
			}
			req := &spsv1.SetPasswordRequest{Name: resource("accounts/", args[0]), OldPassword: before, NewPassword: after}
			if setup {
				req.OldPassword, req.SetupSecret = "", before
			}
			if _, err := node.NodeService().SetPassword(ctx, req); err != nil {
				return err
			}
			fmt.Fprintln(a.err, "the password is changed")
			return nil
		}),
	}
	cmd.Flags().BoolVar(&setup, "setup", false, "prove it by the set-up secret")
	return cmd
}

func (a *app) accountTotpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "totp ID",
		Short: "protect your own account by a code of an authenticator too",
		Long: `Totp asks for your password, prints what your authenticator needs, as a URI, and
asks for the first code that it shows. From then on signing in asks for one.
Without a terminal password and code are lines of standard input.`,
		Args: cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			name, in := resource("accounts/", args[0]), a.secrets()
			password, err := in.read("password")
			if err != nil {
				return err
			}
			made, err := node.NodeService().EnrolTotp(ctx, &spsv1.EnrolTotpRequest{Name: name, Password: password})
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintln(a.out, made.GetUri()); err != nil {
				return err
			}
			code, err := in.read("code that the authenticator shows")
			if err != nil {
				return err
			}
			if _, err := node.NodeService().ConfirmTotp(ctx, &spsv1.ConfirmTotpRequest{Name: name, Code: strings.TrimSpace(code)}); err != nil {
				return err
			}
			fmt.Fprintln(a.err, "from now on signing in asks for a code")
			return nil
		}),
	}
}

// secretReader reads secrets: from the terminal without showing them, else
// line by line.
type secretReader struct {
	app      *app
	terminal *os.File // nil: lines
	lines    *bufio.Reader
}

func (a *app) secrets() *secretReader {
	r := &secretReader{app: a, lines: bufio.NewReader(a.in)}
	if f, ok := a.in.(*os.File); ok && isTerminal(f) {
		r.terminal = f
	}
	return r
}

func (r *secretReader) read(what string) (string, error) {
	if r.terminal == nil {
		line, err := r.lines.ReadString('\n')
		if line == "" && err != nil {
			if errors.Is(err, io.EOF) {
				err = usageError{fmt.Errorf("standard input has no line for the %s", what)}
			}
			return "", err
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	if r.app.noInput {
		return "", usageError{fmt.Errorf("not asking for the %s, since --no-input was given", what)}
	}
	fmt.Fprint(r.app.err, what+": ")
	secret, err := term.ReadPassword(int(r.terminal.Fd()))
	fmt.Fprintln(r.app.err)
	return string(secret), err
}
