package report

import (
	"bytes"
	_ "embed" // the links
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"unicode"

	"requin/page"
	"requin/plot"
)

// shownFigure is a drawing of a page, and the files in which a reader takes it away: they lie in the page itself, behind links.
type shownFigure struct {
	Plot template.HTML
	Take []taken
}

// taken is one of the files.
type taken struct {
	Kind string // SVG, PNG or CSV
	File string // its name
	Link template.URL
	data []byte
}

// figures makes the figures of one page, and gives each a name that no other has.
type figures struct {
	styles []string // of the page, beside the house style
	defs   template.HTML
	names  map[string]int
	all    []taken
}

func newFigures(styles ...string) *figures {
	return &figures{styles: append([]string{page.CSS, plot.CSS}, styles...), defs: template.HTML(hatchDefs()), names: map[string]int{}}
}

// hatchDefs is the pattern of what was not analysed.
func hatchDefs() string {
	_, text, _ := strings.Cut(hatchText, `{{define "hatch"}}`)
	text, _, _ = strings.Cut(text, "{{end")
	return strings.TrimSpace(text)
}

// A wide drawing has fewer dots a pixel: either is as wide as a column, or a page, of a journal at 300 dots an inch.
const wideDots, narrowDots, wideFrom = 2, 3, 600

// add makes a figure of a drawing and of the rows that it shows; name is what its files are called after.
func (f *figures) add(name string, drawing template.HTML, data [][]string) (shownFigure, error) {
	name = fileStem(name)
	if f.names[name]++; f.names[name] > 1 {
		name += "-" + strconv.Itoa(f.names[name])
	}
	drawn, err := plot.NewFigure(drawing, f.defs, f.styles...)
	if err != nil {
		return shownFigure{}, fmt.Errorf("figure %s: %w", name, err)
	}
	dots := float64(narrowDots)
	if drawn.W > wideFrom {
		dots = wideDots
	}
	picture, err := drawn.PNG(dots)
	if err != nil {
		return shownFigure{}, fmt.Errorf("figure %s: %w", name, err)
	}
	var rows bytes.Buffer
	w := csv.NewWriter(&rows)
	for _, row := range data {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = text(cell); isNumber(cell) {
				cells[i] = cell
			}
		}
		_ = w.Write(cells) // into memory
	}
	w.Flush()
	out := shownFigure{Plot: drawing}
	for _, t := range []taken{{Kind: "SVG", data: drawn.SVG()}, {Kind: "PNG", data: picture}, {Kind: "CSV", data: rows.Bytes()}} {
		t.File = name + "." + strings.ToLower(t.Kind)
		kind := map[string]string{"SVG": "image/svg+xml", "PNG": "image/png", "CSV": "text/csv"}[t.Kind]
		t.Link = template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(t.data))
		out.Take = append(out.Take, t)
	}
	f.all = append(f.all, out.Take...)
	return out, nil
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// files are the same files, to lie in a folder beside the page.
func (f *figures) files() []EvaluationTable {
	var out []EvaluationTable
	for _, t := range f.all {
		out = append(out, EvaluationTable{FiguresFolder + "/" + t.File, func(w io.Writer) error {
			_, err := w.Write(t.data)
			return err
		}})
	}
	return out
}

// FiguresFolder is the folder of an evaluation's figures.
const FiguresFolder = "figures"

// fileStem makes a file's name of any text: letters of ASCII and digits, in small letters, parted by hyphens.
func fileStem(name string) string {
	const most = 80
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	out := strings.Join(parts, "-")
	if out == "" {
		out = "figure"
	}
	return strings.TrimRight(out[:min(len(out), most)], "-")
}

//go:embed figures.html
var takeText string
