package trader

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// What an exporter has at most, by the contract.
const (
	mostCodes    = 1000
	mostChannels = 20
	mostNames    = 30
	mostMarkets  = 50
	mostGoods    = 100
)

// take takes a registration into a draft, if nothing is against it.
func (b *Bulk) take(d *registerDraft, x Registration) (Registered, error) {
	id, done, err := b.ownerOf(d, x)
	if err != nil || len(done.Violations) > 0 {
		return done, err
	}
	e, err := d.exporter(id)
	if err != nil {
		return done, err
	}
	if v, err := b.against(d.r, id, e, x); err != nil || v != nil {
		done.Violations = v
		return done, err
	}
	said := x.code()
	at := slices.IndexFunc(e.GetCodes(), func(c *spsv1.ExporterCode) bool {
		return c.GetKind() == said.GetKind() && b.s.fold(c.GetCode()) == b.s.fold(said.GetCode())
	})
	before := &spsv1.ExporterCode{Kind: said.GetKind(), Code: said.GetCode()}
	if at >= 0 {
		before = e.GetCodes()[at]
	}
	code := mergeCode(before, x, b.today)
	if done.Violations, err = b.stands(d.r, id, e, at < 0, code); err != nil || len(done.Violations) > 0 {
		return done, err
	}
	if done.NewOwner = e == nil; done.NewOwner {
		e = &spsv1.Exporter{
			Name: exporterPrefix + id, State: spsv1.ExporterState_EXPORTER_STATE_ACTIVE, CreateTime: timestamppb.New(b.s.o.Now().UTC()),
		}
		d.now[id] = e
		done.Notes = append(done.Notes, access.Violation{Field: "display_name", Reason: "OWNER_NEW", Sentence: fmt.Sprintf("the owner is new: it is registered as %s", e.GetName())})
	}
	changed := mergeOwner(e, x.Exporter)
	switch {
	case at < 0:
		e.Codes = append(e.Codes, code)
		changed = true
	case !proto.Equal(before, code):
		e.Codes[at] = code
		changed, done.Changed = true, true
		done.Ends = inForce(before, b.today) && !inForce(code, b.today)
		done.Notes = append(done.Notes, changeNote(before, code, done.Ends))
	default:
		done.Changed = changed // of the owner only
	}
	if done.Unchanged = !changed; changed {
		d.changed[id] = true
		b.owners.add(id, &spsv1.Exporter{
			DisplayName: x.Exporter.GetDisplayName(), RegistrationNumber: e.GetRegistrationNumber(), TaxId: e.GetTaxId(), Codes: []*spsv1.ExporterCode{code},
		})
	}
	return done, nil
}

// against returns what is against the owner of a registration: that it is not served,
// or may not be new.
func (b *Bulk) against(r store.Reader, id string, e *spsv1.Exporter, x Registration) ([]access.Violation, error) {
	var all []access.Violation
	add := func(field, reason, sentence string) {
		all = append(all, access.Violation{Field: field, Reason: reason, Sentence: sentence})
	}
	if e.GetState() == spsv1.ExporterState_EXPORTER_STATE_DEACTIVATED {
		add("name", "OWNER_DEACTIVATED", fmt.Sprintf("reactivate %s first, or correct the owner: it is not served any more", e.GetName()))
	}
	if e == nil {
		if len(x.Exporter.GetDisplayName()) == 0 {
			add("display_name", "OWNER_NAME", "write the name of the owner: it is not registered yet")
		}
		if len(x.Exporter.GetLanguages()) == 0 {
			add("languages", "OWNER_LANGUAGE", "write which language the owner reads, such as vi, or name it in the mapping: the owner is not registered yet")
		}
		person, err := r.Get(tablePeople, []byte(id))
		if err != nil {
			return nil, err
		}
		if person != nil {
			add("name", "OWNER_ID_TAKEN", fmt.Sprintf("write another id for the owner: somebody who is called %s speaks for exporters/%s", id, person))
		}
	}
	return all, nil
}

// stands returns what is against a code as it would be registered of an exporter: too
// many of something, an end before its beginning, and that it is another's.
func (b *Bulk) stands(r store.Reader, id string, e *spsv1.Exporter, anew bool, code *spsv1.ExporterCode) (all []access.Violation, err error) {
	add := func(field, reason, sentence string) {
		all = append(all, access.Violation{Field: field, Reason: reason, Sentence: sentence})
	}
	if anew && len(e.GetCodes()) >= mostCodes {
		add("codes[0].code", "CODES_COUNT", fmt.Sprintf("give the owner a second entry for further codes: one has at most %d", mostCodes))
	}
	if len(code.GetMarkets()) > mostMarkets {
		add("codes[0].markets", "MARKETS_COUNT", fmt.Sprintf("leave markets out: with those that are registered there are more than %d", mostMarkets))
	}
	if len(code.GetHsCodes()) > mostGoods {
		add("codes[0].hs_codes", "PRODUCTS_COUNT", fmt.Sprintf("leave products out, or write shorter HS codes: with those that are registered there are more than %d", mostGoods))
	}
	if until := dayOf(code.GetUntilDate()); until != 0 && until < dayOf(code.GetFromDate()) {
		add("codes[0].until_date", "CODE_ENDS_EARLY", "write the last day of the code: it would end before the first day that is registered")
	}
	owner, err := b.s.ownerOf(r, &spsv1.Exporter{Name: exporterPrefix + id}, code)
	if owner != nil {
		all = append(all, ownedBy(owner, "codes[0].code"))
	}
	return all, err
}

