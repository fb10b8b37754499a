package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
)

type studioReader struct {
	in   Input
	emit func(annotate.Record) error
	seen map[string]bool // names of pictures and videos
}

func readLabelStudio(in Input) annotate.Records {
	return streamOf(func(emit func(annotate.Record) error) error {
		s := &studioReader{in: in, emit: emit, seen: map[string]bool{}}
		return in.elements(func(e jsonElement) error {
			if e.key != "" {
				return errors.New("the file should be an array of tasks [...]: export it as JSON or JSON-MIN")
			}
			f, err := fieldsOf(e.raw)
			if err != nil {
				return err
			}
			if f["data"] == nil {
				if f, err = fullTask(f); err != nil {
					return err
				}
			}
			return s.task(f)
		})
	})
}

// studioTask is a task while it is read.
type studioTask struct {
	*studioReader
	media   annotate.Media
	records []annotate.Record // tracks and marks
	tracks  map[string]bool
	looked  bool
}

func (s *studioReader) task(f jsonFields) error {
	t := &studioTask{studioReader: s, media: annotate.Media{Rate: frame.Rational{}}, tracks: map[string]bool{}}
	var err error
	if t.media.ID, err = f.id("id"); err != nil {
		return err
	}
	data := f.take("data")
	key := ""
	if key, t.media.Name, err = studioMedia(data); err != nil {
		return err
	}
	t.media.Video = isVideoName(t.media.Name) || strings.HasPrefix(key, "video")
	if t.media.Video {
		t.media.Rate = s.in.Rate
	}
	if s.seen[t.media.Name] {
		if t.media.ID == "" || s.seen[t.media.Name+"?task="+t.media.ID] {
			return fmt.Errorf("two tasks without ids of their own have %s: give each its own id", t.media.Name)
		}
		t.media.Name += "?task=" + t.media.ID
	}
	s.seen[t.media.Name] = true
	lists := map[string][]json.RawMessage{}
	for _, list := range []string{"annotations", "completions", "predictions"} {
		raw := f.take(list)
		var elements []json.RawMessage
		if raw != nil && json.Unmarshal(raw, &elements) != nil {
			return fmt.Errorf("%s should be an array", list)
		}
		own := strings.Replace(list, "completions", "annotations", 1) // what annotations were called before version 1
		lists[own] = append(lists[own], elements...)
	}
	extra := f.extra("labelstudio.task/")
	if extra == nil {
		extra = annotate.Extra{}
	}
	if compact(data) != studioData(key, t.media) {
		extra["labelstudio.data"] = compact(data)
	}
	if err := t.measure(lists); err != nil {
		return err
	}
	for _, list := range []string{"annotations", "predictions"} {
		var heads []string
		for i, raw := range lists[list] {
			head, err := t.annotation(raw, list, i)
			if err != nil {
				return fmt.Errorf("%s, element %d: %w", list, i+1, err)
			}
			heads = append(heads, head)
		}
		if len(heads) > 0 {
			extra["labelstudio."+list] = "[" + strings.Join(heads, ",") + "]"
		}
	}
	t.media.Extra = some(extra)
	return t.give()
}

func (t *studioTask) give() error {
	if err := t.emit(t.media); err != nil {
		return err
	}
	if t.looked && !t.media.Video {
		if err := t.emit(annotate.Look{Media: t.media.Name}); err != nil {
			return err
		}
	}
	for _, r := range t.records {
		if err := t.emit(r); err != nil {
			return err
		}
	}
	return nil
}

// studioData is a task's data where they say no more than where its picture is.
func studioData(key string, m annotate.Media) string {
	if m.Video && key != "video" || !m.Video && key != "image" {
		return ""
	}
	var o jsonObject
	o.text(key, m.Name)
	return o.String()
}

