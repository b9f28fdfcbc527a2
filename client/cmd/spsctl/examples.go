package main

import "strings"

// examples are the cheat sheet. A test runs every line of it, in this order, in
// the folder of an office whose node is up.
var examples = []struct {
	task  string
	lines []string
}{
	{"try everything on this machine", []string{
		"spsctl demo --once",
	}},
	{"what has come, and what comes", []string{
		"spsctl case list",
		"spsctl case get VN-2026-000001",
		"spsctl case watch",
	}},
	{"what is to be done, and by when", []string{
		"spsctl desk",
		"spsctl case list --needs-me",
		"spsctl case list --overdue --filter 'classification = ALERT' -o csv",
	}},
	{"find: words in any language, fields, an order", []string{
		"spsctl case list mango dorsalis",
		"spsctl case list --filter 'classification = (ALERT OR BORDER_REJECTION) AND addressee = CN'",
		"spsctl case list --filter 'issue_time >= \"2026-03-01\"' --order-by reference --all",
	}},
	{"codes: find one by words, see what one means", []string{
		"spsctl code list",
		"spsctl code search hs sau rieng",
		"spsctl code get unece-rec20 KGM",
	}},
	{"is a packing house or growing area good for a market, now or on a day", []string{
		"spsctl code status VN-DL-0123 --market CN --product 080450",
		"spsctl code status --filter 'market = CN AND suspended' --on 2026-12-01",
		"spsctl code history VN-DL-0123",
		"spsctl code export -o xlsx > codes.xlsx",
	}},
	{"what is announced and holds: rules that change, border gates", []string{
		"spsctl announcement list --filter 'state = UPCOMING AND touches = \"080450\"'",
		"spsctl gate status",
		"spsctl gate status --office CN --on 2026-12-01 -o csv",
	}},
	{"issue: begin with a template, fill it in, check it, issue it", []string{
		"spsctl case template border-rejection > mango.yaml",
		"spsctl case issue -f mango.yaml --check",
		"spsctl case issue -f mango.yaml --yes",
	}},
	{"files: upload and issue at once, or one by one; take one out", []string{
		"spsctl case issue -f mango.yaml --attach report.pdf --yes",
		"spsctl attachment put report.pdf",
		"spsctl attachment get VN-2026-000002 --file copy.pdf",
	}},
	{"follow up, on a case by its reference", []string{
		"spsctl case issue -f followup.yaml --yes",
	}},
	{"issue from a program: the same request ID issues once, however often", []string{
		"spsctl case issue -f mango.yaml --yes --request-id 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 -o json",
	}},
	{"follow from a program; keep the last cursor and go on after it", []string{
		"spsctl case watch -o jsonl",
		"spsctl case list --watch -o jsonl",
	}},
	{"for a spreadsheet", []string{
		"spsctl case list --all -o csv > cases.csv",
		"spsctl case export -o xlsx --filter 'issue_time >= \"2026-01-01\"' > cases.xlsx",
		"spsctl case export -o jsonl --statements > statements.jsonl",
		"spsctl case stats --by origin,hazard -o xlsx > figures.xlsx",
	}},
	{"figures: how many, of what, from where, and how long answers took", []string{
		"spsctl case statistics --by week",
		"spsctl case stats --by origin,hazard --from 2026-01-01 -o json",
	}},
	{"searches that are kept", []string{
		"spsctl search save 'our fruit' mango --filter 'addressee = CN' --order-by reference",
		"spsctl search list",
		"spsctl search run 'our fruit'",
		"spsctl case list --saved 'our fruit' --filter 'classification = ALERT'",
		"spsctl search delete 'our fruit'",
	}},
	{"how much was inspected, to set rejections against it", []string{
		"spsctl inspection enter -f inspected.csv",
		"spsctl inspection list --history",
	}},
	{"findings: a laboratory posts one and sees what becomes of it, the office reads", []string{
		"spsctl finding template > empty.yaml",
		"spsctl --context vn-lab finding post -f finding.yaml --check",
		"spsctl --context vn-lab finding post -f finding.yaml --attach report.pdf",
		"spsctl --context vn-lab finding list",
		"spsctl finding list --proposed -o csv",
		"spsctl finding order create --laboratory lab --sample S-9002 --analyte carbendazim --product durian",
		"spsctl --context vn-lab finding order list --open",
		"spsctl finding watch",
		"spsctl --context vn-lab finding withdraw L-2026-0042 --reason 'en=the samples were mixed up'",
	}},
	{"units of the office: who deals with what, who is on duty", []string{
		"spsctl unit list",
		"spsctl unit tree CN",
		"spsctl routing template > routing.yaml",
		"spsctl routing get",
		"spsctl routing try",
		"spsctl routing history",
		"spsctl duty template > duty.yaml",
		"spsctl duty get",
		"spsctl duty now",
	}},
	{"exporters: the office registers one, which is told of cases of its codes", []string{
		"spsctl exporter template > empty-exporter.yaml",
		"spsctl exporter register trader -f exporter.yaml",
		"spsctl exporter list thanh long --market CN",
		"spsctl exporter codes VN-BT -o csv",
		"spsctl exporter get trader",
		"spsctl exporter update trader -f exporter.yaml",
		"spsctl notice list --waiting",
		"spsctl --context vn-exporter exporter self",
		"spsctl --context vn-exporter exporter status --market CN",
		"spsctl --context vn-exporter notice list",
		"spsctl --context vn-exporter notice announcements",
		"spsctl exporter deactivate trader --reason 'the firm was dissolved'",
		"spsctl exporter reactivate trader",
	}},
	{"how the node and the links stand", []string{
		"spsctl node show",
		"spsctl node whoami",
		"spsctl peer list",
		"spsctl peer list --watch",
		"spsctl doctor",
		"spsctl check",
		"spsctl --context vn-admin peer test CN",
	}},
	{"who may call without a certificate, and who did what (as administrator)", []string{
		"spsctl --context vn-admin token create --name 'customs single window' --role system --id customs --classification border-rejection > customs.token",
		"spsctl --context vn-admin token list",
		"spsctl --context vn-admin lending create --to an.pham --for minh.tran --role validator --until 2027-01-20 --reason 'annual leave'",
		"spsctl --context vn-admin lending list",
		"spsctl --context vn-admin lending end lendings/00000001",
		"spsctl --context vn-admin account create lan.nguyen --role officer --name 'Lan Nguyen'",
		"spsctl --context vn-admin account list",
		"spsctl --context vn-admin account show lan.nguyen",
		"spsctl --context vn-admin account disable lan.nguyen --yes",
		"spsctl --context vn-admin account enable lan.nguyen --yes",
		"spsctl --context vn-admin account reset lan.nguyen --yes",
		"spsctl --context vn-admin audit list --since 24h",
	}},
	{"set up an office", []string{
		"spsctl ca init --federation asean-cn --office TH --address spsd.doa.go.th:7443 --dir th",
		"spsctl ca issue --dir th --role validator --id somchai",
		"spsctl ca web --dir th --dns sps.doa.go.th",
		"spsd store init -config th/spsd.yaml",
		"spsctl context add th --address 127.0.0.1:7444 --card th/TH.card --certificate th/people/validator-somchai.pem --key th/people/validator-somchai.key",
	}},
	{"join: exchange cards, compare fingerprints over the telephone", []string{
		"spsctl peer fingerprint th/TH.card",
		"spsctl peer show th/TH.card",
		"spsctl peer accept th/TH.card --dir vn/peers --yes",
		"spsctl join --dir vn --told CN,TH || true # 1 while something is left",
		"spsctl ca card --dir th --address spsd2.doa.go.th:7443",
		"spsctl ca template > office.yaml",
		"spsctl ca card --dir th --details office.yaml",
	}},
	{"speak to another node", []string{
		"spsctl context list",
		"spsctl context show vn",
		"spsctl context use vn",
		"spsctl --context vn case list",
		"spsctl context remove th",
		"spsctl version",
	}},
	{"complete with the tab key", []string{
		"spsctl completion bash > spsctl.bash",
		"spsctl completion zsh > _spsctl",
		"spsctl completion fish > spsctl.fish",
		"spsctl completion powershell > spsctl.ps1",
	}},
}

