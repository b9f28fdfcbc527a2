package rules

import "strings"

// bases are the valid statements that the rows spoil, as prototext. In them,
// $own stands for a case, and $ownEntry for the entry of its original; see
// [newLives] for all of them.
var bases = map[string]string{
	"notice": head + `notification{` + content + `}`,
	"alert":  head + `notification{` + strings.Replace(content, "BORDER_REJECTION", "ALERT", 1) + ` risk{decision:RISK_DECISION_UNDECIDED}}`,
	"lots": head + `notification{` + content + `
		products{id:"p2" article_kind:ARTICLE_KIND_COMMODITY lots{id:"p2.l1" quantity{value:"12" rec20:"KGM"}}}
		documents{id:"d1" kind:DOCUMENT_KIND_HEALTH_CERTIFICATE}
		findings{id:"f1" hazard{nature:HAZARD_NATURE_CHEMICAL}}
		samples{id:"s1" results{id:"s1.r1" analyte{as_written:"cadmium"} verdict:VERDICT_NON_COMPLIANT}}
		consignment{transports{id:"t1" containers{number:"MSKU1234565"}}}}`,
	"amendment": head + `case_ref{$own} relates_to{kind:RELATION_KIND_AMENDS entry{$ownEntry}}
		amendment{notification{` + content + `} reason{lang:"en" text:"corrected"} changes{kind:CHANGE_KIND_CORRECTION}}`,
	"follow-up":  head + `case_ref{$own} follow_up{text{lang:"en" text:"the lot is held"}}`,
	"withdrawal": head + `case_ref{$own} withdrawal{reason:WITHDRAWAL_REASON_UNFOUNDED text{lang:"en" text:"it was another lot"}}`,
	"closure":    head + `case_ref{$own} closure{outcome:CLOSURE_OUTCOME_SETTLED}`,
	"reopening":  head + `case_ref{$closed} reopening{reason{lang:"en" text:"found again"}}`,
	"request": head + `case_ref{$own} addressees{office:"TH"}
		request{kind:REQUEST_KIND_INFORMATION offices:"TH" text{lang:"en" text:"which lots"}}`,
	"response": quiet + `case_ref{$foreign} relates_to{kind:RELATION_KIND_REPLIES entry{$askedEntry}}
		response{result:RESPONSE_RESULT_GRANTED}`,
	"acknowledgement": quiet + `case_ref{$foreign} acknowledgement{}`,
	"gate": head + `announcement{subject{lang:"en" text:"gate"} border_gate_status{
		gate{locode:"VNLSN"} status:GATE_STATUS_LIMITED hours{time_zone:"Asia/Bangkok"
			periods{weekday:WEEKDAY_MONDAY open_minute:480 close_minute:1020}}}}`,
	"rule": head + `announcement{subject{lang:"en" text:"rule"} rule_change{proposed:true text{lang:"en" text:"cold treatment"}}}`,
	"told": head + `case_ref{$own} follow_up{text{lang:"en" text:"by telephone"}}
		source{teller{name:"Food Agency"} means:MEANS_TELEPHONE receive_time{seconds:1} received_by{name:"An"}}`,
	"hand": head + `case_ref{$own} follow_up{text{lang:"en" text:"told"}}
		hand_deliveries{area{code:"LA"} means:MEANS_TELEPHONE tell_time{seconds:1} told_by{name:"An"} told_to{name:"Bua"}}`,
}

const (
	head    = `status:STATEMENT_STATUS_ACTUAL handling:HANDLING_NETWORK network:true `
	quiet   = `status:STATEMENT_STATUS_ACTUAL handling:HANDLING_ADDRESSEES_ONLY addressees{office:"TH"} `
	content = `classification:CLASSIFICATION_BORDER_REJECTION type:NOTIFICATION_TYPE_FOOD subject{lang:"en" text:"durian"}
		products{id:"p1" name{lang:"en" text:"durian"}}`
)
