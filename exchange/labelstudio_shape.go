package exchange

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"requin/annotate"
)

// studioValue are the numbers of a result's value: places in percent of the picture.
type studioValue struct {
	fields jsonFields
	w, h   float64 // of the picture, in pixels
}

func (v studioValue) percent(key string) (float64, error) {
	p, there, err := v.fields.number(key)
	switch {
	case err != nil:
		return 0, err
	case !there:
		return 0, fmt.Errorf("the value has no %s", key)
	case math.Abs(p) > 200:
		return 0, fmt.Errorf("%s is %v: it should be percent of the picture, 0 to 100", key, p)
	}
	return p, nil
}

func (v studioValue) four(keys ...string) (out [4]float64, err error) {
	for i, key := range keys {
		if out[i], err = v.percent(key); err != nil {
			return out, err
		}
	}
	if out[2] < 0 || out[3] < 0 {
		err = fmt.Errorf("%s and %s should not be below 0", keys[2], keys[3])
	}
	return out, err
}

// shape reads the shape of a kind; what it used up is gone from the fields.
func (v studioValue) shape(kind annotate.Kind) (s annotate.Shape, err error) {
	switch kind {
	case annotate.Box, annotate.Ellipse:
		keys := []string{"x", "y", "width", "height"}
		if kind == annotate.Ellipse {
			keys[2], keys[3] = "radiusX", "radiusY"
		}
		p, err := v.four(keys...)
		if err != nil {
			return s, err
		}
		angle, _, err := v.fields.number("rotation")
		if err != nil || math.Abs(angle) > 1e6 {
			return s, fmt.Errorf("rotation should be degrees: %w", err)
		}
		if kind == annotate.Ellipse {
			return studioEllipse(p[:], angle, v.w, v.h), nil
		}
		return studioBox(p[:], angle, v.w, v.h), nil
	case annotate.Points:
		x, err := v.percent("x")
		if err != nil {
			return s, err
		}
		y, err := v.percent("y")
		return annotate.Shape{Kind: kind, Points: []annotate.Point{v.point(x, y)}}, err
	case annotate.Polygon:
		return v.polygon()
	}
	return annotate.Shape{Kind: kind, Points: []annotate.Point{{}, {X: v.w, Y: v.h}}}, nil // a brush mask, whose pixels stay as they are
}

func (v studioValue) point(x, y float64) annotate.Point {
	return annotate.Point{X: onGrid(x / 100 * v.w), Y: onGrid(y / 100 * v.h)}
}

func (v studioValue) polygon() (s annotate.Shape, err error) {
	raw := v.fields.take("points")
	var points [][]float64
	if err := json.Unmarshal(raw, &points); err != nil || len(points) == 0 {
		return s, fmt.Errorf("points is %.60s: it should be [[x, y], ...]", raw)
	}
	s.Kind = annotate.Polygon
	for _, p := range points {
		if len(p) != 2 || math.Abs(p[0]) > 200 || math.Abs(p[1]) > 200 {
			return s, fmt.Errorf("points has %v: it should be x and y in percent of the picture", p)
		}
		s.Points = append(s.Points, v.point(p[0], p[1]))
	}
	return s, nil
}

// studioBox is x, y, width, height in percent, turned about its top left corner, in pixels.
func studioBox(p []float64, angle, w, h float64) annotate.Shape {
	x, y, dx, dy := p[0]/100*w, p[1]/100*h, p[2]/100*w, p[3]/100*h
	if angle == 0 {
		return annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: onGrid(x), Y: onGrid(y)},
			{X: onGrid((p[0] + p[2]) / 100 * w), Y: onGrid((p[1] + p[3]) / 100 * h)}}}
	}
	sin, cos := math.Sincos(angle * math.Pi / 180)
	cx, cy := x+dx/2*cos-dy/2*sin, y+dx/2*sin+dy/2*cos
	return annotate.Shape{Kind: annotate.Rotated, Angle: angle, Points: []annotate.Point{
		{X: onGrid(cx - dx/2), Y: onGrid(cy - dy/2)}, {X: onGrid(cx + dx/2), Y: onGrid(cy + dy/2)}}}
}

