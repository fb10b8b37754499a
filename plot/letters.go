package plot

import (
	"strings"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// text draws letters by their outlines, so that they may be turned.
func (c *canvas) text(n *node, m matrix) error {
	font := c.regular
	if weight := amount(n.style["font-weight"], 400); weight >= 600 || n.style["font-weight"] == "bold" {
		font = c.bold
	}
	size := amount(n.style["font-size"], 12)
	const units = 1000 // letters are laid out in thousandths of their size
	var letters []polyline
	var pen float64
	for _, r := range strings.TrimSpace(n.text) {
		glyph, err := font.GlyphIndex(&c.buffer, r)
		if err != nil {
			return err
		}
		segments, err := font.LoadGlyph(&c.buffer, glyph, fixed.I(units), nil)
		if err != nil {
			return err
		}
		for _, l := range letterLines(segments) {
			for i, p := range l.points {
				l.points[i] = XY{pen + p.X/units*size, p.Y / units * size}
			}
			letters = append(letters, l)
		}
		wide, err := font.GlyphAdvance(&c.buffer, glyph, fixed.I(units), 0)
		if err != nil {
			return err
		}
		pen += float64(wide) / 64 / units * size
	}
	x := n.number("x")
	switch n.style["text-anchor"] {
	case "middle":
		x -= pen / 2
	case "end":
		x -= pen
	}
	for _, l := range letters {
		for i, p := range l.points {
			l.points[i] = m.at(XY{x + p.X, n.number("y") + p.Y})
		}
	}
	if stroke := n.style["stroke"]; stroke != "" && stroke != "none" { // a halo, under the letters
		if err := c.fill(stroked(letters, amount(n.style["stroke-width"], 1)*m.scale(), nil), stroke, 1); err != nil {
			return err
		}
	}
	style := map[string]string{"fill": n.style["fill"]}
	return c.shape(style, letters, m)
}

// letterLines are the outlines of a letter, with y downwards.
func letterLines(segments sfnt.Segments) (out []polyline) {
	at := func(p fixed.Point26_6) XY { return XY{float64(p.X) / 64, float64(p.Y) / 64} }
	for _, s := range segments {
		if s.Op == sfnt.SegmentOpMoveTo {
			out = append(out, polyline{closed: true})
		}
		l := &out[len(out)-1]
		const steps = 6
		switch s.Op {
		case sfnt.SegmentOpMoveTo, sfnt.SegmentOpLineTo:
			l.points = append(l.points, at(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			from, by, to := l.points[len(l.points)-1], at(s.Args[0]), at(s.Args[1])
			for i := 1; i <= steps; i++ {
				t := float64(i) / steps
				u := 1 - t
				l.points = append(l.points, XY{u*u*from.X + 2*u*t*by.X + t*t*to.X, u*u*from.Y + 2*u*t*by.Y + t*t*to.Y})
			}
		case sfnt.SegmentOpCubeTo:
			from, a, b, to := l.points[len(l.points)-1], at(s.Args[0]), at(s.Args[1]), at(s.Args[2])
			for i := 1; i <= steps; i++ {
				t := float64(i) / steps
				u := 1 - t
				l.points = append(l.points, XY{u*u*u*from.X + 3*u*u*t*a.X + 3*u*t*t*b.X + t*t*t*to.X, u*u*u*from.Y + 3*u*u*t*a.Y + 3*u*t*t*b.Y + t*t*t*to.Y})
			}
		}
	}
	return out
}
