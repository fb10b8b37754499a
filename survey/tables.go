package survey

import (
	"database/sql"
	"encoding/json"
	"maps"

	"requin/annotate"
)

// The columns of the records' tables, the values that go into them, and back. What
// is not stated is NULL in the table where it is -1 in the record.

const labelColumns = "name, code, parent, attributes, extra"

func (r *row) label(l annotate.Label) {
	r.text(l.Name, l.ID, l.Parent)
	r.json(l.Attributes)
	r.json(l.Extra)
}

func scanLabel(rows *sql.Rows) (l annotate.Label, err error) {
	err = rows.Scan(&l.Name, &l.ID, &l.Parent, fromJSON{&l.Attributes}, fromJSON{&l.Extra})
	return l, err
}

const mediaColumns = "code, video, w, h, rate_num, rate_den, frames, failure, split, extra"

// media leaves name and deployment to the caller.
func (r *row) media(m annotate.Media) {
	r.text(m.ID)
	r.flags(m.Video)
	r.whole(int64(m.W), int64(m.H))
	r.rational(m.Rate)
	r.whole(int64(m.Frames))
	r.text(m.Failure, m.Split)
	r.json(m.Extra)
}

func mediaCells(m *annotate.Media) []any {
	return []any{&m.ID, &m.Video, &m.W, &m.H, &m.Rate.Num, &m.Rate.Den, &m.Frames, &m.Failure, &m.Split, fromJSON{&m.Extra}}
}

const trackColumns = "label, score, names, attributes, stated_by, stated_at, stated_from, extra"

func (r *row) track(t annotate.Track) {
	r.names(t.Names)
	r.json(t.Attributes)
	r.origin(t.Origin)
	r.json(t.Extra)
}

// scanTrack reads media, track and trackColumns.
func scanTrack(rows *sql.Rows, media *int64) (t annotate.Track, err error) {
	var names nameCells
	err = scanRow(rows, []any{media, &t.ID}, names.cells(), []any{fromJSON{&t.Attributes}}, originCells(&t.Origin), []any{fromJSON{&t.Extra}})
	t.Names = names.names()
	return t, err
}

const markColumns = `code, track, frame, time_ns, kind, x0, y0, x1, y1, shape, label, score, names,
	still, drawn_between, outside, occluded, truncated, difficult, crowd, visibility, attributes, stated_by, stated_at, stated_from, extra`

func (r *row) mark(m annotate.Mark) {
	r.text(m.ID, m.Track)
	r.known(int64(m.Frame), int64(m.Time))
	r.shape(m.Shape)
	r.names(m.Names)
	r.flags(m.Still, m.Between, m.Outside, m.Occluded, m.Truncated, m.Difficult, m.Crowd)
	r.number(m.Visibility)
	r.json(m.Attributes)
	r.origin(m.Origin)
	r.json(m.Extra)
}

func scanMark(rows *sql.Rows, media *int64) (m annotate.Mark, err error) {
	var shape shapeCells
	var names nameCells
	err = scanRow(rows, []any{media, &m.ID, &m.Track, frameCell{&m.Frame}, timeCell{&m.Time}}, shape.cells(), names.cells(),
		[]any{&m.Still, &m.Between, &m.Outside, &m.Occluded, &m.Truncated, &m.Difficult, &m.Crowd, &m.Visibility, fromJSON{&m.Attributes}},
		originCells(&m.Origin), []any{fromJSON{&m.Extra}})
	m.Shape, m.Names = shape.shape(), names.names()
	return m, err
}

const lookColumns = "frame, time_ns"

func scanLook(rows *sql.Rows, media *int64) (l annotate.Look, err error) {
	err = rows.Scan(media, frameCell{&l.Frame}, timeCell{&l.Time})
	return l, err
}

const sightingColumns = `media, frame, time_ns, period, period_time_ns, family, genus, species, caab, number, stage, activity, comment,
	kind, x0, y0, x1, y1, shape, stated_by, stated_at, stated_from, extra`

