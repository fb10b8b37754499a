package exchange

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"requin/annotate"
)

// dwcMeta is meta.xml.
type dwcMeta struct {
	Core       dwcMetaTable   `xml:"core"`
	Extensions []dwcMetaTable `xml:"extension"`
}

type dwcMetaTable struct {
	Row     string `xml:"rowType,attr"`
	Comma   string `xml:"fieldsTerminatedBy,attr"`
	Headers *int   `xml:"ignoreHeaderLines,attr"`
	File    string `xml:"files>location"`
	ID      struct {
		Index *int `xml:"index,attr"`
	} `xml:"id"`
	CoreID struct {
		Index *int `xml:"index,attr"`
	} `xml:"coreid"`
	Fields []struct {
		Index   *int   `xml:"index,attr"`
		Term    string `xml:"term,attr"`
		Default string `xml:"default,attr"`
	} `xml:"field"`
}

func readOBIS(in Input) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		err := obisRead(in, func(record annotate.Record) error {
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

func obisRead(in Input, yield func(annotate.Record) error) error {
	meta, dir, err := readMeta(in)
	if err != nil {
		return err
	}
	events, opcodes := map[string]annotate.Deployment{}, map[string]bool{}
	err = meta.Core.each(in, dir, func(t *dwcRow) error {
		d := t.deployment()
		id := t.id
		if _, twice := events[id]; twice {
			t.c.fail(t.idAt, "the same event is in a row above")
		}
		if opcodes[d.OpCode] {
			t.c.fail(t.idAt, "an event above has the opcode "+d.OpCode+" too")
		}
		opcodes[d.OpCode] = true
		if t.c.err != nil {
			return t.c.err
		}
		events[id] = annotate.Deployment{OpCode: d.OpCode, Campaign: d.Campaign}
		return yield(d)
	})
	if err != nil {
		return err
	}
	values, times, stands, err := meta.measured(in, dir)
	if err != nil {
		return err
	}
	for _, table := range meta.Extensions {
		if table.Row != dwcTerms+"Occurrence" {
			continue
		}
		err := table.each(in, dir, func(t *dwcRow) error {
			c := t.count(events, values)
			if at, ok := times[t.text("occurrenceID")]; ok {
				c.Time = at
			}
			t.verify(&c, stands[t.text("occurrenceID")])
			if t.c.err != nil {
				return t.c.err
			}
			return yield(c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// measured reads the MaxN and tMaxN of occurrences from the measurements, and what a count of Requin's rests on, by its cells.
func (m *dwcMeta) measured(in Input, dir string) (values map[string]float64, times map[string]time.Duration, stands map[string]map[string]string, err error) {
	values, times, stands = map[string]float64{}, map[string]time.Duration{}, map[string]map[string]string{}
	for _, table := range m.Extensions {
		if !strings.HasSuffix(table.Row, "MeasurementOrFact") {
			continue
		}
		err := table.each(in, dir, func(t *dwcRow) error {
			v, bad := parseNumber(t.text("measurementValue"))
			id := strings.Clone(t.text("occurrenceID"))
			if cell := obisCell(t.text("measurementType")); cell != "" {
				if stands[id] == nil {
					stands[id] = map[string]string{}
				}
				stands[id][cell] = strings.Clone(t.text("measurementValue"))
			}
			switch {
			case bad != nil || v < 0:
			case t.text("measurementType") == "tMaxN" && v < longest*60:
				times[id] = time.Duration(math.Round(v * 1e9))
			case t.text("measurementType") == "MaxN":
				values[id] = v
			}
			return nil
		})
		if err != nil {
			return nil, nil, nil, err
		}
	}
	return values, times, stands, nil
}

// readMeta reads meta.xml; without one the tables are looked for under the names that they mostly have.
func readMeta(in Input) (*dwcMeta, string, error) {
	dir, _ := folderOf(in)
	name := path.Join(dir, "meta.xml")
	if path.Ext(in.Name) == ".xml" {
		name = in.Name
	}
	meta := &dwcMeta{}
	file, err := in.FS.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return metaOf(in, dir)
	}
	if err != nil {
		return nil, "", err
	}
	defer file.Close() // only read from
	const largest = 1 << 20
	text, err := io.ReadAll(io.LimitReader(utf8Text(file), largest+1))
	if err != nil || len(text) > largest {
		return nil, "", fmt.Errorf("%s: it should be a description of up to %d KB: %w", name, largest>>10, errors.Join(err, errors.New("it is too long, or cannot be read")))
	}
	if err := xml.Unmarshal(text, meta); err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	if meta.Core.Row != dwcTerms+"Event" {
		return nil, "", fmt.Errorf("%s: the core is %q: only archives whose core is events (%sEvent) are read, as one count is of one deployment", name, meta.Core.Row, dwcTerms)
	}
	return meta, dir, nil
}

// metaOf describes tables that lie there without a meta.xml, by their headers.
func metaOf(in Input, dir string) (*dwcMeta, string, error) {
	meta := &dwcMeta{}
	entries, err := fs.ReadDir(in.FS, dir)
	if err != nil {
		return nil, "", err
	}
	for _, t := range []dwcTable{dwcEvents(), dwcOccurrences(), dwcMeasurements()} {
		begin := strings.TrimSuffix(t.file, ".csv")
		i := slices.IndexFunc(entries, func(e fs.DirEntry) bool {
			n := strings.ToLower(e.Name())
			return n == begin+".csv" || n == begin+".txt" || n == begin+".tsv" || begin == "extendedmeasurementorfact" && n == "emof.csv"
		})
		if i < 0 {
			continue
		}
		found := dwcMetaTable{Row: t.row, File: entries[i].Name(), Comma: "?"}
		if t.file == "event.csv" {
			meta.Core = found
		} else {
			meta.Extensions = append(meta.Extensions, found)
		}
	}
	if meta.Core.File == "" {
		return nil, "", fmt.Errorf("%s: there is no meta.xml and no event.csv or event.txt: this is no Darwin Core archive with events", in.Name)
	}
	return meta, dir, nil
}

// dwcRow is a row of a table, its cells by their terms.
type dwcRow struct {
	c     *cells
	at    map[string]int
	fixed map[string]string // a term that is the same for all rows
	idAt  int
	id    string
}

func (t *dwcRow) col(term string) int {
	if i, ok := t.at[term]; ok {
		return i
	}
	return -1
}

func (t *dwcRow) text(term string) string {
	if s := t.c.text(t.col(term)); s != "" {
		return s
	}
	return t.fixed[term]
}

// keep puts all terms but these into Extra.
func (t *dwcRow) keep(but ...string) {
	for term, i := range t.at {
		if s := t.c.text(i); s != "" && !slices.Contains(but, term) {
			t.c.put(dwcPrefix+term, s)
		}
	}
}

// each reads a table row by row.
func (m dwcMetaTable) each(in Input, dir string, row func(t *dwcRow) error) error {
	in.Name = path.Join(dir, m.File)
	if m.File == "" {
		return fmt.Errorf("meta.xml names no file for %s", m.Row)
	}
	file, err := in.open()
	if err != nil {
		return err
	}
	defer file.Close() // only read from
	var comma rune
	switch m.Comma {
	case "?":
	case "\\t", "\t":
		comma = '\t'
	case ";":
		comma = ';'
	case ",", "":
		comma = ','
	default:
		return fmt.Errorf("meta.xml: %s has its fields terminated by %q: commas, semicolons and tabs are read", m.File, m.Comma)
	}
	t := &dwcRow{at: map[string]int{}, fixed: map[string]string{}, idAt: -1}
	var r io.Reader = file
	if m.Comma != "?" && (m.Headers == nil || *m.Headers == 0) { // without a header: one is put before
		r = io.MultiReader(strings.NewReader("column 1\n"), utf8Text(file))
	}
	table, err := openTable(in.Name, r, comma)
	if err != nil {
		return err
	}
	for _, f := range m.Fields {
		term := f.Term[strings.LastIndexAny(f.Term, "/#")+1:]
		if f.Index != nil && *f.Index >= 0 && *f.Index < 1<<16 {
			t.at[term] = *f.Index
		} else if f.Default != "" {
			t.fixed[term] = tidy(f.Default)
		}
	}
	for _, id := range []*int{m.ID.Index, m.CoreID.Index} {
		if id != nil {
			t.idAt = *id
		}
	}
	if len(m.Fields) == 0 {
		for i, name := range table.header {
			if _, twice := t.at[name]; !twice {
				t.at[name] = i
			}
		}
	}
	if t.idAt < 0 {
		t.idAt = t.col("eventID")
	}
	t.c = newCells(table, dwcPrefix)
	t.c.loose = len(table.header) == 1
	for t.c.next() {
		t.id = strings.Clone(t.c.code(t.idAt, "each row needs the id of its event"))
		err := row(t)
		if t.c.err != nil {
			return t.c.err
		}
		if err != nil {
			return err
		}
	}
	return table.err
}

// deployment reads an event.
func (t *dwcRow) deployment() annotate.Deployment {
	c := t.c
	d := annotate.Deployment{
		OpCode: t.text("fieldNumber"), Campaign: t.text("datasetName"), Site: t.text("locationID"), Location: t.text("locality"),
		Latitude:  c.between(t.col("decimalLatitude"), -90, 90),
		Longitude: c.between(t.col("decimalLongitude"), -180, 180),
		DateTime:  t.text("eventDate"),
	}
	if id := t.id; d.OpCode == "" || eventID(d) != id {
		d.OpCode = id
		if campaign, opcode, ok := strings.Cut(id, ":"); ok && campaign == d.Campaign && opcode != "" {
			d.OpCode = opcode
		}
	}
	if eventID(d) != t.id { // an id in another way
		d.Campaign, d.OpCode = "", t.id
		c.keep(dwcPrefix+"datasetName", t.col("datasetName"))
	}
	least, greatest := c.number(t.col("minimumDepthInMeters")), c.number(t.col("maximumDepthInMeters"))
	used := []string{"eventID", "fieldNumber", "datasetName", "locationID", "locality", "decimalLatitude", "decimalLongitude", "eventDate", "geodeticDatum"}
	if least != nil && greatest != nil && *least == *greatest {
		d.Depth = greatest
		used = append(used, "minimumDepthInMeters", "maximumDepthInMeters")
	}
	t.keep(used...)
	d.Extra = c.extra
	return d
}

// count reads an occurrence.
func (t *dwcRow) count(events map[string]annotate.Deployment, values map[string]float64) annotate.Count {
	c := t.c
	d, ok := events[t.id]
	if !ok {
		c.fail(t.idAt, "there is no such event")
	}
	n := annotate.Count{OpCode: d.OpCode, Campaign: d.Campaign, Time: annotate.None, Stage: stageOf(t.text("lifeStage")), Origin: annotate.Origin{By: t.text("recordedBy")}}
	used := []string{"eventID", "scientificName", "taxonRank", "family", "genus", "identificationQualifier", "verbatimIdentification",
		"occurrenceStatus", "individualCount", "organismQuantity", "organismQuantityType", "lifeStage", "recordedBy"}
	n.Species = t.species()
	if aphia, ok := strings.CutPrefix(t.text("scientificNameID"), aphiaURN); ok && aphia != "" {
		c.put(aphiaKey, aphia)
		used = append(used, "scientificNameID")
	}
	if caab, ok := strings.CutPrefix(t.text("taxonID"), "CAAB:"); ok {
		n.Species.CAAB = caab
		used = append(used, "taxonID")
	}
	quantity, individuals := c.between(t.col("organismQuantity"), 0, math.MaxFloat64), c.between(t.col("individualCount"), 0, math.MaxFloat64)
	n.Metric = t.text("organismQuantityType")
	switch {
	case t.text("occurrenceStatus") == "absent":
	case quantity != nil:
		n.Value = *quantity
	case individuals != nil:
		n.Value = *individuals
	default: // it was there: how many, nobody says
		n.Value, n.Metric = 1, "present"
	}
	if v, ok := values[t.text("occurrenceID")]; ok && n.Metric != "MaxN" {
		n.Value, n.Metric = v, "MaxN"
	}
	if n.Metric == "MaxN" {
		n.Metric = ""
	} else if n.Metric == "" {
		n.Metric = "count"
	}
	t.keep(used...)
	n.Extra = c.extra
	return n
}

// species is the taxon of an occurrence: in the three columns it was written from, else by its name.
func (t *dwcRow) species() annotate.Species {
	name := t.text("scientificName")
	if part := strings.Split(t.text("verbatimIdentification"), " | "); len(part) == 3 {
		s := annotate.Species{Family: part[0], Genus: part[1], Species: part[2]}
		if publishedName(s) == name && s == s.Normal() {
			return s
		}
	}
	s := speciesOf(name)
	if family := t.text("family"); family != "" {
		s.Family = family
	}
	return s.Normal()
}
