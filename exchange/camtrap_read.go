package exchange

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
)

// camtrapReader reads a package's tables in turn.
type camtrapReader struct {
	in     Input
	tables map[string]string
	about  string
	starts map[string]time.Time // of the deployments
	media  map[string]camtrapFile
	yield  func(annotate.Record, error) bool
}

// camtrapFile is what an observation must know of its media file.
type camtrapFile struct {
	name  string
	start time.Time
	video bool
	w, h  int
}

func readCamtrap(in Input) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		r := camtrapReader{in: in, starts: map[string]time.Time{}, media: map[string]camtrapFile{}, yield: yield}
		var err error
		if r.tables, r.about, err = camtrapTables(in); err != nil {
			yield(nil, err)
			return
		}
		for _, step := range []struct {
			table string
			row   func(*table) (annotate.Record, error)
		}{{"deployments", r.deployment}, {"media", r.file}, {"observations", r.observation}} {
			if more, err := r.rows(step.table, step.row); err != nil {
				yield(nil, err)
				return
			} else if !more {
				return
			}
		}
	}
}

// rows reads a table; more is false where the caller has had enough.
func (r *camtrapReader) rows(name string, row func(*table) (annotate.Record, error)) (more bool, err error) {
	file, err := r.in.FS.Open(r.tables[name])
	if err != nil {
		return false, err
	}
	defer file.Close()
	t, err := openTable(r.tables[name], file, ',')
	if err != nil {
		return false, err
	}
	if _, err := t.need(strings.TrimSuffix(name, "s") + "ID"); err != nil {
		return false, err
	}
	for t.next() {
		record, err := row(t)
		if err != nil {
			return false, err
		}
		if record != nil && !r.yield(record, nil) {
			return false, nil
		}
	}
	return true, t.err
}

// time is a cell as a time with its zone.
func (r *camtrapReader) time(t *table, column string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, t.text(t.column(column)))
	if err != nil {
		return at, t.wrong(t.column(column), "it should be a date and time with its zone, as 2026-05-01T08:18:54+11:00")
	}
	return at, nil
}

func (r *camtrapReader) deployment(t *table) (annotate.Record, error) {
	cell := func(name string) string { return t.text(t.column(name)) }
	d := annotate.Deployment{OpCode: cell("deploymentID"), Site: cell("locationID"), Location: cell("locationName"), ObserverCount: ""}
	if d.OpCode == "" {
		return nil, t.wrong(t.column("deploymentID"), "every deployment needs an ID")
	}
	if _, twice := r.starts[d.OpCode]; twice {
		return nil, t.wrong(t.column("deploymentID"), "this deployment is listed twice")
	}
	var err error
	for column, into := range map[string]**float64{"latitude": &d.Latitude, "longitude": &d.Longitude, "cameraDepth": &d.Depth} {
		if *into, err = t.number(t.column(column)); err != nil {
			return nil, err
		}
	}
	start, err := r.time(t, "deploymentStart")
	if err != nil {
		return nil, err
	}
	end, err := r.time(t, "deploymentEnd")
	if err != nil {
		return nil, err
	}
	r.starts[d.OpCode] = start
	meant := []string{"deploymentID", "locationID", "locationName", "latitude", "longitude", "deploymentStart", "deploymentEnd", "cameraDepth"}
	d.DateTime = start.Format(time.RFC3339)
	if cell("timestampIssues") == "true" && start.Location() == time.UTC { // written so where the zone is not known
		d.DateTime = strings.TrimSuffix(start.Format("2006-01-02T15:04:05"), "T00:00:00")
		meant = append(meant, "timestampIssues")
	}
	if length := end.Sub(start); length > 0 {
		d.Periods = []annotate.Period{{Name: "1", From: 0, To: length}}
	}
	for tag := range strings.SplitSeq(cell("deploymentTags"), "|") {
		if from, to, ok := periodTag(tag); ok && len(d.Periods) == 1 && to <= d.Periods[0].To {
			d.Periods[0].From, d.Periods[0].To = from, to
			meant = append(meant, "deploymentTags")
		}
	}
	d.Extra = camtrapLeftovers(t, meant)
	if r.about != "" {
		if d.Extra == nil {
			d.Extra = annotate.Extra{}
		}
		d.Extra[camtrapPackage] = r.about
		r.about = ""
	}
	return d, nil
}

