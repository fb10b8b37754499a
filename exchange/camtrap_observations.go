package exchange

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/frame"
)

// observation reads a row as a Sighting or, of level event, a Count.
func (r *ctReader) observation(c *cells, t *ctTable) annotate.Record {
	d := r.by[t.must("deploymentID")]
	t.must("observationID")
	start, end := t.moment("eventStart"), t.moment("eventEnd")
	level, kind := t.must("observationLevel"), t.must("observationType")
	if level != "media" && level != "event" {
		c.fail(t.col("observationLevel"), "it should be media or event")
	}
	types := []string{"animal", "human", "vehicle", "blank", "unknown", "unclassified"}
	if !slices.Contains(types, kind) {
		c.fail(t.col("observationType"), "it should be one of "+strings.Join(types, ", "))
	}
	if d == nil {
		c.fail(t.col("deploymentID"), "there is no such deployment")
	}
	n := c.count(t.col("count"), 0)
	if c.err != nil {
		return nil
	}
	tags := readTags(t.text("observationTags"))
	species := annotate.Species{Family: tags.take("family"), Genus: tags.take("genus"), Species: tags.take("species"), CAAB: tags.take("caab")}
	if name := t.text("scientificName"); publishedName(species) != name {
		species = speciesOf(name)
	}
	used := []string{"observationID", "deploymentID", "mediaID", "eventStart", "eventEnd", "observationLevel", "observationType",
		"scientificName", "count", "lifeStage", "classifiedBy", "classificationTimestamp", "observationTags"}
	origin := annotate.Origin{By: t.text("classifiedBy")}
	if at, err := time.Parse(time.RFC3339Nano, t.text("classificationTimestamp")); err == nil {
		origin.At = at.UTC()
	}
	if computed := ctType(n, publishedName(species)); kind != computed && kind != "blank" {
		c.put(ctPrefix+"observationType", kind)
	}
	stage := tags.take("stage")
	if stage == "" {
		stage = strings.ReplaceAll(stageOf(t.text("lifeStage")), "|", "/")
	}
	metric, file := tags.take("metric"), tags.take("media")
	if m, ok := r.media[t.text("mediaID")]; ok {
		file = m.path
	}
	if kind == "blank" || level == "event" && metric != "sighting" {
		verified, err := ctTakeVerified(t, &tags, &origin)
		if err != nil {
			c.fail(t.col("observationTags"), err.Error())
			return nil
		}
		if verified != nil {
			used = append(used, "classificationMethod")
		}
		return r.count(t, d, annotate.Count{OpCode: d.OpCode, Campaign: d.Campaign, Media: file, Species: species, Stage: stage,
			Metric: metric, Value: float64(n), Verified: verified, Origin: origin}, &tags, used, start, end)
	}
	return r.sighting(t, d, annotate.Sighting{OpCode: d.OpCode, Media: file, Species: species, Number: n, Stage: stage, Origin: origin,
		Activity: t.text("behavior"), Comment: t.text("observationComments")}, &tags, append(used, "behavior", "observationComments"), start, end)
}

// speciesOf is a published name in three columns.
func speciesOf(name string) annotate.Species {
	if name == "Animalia" {
		return annotate.Species{Family: "Unknown", Genus: "Unknown", Species: "spp"}
	}
	s := annotate.SpeciesOf(strings.ReplaceAll(name, "|", "/"))
	return s
}

func (r *ctReader) count(t *ctTable, d *ctRead, n annotate.Count, tags *ctTags, used []string, start, end time.Time) annotate.Record {
	switch n.Metric {
	case "MaxN":
		n.Metric = ""
	case "": // the standard does not say of what kind a count is
		n.Metric = "count"
	}
	if v := takeNumber(tags, "value"); v != nil && *v >= 0 && int(math.Min(math.Round(*v), most)) == int(n.Value) {
		n.Value = *v
	}
	n.Time, n.Low, n.High, n.Label = tags.takeTime("tMaxN"), takeNumber(tags, "low"), takeNumber(tags, "high"), tags.take("label")
	t.keep(used...)
	if n.Verified != nil && t.text("observationComments") == standing(*n.Verified) {
		delete(t.c.extra, ctPrefix+"observationComments")
	}
	if t.text("eventID") == d.OpCode {
		delete(t.c.extra, ctPrefix+"eventID")
	}
	r.span(t, start, end, d.start, d.end)
	if len(*tags) > 0 {
		t.c.put(ctPrefix+"observationTags", tags.String())
	}
	n.Extra = t.c.extra
	return n
}

