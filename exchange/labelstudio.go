package exchange

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// LabelStudio is the JSON of Label Studio (labelstud.io/guide/task_format): a list of tasks with their data,
// annotations and predictions. JSON-MIN is read too; JSON is written. One task is held in memory at a time.
//
// A task is a Media, named as its data names it. A region of a picture is a Mark: rectanglelabels (turned
// about its top left corner), polygonlabels, ellipselabels, keypointlabels, brushlabels (a Mask whose pixels are in
// Extra alone). choices of a whole picture are a Mark of the whole frame, choices of a region its Attributes.
// A videorectangle is a Track, each keyframe a Mark: frames count from 1 there and from 0 here, a keyframe that is
// not enabled is Still, as Label Studio draws none between it and the next. After the last keyframe Label Studio
// shows an enabled box to the end of the video; here it ends with its last Mark. framesCount and duration are the Media's
// Frames and Rate; where they are not stated marks have the time that the keyframe states. Numbers
// are percent of the picture: its size is original_width and original_height, or else Input.Size.
//
// An annotation of a picture without any region is a Look, unless it was cancelled. completed_by and created_at are the
// Origin, of a prediction its model_version. What else there is of a region, an annotation and a task is in
// Extra, as JSON, under "labelstudio.results", ".annotation" or ".prediction", ".task", ".data", ".empty".
func LabelStudio() Format {
	return Format{Name: "labelstudio", Title: "Label Studio JSON", Sniff: sniffLabelStudio, Read: readLabelStudio, Write: writeLabelStudio}
}

func sniffLabelStudio(name string, head []byte) float64 {
	text := strings.TrimLeft(string(head), "\ufeff \t\r\n")
	if !strings.HasPrefix(text, "[") {
		return 0
	}
	has := func(word string) bool { return strings.Contains(text, `"`+word+`"`) }
	switch {
	case has("data") && (has("annotations") || has("predictions") || has("completions")), has("annotation_id") && has("annotator"):
		return 0.95
	case has("original_width") || has("rectanglelabels") || has("videorectangle"):
		return 0.8
	}
	return 0
}

// lsTask is a task; what has no field here is in other.
type lsTask struct {
	id          string
	key         string // of the data that names the file
	file        string
	data, other map[string]json.RawMessage
	annotations []lsAnnotation
}

// lsAnnotation is an annotation or a prediction.
type lsAnnotation struct {
	prediction bool
	about      map[string]json.RawMessage // all but the results
	results    []json.RawMessage
}

// lsResult is what of a result has a meaning here.
type lsResult struct {
	ID     any      `json:"id"`
	Type   string   `json:"type"`
	From   string   `json:"from_name"`
	W      float64  `json:"original_width"`
	H      float64  `json:"original_height"`
	Score  *float64 `json:"score"`
	Values lsValue  `json:"value"`
	labels []string
}

// lsValue is the place of a region, in percent of the picture.
type lsValue struct {
	X        *float64     `json:"x"`
	Y        *float64     `json:"y"`
	Width    *float64     `json:"width"`
	Height   *float64     `json:"height"`
	RadiusX  *float64     `json:"radiusX"`
	RadiusY  *float64     `json:"radiusY"`
	Rotation float64      `json:"rotation"`
	Points   [][2]float64 `json:"points"`
	Sequence []lsKey      `json:"sequence"`
	Frames   float64      `json:"framesCount"`
	Duration float64      `json:"duration"`
}

// lsKey is a keyframe of a videorectangle.
type lsKey struct {
	Frame    int      `json:"frame"`
	Enabled  *bool    `json:"enabled"`
	Rotation float64  `json:"rotation"`
	X        float64  `json:"x"`
	Y        float64  `json:"y"`
	Width    float64  `json:"width"`
	Height   float64  `json:"height"`
	Time     *float64 `json:"time"`
}

// parseLSResult reads a result.
func parseLSResult(raw json.RawMessage) (lsResult, error) {
	var r lsResult
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, err
	}
	var values struct {
		Value map[string]json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(raw, &values); err != nil {
		return r, err
	}
	for _, key := range []string{r.Type, strings.TrimSuffix(r.Type, "labels") + "labels", "labels", "choices"} {
		if key != "sequence" && key != "points" && json.Unmarshal(values.Value[key], &r.labels) == nil && r.labels != nil {
			break
		}
	}
	return r, nil
}

