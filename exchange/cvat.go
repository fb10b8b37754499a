package exchange

import (
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"requin/annotate"
)

// CVATVideo is CVAT's XML format 1.1 for videos (https://docs.cvat.ai/docs/manual/advanced/xml_format/): tracks of shapes.
//
// What becomes what:
//   - The video is called by <source>, else by the name of the task or the file. A project's
//     tasks are a video each. Labels are Labels; the rest of <meta> is kept in Extra ("cvat.task/start_frame").
//   - A <track> is a Track, a shape in it a Mark at its frame, which counts in
//     the video's own frames (start_frame and frame_filter are in it already). keyframe="0" is Between, outside is
//     Outside. CVAT draws a track on to the end of the task unless a shape is outside: its
//     exports spell all of that out, and a track of another format that ends before is
//     written with such a shape after its last, and after one that is Still.
//   - An attribute that is not mutable is of the Track, any other of the Mark.
//   - box, polygon, polyline, points and ellipse are shapes; mask keeps its run lengths in Extra
//     "cvat.shape/rle"; a cuboid is its eight corners, a skeleton its points, and the tracks inside a skeleton's track
//     are Tracks "3/0" with Extra "cvat.track/in". A mark without a track is written as a track of one frame, as CVAT does.
//
// The file does not say which frames were looked at: there are no Looks.
func CVATVideo() Format {
	status := statusPlace{marks: true, tracks: true}
	return Format{Name: "cvat-video", Title: "CVAT for video 1.1 XML", Read: status.read(readCVAT(true)), Write: status.write(writeCVATVideo),
		Sniff: func(name string, head []byte) float64 { return sniffCVAT(name, string(head), true) }}
}

// CVATImages is CVAT's XML format 1.1 for images. It is as CVATVideo, but for <image>
// in place of <track>: every image that is listed counts as looked at, its subset is the Split, a <tag> names the whole
// picture, and a skeleton's points are kept as XML in Extra "cvat.shape/skeleton". A shape without a label has no name.
func CVATImages() Format {
	status := statusPlace{marks: true}
	return Format{Name: "cvat-images", Title: "CVAT for images 1.1 XML", Read: status.read(readCVAT(false)), Write: status.write(writeCVATImages),
		Sniff: func(name string, head []byte) float64 { return sniffCVAT(name, string(head), false) }}
}

func sniffCVAT(name, text string, video bool) float64 {
	if strings.ToLower(path.Ext(name)) != ".xml" || !strings.Contains(text, "<annotations") {
		return 0
	}
	own, other, mode := "<track ", "<image ", "<mode>interpolation"
	if !video {
		own, other, mode = "<image ", "<track ", "<mode>annotation"
	}
	switch {
	case strings.Contains(text, own):
		return 0.95
	case strings.Contains(text, other):
		return 0
	case strings.Contains(text, mode):
		return 0.9
	case strings.Contains(text, "<meta>"):
		return 0.4
	}
	return 0.2
}

var cvatShapes = []annotate.Kind{annotate.Box, annotate.Polygon, annotate.Line, annotate.Points, annotate.Ellipse, annotate.Rotated, annotate.Mask, annotate.Circle}

var cvatVideoReach = reach{
	own: "cvat",
	holds: []string{lostTrack, lostTrackSays, lostEmptyTrack, lostVideo, lostOutside, lostBetween, lostStill, lostOccluded,
		lostAttributes, lostMediaID, lostSize, lostFrames, lostParent, lostLabelSays},
	shapes: cvatShapes,
	xml:    true,
}

var cvatImagesReach = reach{
	own: "cvat",
	holds: []string{lostOccluded, lostAttributes, lostMediaID, lostSize, lostSplit, lostParent, lostLabelSays, lostWhole,
		lostEmptyTrack, lostVideo},
	shapes: cvatShapes,
	xml:    true,
}

// cuboidCorners are a cuboid's corners in the order in which they become points.
var cuboidCorners = []string{"tl1", "bl1", "tr1", "br1", "tl2", "bl2", "tr2", "br2"}

