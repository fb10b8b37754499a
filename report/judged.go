package report

import (
	"bytes"
	"cmp"
	_ "embed" // the style and the key
	"fmt"
	"html/template"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"requin/eval"
	"requin/frame"
	"requin/page"
	"requin/plot"
)

// A picture stands on the page at this width; above so many detections they have no
// labels, which would hide the animals.
const (
	shownWidth = 466.0
	labelled   = 12
)

// Judged is a picture with what is true of it and what was found in it.
type Judged struct {
	JPEG    []byte // small: some 600 pixels wide
	W, H    int    // the size that boxes are in pixels of; 0: the JPEG's own
	Name    string // where it is from
	Truth   []eval.Truth
	Partial bool         // other animals may be in it than Truth has
	Found   []eval.Found // those to be shown: over their thresholds
	IoU     float64      // from which on a detection is right; 0: 0.5
	Worst   *frame.Box   // one of the boxes, to be pointed out; nil: none
}

// JudgedCSS is the style of such pictures, for a page that shows them beside plot.CSS,
// and JudgedKey a template "key" that says which box is what.
var (
	//go:embed judged.css
	JudgedCSS string
	//go:embed judged.html
	JudgedKey string
)

// JudgedView is a picture as a page's template shows it.
type JudgedView struct {
	Name, Caption string
	Source        template.URL
	W, H          int
	Overlay       template.HTML
}

// View draws truth and detections over a picture: which are right, which are wrong and
// which animals were missed, each taxon by itself. It fails where the picture is no JPEG.
func (p Judged) View() (JudgedView, error) {
	head, err := jpeg.DecodeConfig(bytes.NewReader(p.JPEG))
	if err != nil {
		return JudgedView{}, fmt.Errorf("picture %q is not a readable JPEG: %w", p.Name, err)
	}
	w, h := p.W, p.H
	if w <= 0 || h <= 0 {
		w, h = head.Width, head.Height
	}
	j := eval.Judge(eval.Image{Truth: p.Truth, Found: p.Found, Partial: p.Partial}, cmp.Or(p.IoU, 0.5))
	var clear []frame.Box
	for _, t := range p.Truth {
		clear = append(clear, t.Box)
	}
	for _, f := range p.Found {
		clear = append(clear, f.Box)
	}
	o := plot.NewOverlay("Boxes of "+p.Name, w, h, shownWidth, clear)
	outline := func(class string, b frame.Box) {
		o.Outline("halo", b)
		o.Outline(class, b)
	}
	right, wrong, missed, bare := 0, 0, 0, 0 // bare: boxes without room for a label
	for i, t := range p.Truth {
		switch {
		case t.Ignore || t.Crowd:
			outline("ignored", t.Box)
		case !j.Found[i]:
			missed++
			outline("missed", t.Box)
		default:
			outline("truth", t.Box)
		}
	}
	order := make([]int, len(p.Found)) // the best last, over the others
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.Found[a].Score, p.Found[b].Score) })
	class := func(i int) string {
		switch {
		case j.Right[i]:
			return "right"
		case j.Wrong[i]:
			return "wrong"
		}
		return "ignored"
	}
	for _, i := range order {
		outline(class(i), p.Found[i].Box)
	}
	if p.Worst != nil {
		outline("worst", *p.Worst)
	}
	slices.Reverse(order)
	for n, i := range order {
		if f := p.Found[i]; n < labelled {
			if !o.Label(class(i), fmt.Sprintf("%s %.2f", Abbreviate(f.Taxon), f.Score), f.Box) {
				bare++
			}
		}
		if j.Right[i] {
			right++
		}
		if j.Wrong[i] {
			wrong++
		}
	}
	if missed <= labelled {
		for i, t := range p.Truth {
			if !j.Found[i] && !t.Ignore && !t.Crowd {
				if !o.Label("missed", Abbreviate(t.Taxon), t.Box) {
					bare++
				}
			}
		}
	}
	caption := fmt.Sprintf("%d right, %d wrong, %d missed", right, wrong, missed)
	if bare > 0 {
		caption += fmt.Sprintf(", %d without room for a name", bare)
	}
	return JudgedView{Name: p.Name, Caption: caption,
		Source: page.JPEG(p.JPEG), W: head.Width, H: head.Height, Overlay: o.HTML()}, nil
}

// Abbreviate shortens a name as biologists do: C. amblyrhynchos. Others are cut.
func Abbreviate(name string) string {
	const most = 22
	if genus, rest, _ := strings.Cut(name, " "); Latin(name) && len(rest) > 0 {
		first, _ := utf8.DecodeRuneInString(genus)
		name = string(first) + ". " + rest
	}
	if r := []rune(name); len(r) > most {
		return strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return name
}

// Latin tells whether a name looks like that of a species: two words of letters, the
// first alone with a capital.
func Latin(name string) bool {
	genus, epithet, ok := strings.Cut(name, " ")
	if !ok || strings.ContainsFunc(genus+epithet, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
		return false
	}
	first, n := utf8.DecodeRuneInString(genus)
	return unicode.IsUpper(first) && len(epithet) > 2 && strings.ToLower(genus[n:]+epithet) == genus[n:]+epithet && len(genus) > n
}

// Thumbnail is a frame as a JPEG whose longer side has at most so many pixels.
func Thumbnail(resizer *frame.Resizer, f *frame.Frame, side int) ([]byte, error) {
	w, h := frame.Fit(f.W, f.H, min(side, f.W), min(side, f.H))
	pix := resizer.Resize(f.Pix, f.W, f.H, w, h)
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		copy(img.Pix[4*i:], pix[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 80})
	return b.Bytes(), err
}
