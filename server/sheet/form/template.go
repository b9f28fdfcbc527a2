package form

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/language"

	"github.com/spsalert/spsalert/client/csvcell"
)

// The formats of templates.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// Template writes an empty sheet of the form, with all columns, for a person to fill
// in: CSV, in UTF-8 with a byte order mark so that spreadsheets read it as such, or a
// workbook whose columns of codes are text, so that zeros at their beginning stay,
// with lists to choose words from, and a second sheet that explains each column in the
// first language of some tags of BCP 47 in which it can, or else in English. No cell is
// a formula.
func (f *Form) Template(w io.Writer, format string, tags ...string) error {
	switch format {
	case CSV:
		return f.csvTemplate(w)
	case XLSX:
		return f.workbookTemplate(w, tags)
	}
	return fmt.Errorf("template: there is no format %q", format)
}

func (f *Form) csvTemplate(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write a template: %w", err)
	}
	var names []string
	for _, c := range f.Columns {
		names = append(names, csvcell.Safe(c.Name))
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(names); err != nil {
		return fmt.Errorf("write a template: %w", err)
	}
	out.Flush()
	return out.Error()
}

// languages are those of the explanations and words of a form, English first.
var languages = []language.Tag{language.English, language.Vietnamese, language.SimplifiedChinese, language.Thai}

// Languages returns the languages that a form explains its columns in, as tags of
// BCP 47, English first; the slice is the caller's.
func Languages() []string {
	all := make([]string, len(languages))
	for i, l := range languages {
		all[i] = l.String()
	}
	return all
}

// closest returns the language of the explanations that suits a reader of some
// languages, the best first. English comes last: it is not what a reader of Lao, and
// then of Vietnamese, asks for, though a table of Unicode has it near to Lao.
func closest(tags []string) string {
	for _, tag := range tags {
		wanted, err := language.Parse(tag)
		if err != nil {
			continue
		}
		for _, l := range languages {
			if base(wanted) == base(l) {
				return l.String()
			}
		}
	}
	return languages[0].String()
}

func base(tag language.Tag) language.Base {
	b, _ := tag.Base()
	return b
}

// lastRow is the last row of a sheet of a workbook.
const lastRow = 1 << 20

func (f *Form) workbookTemplate(w io.Writer, tags []string) error {
	file := excelize.NewFile()
	t := &workbook{form: f, f: file, language: closest(tags)}
	err := errors.Join(t.records(), t.explanations())
	if err == nil {
		_, err = file.WriteTo(w)
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write a template: %w", err)
	}
	return nil
}

// workbook is a template in the making.
type workbook struct {
	form     *Form
	f        *excelize.File
	language string
}

// style returns a style with a format of numbers, and perhaps bold.
func (t *workbook) style(format string, bold bool) (int, error) {
	return t.f.NewStyle(&excelize.Style{CustomNumFmt: &format, Font: &excelize.Font{Bold: bold}})
}

// formats are those of the cells of a column. What is a code, a word or a text stays
// as it is typed.
func cellFormat(k Kind) string {
	switch k {
	case Date:
		return "yyyy-mm-dd"
	case Count, Number, Result:
		return "General"
	}
	return "@"
}

func (t *workbook) records() error {
	if err := t.f.SetSheetName("Sheet1", t.form.Name); err != nil {
		return err
	}
	head, err := t.style("@", true)
	if err != nil {
		return err
	}
	for i, c := range t.form.Columns {
		letter, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		cells, err := t.style(cellFormat(c.Kind), false)
		if err = errors.Join(err, t.f.SetColStyle(t.form.Name, letter, cells), t.f.SetColWidth(t.form.Name, letter, letter, 16),
			t.f.SetCellStr(t.form.Name, letter+"1", c.Name), t.f.SetCellStyle(t.form.Name, letter+"1", letter+"1", head), t.choice(c, letter)); err != nil {
			return err
		}
	}
	return t.f.SetPanes(t.form.Name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// choice lets a person choose the words of a column from a list. Others may be typed
// in, such as the codes of EFSA.
func (t *workbook) choice(c *Column, letter string) error {
	if c.Kind != Word {
		return nil
	}
	list := excelize.NewDataValidation(true)
	list.SetSqref(fmt.Sprintf("%s2:%[1]s%d", letter, lastRow))
	if err := list.SetDropList(t.form.Offers(c, t.language)); err != nil {
		return err
	}
	list.ShowErrorMessage = false
	return t.f.AddDataValidation(t.form.Name, list)
}

func (t *workbook) explanations() error {
	const sheet = "explanations"
	if _, err := t.f.NewSheet(sheet); err != nil {
		return err
	}
	head, err := t.style("@", true)
	if err != nil {
		return err
	}
	out, err := t.f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	heads := headsIn(t.language)
	row := make([]any, len(heads))
	for i, h := range heads {
		row[i] = h
	}
	err = errors.Join(out.SetColWidth(1, 1, 20), out.SetColWidth(2, 3, 60), out.SetColWidth(4, 5, 20), out.SetRow("A1", row, excelize.RowOpts{StyleID: head}))
	for i, c := range t.form.Columns {
		needed := ""
		if c.Need {
			needed = "✓"
		}
		err = errors.Join(err, out.SetRow(fmt.Sprintf("A%d", i+2), []any{c.Name, c.Means[t.language], joined(t.form.Offers(c, t.language)), c.Example, needed}))
	}
	return errors.Join(err, out.Flush())
}

// headsIn returns what the columns of the explanations are called, in a language.
func headsIn(language string) []string {
	switch language {
	case "vi":
		return []string{"cột", "ý nghĩa", "giá trị", "ví dụ", "bắt buộc"}
	case "zh-Hans":
		return []string{"列", "含义", "取值", "示例", "必填"}
	case "th":
		return []string{"คอลัมน์", "ความหมาย", "ค่า", "ตัวอย่าง", "จำเป็น"}
	}
	return []string{"column", "meaning", "values", "example", "needed"}
}
