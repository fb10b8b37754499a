package exchange

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// ctWriter writes a package. It holds the deployments, and the taxa; what was seen is streamed.
type ctWriter struct {
	out         Folder
	records     annotate.Records
	losses      *Losses
	deployments []ctDeployment
	by          map[string]int
	taxa        map[string]annotate.Species
	seen        map[string]bool            // deployments with a count above zero
	others      map[string]map[string]bool // fields beyond the standard's, by table
	media       bool                       // there are observations of level media
	blank       map[string]annotate.Count  // of a deployment's zeros the one that is trusted least
}

type ctDeployment struct {
	annotate.Deployment
	start, end time.Time
	exact      bool
	media      map[string]string // file to mediaID
	blank      bool              // its observation of type blank is written
}

func writeCamtrap(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	w := &ctWriter{out: out, records: records, losses: &Losses{}, by: map[string]int{},
		taxa: map[string]annotate.Species{}, seen: map[string]bool{}, others: map[string]map[string]bool{}, blank: map[string]annotate.Count{}}
	if err := w.survey(); err != nil {
		return nil, err
	}
	if len(w.deployments) == 0 {
		return nil, fmt.Errorf("no deployment has a latitude, a longitude and a date, and Camtrap DP needs them: add the metadata\n%s", w.losses)
	}
	for _, write := range []func() error{w.writeDeployments, w.writeMedia, w.writeObservations, func() error { return w.writePackage(opt) }} {
		if err := write(); err != nil {
			return nil, err
		}
	}
	return w.losses, nil
}

func (w *ctWriter) survey() error {
	for record, err := range w.records {
		if err != nil {
			return err
		}
		switch r := record.(type) {
		case annotate.Deployment:
			if _, twice := w.by[r.OpCode]; twice {
				return fmt.Errorf("deployment %s comes twice: an opcode names one", r.OpCode)
			}
			if lacks := whyNot(r); lacks != "" {
				w.losses.add(fmt.Sprintf("deployment %s and all of it: it has no %s", r.OpCode, lacks), r.OpCode)
				continue
			}
			w.by[r.OpCode] = len(w.deployments)
			w.deployments = append(w.deployments, w.deployment(r))
			w.other("deployments", r.Extra)
			for _, ch := range r.Chapters {
				w.other("media", ch.Extra)
			}
		case annotate.Sighting:
			w.taxon(r.Species)
			w.other("observations", r.Extra)
			w.media = true
		case annotate.Count:
			s := taxonOf(r)
			w.taxon(s)
			w.other("observations", r.Extra)
			w.seen[r.OpCode] = w.seen[r.OpCode] || r.Value > 0
			if least, ok := w.blank[r.OpCode]; r.Value == 0 && (!ok || ctTrust(r) < ctTrust(least)) {
				w.blank[r.OpCode] = r
			}
		default:
			w.losses.add(recordKind(record), "")
		}
	}
	return nil
}

// other notes the fields in an Extra that the standard does not have.
func (w *ctWriter) other(table string, extra annotate.Extra) {
	for field := range ctOwn(extra) {
		if !slices.Contains(ctFields(table), field) {
			if w.others[table] == nil {
				w.others[table] = map[string]bool{}
			}
			w.others[table][field] = true
		}
	}
}

func (w *ctWriter) taxon(s annotate.Species) {
	if name := publishedName(s); name != "" {
		if old, ok := w.taxa[name]; !ok || old.Family == "" {
			w.taxa[name] = s
		}
	}
}

