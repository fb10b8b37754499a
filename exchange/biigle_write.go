package exchange

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"time"

	"requin/annotate"
)

// biigleWriter writes one report: of videos or of pictures.
type biigleWriter struct {
	video  bool
	w      *csv.Writer
	scene  *scene
	labels map[string]annotate.Label
	losses *Losses
}

func biigleKeeps() keeps {
	return keeps{own: []string{"biigle"}, names: 1 << 30, markID: true, times: true, origin: true, trackID: true, mediaID: true, size: true, labels: true, labelID: true, parent: true,
		shapes: []annotate.Kind{annotate.Points, annotate.Line, annotate.Polygon, annotate.Circle, annotate.Ellipse, annotate.Rotated, annotate.WholePic}}
}

func writeBIIGLE(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	l := &Losses{}
	pictures, videos := false, false
	media := map[string]bool{}
	for r, err := range records {
		if err != nil {
			return l, err
		}
		switch r := r.(type) {
		case annotate.Media:
			media[r.Name] = r.Video
		case annotate.Mark:
			videos = videos || media[r.Media]
			pictures = pictures || !media[r.Media]
		}
	}
	for _, file := range []struct {
		name   string
		video  bool
		needed bool
	}{{"video_annotations.csv", true, videos || !pictures}, {"image_annotations.csv", false, pictures}} {
		if !file.needed {
			continue
		}
		noted := l
		if !file.video && (videos || !pictures) { // all records were noted with the other file
			noted = nil
		}
		err := intoFile(out, file.name, func(w *bufio.Writer) error {
			b := &biigleWriter{file.video, csv.NewWriter(w), newScene(), map[string]annotate.Label{}, l}
			return b.write(records, noted)
		})
		if err != nil {
			return l, err
		}
	}
	return l, nil
}

