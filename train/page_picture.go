package train

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"image/jpeg"
	"slices"
	"strings"
	"time"
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

type pictureView struct {
	Name, Caption string
	Source        template.URL
	W, H          int
	Overlay       template.HTML
}

// view draws truth and detections over a picture: which are right, which are wrong and
// which animals were missed, each taxon by itself, at IoU 0.5.
func (p Picture) view() (pictureView, error) {
	head, err := jpeg.DecodeConfig(bytes.NewReader(p.JPEG))
	if err != nil {
		return pictureView{}, fmt.Errorf("held-out picture %q is not a readable JPEG: %w", p.Name, err)
	}
	w, h := p.W, p.H
	if w <= 0 || h <= 0 {
		w, h = head.Width, head.Height
	}
	j := eval.Judge(eval.Image{Truth: p.Truth, Found: p.Found}, 0.5)
	var clear []frame.Box
	for _, t := range p.Truth {
		clear = append(clear, t.Box)
	}
	o := plot.NewOverlay(w, h, shownWidth, clear)
	outline := func(class string, b frame.Box) {
		o.Outline("halo", b)
		o.Outline(class, b)
	}
	right, wrong, missed := 0, 0, 0
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
	slices.Reverse(order)
	for n, i := range order {
		if f := p.Found[i]; n < labelled {
			o.Label(class(i), fmt.Sprintf("%s %.2f", abbreviate(f.Taxon), f.Score), f.Box)
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
				o.Label("missed", abbreviate(t.Taxon), t.Box)
			}
		}
	}
	return pictureView{Name: p.Name, Caption: fmt.Sprintf("%d right, %d wrong, %d missed", right, wrong, missed),
		Source: page.JPEG(p.JPEG), W: head.Width, H: head.Height, Overlay: o.HTML()}, nil
}

// abbreviate shortens a name as biologists do: C. amblyrhynchos. Others are cut.
func abbreviate(name string) string {
	const most = 22
	if genus, rest, _ := strings.Cut(name, " "); latin(name) && len(rest) > 0 {
		first, _ := utf8.DecodeRuneInString(genus)
		name = string(first) + ". " + rest
	}
	if r := []rune(name); len(r) > most {
		return strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return name
}

// latin tells whether a name looks like that of a species: two words of letters, the
// first alone with a capital.
func latin(name string) bool {
	genus, epithet, ok := strings.Cut(name, " ")
	if !ok || strings.ContainsFunc(genus+epithet, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
		return false
	}
	first, n := utf8.DecodeRuneInString(genus)
	return unicode.IsUpper(first) && len(epithet) > 2 && strings.ToLower(genus[n:]+epithet) == genus[n:]+epithet && len(genus) > n
}

// thousands writes a number with its thousands parted.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// length writes a duration as one says it.
func length(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 10*time.Minute:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	d = d.Round(time.Minute)
	if d < time.Hour {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}
