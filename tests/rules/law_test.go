package rules

// law are the rules across fields, which package statement holds.
var law = []row{
	{name: "exercise of a case that is real", base: "follow-up", put: `status:STATEMENT_STATUS_EXERCISE`, want: "status STATUS_MIXED, status CASE_STATUS"},
	{
		name: "relation of what is real to an exercise", base: "notice",
		put:  `relates_to{kind:RELATION_KIND_SAME_EVENT reference:"TH-EX-2026-000001"}`,
		want: "relates_to[0].reference STATUS_MIXED",
	},
	{
		name: "relation of what is real to an exercise, by its entry", base: "notice",
		put:  `relates_to{kind:RELATION_KIND_SAME_EVENT entry{$drillEntry}}`,
		want: "relates_to[0].entry STATUS_MIXED",
	},
	{
		name: "relation of an exercise to what is real", base: "notice",
		put:  `status:STATEMENT_STATUS_EXERCISE relates_to{kind:RELATION_KIND_SAME_EVENT reference:"TH-2026-000001"} relates_to{kind:RELATION_KIND_SAME_EVENT entry{$ownEntry}}`,
		want: "relates_to[0].reference STATUS_MIXED, relates_to[1].entry STATUS_MIXED",
	},
	{
		name: "put in the place of what another said", base: "follow-up",
		put:  `relates_to{kind:RELATION_KIND_SUPERSEDES entry{$foreignEntry}}`,
		want: "relates_to[0].entry RELATION_FOREIGN",
	},
	{name: "notification in a case", base: "notice", put: `case_ref{$own}`, want: "case_ref CASE_NOT_ALLOWED"},
	{name: "follow-up without a case", base: "follow-up", clear: "case_ref", want: "case_ref CASE_REQUIRED"},

	{name: "network, to addressees only", base: "notice", put: `handling:HANDLING_ADDRESSEES_ONLY`, want: "network AUDIENCE_CONFLICT"},
	{name: "to nobody", base: "notice", clear: "network", want: "addressees AUDIENCE_EMPTY"},
	{name: "addressee twice", base: "notice", put: `addressees{office:"TH"} addressees{office:"TH"}`, want: "addressees[1] ADDRESSEE_TWICE"},
	{name: "addressed to itself", base: "notice", put: `addressees{office:"VN"}`, want: "addressees[0].office ADDRESSEE_SELF"},
	{
		name: "flag twice", base: "notice",
		put:  `flags{office:"TH" kind:FLAG_KIND_FOR_ATTENTION} flags{office:"TH" kind:FLAG_KIND_FOR_ATTENTION}`,
		want: "flags[1] FLAG_TWICE",
	},

	{name: "told by the own office", base: "told", put: `source{teller{office:"VN"}}`, want: "source.teller.office SOURCE_SELF"},
	{name: "told in person, to nobody", base: "told", clear: "source.received_by", want: "source.received_by SOURCE_INCOMPLETE"},
	{name: "letter without a trace", base: "told", put: `source{means:MEANS_LETTER}`, want: "source.scans SOURCE_INCOMPLETE"},
	{name: "system without a name", base: "told", put: `source{means:MEANS_OTHER_SYSTEM reference:"1"}`, want: "source.system SOURCE_INCOMPLETE"},
	{name: "system without a number", base: "told", put: `source{means:MEANS_OTHER_SYSTEM system:"RASFF"}`, want: "source.reference SOURCE_INCOMPLETE"},
	{name: "told by hand to nobody", base: "hand", clear: "hand_deliveries[0].told_to", want: "hand_deliveries[0].told_to HAND_DELIVERY_INCOMPLETE"},
	{
		name: "told by hand through a system without a name", base: "hand",
		put:  `hand_deliveries{area{code:"MM"} means:MEANS_OTHER_SYSTEM tell_time{seconds:1} told_by{name:"An"} told_to{name:"Bua"}}`,
		want: "hand_deliveries[1].system HAND_DELIVERY_INCOMPLETE",
	},

	{name: "alert without a risk", base: "alert", clear: "notification.risk", want: "notification.risk RISK_REQUIRED"},
	{
		name: "more in hospital than affected", base: "alert", put: `notification{risk{persons_affected:1 persons_hospitalised:2}}`,
		want: "notification.risk.persons_hospitalised PERSONS_EXCEED",
	},
	{
		name: "more dead than affected", base: "alert", put: `notification{risk{persons_affected:0 persons_dead:1}}`,
		want: "notification.risk.persons_dead PERSONS_EXCEED",
	},
	{name: "amendment of nothing", base: "amendment", clear: "relates_to", want: "relates_to RELATION_REQUIRED"},
	{name: "amendment in another's case", base: "amendment", clear: "case_ref", put: `case_ref{$foreign}`, want: "case_ref.original CASE_FOREIGN"},
	{
		name: "confirmed and still preliminary", base: "amendment", clear: "case_ref relates_to",
		put:  `case_ref{$early} relates_to{kind:RELATION_KIND_AMENDS entry{$earlyEntry}} amendment{notification{preliminary:true} changes{kind:CHANGE_KIND_CONFIRMATION}}`,
		want: "amendment.changes[1].kind STILL_PRELIMINARY",
	},
	{name: "withdrawal of another's case", base: "withdrawal", clear: "case_ref", put: `case_ref{$foreign}`, want: "case_ref.original CASE_FOREIGN"},
	{
		name: "withdrawal of two at once", base: "withdrawal",
		put:  `relates_to{kind:RELATION_KIND_WITHDRAWS entry{$saidEntry}} relates_to{kind:RELATION_KIND_WITHDRAWS entry{$asksEntry}}`,
		want: "relates_to RELATION_REQUIRED",
	},
	{name: "closure of another's case", base: "closure", clear: "case_ref", put: `case_ref{$foreign}`, want: "case_ref.original CASE_FOREIGN"},
	{name: "closed as a duplicate of nothing", base: "closure", put: `closure{outcome:CLOSURE_OUTCOME_DUPLICATE}`, want: "relates_to RELATION_REQUIRED"},
	{name: "reopening of another's case", base: "reopening", clear: "case_ref", put: `case_ref{$foreign}`, want: "case_ref.original CASE_FOREIGN"},
	{name: "follow-up that says nothing", base: "follow-up", clear: "follow_up.text", want: "follow_up FOLLOW_UP_EMPTY"},
	{name: "request to itself", base: "request", put: `request{offices:"VN"}`, want: "request.offices[1] REQUEST_SELF"},
	{name: "request to who does not get it", base: "request", put: `request{offices:"LA"}`, want: "request.offices[1] REQUEST_NOT_ADDRESSED"},
	{
		name: "request to bring in nobody", base: "request", put: `request{kind:REQUEST_KIND_READDRESS}`,
		want: "request.further_offices REQUEST_INCOMPLETE",
	},
	{
		name: "request to reinstate no code", base: "request", put: `request{kind:REQUEST_KIND_CODE_REINSTATEMENT}`,
		want: "request.codes REQUEST_INCOMPLETE",
	},
	{name: "request for what is over", base: "request", put: `request{due_time{seconds:1}}`, want: "request.due_time DUE_PAST"},
	{name: "response to nothing", base: "response", clear: "relates_to", want: "relates_to RELATION_REQUIRED"},
	{
		name: "answer to a dispute of another's case", base: "response", clear: "case_ref response.result",
		put:  `case_ref{$foreign} response{dispute_result:DISPUTE_RESULT_UPHOLD}`,
		want: "case_ref.original CASE_FOREIGN",
	},
	{
		name: "interim response that leaves the rest open", base: "response", put: `response{result:RESPONSE_RESULT_INTERIM}`,
		want: "response.due_time RESPONSE_INCOMPLETE",
	},
	{name: "announcement in the place of none", base: "rule", put: `announcement{action:ANNOUNCEMENT_ACTION_REPLACE}`, want: "relates_to RELATION_REQUIRED"},
	{name: "announcement that takes back none", base: "rule", put: `announcement{action:ANNOUNCEMENT_ACTION_WITHDRAW}`, want: "relates_to RELATION_REQUIRED"},

	{
		name: "fault of no document", base: "lots", put: `notification{findings{id:"f2" document_fault{kinds:DOCUMENT_FAULT_KIND_EXPIRED}}}`,
		want: "notification.findings[1].about DOCUMENT_REQUIRED",
	},
	{name: "id twice", base: "notice", put: `notification{products{id:"p1" name{lang:"en" text:"mango"}}}`, want: "notification.products[1].id ID_TWICE"},
	{name: "lot of another product", base: "lots", put: `notification{products{id:"p3" article_kind:ARTICLE_KIND_SOIL lots{id:"p2.l9"}}}`, want: "notification.products[2].lots[0].id ID_PARENT"},
	{
		name: "another's notification in an original", base: "lots", put: `notification{findings{id:"f2" about:"n:p1" plant_reason:PLANT_REASON_PROHIBITED}}`,
		want: "notification.findings[1].about[0] REFERENCE_OUTSIDE",
	},
	{
		name: "product that is not there", base: "lots", put: `notification{findings{id:"f2" about:"p7" plant_reason:PLANT_REASON_PROHIBITED}}`,
		want: "notification.findings[1].about[0] REFERENCE_UNKNOWN",
	},
	{
		name: "product that is not there, in a follow-up", base: "follow-up", put: `follow_up{facts{findings{id:"f1" about:"p7" plant_reason:PLANT_REASON_PROHIBITED}}}`,
		want: "follow_up.facts.findings[0].about[0] REFERENCE_UNKNOWN",
	},
	{name: "text that is not in normal form", base: "follow-up", put: `follow_up{text{lang:"fr" text:"cafe\xcc\x81"}}`, want: "follow_up.text[1].text TEXT_NOT_NFC"},
	{name: "control character", base: "follow-up", put: `follow_up{text{lang:"fr" text:"a\001"}}`, want: "follow_up.text[1].text TEXT_CONTROL"},
	{name: "blank text", base: "follow-up", put: `follow_up{text{lang:"fr" text:" "}}`, want: "follow_up.text[1].text TEXT_BLANK"},
	{name: "language that has the form of none", base: "follow-up", put: `follow_up{text{lang:"de-a" text:"x"}}`, want: "follow_up.text[1].lang LANG_MALFORMED"},
	{name: "language twice", base: "follow-up", put: `follow_up{text{lang:"EN" text:"again"}}`, want: "follow_up.text[1].lang LANG_TWICE"},
	{
		name: "day that is not in the calendar", base: "lots", put: `notification{documents{id:"d2" kind:DOCUMENT_KIND_LABEL issue_date{year:2026 month:2 day:30}}}`,
		want: "notification.documents[1].issue_date.day DATE_IMPOSSIBLE",
	},
	{
		name: "best before it was made", base: "lots",
		put:  `notification{products{id:"p3" article_kind:ARTICLE_KIND_SOIL lots{id:"p3.l1" production_date{year:2026} best_before_date{year:2025}}}}`,
		want: "notification.products[2].lots[0].best_before_date DATE_ORDER",
	},
	{
		name: "less than nothing of a lot", base: "lots",
		put:  `notification{balances{about:"p2.l1" total{value:"12" rec20:"KGM"} items{state:BALANCE_STATE_HELD quantity{value:"-1" rec20:"KGM"}}}}`,
		want: "notification.balances[0].items[0].quantity.value BALANCE_NEGATIVE",
	},
	{
		name: "more than the whole of a lot", base: "lots",
		put:  `notification{balances{about:"p2.l1" total{value:"12" rec20:"KGM"} items{state:BALANCE_STATE_HELD quantity{value:"13" rec20:"KGM"}}}}`,
		want: "notification.balances[0].items BALANCE_EXCEEDS",
	},
}