// cvatShape reads an element's shape. known are the attributes that it used up.
func cvatShape(e *markup, extra annotate.Extra) (s annotate.Shape, known []string, err error) {
	switch e.name {
	case "box":
		return cvatBox(e)
	case "polygon", "polyline", "points":
		s.Kind = map[string]annotate.Kind{"polygon": annotate.Polygon, "polyline": annotate.Line, "points": annotate.Points}[e.name]
		s.Points, err = cvatPoints(e.value("points"))
		if err == nil && len(s.Points) == 0 {
			err = fmt.Errorf("<%s> has no points: delete it", e.name)
		}
		return s, []string{"points"}, err
	case "ellipse":
		return cvatEllipse(e)
	case "mask":
		var v [4]float64
		for i, name := range []string{"left", "top", "width", "height"} {
			if v[i], err = cvatNear(e, name); err != nil {
				return s, nil, err
			}
		}
		if v[2] < 0 || v[3] < 0 {
			return s, nil, errors.New("the mask's width and height should not be below 0")
		}
		extra["cvat.shape/rle"] = e.value("rle")
		s = annotate.Shape{Kind: annotate.Mask, Points: []annotate.Point{{X: v[0], Y: v[1]}, {X: v[0] + v[2], Y: v[1] + v[3]}}}
		return s, []string{"left", "top", "width", "height", "rle"}, nil
	case "cuboid":
		s.Kind = annotate.Points
		for _, corner := range cuboidCorners {
			x, xErr := e.number("x" + corner)
			y, yErr := e.number("y" + corner)
			if err := errors.Join(xErr, yErr); err != nil {
				return s, nil, err
			}
			s.Points = append(s.Points, annotate.Point{X: x, Y: y})
			known = append(known, "x"+corner, "y"+corner)
		}
		extra["cvat.shape/kind"] = "cuboid"
		return s, known, nil
	case "skeleton":
		return cvatSkeleton(e, extra)
	case "tag":
		return annotate.Shape{Kind: annotate.WholePic}, nil, nil
	}
	return s, nil, fmt.Errorf("<%s> is no shape that Requin knows", e.name)
}

func cvatBox(e *markup) (s annotate.Shape, known []string, err error) {
	var v [4]float64
	for i, name := range []string{"xtl", "ytl", "xbr", "ybr"} {
		if v[i], err = e.number(name); err != nil {
			return s, nil, err
		}
	}
	if v[2] < v[0] || v[3] < v[1] {
		return s, nil, fmt.Errorf("the box goes from %v, %v to %v, %v: xbr and ybr should not be the smaller ones", v[0], v[1], v[2], v[3])
	}
	s = annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: v[0], Y: v[1]}, {X: v[2], Y: v[3]}}}
	if s.Angle, err = cvatAngle(e); s.Angle != 0 {
		s.Kind = annotate.Rotated
	}
	return s, []string{"xtl", "ytl", "xbr", "ybr", "rotation"}, err
}

func cvatAngle(e *markup) (float64, error) {
	if e.value("rotation") == "" {
		return 0, nil
	}
	return e.number("rotation")
}

// cvatNear is a number of pixels that is added to others, so that it is rounded to the grid.
func cvatNear(e *markup, name string) (float64, error) {
	v, err := e.number(name)
	if err == nil && math.Abs(v) > farthest {
		err = fmt.Errorf("%s is %v: no picture is that large", name, v)
	}
	return onGrid(v), err
}

func cvatEllipse(e *markup) (s annotate.Shape, known []string, err error) {
	var v [4]float64
	for i, name := range []string{"cx", "cy", "rx", "ry"} {
		if v[i], err = cvatNear(e, name); err != nil {
			return s, nil, err
		}
	}
	if v[2] < 0 || v[3] < 0 {
		return s, nil, errors.New("the ellipse's rx and ry should not be below 0")
	}
	s = annotate.Shape{Kind: annotate.Ellipse, Points: []annotate.Point{{X: v[0] - v[2], Y: v[1] - v[3]}, {X: v[0] + v[2], Y: v[1] + v[3]}}}
	s.Angle, err = cvatAngle(e)
	return s, []string{"cx", "cy", "rx", "ry", "rotation"}, err
}

// cvatSkeleton: in a picture the points are elements, in a video's track they are an attribute.
func cvatSkeleton(e *markup, extra annotate.Extra) (s annotate.Shape, known []string, err error) {
	s.Kind = annotate.Points
	inner := &markup{name: "skeleton"}
	for _, k := range e.kids {
		if k.name == "attribute" {
			continue
		}
		inner.kids = append(inner.kids, k)
		points, err := cvatPoints(k.value("points"))
		if err != nil {
			return s, nil, err
		}
		if k.value("outside") != "1" {
			s.Points = append(s.Points, points...)
		}
	}
	if len(inner.kids) == 0 {
		if s.Points, err = cvatPoints(e.value("points")); err != nil {
			return s, nil, err
		}
	}
	extra["cvat.shape/skeleton"] = inner.inner()
	if rotation := e.value("rotation"); rotation != "" && strings.Trim(rotation, "0.") == "" {
		known = append(known, "rotation")
	}
	return s, append(known, "points"), nil
}

