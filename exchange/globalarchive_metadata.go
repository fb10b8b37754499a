package exchange

import (
	"fmt"
	"io"
	"iter"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"requin/annotate"
)

// gaPrefix begins the keys of what only GlobalArchive's files say.
const gaPrefix = "globalarchive."

// gaMetadata is the core of a metadata file, in GlobalArchive's order.
var gaMetadata = []string{"opcode", "latitude_dd", "longitude_dd", "date_time", "site", "location", "status", "depth_m",
	"observer_count", "observer_length", "successful_count", "successful_length", "visibility_m"}

// ReadMetadata reads the deployments of a metadata file as GlobalArchive, CheckEM and EventMeasure's
// users keep it: a CSV file (or semicolons, or tabs) with a row for each deployment. Headers
// compare without regard to case, dots and underscores, and the older ones are understood:
//
//	opcode or sample          needed, once each; with a column period, opcode-period, as CheckEM has it
//	campaignid                else from the file's name, 2024-05_Exmouth-Gulf_stereo-BRUVs_metadata.csv
//	latitude_dd, latitude     −90 to 90, longitude_dd, longitude −180 to 180
//	date_time, or date and time
//	site, location, status, depth_m or depth, observer_count or observer, observer_length,
//	successful_count and successful_length (Yes, No), visibility_m or visibility
//
// Dates are ISO 8601, 20240501, 2024/05/01 or, as Australians write them, day/month/year: the
// day always first. NA and blanks are not stated. A depth below zero is a height: its sign
// is taken off, and globalarchive.depth_as_given keeps it, as date_time_as_given keeps a date
// that was written otherwise. All other columns are in Extra as globalarchive.HEADER.
//
// An error names line and column, and is the last thing that is given.
func ReadMetadata(name string, r io.Reader) iter.Seq2[annotate.Deployment, error] {
	return func(yield func(annotate.Deployment, error) bool) {
		m, err := openMetadata(name, r)
		if err != nil {
			yield(annotate.Deployment{}, err)
			return
		}
		lines := map[string]int{}
		for m.next() {
			d := m.deployment()
			if line, twice := lines[d.OpCode]; twice && m.err == nil {
				m.fail(m.opcode, fmt.Sprintf("the same is on line %d; give each deployment its own", line))
			}
			if m.err != nil {
				yield(annotate.Deployment{}, m.err)
				return
			}
			lines[d.OpCode] = m.line
			if !yield(d, nil) {
				return
			}
		}
		if m.table.err != nil {
			yield(annotate.Deployment{}, m.table.err)
		}
	}
}

// metadata is where the columns of a metadata file are.
type metadata struct {
	*cells
	campaign                                                        string // by the file's name
	opcode, period, campaignID, lat, lon, dateTime, date, time, utc int
	site, location, status, depth                                   int
	observerCount, observerLength, successCount, successLength, vis int
}

func openMetadata(name string, r io.Reader) (*metadata, error) {
	t, err := openTable(name, r, 0)
	if err != nil {
		return nil, err
	}
	m := &metadata{cells: newCells(t, gaPrefix), campaign: campaignOf(name), date: -1, time: -1}
	if m.opcode, err = t.need("opcode", "sample"); err != nil {
		return nil, err
	}
	m.period = t.column("period")
	m.campaignID = t.column("campaignid")
	m.lat, m.lon = t.column("latitude_dd", "latitude", "lat"), t.column("longitude_dd", "longitude", "lon", "long")
	m.utc = t.column("date_time_utc")
	if m.dateTime = t.column("date_time", "date_time_utc"); m.dateTime < 0 {
		m.date, m.time = t.column("date"), t.column("time")
	}
	m.site, m.location, m.status = t.column("site"), t.column("location"), t.column("status")
	m.depth, m.vis = t.column("depth_m", "depth"), t.column("visibility_m", "visibility")
	m.observerCount, m.observerLength = t.column("observer_count", "observer"), t.column("observer_length")
	m.successCount, m.successLength = t.column("successful_count"), t.column("successful_length")
	m.rest(m.opcode, m.period, m.campaignID, m.lat, m.lon, m.dateTime, m.site, m.location, m.status, m.depth, m.vis,
		m.observerCount, m.observerLength, m.successCount, m.successLength)
	return m, nil
}

// deployment reads a row; m.err tells what is wrong with it.
func (m *metadata) deployment() annotate.Deployment {
	d := annotate.Deployment{
		OpCode:    m.code(m.opcode, "each deployment needs its code"),
		Campaign:  m.stated(m.campaignID),
		Latitude:  m.between(m.lat, -90, 90),
		Longitude: m.between(m.lon, -180, 180),
		DateTime:  m.moment(),
		Site:      m.stated(m.site), Location: m.stated(m.location), Status: m.stated(m.status),
		Depth:            m.number(m.depth),
		ObserverCount:    m.stated(m.observerCount),
		ObserverLength:   m.stated(m.observerLength),
		SuccessfulCount:  m.yes(m.successCount),
		SuccessfulLength: m.yes(m.successLength),
		Visibility:       m.between(m.vis, 0, math.MaxFloat64),
	}
	if d.Campaign == "" {
		d.Campaign = m.campaign
	}
	if d.Depth != nil && *d.Depth < 0 {
		m.put(gaPrefix+"depth_as_given", m.text(m.depth))
		*d.Depth = -*d.Depth
	}
	if period := m.text(m.period); period != "" {
		m.put(gaPrefix+"opcode_without_period", d.OpCode)
		m.put(gaPrefix+"period_of_opcode", period)
		d.OpCode += "-" + period
	}
	m.keepOthers(true)
	d.Extra = m.extra
	return d
}

