package rules

// requests are one of each method, as prototext, that keeps the rules of its
// fields. What they name need not be there: who breaks a rule is told so before
// anybody looks.
var requests = map[string]string{
	"GetStatement":    `name:"offices/VN/statements/1-1"`,
	"ListStatements":  `parent:"offices/-"`,
	"PollStatements":  `parent:"offices/-"`,
	"IssueStatement":  `parent:"offices/VN" request_id:"$id" statement{` + head + `notification{` + content + `}}`,
	"GetCase":         `name:"$ownCase"`,
	"ListCases":       ``,
	"GetStatistics":   ``,
	"RecordCall":      `name:"$ownCase" call{office:"TH" result:CALL_RESULT_NO_ANSWER}`,
	"ReaddressCase":   `name:"$ownCase" offices:"TH"`,
	"AcknowledgeCase": `name:"$foreignCase" request_id:"$id"`,
	"FollowUpCase":    `name:"$ownCase" request_id:"$id" follow_up{text{lang:"en" text:"x"}}`,
	"RequestInCase":   `name:"$ownCase" request_id:"$id" request{kind:REQUEST_KIND_INFORMATION offices:"TH" text{lang:"en" text:"x"}}`,
	"RespondInCase":   `name:"$foreignCase" request_id:"$id" response{result:RESPONSE_RESULT_GRANTED}`,
	"AmendCase":       `name:"$ownCase" request_id:"$id" etag:"1" amendment{reason{lang:"en" text:"x"} changes{kind:CHANGE_KIND_CORRECTION}}`,
	"WithdrawCase":    `name:"$ownCase" request_id:"$id" etag:"1" withdrawal{reason:WITHDRAWAL_REASON_UNFOUNDED}`,
	"CloseCase":       `name:"$ownCase" request_id:"$id" etag:"1" closure{outcome:CLOSURE_OUTCOME_SETTLED}`,
	"ReopenCase":      `name:"$closedCase" request_id:"$id" etag:"1" reopening{reason{lang:"en" text:"x"}}`,
	"Announce": `parent:"offices/VN" request_id:"$id"
		announcement{subject{lang:"en" text:"x"} rule_change{proposed:true text{lang:"en" text:"x"}}}`,
	"AddExternalReference": `name:"$ownCase" request_id:"$id" external_reference{system:"IPPC" number:"1"}`,

	"CreateDraft": `draft{statement{` + head + `}}`,
	"GetDraft":    `name:"$draft"`,
	"ListDrafts":  ``,
	"UpdateDraft": `draft{name:"$draft" etag:"1" statement{` + head + `}}`,
	"DeleteDraft": `name:"$draft" etag:"1"`,
	"CheckDraft":  `name:"$draft"`,
	"SubmitDraft": `name:"$draft" etag:"1"`,
	"ReturnDraft": `name:"$draft" etag:"1" reason{lang:"en" text:"x"}`,
	"IssueDraft":  `name:"$draft" etag:"1"`,

	"CreateSearch": `search{title:"x"}`,
	"GetSearch":    `name:"searches/$id"`,
	"ListSearches": ``,
	"UpdateSearch": `search{name:"searches/$id" etag:"1" title:"x"}`,
	"DeleteSearch": `name:"searches/$id"`,

	"EnterInspections": `inspections{week:"2026-W12" hs_chapter:"08" origin:"TH" consignments:3}`,
	"ListInspections":  ``,

	"ListCodeLists": ``,
	"SearchCodes":   `parent:"codeLists/hs"`,
	"GetCode":       `name:"codeLists/hs/codes/08"`,
}

const inOwn = `statement{follow_up{text{lang:"en" text:"x"}} `

// A breach is a way to break what is no rule of one field of a request.
type breach struct {
	method string
	clear  string // as of a row
	put    string // as of a row, into the request
	want   string // as of a row, of the request
}