// moreExamples are of commands that need more than is at hand there: a person who
// types a password, a node of EU, an office that lost its keys.
const moreExamples = `
# not for every day
  spsctl token revoke tokens/vqtgl5nqdzpi2mkp
  spsctl account password lan.nguyen
  spsctl account totp lan.nguyen
  spsctl import rasff-window notifications.csv --check
  spsctl peer revoke CN
  spsctl code check hs@2022.csv
  spsctl code watch --filter suspended

# two persons: one drafts, another issues
  spsctl draft create -f mango.yaml
  spsctl draft list --state submitted
  spsctl draft get 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl draft update 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 -f mango.yaml
  spsctl draft check 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl draft submit 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl draft return 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --reason 'en=which lot?'
  spsctl draft issue 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl draft delete 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --yes

# a draft from what a laboratory found
  spsctl finding get 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl finding order get 7c9a1e52-2f7b-4e0e-8d53-6a1b0c9d4e21
  spsctl finding order cancel 7c9a1e52-2f7b-4e0e-8d53-6a1b0c9d4e21
  spsctl finding file 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl finding draft 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl finding set-aside 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --reason 'vi=đã giải quyết qua điện thoại'

# a sheet of findings (as laboratory)
  spsctl import template findings -o march.xlsx
  spsctl import mapping set findings -f mapping.yaml --check
  spsctl import mapping get findings > mapping.yaml
  spsctl import mapping delete findings
  spsctl import findings march.xlsx --preview
  spsctl import findings march.xlsx --good-rows
  spsctl import codes register.xlsx --preview
  spsctl import list
  spsctl import get 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl import errors 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 -o csv
  spsctl import commit --good-rows 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl import watch 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl import cancel 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl import delete 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11

# who deals with what, and who is on duty (as validator or administrator)
  spsctl routing try -f routing.yaml --last 50
  spsctl routing set -f routing.yaml
  spsctl duty set -f duty.yaml
  spsctl finding route 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --to lang-son --reason 'the gate is theirs'
  spsctl case route TH-2026-000123 --to dak-lak --due '3 working days' --reason 'the packing house is there'
  spsctl case part-done TH-2026-000123 --text 'the packing house was inspected'
  spsctl case list --unit dak-lak --with-units

# what an exporter is told, and what it answers
  spsctl notice create TH-2026-000123 --exporter binh-thuan --about p1.l1 --reason 'the province says so'
  spsctl notice watch -o jsonl
  spsctl notice get 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl notice preview 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl notice release 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --text 'vi=hãy gửi hồ sơ khử trùng'
  spsctl notice hold 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --reason 'ask the province first'
  spsctl notice reject 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --reason 'another firm of that name'
  spsctl notice withdraw 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --reason 'vi=thông báo gửi nhầm'
  spsctl notice acknowledge 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --version 1
  spsctl notice answer 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --say not-our-goods,code-misused --text 'vi=mã số bị lạm dụng'
  spsctl notice answers 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11
  spsctl notice forward 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 1
  spsctl notice outreach -o jsonl
  spsctl notice sent 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --version 1 --channel phone --address +84241234567

# in a case: what you do; --check looks first, --draft leaves it to a second person
  spsctl case ack TH-2026-000123 --stance accepted
  spsctl case follow-up TH-2026-000123 --text 'the packing house was inspected' --part done
  spsctl case ask TH-2026-000123 documents --text 'the analytical report'
  spsctl case answer VN-2026-000001 --result granted --text 'see the report' --attach report.pdf
  spsctl case amend VN-2026-000001 --confirm --reason 'the second test says the same'
  spsctl case withdraw VN-2026-000001 --reason unfounded --text 'the sample was mixed up'
  spsctl case close VN-2026-000001 --outcome settled
  spsctl case reopen VN-2026-000001 --reason 'a second lot was found'
  spsctl case reference TH-2026-000123 MARD 117/BVTV-KD
  spsctl code suspend CN-2026-000123 VN-DL-0123 --kind packing-house --market CN --until 2026-12-24
  spsctl code reinstate CN-2026-000123 VN-DL-0123 --kind packing-house --market CN
  spsctl announce --gate VNLSN --status suspended --subject 'flood at the gate'
  spsctl announcement get VN-2026-000131
  spsctl announcement watch --remind 14,3
  spsctl gate status VNLSN --product 081060

# who is not on the network: what you told by hand, what you heard, and the real one
  spsctl case told VN-2026-000001 LA --by telephone --told-to 'Bounmy S.'
  spsctl case enter -f letter.yaml --heard-from LA --heard-by letter --their-reference 12/PPD --attach scan.pdf
  spsctl case link VN-2026-000002 LA-2026-000007

# bring a further office in; prove to a court what was said
  spsctl case readdress VN-2026-000001 TH LA
  spsctl case call VN-2026-000001 TH --result no-answer --phone +6625798516
  spsctl evidence export VN-2026-000001
  spsctl evidence verify VN-2026-000001.evidence

# a backup of the running node; after a restore, the tokens
  spsctl backup create
  spsctl backup list
  spsctl token confirm

# a clock that is right, against what the peers say
  spsctl node confirm-clock --yes
`

// examplesText returns what `spsctl help examples` shows.
func examplesText() string {
	var b strings.Builder
	for i, e := range examples {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString("# " + e.task + "\n")
		for _, line := range e.lines {
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String() + strings.TrimSuffix(moreExamples, "\n")
}