func (w *ctWriter) deployment(r annotate.Deployment) ctDeployment {
	d := ctDeployment{Deployment: r, media: map[string]string{}}
	d.start, d.exact, _ = momentOf(r.DateTime)
	if !d.exact {
		w.losses.add("that the time of a deployment has no zone: it is written as UTC, with timestampIssues", r.OpCode)
	}
	if at, err := time.Parse(time.RFC3339Nano, r.Extra[ctPrefix+"deploymentEnd"]); err == nil && !at.Before(d.start) {
		d.end = at
	} else if d.end = d.start.Add(lastedUntil(r)); d.end.Equal(d.start) {
		w.losses.add("when a deployment ended: nothing tells, and its start is written", r.OpCode)
	}
	for i, ch := range r.Chapters {
		id := cmp.Or(ch.Extra[ctPrefix+"mediaID"], fmt.Sprintf("%s/%d/%s", r.OpCode, i, ch.Path))
		if _, have := d.media[ch.Path]; !have || ch.Camera == 0 {
			d.media[ch.Path] = id
		}
		w.losses.extra(ch.Extra, ch.Path, "camtrapdp")
	}
	w.losses.extra(r.Extra, r.OpCode, "camtrapdp")
	return d
}

// table writes one of the three tables: rows calls row with the values of a row by their fields.
func (w *ctWriter) table(name string, rows func(row func(map[string]string)) error) error {
	fields := append(ctFields(name), sortedKeys(w.others[name])...)
	t, err := createTable(w.out, name+".csv", ',', fields)
	if err != nil {
		return err
	}
	line := make([]string, len(fields))
	err = rows(func(values map[string]string) {
		for i, field := range fields {
			line[i] = values[field]
		}
		t.row(line...)
	})
	return joinClose(err, t)
}

// ctOwn copies the fields that this format keeps in Extra.
func ctOwn(extra annotate.Extra) map[string]string {
	values := map[string]string{}
	for key, value := range extra {
		if field, ok := strings.CutPrefix(key, ctPrefix); ok {
			values[field] = value
		}
	}
	return values
}

func (w *ctWriter) writeDeployments() error {
	return w.table("deployments", func(row func(map[string]string)) error {
		for _, d := range w.deployments {
			v := ctOwn(d.Extra)
			v["deploymentID"], v["locationID"], v["locationName"] = d.OpCode, d.Site, d.Location
			v["latitude"], v["longitude"], v["cameraDepth"] = shortest(d.Latitude), shortest(d.Longitude), shortest(d.Depth)
			v["deploymentStart"], v["deploymentEnd"] = ctTime(d.start), ctTime(d.end)
			if !d.exact {
				v["timestampIssues"] = "true"
			}
			if _, said := v["baitUse"]; !said && strings.Contains(strings.ToUpper(d.Campaign), "BRUV") {
				v["baitUse"] = "true"
			}
			var groups, tags ctTags
			groups.add("campaign", d.Campaign)
			v["deploymentGroups"] = append(groups, readTags(v["deploymentGroups"])...).String()
			if !d.exact {
				tags.add("dateTime", d.DateTime)
			}
			tags.add("status", d.Status)
			tags.add("observerCount", d.ObserverCount)
			tags.add("observerLength", d.ObserverLength)
			tags.add("successfulCount", yesNo(d.SuccessfulCount))
			tags.add("successfulLength", yesNo(d.SuccessfulLength))
			tags.add("visibility", shortest(d.Visibility))
			for _, p := range d.Periods {
				to := p.To.String()
				if p.Open {
					to = "open"
				}
				tags.add("period", fmt.Sprintf("%s %s %s", p.From, to, p.Name))
				w.losses.extra(p.Extra, d.OpCode, "camtrapdp")
			}
			v["deploymentTags"] = append(tags, readTags(v["deploymentTags"])...).String()
			row(v)
		}
		return nil
	})
}

