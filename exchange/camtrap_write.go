package exchange

import (
	"encoding/json"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// camtrapWriter writes a package. It ranges over the records once for each table.
type camtrapWriter struct {
	out         Folder
	records     annotate.Records
	opt         Options
	losses      *Losses
	order       []string
	deployments map[string]annotate.Deployment
	media       map[string]camtrapMedium
	seen        map[string]bool // deployments in which something was seen
	taxa        map[string]bool
	marked      map[annotate.Look]bool // the moments in which something is marked
	observed    int
}

// camtrapMedium is what an observation must know of its media file.
type camtrapMedium struct {
	id, deployment string
	start          time.Time
	video          bool
	w, h           int
	rate           float64
}

func writeCamtrap(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	w := &camtrapWriter{out: out, records: records, opt: opt, losses: &Losses{}, media: map[string]camtrapMedium{}, seen: map[string]bool{}, taxa: map[string]bool{}, marked: map[annotate.Look]bool{}}
	var err error
	if w.order, w.deployments, err = deploymentsOf(records); err != nil {
		return nil, err
	}
	if err := unplaced(w.order, w.deployments, whereAndWhen); err != nil {
		return nil, err
	}
	for _, step := range []func() error{w.writeDeployments, w.writeMedia, w.writeObservations, w.describe} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return w.losses, nil
}

func (w *camtrapWriter) writeDeployments() error {
	table, err := newRows(w.out, "deployments.csv", camtrapDeployments)
	if err != nil {
		return err
	}
	for _, opcode := range w.order {
		d := w.deployments[opcode]
		at, _ := spanOf(d)
		row := map[string]string{
			"deploymentID": opcode, "locationID": d.Site, "locationName": d.Location, "latitude": optional(d.Latitude), "longitude": optional(d.Longitude),
			"deploymentStart": stamp(at.start), "deploymentEnd": stamp(at.end), "cameraDepth": optional(d.Depth),
		}
		if !at.zoned {
			row["timestampIssues"] = "true"
			w.losses.add("that the time zone or time of day is not known (written as UTC with timestampIssues)", opcode)
		}
		if len(d.Periods) > 0 {
			from, to := watched(d)
			row["deploymentTags"] = fmt.Sprintf("period:%v..%v", from, to)
		}
		for _, p := range d.Periods[min(len(d.Periods), 1):] {
			w.losses.add("a second period", opcode+", period "+p.Name)
		}
		w.unheld(d)
		w.keep(d.Extra, camtrapDeployments, row, opcode)
		if err := table.write(row); err != nil {
			return err
		}
	}
	return table.close()
}

// unheld lists what of a deployment the format has no field for.
func (w *camtrapWriter) unheld(d annotate.Deployment) {
	for what, stated := range map[string]bool{
		"the status of a deployment": d.Status != "", "the observers": d.ObserverCount != "" || d.ObserverLength != "",
		"whether the count was successful": d.SuccessfulCount != nil || d.SuccessfulLength != nil,
		"the visibility":                   d.Visibility != nil, "the campaign": d.Campaign != "",
	} {
		if stated {
			w.losses.add(what, d.OpCode)
		}
	}
}

func (w *camtrapWriter) writeMedia() error {
	table, err := newRows(w.out, "media.csv", camtrapMedia)
	if err != nil {
		return err
	}
	for record, err := range w.records {
		if err != nil {
			return err
		}
		if mark, ok := record.(annotate.Mark); ok {
			w.marked[annotate.Look{Media: mark.Media, Frame: mark.Frame, Time: mark.Time}] = true
		}
		m, ok := record.(annotate.Media)
		if !ok {
			continue
		}
		d, known := w.deployments[m.Deployment]
		if !known {
			w.losses.add("a picture or video that belongs to no deployment", m.Name)
			continue
		}
		if m.Failure != "" || m.Split != "" {
			w.losses.add("why a file could not be read, or which split it is in", m.Name)
		}
		if err := table.write(w.medium(m, d)); err != nil {
			return err
		}
	}
	return table.close()
}

// medium is one row of media.csv, and is noted for its observations.
func (w *camtrapWriter) medium(m annotate.Media, d annotate.Deployment) map[string]string {
	at, _ := spanOf(d)
	start := at.start
	for _, c := range d.Chapters {
		if strings.EqualFold(path.Base(c.Path), path.Base(m.Name)) {
			start = start.Add(c.Offset)
		}
	}
	if given, err := time.Parse(time.RFC3339, m.Extra["camtrap.timestamp"]); err == nil {
		start = given
	}
	id := m.ID
	if id == "" {
		id = m.Name
	}
	rate := 0.0
	if m.Rate.Den > 0 {
		rate = float64(m.Rate.Num) / float64(m.Rate.Den)
	}
	w.media[m.Name] = camtrapMedium{id, m.Deployment, start, m.Video, m.W, m.H, rate}
	row := map[string]string{
		"mediaID": id, "deploymentID": m.Deployment, "timestamp": stamp(start), "filePath": within(m.Name), "filePublic": "false",
		"fileName": path.Base(m.Name), "fileMediatype": mediatype(m),
	}
	if m.W > 0 && m.Extra["camtrap.mediaComments"] == "" {
		row["mediaComments"] = sizeComment(m.W, m.H)
	}
	w.keep(m.Extra, camtrapMedia, row, m.Name)
	return row
}

// within is a path as the format allows it: within the package, or a URL.
func within(name string) string {
	if strings.Contains(name, "..") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") {
		return strings.TrimLeft(path.Base(name), ".~")
	}
	return name
}