func studioEllipse(p []float64, angle, w, h float64) annotate.Shape {
	return annotate.Shape{Kind: annotate.Ellipse, Angle: angle, Points: []annotate.Point{
		{X: onGrid((p[0] - p[2]) / 100 * w), Y: onGrid((p[1] - p[3]) / 100 * h)},
		{X: onGrid((p[0] + p[2]) / 100 * w), Y: onGrid((p[1] + p[3]) / 100 * h)}}}
}

// studioType is the type of result that holds a shape, without its ending "labels"; the
// shape is one that it can hold.
func studioType(m annotate.Mark) (kind string, s annotate.Shape) {
	s = m.Shape
	own := strings.TrimSuffix(typeOf("", m.Extra), "labels")
	if has, known := studioKinds[own]; known && (has == s.Kind || has == annotate.Box && s.Kind == annotate.Rotated) {
		return own, s
	}
	switch s.Kind {
	case annotate.Box:
		return "rectangle", s
	case annotate.Rotated:
		return "rectangle", s
	case annotate.Ellipse:
		return "ellipse", s
	case annotate.Circle:
		box, _ := s.Bounds()
		return "ellipse", annotate.Shape{Kind: annotate.Ellipse, Points: annotate.BoxShape(box).Points}
	case annotate.Polygon:
		return "polygon", s
	case annotate.Points:
		if len(s.Points) == 1 {
			return "keypoint", s
		}
	case annotate.Mask:
		if m.Extra["labelstudio.value/rle"] != "" {
			return "brush", s
		}
	}
	box, _ := s.Bounds()
	return "rectangle", annotate.BoxShape(box)
}

// studioPlace adds a shape to a value, in percent.
func studioPlace(o *jsonObject, kind string, s annotate.Shape, w, h float64) {
	percent := func(v, size float64) string {
		return digits(v/size*100, 4, func(back float64) bool { return onGrid(back/100*size) == onGrid(v) })
	}
	switch kind {
	case "rectangle", "ellipse":
		names, numbers := studioNumbers(kind, s, w, h)
		for i, name := range names {
			o.raw(name, numbers[i])
		}
		o.number("rotation", s.Angle)
	case "keypoint":
		o.raw("x", percent(s.Points[0].X, w))
		o.raw("y", percent(s.Points[0].Y, h))
	case "polygon":
		var points []string
		for _, p := range s.Points {
			points = append(points, "["+percent(p.X, w)+","+percent(p.Y, h)+"]")
		}
		o.list("points", points)
	}
}

// studioNumbers are the numbers of a rectangle or ellipse, in the digits that give the same shape again.
func studioNumbers(kind string, s annotate.Shape, w, h float64) (names, numbers []string) {
	a, b := s.Points[0], s.Points[1]
	for _, p := range []*annotate.Point{&a, &b} {
		p.X, p.Y = onGrid(p.X), onGrid(p.Y)
	}
	cx, cy, dx, dy := (a.X+b.X)/2, (a.Y+b.Y)/2, b.X-a.X, b.Y-a.Y
	read := studioBox
	names = []string{"x", "y", "width", "height"}
	exact := []float64{a.X, a.Y, dx, dy}
	switch {
	case kind == "ellipse":
		read, names = studioEllipse, []string{"x", "y", "radiusX", "radiusY"}
		exact = []float64{cx, cy, dx / 2, dy / 2}
	case s.Angle != 0:
		sin, cos := math.Sincos(s.Angle * math.Pi / 180)
		exact[0], exact[1] = cx-dx/2*cos+dy/2*sin, cy-dx/2*sin-dy/2*cos
	}
	for i, size := range []float64{w, h, w, h} {
		exact[i] = exact[i] / size * 100
	}
	return names, digitsOf(exact, 4, func(back []float64) bool {
		got := read(back, s.Angle, w, h)
		return got.Points[0] == a && got.Points[1] == b
	})
}