// periodTag reads "period:150s..3750s".
func periodTag(tag string) (from, to time.Duration, ok bool) {
	text, ok := strings.CutPrefix(strings.TrimSpace(tag), "period:")
	if !ok {
		return 0, 0, false
	}
	p, err := frame.ParsePeriod(text)
	return p.From, p.To, err == nil && p.To > p.From
}

func (r *camtrapReader) file(t *table) (annotate.Record, error) {
	cell := func(name string) string { return t.text(t.column(name)) }
	id := cell("mediaID")
	if _, twice := r.media[id]; twice || id == "" {
		return nil, t.wrong(t.column("mediaID"), "every media file needs an ID of its own")
	}
	if _, known := r.starts[cell("deploymentID")]; !known {
		return nil, t.wrong(t.column("deploymentID"), "deployments.csv has no such deployment")
	}
	at, err := r.time(t, "timestamp")
	if err != nil {
		return nil, err
	}
	m := annotate.Media{
		Name: cell("filePath"), ID: id, Deployment: cell("deploymentID"), Video: strings.HasPrefix(cell("fileMediatype"), "video/"),
		Extra: camtrapLeftovers(t, []string{"mediaID", "deploymentID", "filePath", "fileMediatype", "mediaComments"}),
	}
	if m.Name == "" {
		return nil, t.wrong(t.column("filePath"), "every media file needs a path")
	}
	comment := cell("mediaComments")
	if n, err := fmt.Sscanf(comment, "%dx%d pixels", &m.W, &m.H); n != 2 || err != nil || m.W <= 0 || m.H <= 0 || comment != sizeComment(m.W, m.H) {
		m.W, m.H = 0, 0
		if comment != "" {
			m.Extra["camtrap.mediaComments"] = comment // there is a timestamp in it at least
		}
	}
	r.media[id] = camtrapFile{m.Name, at, m.Video, m.W, m.H}
	return m, nil
}

// sizeComment is how the size of a picture is written, for which the format has no field.
func sizeComment(w, h int) string { return fmt.Sprintf("%dx%d pixels", w, h) }

func (r *camtrapReader) observation(t *table) (annotate.Record, error) {
	cell := func(name string) string { return t.text(t.column(name)) }
	start, known := r.starts[cell("deploymentID")]
	if !known {
		return nil, t.wrong(t.column("deploymentID"), "deployments.csv has no such deployment")
	}
	from, err := r.time(t, "eventStart")
	if err != nil {
		return nil, err
	}
	origin := annotate.Origin{By: cell("classifiedBy")}
	if cell("classificationTimestamp") != "" {
		if origin.At, err = r.time(t, "classificationTimestamp"); err != nil {
			return nil, err
		}
	}
	number := 1
	if cell("count") != "" {
		if number, err = t.integer(t.column("count")); err != nil || number < 1 {
			return nil, t.wrong(t.column("count"), "it should be a whole number of at least 1")
		}
	}
	switch cell("observationLevel") {
	case "media":
		return r.mark(t, origin, from)
	case "event":
	default:
		return nil, t.wrong(t.column("observationLevel"), "it should be media or event")
	}
	tags, other := readTags(cell("observationTags"))
	meant := []string{"observationID", "deploymentID", "eventStart", "eventEnd", "observationLevel", "observationType", "scientificName", "count",
		"classificationMethod", "classifiedBy", "classificationTimestamp", "observationTags"}
	extra := camtrapLeftovers(t, meant)
	extra = withExtra(extra, "camtrap.observationTags", other)
	extra = withExtra(extra, "camtrap.observationID", cell("observationID"))
	switch metric, counted := tags["metric"]; {
	case counted:
		n := annotate.Count{OpCode: cell("deploymentID"), Species: annotate.SpeciesOf(cell("scientificName")), Label: tags["label"], Metric: metric,
			Value: float64(number), Time: annotate.None, Stage: tags["stage"], Origin: origin, Extra: extra}
		if metric == "MaxN" {
			n.Metric = ""
		}
		n.Species.Family, n.Species.CAAB = tags["family"], tags["caab"]
		if at, err := strconv.ParseFloat(tags["tMaxN"], 64); err == nil && at >= 0 && at < 1e6 {
			n.Time = time.Duration(at*1e9 + 0.5)
		}
		return n, nil
	case cell("observationType") == "blank":
		return annotate.Count{OpCode: cell("deploymentID"), Time: annotate.None, Origin: origin, Extra: withExtra(extra, "camtrap.observationType", "blank")}, nil
	}
	s := annotate.Sighting{
		OpCode: cell("deploymentID"), Frame: -1, Time: max(from.Sub(start), 0), PeriodTime: annotate.None,
		Species: annotate.SpeciesOf(cell("scientificName")), Number: number, Stage: tags["stage"], Origin: origin,
		Extra: withExtra(extra, "camtrap.observationType", unlessUsual(cell("observationType"), "animal")),
	}
	s.Species.Family, s.Species.CAAB = tags["family"], tags["caab"]
	if cell("eventEnd") != cell("eventStart") {
		s.Extra = withExtra(s.Extra, "camtrap.eventEnd", cell("eventEnd"))
	}
	return s, nil
}