func mediatype(m annotate.Media) string {
	kind := map[string]string{
		".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".mp4": "video/mp4", ".mov": "video/quicktime",
		".avi": "video/x-msvideo", ".mkv": "video/x-matroska", ".mts": "video/mp2t",
	}[strings.ToLower(path.Ext(m.Name))]
	switch {
	case kind != "" && strings.HasPrefix(kind, "video/") == m.Video:
		return kind
	case m.Video:
		return "video/mp4"
	}
	return "image/jpeg"
}

func (w *camtrapWriter) writeObservations() error {
	table, err := newRows(w.out, "observations.csv", camtrapObservations)
	if err != nil {
		return err
	}
	for record, err := range w.records {
		if err != nil {
			return err
		}
		row := w.observation(record)
		if row == nil {
			continue
		}
		w.observed++
		if row["observationID"] == "" {
			row["observationID"] = "obs" + strconv.Itoa(w.observed)
		}
		if err := table.write(row); err != nil {
			return err
		}
	}
	for _, opcode := range w.order {
		if w.seen[opcode] {
			continue
		}
		w.observed++
		row := w.event(opcode, annotate.Origin{})
		row["observationID"], row["observationType"] = "blank"+strconv.Itoa(w.observed), "blank"
		if err := table.write(row); err != nil {
			return err
		}
	}
	return table.close()
}

// observation is the row of a record; nil where it makes none.
func (w *camtrapWriter) observation(record annotate.Record) map[string]string {
	switch r := record.(type) {
	case annotate.Mark:
		return w.mark(r)
	case annotate.Look:
		return w.look(r)
	case annotate.Sighting:
		return w.sighting(r)
	case annotate.Count:
		return w.count(r)
	case annotate.Length:
		w.losses.add("a length", r.OpCode+", "+r.Species.Scientific())
	case annotate.Track:
		if len(r.Attributes) > 0 {
			w.losses.add("the attributes of a track", r.Media+", track "+r.ID)
		}
		w.losses.extra(r.Extra, r.Media+", track "+r.ID, "camtrap")
	case annotate.Label:
		if len(r.Attributes) > 0 || r.Parent != "" {
			w.losses.add("the parent and attributes of a class", r.Name)
		}
		w.losses.extra(r.Extra, r.Name, "camtrap")
	}
	return nil
}

// event is a row of the level event over the period of a deployment.
func (w *camtrapWriter) event(opcode string, by annotate.Origin) map[string]string {
	d := w.deployments[opcode]
	at, _ := spanOf(d)
	from, to := watched(d)
	row := map[string]string{
		"deploymentID": opcode, "eventStart": stamp(at.start.Add(from)), "eventEnd": stamp(at.start.Add(to)), "eventID": opcode,
		"observationLevel": "event", "observationType": "animal",
	}
	classified(row, by)
	return row
}

// classified says who or what named an animal, and when.
func classified(row map[string]string, by annotate.Origin) {
	row["classifiedBy"] = by.By
	if !by.At.IsZero() {
		row["classificationTimestamp"] = stamp(by.At)
	}
	if by.By != "" {
		row["classificationMethod"] = "human"
		if strings.HasPrefix(by.By, "Requin ") {
			row["classificationMethod"] = "machine"
		}
	}
}

