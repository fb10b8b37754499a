package exchange

import (
	"bufio"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// mdWriter writes an entry for each medium as soon as its last mark came.
type mdWriter struct {
	w          *bufio.Writer
	scene      *scene
	losses     *Losses
	categories map[string]*mdCategories // by kind
	info, file map[string]json.RawMessage
	origin     annotate.Origin // of the first mark
	any, begun bool
}

// mdEntry is the entry of one medium.
type mdEntry struct {
	*mdWriter
	media      annotate.Media
	detections [][]byte
	frames     []int
}

func mdKeeps() keeps {
	return keeps{own: []string{"megadetector"}, shapes: []annotate.Kind{annotate.WholePic}, names: 1 << 30, scores: true, untracked: true, origin: true,
		size: true, rate: true, failure: true, labels: true, labelID: true}
}

func writeMegaDetector(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	w := &mdWriter{scene: newScene(), losses: &Losses{}, categories: map[string]*mdCategories{mdDetection: {next: 1}, mdClassification: {}}}
	other := func(r annotate.Record) {
		w.scene.see(r)
		switch r := r.(type) {
		case annotate.Label:
			kind := mdDetection
			if r.Extra["megadetector.kind"] == mdClassification {
				kind = mdClassification
			}
			w.categories[kind].list(r)
		case annotate.Track:
			mdKeeps().track(w.losses, r)
			return
		}
		mdKeeps().record(w.losses, r)
	}
	return w.losses, intoFile(out, opt.Name, func(file *bufio.Writer) error {
		w.w = file
		if _, err := file.WriteString("{\"images\":["); err != nil {
			return err
		}
		err := perMedium(drawn(records), other, func(m annotate.Media) (sink, error) {
			for key, into := range map[string]*map[string]json.RawMessage{"megadetector.info": &w.info, "megadetector.file": &w.file} {
				if text := m.Extra[key]; text != "" && *into == nil {
					_ = unmarshal([]byte(text), into) // what is no object was not read from such a file
				}
			}
			return &mdEntry{mdWriter: w, media: m}, nil
		})
		if err != nil {
			return err
		}
		return w.end()
	})
}

// end writes what stands beside the images.
func (w *mdWriter) end() error {
	info := map[string]json.RawMessage{"format_version": rawText("1.6")}
	for key, value := range w.info {
		info[key] = value
	}
	if w.info == nil {
		if w.origin.By != "" {
			info["detector"] = rawText(w.origin.By)
		}
		if !w.origin.At.IsZero() {
			info["detection_completion_time"] = rawText(w.origin.At.UTC().Format(time.DateTime))
		}
	}
	var o jsonMembers
	o.add("detection_categories", w.categories[mdDetection].object())
	if c := w.categories[mdClassification]; len(c.ids) > 0 {
		o.add("classification_categories", c.object())
		if len(c.described) > 0 {
			o.add("classification_category_descriptions", json.RawMessage(objectText(c.described)))
		}
	}
	o.add("info", json.RawMessage(objectText(info)))
	for _, key := range slices.Sorted(maps.Keys(w.file)) {
		o.add(key, w.file[key])
	}
	_, err := w.w.WriteString("],\n" + o.b.String() + "}\n")
	return err
}

func (e *mdEntry) mark(m annotate.Mark) error {
	names := e.scene.names(m)
	mdKeeps().mark(e.losses, m, names, e.media)
	bbox, ok := e.bbox(m)
	if !ok {
		return nil
	}
	category, conf := m.Extra["megadetector.category"], m.Extra["megadetector.conf"]
	classes := names
	if category == "" {
		best := annotate.Name{Label: viameUnknown}
		if len(names) > 0 {
			best = names[0]
		}
		if category = best.Label; len(names) > 1 {
			category = "animal"
		} else {
			classes = nil
		}
		conf = e.score(m, best)
	}
	var o jsonMembers
	o.add("category", rawText(e.categories[mdDetection].of(category)))
	o.add("conf", json.RawMessage(conf))
	o.add("bbox", json.RawMessage(bbox))
	if classes != nil {
		var pairs []string
		for _, n := range classes {
			pairs = append(pairs, "["+string(rawText(e.categories[mdClassification].of(n.Label)))+","+e.score(m, n)+"]")
		}
		o.add("classifications", json.RawMessage("["+strings.Join(pairs, ",")+"]"))
	}
	if number, ok := e.scene.frame(m); e.media.Video && ok {
		o.add("frame_number", json.RawMessage(strconv.Itoa(number)))
		e.frames = append(e.frames, number)
	} else if e.media.Video {
		e.losses.add("the frame of a mark is not known (frame_number is left out)", markPlace(m))
	}
	if status := m.Extra[annotate.StatusKey]; status != "" {
		o.add(statusName, rawText(status))
	}
	o.addUnknown(m.Extra, "megadetector", "category", "conf", "bbox")
	if !e.begun {
		e.begun, e.origin = true, m.Origin
	}
	if m.Origin.By != e.origin.By || !m.Origin.At.Equal(e.origin.At) || m.Origin.From != "" {
		e.losses.add("who made a mark and when, where it is another than the first mark's", markPlace(m))
	}
	e.detections = append(e.detections, o.object())
	return nil
}

func (e *mdEntry) score(m annotate.Mark, n annotate.Name) string {
	if !n.Scored {
		e.losses.add("that a name has no score (1 is written)", markPlace(m))
		return "1"
	}
	return numText(n.Score)
}

// bbox is a mark's place as shares of the picture.
func (e *mdEntry) bbox(m annotate.Mark) (string, bool) {
	if text := m.Extra["megadetector.bbox"]; text != "" && m.Shape.Kind == annotate.WholePic {
		return text, json.Valid([]byte(text))
	}
	if m.Shape.Kind == annotate.WholePic {
		e.losses.add("that a mark has no place in the picture (all of it is written)", markPlace(m))
		return "[0,0,1,1]", true
	}
	box, ok := m.Shape.Bounds()
	if !ok || e.media.W <= 0 || e.media.H <= 0 {
		e.losses.add("a mark in a picture or video whose width and height are not known (boxes are shares of them)", markPlace(m))
		return "", false
	}
	w, h := float64(e.media.W), float64(e.media.H)
	var parts []string
	for _, v := range []float64{box.X0 / w, box.Y0 / h, (box.X1 - box.X0) / w, (box.Y1 - box.Y0) / h} {
		parts = append(parts, numText(roundTo(v, 1e12)))
	}
	return "[" + strings.Join(parts, ",") + "]", true
}

func (e *mdEntry) close() error {
	var o jsonMembers
	o.add("file", rawText(e.media.Name))
	if e.media.W > 0 && e.media.H > 0 {
		o.add("width", json.RawMessage(strconv.Itoa(e.media.W)))
		o.add("height", json.RawMessage(strconv.Itoa(e.media.H)))
	}
	if rated(e.media.Rate) {
		o.add("frame_rate", json.RawMessage(rateText(e.media.Rate)))
	}
	if e.media.Video && e.media.Extra["megadetector.frames_processed"] == "" {
		o.add("frames_processed", json.RawMessage(framesText(e.frames)))
	}
	switch {
	case len(e.detections) > 0 || e.media.Failure == "":
		o.add("detections", slices.Concat([]byte("["), slices.Concat(joined(e.detections)...), []byte("]")))
	default:
		o.add("detections", json.RawMessage("null"))
	}
	if e.media.Failure != "" {
		o.add("failure", rawText(e.media.Failure))
	}
	o.addUnknown(e.media.Extra, "megadetector", "info", "file")
	comma := "\n"
	if e.any {
		comma = ",\n"
	}
	e.any = true
	_, err := e.w.WriteString(comma + string(o.object()))
	return err
}

// framesText lists frames, each once, in their order.
func framesText(frames []int) string {
	frames = slices.Clone(frames)
	slices.Sort(frames)
	list, _ := json.Marshal(append([]int{}, slices.Compact(frames)...)) // numbers always marshal
	return string(list)
}

// mdCategories numbers the names of one kind.
type mdCategories struct {
	ids       map[string]string // by name: the first with it
	names     map[string]string // by id
	described map[string]json.RawMessage
	next      int
}

// list takes up a label with its number where it has one that is free.
func (c *mdCategories) list(l annotate.Label) {
	if isCategory(l.ID) && c.names[l.ID] == "" {
		c.take(l.Name, l.ID)
	}
	id := c.of(l.Name)
	if text := l.Extra["megadetector.description"]; text != "" {
		if isCategory(l.ID) {
			id = l.ID
		}
		if c.described == nil {
			c.described = map[string]json.RawMessage{}
		}
		c.described[id] = rawText(text)
	}
}

func (c *mdCategories) take(name, id string) {
	if c.ids == nil {
		c.ids, c.names = map[string]string{}, map[string]string{}
	}
	if c.ids[name] == "" {
		c.ids[name] = id
	}
	c.names[id] = name
}

// of is a name's id.
func (c *mdCategories) of(name string) string {
	if name == "" {
		name = viameUnknown
	}
	if id := c.ids[name]; id != "" {
		return id
	}
	for ; c.names[strconv.Itoa(c.next)] != ""; c.next++ {
	}
	id := strconv.Itoa(c.next)
	c.take(name, id)
	return id
}

func (c *mdCategories) object() json.RawMessage {
	var o jsonMembers
	for _, id := range slices.SortedFunc(maps.Keys(c.names), byNumber) {
		o.add(id, rawText(c.names[id]))
	}
	return o.object()
}
