package exchange

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
	"requin/frame"
)

// boxesReader reads a table row by row; it remembers files and tracks alone.
type boxesReader struct {
	in     Input
	t      *table
	send   func(annotate.Record) bool
	at     map[string]int
	others []int
	timed  bool // the table has frames or times
	placed bool // it has boxes or points
	bare   bool // it has neither names nor places: a list of frames or of files
	media  map[string]boxesFile
	tracks map[[2]string]bool
}

// boxesFile is a media as it was given, and the cells that told of it.
type boxesFile struct {
	video bool
	cells [2]map[string]string // as they are written, and as its first row spelt them
}

func readBoxesCSV(in Input) annotate.Records {
	return streamTable(in, "CSV", func(t *table, send func(annotate.Record) bool) error {
		r := &boxesReader{in: in, t: t, send: send, at: boxesColumns(t), media: map[string]boxesFile{}, tracks: map[[2]string]bool{}}
		if err := r.columns(); err != nil {
			return err
		}
		for t.next() {
			if more, err := r.row(); err != nil || !more {
				return err
			}
		}
		return nil
	})
}

// has tells whether the table has one of these columns.
func (r *boxesReader) has(roles ...string) bool {
	return slices.ContainsFunc(roles, func(role string) bool { return r.at[role] >= 0 })
}

// columns checks that the table is one of boxes, and finds what else it has.
func (r *boxesReader) columns() error {
	t := r.t
	r.timed = r.has("frame", "clip_frame", "time", "time_ms", "timestamp")
	r.placed = r.has("xmin", "point_x", "share_x")
	r.bare = !r.placed && !r.has("label", "confidence", "track", "shape")
	found := fmt.Sprintf("; the columns are %.400s", strings.Join(t.header, ", "))
	pairs := [][2]string{{"xmin", "ymin"}, {"xmax", "ymax"}, {"w", "h"}, {"point_x", "point_y"}, {"share_x", "share_y"}}
	for _, p := range pairs {
		if (r.at[p[0]] >= 0) != (r.at[p[1]] >= 0) {
			return fmt.Errorf("%s, line 1: there is a column %s or %s, but not both%s", t.what, p[0], p[1], found)
		}
	}
	switch {
	case r.has("xmin") && !r.has("xmax", "w"):
		return fmt.Errorf("%s, line 1: a box needs xmin,ymin,xmax,ymax or x,y,w,h (or other names that mean these)%s", t.what, found)
	case r.has("share_x") && !(r.has("width") && r.has("height")):
		return fmt.Errorf("%s, line 1: tracker_center_x is a share of the picture: there should be columns width and height%s", t.what, found)
	case r.bare && !r.timed && !r.has("file"):
		return fmt.Errorf("%s, line 1: this is no table of boxes: wanted are file, frame or time, xmin,ymin,xmax,ymax (or x,y,w,h), label, confidence, track%s", t.what, found)
	}
	seen := map[string]bool{}
	for i, name := range t.header {
		if r.used(i) {
			continue
		}
		key := fold(strings.ReplaceAll(name, "\r", ""))
		if key == "" {
			key = "column" + strconv.Itoa(i+1)
		}
		if seen[key] || slices.ContainsFunc(boxesHeader, func(role string) bool { return fold(role) == key }) {
			return fmt.Errorf("%s, line 1: two columns are called %q: give each a name of its own", t.what, name)
		}
		if r.bare && r.timed && !slices.Contains([]string{"sourceframe", "sourceimage", "nboxes"}, key) {
			return fmt.Errorf("%s, line 1: a list of frames has no place for the column %s: name the frame and the file alone, or give boxes or labels%s", t.what, name, found)
		}
		seen[key] = true
		r.others = append(r.others, i)
	}
	return nil
}

// used tells whether a column has been given a meaning that is written otherwise.
func (r *boxesReader) used(column int) bool {
	for _, at := range r.at {
		if at == column {
			return true
		}
	}
	return false
}

func (r *boxesReader) cell(role string) string { return r.t.word(r.at[role]) }

