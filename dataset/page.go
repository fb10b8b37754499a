package dataset

import (
	"bytes"
	_ "embed" // the page and its style
	"fmt"
	"html/template"
	"image/color"
	"image/jpeg"
	"io"
	"strings"

	"requin/page"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

const (
	shownMost = 12  // pictures or pairs of a finding on the page
	thumbSide = 300 // pixels
)

type pageView struct {
	Name, Facts, Hash string
	Sections          []sectionView
	Sides             []string
	Rows              []Row
}

type sectionView struct {
	Title, Message, More string
	Severity             Severity
	Pairs                [][]pictureView
	Pictures             []pictureView
}

type pictureView struct {
	Data    template.URL
	W, H    int
	Caption string
}

// WritePage writes what was found as one HTML file that needs nothing else, with the pictures it was found in
// and their boxes: examples in yellow, ignored ones in grey; both pictures of a leak side by side. dir is the dataset's folder.
func (c *Checked) WritePage(w io.Writer, dir string) error {
	view := pageView{Name: c.m.Name, Hash: c.m.Hash()}
	boxes := 0
	for _, p := range c.m.Pictures {
		boxes += len(p.Boxes)
	}
	view.Facts = fmt.Sprintf("%d deployments · %d pictures · %d boxes · %d taxa · %d folds", len(c.m.Deployments), len(c.m.Pictures), boxes, len(c.m.Taxa), c.m.Settings.Folds)
	for _, f := range c.Findings {
		s := sectionView{Title: strings.ToUpper(f.Kind[:1]) + f.Kind[1:], Message: f.Message, Severity: f.Severity}
		for _, pair := range spread(f.Pairs) {
			s.Pairs = append(s.Pairs, []pictureView{c.thumbnail(dir, pair[0]), c.thumbnail(dir, pair[1])})
		}
		for _, i := range spread(f.Pictures) {
			s.Pictures = append(s.Pictures, c.thumbnail(dir, i))
		}
		if n := len(f.Pairs) + len(f.Pictures); n > shownMost {
			s.More = fmt.Sprintf("%d of %d are shown.", shownMost, n)
		}
		view.Sections = append(view.Sections, s)
	}
	view.Sides, view.Rows = c.m.Table()
	return page.Write(w, page.Top{Title: c.m.Name + ": dataset check", Styles: []string{pageCSS}}, pageHTML, view)
}

// spread is some of a list, evenly from its start to its end.
func spread[T any](list []T) []T {
	if len(list) <= shownMost {
		return list
	}
	out := make([]T, shownMost)
	for i := range out {
		out[i] = list[i*(len(list)-1)/(shownMost-1)]
	}
	return out
}

// thumbnail is a picture made small, with its boxes. One that cannot be read has a caption alone.
func (c *Checked) thumbnail(dir string, i int) pictureView {
	p := c.m.Pictures[i]
	side := fmt.Sprintf("fold %d", c.m.foldOf()[p.Deployment])
	if c.m.foldOf()[p.Deployment] == Test {
		side = "test"
	}
	view := pictureView{Caption: fmt.Sprintf("%s · %s · %s at %.3f s", side, p.Deployment, p.Media, p.Time)}
	full, _, err := readStill(c.m.path(dir, i))
	if err != nil {
		view.Caption += " · cannot be shown: " + err.Error()
		return view
	}
	w, h := stored(full.w, full.h, thumbSide)
	img := unpacked(scaled(full.pix, full.w, full.h, w, h), w, h)
	kx, ky := float64(w)/float64(p.W), float64(h)/float64(p.H)
	for _, b := range p.Boxes {
		ink := color.RGBA{255, 210, 62, 255}
		if b.Ignore != "" {
			ink = color.RGBA{170, 170, 170, 255}
		}
		if b.Finite() {
			outline(img, b.X0*kx-1, b.Y0*ky-1, b.X1*kx+1, b.Y1*ky+1, color.RGBA{A: 255}, 3)
			outline(img, b.X0*kx, b.Y0*ky, b.X1*kx, b.Y1*ky, ink, 1)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 80}); err != nil {
		return view
	}
	view.W, view.H = w, h
	view.Data = page.JPEG(out.Bytes())
	return view
}
