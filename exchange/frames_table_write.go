package exchange

import (
	"bufio"
	"encoding/csv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// boxWriter writes a table of boxes, or of files.
type boxWriter struct {
	w      *csv.Writer
	scene  *scene
	ids    map[string]string // of labels
	others []string
	losses *Losses
}

func boxKeeps(files bool) keeps {
	k := keeps{own: []string{"table"}, names: 1, scores: true, markID: true, trackID: true, times: true, mediaID: true, size: true, labels: true, labelID: true,
		shapes: []annotate.Kind{annotate.Polygon, annotate.Points, annotate.WholePic}}
	k.split = files
	return k
}

func writeBoxTable(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	b := &boxWriter{scene: newScene(), ids: map[string]string{}, losses: &Losses{}}
	marks, columns := map[string]bool{}, map[bool]map[string]bool{true: {}, false: {}} // of marks, of files
	for r, err := range records {
		if err != nil {
			return b.losses, err
		}
		switch r := r.(type) {
		case annotate.Mark:
			marks[r.Media] = true
			tableColumns(columns[true], r.Extra)
		case annotate.Media:
			tableColumns(columns[false], r.Extra)
		}
	}
	boxes := len(marks) > 0
	b.others = slices.Sorted(maps.Keys(columns[boxes]))
	return b.losses, intoFile(out, opt.Name, func(file *bufio.Writer) error {
		b.w = csv.NewWriter(file)
		header := []string{"file_name", "file_id", "width", "height"}
		if boxes {
			header = append(header, "frame", "time", "track_id", "id", "label", "label_id", "score", "xmin", "ymin", "xmax", "ymax", "center_x", "center_y", "segmentation")
		} else {
			header = append(header, "split", "deployment")
		}
		if err := b.w.Write(append(header, b.others...)); err != nil {
			return err
		}
		stream := records
		if boxes {
			stream = drawn(records)
		}
		for r, err := range stream {
			if err != nil {
				return err
			}
			if err := b.record(r, boxes, marks); err != nil {
				return err
			}
		}
		b.w.Flush()
		return b.w.Error()
	})
}

// tableColumns finds the further columns that records came with.
func tableColumns(into map[string]bool, extra annotate.Extra) {
	for key := range extra {
		if name, own := strings.CutPrefix(key, "table."); own {
			into[name] = true
		}
	}
}

func (b *boxWriter) record(r annotate.Record, boxes bool, marks map[string]bool) error {
	b.scene.see(r)
	switch r := r.(type) {
	case annotate.Mark:
		return b.w.Write(b.box(r))
	case annotate.Track:
		boxKeeps(!boxes).track(b.losses, r)
		return nil
	case annotate.Label:
		if b.ids[r.Name] == "" {
			b.ids[r.Name] = r.ID
		}
	case annotate.Media:
		if !boxes {
			of := r
			of.Deployment = "" // has a column
			boxKeeps(true).record(b.losses, of)
			row := []string{r.Name, r.ID, pixelsText(r.W), pixelsText(r.H), r.Split, r.Deployment}
			return b.w.Write(b.further(row, r.Extra))
		}
		if !marks[r.Name] {
			b.losses.add("a file without a mark in a table of boxes", r.Name)
		}
	}
	boxKeeps(!boxes).record(b.losses, r)
	return nil
}

// further adds the columns that are kept.
func (b *boxWriter) further(row []string, extra annotate.Extra) []string {
	for _, name := range b.others {
		row = append(row, extra["table."+name])
	}
	return row
}

func (b *boxWriter) box(m annotate.Mark) []string {
	media, names := b.scene.media[m.Media], b.scene.names(m)
	boxKeeps(false).mark(b.losses, m, names, media)
	number, at, label, labelID, score := "", "", "", "", ""
	if m.Frame >= 0 && media.Video {
		number = strconv.Itoa(m.Frame)
	}
	if m.Time >= 0 && media.Video {
		at = secondsText(m.Time)
	}
	if len(names) > 0 {
		label, labelID = names[0].Label, b.ids[names[0].Label]
		if names[0].Scored {
			score = numText(names[0].Score)
		}
	}
	row := []string{m.Media, media.ID, pixelsText(media.W), pixelsText(media.H), number, at, m.Track, m.ID, label, labelID, score, "", "", "", "", "", "", ""}
	switch {
	case m.Shape.Kind == annotate.Points && len(m.Shape.Points) > 0:
		if len(m.Shape.Points) > 1 {
			b.losses.add("the further points of a mark", markPlace(m))
		}
		row[15], row[16] = numText(m.Shape.Points[0].X), numText(m.Shape.Points[0].Y)
	case m.Shape.Kind == annotate.Polygon:
		rings, _ := ringsOf(m)
		var lists []string
		for _, ring := range rings {
			lists = append(lists, "["+strings.ReplaceAll(pointsText(ring), " ", ", ")+"]")
		}
		row[17] = "[" + strings.Join(lists, ", ") + "]"
		fallthrough // and the box, which more programs read
	default:
		if box, ok := ringsBounds(m.Shape); ok {
			row[11], row[12], row[13], row[14] = numText(box.X0), numText(box.Y0), numText(box.X1), numText(box.Y1)
		}
	}
	return b.further(row, m.Extra)
}