// row reads one row; false where no more is wanted.
func (r *boxesReader) row() (bool, error) {
	m := annotate.Mark{ID: r.cell("id"), Track: r.cell("track"), Frame: -1, Time: annotate.None}
	if label := r.cell("label"); label != "" {
		m.Names = []annotate.Name{{Label: label}}
	}
	score, err := r.t.number(r.at["confidence"])
	if err != nil {
		return false, err
	}
	if score != nil {
		if m.Names == nil {
			m.Names = []annotate.Name{{}}
		}
		m.Names[0].Score, m.Names[0].Scored = *score, true
	}
	if m.Shape, err = r.shape(); err != nil {
		return false, err
	}
	said := m.Names != nil || m.ID != "" || m.Track != "" || m.Shape.Kind != ""
	kind, err := r.kind(said, m.Shape.Kind)
	if err != nil {
		return false, err
	}
	more, err := r.file(&m, kind == "media")
	if err != nil || !more || kind == "media" {
		return more, err
	}
	if err := r.when(&m); err != nil {
		return false, err
	}
	switch kind {
	case "look":
		if m.Extra == nil || r.bare {
			return r.send(annotate.Look{Media: m.Media, Frame: m.Frame, Time: m.Time}), nil
		}
		if r.cell("shape") != "" {
			return false, r.t.wrong(r.at["shape"], "a look has a file, a frame and a time, and nothing else: empty the other columns, or call it whole")
		}
		m.Shape.Kind = annotate.WholePic
	case "whole":
		m.Shape = annotate.Shape{Kind: annotate.WholePic}
	}
	if key := [2]string{m.Media, m.Track}; m.Track != "" && !r.tracks[key] {
		r.tracks[key] = true
		if !r.send(annotate.Track{Media: m.Media, ID: m.Track}) {
			return false, nil
		}
	}
	return r.send(m), nil
}

// kind is what the row is: box, point, whole, look or media.
func (r *boxesReader) kind(said bool, shape annotate.Kind) (string, error) {
	kind := strings.ToLower(r.cell("shape"))
	place := shape != ""
	switch {
	case kind == "" && shape == annotate.Points:
		return "point", nil
	case kind == "" && place:
		return "box", nil
	case kind == "" && said:
		return "whole", nil
	case kind == "" && (r.placed || r.timed || !r.bare):
		return "look", nil
	case kind == "":
		return "media", nil
	case kind == "box" && place, kind == "point" && place, kind == "whole" && !place, (kind == "look" || kind == "media") && !said:
		return kind, nil
	}
	return "", r.t.wrong(r.at["shape"], "it should be box or point, with its numbers; whole, without; look or media, with neither numbers nor a name; or empty")
}

// shape is the row's box or point; of no kind where it has none.
func (r *boxesReader) shape() (annotate.Shape, error) {
	for _, point := range [][2]string{{"point_x", "point_y"}, {"share_x", "share_y"}} {
		if r.has(point[0]) {
			return r.point(r.at[point[0]], r.at[point[1]], point[0] == "share_x")
		}
	}
	if !r.has("xmin") {
		return annotate.Shape{}, nil
	}
	right, bottom := r.at["xmax"], r.at["ymax"]
	if right >= 0 {
		b, err := r.t.box(r.at["xmin"], r.at["ymin"], right, bottom)
		if err != nil || b == nil {
			return annotate.Shape{}, err
		}
		if strings.ToLower(r.cell("shape")) == "point" {
			if b.W() != 0 || b.H() != 0 {
				return annotate.Shape{}, r.t.wrong(right, "a point has no extent: xmax should be xmin, and ymax ymin")
			}
			return annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{{X: b.X0, Y: b.Y0}}}, nil
		}
		return annotate.BoxShape(*b), nil
	}
	var v [4]float64
	lacking := 0
	for i, role := range []string{"xmin", "ymin", "w", "h"} {
		n, err := r.t.number(r.at[role])
		switch {
		case err != nil:
			return annotate.Shape{}, err
		case n == nil:
			lacking++
		case i >= 2 && *n < 0:
			return annotate.Shape{}, r.t.wrong(r.at[role], "the size of a box should not be below 0")
		default:
			v[i] = *n
		}
	}
	if lacking == 4 {
		return annotate.Shape{}, nil
	}
	b := frame.Box{X0: v[0], Y0: v[1], X1: v[0] + v[2], Y1: v[1] + v[3]}
	if lacking > 0 || !b.Finite() {
		return annotate.Shape{}, r.t.wrong(r.at["xmin"], "a box needs all four numbers, each within a picture")
	}
	return annotate.BoxShape(b), nil
}

// point is a place without extent, in pixels or as shares of the picture.
func (r *boxesReader) point(cx, cy int, share bool) (annotate.Shape, error) {
	x, err := r.t.number(cx)
	if err != nil {
		return annotate.Shape{}, err
	}
	y, err := r.t.number(cy)
	if err != nil {
		return annotate.Shape{}, err
	}
	if x == nil && y == nil {
		return annotate.Shape{}, nil
	}
	if x == nil || y == nil {
		return annotate.Shape{}, r.t.wrong(cx, "a point needs both numbers")
	}
	p := annotate.Point{X: *x, Y: *y}
	if share {
		w, errW := r.t.size(r.at["width"])
		h, errH := r.t.size(r.at["height"])
		if errW != nil || errH != nil || w == 0 || h == 0 || math.Abs(p.X) > 2 || math.Abs(p.Y) > 2 {
			return annotate.Shape{}, r.t.wrong(cx, "it should be a share of the picture, 0 to 1, whose size stands in width and height")
		}
		p = annotate.Point{X: p.X * float64(w), Y: p.Y * float64(h)}
	}
	return annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{p}}, nil
}

