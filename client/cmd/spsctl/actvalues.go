package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// wordings are texts on the command line, each with its language before it:
// vi=đã nhận. One without is in English.
type wordings struct{ all []*spsv1.LocalizedText }

var tagged = regexp.MustCompile(`^([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)=`)

// String, Set and Type make it the value of a flag.
func (t *wordings) String() string { return "" }

// Set implements pflag.Value.
func (t *wordings) Set(s string) error {
	one := &spsv1.LocalizedText{Lang: "en", Text: s}
	if m := tagged.FindStringSubmatch(s); m != nil {
		one.Lang, one.Text = m[1], s[len(m[0]):]
	}
	if strings.TrimSpace(one.GetText()) == "" {
		return fmt.Errorf("want a text, such as 'the lot is held' or 'vi=lô hàng bị giữ'")
	}
	t.all = append(t.all, one)
	return nil
}

// Type implements pflag.Value.
func (t *wordings) Type() string { return "text" }

// textFlag is a flag for texts; it may be repeated, once for each language.
func textFlag(cmd *cobra.Command, name, usage string) *wordings {
	t := &wordings{}
	cmd.Flags().Var(t, name, usage+"; may be repeated, with the language before it: vi=…")
	return t
}

// oneOf is a value of an enum on the command line, written short.
type oneOf struct {
	e protoreflect.EnumDescriptor
	n protoreflect.EnumNumber
}

// String, Set and Type make it the value of a flag.
func (o *oneOf) String() string { return "" }

// Set implements pflag.Value.
func (o *oneOf) Set(s string) error {
	name, ok := enumValue(o.e, s)
	if !ok {
		return fmt.Errorf("want one of %s", strings.Join(shortNames(o.e), ", "))
	}
	o.n = o.e.Values().ByName(protoreflect.Name(name)).Number()
	return nil
}

// Type implements pflag.Value.
func (o *oneOf) Type() string { return "word" }

// wordFlag is a flag for a value of the enum that e belongs to.
func wordFlag(cmd *cobra.Command, name, usage string, e protoreflect.Enum) *oneOf {
	o := &oneOf{e: e.Descriptor()}
	cmd.Flags().Var(o, name, usage+": "+strings.Join(shortNames(o.e), ", "))
	complete(cmd, name, shortNames(o.e)...)
	return o
}

// whenFlag is a flag for a time that is to come.
func whenFlag(cmd *cobra.Command, name, usage string) *timeFlag {
	t := &timeFlag{ahead: true}
	cmd.Flags().Var(t, name, usage)
	return t
}

// dayFlag flags, as --on, the day of which a question asks. It goes by --day too.
func dayFlag(cmd *cobra.Command, day *string, usage string) {
	f := cmd.Flags()
	f.StringVar(day, "on", "", usage)
	f.StringVar(day, "day", "", usage)
	cobra.CheckErr(f.MarkHidden("day"))
	cmd.MarkFlagsMutuallyExclusive("on", "day")
}

// pastFlag is a flag for a time that has been.
func pastFlag(cmd *cobra.Command, name, usage string) *timeFlag {
	t := &timeFlag{}
	cmd.Flags().Var(t, name, usage)
	return t
}

// recipientOf returns whom a word names: an area by its code, or somebody by
// name.
func recipientOf(word string) (area *spsv1.Area, name string) {
	if areaCode.MatchString(word) {
		return &spsv1.Area{Code: strings.ToUpper(word)}, ""
	}
	return nil, word
}

var areaCode = regexp.MustCompile(`^[A-Za-z]{2}$`)
