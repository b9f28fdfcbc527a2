package trader

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// A choice says which fields of a message an exporter may be shown, and which it
// is not. Every field of a message that can be reached stands in one of the two.
type choice struct{ shown, withheld string }

// choices is by message. One that is not there is not shown, whatever field it is
// in; of one whose withheld is "-" nothing is withheld.
var choices = map[protoreflect.Name]choice{
	"Notification": {
		shown: "classification type preliminary risk field consignment products documents findings samples decisions measures balances",
		// Words about the whole case may be about others.
		withheld: "subject description bases ispm13_action suspected_fraud report_time parties distribution not_affected advice",
	},
	"Risk": {shown: "decision", withheld: "reason population persons_affected persons_hospitalised persons_dead estimated symptoms outbreak"},
	"Consignment": {
		shown: "transports point_of_entry point_of_control present_place destination presentation_date arrival_date first_action_date",
		// Weights are those of everybody's goods, and the way leads past others.
		withheld: "number route point_of_loading re_export_area gross_weight net_weight package_count customs_regime marks",
	},
	"Transport": {shown: "id mode vehicle trailers voyage containers seals about", withheld: "bill_numbers"},
	"Container": {shown: "number as_written seals temperature", withheld: "-"},
	"Place":     {shown: "locode customs_code name area", withheld: "address point"}, // of whoever keeps the goods
	"Area":      {shown: "code as_written", withheld: "-"},
	"Product": {
		shown: "id name description article_kind category item commodity_class commodity_codes species origins brand label_name grade preservation " +
			"shelf_life intended_use quantity packaging gtins codes marks accompanies made_from lots",
		withheld: "registration_number uris",
	},
	"Lot": {
		shown: "id number quantity gross_weight packaging production_date production_end_date harvest_date packing_date freezing_date " +
			"best_before_date best_before_end_date use_by_date use_by_end_date sell_by_date marks gtins codes origins description",
		withheld: "-",
	},
	"SiteCode":      {shown: "kind code area", withheld: "party"},
	"Origin":        {shown: "state area", withheld: "-"},
	"Packaging":     {shown: "kind size count description", withheld: "-"},
	"Taxon":         {shown: "codings scientific_name rank common_name as_written", withheld: "-"},
	"Concept":       {shown: "codings as_written lang", withheld: "-"},
	"Coding":        {shown: "system code version display", withheld: "-"},
	"Quantity":      {shown: "value rec20 ucum other_unit as_written approximate", withheld: "-"},
	"Date":          {shown: "year month day", withheld: "-"},
	"LocalizedText": {shown: "lang text machine_translated", withheld: "translated_by"}, // a person
	"Document": {
		shown:    "id kind name number issue_date expiry_date presence additional_declaration about confidentiality",
		withheld: "issuer electronic_id uri attachments",
	},
	"Finding": {
		shown: "id about reason plant_reason hazard organism document_fault mismatches requirements extent status text evidence find_date place " +
			"confidentiality",
		withheld: "attachments",
	},
	"Hazard":        {shown: "agent category nature qualifiers effect", withheld: "-"},
	"Organism":      {shown: "taxon unknown disease_complex identification_status regulatory_status life_stage count association", withheld: "-"},
	"DocumentFault": {shown: "kinds text", withheld: "-"},
	"Mismatch":      {shown: "what declared found declared_in found_on", withheld: "-"},
	"Requirement":   {shown: "citation area wto_symbol text uri", withheld: "-"},
	"Extent":        {shown: "kind quantity", withheld: "-"},
	"Sample": {
		shown: "id about role number sampling_date method quantity unit_count results confidentiality",
		// Who took it and where it is kept.
		withheld: "place taken_by arrival_date specimen_reference retention_date text",
	},
	"LabResult": {
		shown: "id analyte matrix comparator value detection detected_in uncertainty coverage_factor detection_limit quantification_limit limits " +
			"sampling_plan verdict stage method report_date text",
		withheld: "laboratory report_number analysis_start_date analysis_end_date supersedes_reports superseded_by_report attachments",
	},
	"Limit":        {shown: "comparator value requirement kind", withheld: "-"},
	"SamplingPlan": {shown: "n c lower_limit upper_limit unit_results", withheld: "-"},
	"UnitResult":   {shown: "comparator value detection", withheld: "-"},
	"Decision": {
		shown:    "id about kind extent decision_date reason findings appeal_date conditions confidentiality",
		withheld: "authority",
	},
	"Measure": {
		shown:    "id about action state mandate extent order_date completion_date place destination code_status text confidentiality",
		withheld: "ordered_by attachments",
	},
	"CodeStatusChange": {shown: "code action market products start_time end_time conditions", withheld: "-"},
	"Announcement":     {shown: "subject action fields rule_change border_gate_status", withheld: "-"},
	"RuleChange": {
		shown:    "text commodity_codes products origins market effective_date transition_end_date transition requirements comment_date proposed",
		withheld: "-",
	},
	"BorderGateStatus": {
		shown:    "gate opposite_gate status start_time end_time reason limits commodity_codes waiting_trucks trucks_per_day hours",
		withheld: "-",
	},
	"OfficeHours": {shown: "time_zone periods holidays special_days", withheld: "-"},
	"OpenPeriod":  {shown: "weekday open_minute close_minute", withheld: "-"},
	"Holiday":     {shown: "date name", withheld: "-"},
	"SpecialDay":  {shown: "date periods name", withheld: "-"},
	"DayPeriod":   {shown: "open_minute close_minute", withheld: "-"},
	"Timestamp":   {shown: "seconds nanos", withheld: "-"},
	"LotBalance":  {shown: "about total items balance_date confidentiality", withheld: "-"},
	"BalanceItem": {shown: "state quantity", withheld: "-"},
}

