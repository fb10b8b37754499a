package exchange

import (
	"encoding/csv"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// sharkWriter is what has to be known of all records before the first row is written.
type sharkWriter struct {
	losses  Losses
	media   map[string]annotate.Media
	order   []string
	tracks  map[[2]string]annotate.Track
	found   map[string]int     // tracks of a media
	marked  map[string]bool    // media with marks
	tallied map[string]bool    // media with counts
	alive   map[[2]string]bool // tracks with marks
	marks   int
	counts  int
	ids     bool
	deep    [2]int             // folders, of output.csv and of maxn.csv
	more    [2]map[string]bool // further columns
}

func writeSharkTrack(out Folder, records annotate.Records, _ Options) (*Losses, error) {
	w := &sharkWriter{media: map[string]annotate.Media{}, tracks: map[[2]string]annotate.Track{}, found: map[string]int{}, marked: map[string]bool{}, tallied: map[string]bool{}, alive: map[[2]string]bool{},
		more: [2]map[string]bool{{}, {}}}
	if err := each(records, w.survey); err != nil {
		return nil, err
	}
	w.left()
	if w.marks > 0 || len(w.order) == 0 && w.counts == 0 {
		if err := w.output(out, records); err != nil {
			return nil, err
		}
	}
	if w.counts > 0 {
		if err := w.maxn(out, records); err != nil {
			return nil, err
		}
	}
	if err := w.overview(out); err != nil {
		return nil, err
	}
	return &w.losses, nil
}

// survey notes what a record will need, and what of it is lost.
func (w *sharkWriter) survey(record annotate.Record) error {
	l := &w.losses
	switch r := record.(type) {
	case annotate.Media:
		if _, ok := w.media[r.Name]; !ok {
			w.order = append(w.order, r.Name)
		}
		w.media[r.Name] = r
		l.unheld(r, r.Name, "sharktrack", "Name", "Video", "W", "H")
		if !r.Video {
			l.add("that a media is a picture", r.Name)
		}
	case annotate.Track:
		w.tracks[[2]string{r.Media, r.ID}] = r
		w.found[r.Media]++
		l.unheld(r, r.Media+", track "+r.ID, "sharktrack", "Media", "ID", "Names")
	case annotate.Mark:
		w.mark(r)
	case annotate.Count:
		where := r.Media + ", " + r.Label
		if !sharkCount(r) {
			l.add("a count that is no MaxN of one video and class", r.OpCode+" "+where)
			return nil
		}
		w.counts++
		w.tallied[r.Media] = true
		l.unheld(r, where, "sharktrack", "Media", "Label", "Value", "Time")
		w.need(1, r.Media, r.Extra)
		if r.Time%time.Millisecond != 0 && r.Time > 0 {
			l.add("the part of a time below a millisecond", where)
		}
	default:
		l.whole(record)
	}
	return nil
}

// left notes what is lost for want of marks to say it with.
func (w *sharkWriter) left() {
	for _, name := range w.order {
		if m := w.media[name]; !w.marked[name] && m.W+m.H > 0 {
			w.losses.add("the size of a video without marks", name)
		}
	}
	for key, track := range w.tracks {
		if !w.alive[key] {
			w.losses.add("a track without marks", track.Media+", track "+track.ID)
		}
	}
}

// sharkCount tells whether maxn.csv can hold a count.
func sharkCount(r annotate.Count) bool {
	return r.Media != "" && r.Label != "" && r.Metric == "" && r.Value >= 0 && r.Value == math.Trunc(r.Value) && r.Value < 1<<53
}

// need notes the columns that a row will have.
func (w *sharkWriter) need(table int, media string, extra annotate.Extra) {
	w.deep[table] = max(w.deep[table], len(sharkFolders(media))-1)
	for key := range extra {
		if name, ok := strings.CutPrefix(key, "sharktrack."); ok {
			w.more[table][name] = true
		}
	}
}

// drawn tells whether output.csv can hold a mark.
func (w *sharkWriter) drawn(m annotate.Mark) bool {
	_, ok := m.Shape.Bounds()
	t, timed := m.At(w.media[m.Media].Rate)
	return ok && !m.Outside && (timed && t < 10000*time.Hour || m.Frame >= 0)
}

func (w *sharkWriter) mark(m annotate.Mark) {
	l, where := &w.losses, markWhere(m)
	if !w.drawn(m) {
		l.add("a mark without a box, without a time and a frame, or where the animal is out of the picture", where)
		return
	}
	w.marks++
	w.marked[m.Media], w.alive[[2]string{m.Media, m.Track}] = true, true
	w.ids = w.ids || m.ID != ""
	w.need(0, m.Media, m.Extra)
	l.unheld(m, where, "sharktrack", "Media", "ID", "Track", "Frame", "Time", "Shape", "Names", "Outside")
	if m.Shape.Kind != annotate.Box {
		l.add("the shape of a mark that is no box", where)
	}
	if len(w.names(m)) > 1 {
		l.add("further names of a mark", where)
	}
	if t, _ := m.At(w.media[m.Media].Rate); t%time.Millisecond != 0 {
		l.add("the part of a time below a millisecond", where)
	}
}

// names are the mark's, or its track's.
func (w *sharkWriter) names(m annotate.Mark) []annotate.Name {
	if len(m.Names) == 0 {
		return w.tracks[[2]string{m.Media, m.Track}].Names
	}
	return m.Names
}

// columns is a header with its folders and what Extra names, and a row under it.
func (w *sharkWriter) columns(table int, header []string) []string {
	for i := range w.deep[table] {
		header = append(header, "folder"+strconv.Itoa(i+1))
	}
	for _, name := range slices.Sorted(maps.Keys(w.more[table])) {
		if !slices.Contains(header, name) {
			header = append(header, name)
		}
	}
	return header
}

// row puts what follows, then what the record says itself, under a header.
func sharkRow(header []string, cells map[string]string, extra annotate.Extra) []string {
	row := make([]string, len(header))
	for i, name := range header {
		row[i] = cells[name]
		if own := extra["sharktrack."+name]; own != "" {
			row[i] = own
		}
	}
	return row
}

func (w *sharkWriter) output(out Folder, records annotate.Records) error {
	header := []string{"video_path", "video_name", "frame", "time", "xmin", "ymin", "xmax", "ymax", "w", "h", "confidence", "label", "track_metadata", "track_id"}
	if w.ids {
		header = append([]string{""}, header...)
	}
	header = w.columns(0, header)
	return fillTable(out, "output.csv", header, func(rows *csv.Writer) error {
		return each(records, func(record annotate.Record) error {
			m, ok := record.(annotate.Mark)
			if !ok || !w.drawn(m) {
				return nil
			}
			return rows.Write(sharkRow(header, w.cells(m), m.Extra))
		})
	})
}

// cells is a mark's row by column.
func (w *sharkWriter) cells(m annotate.Mark) map[string]string {
	cells := sharkFolders(m.Media)
	media, box := w.media[m.Media], bounds(m.Shape)
	cells[""], cells["video_path"], cells["frame"], cells["track_id"] = m.ID, m.Media, frameText(m.Frame), m.Track
	cells["xmin"], cells["ymin"], cells["xmax"], cells["ymax"] = numberText(box.X0), numberText(box.Y0), numberText(box.X1), numberText(box.Y1)
	cells["w"], cells["h"] = countText(media.W), countText(media.H)
	if t, ok := m.At(media.Rate); ok {
		cells["time"] = sharkTime(t)
	}
	if names := w.names(m); len(names) > 0 {
		cells["label"] = names[0].Label
		if names[0].Scored {
			cells["confidence"] = numberText(names[0].Score)
		}
	}
	if m.Track != "" {
		cells["track_metadata"] = m.Media + "/" + m.Track
		if about := w.tracks[[2]string{m.Media, m.Track}].Extra["sharktrack.track_metadata"]; about != "" {
			cells["track_metadata"] = about
		}
	}
	return cells
}

func (w *sharkWriter) maxn(out Folder, records annotate.Records) error {
	header := []string{"video_path", "video_name", "frame", "label"}
	for i := range w.deep[1] {
		header = append(header, "folder"+strconv.Itoa(i+1))
	}
	header = append(header, "time", "n", "tracks_in_maxn")
	w.deep[1] = 0
	header = w.columns(1, header)
	return fillTable(out, "maxn.csv", header, func(rows *csv.Writer) error {
		return each(records, func(record annotate.Record) error {
			c, ok := record.(annotate.Count)
			if !ok || !sharkCount(c) {
				return nil
			}
			cells := sharkFolders(c.Media)
			cells["video_path"], cells["label"], cells["n"] = c.Media, c.Label, numberText(c.Value)
			if c.Time >= 0 {
				cells["time"] = sharkTime(c.Time)
			}
			return rows.Write(sharkRow(header, cells, c.Extra))
		})
	})
}

// overview lists the videos without marks, and those of which the number of tracks was read.
func (w *sharkWriter) overview(out Folder) error {
	var rows [][]string
	for _, name := range w.order {
		n, read := w.media[name].Extra["sharktrack.tracks_found"]
		if !read && (w.marked[name] || w.tallied[name]) {
			continue
		}
		if !read {
			n = strconv.Itoa(w.found[name])
		}
		rows = append(rows, []string{name, n})
	}
	if len(rows) == 0 {
		return nil
	}
	return fillTable(out, "overview.csv", []string{"video_path", "tracks_found"}, func(w *csv.Writer) error { return w.WriteAll(rows) })
}
