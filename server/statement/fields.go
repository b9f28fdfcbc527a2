package statement

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// CheckFields returns every field rule of the contract that m breaks: a statement,
// or the request of any method. Options bound what is looked at. An error means
// that a rule itself does not compile or run.
func CheckFields(m proto.Message, options ...protovalidate.ValidationOption) (Problems, error) {
	err := protovalidate.Validate(m, options...)
	if err == nil {
		return nil, nil
	}
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return nil, fmt.Errorf("field rules of %s: %w", m.ProtoReflect().Descriptor().FullName(), err)
	}
	var problems Problems
	for _, v := range invalid.Violations {
		id := v.Proto.GetRuleId()
		problems.add(protovalidate.FieldPathString(v.Proto.GetField()), reason(id), sentence(v, id))
	}
	return problems, nil
}

// checkFields applies the field rules to a statement.
func checkFields(m proto.Message) Problems {
	problems, err := CheckFields(m)
	if err != nil {
		problems.add("", "RULES_BROKEN", "the field rules of this node could not be applied: "+err.Error())
	}
	return problems
}

// reason turns the id of a field rule into a reason code: `string.max_len`
// becomes `STRING_MAX_LEN`.
func reason(ruleID string) string {
	if ruleID == "" {
		return "INVALID"
	}
	return strings.ToUpper(strings.ReplaceAll(ruleID, ".", "_"))
}

// sentence says what to do about a violation of a field rule. The rules across
// the fields of a message have their sentences in the protos.
func sentence(v *protovalidate.Violation, id string) string {
	switch id {
	case "required":
		if v.FieldDescriptor == nil { // a oneof
			return "give its content, in exactly one of the fields for it"
		}
		return "give a value"
	case "bytes.min_len", "enum.not_in":
		return "give a value"
	case "string.min_len":
		if v.RuleValue.Uint() > 1 {
			return fmt.Sprintf("give at least %v characters", v.RuleValue)
		}
		return "give a value"
	case "enum.defined_only":
		return "give one of the values that this version of the contract defines"
	case "string.max_len":
		return fmt.Sprintf("shorten it to %v characters", v.RuleValue)
	case "repeated.min_items":
		return fmt.Sprintf("give at least %v", v.RuleValue)
	case "repeated.max_items":
		return fmt.Sprintf("give at most %v", v.RuleValue)
	case "repeated.unique":
		return "give each value once"
	case "bytes.len":
		return fmt.Sprintf("give exactly %v bytes", v.RuleValue)
	case "string.max_bytes", "bytes.max_len":
		return fmt.Sprintf("give at most %v bytes", v.RuleValue)
	case "int32.gte", "int64.gte", "uint64.gte":
		return fmt.Sprintf("give %v or more", v.RuleValue)
	case "uint32.lte", "uint64.lte":
		return fmt.Sprintf("give %v or less", v.RuleValue)
	case "uint32.lt", "uint64.lt":
		return fmt.Sprintf("give less than %v", v.RuleValue)
	case "string.in":
		return fmt.Sprintf("give one of %s", strings.Trim(strings.TrimPrefix(v.Proto.GetMessage(), "must be in list "), "[]"))
	case "int32.gte_lte", "uint32.gte_lte", "uint64.gte_lte", "duration.gte_lte":
		least, most, _ := strings.Cut(strings.TrimPrefix(v.Proto.GetMessage(), "must be greater than or equal to "), " and less than or equal to ")
		return fmt.Sprintf("give a value from %s to %s", least, most)
	case "message.oneof":
		return oneOf(v.Proto.GetMessage())
	case "string.uuid", "string.uuid_empty":
		return "give a UUID such as 0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d"
	case "string.email", "string.email_empty":
		return "give an e-mail address such as desk@office.example"
	case "string.uri", "string.uri_empty":
		return "give a complete web address that begins with its scheme, such as https://"
	case "string.pattern":
		return shape(v.RuleValue.String())
	}
	if m := v.Proto.GetMessage(); m != "" {
		return m
	}
	return "give a valid value"
}

