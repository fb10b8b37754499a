package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// BoxTable is a table with one row a box, or a point, or a file, as many projects have it without any standard, and as R and
// spreadsheets like it. The columns may have any of these names, in any order; case, spaces, dots and underscores do not matter:
//
//	file      file_name filename image image_name video video_name media file    image_id file_id: its id; width height: its pixels
//	frame     frame frame_number (from 0)        time: seconds or h:m:s          timestamp time_ms: milliseconds
//	track     track_id track linkIndex           id: the row's own
//	label     label class category species       label_id category_id            score detection_score confidence
//	box       xmin ymin xmax ymax or bbox_x bbox_y bbox_w bbox_h, in pixels
//	polygon   segmentation: COCO's, [[x, y, x, y, ...], ...]
//	point     center_x center_y or center_smoothed_x center_smoothed_y, in pixels; tracker_center_x tracker_center_y, in shares of width and height
//
// FishID's tables of tracked fish (MOSSE, SiamMask, Seq-NMS) and the Luderick data set's are such. A table without labels and places
// is one of files; there split or suggested_use is the split, and deployment the deployment.
// A row without a place has none (WholePic). All other columns are kept as "table.…".
//
// Written is one file: of boxes, or of files where there is no box, with the first names above.
func BoxTable() Format {
	return Format{
		Name: "table", Title: "Table with one row a box (FishID, Luderick and others)",
		Sniff: sniffBoxTable,
		Read: func(in Input) annotate.Records {
			return reading(in, func(r io.Reader, out give) error { return (&boxReader{in: in, out: out}).run(r) })
		},
		Write: writeBoxTable,
	}
}

func sniffBoxTable(name string, head []byte) float64 {
	t, err := openTable("table", strings.NewReader(string(head)), 0)
	if err != nil {
		return 0
	}
	var c boxColumns
	if c.find(t) != nil {
		return 0
	}
	switch {
	case c.shareX >= 0, c.pointX >= 0, c.segmentation >= 0:
		return 0.8
	case c.corners[0] >= 0 && c.label >= 0, c.sides[0] >= 0 && c.label >= 0:
		return 0.6
	case c.files() && c.w >= 0 && c.h >= 0:
		return 0.5
	}
	return 0
}

// boxColumns are the places of the columns, -1 where there is none.
type boxColumns struct {
	file, fileID, w, h, split, deployment int
	number, seconds, ms, track, id        int
	label, labelID, score, segmentation   int
	corners, sides                        [4]int
	pointX, pointY, shareX, shareY        int
	others                                []int
}

func (c *boxColumns) find(t *table) error {
	var err error
	if c.file, err = t.need("file_name", "filename", "image", "image_name", "video", "video_name", "media", "file"); err != nil {
		return err
	}
	used := []int{c.file}
	column := func(names ...string) int {
		i := t.column(names...)
		if i < 0 || slices.Contains(used, i) {
			return -1
		}
		used = append(used, i)
		return i
	}
	c.fileID, c.w, c.h = column("file_id", "image_id", "video_id"), column("width"), column("height")
	c.number, c.seconds, c.ms = column("frame", "frame_number"), column("time"), column("timestamp", "time_ms")
	c.track, c.id = column("track_id", "track", "linkIndex"), column("id")
	c.label, c.labelID, c.score = column("label", "class", "category", "species"), column("label_id", "category_id"), column("score", "detection_score", "confidence")
	for i, name := range []string{"xmin", "ymin", "xmax", "ymax"} {
		c.corners[i] = column(name)
	}
	for i, name := range []string{"bbox_x", "bbox_y", "bbox_w", "bbox_h"} {
		c.sides[i] = column(name)
	}
	c.segmentation = column("segmentation")
	c.pointX, c.pointY = column("center_x", "center_smoothed_x"), column("center_y", "center_smoothed_y")
	c.shareX, c.shareY = column("tracker_center_x"), column("tracker_center_y")
	c.split, c.deployment = -1, -1
	if c.files() {
		c.split, c.deployment = column("split", "suggested_use"), column("deployment")
	}
	for i, name := range t.header {
		if name != "" && !slices.Contains(used, i) && t.column(name) == i {
			c.others = append(c.others, i)
		}
	}
	return nil
}

// files tells a table of files, which names nothing and places nothing.
func (c *boxColumns) files() bool {
	return max(c.label, c.score, c.track, c.corners[0], c.sides[0], c.segmentation, c.pointX, c.shareX) < 0
}