// span keeps when an event began and ended, where that is not what the writer would write.
func (r *ctReader) span(t *ctTable, start, end, wantStart, wantEnd time.Time) {
	if !start.Equal(wantStart) {
		t.c.put(ctPrefix+"eventStart", ctTime(start))
	}
	if !end.Equal(wantEnd) {
		t.c.put(ctPrefix+"eventEnd", ctTime(end))
	}
}

func (r *ctReader) sighting(t *ctTable, d *ctRead, s annotate.Sighting, tags *ctTags, used []string, start, end time.Time) annotate.Record {
	s.Time, s.PeriodTime, s.Frame = tags.takeTime("time"), tags.takeTime("periodTime"), -1
	if since := start.Sub(d.start); s.Time < 0 && since > 0 && since <= longest*time.Minute {
		s.Time = since
	}
	if n, err := strconv.Atoi(tags.take("frame")); err == nil && n >= 0 && n <= most {
		s.Frame = n
	}
	s.Period = tags.take("period")
	at := d.start
	if s.Time >= 0 {
		at = at.Add(s.Time)
	}
	boxes := []string{"bboxX", "bboxY", "bboxWidth", "bboxHeight"}
	s.Shape = r.shape(t, d, s.Media, tags)
	if s.Shape.Kind == annotate.Box {
		used = append(used, boxes...)
	}
	t.keep(used...)
	if t.text("classificationMethod") == "human" {
		delete(t.c.extra, ctPrefix+"classificationMethod")
	} else {
		t.c.put(ctPrefix+"classificationMethod", t.text("classificationMethod"))
	}
	r.span(t, start, end, at, at)
	if status := ctTakeStatus(tags); status != "" {
		t.c.put(annotate.StatusKey, status)
		if at, err := time.Parse(time.RFC3339Nano, tags.take(ctCountedAt)); err == nil {
			s.Origin.At = at.UTC()
		}
		if t.text("classificationMethod") == ctMethod(status) {
			delete(t.c.extra, ctPrefix+"classificationMethod")
		}
	} else if t.text("classificationMethod") == ctMethod(string(count.Machine)) {
		t.c.put(annotate.StatusKey, string(count.Machine))
		delete(t.c.extra, ctPrefix+"classificationMethod")
	}
	if len(*tags) > 0 {
		t.c.put(ctPrefix+"observationTags", tags.String())
	}
	s.Extra = t.c.extra
	return s
}

// shape is the place of a sighting: by the tag pixels, else by bboxX and its kin where
// the size of the picture is known.
func (r *ctReader) shape(t *ctTable, d *ctRead, media string, tags *ctTags) annotate.Shape {
	var kind string
	var b frame.Box
	if n, err := fmt.Sscanf(tags.take("pixels"), "%s %g %g %g %g", &kind, &b.X0, &b.Y0, &b.X1, &b.Y1); err == nil && n == 5 && b.Finite() {
		if kind == string(annotate.Points) && b.X0 == b.X1 && b.Y0 == b.Y1 {
			return annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{{X: b.X0, Y: b.Y0}}}
		}
		if b.X1 > b.X0 && b.Y1 > b.Y0 {
			return annotate.BoxShape(b)
		}
	}
	x, y := t.c.between(t.col("bboxX"), 0, 1), t.c.between(t.col("bboxY"), 0, 1)
	w, h := t.c.between(t.col("bboxWidth"), 0, 1), t.c.between(t.col("bboxHeight"), 0, 1)
	if x == nil || y == nil || w == nil || h == nil || *w == 0 || *h == 0 || t.c.err != nil {
		return annotate.Shape{Kind: annotate.WholePic}
	}
	width, height := 0, 0
	for _, ch := range d.Chapters {
		if ch.Path == media {
			width, height = ch.W, ch.H
		}
	}
	if width <= 0 && r.in.Size != nil {
		if wide, high, err := r.in.Size(media); err == nil {
			width, height = wide, high
		}
	}
	if width <= 0 || height <= 0 {
		return annotate.Shape{Kind: annotate.WholePic}
	}
	fw, fh := float64(width), float64(height)
	return annotate.BoxShape(frame.Box{X0: *x * fw, Y0: *y * fh, X1: (*x + *w) * fw, Y1: (*y + *h) * fh})
}