func (r *row) sighting(s annotate.Sighting) {
	r.text(s.Media)
	r.known(int64(s.Frame), int64(s.Time))
	r.text(s.Period)
	r.known(int64(s.PeriodTime))
	r.species(s.Species)
	r.whole(int64(s.Number))
	r.text(s.Stage, s.Activity, s.Comment)
	r.shape(s.Shape)
	r.origin(s.Origin)
	r.json(s.Extra)
}

func scanSighting(rows *sql.Rows) (s annotate.Sighting, err error) {
	var shape shapeCells
	err = scanRow(rows, []any{&s.OpCode, &s.Media, frameCell{&s.Frame}, timeCell{&s.Time}, &s.Period, timeCell{&s.PeriodTime}},
		speciesCells(&s.Species), []any{&s.Number, &s.Stage, &s.Activity, &s.Comment}, shape.cells(), originCells(&s.Origin), []any{fromJSON{&s.Extra}})
	s.Shape = shape.shape()
	return s, err
}

const lengthColumns = `media, frame, time_ns, period, family, genus, species, caab, number, length_mm, precision_mm, rms_mm, range_mm,
	stage, activity, comment, stated_by, stated_at, stated_from, extra`

func (r *row) length(l annotate.Length) {
	r.text(l.Media)
	r.known(int64(l.Frame), int64(l.Time))
	r.text(l.Period)
	r.species(l.Species)
	r.whole(int64(l.Number))
	r.maybe(l.Length, l.Precision, l.RMS, l.Range)
	r.text(l.Stage, l.Activity, l.Comment)
	r.origin(l.Origin)
	r.json(l.Extra)
}

func scanLength(rows *sql.Rows) (l annotate.Length, err error) {
	err = scanRow(rows, []any{&l.OpCode, &l.Media, frameCell{&l.Frame}, timeCell{&l.Time}, &l.Period},
		speciesCells(&l.Species), []any{&l.Number, &l.Length, &l.Precision, &l.RMS, &l.Range, &l.Stage, &l.Activity, &l.Comment},
		originCells(&l.Origin), []any{fromJSON{&l.Extra}})
	return l, err
}

const countColumns = "campaign, media, family, genus, species, caab, label, stage, metric, value, low, high, time_ns, stated_by, stated_at, stated_from, extra"

// verifiedKey is the field of the column extra in which a count's Verified is kept, as JSON: the counts of people, nearly
// all, have none, and surveys of any age can hold it.
const verifiedKey = "requin.verified"

func (r *row) count(c annotate.Count) {
	r.text(c.Campaign, c.Media)
	r.species(c.Species)
	r.text(c.Label, c.Stage, c.Metric)
	r.number(c.Value)
	r.maybe(c.Low, c.High)
	r.known(int64(c.Time))
	r.origin(c.Origin)
	extra := c.Extra
	if c.Verified != nil {
		text, err := json.Marshal(c.Verified)
		if err != nil {
			r.fail(err)
		}
		if extra = maps.Clone(extra); extra == nil {
			extra = annotate.Extra{}
		}
		extra[verifiedKey] = string(text)
	}
	r.json(extra)
}

func scanCount(rows *sql.Rows) (c annotate.Count, err error) {
	err = scanRow(rows, []any{&c.OpCode, &c.Campaign, &c.Media}, speciesCells(&c.Species),
		[]any{&c.Label, &c.Stage, &c.Metric, &c.Value, &c.Low, &c.High, timeCell{&c.Time}}, originCells(&c.Origin), []any{fromJSON{&c.Extra}})
	if text := c.Extra[verifiedKey]; text != "" && err == nil {
		err = json.Unmarshal([]byte(text), &c.Verified)
		if delete(c.Extra, verifiedKey); len(c.Extra) == 0 {
			c.Extra = nil
		}
	}
	return c, err
}
