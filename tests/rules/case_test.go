package rules

// inCase are the rules about the next statement of a case, by what was said in
// it before.
var inCase = []row{
	{
		name: "closure that leaves out who was told", base: "closure", clear: "case_ref network",
		put:  `case_ref{$narrow} handling:HANDLING_ADDRESSEES_ONLY addressees{area{code:"LA"} by_hand:true}`,
		want: "addressees REACH",
	},
	{
		name: "closure for one of what all know", base: "closure", clear: "network", put: `addressees{office:"TH"}`,
		want: "network REACH_NETWORK",
	},
	{
		name: "follow-up in the place of a request", base: "follow-up",
		put:  `relates_to{kind:RELATION_KIND_SUPERSEDES entry{$asksEntry}}`,
		want: "relates_to[0].entry RELATION_VOID",
	},
	{
		name: "in the place of what all know, for one", base: "follow-up", clear: "network",
		put:  `addressees{office:"TH"} relates_to{kind:RELATION_KIND_SUPERSEDES entry{$saidEntry}}`,
		want: "network REACH_NETWORK",
	},
	{
		name: "in the place of what one was told, for another", base: "follow-up", clear: "case_ref handling network",
		put: `handling:HANDLING_ADDRESSEES_ONLY addressees{area{code:"LA"} by_hand:true} case_ref{$narrow}
			relates_to{kind:RELATION_KIND_SUPERSEDES entry{$hushedEntry}}`,
		want: "addressees REACH",
	},
	{
		name: "answer that does not reach who asked", base: "response", clear: "addressees",
		put:  `addressees{office:"VN" unit:"PPD"}`,
		want: "addressees REACH_ASKER",
	},
	{name: "wider than its case", base: "acknowledgement", put: `handling:HANDLING_NETWORK`, want: "handling HANDLING_WIDER"},
	{
		name: "an addressee brings another in", base: "acknowledgement", put: `addressees{area{code:"LA"} by_hand:true}`,
		want: "addressees[1] AUDIENCE_BEYOND",
	},
	{
		name: "amendment that does not say that it reclassifies", base: "amendment",
		put:  `amendment{notification{classification:CLASSIFICATION_NEWS}}`,
		want: "amendment.changes CHANGE_UNNAMED",
	},
	{
		name: "amendment that does not say that it confirms", base: "amendment", clear: "case_ref relates_to",
		put:  `case_ref{$early} relates_to{kind:RELATION_KIND_AMENDS entry{$earlyEntry}}`,
		want: "amendment.changes CHANGE_UNNAMED",
	},
	{
		name: "amendment that says that it reclassifies", base: "amendment", put: `amendment{changes{kind:CHANGE_KIND_RECLASSIFICATION}}`,
		want: "amendment.changes[1].kind CHANGE_UNTRUE",
	},
	{
		name: "amendment that says that it confirms", base: "amendment", put: `amendment{changes{kind:CHANGE_KIND_CONFIRMATION}}`,
		want: "amendment.changes[1].kind CHANGE_UNTRUE",
	},
	{
		name: "preliminary again", base: "amendment", put: `amendment{notification{preliminary:true}}`,
		want: "amendment.notification.preliminary PRELIMINARY_AGAIN",
	},
	{
		name: "amendment of an older version", base: "amendment", clear: "case_ref relates_to",
		put:  `case_ref{$amended} relates_to{kind:RELATION_KIND_AMENDS entry{$amendedEntry}}`,
		want: "relates_to VERSION_OLD",
	},
	{name: "closure of what is closed", base: "closure", clear: "case_ref", put: `case_ref{$closed}`, want: "closure CASE_CLOSED"},
	{name: "closure of what is withdrawn", base: "closure", clear: "case_ref", put: `case_ref{$withdrawn}`, want: "closure CASE_WITHDRAWN"},
	{name: "withdrawal of what is withdrawn", base: "withdrawal", clear: "case_ref", put: `case_ref{$withdrawn}`, want: "withdrawal CASE_WITHDRAWN"},
	{name: "reopening of what is open", base: "reopening", clear: "case_ref", put: `case_ref{$own}`, want: "reopening CASE_OPEN"},
	{
		name: "not confirmed what was not preliminary", base: "withdrawal", put: `withdrawal{reason:WITHDRAWAL_REASON_NOT_CONFIRMED}`,
		want: "withdrawal.reason NOT_PRELIMINARY",
	},
	{
		name: "withdrawal of what is not here", base: "withdrawal",
		put:  `relates_to{kind:RELATION_KIND_WITHDRAWS entry{origin:"asean-cn/VN/1" sequence:9999 record_hash:"$32"}}`,
		want: "relates_to RELATION_UNKNOWN",
	},
	{name: "what addressees say, of the own case", base: "follow-up", put: `follow_up{part:PART_DONE}`, want: "follow_up.part REGISTER_OF_ADDRESSEE"},
	{
		name: "request to one who does not know of the case", base: "request", clear: "case_ref network", put: `case_ref{$alone}`,
		want: "request.offices[0] REQUEST_OUTSIDE",
	},
	{
		name: "extension asked of who may not grant it", base: "request",
		put:  `request{kind:REQUEST_KIND_EXTENSION extension{clock:CLOCK_OUTCOME due_time{seconds:4000000000}}}`,
		want: "request.offices EXTENSION_GRANTOR",
	},
	{
		name: "answer to a dispute that was lifted", base: "response", clear: "case_ref handling addressees relates_to response.result",
		put: head + `case_ref{$own} relates_to{kind:RELATION_KIND_REPLIES entry{$liftedEntry}}
			response{dispute_result:DISPUTE_RESULT_UPHOLD}`,
		want: "relates_to DISPUTE_LIFTED",
	},
	{name: "acknowledgement of the own case", base: "acknowledgement", clear: "case_ref addressees", put: head + `case_ref{$own}`, want: "case_ref.original NOT_ITS_REGISTER"},
	{
		name: "amendment of what is withdrawn", base: "amendment", clear: "case_ref relates_to",
		put:  `case_ref{$withdrawn} relates_to{kind:RELATION_KIND_AMENDS entry{$withdrawnEntry}}`,
		want: "case_ref.original CASE_WITHDRAWN",
	},
	{
		name: "answer of an office with a node, as it was heard", base: "response", clear: "case_ref handling addressees relates_to",
		put: head + `case_ref{$own} relates_to{kind:RELATION_KIND_REPLIES entry{$wonderedEntry}}
			source{teller{office:"TH"} means:MEANS_TELEPHONE receive_time{seconds:1} received_by{name:"An"}}`,
		want: "source.teller.office HEARSAY",
	},
	{
		name: "answer to what is no question", base: "response", clear: "relates_to",
		put:  `relates_to{kind:RELATION_KIND_REPLIES entry{$foreignEntry}}`,
		want: "relates_to NOTHING_TO_ANSWER",
	},
	{
		name: "lot that the notification has not", base: "follow-up", put: `follow_up{facts{findings{id:"f1" about:"n:p7" plant_reason:PLANT_REASON_PROHIBITED}}}`,
		want: "follow_up.facts.findings[0].about[0] REFERENCE_UNKNOWN",
	},
	{
		name: "correction of a field that is not there", base: "acknowledgement",
		put:  `acknowledgement{stance{position:STANCE_POSITION_DISPUTED corrections{path:"products[p9].name" proposed:"durian"}}}`,
		want: "acknowledgement.stance.corrections[0].path PATH_UNKNOWN",
	},
	{
		name: "real one of a case that was not entered by hand", base: "follow-up",
		put:  `relates_to{kind:RELATION_KIND_TRANSCRIBES entry{$foreignEntry}}`,
		want: "relates_to[0].kind TRANSCRIPT",
	},
	{
		name: "amendment of what is no version", base: "amendment", clear: "relates_to",
		put:  `relates_to{kind:RELATION_KIND_AMENDS entry{$saidEntry}}`,
		want: "relates_to NOT_A_VERSION",
	},
	{
		name: "amendment of an entry with another digest", base: "amendment", clear: "relates_to",
		put:  `relates_to{kind:RELATION_KIND_AMENDS entry{$ownOther}}`,
		want: "relates_to OTHER_ENTRY",
	},
	{
		name: "answer of who was not asked", base: "response", clear: "case_ref handling addressees relates_to",
		put:  head + `case_ref{$own} relates_to{kind:RELATION_KIND_REPLIES entry{$asksEntry}}`,
		want: "relates_to NOT_ASKED",
	},
	{name: "case that is not here", base: "follow-up", clear: "case_ref", put: `case_ref{original{$ownOther} reference:"VN-2026-000001"}`, want: "case_ref.original NO_CASE"},
	{name: "case of another reference", base: "follow-up", clear: "case_ref", put: `case_ref{original{$ownEntry} reference:"VN-2026-999999"}`, want: "case_ref.reference NO_CASE"},

	{name: "office without a node", base: "notice", put: `addressees{office:"LA"}`, want: "addressees[0].office NO_NODE"},
	{name: "office with a node, by hand", base: "notice", put: `addressees{office:"TH" by_hand:true}`, want: "addressees[0].office HAS_NODE"},
}