func (w *ctWriter) writeMedia() error {
	return w.table("media", func(row func(map[string]string)) error {
		ids := map[string]bool{}
		for _, d := range w.deployments {
			for i, ch := range d.Chapters {
				v := ctOwn(ch.Extra)
				id := cmp.Or(v["mediaID"], fmt.Sprintf("%s/%d/%s", d.OpCode, i, ch.Path))
				if ids[id] {
					return fmt.Errorf("media %s comes twice: each needs an id of its own", id)
				}
				ids[id] = true
				v["mediaID"], v["deploymentID"], v["fileName"] = id, d.OpCode, path.Base(ch.Path)
				v["timestamp"] = ctTime(d.start.Add(ch.Offset))
				v["filePath"] = ctPath(ch.Path)
				unless(v, "filePublic", "false")
				unless(v, "fileMediatype", mediaType(ch.Path))
				var tags ctTags
				tags.add("path", ch.Path)
				tags.add("camera", strconv.Itoa(ch.Camera))
				tags.add("offset", ch.Offset.String())
				tags.add("duration", ch.Duration.String())
				tags.add("frames", strconv.Itoa(ch.Frames))
				if ch.Rate.Den > 0 {
					tags.add("rate", ch.Rate.String())
				}
				if ch.W > 0 && ch.H > 0 {
					tags.add("size", fmt.Sprintf("%dx%d", ch.W, ch.H))
				}
				tags.add("sha256", ch.SHA256)
				v["mediaComments"] = append(tags, readTags(v["mediaComments"])...).String()
				row(v)
			}
		}
		return nil
	})
}

func (w *ctWriter) writeObservations() error {
	return w.table("observations", func(row func(map[string]string)) error {
		n := 0
		for record, err := range w.records {
			if err != nil {
				return err
			}
			var v map[string]string
			switch r := record.(type) {
			case annotate.Sighting:
				if i, ok := w.by[r.OpCode]; ok {
					v = w.sighting(&w.deployments[i], r)
				} else {
					w.losses.add("a sighting of a deployment that is not written", r.OpCode)
				}
			case annotate.Count:
				if i, ok := w.by[r.OpCode]; ok {
					v = w.count(&w.deployments[i], r)
				} else {
					w.losses.add("a count of a deployment that is not written", r.OpCode)
				}
			}
			if v != nil {
				n++
				v["observationID"] = strconv.Itoa(n)
				row(v)
			}
		}
		return nil
	})
}

// observed sets what all observations have.
func (w *ctWriter) observed(d *ctDeployment, s annotate.Species, by annotate.Origin, extra annotate.Extra) (map[string]string, ctTags) {
	v := ctOwn(extra)
	v["deploymentID"] = d.OpCode
	v["scientificName"] = publishedName(s)
	unless(v, "classifiedBy", by.By)
	if !by.At.IsZero() {
		v["classificationTimestamp"] = ctTime(by.At)
	}
	var tags ctTags
	for _, part := range [][2]string{{"family", s.Family}, {"genus", s.Genus}, {"species", s.Species}, {"caab", s.CAAB}} {
		tags.add(part[0], part[1])
	}
	return v, tags
}

func (w *ctWriter) sighting(d *ctDeployment, r annotate.Sighting) map[string]string {
	where := fmt.Sprintf("%s, %s at frame %d", r.OpCode, r.Species.Scientific(), r.Frame)
	v, tags := w.observed(d, r.Species, r.Origin, r.Extra)
	method := "human"
	if status := r.Extra[annotate.StatusKey]; status != "" {
		method = ctMethod(status)
		v["classificationTimestamp"] = ctSecond(r.Origin.At)
		tags.add(ctStatus, status)
		if r.Origin.At.Nanosecond() != 0 {
			tags.add(ctCountedAt, r.Origin.At.Format(time.RFC3339Nano))
		}
	}
	unless(v, "classificationMethod", method)
	unless(v, "observationType", ctType(r.Number, v["scientificName"]))
	if v["observationLevel"] = "event"; d.media[r.Media] != "" {
		v["observationLevel"], v["mediaID"] = "media", d.media[r.Media]
	}
	at := d.start
	if r.Time >= 0 {
		at = at.Add(r.Time)
		tags.add("time", r.Time.String())
	}
	unless(v, "eventStart", ctTime(at))
	unless(v, "eventEnd", ctTime(at))
	if r.Number > 0 {
		v["count"] = strconv.Itoa(r.Number)
	}
	tags.add("metric", "sighting")
	tags.add("media", r.Media)
	if r.Frame >= 0 {
		tags.add("frame", strconv.Itoa(r.Frame))
	}
	tags.add("period", r.Period)
	if r.PeriodTime >= 0 {
		tags.add("periodTime", r.PeriodTime.String())
	}
	if v["lifeStage"] = lifeStage(r.Stage); stageOf(v["lifeStage"]) != r.Stage {
		tags.add("stage", r.Stage)
	}
	v["behavior"], v["observationComments"] = r.Activity, r.Comment
	w.box(d, r, v, &tags, where)
	v["observationTags"] = append(tags, readTags(v["observationTags"])...).String()
	w.losses.extra(r.Extra, where, "camtrapdp")
	return v
}