func (w *camtrapWriter) count(c annotate.Count) map[string]string {
	where := c.OpCode + ", " + c.Species.Scientific() + c.Label
	if _, known := w.deployments[c.OpCode]; !known {
		w.losses.add("a count of a deployment that is not described", where)
		return nil
	}
	name := c.Species.Scientific()
	switch {
	case c.Value == 0 && name == "" && c.Label == "":
		if w.seen[c.OpCode] {
			return nil
		}
	case c.Value < 1 || c.Value != math.Trunc(c.Value):
		w.losses.add("a count that is zero or no whole number", where)
		return nil
	}
	w.seen[c.OpCode] = true
	row := w.event(c.OpCode, c.Origin)
	if c.Value == 0 {
		row["observationType"] = "blank"
	} else {
		row["count"], row["scientificName"] = decimal(c.Value), name
		w.taxa[name] = name != ""
		metric := c.Metric
		if metric == "" {
			metric = "MaxN"
		}
		tags := []string{"metric:" + metric}
		if c.Time >= 0 {
			tags = append(tags, "tMaxN:"+decimal(c.Time.Seconds()))
		}
		if c.Label != "" && c.Label != name {
			tags = append(tags, "label:"+c.Label)
		} else if c.Label != "" {
			tags = append(tags, "label:"+name)
		}
		row["observationTags"] = w.tags(tags, c.Species, c.Stage, c.Extra)
	}
	row["observationID"] = c.Extra["camtrap.observationID"]
	if c.Low != nil || c.High != nil || c.Media != "" || c.Campaign != "" {
		w.losses.add("the interval, the file and the campaign of a count", where)
	}
	w.keep(c.Extra, camtrapObservations, row, where)
	return row
}

// tags writes what the format has no fields for, each without the sign that parts tags.
func (w *camtrapWriter) tags(tags []string, s annotate.Species, stage string, extra annotate.Extra) string {
	for _, t := range [][2]string{{"family", s.Family}, {"caab", s.CAAB}, {"stage", stage}} {
		if t[1] != "" {
			tags = append(tags, t[0]+":"+t[1])
		}
	}
	for i := range tags {
		tags[i] = strings.ReplaceAll(tags[i], "|", "/")
	}
	if other := extra["camtrap.observationTags"]; other != "" {
		tags = append(tags, other)
	}
	return strings.Join(tags, "|")
}

func (w *camtrapWriter) sighting(s annotate.Sighting) map[string]string {
	where := s.OpCode + ", " + s.Species.Scientific()
	d, known := w.deployments[s.OpCode]
	if !known || s.Number < 1 {
		w.losses.add("a sighting of nothing, or in a deployment that is not described", where)
		return nil
	}
	w.seen[s.OpCode] = true
	row := w.event(s.OpCode, s.Origin)
	at, _ := spanOf(d)
	when := stamp(at.start.Add(max(s.Time, 0)))
	row["eventStart"], row["eventEnd"], row["eventID"] = when, when, ""
	row["count"], row["scientificName"], row["lifeStage"] = strconv.Itoa(s.Number), s.Species.Scientific(), camtrapStages[s.Stage]
	w.taxa[s.Species.Scientific()] = s.Species.Scientific() != ""
	row["observationTags"] = w.tags(nil, s.Species, s.Stage, s.Extra)
	row["observationID"] = s.Extra["camtrap.observationID"]
	if end := s.Extra["camtrap.eventEnd"]; end != "" {
		row["eventEnd"] = end
	}
	if t := s.Extra["camtrap.observationType"]; t != "" {
		row["observationType"] = t
	}
	if s.Media != "" || s.Frame >= 0 || len(s.Shape.Points) > 0 || s.Period != "" || s.PeriodTime >= 0 {
		w.losses.add("the file, frame, period and place in the picture of a sighting", where)
	}
	if s.Activity != "" || s.Comment != "" {
		w.losses.add("the activity and comment of a sighting", where)
	}
	w.keep(s.Extra, camtrapObservations, row, where)
	return row
}

// inFile begins the row of an observation in one file; false where the file is not in the package.
func (w *camtrapWriter) inFile(name string, number int, at time.Duration) (map[string]string, camtrapMedium, bool) {
	m, known := w.media[name]
	if !known {
		return nil, m, false
	}
	when := m.start
	switch {
	case m.video && at >= 0:
		when = when.Add(at)
	case m.video && number >= 0 && m.rate > 0:
		when = when.Add(time.Duration(float64(number) / m.rate * 1e9))
	}
	return map[string]string{
		"deploymentID": m.deployment, "mediaID": m.id, "eventStart": stamp(when), "eventEnd": stamp(when), "observationLevel": "media", "observationType": "animal",
	}, m, true
}

func (w *camtrapWriter) look(l annotate.Look) map[string]string {
	row, m, ok := w.inFile(l.Media, l.Frame, l.Time)
	switch {
	case !ok:
		return nil
	case w.marked[l]: // "blank" would be wrong
		w.losses.add("that everything in a frame with animals is marked", l.Media)
		return nil
	}
	w.seen[m.deployment] = true
	row["observationType"] = "blank"
	return row
}

