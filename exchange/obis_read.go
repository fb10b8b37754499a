package exchange

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// archive is meta.xml: which file holds what, and which column is which term (Darwin Core text guide).
type archive struct {
	XMLName    xml.Name       `xml:"archive"`
	Space      string         `xml:"xmlns,attr"`
	Core       archiveTable   `xml:"core"`
	Extensions []archiveTable `xml:"extension"`
}

type archiveTable struct {
	RowType   string         `xml:"rowType,attr"`
	Separator string         `xml:"fieldsTerminatedBy,attr"`
	Headers   string         `xml:"ignoreHeaderLines,attr"`
	Encoding  string         `xml:"encoding,attr,omitempty"`
	LinesEnd  string         `xml:"linesTerminatedBy,attr,omitempty"`
	Enclosed  string         `xml:"fieldsEnclosedBy,attr,omitempty"`
	Location  string         `xml:"files>location"`
	ID        *archiveIndex  `xml:"id"`
	CoreID    *archiveIndex  `xml:"coreid"`
	Fields    []archiveField `xml:"field"`
}

type archiveIndex struct {
	Index int `xml:"index,attr"`
}

type archiveField struct {
	Index   string `xml:"index,attr,omitempty"`
	Term    string `xml:"term,attr"`
	Default string `xml:"default,attr,omitempty"`
}