// box sets bboxX and its kin, shares of the picture, where its size is known; a place in pixels is a tag.
func (w *ctWriter) box(d *ctDeployment, r annotate.Sighting, v map[string]string, tags *ctTags, where string) {
	b, ok := r.Shape.Bounds()
	if !ok {
		return
	}
	tags.add("pixels", fmt.Sprintf("%s %v %v %v %v", r.Shape.Kind, b.X0, b.Y0, b.X1, b.Y1))
	if r.Shape.Kind != annotate.Box {
		if r.Shape.Kind != annotate.Points || len(r.Shape.Points) > 1 {
			w.losses.add("the "+string(r.Shape.Kind)+" of a sighting: its box is written", where)
		}
		return
	}
	i := slices.IndexFunc(d.Chapters, func(ch annotate.Chapter) bool { return ch.Path == r.Media && ch.W > 0 && ch.H > 0 })
	if i < 0 {
		w.losses.add("the box of a sighting as a share of the picture, whose size is not known: a tag has its pixels", where)
		return
	}
	width, height := float64(d.Chapters[i].W), float64(d.Chapters[i].H)
	share := func(from, size float64) string { return strconv.FormatFloat(min(max(from/size, 0), 1), 'f', -1, 64) }
	v["bboxX"], v["bboxY"] = share(b.X0, width), share(b.Y0, height)
	v["bboxWidth"], v["bboxHeight"] = share(min(b.X1, width)-max(b.X0, 0), width), share(min(b.Y1, height)-max(b.Y0, 0), height)
}

func (w *ctWriter) count(d *ctDeployment, r annotate.Count) map[string]string {
	s := taxonOf(r)
	if r.Label == "" {
		s = r.Species
	}
	where := fmt.Sprintf("%s, %s", r.OpCode, s.Scientific())
	v, tags := w.observed(d, s, r.Origin, r.Extra)
	v["observationLevel"] = "event"
	unless(v, "eventID", d.OpCode)
	unless(v, "eventStart", ctTime(d.start))
	unless(v, "eventEnd", ctTime(d.end))
	w.losses.extra(r.Extra, where, "camtrapdp")
	if r.Value == 0 {
		return w.zero(d, r, v, where)
	}
	n := math.Min(math.Round(r.Value), most)
	unless(v, "observationType", ctType(int(n), v["scientificName"]))
	if n >= 1 {
		v["count"] = strconv.FormatFloat(n, 'f', 0, 64)
	}
	tags.add("metric", cmp.Or(r.Metric, "MaxN"))
	if n != r.Value {
		tags.add("value", shortest(&r.Value))
	}
	if r.Time >= 0 {
		tags.add("tMaxN", r.Time.String())
	}
	tags.add("low", shortest(r.Low))
	tags.add("high", shortest(r.High))
	if r.Verified != nil {
		ctVerified(v, &tags, *r.Verified, r.Origin)
	}
	tags.add("media", r.Media)
	tags.add("label", r.Label)
	if v["lifeStage"] = lifeStage(r.Stage); stageOf(v["lifeStage"]) != r.Stage {
		tags.add("stage", r.Stage)
	}
	v["observationTags"] = append(tags, readTags(v["observationTags"])...).String()
	return v
}
