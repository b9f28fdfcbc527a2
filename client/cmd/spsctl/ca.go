package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) caCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "ca",
		Short: "make your office's authority, keys, certificates and card",
		Long: `The folder of an office holds everything that makes it that office. What the
node needs is beside it; ca/ (the authority) and card.key belong into a safe,
since whoever has them can speak for the office. No key has a default, and no
command replaces one.`,
	}, a.caInitCommand(), a.caIssueCommand(), a.caWebCommand(), a.caCardCommand(), a.caTemplateCommand())
}

func (a *app) caInitCommand() *cobra.Command {
	var opts authority.Options
	var office, dir, file string
	var names []string
	cmd := &cobra.Command{
		Use:   "init --federation NAME --office CODE",
		Short: "make an office: authority, node certificate, keys, first card, configuration",
		Example: `  spsctl ca init --federation asean-cn --office VN --address spsd.ppd.gov.vn:7443 \
    --name en="Plant Protection Department" --dir vn`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var err error
			if opts.Office, err = certs.ParseOffice(office); err != nil {
				return usageError{err}
			}
			texts, err := localized(names)
			if err != nil {
				return usageError{err}
			}
			said, err := a.readDetails(file)
			if err != nil {
				return err
			}
			opts.Card = func(c *spsv1.Card) {
				said.apply(c)
				if len(texts) > 0 {
					c.Name = texts
				}
			}
			return a.initOffice(opts, dir)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.Federation, "federation", "", "name of the federation, such as asean-cn")
	f.StringVar(&office, "office", "", "code of the office, such as VN")
	f.StringArrayVar(&opts.Addresses, "address", nil, "where peers dial the node, host:port; may be repeated; none: the node only dials out")
	f.StringArrayVar(&names, "name", nil, "the office's name, LANGUAGE=NAME; may be repeated")
	f.StringVar(&file, "details", "", "what the card says of the office: contacts, hours, units, from a file; see ca template")
	f.BoolVar(&opts.P256LogKey, "p256", false, "log key ECDSA P-256 instead of Ed25519, as some hardware wants")
	f.StringVar(&dir, "dir", ".", "folder of the office")
	for _, name := range []string{"federation", "office"} {
		cobra.CheckErr(cmd.MarkFlagRequired(name))
	}
	cobra.CheckErr(cmd.MarkFlagDirname("dir"))
	return cmd
}

func (a *app) initOffice(opts authority.Options, dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, authority.CAFolder)); err == nil {
		return fmt.Errorf("%s holds an office already, name another folder: %w", dir, fs.ErrExist)
	}
	for _, address := range opts.Addresses {
		if err := certs.CheckAddress(address); err != nil {
			return usageError{err}
		}
	}
	office, err := authority.NewOffice(opts)
	if err != nil {
		return usageError{err}
	}
	if err := office.Save(dir); err != nil {
		return err
	}
	config, wrote, err := writeStarter(dir, opts)
	if err != nil {
		return err
	}
	if err := a.printCard(tableFormat, office.Card); err != nil {
		return err
	}
	made := config + " was there and is left as it was"
	if wrote {
		made = config + " configures its node, look it through"
	}
	fmt.Fprintf(a.err, `
the office is in %[1]s; %[2]s; next:
  put %[3]s and %[4]s into a safe
  spsctl ca issue --dir %[1]s --role validator --id YOUR.NAME
  give %[5]s to the other offices, and read them the fingerprint over the telephone
  spsctl peer accept THEIR.card --dir %[6]s
  spsd store init -config %[7]s
  spsd run -config %[7]s
`, dir, made, filepath.Join(dir, authority.CAFolder), filepath.Join(dir, authority.CardKey),
		filepath.Join(dir, authority.CardFile(opts.Office)), filepath.Join(dir, authority.PeersFolder), config)
	return nil
}