func (w *camtrapWriter) mark(m annotate.Mark) map[string]string {
	where := m.Media + ", mark " + m.ID
	row, file, ok := w.inFile(m.Media, m.Frame, m.Time)
	if !ok {
		w.losses.add("a box in a file that belongs to no deployment", where)
		return nil
	}
	if m.Outside {
		w.losses.add("that an animal left the picture", where)
		return nil
	}
	w.seen[file.deployment] = true
	row["observationID"], row["individualID"] = m.ID, m.Track
	classified(row, m.Origin)
	if len(m.Names) > 0 {
		n := m.Names[0]
		row["scientificName"] = n.Label
		w.taxa[n.Label] = true
		if n.Scored && n.Score >= 0 && n.Score <= 1 {
			row["classificationProbability"] = decimal(n.Score)
		}
	}
	if len(m.Names) > 1 {
		w.losses.add("the second-best names of a mark", where)
	}
	if box, ok := m.Shape.Bounds(); ok && file.w > 0 && file.h > 0 {
		b := box.Clip(float64(file.w), float64(file.h))
		fw, fh := float64(file.w), float64(file.h)
		row["bboxX"], row["bboxY"], row["bboxWidth"], row["bboxHeight"] = decimal(b.X0/fw), decimal(b.Y0/fh), decimal(b.W()/fw), decimal(b.H()/fh)
		if b != box {
			w.losses.add("the part of a box outside the picture", where)
		}
	} else if ok {
		w.losses.add("a box in a picture whose size is not known", where)
	}
	if m.Shape.Kind != annotate.Box && m.Shape.Kind != annotate.WholePic && m.Shape.Kind != "" {
		w.losses.add("a shape that is no box (its box was written)", where)
	}
	if len(m.Attributes) > 0 || m.Occluded || m.Truncated || m.Difficult || m.Crowd || m.Still || m.Between || m.Visibility != 0 {
		w.losses.add("the attributes and flags of a mark", where)
	}
	if t := m.Extra["camtrap.observationType"]; t != "" {
		row["observationType"] = t
	}
	w.keep(m.Extra, camtrapObservations, row, where)
	return row
}

// describe writes datapackage.json, last: it is what makes the folder a package.
func (w *camtrapWriter) describe() error {
	type object = map[string]any
	about := object{
		"name": packageName(w.opt.Name), "contributors": []object{{"title": "not recorded", "role": "contributor"}},
		"project": object{"title": w.opt.Name, "samplingDesign": "targeted", "captureMethod": []string{"timeLapse"}, "individualAnimals": false, "observationLevel": []string{"media", "event"}},
	}
	for _, opcode := range w.order {
		if text := w.deployments[opcode].Extra[camtrapPackage]; text != "" {
			if err := json.Unmarshal([]byte(text), &about); err != nil {
				return fmt.Errorf("%s, field %s: %w", opcode, camtrapPackage, err)
			}
			break
		}
	}
	var tables []object
	for _, name := range []string{"deployments", "media", "observations"} {
		tables = append(tables, object{
			"name": name, "path": name + ".csv", "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
			"schema": camtrapSchema + name + "-table-schema.json",
		})
	}
	about["resources"], about["profile"] = tables, camtrapSchema+"camtrap-dp-profile.json"
	var first, last time.Time
	box := []float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for i, opcode := range w.order {
		d := w.deployments[opcode]
		at, _ := spanOf(d)
		if i == 0 || at.start.Before(first) {
			first = at.start
		}
		if i == 0 || at.end.After(last) {
			last = at.end
		}
		box[0], box[1] = min(box[0], *d.Longitude), min(box[1], *d.Latitude)
		box[2], box[3] = max(box[2], *d.Longitude), max(box[3], *d.Latitude)
	}
	about["created"] = stamp(last) // the package of the same survey is the same whenever it is written
	about["temporal"] = object{"start": first.Format(time.DateOnly), "end": last.Format(time.DateOnly)}
	about["spatial"] = object{"type": "Polygon", "coordinates": [][][]float64{{}}}
	if len(w.order) > 0 {
		about["spatial"] = object{"type": "Polygon", "bbox": box, "coordinates": [][][]float64{{
			{box[0], box[1]}, {box[2], box[1]}, {box[2], box[3]}, {box[0], box[3]}, {box[0], box[1]}}}}
	}
	var names []string
	for name, ok := range w.taxa {
		if ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	taxonomic := []object{}
	for _, name := range names {
		taxonomic = append(taxonomic, object{"scientificName": name})
	}
	about["taxonomic"] = taxonomic
	file, err := w.out.Create("datapackage.json")
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(file)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(about); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// packageName is a name as data packages allow it: lower case letters, digits, ".", "_", "-".
func packageName(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, strings.ToLower(name)), "-.")
}
