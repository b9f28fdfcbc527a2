package main

import (
	_ "embed" // for the template
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"text/template"

	"github.com/spsalert/spsalert/certs/authority"
)

// configFile is the node's configuration in the folder of an office.
const configFile = "spsd.yaml"

// configTemplate is the node's configuration as an administrator begins with
// it: spsd takes it as it is.
//
//go:embed spsd.yaml
var configTemplate string

// starter is what the configuration depends on.
type starter struct {
	Federation, Office, Card  string
	Listen                    string // for peers; empty: the node only dials out
	Certificate, Key          string
	LogKey, ReceiptKey, Peers string
}

// writeStarter writes the configuration of an office's node into its folder. A
// file that is there is left alone, and wrote is false.
func writeStarter(dir string, opts authority.Options) (path string, wrote bool, err error) {
	s := starter{
		Federation: opts.Federation, Office: string(opts.Office), Card: authority.CardFile(opts.Office),
		Certificate: authority.NodeCertificate, Key: authority.NodeKey,
		LogKey: authority.LogKey, ReceiptKey: authority.ReceiptKey, Peers: authority.PeersFolder,
	}
	if len(opts.Addresses) > 0 {
		_, port, err := net.SplitHostPort(opts.Addresses[0])
		if err != nil {
			return "", false, fmt.Errorf("address %q: %w", opts.Addresses[0], err)
		}
		s.Listen = "0.0.0.0:" + port
	}
	path = filepath.Join(dir, configFile)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return path, false, nil
	}
	if err != nil {
		return "", false, err
	}
	err = template.Must(template.New(configFile).Parse(configTemplate)).Execute(file, s)
	return path, true, errors.Join(err, file.Close())
}
