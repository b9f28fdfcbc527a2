package main

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
)

func (a *app) caIssueCommand() *cobra.Command {
	var dir, role, id, out string
	var validity days
	cmd := &cobra.Command{
		Use:   "issue --role ROLE --id NAME",
		Short: "issue a certificate to a person, a national system, or the node",
		Long: `Issue makes a key and a certificate. Roles of people and systems: officer,
validator, lab, post, system, exporter, auditor, admin. With --role node it
renews the node's certificate beside the old one, for you to put in its place;
a running node takes it without a restart.`,
		Example: `  spsctl ca issue --dir vn --role validator --id lan.nguyen
  spsctl ca issue --dir vn --role node --out .`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ca, err := authority.Load(filepath.Join(dir, authority.CAFolder), nil)
			if err != nil {
				return err
			}
			var issued *authority.Issued
			stem := role
			if certs.Role(role) == certs.RoleNode {
				issued, err = ca.IssueNode(validity.duration())
				stem = "node-next"
			} else {
				issued, err = ca.IssuePerson(certs.Role(role), id, validity.duration())
				stem += "-" + id
			}
			if err != nil {
				return usageError{err}
			}
			return a.saveIssued(issued, filepath.Join(first(out, filepath.Join(dir, "people")), stem), dir)
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", ".", "folder of the office")
	f.StringVar(&role, "role", "", "role of the holder")
	f.StringVar(&id, "id", "", "name of the holder, such as lan.nguyen")
	f.StringVar(&out, "out", "", "folder for certificate and key (default people/ in the folder of the office)")
	f.Var(&validity, "days", "valid for so many days (default 398)")
	cobra.CheckErr(cmd.MarkFlagRequired("role"))
	cobra.CheckErr(cmd.MarkFlagDirname("dir"))
	cobra.CheckErr(cmd.MarkFlagDirname("out"))
	complete(cmd, "role", roleNames()...)
	return cmd
}

// saveIssued writes what was issued to somebody with an identity, and says what
// to do with it.
func (a *app) saveIssued(issued *authority.Issued, stem, dir string) error {
	credentials, err := issued.Credentials()
	if err != nil {
		return err
	}
	certificate, key, err := a.writeIssued(issued, stem)
	if err != nil {
		return err
	}
	until := credentials.NotAfter().Local().Format(time.DateOnly)
	fmt.Fprintf(a.err, "issued to %s until %s; ", credentials.Identity(), until)
	if credentials.Identity().IsNode() {
		fmt.Fprintf(a.err, "put both in place of the node's, which takes them without a restart\n")
		return nil
	}
	fmt.Fprintf(a.err, "the key is not protected by a password, hand it over in person\n")
	fmt.Fprintf(a.err, "next: spsctl context add NAME --address HOST:PORT --card %s --certificate %s --key %s\n",
		filepath.Join(dir, authority.CardFile(credentials.Identity().Office)), certificate, key)
	return nil
}

// writeIssued writes a certificate and its key beside each other, and names the
// two files on standard output. It replaces none.
func (a *app) writeIssued(issued *authority.Issued, stem string) (certificate, key string, err error) {
	certificate, key = stem+".pem", stem+".key"
	for _, path := range []string{certificate, key} {
		if _, err := os.Lstat(path); err == nil {
			return "", "", fmt.Errorf("%s is there already, move it away first: %w", path, fs.ErrExist)
		}
	}
	if err := os.MkdirAll(filepath.Dir(stem), 0o700); err != nil {
		return "", "", err
	}
	if err := issued.Save(certificate, key); err != nil {
		return "", "", err
	}
	_, err = fmt.Fprintf(a.out, "%s\n%s\n", certificate, key)
	return certificate, key, err
}

func (a *app) caWebCommand() *cobra.Command {
	var dir, out string
	var names []string
	var addresses []net.IP
	var validity days
	cmd := &cobra.Command{
		Use:   "web --dns NAME | --ip ADDRESS",
		Short: "issue the certificate that the node shows to browsers and national systems over HTTPS",
		Long: `Web makes a key and a certificate for listen.web, for the names and addresses by
which it is called: web.pem and web.key, for web.certificate and web.key in
spsd.yaml. Whoever calls needs ca/root.pem to believe it: a system as its file of
authorities (curl --cacert), a browser as an authority of the system.

An office whose systems and browsers trust an authority already takes a
certificate from that one instead.`,
		Example: `  spsctl ca web --dir vn --dns sps.ppd.gov.vn --ip 10.0.0.10`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ca, err := authority.Load(filepath.Join(dir, authority.CAFolder), nil)
			if err != nil {
				return err
			}
			issued, err := ca.IssueWeb(names, addresses, validity.duration())
			if err != nil {
				return usageError{err}
			}
			if _, _, err := a.writeIssued(issued, filepath.Join(first(out, dir), "web")); err != nil {
				return err
			}
			fmt.Fprintf(a.err, "put both beside spsd.yaml, name them there as web.certificate and web.key, and set listen.web\n")
			fmt.Fprintf(a.err, "whoever calls it needs %s to believe it\n", filepath.Join(dir, authority.CAFolder, authority.RootCertificate))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", ".", "folder of the office")
	f.StringSliceVar(&names, "dns", nil, "host name by which it is called; may be repeated")
	f.IPSliceVar(&addresses, "ip", nil, "address by which it is called; may be repeated")
	f.StringVar(&out, "out", "", "folder for certificate and key (default the folder of the office)")
	f.Var(&validity, "days", "valid for so many days (default 398)")
	cmd.MarkFlagsOneRequired("dns", "ip")
	cobra.CheckErr(cmd.MarkFlagDirname("dir"))
	cobra.CheckErr(cmd.MarkFlagDirname("out"))
	return cmd
}

// days is how long a certificate is valid, as the value of a flag; 0: as long
// as such certificates are.
type days int

// mostDays is the validity of an authority, which no certificate outlives.
const mostDays = int(authority.RootValidity / (24 * time.Hour))

func (d *days) duration() time.Duration { return time.Duration(*d) * 24 * time.Hour }

// String, Set and Type make days the value of a flag.
func (d *days) String() string {
	if *d == 0 {
		return ""
	}
	return strconv.Itoa(int(*d))
}

// Set implements pflag.Value.
func (d *days) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > mostDays {
		return fmt.Errorf("want whole days, 1 to %d", mostDays)
	}
	*d = days(n)
	return nil
}

// Type implements pflag.Value.
func (d *days) Type() string { return "days" }