// studioMedia finds the picture or video in a task's data.
func studioMedia(raw json.RawMessage) (key, name string, err error) {
	data, err := fieldsOf(raw)
	if err != nil {
		return "", "", err
	}
	texts := map[string]string{}
	var keys []string
	for k, v := range data {
		var text string
		if json.Unmarshal(v, &text) == nil && text != "" {
			texts[k] = text
			if place, _, _ := strings.Cut(text, "?"); isPicture(place) || isVideoName(text) {
				keys = append(keys, k)
			}
		}
	}
	for _, usual := range []string{"image", "video", "img"} {
		if texts[usual] != "" {
			return usual, texts[usual], nil
		}
	}
	if slices.Sort(keys); len(keys) > 0 {
		return keys[0], texts[keys[0]], nil
	}
	return "", "", fmt.Errorf("the task's data %.80s have no picture and no video: tasks of other kinds are not read", compact(raw))
}

// measure finds the size of the picture, and of a video its frames and rate. Where
// results disagree the first shape tells, and a track only where there is no other.
func (t *studioTask) measure(lists map[string][]json.RawMessage) error {
	var shapes, tracks []studioResult
	for _, list := range []string{"annotations", "predictions"} {
		for _, raw := range lists[list] {
			var a struct {
				Result []json.RawMessage `json:"result"`
			}
			_ = json.Unmarshal(raw, &a) // what is wrong with it comes up where it is read
			for _, raw := range a.Result {
				var r studioResult
				_ = json.Unmarshal(raw, &r)
				if r.Type == "videorectangle" {
					tracks = append(tracks, r)
				} else if studioKinds[strings.TrimSuffix(r.Type, "labels")] != "" {
					shapes = append(shapes, r)
				}
			}
		}
	}
	for _, r := range append(shapes, tracks...) {
		if w, h, ok := r.size(); ok && t.media.W == 0 {
			t.media.W, t.media.H = w, h
		}
	}
	for _, r := range tracks {
		t.media.Video = true
		if t.media.Frames == 0 {
			t.media.Frames, t.media.Rate = studioRate(r.Value.Frames, r.Value.Duration, t.in.Rate)
		}
	}
	if t.media.W > 0 || len(shapes)+len(tracks) == 0 {
		return nil
	}
	var err error
	if t.media.W, t.media.H, err = t.in.size(t.media.Name); err != nil {
		return fmt.Errorf("the file does not say how large %s is, and its shapes are in percent of that: put it beside the file, or export it with original_width: %w", t.media.Name, err)
	}
	return nil
}

// studioResult is what measure wants to know of a result.
type studioResult struct {
	Type  string  `json:"type"`
	W     float64 `json:"original_width"`
	H     float64 `json:"original_height"`
	Value struct {
		Frames   float64 `json:"framesCount"`
		Duration float64 `json:"duration"`
	} `json:"value"`
}

func (r studioResult) size() (w, h int, ok bool) {
	good := func(v float64) bool { return v >= 1 && v <= farthest/2 && v == math.Trunc(v) }
	return int(r.W), int(r.H), good(r.W) && good(r.H)
}

// studioRate is framesCount by duration, to a microsecond, unless the rate is known.
func studioRate(frames, duration float64, known frame.Rational) (int, frame.Rational) {
	if frames < 1 || frames > math.MaxInt32 || frames != math.Trunc(frames) {
		return 0, known
	}
	if duration <= 0 || duration > 1e7 || known.Num > 0 {
		return int(frames), known
	}
	num, den := int64(frames)*1_000_000, int64(math.Round(duration*1_000_000))
	a, b := num, den
	for b != 0 {
		a, b = b, a%b
	}
	if a == 0 || den == 0 {
		return int(frames), known
	}
	return int(frames), frame.Rational{Num: num / a, Den: den / a}
}

