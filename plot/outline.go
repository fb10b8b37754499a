package plot

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// polyline is a line through points.
type polyline struct {
	points []XY
	closed bool
}

// outline is the lines of a shape.
func outline(n *node) ([]polyline, error) {
	switch n.name {
	case "line":
		return []polyline{{points: []XY{{n.number("x1"), n.number("y1")}, {n.number("x2"), n.number("y2")}}}}, nil
	case "rect":
		x, y, w, h := n.number("x"), n.number("y"), n.number("width"), n.number("height")
		if w == 0 || h == 0 {
			return nil, nil
		}
		return []polyline{{[]XY{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}, true}}, nil
	case "circle":
		return []polyline{{arc(n.number("cx"), n.number("cy"), n.number("r"), 0, 2*math.Pi), true}}, nil
	case "path":
		return pathLines(n.attr("d"))
	}
	return nil, fmt.Errorf("a figure with a <%s>, which is not drawn", n.name)
}

// arc is a part of a circle as points.
func arc(x, y, r, from, to float64) (out []XY) {
	const steps = 48
	for i := range steps + 1 {
		sin, cos := math.Sincos(from + (to-from)*float64(i)/steps)
		out = append(out, XY{x + r*cos, y + r*sin})
	}
	return out
}

// pathLines reads the commands that this package's drawings have: M, L, H, V, Z, and A of half a circle.
func pathLines(d string) (out []polyline, err error) {
	var at XY
	for i := 0; i < len(d); {
		command := d[i]
		end := i + 1
		for end < len(d) && !strings.ContainsRune("MLHVAZ", rune(d[end])) {
			end++
		}
		var v []float64
		for _, s := range strings.FieldsFunc(d[i+1:end], func(r rune) bool { return r == ' ' || r == ',' }) {
			x, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return nil, fmt.Errorf("a figure with the path %q", d)
			}
			v = append(v, x)
		}
		i = end
		want := map[byte]int{'M': 2, 'L': 2, 'H': 1, 'V': 1, 'A': 7, 'Z': 0}
		if n, ok := want[command]; !ok || n != len(v) || len(out) == 0 && command != 'M' {
			return nil, fmt.Errorf("a figure with the path %q", d)
		}
		switch command {
		case 'M':
			out = append(out, polyline{})
			at = XY{v[0], v[1]}
		case 'L':
			at = XY{v[0], v[1]}
		case 'H':
			at.X = v[0]
		case 'V':
			at.Y = v[0]
		}
		last := &out[len(out)-1]
		switch command {
		case 'Z':
			last.closed = true
			continue
		case 'A':
			to := XY{v[5], v[6]}
			x, y := (at.X+to.X)/2, (at.Y+to.Y)/2
			from, turn := math.Atan2(at.Y-y, at.X-x), math.Pi
			if v[4] == 0 { // against the clock
				turn = -turn
			}
			last.points = append(last.points, arc(x, y, math.Hypot(at.X-x, at.Y-y), from, from+turn)...)
			at = to
			continue
		}
		last.points = append(last.points, at)
	}
	return out, nil
}

// stroked is the area of lines so wide, with round corners; dashed where dash has lengths.
func stroked(lines []polyline, wide float64, dash []float64) (out [][]XY) {
	for _, l := range lines {
		points := l.points
		if l.closed && len(points) > 0 {
			points = append(slices.Clone(points), points[0])
		}
		parts := [][]XY{points}
		if len(dash) > 0 {
			parts = dashed(points, dash)
		}
		for _, part := range parts {
			for i := 1; i < len(part); i++ {
				a, b := part[i-1], part[i]
				long := math.Hypot(b.X-a.X, b.Y-a.Y)
				if long == 0 {
					continue
				}
				dx, dy := -(b.Y-a.Y)/long*wide/2, (b.X-a.X)/long*wide/2
				out = append(out, []XY{{a.X - dx, a.Y - dy}, {b.X - dx, b.Y - dy}, {b.X + dx, b.Y + dy}, {a.X + dx, a.Y + dy}})
				if joint := i+1 < len(part) || l.closed && len(dash) == 0; joint && wide > 1.5 {
					out = append(out, arc(b.X, b.Y, wide/2, 0, 2*math.Pi))
				}
			}
		}
	}
	return out
}

// dashed cuts a line into dashes.
func dashed(points []XY, dash []float64) (out [][]XY) {
	if len(dash)%2 == 1 {
		dash = append(slices.Clone(dash), dash...)
	}
	k, left := 0, dash[0]
	var part []XY
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		long := math.Hypot(b.X-a.X, b.Y-a.Y)
		if k%2 == 0 && len(part) == 0 {
			part = []XY{a}
		}
		for at := 0.0; long > 0; {
			if at+left > long {
				left -= long - at
				if k%2 == 0 {
					part = append(part, b)
				}
				break
			}
			at += left
			p := XY{a.X + (b.X-a.X)*at/long, a.Y + (b.Y-a.Y)*at/long}
			if k%2 == 0 {
				out, part = append(out, append(part, p)), nil
			} else {
				part = []XY{p}
			}
			k = (k + 1) % len(dash)
			left = dash[k]
		}
	}
	if len(part) > 1 {
		out = append(out, part)
	}
	return out
}