type boxReader struct {
	in     Input
	out    give
	c      boxColumns
	media  map[string]annotate.Media
	tracks map[[2]string]bool // whether they are named
	labels map[[2]string]bool
}

func (b *boxReader) run(file io.Reader) error {
	b.media, b.tracks, b.labels = map[string]annotate.Media{}, map[[2]string]bool{}, map[[2]string]bool{}
	limit := &budget{file, 2 * longestLine}
	t, err := openTable("table "+b.in.Name, limit, 0)
	if err != nil {
		return err
	}
	if err := b.c.find(t); err != nil {
		return err
	}
	files := b.c.files()
	for t.next() {
		limit.left = 2 * longestLine
		media, err := b.medium(t, files)
		if err == nil && !files {
			err = b.row(t, media)
		}
		if err != nil {
			return err
		}
	}
	if errors.Is(t.err, errTooLarge) {
		return fmt.Errorf("table %s, after line %d: a line of more than %d bytes, or a quote that is never closed", b.in.Name, t.line, 2*longestLine)
	}
	return t.err
}

// medium is the file of a row, given where it comes up first.
func (b *boxReader) medium(t *table, files bool) (annotate.Media, error) {
	name := strings.ReplaceAll(t.text(b.c.file), `\`, "/")
	if name == "" {
		return annotate.Media{}, t.wrong(b.c.file, "it should be a file's name")
	}
	m, known := b.media[name]
	if known && files {
		return m, t.wrong(b.c.file, "it should be a file that no other row has")
	}
	if known {
		return m, nil
	}
	m = annotate.Media{Name: name, ID: t.text(b.c.fileID), Video: !isPicture(name), Split: t.text(b.c.split), Deployment: t.text(b.c.deployment)}
	for column, into := range map[int]*int{b.c.w: &m.W, b.c.h: &m.H} {
		if missing(t.text(column)) {
			continue
		}
		v, err := t.integer(column)
		if err != nil || v < 1 || v > largestPicture {
			return m, t.wrong(column, "it should be the width or height of the file's pictures in pixels")
		}
		*into = v
	}
	if m.Video {
		m.Rate = b.in.Rate
	}
	if files {
		for _, i := range b.c.others {
			if text := t.text(i); text != "" {
				setExtra(&m.Extra, "table."+t.header[i], text)
			}
		}
	}
	b.media[name] = m
	return m, b.out(m)
}

// row is one mark.
func (b *boxReader) row(t *table, media annotate.Media) error {
	m := annotate.Mark{Media: media.Name, ID: t.text(b.c.id), Track: t.text(b.c.track), Still: media.Video}
	if err := b.when(t, &m, media); err != nil {
		return err
	}
	var err error
	if m.Shape, err = b.shape(t, media); err != nil {
		return err
	}
	if m.Shape.Kind == annotate.Polygon {
		box, err := b.box(t)
		if err != nil {
			return err
		}
		if around, _ := ringsBounds(m.Shape); box != nil && !slices.Equal(box.Points, annotate.BoxShape(around).Points) {
			setExtra(&m.Extra, "table.box", pointsText(box.Points))
		}
	}
	score, err := t.number(b.c.score)
	if err != nil {
		return err
	}
	if label := t.text(b.c.label); label != "" || score != nil {
		m.Names = []annotate.Name{{Label: label}}
		if label == "" {
			m.Names[0].Label = viameUnknown
		}
		if score != nil {
			m.Names[0].Score, m.Names[0].Scored = *score, true
		}
		if key := [2]string{label, t.text(b.c.labelID)}; key[1] != "" && !b.labels[key] {
			b.labels[key] = true
			if err := b.out(annotate.Label{Name: m.Names[0].Label, ID: key[1]}); err != nil {
				return err
			}
		}
	}
	for _, i := range b.c.others {
		if text := t.text(i); text != "" {
			setExtra(&m.Extra, "table."+t.header[i], text)
		}
	}
	if m.Track != "" {
		key := [2]string{m.Media, m.Track}
		named, known := b.tracks[key]
		saidUnknown(&m, named)
		if !known {
			b.tracks[key] = len(m.Names) > 0
			if err := b.out(annotate.Track{Media: m.Media, ID: m.Track, Names: slices.Clone(m.Names)}); err != nil {
				return err
			}
		}
	}
	return b.out(m)
}

// when reads frame and time.
func (b *boxReader) when(t *table, m *annotate.Mark, media annotate.Media) (err error) {
	if !media.Video {
		return nil
	}
	m.Frame, m.Time = -1, annotate.None
	if !missing(t.text(b.c.number)) {
		if m.Frame, err = t.integer(b.c.number); err != nil || m.Frame < 0 || m.Frame > 1<<31 {
			return t.wrong(b.c.number, "it should be the number of a frame, from 0")
		}
	}
	text, column, unit := t.text(b.c.seconds), b.c.seconds, 1.0
	if missing(text) {
		text, column, unit = t.text(b.c.ms), b.c.ms, 1e-3
	}
	if missing(text) {
		return nil
	}
	at, ok := splitClock(text)
	if v, err := parseNumber(text); err == nil && !ok {
		if at, ok = secondsOf(v * unit); unit != 1 {
			at = at.Round(time.Microsecond)
		}
	}
	if !ok {
		return t.wrong(column, "it should be a time from the start of the video, as 12.5 (milliseconds where the column is called timestamp or time_ms) or 00:00:12.5")
	}
	m.Time = at
	return nil
}

// numbers reads the cells of these columns; nil where all are empty.
func (b *boxReader) numbers(t *table, columns ...int) ([]float64, error) {
	out, empty := make([]float64, len(columns)), 0
	for i, column := range columns {
		v, err := t.number(column)
		if err != nil {
			return nil, err
		}
		if v == nil {
			empty++
			continue
		}
		out[i] = *v
	}
	switch empty {
	case 0:
		return out, nil
	case len(columns):
		return nil, nil
	}
	return nil, t.wrong(columns[0], fmt.Sprintf("of it and the %d columns that go with it all should have a number, or none", len(columns)-1))
}

// shape is the most exact place that a row states: its polygon, its box, its point.
func (b *boxReader) shape(t *table, media annotate.Media) (annotate.Shape, error) {
	none := annotate.Shape{Kind: annotate.WholePic}
	if text := t.text(b.c.segmentation); !missing(text) && text != "[]" {
		var rings [][]float64
		var out polygonRings
		if err := json.Unmarshal([]byte(text), &rings); err != nil {
			return none, t.wrong(b.c.segmentation, "it should be polygons, [[x, y, x, y, x, y, ...], ...]")
		}
		for _, ring := range rings {
			if len(ring) < 6 || len(ring)%2 != 0 {
				return none, t.wrong(b.c.segmentation, "it should be polygons of at least three points, [[x, y, x, y, x, y, ...], ...]")
			}
			out.add(pointsOf(ring), false)
		}
		m := annotate.Mark{Shape: none}
		out.onto(&m)
		return m.Shape, nil
	}
	if box, err := b.box(t); err != nil {
		return none, err
	} else if box != nil {
		return *box, nil
	}
	v, err := b.numbers(t, b.c.pointX, b.c.pointY)
	if err == nil && v == nil {
		if v, err = b.numbers(t, b.c.shareX, b.c.shareY); v != nil {
			if media.W == 0 || media.H == 0 {
				return none, t.wrong(b.c.shareX, "it is a share of the picture: columns width and height should tell its pixels")
			}
			v[0], v[1] = roundTo(v[0]*float64(media.W), 1e6), roundTo(v[1]*float64(media.H), 1e6)
		}
	}
	if err != nil || v == nil {
		return none, err
	}
	if slices.ContainsFunc(v, func(x float64) bool { return x > 1e12 || x < -1e12 }) {
		return none, t.wrong(max(b.c.pointX, b.c.shareX), "it should be a place in the picture")
	}
	return annotate.Shape{Kind: annotate.Points, Points: pointsOf(v)}, nil
}

// pixelsText is a number of pixels, "" where it is not known.
func pixelsText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// box is the box that a row states, nil where it states none.
func (b *boxReader) box(t *table) (*annotate.Shape, error) {
	v, err := b.numbers(t, b.c.corners[:]...)
	if err == nil && v == nil {
		if v, err = b.numbers(t, b.c.sides[:]...); v != nil {
			v[2], v[3] = v[0]+v[2], v[1]+v[3]
		}
	}
	if err != nil || v == nil {
		return nil, err
	}
	s := annotate.BoxShape(cornersBox(v[0], v[1], v[2], v[3]))
	return &s, nil
}
