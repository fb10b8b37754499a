package plot

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/vector"
)

// PNG is the figure as a picture, pixels dots for each of its own, on white. Text is in Go's fonts (Latin, Greek, Cyrillic), which come
// with the program: a letter that they lack is a box.
func (f Figure) PNG(pixels float64) ([]byte, error) {
	w, h := int(math.Ceil(f.W*pixels)), int(math.Ceil(f.H*pixels))
	if w < 1 || h < 1 || w*h > 100_000_000 {
		return nil, fmt.Errorf("a picture of %d × %d dots cannot be drawn", w, h)
	}
	c := &canvas{picture: image.NewRGBA(image.Rect(0, 0, w, h)), patterns: map[string]*node{}}
	for i := range c.picture.Pix {
		c.picture.Pix[i] = 0xff
	}
	var err error
	if c.regular, err = sfnt.Parse(goregular.TTF); err != nil {
		return nil, err
	}
	if c.bold, err = sfnt.Parse(gobold.TTF); err != nil {
		return nil, err
	}
	if err := c.draw(f.root, matrix{pixels, 0, 0, pixels, 0, 0}); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = png.Encode(&b, paletted(c.picture))
	return b.Bytes(), err
}

// matrix takes a point (x, y) to (a·x + c·y + e, b·x + d·y + f), as SVG's.
type matrix struct{ a, b, c, d, e, f float64 }

func (m matrix) at(p XY) XY { return XY{m.a*p.X + m.c*p.Y + m.e, m.b*p.X + m.d*p.Y + m.f} }

// times is first n, then m.
func (m matrix) times(n matrix) matrix {
	return matrix{m.a*n.a + m.c*n.b, m.b*n.a + m.d*n.b, m.a*n.c + m.c*n.d, m.b*n.c + m.d*n.d, m.a*n.e + m.c*n.f + m.e, m.b*n.e + m.d*n.f + m.f}
}

// scale is by how much lengths grow.
func (m matrix) scale() float64 { return math.Sqrt(math.Abs(m.a*m.d - m.b*m.c)) }

// transform reads "translate(x y) rotate(degrees)".
func transform(text string) (m matrix, err error) {
	m = matrix{a: 1, d: 1}
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		name, rest, _ := strings.Cut(text, "(")
		inside, after, ok := strings.Cut(rest, ")")
		var v []float64
		for _, s := range strings.FieldsFunc(inside, func(r rune) bool { return r == ' ' || r == ',' }) {
			x, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return m, err
			}
			v = append(v, x)
		}
		switch {
		case ok && name == "translate" && len(v) == 2:
			m = m.times(matrix{1, 0, 0, 1, v[0], v[1]})
		case ok && name == "rotate" && len(v) == 1:
			sin, cos := math.Sincos(v[0] * math.Pi / 180)
			m = m.times(matrix{cos, sin, -sin, cos, 0, 0})
		default:
			return m, fmt.Errorf("a figure with the transform %q", text)
		}
		text = after
	}
	return m, nil
}

// canvas is a picture that is drawn on.
type canvas struct {
	picture       *image.RGBA
	regular, bold *sfnt.Font
	buffer        sfnt.Buffer
	patterns      map[string]*node
}

// draw draws an element and what lies in it.
func (c *canvas) draw(n *node, m matrix) error {
	if t := n.attr("transform"); t != "" {
		own, err := transform(t)
		if err != nil {
			return err
		}
		m = m.times(own)
	}
	switch n.name {
	case "svg", "g":
		for _, child := range n.children {
			if err := c.draw(child, m); err != nil {
				return err
			}
		}
	case "defs":
		for _, child := range n.children {
			if child.name == "pattern" {
				c.patterns["url(#"+child.attr("id")+")"] = child
			}
		}
	case "title", "desc":
	case "text":
		return c.text(n, m)
	default:
		lines, err := outline(n)
		if err != nil {
			return err
		}
		for _, l := range lines {
			for i, p := range l.points {
				l.points[i] = m.at(p)
			}
		}
		return c.shape(n.style, lines, m)
	}
	return nil
}