// write writes a report; noted is where records that are no marks are noted as lost.
func (b *biigleWriter) write(records annotate.Records, noted *Losses) error {
	header := "video_annotation_label_id,label_id,label_name,label_hierarchy,user_id,firstname,lastname,video_id,video_filename,shape_id,shape_name,points,frames,annotation_id,created_at,attributes"
	if !b.video {
		header = "annotation_label_id,label_id,label_name,label_hierarchy,user_id,firstname,lastname,image_id,filename,image_longitude,image_latitude,shape_id,shape_name,points,attributes,annotation_id,created_at"
	}
	if err := b.w.Write(strings.Split(header, ",")); err != nil {
		return err
	}
	ids, err := numbered(records, viameID)
	if err != nil {
		return err
	}
	key := func(m annotate.Mark) [2]string {
		if m.Track != "" {
			return [2]string{m.Media, m.Track}
		}
		return [2]string{m.Media, "\x00" + m.ID}
	}
	err = gathered(records, key, func(r annotate.Record) error {
		b.scene.see(r)
		if l, ok := r.(annotate.Label); ok {
			if _, known := b.labels[l.Name]; !known {
				b.labels[l.Name] = l
			}
		}
		if noted == nil {
			return nil
		}
		if t, ok := r.(annotate.Track); ok {
			biigleKeeps().track(noted, t)
		} else {
			biigleKeeps().record(noted, r)
		}
		return nil
	}, func(marks []annotate.Mark) error {
		if b.scene.media[marks[0].Media].Video != b.video {
			return nil
		}
		if b.video && marks[0].Track != "" {
			return b.annotation(marks[0].Track, marks)
		}
		for _, m := range marks { // each for itself
			id := m.ID
			if id == "" {
				id, _ = ids.of(m)
			}
			if err := b.annotation(id, []annotate.Mark{m}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.w.Flush()
	return b.w.Error()
}

// annotation writes the lines of an annotation, one a label.
func (b *biigleWriter) annotation(id string, marks []annotate.Mark) error {
	media := b.scene.media[marks[0].Media]
	track := b.scene.tracks[[2]string{marks[0].Media, marks[0].Track}]
	names, origin, extra := track.Names, track.Origin, track.Extra
	if marks[0].Track == "" || !b.video {
		names, origin, extra = marks[0].Names, marks[0].Origin, marks[0].Extra
		if marks[0].Track != "" {
			b.losses.add("the track of a mark in a picture", markPlace(marks[0]))
		}
	}
	for _, m := range marks {
		biigleKeeps().mark(b.losses, m, m.Names, media)
		if len(names) == 0 {
			names = m.Names
		}
		if len(m.Names) > 0 && !slices.Equal(m.Names, names) {
			b.losses.add("the names of a mark (BIIGLE names annotations)", markPlace(m))
		}
		if b.video && marks[0].Track != "" && m.Origin != (annotate.Origin{}) && m.Origin != origin {
			b.losses.add("who made a mark and when (BIIGLE has it of annotations)", markPlace(m))
		}
		if len(m.Shape.Rings) > 0 {
			b.losses.add("the further rings of a polygon", markPlace(m))
		}
		if m.Shape.Kind == annotate.Points && len(m.Shape.Points) > 1 {
			b.losses.add("the further points of a mark", markPlace(m))
		}
	}
	shape, points, frames := b.figures(marks, media, extra["biigle.shape"])
	if points == "" {
		return nil
	}
	numbers := ""
	for n, name := range biigleShapes() {
		if name == shape {
			numbers = n
		}
	}
	for _, l := range b.labelRows(names, origin, extra, markPlace(marks[0])) {
		row := []string{l.Row, l.LabelID, l.Name, l.Hierarchy, l.UserID, l.First, l.Last, media.ID, media.Name}
		if b.video {
			row = append(row, numbers, shape, points, frames, id, l.Created, b.attributes(media))
		} else {
			row = append(row, media.Extra["biigle.longitude"], media.Extra["biigle.latitude"], numbers, shape, points, b.attributes(media), id, l.Created)
		}
		if err := b.w.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// attributes are the video's own, or its size.
func (b *biigleWriter) attributes(media annotate.Media) string {
	if kept := media.Extra["biigle.attributes"]; kept != "" || media.W == 0 {
		return kept
	}
	size, _ := json.Marshal(map[string]int{"width": media.W, "height": media.H}) // numbers always marshal
	return string(size)
}

// labelRows are the labels as they were read, or else made of the names.
func (b *biigleWriter) labelRows(names []annotate.Name, origin annotate.Origin, extra annotate.Extra, place string) []biigleLabel {
	var kept []biigleLabel
	if json.Unmarshal([]byte(extra["biigle.labels"]), &kept) == nil && slices.EqualFunc(kept, names, func(l biigleLabel, n annotate.Name) bool { return l.Name == n.Label }) && len(kept) > 0 {
		return kept
	}
	if len(names) == 0 {
		names = []annotate.Name{{Label: viameUnknown}}
	}
	var out []biigleLabel
	for _, n := range names {
		l := b.labels[n.Label]
		if n.Scored {
			b.losses.add("the score of a name", place)
		}
		hierarchy := n.Label
		if l.Parent != "" {
			hierarchy = strings.ReplaceAll(l.Parent, "/", " > ") + " > " + n.Label
		}
		first, last, _ := strings.Cut(origin.By, " ")
		created := ""
		if !origin.At.IsZero() {
			created = origin.At.UTC().Format(time.DateTime)
		}
		if origin.From != "" {
			b.losses.add("what an annotation was made from", place)
		}
		out = append(out, biigleLabel{LabelID: l.ID, Name: n.Label, Hierarchy: hierarchy, First: first, Last: last, Created: created})
	}
	return out
}

// figures are shape, points and frames of an annotation; no points where nothing of it can be written.
func (b *biigleWriter) figures(marks []annotate.Mark, media annotate.Media, kept string) (shape, points, frames string) {
	if !b.video {
		numbers := biigleNumbers(marks[0].Shape)
		if shape = kept; shape == "" {
			shape = biigleShape(marks[0].Shape)
		}
		return shape, numberList(numbers), ""
	}
	type place struct {
		at   time.Duration
		mark annotate.Mark
	}
	var places []place
	for _, m := range marks {
		at, ok := m.At(media.Rate)
		if !ok {
			b.losses.add("a mark of which no time is known", markPlace(m))
			continue
		}
		places = append(places, place{at, m})
	}
	sort.SliceStable(places, func(i, j int) bool { return places[i].at < places[j].at })
	shape = kept
	mixed := false
	for _, p := range places {
		if s := biigleShape(p.mark.Shape); shape == "" {
			shape = s
		} else if kept == "" && s != shape {
			mixed = true
		}
	}
	var times, numbers []string
	for i, p := range places {
		s := p.mark.Shape
		if p.mark.Outside { // it stays where it was until then
			if len(numbers) == 0 || numbers[len(numbers)-1] == "[]" {
				continue
			}
			times, numbers = append(times, secondsText(p.at)), append(numbers, numbers[len(numbers)-1])
		} else {
			if mixed {
				b.losses.add("the shape of a mark in a track of several shapes (the box around it is written)", markPlace(p.mark))
				box, ok := s.Bounds()
				if shape = "Rectangle"; !ok {
					continue
				}
				s = annotate.BoxShape(box)
			}
			times, numbers = append(times, secondsText(p.at)), append(numbers, numberList(biigleNumbers(s)))
		}
		if (p.mark.Still || p.mark.Outside) && i+1 < len(places) {
			times, numbers = append(times, "null"), append(numbers, "[]")
		}
	}
	if times == nil {
		return "", "", ""
	}
	return shape, "[" + strings.Join(numbers, ",") + "]", "[" + strings.Join(times, ",") + "]"
}

func numberList(numbers []float64) string {
	var out []string
	for _, v := range numbers {
		out = append(out, numText(v))
	}
	return "[" + strings.Join(out, ",") + "]"
}
