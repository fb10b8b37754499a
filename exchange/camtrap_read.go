package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
)

// ctReader reads a package: the deployments and the media are held, the observations streamed.
type ctReader struct {
	in     Input
	paths  map[string]string // of the tables
	order  []*ctRead
	by     map[string]*ctRead
	media  map[string]ctMedia
	images []annotate.Media
}

type ctRead struct {
	annotate.Deployment
	start, end time.Time
}

type ctMedia struct{ path, deployment string }

func readCamtrap(in Input) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		r := &ctReader{in: in, by: map[string]*ctRead{}, media: map[string]ctMedia{}}
		err := r.read(func(record annotate.Record) error {
			if !yield(record, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

func (r *ctReader) read(yield func(annotate.Record) error) error {
	if err := r.find(); err != nil {
		return err
	}
	if err := r.each("deployments", r.deployment); err != nil {
		return err
	}
	if err := r.each("media", r.chapter); err != nil {
		return err
	}
	for _, d := range r.order {
		if !d.end.Equal(d.start.Add(lastedUntil(d.Deployment))) {
			if d.Extra == nil {
				d.Extra = annotate.Extra{}
			}
			d.Extra[ctPrefix+"deploymentEnd"] = ctTime(d.end)
		}
		if err := yield(d.Deployment); err != nil {
			return err
		}
	}
	for _, m := range r.images {
		if err := yield(m); err != nil {
			return err
		}
	}
	return r.each("observations", func(c *cells, t *ctTable) error {
		record := r.observation(c, t)
		if c.err != nil {
			return c.err
		}
		return yield(record)
	})
}

// find reads datapackage.json for where the tables are.
func (r *ctReader) find() error {
	dir, _ := folderOf(r.in)
	r.paths = map[string]string{}
	name := path.Join(dir, "datapackage.json")
	if path.Ext(r.in.Name) == ".json" {
		name = r.in.Name
	}
	file, err := r.in.FS.Open(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, table := range []string{"deployments", "media", "observations"} { // a package that lost its description
			r.paths[table] = path.Join(dir, table+".csv")
		}
		return nil
	}
	defer file.Close() // only read from
	const largest = 64 << 20
	text, err := io.ReadAll(io.LimitReader(utf8Text(file), largest+1))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > largest {
		return fmt.Errorf("%s is larger than %d MB: is it another file?", name, largest>>20)
	}
	var pkg struct {
		Resources []struct {
			Name string `json:"name"`
			Path any    `json:"path"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &pkg); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, resource := range pkg.Resources {
		if file, ok := resource.Path.(string); ok {
			if strings.Contains(file, "://") {
				return fmt.Errorf("%s: the table %s lies at %s: fetch it, and name the copy in path", name, resource.Name, file)
			}
			r.paths[resource.Name] = path.Join(dir, file)
		}
	}
	for _, table := range []string{"deployments", "media", "observations"} {
		if r.paths[table] == "" {
			return fmt.Errorf("%s: there is no resource %s with a path; Camtrap DP has deployments, media and observations", name, table)
		}
	}
	return nil
}

// ctTable is where the fields of a table are.
type ctTable struct {
	c    *cells
	name string
	at   map[string]int
}

func (t *ctTable) text(field string) string { return t.c.text(t.col(field)) }

func (t *ctTable) col(field string) int {
	if i, ok := t.at[field]; ok {
		return i
	}
	return -1
}

// must is a field that cannot be blank.
func (t *ctTable) must(field string) string { return t.c.code(t.col(field), "the standard needs it") }

// keep puts all fields but these into Extra.
func (t *ctTable) keep(but ...string) {
	for field, i := range t.at {
		if s := t.c.text(i); s != "" && !slices.Contains(but, field) {
			t.c.put(ctPrefix+field, s)
		}
	}
}

// moment is a date and time with its zone.
func (t *ctTable) moment(field string) time.Time {
	at, exact, ok := momentOf(t.text(field))
	if !ok || !exact || at.Year() < 1 || at.Year() > 9998 {
		t.c.fail(t.col(field), "it should be a date and time with its zone, as 2020-03-01T22:00:00Z or 2020-03-01T22:00:00+08:00")
		return time.Time{}
	}
	return at
}

func (r *ctReader) each(name string, row func(c *cells, t *ctTable) error) error {
	in := r.in
	in.Name = r.paths[name]
	file, err := in.open()
	if err != nil {
		return err
	}
	defer file.Close() // only read from
	table, err := openTable(in.Name, file, 0)
	if err != nil {
		return err
	}
	c := newCells(table, ctPrefix)
	t := &ctTable{c: c, name: name, at: map[string]int{}}
	for i, header := range table.header {
		if header = tidy(header); header != "" {
			if _, twice := t.at[header]; twice {
				return fmt.Errorf("%s, line 1: the column %s is there twice", in.Name, header)
			}
			t.at[header] = i
		}
	}
	for c.next() {
		err := row(c, t)
		if c.err != nil {
			return c.err
		}
		if err != nil {
			return err
		}
	}
	return table.err
}

func (r *ctReader) deployment(c *cells, t *ctTable) error {
	d := &ctRead{start: t.moment("deploymentStart"), end: t.moment("deploymentEnd")}
	d.Deployment = annotate.Deployment{
		OpCode: t.must("deploymentID"), Site: t.text("locationID"), Location: t.text("locationName"),
		Latitude: c.between(t.col("latitude"), -90, 90), Longitude: c.between(t.col("longitude"), -180, 180),
		Depth: c.number(t.col("cameraDepth")), DateTime: ctTime(d.start),
	}
	if d.Latitude == nil || d.Longitude == nil {
		c.fail(t.col("latitude"), "the standard needs latitude and longitude")
	}
	if d.end.Before(d.start) {
		c.fail(t.col("deploymentEnd"), "it should not be before deploymentStart")
	}
	if r.by[d.OpCode] != nil {
		c.fail(t.col("deploymentID"), "the same is in a row above")
	}
	t.keep("deploymentID", "locationID", "locationName", "latitude", "longitude", "cameraDepth", "deploymentStart", "deploymentEnd",
		"deploymentGroups", "deploymentTags")
	c.put(ctPrefix+"baitUse", t.text("baitUse")) // blank too: nobody said
	groups, tags := readTags(t.text("deploymentGroups")), readTags(t.text("deploymentTags"))
	d.Campaign = groups.take("campaign")
	if was := tags.take("dateTime"); was != "" {
		if at, exact, ok := momentOf(was); ok && !exact && at.Equal(d.start) {
			d.DateTime = was
			delete(c.extra, ctPrefix+"timestampIssues")
		}
	}
	d.Status, d.ObserverCount, d.ObserverLength = tags.take("status"), tags.take("observerCount"), tags.take("observerLength")
	d.SuccessfulCount, d.SuccessfulLength = takeYes(&tags, "successfulCount"), takeYes(&tags, "successfulLength")
	d.Visibility = takeNumber(&tags, "visibility")
	for period, ok := takePeriod(&tags); ok; period, ok = takePeriod(&tags) {
		d.Periods = append(d.Periods, period)
	}
	if len(groups) > 0 {
		c.put(ctPrefix+"deploymentGroups", groups.String())
	}
	if len(tags) > 0 {
		c.put(ctPrefix+"deploymentTags", tags.String())
	}
	d.Extra = c.extra
	r.by[d.OpCode] = d
	r.order = append(r.order, d)
	return nil
}

func takeYes(tags *ctTags, key string) *bool {
	switch s := tags.take(key); s {
	case "Yes", "No":
		v := s == "Yes"
		return &v
	}
	return nil
}

func takeNumber(tags *ctTags, key string) *float64 {
	v, err := parseNumber(tags.take(key))
	if err != nil {
		return nil
	}
	return &v
}

// takePeriod takes the first tag "period:FROM TO NAME".
func takePeriod(tags *ctTags) (annotate.Period, bool) {
	for i, tag := range *tags {
		part := strings.SplitN(tag[1]+" ", " ", 3)
		if tag[0] != "period" || len(part) != 3 {
			continue
		}
		from, err := time.ParseDuration(part[0])
		p := annotate.Period{Name: strings.TrimSpace(part[2]), From: from, Open: part[1] == "open"}
		var bad error
		if !p.Open {
			p.To, bad = time.ParseDuration(part[1])
		}
		if err != nil || bad != nil || p.From < 0 || !p.Open && p.To < p.From || max(p.From, p.To) > longest*time.Minute {
			continue
		}
		*tags = append((*tags)[:i:i], (*tags)[i+1:]...)
		return p, true
	}
	return annotate.Period{}, false
}

func (r *ctReader) chapter(c *cells, t *ctTable) error {
	id, at, tags := t.must("mediaID"), t.moment("timestamp"), readTags(t.text("mediaComments"))
	file := t.must("filePath")
	d := r.by[t.must("deploymentID")]
	if c.err != nil {
		return c.err
	}
	if d == nil {
		c.fail(t.col("deploymentID"), "there is no such deployment")
		return c.err
	}
	if _, twice := r.media[id]; twice {
		c.fail(t.col("mediaID"), "the same is in a row above")
		return c.err
	}
	if was := tags.take("path"); was != "" && ctPath(was) == file {
		file = was
	}
	r.media[id] = ctMedia{file, d.OpCode}
	if strings.HasPrefix(t.text("fileMediatype"), "image/") {
		r.images = append(r.images, annotate.Media{Name: file, ID: id, Deployment: d.OpCode})
		return nil
	}
	ch := annotate.Chapter{Path: file, SHA256: tags.take("sha256"), Offset: max(0, min(at.Sub(d.start), longest*time.Minute))}
	if offset := tags.takeTime("offset"); offset >= 0 {
		ch.Offset = offset
	}
	ch.Duration = max(0, tags.takeTime("duration"))
	ch.Camera, ch.Frames = takeCount(&tags, "camera"), takeCount(&tags, "frames")
	if num, den, ok := strings.Cut(tags.take("rate"), "/"); ok {
		n, err1 := strconv.ParseInt(num, 10, 32)
		m, err2 := strconv.ParseInt(den, 10, 32)
		if err1 == nil && err2 == nil && n > 0 && m > 0 {
			ch.Rate = frame.Rational{Num: n, Den: m}
		}
	}
	if w, h, ok := strings.Cut(tags.take("size"), "x"); ok {
		ch.W, _ = strconv.Atoi(w)
		ch.H, _ = strconv.Atoi(h)
		if ch.W <= 0 || ch.H <= 0 || ch.W > 1<<20 || ch.H > 1<<20 {
			ch.W, ch.H = 0, 0
		}
	}
	t.keep("deploymentID", "timestamp", "filePath", "fileName", "mediaComments")
	for field, usual := range map[string]string{"filePublic": "false", "fileMediatype": mediaType(file)} {
		if t.text(field) == "" { // the standard needs them
			c.put(ctPrefix+field, usual)
		}
	}
	if len(tags) > 0 {
		c.put(ctPrefix+"mediaComments", tags.String())
	}
	ch.Extra = c.extra
	d.Chapters = append(d.Chapters, ch)
	return nil
}

func takeCount(tags *ctTags, key string) int {
	n, err := strconv.Atoi(tags.take(key))
	if err != nil || n < 0 || n > most {
		return 0
	}
	return n
}