// annotation reads what one person or model said, and gives back what is no shape of it as JSON.
func (t *studioTask) annotation(raw json.RawMessage, list string, number int) (string, error) {
	f, err := fieldsOf(raw)
	if err != nil {
		return "", err
	}
	cancelled, err := jsonFields{"was_cancelled": f["was_cancelled"]}.flag("was_cancelled")
	if err != nil {
		return "", err
	}
	t.looked = t.looked || list == "annotations" && !cancelled
	origin := studioOrigin(f, list)
	var results []json.RawMessage
	if raw := f.take("result"); raw != nil && json.Unmarshal(raw, &results) != nil {
		return "", errors.New("result should be an array")
	}
	rest, err := t.results(results, list+"/"+strconv.Itoa(number), origin)
	if err != nil {
		return "", err
	}
	var head jsonObject
	if err := head.extra(f.extra("labelstudio."), "labelstudio."); err != nil {
		return "", err
	}
	if len(rest) > 0 {
		head.list("result", rest)
	}
	return head.String(), nil
}

func studioOrigin(f jsonFields, list string) annotate.Origin {
	var o annotate.Origin
	key := "completed_by"
	if list == "predictions" {
		key = "model_version"
	}
	var person struct {
		Email string `json:"email"`
	}
	switch raw := f[key]; {
	case raw == nil || string(raw) == "null":
	case json.Unmarshal(raw, &o.By) == nil:
	case json.Unmarshal(raw, &person) == nil && person.Email != "":
		o.By = person.Email
	case isInteger(string(raw)):
		o.By = string(raw)
	}
	var at string
	if json.Unmarshal(f["created_at"], &at) == nil {
		if when, err := time.Parse(time.RFC3339, at); err == nil {
			o.At = when.UTC()
		}
	}
	return o
}

// fullTask makes a task of JSON-MIN into one of JSON.
func fullTask(f jsonFields) (jsonFields, error) {
	var data, annotation, task jsonObject
	if raw := f.take("id"); raw != nil {
		task.raw("id", string(raw))
	}
	for _, rename := range [][2]string{{"annotation_id", "id"}, {"annotator", "completed_by"}, {"created_at", "created_at"}, {"updated_at", "updated_at"}, {"lead_time", "lead_time"}} {
		if raw := f.take(rename[0]); raw != nil {
			annotation.raw(rename[1], string(raw))
		}
	}
	var results []string
	for _, key := range slices.Sorted(maps.Keys(f)) {
		var values []json.RawMessage
		if json.Unmarshal(f[key], &values) != nil || values == nil {
			data.raw(key, string(f[key]))
			continue
		}
		for i, raw := range values {
			r, err := fullResult(key, i, raw)
			if err != nil {
				return nil, err
			}
			if r != "" {
				results = append(results, r)
			}
		}
	}
	annotation.list("result", results)
	task.raw("data", data.String())
	task.list("annotations", []string{annotation.String()})
	return fieldsOf(json.RawMessage(task.String()))
}

// fullResult makes a value of JSON-MIN into a result.
func fullResult(from string, number int, raw json.RawMessage) (string, error) {
	v, err := fieldsOf(raw)
	if err != nil {
		return "", fmt.Errorf("%s: %w", from, err)
	}
	kind := ""
	for key := range v {
		if base, ok := strings.CutSuffix(key, "labels"); ok && studioKinds[base] != "" {
			kind = key
		}
	}
	switch {
	case kind != "":
	case v["sequence"] != nil:
		kind = "videorectangle"
	case v["rle"] != nil:
		kind = "brush"
	case v["points"] != nil:
		kind = "polygon"
	case v["radiusX"] != nil:
		kind = "ellipse"
	case v["height"] != nil:
		kind = "rectangle"
	default:
		return "", fmt.Errorf("%s has %.60s, whose kind JSON-MIN does not say: export it as JSON", from, compact(raw))
	}
	var r, value jsonObject
	for _, key := range []string{"original_width", "original_height"} {
		if size := v.take(key); size != nil {
			r.raw(key, string(size))
		}
	}
	if err := value.extra(v.extra(""), ""); err != nil {
		return "", err
	}
	r.text("from_name", from)
	r.text("type", kind)
	if kind == "videorectangle" {
		r.text("id", from+"-"+strconv.Itoa(number+1))
	}
	r.raw("value", value.String())
	return r.String(), nil
}
