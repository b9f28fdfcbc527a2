package main

import (
	_ "embed" // for the template
	"fmt"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// statementTemplate is what a person fills in.
//
//go:embed template.yaml
var statementTemplate string

// suggestions are what a template offers for a classification.
type suggestions struct {
	Classification string // short
	About          string // when to use it
	Decision       string // of the risk
	Ask            string // kind of the flag: what is asked of the office of origin
	Ispm13         bool   // ISPM 13 is likely to apply
	Goods          bool   // there is likely to be a consignment at a border
	Fraud          bool
}

var classifications = []suggestions{
	{Classification: "alert", About: "a risk that needs, or may need, rapid action by another office", Decision: "serious", Ask: "for-follow-up", Ispm13: true, Goods: true},
	{Classification: "border-rejection", About: "goods refused at a border", Decision: "serious", Ask: "for-follow-up", Ispm13: true, Goods: true},
	{Classification: "information-for-attention", About: "goods only in your area, or not, or no longer, on the market", Decision: "potentially-serious", Ask: "for-attention"},
	{Classification: "information-for-follow-up", About: "goods that are or may be on another market, without need of rapid action", Decision: "potentially-serious", Ask: "for-follow-up"},
	{Classification: "news", About: "not verified", Decision: "undecided", Ask: "for-attention"},
	{Classification: "non-compliance", About: "a rule was broken without a risk", Decision: "no-risk", Ask: "for-follow-up", Ispm13: true, Goods: true},
	{Classification: "fraud", About: "a rule was, or is suspected to have been, broken on purpose", Decision: "undecided", Ask: "for-follow-up", Goods: true, Fraud: true},
}

func (a *app) caseTemplateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "template [CLASSIFICATION]",
		Short: "print a statement to fill in",
		Long: `Template prints a notification in YAML, with a comment on each part, for you to
fill in and issue. What you must say is empty in it: until it is filled in, issue
names it and issues nothing. Classifications: alert (if you name none),
border-rejection, information-for-attention, information-for-follow-up, news,
non-compliance, fraud.`,
		Example: `  spsctl case template border-rejection > mango.yaml
  spsctl case issue -f mango.yaml --check`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: offer(func() []string { return shortNames(spsv1.Classification(0).Descriptor()) }),
		RunE: func(_ *cobra.Command, args []string) error {
			name := first(append(args, "alert")...)
			for _, s := range classifications {
				if plainName(name) == plainName(s.Classification) || plainName(name) == plainName("classification_"+s.Classification) {
					return template.Must(template.New("statement").Parse(statementTemplate)).Execute(a.out, s)
				}
			}
			known := shortNames(spsv1.Classification(0).Descriptor())
			return usageError{fmt.Errorf("classification %q is none of %s", name, strings.Join(known, ", "))}
		},
	}
}