// unlessUsual is a cell, "" where it is the usual one.
func unlessUsual(cell, usual string) string {
	if cell == usual {
		return ""
	}
	return cell
}

// withExtra adds a field that has a value.
func withExtra(extra annotate.Extra, key, value string) annotate.Extra {
	if value == "" {
		return extra
	}
	if extra == nil {
		extra = annotate.Extra{}
	}
	extra[key] = value
	return extra
}

// readTags reads "metric:MaxN|tMaxN:12.5"; other is what is none of ours.
func readTags(text string) (tags map[string]string, other string) {
	tags = map[string]string{}
	var rest []string
	for tag := range strings.SplitSeq(text, "|") {
		key, value, ok := strings.Cut(tag, ":")
		switch key {
		case "metric", "tMaxN", "stage", "label", "family", "caab":
			if ok && tags[key] == "" && value != "" {
				tags[key] = value
				continue
			}
		}
		if tag != "" {
			rest = append(rest, tag)
		}
	}
	return tags, strings.Join(rest, "|")
}

// mark is an observation of one file: a box in it, or the whole of it.
func (r *camtrapReader) mark(t *table, origin annotate.Origin, at time.Time) (annotate.Record, error) {
	cell := func(name string) string { return t.text(t.column(name)) }
	file, known := r.media[cell("mediaID")]
	if !known {
		return nil, t.wrong(t.column("mediaID"), "media.csv has no such file")
	}
	m := annotate.Mark{
		Media: file.name, ID: cell("observationID"), Track: cell("individualID"), Shape: annotate.Shape{Kind: annotate.WholePic}, Origin: origin,
		Extra: camtrapLeftovers(t, []string{"observationID", "deploymentID", "mediaID", "eventStart", "eventEnd", "observationLevel", "scientificName",
			"individualID", "bboxX", "bboxY", "bboxWidth", "bboxHeight", "classificationMethod", "classifiedBy", "classificationTimestamp", "classificationProbability"}),
	}
	if file.video {
		m.Frame, m.Time = -1, max(at.Sub(file.start), 0)
	}
	if cell("observationType") == "blank" {
		return annotate.Look{Media: m.Media, Frame: m.Frame, Time: m.Time}, nil
	}
	if m.Extra["camtrap.observationType"] == "animal" {
		delete(m.Extra, "camtrap.observationType")
	}
	if len(m.Extra) == 0 {
		m.Extra = nil
	}
	if name := cell("scientificName"); name != "" {
		m.Names = []annotate.Name{{Label: name}}
		score, err := t.number(t.column("classificationProbability"))
		if err != nil {
			return nil, err
		}
		if score != nil {
			m.Names[0].Score, m.Names[0].Scored = *score, true
		}
	}
	if cell("bboxX") == "" {
		return m, nil
	}
	var v [4]float64
	for i, column := range []string{"bboxX", "bboxY", "bboxWidth", "bboxHeight"} {
		share, err := t.number(t.column(column))
		if err != nil || share == nil || *share < 0 || *share > 1 {
			return nil, t.wrong(t.column(column), "it should be a share of the picture from 0 to 1")
		}
		v[i] = *share
	}
	w, h, err := r.size(file)
	if err != nil {
		return nil, err
	}
	m.Shape = annotate.BoxShape(frame.Box{X0: v[0] * w, Y0: v[1] * h, X1: (v[0] + v[2]) * w, Y1: (v[1] + v[3]) * h})
	return m, nil
}

// size is the size of a file's pictures in pixels.
func (r *camtrapReader) size(file camtrapFile) (w, h float64, err error) {
	if file.w > 0 {
		return float64(file.w), float64(file.h), nil
	}
	if r.in.Size == nil {
		return 0, 0, fmt.Errorf("the boxes in %s are shares of the picture, whose size is not known: name the folder of the pictures with --pictures", file.name)
	}
	x, y, err := r.in.Size(file.name)
	return float64(x), float64(y), err
}