// cvatPoints reads x,y;x,y.
func cvatPoints(text string) (out []annotate.Point, err error) {
	if text = strings.TrimSpace(text); text == "" {
		return nil, nil
	}
	for pair := range strings.SplitSeq(text, ";") {
		x, y, ok := strings.Cut(pair, ",")
		if !ok {
			return nil, fmt.Errorf("points has %.40q: there should be x,y;x,y", pair)
		}
		var p annotate.Point
		if p.X, err = xmlNumber("points", x); err != nil {
			return nil, err
		}
		if p.Y, err = xmlNumber("points", y); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func cvatPointText(points []annotate.Point) string {
	var parts []string
	for _, p := range points {
		parts = append(parts, decimal(p.X)+","+decimal(p.Y))
	}
	return strings.Join(parts, ";")
}

// cvatElement is a mark's shape as an element's name, attributes ("name", "value", ...) and inner XML; "" where it has none.
func cvatElement(m annotate.Mark, losses *Losses) (name string, attr []string, inner string) {
	s := m.Shape
	_, skeleton := m.Extra["cvat.shape/skeleton"]
	switch {
	case s.Kind == annotate.WholePic || s.Kind == "":
		return "tag", nil, ""
	case skeleton:
		if inner = m.Extra["cvat.shape/skeleton"]; inner != "" {
			return "skeleton", []string{"points", ""}, inner
		}
		return "skeleton", []string{"points", cvatPointText(s.Points)}, ""
	case m.Extra["cvat.shape/kind"] == "cuboid" && len(s.Points) == len(cuboidCorners):
		for i, corner := range cuboidCorners {
			attr = append(attr, "x"+corner, decimal(s.Points[i].X), "y"+corner, decimal(s.Points[i].Y))
		}
		return "cuboid", attr, ""
	case s.Kind == annotate.Polygon || s.Kind == annotate.Line || s.Kind == annotate.Points:
		if len(s.Rings) > 0 {
			losses.add("the further rings of a polygon", placeOf(m))
		}
		name = map[annotate.Kind]string{annotate.Polygon: "polygon", annotate.Line: "polyline", annotate.Points: "points"}[s.Kind]
		return name, []string{"points", cvatPointText(s.Points)}, ""
	case s.Kind == annotate.Ellipse || s.Kind == annotate.Circle:
		return cvatRound(s)
	}
	if (s.Kind == annotate.Rotated || s.Kind == annotate.Mask) && len(s.Points) != 2 {
		return "", nil, ""
	}
	a, b := s.Points[0], s.Points[1]
	if rle, there := m.Extra["cvat.shape/rle"]; s.Kind == annotate.Mask && there {
		return "mask", []string{"rle", rle, "left", decimal(a.X), "top", decimal(a.Y), "width", decimal(b.X - a.X), "height", decimal(b.Y - a.Y)}, ""
	}
	if s.Kind == annotate.Mask {
		losses.add("the pixels of a mask (its box is written)", placeOf(m))
	}
	attr = []string{"xtl", decimal(a.X), "ytl", decimal(a.Y), "xbr", decimal(b.X), "ybr", decimal(b.Y)}
	if s.Kind == annotate.Rotated {
		attr = append(attr, "rotation", decimal(s.Angle))
	}
	return "box", attr, ""
}

func cvatRound(s annotate.Shape) (name string, attr []string, inner string) {
	angle := s.Angle
	if s.Kind == annotate.Circle {
		angle = 0
	}
	upright := s
	upright.Angle = 0
	box, ok := upright.Bounds()
	if !ok {
		return "", nil, ""
	}
	cx, cy := box.Center()
	attr = []string{"cx", decimal(cx), "cy", decimal(cy), "rx", decimal(box.W() / 2), "ry", decimal(box.H() / 2)}
	if angle != 0 {
		attr = append(attr, "rotation", decimal(angle))
	}
	return "ellipse", attr, ""
}

// cvatKind is the type of an attribute by CVAT's input_type.
func cvatKind(input string) annotate.Type {
	switch input {
	case "number":
		return annotate.Number
	case "checkbox":
		return annotate.Boolean
	case "select", "radio":
		return annotate.Choice
	}
	return annotate.Text
}

// cvatInput is the input_type of a type.
func cvatInput(t annotate.Type) string {
	switch t {
	case annotate.Number:
		return "number"
	case annotate.Boolean:
		return "checkbox"
	case annotate.Choice:
		return "select"
	}
	return "text"
}

// cvatDefault tells an attribute of a shape that need not be kept because it says nothing.
func cvatDefault(name, value string) bool {
	return slices.Contains([]string{"z_order=0", "source=manual", "group_id=0"}, name+"="+value)
}
