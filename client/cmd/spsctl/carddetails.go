package main

import (
	_ "embed" // for the template
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// detailsTemplate is a file of details that an administrator fills in.
//
//go:embed office.yaml
var detailsTemplate string

func (a *app) caTemplateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "template",
		Short: "print what a card may say of an office, to fill in",
		Long: `Template prints a file in YAML with the duty contacts, working hours, holidays
and units of an office, with a comment on each part, for ca init and ca card.`,
		Example: `  spsctl ca template > office.yaml
  spsctl ca card --dir vn --details office.yaml`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.out, detailsTemplate)
			return err
		},
	}
}

// details is what a file says of an office, for its card.
type details struct {
	card  *spsv1.Card // has nothing but details
	named []protoreflect.FieldDescriptor
}

// apply puts onto a card what the file names. What it does not name stays.
func (d *details) apply(c *spsv1.Card) {
	if d == nil {
		return
	}
	from, to := d.card.ProtoReflect(), c.ProtoReflect()
	for _, f := range d.named {
		to.Clear(f)
		if from.Has(f) {
			to.Set(f, from.Get(f))
		}
	}
}

// readDetails reads a file of details, "-" for standard input; none without a
// path. All that is wrong with it is said at once, with the lines.
func (a *app) readDetails(path string) (*details, error) {
	if path == "" {
		return nil, nil
	}
	data, err := a.readInput(path)
	if err != nil {
		return nil, err
	}
	d, err := parseDetails(data)
	if err != nil {
		return nil, invalidError{fmt.Errorf("%s: %w", path, err)}
	}
	return d, nil
}

// parseDetails parses a file of details: the card in the names of proto3 JSON,
// times and days as people write them.
func parseDetails(data []byte) (*details, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode || len(document.Content[0].Content) == 0 {
		return nil, errors.New("the file names nothing")
	}
	root := document.Content[0]
	d := &details{card: &spsv1.Card{}}
	problems := d.keepDetails(root)
	problems = append(problems, plainHours(root)...)
	text, err := toProtoJSON(root, d.card.ProtoReflect().Descriptor(), nil)
	if err := errors.Join(append(problems, err)...); err != nil {
		return nil, err
	}
	if err := protojson.Unmarshal(text, d.card); err != nil {
		return nil, plainError(err)
	}
	for _, problem := range certs.CheckDetails(d.card) {
		problems = append(problems, atLine(root, problem.Error()))
	}
	return d, errors.Join(problems...)
}

// keepDetails takes out of a document what is no detail, and says so.
func (d *details) keepDetails(root *yaml.Node) (problems []error) {
	var names []string
	fields := map[string]protoreflect.FieldDescriptor{}
	for _, name := range certs.DetailFields() {
		f := d.card.ProtoReflect().Descriptor().Fields().ByName(name)
		names, fields[f.JSONName()] = append(names, f.JSONName()), f
	}
	var kept []*yaml.Node
	for i := 0; i+1 < len(root.Content); i += 2 {
		key := root.Content[i]
		if f, ok := fields[key.Value]; ok {
			d.named = append(d.named, f)
			kept = append(kept, key, root.Content[i+1])
			continue
		}
		problems = append(problems, fmt.Errorf("line %d: there is no %q here; there are %s", key.Line, key.Value, strings.Join(names, ", ")))
	}
	root.Content = kept
	return problems
}

// steps are the names and indexes of a path such as units[2].hours.time_zone.
var steps = regexp.MustCompile(`[a-z_]+|[0-9]+`)

// atLine says a problem, which begins with the path of its field, with the line
// on which that field stands, or what it should stand in.
func atLine(root *yaml.Node, problem string) error {
	path, text, _ := strings.Cut(problem, ": ")
	n := root
	for _, step := range steps.FindAllString(path, -1) {
		below := child(n, step)
		if below == nil {
			break
		}
		n = below
	}
	if strings.HasSuffix(path, "phone") {
		text = "write a telephone number with + and the code of the country, without blanks: +842400000001"
	}
	return fmt.Errorf("line %d: %s: %s", n.Line, jsonPath(path), text)
}

// child returns what stands in a node under a name or index, nil if nothing does.
func child(n *yaml.Node, step string) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
			return n.Content[i]
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if plainName(n.Content[i].Value) == plainName(step) {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

// jsonPath returns a path with the names of proto3 JSON, as the file has them.
func jsonPath(path string) string {
	words := strings.Split(path, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:min(1, len(word))]) + word[min(1, len(word)):]
	}
	return strings.Join(words, "")
}
