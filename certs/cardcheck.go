package certs

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a node without a zone database would refuse cards

	"buf.build/go/protovalidate"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// check applies the field rules of the contract and what they cannot express,
// and fills in the parsed views. It reports all problems at once.
func (c *Card) check() error {
	if err := protovalidate.Validate(c.message); err != nil {
		return err
	}
	if err := c.message.GetIssueTime().CheckValid(); err != nil {
		return fmt.Errorf("issue_time: %w", err)
	}
	c.roots = x509.NewCertPool()
	return errors.Join(
		c.checkAddresses(),
		c.checkRoots(),
		c.checkLogKeys(),
		c.checkReceiptKeys(),
		c.checkParcelKeys(),
		c.checkUnits(),
		c.checkZones(),
	)
}

func (c *Card) checkAddresses() error {
	var errs []error
	for i, address := range c.message.GetAddresses() {
		if err := CheckAddress(address); err != nil {
			errs = append(errs, fmt.Errorf("addresses[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// CheckAddress checks that an address is one at which a node can be dialled: a
// host name or an IP address, and a port number.
func CheckAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q is not host:port: %w", clip(address), err)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return fmt.Errorf("address %q: port is not a number from 1 to 65535", clip(address))
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	for label := range strings.SplitSeq(host, ".") {
		if !validLabel(label) {
			return fmt.Errorf("address %q: %q is neither a host name nor an IP address", clip(address), clip(host))
		}
	}
	return nil
}

func validLabel(s string) bool {
	if len(s) < 1 || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLower(c) && !isUpper(c) && !isDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

func (c *Card) checkRoots() error {
	var errs []error
	for i, der := range c.message.GetCertificateRoots() {
		cert, err := parseRoot(der)
		if err != nil {
			errs = append(errs, fmt.Errorf("certificate_roots[%d]: %w", i, err))
			continue
		}
		c.rootCerts = append(c.rootCerts, cert)
		c.roots.AddCert(cert)
	}
	return errors.Join(errs...)
}

func (c *Card) checkLogKeys() error {
	var errs []error
	var named []LogKey // also those that vouch for no tree
	for i, k := range c.message.GetLogKeys() {
		key, err := c.readLogKey(k)
		if err == nil && slices.ContainsFunc(named, key.sameKey) {
			err = fmt.Errorf("the same key of %s twice", key.Origin)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("log_keys[%d]: %w", i, err))
			continue
		}
		named = append(named, key)
		if good := k.GetRevokedAfter(); good != nil {
			if good.GetSize() < key.From {
				continue // vouches for no tree at all
			}
			if until := good.GetSize() + 1; key.Until == 0 || until <= key.Until {
				key.Until = until
				copy(key.LastRoot[:], good.GetRoot())
			}
		}
		c.logKeys = append(c.logKeys, key)
	}
	return errors.Join(errs...)
}

// readLogKey reads a log key with its range, as if it were not revoked.
func (c *Card) readLogKey(k *spsv1.LogKey) (LogKey, error) {
	origin, err := c.ownOrigin(k.GetOrigin())
	if err != nil {
		return LogKey{}, err
	}
	public, err := x509.ParsePKIXPublicKey(k.GetPublicKey())
	if err != nil {
		return LogKey{}, err
	}
	key := LogKey{Origin: origin, Public: public, From: k.GetFirstSize()}
	if last := k.GetLastSize(); last != 0 {
		key.Until = last + 1
	}
	return key, key.Check()
}

// ownOrigin parses an origin that must be a log of the card's own office.
func (c *Card) ownOrigin(s string) (Origin, error) {
	origin, err := ParseOrigin(s)
	if err != nil {
		return Origin{}, err
	}
	if origin.Federation != c.Federation() || origin.Office != c.Office() {
		return Origin{}, fmt.Errorf("log %s is not one of %s/%s", origin, c.Federation(), c.Office())
	}
	return origin, nil
}

func (c *Card) checkReceiptKeys() error {
	var errs []error
	for i, k := range c.message.GetReceiptKeys() {
		key := ReceiptKey{Public: ed25519.PublicKey(k.GetPublicKey()), Revoked: k.GetRevoked()}
		if len(k.GetRevokedAfter()) > 0 && !key.Revoked {
			errs = append(errs, fmt.Errorf("receipt_keys[%d]: has revoked_after but is not revoked", i))
		}
		for _, other := range c.receiptKeys {
			if other.Public.Equal(key.Public) {
				errs = append(errs, fmt.Errorf("receipt_keys[%d]: the same key twice", i))
			}
		}
		for _, limit := range k.GetRevokedAfter() {
			origin, err := ParseOrigin(limit.GetOrigin())
			if err != nil {
				errs = append(errs, fmt.Errorf("receipt_keys[%d]: %w", i, err))
				continue
			}
			if key.limits == nil {
				key.limits = make(map[Origin]uint64)
			}
			key.limits[origin] = limit.GetSize()
		}
		c.receiptKeys = append(c.receiptKeys, key)
	}
	return errors.Join(errs...)
}

func (c *Card) checkParcelKeys() error {
	var errs []error
	for i, k := range c.message.GetParcelKeys() {
		if k.GetSuite() != ParcelSuite {
			continue // of a later version
		}
		key, err := hpke.MLKEM768X25519().NewPublicKey(k.GetPublicKey())
		if err != nil {
			errs = append(errs, fmt.Errorf("parcel_keys[%d]: %w", i, err))
			continue
		}
		c.parcelKeys = append(c.parcelKeys, key)
	}
	return errors.Join(errs...)
}

// checkUnits wants units with ids of their own, in a tree.
func (c *Card) checkUnits() error {
	var errs []error
	parents := make(map[string]string)
	for i, unit := range c.message.GetUnits() {
		if _, ok := parents[unit.GetId()]; ok {
			errs = append(errs, fmt.Errorf("units[%d]: the id %q is used twice", i, clip(unit.GetId())))
		}
		parents[unit.GetId()] = unit.GetParent()
	}
	for i, unit := range c.message.GetUnits() {
		id, steps := unit.GetId(), 0
		for id != "" && steps <= len(parents) {
			parent, ok := parents[id]
			if !ok {
				errs = append(errs, fmt.Errorf("units[%d]: above it is %q, which is no unit of this card", i, clip(id)))
				break
			}
			id, steps = parent, steps+1
		}
		if steps > len(parents) {
			errs = append(errs, fmt.Errorf("units[%d]: %q is above itself", i, clip(unit.GetId())))
		}
	}
	return errors.Join(errs...)
}

// checkZones wants every time zone to be known, since due instants are computed
// with them: two nodes must come to the same.
func (c *Card) checkZones() error {
	var errs []error
	known := map[string]*time.Location{}
	load := func(field string, hours *spsv1.OfficeHours) *time.Location {
		if hours == nil {
			return time.UTC
		}
		name := hours.GetTimeZone()
		if known[name] == nil {
			zone, err := time.LoadLocation(name)
			if err != nil || name == "Local" {
				errs = append(errs, fmt.Errorf("%s.time_zone: %q is not a zone of the IANA database such as Asia/Bangkok", field, clip(name)))
				zone = time.UTC
			}
			known[name] = zone
		}
		return known[name]
	}
	c.zone = load("hours", c.message.GetHours())
	for i, unit := range c.message.GetUnits() {
		load(fmt.Sprintf("units[%d].hours", i), unit.GetHours())
	}
	return errors.Join(errs...)
}

// sameKey reports whether both are the same public key of the same log,
// whatever their ranges.
func (k LogKey) sameKey(l LogKey) bool {
	if k.Origin != l.Origin {
		return false
	}
	switch public := k.Public.(type) {
	case ed25519.PublicKey:
		return public.Equal(l.Public)
	case *ecdsa.PublicKey:
		return public.Equal(l.Public)
	}
	return false
}