// shape fills and strokes lines, which are in dots of the picture.
func (c *canvas) shape(style map[string]string, lines []polyline, m matrix) error {
	opacity := amount(style["opacity"], 1)
	if fill := style["fill"]; fill != "none" && fill != "" {
		area := make([][]XY, 0, len(lines))
		for _, l := range lines {
			if len(l.points) > 2 {
				area = append(area, l.points)
			}
		}
		if p := c.patterns[fill]; p != nil {
			if err := c.pattern(p, area, m); err != nil {
				return err
			}
		} else if err := c.fill(area, fill, opacity*amount(style["fill-opacity"], 1)); err != nil {
			return err
		}
	}
	if stroke := style["stroke"]; stroke != "none" && stroke != "" {
		k := m.scale()
		var dash []float64
		for _, s := range strings.FieldsFunc(style["stroke-dasharray"], func(r rune) bool { return r == ' ' || r == ',' }) {
			if v := amount(s, 0); v > 0 {
				dash = append(dash, v*k)
			}
		}
		return c.fill(stroked(lines, amount(style["stroke-width"], 1)*k, dash), stroke, opacity*amount(style["stroke-opacity"], 1))
	}
	return nil
}

// amount is a number of a style.
func amount(text string, otherwise float64) float64 {
	if v, err := strconv.ParseFloat(strings.TrimSuffix(text, "px"), 64); err == nil {
		return v
	}
	return otherwise
}

// ink is a colour: #rgb, #rrggbb or #rrggbbaa.
func ink(text string, opacity float64) (color.NRGBA, error) {
	hex := strings.TrimPrefix(text, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	if len(hex) == 6 {
		hex += "ff"
	}
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 8 || hex == text {
		return color.NRGBA{}, fmt.Errorf("a figure with the colour %q", text)
	}
	return color.NRGBA{uint8(v >> 24), uint8(v >> 16), uint8(v >> 8), uint8(math.Round(float64(v&0xff) * opacity))}, nil
}

// fill fills areas, all together, with a colour.
func (c *canvas) fill(areas [][]XY, colour string, opacity float64) error {
	with, err := ink(colour, opacity)
	if err != nil {
		return err
	}
	if r, at := c.mask(areas); r != nil {
		r.Draw(c.picture, at, image.NewUniform(with), image.Point{})
	}
	return nil
}

// mask is areas ready to be drawn, and where in the picture; nil: nothing of them lies in it.
func (c *canvas) mask(areas [][]XY) (*vector.Rasterizer, image.Rectangle) {
	low, high := XY{math.Inf(1), math.Inf(1)}, XY{math.Inf(-1), math.Inf(-1)}
	for _, p := range slices.Concat(areas...) {
		low, high = XY{min(low.X, p.X), min(low.Y, p.Y)}, XY{max(high.X, p.X), max(high.Y, p.Y)}
	}
	if !(low.X < high.X && low.Y < high.Y) {
		return nil, image.Rectangle{}
	}
	at := image.Rect(int(math.Floor(low.X)), int(math.Floor(low.Y)), int(math.Ceil(high.X)), int(math.Ceil(high.Y))).Intersect(c.picture.Rect)
	if at.Empty() {
		return nil, at
	}
	r := vector.NewRasterizer(at.Dx(), at.Dy())
	for _, area := range areas {
		for i, p := range area {
			x, y := float32(p.X-float64(at.Min.X)), float32(p.Y-float64(at.Min.Y))
			if i == 0 {
				r.MoveTo(x, y)
			} else {
				r.LineTo(x, y)
			}
		}
		r.ClosePath()
	}
	return r, at
}

// pattern fills areas with a hatch: its first rectangle's colour, and lines of its last one's, 45° up to the right, as far apart
// as it is wide.
func (c *canvas) pattern(p *node, areas [][]XY, m matrix) error {
	if len(p.children) != 2 || p.children[0].name != "rect" || p.children[1].name != "line" {
		return errors.New("a figure with a pattern that is no hatch")
	}
	back, line := p.children[0].style, p.children[1].style
	r, at := c.mask(areas)
	if r == nil {
		return nil
	}
	under, err := ink(back["fill"], 1)
	if err != nil {
		return err
	}
	over, err := ink(line["stroke"], amount(line["opacity"], 1))
	if err != nil {
		return err
	}
	k := m.scale()
	apart, half := p.number("width")*k, amount(line["stroke-width"], 1)*k/2
	tile := image.NewRGBA(at)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			off := math.Mod((float64(x)+float64(y))/math.Sqrt2, apart)
			share := min(max(half-min(off, apart-off)+0.5, 0), 1) * float64(over.A) / 255
			mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-share) + float64(b)*share)) }
			tile.SetRGBA(x, y, color.RGBA{mix(under.R, over.R), mix(under.G, over.G), mix(under.B, over.B), 255})
		}
	}
	r.Draw(c.picture, at, tile, at.Min)
	return nil
}