// name is an id as text.
func lsName(id any) string {
	switch id := id.(type) {
	case string:
		return id
	case float64:
		return numberText(id)
	}
	return ""
}

// lsRegion is all results of one id: a place, its labels, its attributes.
type lsRegion struct {
	id      string
	raw     []json.RawMessage
	results []lsResult
}

// lsRegions gathers results by their id; those without are regions of their own.
func lsRegions(raw []json.RawMessage) ([]*lsRegion, error) {
	var out []*lsRegion
	byID := map[string]*lsRegion{}
	for i, text := range raw {
		r, err := parseLSResult(text)
		if err != nil {
			return nil, fmt.Errorf("result %d: %w", i+1, err)
		}
		id := lsName(r.ID)
		region := byID[id]
		if region == nil || id == "" {
			region = &lsRegion{id: id}
			byID[id] = region
			out = append(out, region)
		}
		region.raw, region.results = append(region.raw, text), append(region.results, r)
	}
	return out, nil
}

// lsContext is what regions need to know of their task.
type lsContext struct {
	media  annotate.Media
	origin annotate.Origin
	score  *float64 // of a prediction
	extra  annotate.Extra
	track  string // the track's id
}

// records are a region's track and marks, or its mark.
func (g *lsRegion) records(c lsContext) ([]annotate.Record, error) {
	w, h := float64(c.media.W), float64(c.media.H)
	at, names, named := -1, []annotate.Name(nil), map[string]bool{}
	var attributes []annotate.Attribute
	score := c.score
	for i, r := range g.results {
		if r.Score != nil {
			score = r.Score
		}
		if r.W > 0 && r.H > 0 {
			w, h = r.W, r.H
		}
		if at < 0 && r.placed() {
			at = i
		}
	}
	for i, r := range g.results {
		if r.Type == "choices" && at >= 0 && i != at {
			for _, label := range r.labels {
				attributes = append(attributes, annotate.Attribute{Name: r.From, Value: label, Type: annotate.Choice})
			}
			continue
		}
		for _, label := range r.labels {
			if !named[label] {
				named[label] = true
				name := annotate.Name{Label: label}
				if score != nil {
					name.Score, name.Scored = *score, true
				}
				names = append(names, name)
			}
		}
	}
	extra := annotate.Extra{"labelstudio.results": lsJSON(g.raw)}
	for key, value := range c.extra {
		extra[key] = value
	}
	m := annotate.Mark{Media: c.media.Name, ID: g.id, Names: names, Attributes: attributes, Origin: c.origin, Extra: extra, Shape: annotate.Shape{Kind: annotate.WholePic}}
	if c.media.Video {
		m.Frame, m.Time = -1, annotate.None
	}
	if at < 0 {
		if slices.ContainsFunc(g.results, func(r lsResult) bool { return strings.HasPrefix(r.Type, "brush") }) {
			m.Shape.Kind = annotate.Mask
		}
		return []annotate.Record{m}, nil
	}
	r := g.results[at]
	if r.Values.Sequence != nil {
		track := annotate.Track{Media: c.media.Name, ID: c.track, Names: names, Attributes: attributes, Origin: c.origin, Extra: extra}
		return lsSequence(track, r.Values.Sequence, c.media, w, h)
	}
	var err error
	if m.Shape, err = r.Values.shape(w, h); err != nil {
		return nil, err
	}
	return []annotate.Record{m}, nil
}

// placed tells whether a result has a place.
func (r lsResult) placed() bool {
	v := r.Values
	return v.Sequence != nil || v.Points != nil || v.X != nil && v.Y != nil
}