// inForce reports whether the registration of a code is not over on a day.
func inForce(c *spsv1.ExporterCode, today time.Time) bool {
	until := dayOf(c.GetUntilDate())
	return until == 0 || until >= dayOf(dateOf(today))
}

// dateOf returns the day of a time.
func dateOf(t time.Time) *spsv1.Date {
	return &spsv1.Date{Year: uint32(t.Year()), Month: uint32(t.Month()), Day: uint32(t.Day())}
}

// mergeCode returns a code with what a registration says of it.
func mergeCode(before *spsv1.ExporterCode, x Registration, today time.Time) *spsv1.ExporterCode {
	c, said := proto.CloneOf(before), x.code()
	if said.GetProvince() != nil {
		c.Province = said.GetProvince()
	}
	for _, m := range said.GetMarkets() {
		if !slices.ContainsFunc(c.GetMarkets(), func(a *spsv1.Area) bool { return proto.Equal(a, m) }) {
			c.Markets = append(c.Markets, m)
		}
	}
	for _, hs := range said.GetHsCodes() {
		if !slices.Contains(c.GetHsCodes(), hs) {
			c.HsCodes = append(c.HsCodes, hs)
		}
	}
	if said.GetFromDate() != nil {
		c.FromDate = said.GetFromDate()
	}
	if said.GetUntilDate() != nil {
		c.UntilDate = said.GetUntilDate()
	} else if x.Ended && inForce(c, today) {
		c.UntilDate = dateOf(today.AddDate(0, 0, -1))
	}
	if said.GetContact() != nil {
		if c.Contact == nil {
			c.Contact = &spsv1.ContactPoint{}
		}
		proto.Merge(c.Contact, said.GetContact())
	}
	return c
}

// mergeOwner writes what a registration says of an owner into it, its code aside, and
// reports whether that changed it.
func mergeOwner(e, said *spsv1.Exporter) bool {
	changed := false
	text := func(into *string, now string) {
		if now != "" && *into != now {
			*into, changed = now, true
		}
	}
	text(&e.Address, said.GetAddress())
	text(&e.TaxId, said.GetTaxId())
	text(&e.RegistrationNumber, said.GetRegistrationNumber())
	for _, name := range said.GetDisplayName() {
		i := slices.IndexFunc(e.GetDisplayName(), func(t *spsv1.LocalizedText) bool { return t.GetLang() == name.GetLang() })
		switch {
		case i >= 0 && sameName(e.GetDisplayName()[i].GetText(), name.GetText()):
		case i >= 0:
			text(&e.DisplayName[i].Text, name.GetText())
		case len(e.GetDisplayName()) < mostNames:
			e.DisplayName, changed = append(e.DisplayName, proto.CloneOf(name)), true
		}
	}
	if len(said.GetLanguages()) > 0 && !slices.Equal(e.GetLanguages(), said.GetLanguages()) {
		e.Languages, changed = said.GetLanguages(), true
	}
	for _, ch := range said.GetChannels() {
		there := slices.ContainsFunc(e.GetChannels(), func(c *spsv1.ExporterChannel) bool { return proto.Equal(c, ch) })
		if !there && len(e.GetChannels()) < mostChannels {
			e.Channels, changed = append(e.Channels, ch), true
		}
	}
	if role := spsv1.ExporterRole_EXPORTER_ROLE_CODE_OWNER; !slices.Contains(e.GetRoles(), role) {
		e.Roles, changed = append(e.Roles, role), true
	}
	return changed
}

// sameName reports whether two names differ in case and blanks alone: then the one
// that is registered stays.
func sameName(a, b string) bool { return plainName(a) == plainName(b) }

// plainName returns a name as it is compared with the one that is registered.
func plainName(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// changeNote says what changes of a code that is registered.
func changeNote(before, after *spsv1.ExporterCode, ends bool) access.Violation {
	if ends {
		return access.Violation{Field: "codes[0].until_date", Reason: "CODE_ENDS", Sentence: fmt.Sprintf("the code ends: its last day is %s", day(after.GetUntilDate()))}
	}
	var what []string
	fields := before.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if !before.ProtoReflect().Get(f).Equal(after.ProtoReflect().Get(f)) {
			what = append(what, string(f.Name()))
		}
	}
	return access.Violation{Field: "codes[0].code", Reason: "REGISTRATION_CHANGES", Sentence: fmt.Sprintf("what is registered of the code changes: %s", strings.Join(what, ", "))}
}