// oneOf says of which fields one is wanted, or one at most, by what the library
// says of them.
func oneOf(message string) string {
	names := underscore.ReplaceAllStringFunc(message, func(s string) string { return strings.ToUpper(s[1:]) })
	if only, ok := strings.CutPrefix(names, "only one of "); ok {
		return fmt.Sprintf("give only one of %s", strings.TrimSuffix(only, " can be set"))
	}
	return fmt.Sprintf("give one of %s", strings.TrimSuffix(strings.TrimPrefix(names, "one of "), " must be set"))
}

// underscore finds what tells the names of the protos from those in JSON, which
// all sentences use.
var underscore = regexp.MustCompile(`_([a-z])`)

// shapes say in words what the patterns of the protos want.
var shapes = []struct{ pattern, want string }{
	{`^(n:)?[a-z][1-9]`, "name a local id of this statement such as p1 or p1.l2, or n: and an id of the case's notification"},
	{`^(n:)?`, "name the local id of a thing that may stand here, such as p1, p1.l2, d1, o1; or n: and an id of the case's notification"},
	{`^n:`, "name an id of the case's notification such as n:p1.l2"},
	{`^p[1-9][0-9]{0,`, "name the local id of a product or lot, such as p1 or p1.l2"},
	{`^p[1-9][0-9]{0,3}\.l`, "give a lot the id of its product, a dot, and l with a number: p1.l2"},
	{`^s[1-9][0-9]{0,3}\.r`, "give a result the id of its sample, a dot, and r with a number: s1.r2"},
	{`^-?(0|[1-9]`, "write a decimal number such as 12500, 0.05 or 4.5E5, with a point and without blanks"},
	{`^(0|[1-9]`, "write a decimal number such as 2 or 1.96"},
	{`^-?(90`, "write degrees north as a decimal from -90 to 90"},
	{`^-?(180`, "write degrees east as a decimal from -180 to 180"},
	{`^[A-Za-z]{2,8}(-`, "give a language tag of BCP 47 such as vi, zh-Hans or mul"},
	{`^[A-Z]{2}$`, "give the two capital letters of an office, such as VN"},
	{`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`, "give a code of ISO 3166 such as VN or VN-83, or put the name into asWritten"},
	{`^[A-Z]{2}[A-Z2-9]{3}$`, "give a UN/LOCODE without a blank such as VNHPH, or use customsCode or name"},
	{`^[A-Z0-9]{2,3}$`, "give a common code of UN/ECE Recommendation 20 such as KGM, or use otherUnit"},
	{`^[!-~]+$`, "give a UCUM unit such as mg/kg, or use otherUnit"},
	{`^\+[1-9]`, "give a telephone number with its country code and without blanks, such as +84241234567"},
	{`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`, "give the id of a unit: up to 64 letters, digits, dots, hyphens and underscores"},
	{`^[a-z0-9][a-z0-9-]{0,62}$`, "give the name of a federation such as asean-cn"},
	{`^[a-z0-9][a-z0-9-]{0,62}/`, "give the origin of a log such as asean-cn/VN/1"},
	{`^[A-Z]{2}-(EX-)?`, "give a reference such as VN-2026-000123"},
	{`^([A-Z]{2}-(EX-)?`, "give a reference such as VN-2026-000123, or none"},
	{`^G/(SPS|TBT)`, "give a WTO symbol such as G/SPS/N/CHN/1234, or use citation"},
	{`^[A-Z]{4}[0-9]{7}$`, "give a container number of ISO 6346 such as MSKU1234565, or put the marking into asWritten"},
	{`^([0-9]{8}|`, "give a GTIN of 8, 12, 13 or 14 digits, or put the number into marks"},
	{`^\S(.*\S)?$`, "give the code without blanks around it"},
	{`^[a-z0-9][a-z0-9!#$&^_.+-]*/`, "give a media type such as application/pdf"},
	{`^[^/`, "give a file name without a path"},
	{`^[A-Za-z][A-Za-z0-9+.:/_`, "give the name of a code list such as hs, or a URI"},
	{`^cases/`, "give a name such as cases/VN-2026-000123"},
	{`^(cases/)?`, "give a reference such as VN-2026-000123"},
	{`^drafts/`, "give a name such as drafts/0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d"},
	{`^(offices/[A-Z]{2}/statements/[1-9][0-9]{0,9}-(0|[1-9][0-9]{0,12})|(findings|consignmentNotices)/`, "give a name such as offices/VN/statements/1-42/attachments/a1"},
	{`^(findings/`, "give a name such as cases/VN-2026-000123 or findings/0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d"},
	{`^findings/`, "give a name such as findings/0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d"},
	{`^testOrders/`, "give a name such as testOrders/0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d"},
	{`^imports/`, "give a name such as imports/0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d"},
	{`^importKinds/[a-z][a-z-]{0,30}/mapping`, "give a name such as importKinds/findings/mapping"},
	{`^importKinds/[a-z][a-z-]{0,30}/template`, "give a name such as importKinds/findings/template"},
	{`^[a-z][a-z-]{0,30}$`, "give a kind of sheet such as findings"},
	{`^[0-9]{2,12}$`, "give 2 to 12 digits of a code of the customs tariff, such as 0804"},
	{`^announcements/`, "give a name such as announcements/VN-2026-000123"},
	{`^gates/`, "give a name such as gates/VNHNI"},
	{`^lendings/`, "give a name such as lendings/00000007"},
	{`^exporters/`, "give a name such as exporters/tien-giang-fruit"},
	{`^consignmentNotices/`, "give a name such as consignmentNotices/0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d"},
	{`^searches/`, "give a name such as searches/0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d"},
	{`^offices/[A-Z]{2}$`, "give a name such as offices/VN"},
	{`^offices/([A-Z]{2}|-)$`, "give a name such as offices/VN, or offices/- for all"},
	{`^offices/[A-Z]{2}/statements/`, "give a name such as offices/VN/statements/1-42"},
	{`^offices/[A-Z]{2}/statements/[1-9][0-9]{0,9}-(0|[1-9][0-9]{0,12})/evidence`, "give a name such as offices/VN/statements/1-42/evidence"},
	{`^offices/[A-Z]{2}/statements/[1-9][0-9]{0,9}-(0|[1-9][0-9]{0,12})/attachments/`, "give a name such as offices/VN/statements/1-42/attachments/a1"},
	{`^codeLists/`, "give a name such as codeLists/hs"},
	{`^codeLists/[a-z][a-z0-9-]{0,62}/codes/`, "give a name such as codeLists/hs/codes/0804"},
	{`^peers/`, "give a name such as peers/VN"},
	{`^accounts/`, "give a name such as accounts/lan.nguyen"},
	{`^tokens/`, "give a name such as tokens/abcdefgh23456777"},
	{`^(tokens/`, "give a name such as tokens/abcdefgh23456777 or accounts/lan.nguyen"},
	{`^backups/`, "give a name such as backups/spsd-VN-20260105T020000.000Z.tar"},
	{`^[a-z0-9][a-z0-9._-]{0,63}$`, "give an id of up to 64 small letters, digits, dots, hyphens and underscores, such as lan.nguyen"},
	{`^[a-z][a-z0-9_]{0,`, "give a name of small letters, digits and underscores, such as reference"},
	{`^[0-9]{4}-W`, "give a week such as 2026-W12"},
	{`^[0-9]{2}$`, "give the two digits of a chapter of the Harmonized System, such as 08"},
	{`^[0-9]{6}$`, "give the six digits that the authenticator shows"},
	{`^[A-Za-z][A-Za-z0-9_+-]*(/`, "give a time zone of the IANA database such as Asia/Bangkok"},
}

// shape says in words what a pattern wants. The longest beginning decides.
func shape(pattern string) string {
	if len(pattern) > 2 && pattern[2:] == "[1-9][0-9]{0,3}$" {
		return fmt.Sprintf("give a local id: the letter %c and a number from 1, such as %[1]c1", pattern[1])
	}
	best := -1
	for i, s := range shapes {
		if strings.HasPrefix(pattern, s.pattern) && (best < 0 || len(s.pattern) > len(shapes[best].pattern)) {
			best = i
		}
	}
	if best < 0 {
		return "write it to fit " + pattern
	}
	return shapes[best].want
}

// Warm compiles the field rules of statements, which otherwise the first Check
// does, a tenth of a second long. A node calls it while it starts.
func Warm() { _ = checkFields(&spsv1.Statement{}) }