// stated is a text, "" for NA.
func (m *metadata) stated(column int) string {
	if s := m.name(column); !missing(s) {
		return s
	}
	return ""
}

// yes reads Yes or No; nil where nothing is stated.
func (m *metadata) yes(column int) *bool {
	var v bool
	switch s := m.text(column); strings.ToLower(s) {
	case "yes", "y", "true", "1":
		v = true
	case "no", "n", "false", "0":
	default:
		if !missing(s) {
			m.fail(column, "it should be Yes or No")
		}
		return nil
	}
	return &v
}

// moment is when the deployment was, by the column date_time or by date and time.
func (m *metadata) moment() string {
	column, given := m.dateTime, m.text(m.dateTime)
	if m.dateTime < 0 {
		column, given = m.date, m.text(m.date)
		if clock := m.text(m.time); !missing(given) && !missing(clock) {
			given += " " + clock
		}
	}
	if missing(given) {
		return ""
	}
	at, err := parseMoment(given)
	if err != nil {
		m.fail(column, err.Error())
		return ""
	}
	if column == m.utc && len(at) > len("2006-01-02") && !zoned(at) {
		at += "Z"
	}
	if at != given {
		m.put(gaPrefix+"date_time_as_given", given)
	}
	return at
}

// parseMoment makes a date, or a date and time of day, ISO 8601. Nothing is made up: without
// a time it stays a date, without a zone it has none.
func parseMoment(s string) (string, error) {
	date, clock, timed := strings.Cut(strings.Replace(s, " ", "T", 1), "T")
	layouts := []string{"2006-01-02", "20060102", "2006/1/2", "2/1/2006", "2.1.2006", "2-1-2006"}
	day, err := parseFirst(date, layouts)
	if err != nil {
		return "", fmt.Errorf("it should be a date: 2024-05-01T08:18:54+08:00 for the 1st of May, or day/month/year and a time")
	}
	out := day.Format("2006-01-02")
	if clock = strings.TrimSpace(clock); !timed || clock == "" {
		return out, nil
	}
	zone := ""
	if i := strings.LastIndexAny(clock, "Zz+-"); i >= 0 {
		clock, zone = strings.TrimSpace(clock[:i]), clock[i:]
		offset, err := parseFirst(strings.ToUpper(zone), []string{"Z07:00", "Z0700", "Z07"})
		if err != nil {
			return "", fmt.Errorf("it should end in a time zone: Z, +08:00, or nothing")
		}
		zone = offset.Format("Z07:00")
	}
	at, err := parseFirst(clock, []string{"15:04:05", "15:04", "150405"})
	if err != nil {
		return "", fmt.Errorf("it should end in a time of day, as 08:18:54 or 08:18")
	}
	layout := "T15:04:05.999999999"
	if strings.Count(clock, ":") == 1 {
		layout = "T15:04"
	}
	return out + at.Format(layout) + zone, nil
}

func parseFirst(s string, layouts []string) (time.Time, error) {
	var first error
	for _, layout := range layouts {
		t, err := time.Parse(layout, s)
		if err == nil {
			return t, nil
		}
		if first == nil {
			first = err
		}
	}
	return time.Time{}, first
}

// zoned tells whether an ISO 8601 time names its zone.
func zoned(s string) bool {
	_, clock, timed := strings.Cut(s, "T")
	return timed && strings.ContainsAny(clock, "Z+-")
}

// campaignOf takes the campaign from the name of a file: everything before _metadata.csv and its kin.
func campaignOf(name string) string {
	base := path.Base(name)
	lower := strings.ToLower(base)
	for _, end := range gaEnds {
		if strings.HasSuffix(lower, end) && len(lower) == len(base) {
			return base[:len(base)-len(end)]
		}
	}
	return ""
}

var gaEnds = []string{"_metadata.csv", "_count.csv", "_length.csv"}

// writeMetadata writes a metadata file with the columns of core, and after them the others that Extra has.
func writeMetadata(out Folder, name string, core []string, deployments []annotate.Deployment) error {
	seen := map[string]bool{}
	for _, d := range deployments {
		for key := range d.Extra {
			if header, ok := strings.CutPrefix(key, gaPrefix); ok {
				seen[header] = true
			}
		}
	}
	others := sortedKeys(seen)
	t, err := createTable(out, name, ',', append(slices.Clone(core), others...))
	if err != nil {
		return err
	}
	for _, d := range deployments {
		row := make([]string, 0, len(core)+len(others))
		for _, column := range core {
			row = append(row, metadataCell(d, column))
		}
		for _, other := range others {
			row = append(row, d.Extra[gaPrefix+other])
		}
		t.row(row...)
	}
	return t.close()
}

func metadataCell(d annotate.Deployment, column string) string {
	switch column {
	case "opcode":
		return d.OpCode
	case "campaignid":
		return d.Campaign
	case "latitude_dd":
		return shortest(d.Latitude)
	case "longitude_dd":
		return shortest(d.Longitude)
	case "date_time":
		return d.DateTime
	case "site":
		return d.Site
	case "location":
		return d.Location
	case "status":
		return d.Status
	case "depth_m":
		return shortest(d.Depth)
	case "observer_count":
		return d.ObserverCount
	case "observer_length":
		return d.ObserverLength
	case "successful_count":
		return yesNo(d.SuccessfulCount)
	case "successful_length":
		return yesNo(d.SuccessfulLength)
	case "visibility_m":
		return shortest(d.Visibility)
	}
	return ""
}

func yesNo(v *bool) string {
	switch {
	case v == nil:
		return ""
	case *v:
		return "Yes"
	}
	return "No"
}