// extra is what the row has in columns without a meaning here; not nil.
func (r *boxesReader) extra() annotate.Extra {
	extra := annotate.Extra{}
	for _, column := range r.others {
		name := strings.TrimSpace(strings.ReplaceAll(r.t.header[column], "\r", ""))
		if fold(name) == "" {
			name = "column " + strconv.Itoa(column+1)
		}
		if cell := r.t.word(column); cell != "" {
			extra["csv."+name] = cell
		}
	}
	return extra
}

// file sets a mark's media, which is given where it comes up first, and keeps in Extra what else the row has.
func (r *boxesReader) file(m *annotate.Mark, alone bool) (bool, error) {
	m.Media = strings.ReplaceAll(r.cell("file"), `\`, "/")
	if m.Media == "" {
		m.Media = strings.TrimSuffix(path.Base(r.in.Name), path.Ext(r.in.Name))
		m.Media = strings.TrimSuffix(strings.TrimSuffix(m.Media, ".boxes"), ".frames")
	}
	extra := r.extra()
	have, known := r.media[m.Media]
	switch {
	case known && alone:
		return false, r.t.wrong(max(r.at["file"], 0), "this file has been stated above: give each one row")
	case known:
		for _, role := range boxesOfMedia {
			if cell := r.cell(role); cell != "" && cell != have.cells[0][role] && cell != have.cells[1][role] {
				extra["csv."+role] = cell
			}
		}
	}
	if len(extra) > 0 && !alone {
		m.Extra = extra
	}
	if known {
		return true, nil
	}
	media := annotate.Media{Name: m.Media, Deployment: r.cell("deployment"), Rate: r.in.Rate}
	if alone && len(extra) > 0 {
		media.Extra = extra
	}
	var err error
	if media.W, err = r.t.size(r.at["width"]); err != nil {
		return false, err
	}
	if media.H, err = r.t.size(r.at["height"]); err != nil {
		return false, err
	}
	if cell := r.cell("fps"); !missing(cell) {
		var ok bool
		if media.Rate, ok = parseRate(cell); !ok {
			return false, r.t.wrong(r.at["fps"], "it should be frames a second, such as 25, 29.97 or 30000/1001")
		}
	}
	switch cell := strings.ToLower(r.cell("is_video")); {
	case cell == "yes", cell == "no":
		media.Video = cell == "yes"
	case cell != "":
		return false, r.t.wrong(r.at["is_video"], "it should be yes, no or empty")
	default:
		media.Video = boxesVideo.MatchString(media.Name) || r.timed && !boxesPicture.MatchString(media.Name)
	}
	spelt := map[string]string{}
	for _, role := range boxesOfMedia {
		spelt[role] = r.cell(role)
	}
	r.media[m.Media] = boxesFile{video: media.Video, cells: [2]map[string]string{boxesCells(media), spelt}}
	return r.send(media), nil
}

// boxesCells is what the columns of a file say of it.
func boxesCells(m annotate.Media) map[string]string {
	cells := map[string]string{"width": countText(m.W), "height": countText(m.H), "deployment": m.Deployment, "is_video": "no"}
	if m.Video {
		cells["is_video"] = "yes"
	}
	if m.Rate.Num > 0 && m.Rate.Den > 0 {
		cells["fps"] = strings.TrimSuffix(m.Rate.String(), "/1")
	}
	return cells
}

// when sets a mark's frame and time. A picture has frame 0 and time 0; what its row says otherwise is kept in Extra.
func (r *boxesReader) when(m *annotate.Mark) error {
	t := r.t
	if !r.media[m.Media].video {
		m.Frame, m.Time = 0, 0
		for _, role := range []string{"frame", "clip_frame", "time", "time_ms", "timestamp"} {
			if cell := r.cell(role); cell != "" && !missing(cell) && !r.bare {
				if m.Extra == nil {
					m.Extra = annotate.Extra{}
				}
				m.Extra["csv."+map[bool]string{true: "frame", false: "time"}[strings.Contains(role, "frame")]] = cell
			}
		}
		return nil
	}
	var err error
	if m.Frame, err = t.frameNumber(r.at["frame"]); err != nil {
		return err
	}
	if clip := r.at["clip_frame"]; clip >= 0 && !missing(t.text(clip)) {
		if m.Frame, err = t.frameNumber(clip); err != nil || m.Frame == 0 {
			return t.wrong(clip, "it should be the number of a frame, a whole number from 1")
		}
		m.Frame--
	}
	for _, role := range []string{"time", "timestamp", "time_ms"} {
		cell := r.cell(role)
		if missing(cell) {
			continue
		}
		ok := false
		if m.Time, ok = boxesTime(cell, role == "time_ms"); !ok {
			return t.wrong(r.at[role], "it should be a time in the video, in seconds or as hours:minutes:seconds (in milliseconds in a column time_ms)")
		}
	}
	return nil
}