// allowed holds the fields that are shown, by their full names.
var allowed = func() map[protoreflect.Name]map[protoreflect.Name]bool {
	all := make(map[protoreflect.Name]map[protoreflect.Name]bool)
	for message, c := range choices {
		all[message] = make(map[protoreflect.Name]bool)
		for field := range strings.FieldsSeq(c.shown) {
			all[message][protoreflect.Name(field)] = true
		}
	}
	return all
}()

// openMarks are the marks of what operators may be shown. What a later version adds is
// not among them.
var openMarks = map[spsv1.Confidentiality]bool{
	spsv1.Confidentiality_CONFIDENTIALITY_UNSPECIFIED:         true,
	spsv1.Confidentiality_CONFIDENTIALITY_OPERATORS_CONCERNED: true,
	spsv1.Confidentiality_CONFIDENTIALITY_PUBLIC:              true,
}

// allow returns a copy of a notification with what exporters may be shown alone.
func allow(n *spsv1.Notification) *spsv1.Notification {
	n = proto.CloneOf(n)
	strip(n.ProtoReflect())
	return n
}

// strip clears what is not allowed.
func strip(m protoreflect.Message) {
	fields := allowed[m.Descriptor().Name()]
	m.SetUnknown(nil) // of a later version
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case !fields[f.Name()] || f.IsMap():
			m.Clear(f)
		case f.Message() == nil:
		case f.IsList():
			kept := m.NewField(f).List()
			for i := range v.List().Len() {
				if item := v.List().Get(i).Message(); !confidential(item) {
					strip(item)
					kept.Append(protoreflect.ValueOfMessage(item))
				}
			}
			m.Clear(f)
			if kept.Len() > 0 {
				m.Set(f, protoreflect.ValueOfList(kept))
			}
		case confidential(v.Message()):
			m.Clear(f)
		default:
			strip(v.Message())
		}
		return true
	})
}

// confidential reports whether a thing is marked as not for operators.
func confidential(m protoreflect.Message) bool {
	f := m.Descriptor().Fields().ByName("confidentiality")
	return f != nil && !openMarks[spsv1.Confidentiality(m.Get(f).Enum())]
}