// lsSequence is a track and its key frames.
func lsSequence(track annotate.Track, keys []lsKey, media annotate.Media, w, h float64) ([]annotate.Record, error) {
	out := []annotate.Record{track}
	for _, k := range keys {
		if k.Frame < 1 || k.Frame > math.MaxInt32 {
			return nil, fmt.Errorf("frame %d of a sequence: frames count from 1", k.Frame)
		}
		v := lsValue{X: &k.X, Y: &k.Y, Width: &k.Width, Height: &k.Height, Rotation: k.Rotation}
		shape, err := v.shape(w, h)
		if err != nil {
			return nil, err
		}
		m := annotate.Mark{Media: media.Name, Track: track.ID, Frame: k.Frame - 1, Time: annotate.None, Shape: shape, Still: k.Enabled != nil && !*k.Enabled}
		if media.Rate.Num == 0 && k.Time != nil {
			var ok bool
			if m.Time, ok = secondsOf(*k.Time); !ok {
				return nil, fmt.Errorf("time %v of a sequence: it should be seconds in the video", *k.Time)
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// shape turns percents into pixels.
func (v lsValue) shape(w, h float64) (annotate.Shape, error) {
	if !(w >= 1 && h >= 1 && w <= 1<<20 && h <= 1<<20) {
		return annotate.Shape{}, errLSSize
	}
	get := func(p *float64) float64 {
		if p == nil {
			return 0
		}
		return *p
	}
	for _, p := range []float64{get(v.X), get(v.Y), get(v.Width), get(v.Height), get(v.RadiusX), get(v.RadiusY), v.Rotation} {
		if math.Abs(p) > 1e6 {
			return annotate.Shape{}, fmt.Errorf("%v is no percent of a picture", p)
		}
	}
	x, y := get(v.X)*w/100, get(v.Y)*h/100
	switch {
	case v.Points != nil:
		s := annotate.Shape{Kind: annotate.Polygon}
		for _, p := range v.Points {
			if math.Abs(p[0]) > 1e6 || math.Abs(p[1]) > 1e6 {
				return annotate.Shape{}, fmt.Errorf("%v is no place in percent of a picture", p)
			}
			s.Points = append(s.Points, annotate.Point{X: p[0] * w / 100, Y: p[1] * h / 100})
		}
		return s, nil
	case v.RadiusX != nil && v.RadiusY != nil:
		rx, ry := *v.RadiusX*w/100, *v.RadiusY*h/100
		return annotate.Shape{Kind: annotate.Ellipse, Points: []annotate.Point{{X: x - rx, Y: y - ry}, {X: x + rx, Y: y + ry}}, Angle: v.Rotation}, nil
	case v.Width != nil && v.Height != nil:
		bw, bh := *v.Width*w/100, *v.Height*h/100
		if v.Rotation == 0 {
			return annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: x, Y: y}, {X: x + bw, Y: y + bh}}}, nil
		}
		sin, cos := math.Sincos(v.Rotation * math.Pi / 180) // the top left corner stays where it is
		cx, cy := x+(bw*cos-bh*sin)/2, y+(bw*sin+bh*cos)/2
		return annotate.Shape{Kind: annotate.Rotated, Points: []annotate.Point{{X: cx - bw/2, Y: cy - bh/2}, {X: cx + bw/2, Y: cy + bh/2}}, Angle: v.Rotation}, nil
	}
	return annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{{X: x, Y: y}}}, nil
}

// lsJSON is a value as compact JSON; what is given to it always can be.
func lsJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(text)
}

// lsOrigin is who made an annotation, and when.
func lsOrigin(about map[string]json.RawMessage) annotate.Origin {
	var o annotate.Origin
	var person struct {
		ID    any    `json:"id"`
		Email string `json:"email"`
		First string `json:"first_name"`
		Last  string `json:"last_name"`
	}
	var id any
	switch {
	case json.Unmarshal(about["completed_by"], &person) == nil && about["completed_by"] != nil && string(about["completed_by"]) != "null":
		if o.By = person.Email; o.By == "" {
			o.By = strings.TrimSpace(person.First + " " + person.Last)
		}
		if o.By == "" {
			o.By = lsName(person.ID)
		}
	case json.Unmarshal(about["completed_by"], &id) == nil:
		o.By = lsName(id)
	}
	for _, key := range []string{"created_username", "model_version"} {
		if o.By == "" && json.Unmarshal(about[key], &id) == nil {
			o.By = strings.TrimSpace(lsName(id))
		}
	}
	var at string
	if json.Unmarshal(about["created_at"], &at) == nil {
		if t, err := time.Parse(time.RFC3339Nano, at); err == nil {
			o.At = t.UTC()
		}
	}
	return o
}

// lsID writes an id as a number where it is one.
func lsID(id string) json.RawMessage {
	if n, err := strconv.ParseInt(id, 10, 53); err == nil && strconv.FormatInt(n, 10) == id {
		return json.RawMessage(id)
	}
	return json.RawMessage(lsJSON(id))
}
