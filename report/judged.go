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
	var clear []frame.Box
	for _, t := range p.Truth {
		clear = append(clear, t.Box)
	}
	for _, f := range p.Found {
		clear = append(clear, f.Box)
	}
	o := judgedOverlay{plot.NewOverlay("Boxes of "+p.Name, w, h, shownWidth, clear), p,
		eval.Judge(eval.Image{Truth: p.Truth, Found: p.Found, Partial: p.Partial}, cmp.Or(p.IoU, 0.5))}
	best := make([]int, len(p.Found)) // the best first
	for i := range best {
		best[i] = i
	}
	slices.SortStableFunc(best, func(a, b int) int { return cmp.Compare(p.Found[b].Score, p.Found[a].Score) })
	o.boxes(best)
	bare := o.labels(best)
	right, wrong, missed := o.counts()
	caption := fmt.Sprintf("%d right, %d wrong, %d missed", right, wrong, missed)
	if bare > 0 {
		caption += fmt.Sprintf(", %d without room for a name", bare)
	}
	return JudgedView{Name: p.Name, Caption: caption, Source: page.JPEG(p.JPEG), W: head.Width, H: head.Height, Overlay: o.HTML()}, nil
}

// judgedOverlay is what is drawn over a picture.
type judgedOverlay struct {
	*plot.Overlay
	of     Judged
	judged eval.Judgement
}

func (o judgedOverlay) outline(class string, b frame.Box) {
	o.Outline("halo", b)
	o.Outline(class, b)
}

// missed tells whether an animal was to be found and was not.
func (o judgedOverlay) missed(i int) bool {
	t := o.of.Truth[i]
	return !o.judged.Found[i] && !t.Ignore && !t.Crowd
}

// class says how a detection is drawn.
func (o judgedOverlay) class(i int) string {
	switch {
	case o.judged.Right[i]:
		return "right"
	case o.judged.Wrong[i]:
		return "wrong"
	}
	return "ignored"
}

// boxes draws them, the best detection over the others.
func (o judgedOverlay) boxes(best []int) {
	for i, t := range o.of.Truth {
		switch {
		case t.Ignore || t.Crowd:
			o.outline("ignored", t.Box)
		case o.missed(i):
			o.outline("missed", t.Box)
		default:
			o.outline("truth", t.Box)
		}
	}
	for _, i := range slices.Backward(best) {
		o.outline(o.class(i), o.of.Found[i].Box)
	}
	if o.of.Worst != nil {
		o.outline("worst", *o.of.Worst)
	}
}

// labels names the best detections and the missed animals, and says for how many there was no room.
func (o judgedOverlay) labels(best []int) (bare int) {
	label := func(class, text string, b frame.Box) {
		if !o.Label(class, text, b) {
			bare++
		}
	}
	for _, i := range best[:min(labelled, len(best))] {
		f := o.of.Found[i]
		label(o.class(i), fmt.Sprintf("%s %.2f", Abbreviate(f.Taxon), f.Score), f.Box)
	}
	if _, _, missed := o.counts(); missed > labelled {
		return bare
	}
	for i, t := range o.of.Truth {
		if o.missed(i) {
			label("missed", Abbreviate(t.Taxon), t.Box)
		}
	}
	return bare
}

func (o judgedOverlay) counts() (right, wrong, missed int) {
	for i := range o.of.Found {
		if o.judged.Right[i] {
			right++
		}
		if o.judged.Wrong[i] {
			wrong++
		}
	}
	for i := range o.of.Truth {
		if o.missed(i) {
			missed++
		}
	}
	return right, wrong, missed
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