func (a *app) caCardCommand() *cobra.Command {
	var dir, file string
	var addresses, names []string
	var dialOnly, newEpoch bool
	cmd := &cobra.Command{
		Use:   "card",
		Short: "make the office's next card: new addresses, names, contacts, hours, units, or a new epoch",
		Long: `Card makes the card that follows the one in the folder of the office. Peers take
it from the office's log if it is numbered one higher than the one that they hold.
What you do not change stays as it was. --details takes duty contacts, hours,
holidays and units from a file; begin it with ca template.

With --new-epoch it names the log key for one more log. Such a card is made once,
right before spsd store open, after a store was lost whose entries not every peer
could give back.`,
		Example: `  spsctl ca template > office.yaml
  spsctl ca card --dir vn --details office.yaml
  spsctl ca card --dir vn --address spsd2.ppd.gov.vn:7443`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			texts, err := localized(names)
			if err != nil {
				return usageError{err}
			}
			if len(addresses) == 0 && len(texts) == 0 && file == "" && !dialOnly && !newEpoch {
				return usageError{errors.New("say what changes: --address, --name, --details, --dial-only or --new-epoch")}
			}
			said, err := a.readDetails(file)
			if err != nil {
				return err
			}
			return a.nextCard(dir, newEpoch, func(c *spsv1.Card) {
				said.apply(c)
				if len(addresses) > 0 || dialOnly {
					c.Addresses = addresses
				}
				if len(texts) > 0 {
					c.Name = texts
				}
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", ".", "folder of the office")
	f.StringArrayVar(&addresses, "address", nil, "where peers dial the node from now on; may be repeated")
	f.BoolVar(&dialOnly, "dial-only", false, "the node listens to nobody from now on")
	f.StringArrayVar(&names, "name", nil, "the office's name from now on, LANGUAGE=NAME; may be repeated")
	f.StringVar(&file, "details", "", "what the card says of the office from now on, from a file; see ca template")
	f.BoolVar(&newEpoch, "new-epoch", false, "the card names the log key for a new log, which spsd store open begins")
	cmd.MarkFlagsMutuallyExclusive("address", "dial-only")
	return cmd
}

func (a *app) nextCard(dir string, newEpoch bool, change func(*spsv1.Card)) error {
	office, err := authority.LoadOffice(dir, nil)
	if err != nil {
		return err
	}
	var opens certs.Origin
	if newEpoch {
		opens, err = office.NextEpoch(change)
	} else {
		_, err = office.NextCard(change)
	}
	if err != nil {
		return invalidError{err}
	}
	path := filepath.Join(dir, authority.CardFile(office.Code()))
	if err := certs.SaveCard(path, office.Card); err != nil {
		return err
	}
	if err := a.printCard(tableFormat, office.Card); err != nil {
		return err
	}
	if newEpoch {
		fmt.Fprintf(a.err, `card number %d is in %s and names the log %s; next, while the node is stopped:
  put it in place of the node's
  spsd store open --without CODE (one for each office that has not answered)
`, office.Card.Number(), path, opens)
		return nil
	}
	fmt.Fprintf(a.err, "card number %d is in %s; put it in place of the node's and reload the node: it hands it to the other offices\n", office.Card.Number(), path)
	return nil
}

// roleNames returns those for whom certificates are issued.
func roleNames() (names []string) {
	for _, r := range certs.Roles() {
		names = append(names, string(r))
	}
	return names
}

// localized parses texts of the form LANGUAGE=TEXT.
func localized(pairs []string) (texts []*spsv1.LocalizedText, err error) {
	for _, p := range pairs {
		lang, text, ok := strings.Cut(p, "=")
		if !ok || lang == "" || text == "" {
			return nil, fmt.Errorf("%q is not of the form LANGUAGE=TEXT, such as en=%q", p, "Plant Protection Department")
		}
		texts = append(texts, &spsv1.LocalizedText{Lang: lang, Text: text})
	}
	return texts, nil
}
