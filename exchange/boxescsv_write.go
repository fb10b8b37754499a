package exchange

import (
	"encoding/csv"
	"maps"
	"slices"
	"strings"

	"requin/annotate"
)

// boxesWriter is what has to be known before the first row is written.
type boxesWriter struct {
	losses Losses
	media  map[string]annotate.Media
	order  []string
	spoken map[string]bool // media with rows
	names  map[[2]string][]annotate.Name
	alive  map[[2]string]bool // tracks with marks
	more   map[string]bool    // further columns
}

func writeBoxesCSV(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	w := &boxesWriter{media: map[string]annotate.Media{}, spoken: map[string]bool{}, names: map[[2]string][]annotate.Name{}, alive: map[[2]string]bool{}, more: map[string]bool{}}
	if err := each(records, w.survey); err != nil {
		return nil, err
	}
	for _, key := range slices.SortedFunc(maps.Keys(w.names), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		if !w.alive[key] {
			w.losses.add("a track without marks", key[0]+", track "+key[1])
		}
	}
	header := slices.Clone(boxesHeader)
	for _, name := range slices.Sorted(maps.Keys(w.more)) {
		if !slices.Contains(header, name) {
			header = append(header, name)
		}
	}
	return &w.losses, fillTable(out, opt.Name, header, func(rows *csv.Writer) error {
		for _, name := range w.order {
			if m := w.media[name]; !w.spoken[name] || boxesOwn(m.Extra) {
				if err := rows.Write(boxesRow(header, name, boxesCells(m), map[string]string{"shape": "media"}, m.Extra)); err != nil {
					return err
				}
			}
		}
		return each(records, func(record annotate.Record) error {
			cells, media, extra := w.cells(record)
			if cells == nil {
				return nil
			}
			return rows.Write(boxesRow(header, media, boxesCells(w.media[media]), cells, extra))
		})
	})
}

// boxesOwn tells whether there is anything of this format in an Extra.
func boxesOwn(extra annotate.Extra) bool {
	for key := range extra {
		if strings.HasPrefix(key, "csv.") {
			return true
		}
	}
	return false
}

// boxesRow puts a row under the header: what is said of the file, then of the row, then in Extra.
func boxesRow(header []string, file string, media, cells map[string]string, extra annotate.Extra) []string {
	row := make([]string, len(header))
	for i, name := range header {
		row[i] = media[name]
		for _, cell := range []string{cells[name], extra["csv."+name]} {
			if cell != "" {
				row[i] = cell
			}
		}
	}
	row[0] = file
	return row
}

// survey notes what a record needs, and what of it is lost.
func (w *boxesWriter) survey(record annotate.Record) error {
	l := &w.losses
	var extra annotate.Extra
	switch r := record.(type) {
	case annotate.Media:
		if _, ok := w.media[r.Name]; !ok {
			w.order = append(w.order, r.Name)
		}
		w.media[r.Name] = r
		l.unheld(r, r.Name, "csv", "Name", "Video", "W", "H", "Rate", "Deployment")
		extra = r.Extra
	case annotate.Track:
		w.names[[2]string{r.Media, r.ID}] = r.Names
		l.unheld(r, r.Media+", track "+r.ID, "csv", "Media", "ID", "Names")
		if boxesOwn(r.Extra) {
			l.add("a field of a track", r.Media+", track "+r.ID)
		}
	case annotate.Look:
		w.spoken[r.Media] = true
	case annotate.Mark:
		where := markWhere(r)
		if r.Outside {
			l.add("a mark where the animal is out of the picture", where)
			return nil
		}
		w.spoken[r.Media], w.alive[[2]string{r.Media, r.Track}] = true, true
		l.unheld(r, where, "csv", "Media", "ID", "Track", "Frame", "Time", "Shape", "Names")
		if k := r.Shape.Kind; k != annotate.Box && k != annotate.WholePic && (k != annotate.Points || len(r.Shape.Points) != 1) {
			l.add("the shape of a mark that is no box", where)
		}
		if len(w.named(r)) > 1 {
			l.add("further names of a mark", where)
		}
		extra = r.Extra
	default:
		l.whole(record)
	}
	for key := range extra {
		if name, ok := strings.CutPrefix(key, "csv."); ok {
			w.more[name] = true
		}
	}
	return nil
}

// named are the names of a mark, or of its track.
func (w *boxesWriter) named(m annotate.Mark) []annotate.Name {
	if len(m.Names) == 0 {
		return w.names[[2]string{m.Media, m.Track}]
	}
	return m.Names
}

// cells is the row of a record but for its file; nil where it has none.
func (w *boxesWriter) cells(record annotate.Record) (cells map[string]string, media string, extra annotate.Extra) {
	cells = map[string]string{}
	var m annotate.Mark
	switch r := record.(type) {
	case annotate.Look:
		cells["shape"] = "look"
		m = annotate.Mark{Media: r.Media, Frame: r.Frame, Time: r.Time}
	case annotate.Mark:
		if r.Outside {
			return nil, "", nil
		}
		m = r
		w.place(cells, m)
	default:
		return nil, "", nil
	}
	if w.media[m.Media].Video {
		if cells["frame"] = frameText(m.Frame); m.Time >= 0 {
			cells["time"] = secondsText(m.Time)
		}
	}
	return cells, m.Media, m.Extra
}

// place fills in a mark's place, names and ids.
func (w *boxesWriter) place(cells map[string]string, m annotate.Mark) {
	cells["shape"], cells["id"], cells["track"] = "whole", m.ID, m.Track
	if b, ok := m.Shape.Bounds(); ok {
		cells["xmin"], cells["ymin"], cells["xmax"], cells["ymax"] = numberText(b.X0), numberText(b.Y0), numberText(b.X1), numberText(b.Y1)
		cells["shape"] = "box"
		if m.Shape.Kind == annotate.Points && len(m.Shape.Points) == 1 {
			cells["shape"] = "point"
		}
	}
	if names := w.named(m); len(names) > 0 {
		cells["label"] = names[0].Label
		if names[0].Scored {
			cells["confidence"] = numberText(names[0].Score)
		}
	}
}