// writeMeta writes meta.xml, last: it is what makes the folder an archive.
func writeMeta(out Folder) error {
	fields := func(base map[string]string, terms []string, from int) []archiveField {
		var list []archiveField
		for i, term := range terms[from:] {
			list = append(list, archiveField{Index: strconv.Itoa(i + from), Term: base[term] + term})
		}
		return list
	}
	of := func(terms ...[]string) map[string]string {
		base := map[string]string{}
		for _, list := range terms {
			for _, term := range list {
				base[term] = dwc
			}
		}
		for _, term := range []string{"measurementTypeID", "measurementValueID", "measurementUnitID"} {
			base[term] = emof
		}
		return base
	}(obisEvents, obisOccurrences, obisFacts)
	table := func(rowType, file string, terms []string, core bool) archiveTable {
		t := archiveTable{RowType: rowType, Separator: ",", Headers: "1", Encoding: "UTF-8", LinesEnd: `\n`, Enclosed: `"`, Location: file, Fields: fields(of, terms, 0)}
		if core {
			t.ID = &archiveIndex{}
		} else {
			t.CoreID = &archiveIndex{}
		}
		return t
	}
	meta := archive{
		Space: "http://rs.tdwg.org/dwc/text/", Core: table(dwc+"Event", "event.csv", obisEvents, true),
		Extensions: []archiveTable{
			table(dwc+"Occurrence", "occurrence.csv", obisOccurrences, false),
			table(emof+"ExtendedMeasurementOrFact", "extendedmeasurementorfact.csv", obisFacts, false),
		},
	}
	file, err := out.Create("meta.xml")
	if err != nil {
		return err
	}
	encoder := xml.NewEncoder(file)
	encoder.Indent("", "  ")
	_, err = io.WriteString(file, xml.Header)
	if err := errors.Join(err, encoder.Encode(meta)); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// obisReader reads an archive's tables.
type obisReader struct {
	in     Input
	dir    string
	tables map[string]archiveTable // by the last part of the row type
	facts  map[string][]fact       // by occurrence, or by event where there is none
	events map[string]bool
	yield  func(annotate.Record, error) bool
}

// fact is a row of the eMoF.
type fact struct{ kind, value, unit string }

// mostFacts is how many measurements an archive may have: they are kept while its occurrences are read.
const mostFacts = 5_000_000

func readOBIS(in Input) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		r := obisReader{in: in, dir: path.Dir(in.Name), yield: yield, facts: map[string][]fact{}, events: map[string]bool{}}
		err := r.meta()
		if err == nil {
			err = r.read()
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

func (r *obisReader) meta() error {
	file, err := r.in.FS.Open(path.Join(r.dir, "meta.xml"))
	if err != nil {
		return fmt.Errorf("the archive has no meta.xml: %w", err)
	}
	defer file.Close()
	var a archive
	decoder := xml.NewDecoder(io.LimitReader(utf8Text(file), 1<<20))
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // utf8Text saw to it
	if err := decoder.Decode(&a); err != nil {
		return fmt.Errorf("meta.xml: %w", err)
	}
	r.tables = map[string]archiveTable{}
	for _, t := range append([]archiveTable{a.Core}, a.Extensions...) {
		kind := t.RowType[strings.LastIndexByte(t.RowType, '/')+1:]
		if kind == "MeasurementOrFact" {
			kind = "ExtendedMeasurementOrFact"
		}
		if !fs.ValidPath(path.Join(r.dir, t.Location)) || t.Location == "" {
			return fmt.Errorf("meta.xml: the table %s lies at %q: only files within the archive can be read", kind, t.Location)
		}
		if _, twice := r.tables[kind]; twice {
			return fmt.Errorf("meta.xml: two tables are of the type %s: Requin reads archives with one of each", kind)
		}
		r.tables[kind] = t
	}
	if r.tables["Event"].Location == "" || r.tables["Occurrence"].Location == "" {
		return errors.New("meta.xml: the archive needs an Event core and Occurrences: one of occurrences alone says nothing of deployments in which nothing was seen")
	}
	return nil
}

func (r *obisReader) read() error {
	for _, step := range []struct {
		kind string
		row  func(*table, func(string) string) error
	}{{"ExtendedMeasurementOrFact", r.fact}, {"Event", r.event}, {"Occurrence", r.occurrence}} {
		if err := r.rows(step.kind, step.row); err != nil {
			return err
		}
	}
	return nil
}

// rows reads a table by the terms that meta.xml gives its columns.
func (r *obisReader) rows(kind string, row func(t *table, cell func(term string) string) error) error {
	meta, ok := r.tables[kind]
	if !ok {
		return nil
	}
	file, err := r.in.FS.Open(path.Join(r.dir, meta.Location))
	if err != nil {
		return err
	}
	defer file.Close()
	var text io.Reader = file
	comma := ','
	if meta.Separator == `\t` || meta.Separator == "\t" {
		comma = '\t'
	} else if meta.Separator == ";" {
		comma = ';'
	}
	if meta.Headers == "0" || meta.Headers == "" { // the table begins with data: give it a line of names
		text = io.MultiReader(strings.NewReader("header"+string(comma)+"\n"), utf8Text(file))
	}
	t, err := openTable(meta.Location, text, comma)
	if err != nil {
		return err
	}
	at, defaults := map[string]int{}, map[string]string{}
	for _, f := range meta.Fields {
		term := f.Term[strings.LastIndexByte(f.Term, '/')+1:]
		if i, err := strconv.Atoi(f.Index); err == nil && i >= 0 {
			at[term] = i
		} else {
			defaults[term] = f.Default
		}
	}
	for name, id := range map[string]*archiveIndex{"eventID": meta.CoreID, "id": meta.ID} {
		if _, has := at[name]; !has && id != nil {
			at[name] = id.Index
		}
	}
	cell := func(term string) string {
		if i, ok := at[term]; ok {
			return t.text(i)
		}
		return defaults[term]
	}
	t.columns = map[string]int{}
	for term, i := range at {
		t.columns[fold(term)] = i
	}
	for t.next() {
		if err := row(t, cell); err != nil {
			return err
		}
	}
	return t.err
}

func (r *obisReader) fact(t *table, cell func(string) string) error {
	key := "occurrence " + cell("occurrenceID")
	if cell("occurrenceID") == "" {
		key = "event " + cell("eventID")
	}
	if len(r.facts) >= mostFacts {
		return fmt.Errorf("%s, line %d: the archive has more than %d measured things: split it", t.what, t.line, mostFacts)
	}
	r.facts[key] = append(r.facts[key], fact{cell("measurementType"), cell("measurementValue"), cell("measurementUnit")})
	return nil
}

func (r *obisReader) event(t *table, cell func(string) string) error {
	d := annotate.Deployment{OpCode: cell("eventID"), Campaign: cell("parentEventID"), Site: cell("locationID"), Location: cell("locality")}
	if d.OpCode == "" {
		d.OpCode = cell("id")
	}
	if d.OpCode == "" || r.events[d.OpCode] {
		return t.wrong(t.column("eventID", "id"), "every event needs an ID of its own")
	}
	r.events[d.OpCode] = true
	var err error
	for term, into := range map[string]**float64{"decimalLatitude": &d.Latitude, "decimalLongitude": &d.Longitude, "minimumDepthInMeters": &d.Depth} {
		if *into, err = t.number(t.column(term)); err != nil {
			return err
		}
	}
	start, _, _ := strings.Cut(cell("eventDate"), "/")
	d.DateTime = start
	if minutes, err := strconv.ParseFloat(cell("sampleSizeValue"), 64); err == nil && minutes > 0 && minutes < 1e6 && strings.HasPrefix(cell("sampleSizeUnit"), "minute") {
		d.Periods = []annotate.Period{{Name: "1", To: time.Duration(minutes*float64(time.Minute) + 0.5)}}
	}
	for _, f := range r.facts["event "+d.OpCode] {
		switch f.kind {
		case "visibility":
			if v, err := parseNumber(f.value); err == nil {
				d.Visibility = &v
			}
		case "protection status":
			d.Status = f.value
		case "observer of counts":
			d.ObserverCount = f.value
		default:
			d.Extra = withExtra(d.Extra, "obis.fact."+f.kind, f.value+"\t"+f.unit)
		}
	}
	for _, term := range []string{"eventType", "samplingProtocol", "samplingEffort", "eventRemarks", "geodeticDatum"} {
		if standard := map[string]string{"eventType": "deployment", "samplingProtocol": "baited remote underwater video (BRUVS)", "geodeticDatum": "EPSG:4326"}; cell(term) != standard[term] {
			d.Extra = withExtra(d.Extra, "obis."+term, cell(term))
		}
	}
	if max := cell("maximumDepthInMeters"); max != cell("minimumDepthInMeters") {
		d.Extra = withExtra(d.Extra, "obis.maximumDepthInMeters", max)
	}
	if !r.yield(d, nil) {
		return errEnough
	}
	return nil
}

func (r *obisReader) occurrence(t *table, cell func(string) string) error {
	if !r.events[cell("eventID")] {
		return t.wrong(t.column("eventID"), "the archive has no such event")
	}
	name := cell("scientificName")
	species := annotate.SpeciesOf(name)
	if species.Family == "" {
		species.Family = cell("family")
	}
	species.CAAB = strings.TrimPrefix(cell("taxonID"), "CAAB:")
	c := annotate.Count{OpCode: cell("eventID"), Species: species, Label: cell("verbatimIdentification"), Stage: cell("lifeStage"), Time: annotate.None, Origin: annotate.Origin{By: cell("identifiedBy")}}
	if at, err := time.Parse(time.RFC3339, cell("dateIdentified")); err == nil {
		c.Origin.At = at
	}
	c.Extra = annotate.Extra{"obis.occurrenceID": cell("occurrenceID")}
	for _, term := range []string{"scientificNameID", "occurrenceRemarks"} {
		c.Extra = withExtra(c.Extra, "obis."+term, cell(term))
	}
	if cell("basisOfRecord") != "MachineObservation" {
		c.Extra = withExtra(c.Extra, "obis.basisOfRecord", cell("basisOfRecord"))
	}
	counts := 0
	for _, f := range r.facts["occurrence "+cell("occurrenceID")] {
		v, err := parseNumber(f.value)
		switch {
		case err == nil && f.kind == "time of MaxN" && v >= 0 && v < 1e6:
			c.Time = time.Duration(v*1e9 + 0.5)
		case err == nil && f.unit == "individuals" && counts == 0:
			counts++
			c.Value, c.Metric = v, unlessUsual(f.kind, "MaxN")
		default:
			c.Extra = withExtra(c.Extra, "obis.fact."+f.kind, f.value+"\t"+f.unit)
		}
	}
	if counts == 0 { // present or absent, and nobody says how many
		c.Metric = "occurrence"
		if !strings.EqualFold(cell("occurrenceStatus"), "absent") {
			c.Value = 1
		}
	}
	if !r.yield(c, nil) {
		return errEnough
	}
	return nil
}