// breaches are what the service finds wrong with the request of each method.
var breaches = []breach{
	{"IssueStatement", "parent", `parent:"offices/TH"`, "parent OTHER_OFFICE"},
	{
		"IssueStatement", "", `statement{salt:"x" federation:"x" office:"TH" request_id:"$id" issued_by{id:"x"} drafted_by{id:"x"}}`,
		"statement.salt SET_BY_NODE, statement.federation SET_BY_NODE, statement.office SET_BY_NODE, " +
			"statement.request_id SET_BY_NODE, statement.drafted_by SET_BY_NODE, statement.issued_by SET_BY_NODE",
	},
	{"IssueStatement", "statement.notification", inOwn + `case_ref{original{$ownOther} reference:"VN-2026-000001"}}`, "statement.case_ref.original NO_CASE"},
	{"IssueStatement", "statement.notification", inOwn + `case_ref{original{$ownEntry} reference:"VN-2026-999999"}}`, "statement.case_ref.reference NO_CASE"},
	{"IssueStatement", "statement.notification", inOwn + `case_ref{$own} status:STATEMENT_STATUS_TEST}`, "statement.status STATUS_MIXED, statement.status CASE_STATUS"},
	{
		"IssueStatement", "", `statement{relates_to{kind:RELATION_KIND_SAME_EVENT entry{$drillEntry}}}`,
		"statement.relates_to[0].entry STATUS_MIXED",
	},
	{
		"IssueStatement", "", `statement{attachments{id:"a1" sha256:"0123456789abcdef0123456789abcdef" media_type:"application/pdf" size_bytes:1 filename:"a.pdf"}}`,
		"statement.attachments[0].sha256 NOT_HELD",
	},
	{
		"IssueStatement", "", `statement{attachments{id:"a1" sha256:"$file" media_type:"application/pdf" size_bytes:5 filename:"a.pdf"}}`,
		"statement.attachments[0].media_type TYPE_MISMATCH",
	},
	{
		"IssueStatement", "", `statement{attachments{id:"a1" sha256:"$file" media_type:"text/plain" size_bytes:6 filename:"a:b.txt"}}`,
		"statement.attachments[0].filename FILENAME, statement.attachments[0].size_bytes SIZE",
	},
	{"ListStatements", "", `filter:"colour = red"`, "filter FILTER"},
	{"ListStatements", "", `order_by:"colour"`, "order_by ORDER_BY"},
	{"ListStatements", "", `query:"a b c d e f g h i j k l m n o p q r"`, "query QUERY"},
	{"ListStatements", "", `page_token:"x"`, "page_token PAGE_TOKEN"},
	{"ListStatements", "", `filter:"colour = red" order_by:"colour"`, "filter FILTER, order_by ORDER_BY"},
	{"PollStatements", "", `cursor:"x"`, "cursor CURSOR"},
	{"PollStatements", "", `filter:"colour = red"`, "filter FILTER"},
	{"GetCase", "", `page_token:"x"`, "page_token PAGE_TOKEN"},
	{"ListCases", "", `filter:"colour = red" order_by:"colour"`, "filter FILTER, order_by ORDER_BY"},
	{"ListCases", "", `page_token:"x"`, "page_token PAGE_TOKEN"},
	{"ListCases", "", `page_token:"$token" query:"mango"`, "page_token PAGE_TOKEN"},
	{"GetStatistics", "", `start_time{seconds:2} end_time{seconds:1}`, "end_time TIME_RANGE"},
	{"RecordCall", "", `call{call_time{seconds:4000000000}}`, "call.call_time CALL_TIME"},
	{"ReaddressCase", "offices", `offices:"VN"`, "offices[0] ADDRESSEE_SELF"},
	{"ReaddressCase", "", `offices:"LA"`, "offices[1] NO_NODE"},
	{"ReaddressCase", "", `offices:"VN" offices:"LA"`, "offices[1] ADDRESSEE_SELF, offices[2] NO_NODE"},

	{"AcknowledgeCase", "", `acknowledgement{stance{position:STANCE_POSITION_DISPUTED}}`, "acknowledgement.stance STANCE_REASON"},
	{"AcknowledgeCase", "", `statement{addressees{office:"LA"}}`, "statement.addressees[0].office NO_NODE, statement.addressees[0] AUDIENCE_BEYOND"},
	{
		"AcknowledgeCase", "", `statement{case_ref{} status:STATEMENT_STATUS_ACTUAL acknowledgement{}}`,
		"statement.case_ref SET_BY_NODE, statement.status SET_BY_NODE, statement.acknowledgement SET_BY_NODE",
	},
	{"FollowUpCase", "follow_up", ``, "follow_up FOLLOW_UP_EMPTY"},
	{"FollowUpCase", "", `statement{addressees{office:"TH" by_hand:true}}`, "statement.addressees[0].office HAS_NODE"},
	{"FollowUpCase", "", `follow_up{part:PART_DONE}`, "follow_up.part REGISTER_OF_ADDRESSEE"},
	{"RequestInCase", "", `request{offices:"VN"}`, "request.offices[1] REQUEST_SELF"},
	{"RequestInCase", "request.text", ``, "request REQUEST_EMPTY"},
	{"RespondInCase", "name", `name:"$ownCase"`, "target TARGET_REQUIRED"},
	{"RespondInCase", "", `target:"VN-2026-999999"`, "target TARGET_UNKNOWN"},
	{"RespondInCase", "", `target:"$foreignReference"`, "statement.relates_to NOTHING_TO_ANSWER, statement.addressees AUDIENCE_EMPTY"},
	{"RespondInCase", "response.result", `target:"$askedReference" response{result:RESPONSE_RESULT_DECLINED}`, "response RESPONSE_DECLINED"},
	{"AmendCase", "", `update_mask{paths:"colour"}`, "update_mask.paths[0] MASK"},
	{"AmendCase", "amendment.reason", ``, "amendment.reason REPEATED_MIN_ITEMS"},
	{"WithdrawCase", "withdrawal.reason", `target:"VN-2026-999999"`, "target TARGET_UNKNOWN"},
	{"WithdrawCase", "withdrawal.reason", ``, "withdrawal.reason ENUM_NOT_IN, withdrawal.text REPEATED_MIN_ITEMS"},
	{"CloseCase", "", `target:"TH-2026-999999"`, "target NO_CASE"},
	{"CloseCase", "closure.outcome", `closure{outcome:CLOSURE_OUTCOME_DUPLICATE}`, "statement.relates_to RELATION_REQUIRED"},
	{"CloseCase", "closure.outcome", `closure{outcome:CLOSURE_OUTCOME_TRANSFERRED}`, "closure CLOSURE_TRANSFERRED"},
	{"ReopenCase", "name", `name:"$ownCase"`, "reopening CASE_OPEN"},
	{"ReopenCase", "reopening.reason", ``, "reopening.reason REPEATED_MIN_ITEMS"},
	{"AddExternalReference", "external_reference.number", ``, "external_reference.number STRING_MIN_LEN"},
	{
		"AddExternalReference", "external_reference.number", `statement{external_references{system:"IPPC"}}`,
		"statement.external_references[0].number STRING_MIN_LEN, external_reference.number STRING_MIN_LEN",
	},
	{"Announce", "parent", `parent:"offices/TH"`, "parent OTHER_OFFICE"},
	{"Announce", "announcement.subject", ``, "announcement.subject REPEATED_MIN_ITEMS"},
	{"Announce", "", `announcement{action:ANNOUNCEMENT_ACTION_REPLACE} target:"$ownReference"`, "target TARGET_UNKNOWN"},
	{"Announce", "parent announcement.subject", `parent:"offices/TH"`, "parent OTHER_OFFICE, announcement.subject REPEATED_MIN_ITEMS"},

	{"CreateDraft", "draft.statement", ``, "draft.statement REQUIRED"},
	{"CreateDraft", "", `draft{statement{office:"TH" waiver{reason:WAIVER_REASON_CLASSIFICATION}}}`, "draft.statement.office SET_BY_NODE, draft.statement.waiver SET_BY_NODE"},
	{"UpdateDraft", "", `draft{statement{office:"TH"}}`, "draft.statement.office SET_BY_NODE"},
	{
		"CreateDraft", "", `draft{statement{attachments{id:"a1" sha256:"0123456789abcdef0123456789abcdef" media_type:"application/pdf" size_bytes:1 filename:"a.pdf"}}}`,
		"draft.statement.attachments[0].sha256 NOT_HELD",
	},
	{
		"UpdateDraft", "", `draft{statement{attachments{id:"a1" sha256:"0123456789abcdef0123456789abcdef" media_type:"application/pdf" size_bytes:1 filename:"a.pdf"}}}`,
		"draft.statement.attachments[0].sha256 NOT_HELD",
	},
	{"UpdateDraft", "draft.name draft.etag", ``, "draft UPDATE_DRAFT_NAME, draft UPDATE_DRAFT_ETAG"},

	{"CreateSearch", "", `search{filter:"colour = red" columns:"colour"}`, "search.filter FILTER, search.columns[0] COLUMN"},
	{"CreateSearch", "search.title", `search{title:"taken"}`, "search.title TITLE_TAKEN"},
	{"UpdateSearch", "search.name search.etag", ``, "search UPDATE_SEARCH_NAME, search UPDATE_SEARCH_ETAG"},
	{"EnterInspections", "inspections[0].hs_chapter", ``, "inspections[0] INSPECTION_GOODS"},
	{"EnterInspections", "inspections[0].week", `inspections{week:"2026-W12" hs_chapter:"08" origin:"TH"}`, "inspections[0].week STRING_PATTERN"},
	{"EnterInspections", "", `inspections{week:"2026-W99" hs_chapter:"08" origin:"TH"}`, "inspections[1].week WEEK"},
	{"EnterInspections", "", `inspections{week:"2026-W12" hs_chapter:"08" origin:"TH"}`, "inspections[1] TWICE"},
	{"EnterInspections", "", `inspections{week:"2026-W12" product_category:"rasff-product-category:nothing" origin:"TH"}`, "inspections[1].product_category CATEGORY"},
	{"ListInspections", "", `page_token:"x"`, "page_token PAGE_TOKEN"},
}
