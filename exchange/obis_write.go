package exchange

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// obisWriter writes an archive. It holds the deployments and the AphiaIDs; counts are streamed.
type obisWriter struct {
	out         Folder
	records     annotate.Records
	losses      *Losses
	deployments []annotate.Deployment
	by          map[string]int
	aphia       map[string]string // by name
	occurrence  dwcTable
}

func writeOBIS(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	w := &obisWriter{out: out, records: records, losses: &Losses{}, by: map[string]int{}, aphia: map[string]string{}, occurrence: dwcOccurrences()}
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		if c, ok := record.(annotate.Count); ok && c.Verified != nil {
			w.occurrence.terms = append(w.occurrence.terms, dwcStanding()...)
			break
		}
	}
	if err := w.survey(); err != nil {
		return nil, err
	}
	if len(w.deployments) == 0 {
		return nil, fmt.Errorf("no deployment has a latitude, a longitude and a date, and nothing can be published without: add the metadata\n%s", w.losses)
	}
	if err := w.table(dwcEvents(), w.events); err != nil {
		return nil, err
	}
	if err := w.table(w.occurrence, w.occurrences); err != nil {
		return nil, err
	}
	if err := w.table(dwcMeasurements(), w.measurements); err != nil {
		return nil, err
	}
	if err := writeText(out, "meta.xml", metaXML(w.occurrence)); err != nil {
		return nil, err
	}
	return w.losses, writeText(out, "eml.xml", w.eml(opt))
}

func (w *obisWriter) survey() error {
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
				w.losses.add(fmt.Sprintf("deployment %s and its counts: it has no %s", r.OpCode, lacks), r.OpCode)
				continue
			}
			w.by[r.OpCode] = len(w.deployments)
			w.deployments = append(w.deployments, r)
			w.deploymentLosses(r)
		case annotate.Label:
			if id := r.Extra[aphiaKey]; id != "" {
				w.aphia[r.Name] = id
			} else {
				w.losses.add(recordKind(record), r.Name)
			}
		case annotate.Count:
			w.countLosses(r)
		default:
			w.losses.add(recordKind(record), "")
		}
	}
	return nil
}

func (w *obisWriter) deploymentLosses(d annotate.Deployment) {
	for _, part := range []struct {
		what string
		lost bool
	}{
		{"the video files of a deployment", len(d.Chapters) > 0},
		{"the names and limits of the periods: their length is written", len(d.Periods) > 0},
		{"the status of a deployment", d.Status != ""},
		{"the observers of a deployment", d.ObserverCount != "" || d.ObserverLength != ""},
		{"whether the count succeeded", d.SuccessfulCount != nil || d.SuccessfulLength != nil},
		{"the visibility", d.Visibility != nil},
	} {
		if part.lost {
			w.losses.add(part.what, d.OpCode)
		}
	}
	w.losses.extra(d.Extra, d.OpCode, "dwc")
	w.termLosses(dwcEvents(), d.Extra, d.OpCode)
}

// termLosses lists the terms of other archives that this one does not have.
func (w *obisWriter) termLosses(t dwcTable, extra annotate.Extra, where string) {
	var lost []string
	for term := range dwcOwn(extra) {
		if !slices.Contains(t.terms, term) {
			lost = append(lost, term)
		}
	}
	slices.Sort(lost)
	for _, term := range lost {
		w.losses.add("the term "+term, where)
	}
}

func (w *obisWriter) countLosses(c annotate.Count) {
	where := fmt.Sprintf("%s, %s", c.OpCode, taxonOf(c).Scientific())
	if _, ok := w.by[c.OpCode]; !ok {
		w.losses.add("a count of a deployment that is not published", where)
		return
	}
	if c.Verified == nil && (c.Low != nil || c.High != nil) {
		w.losses.add("the interval of a count", where)
	}
	if c.Media != "" {
		w.losses.add("of which file a count is", where)
	}
	if !c.Origin.At.IsZero() || c.Origin.From != "" {
		w.losses.add("when and from what it was counted", where)
	}
	if c.Label != "" && c.Species != (annotate.Species{}) {
		w.losses.add("the label of a count", where)
	}
	w.losses.extra(c.Extra, where, "dwc", "worms")
	w.termLosses(w.occurrence, c.Extra, where)
}

// table writes one table.
func (w *obisWriter) table(t dwcTable, rows func(row func(map[string]string)) error) error {
	file, err := createTable(w.out, t.file, ',', t.terms)
	if err != nil {
		return err
	}
	line := make([]string, len(t.terms))
	err = rows(func(values map[string]string) {
		for i, term := range t.terms {
			line[i] = values[term]
		}
		file.row(line...)
	})
	return joinClose(err, file)
}

// eventID is unique beyond this archive, as far as the campaign's name is.
func eventID(d annotate.Deployment) string {
	if d.Campaign == "" {
		return d.OpCode
	}
	return d.Campaign + ":" + d.OpCode
}

func (w *obisWriter) events(row func(map[string]string)) error {
	for _, d := range w.deployments {
		v := dwcOwn(d.Extra)
		v["eventID"], v["fieldNumber"], v["eventDate"] = eventID(d), d.OpCode, d.DateTime
		if d.Campaign != "" {
			v["datasetName"] = d.Campaign
		}
		v["locationID"], v["locality"] = d.Site, d.Location
		v["decimalLatitude"], v["decimalLongitude"], v["geodeticDatum"] = shortest(d.Latitude), shortest(d.Longitude), "EPSG:4326"
		unless(v, "footprintWKT", fmt.Sprintf("POINT (%s %s)", shortest(d.Longitude), shortest(d.Latitude)))
		if d.Depth != nil {
			v["minimumDepthInMeters"], v["maximumDepthInMeters"] = shortest(d.Depth), shortest(d.Depth)
		}
		protocol := "baited remote underwater video station (BRUVS)"
		if strings.Contains(strings.ToUpper(d.Campaign), "DOV") {
			protocol = "diver-operated video (DOV)"
		}
		unless(v, "samplingProtocol", protocol)
		if minutes := watched(d); minutes > 0 {
			unless(v, "sampleSizeValue", strconv.FormatFloat(minutes, 'g', 6, 64))
			unless(v, "sampleSizeUnit", "minute")
			unless(v, "samplingEffort", fmt.Sprintf("%.6g minutes of video", minutes))
		} else if _, said := v["sampleSizeValue"]; !said {
			w.losses.add("how long was looked at (sampleSizeValue): it has no period with an end", d.OpCode)
		}
		row(v)
	}
	return nil
}

// watched is how many minutes the periods last together.
func watched(d annotate.Deployment) float64 {
	total := 0.0
	for _, p := range d.Periods {
		if !p.Open {
			total += (p.To - p.From).Minutes()
		}
	}
	return total
}

// dwcOwn copies the terms that this format keeps in Extra.
func dwcOwn(extra annotate.Extra) map[string]string {
	values := map[string]string{}
	for key, value := range extra {
		if term, ok := strings.CutPrefix(key, dwcPrefix); ok {
			values[term] = value
		}
	}
	return values
}

// counts calls f for the counts that are published, with the ids of their events and occurrences.
func (w *obisWriter) counts(f func(c annotate.Count, event, occurrence string)) error {
	seen := map[string]int{}
	for record, err := range w.records {
		if err != nil {
			return err
		}
		c, ok := record.(annotate.Count)
		if !ok {
			continue
		}
		if i, published := w.by[c.OpCode]; published {
			event := eventID(w.deployments[i])
			s := taxonOf(c)
			id := cmp.Or(c.Extra[dwcPrefix+"occurrenceID"], strings.Join([]string{event, s.Family, s.Genus, s.Species, c.Stage, metricOf(c)}, ":"))
			if seen[id]++; seen[id] > 1 {
				id = fmt.Sprintf("%s:%d", id, seen[id])
			}
			f(c, event, id)
		}
	}
	return nil
}

func (w *obisWriter) occurrences(row func(map[string]string)) error {
	return w.counts(func(c annotate.Count, event, id string) {
		s := taxonOf(c)
		v := dwcOwn(c.Extra)
		v["eventID"], v["occurrenceID"] = event, id
		unless(v, "basisOfRecord", "MachineObservation")
		name := publishedName(s)
		v["scientificName"], v["taxonRank"] = name, rankOf(s)
		unless(v, "kingdom", "Animalia")
		if s.Family != "Unknown" {
			v["family"] = s.Family
		}
		if s.Genus != "Unknown" {
			v["genus"] = s.Genus
		}
		if openSpecies(s.Species) {
			v["identificationQualifier"] = s.Species
		}
		v["verbatimIdentification"] = strings.Join([]string{s.Family, s.Genus, s.Species}, " | ")
		aphia := cmp.Or(c.Extra[aphiaKey], w.aphia[name], w.aphia[c.Label])
		if aphia == "" && name == "Animalia" {
			aphia = "2"
		}
		if aphia != "" {
			v["scientificNameID"] = aphiaURN + aphia
		} else {
			w.losses.add("the scientificNameID, which OBIS wants: nobody gave the AphiaID of "+name, c.OpCode)
		}
		if s.CAAB != "" {
			v["taxonID"] = "CAAB:" + s.CAAB
		}
		v["occurrenceStatus"] = "present"
		if c.Value == 0 {
			v["occurrenceStatus"] = "absent"
		}
		if c.Value == math.Trunc(c.Value) && c.Value <= most {
			v["individualCount"] = shortest(&c.Value)
		}
		v["organismQuantity"], v["organismQuantityType"] = shortest(&c.Value), metricOf(c)
		v["lifeStage"] = cmp.Or(lifeStage(c.Stage), c.Stage)
		v["recordedBy"] = c.Origin.By
		if c.Verified != nil {
			obisVerified(v, *c.Verified, c.Origin)
		}
		row(v)
	})
}

func (w *obisWriter) measurements(row func(map[string]string)) error {
	return w.counts(func(c annotate.Count, event, id string) {
		row(map[string]string{"eventID": event, "occurrenceID": id, "measurementID": id + ":" + metricOf(c), "measurementType": metricOf(c),
			"measurementValue": shortest(&c.Value), "measurementUnit": "individuals"})
		if c.Time >= 0 {
			row(map[string]string{"eventID": event, "occurrenceID": id, "measurementID": id + ":tMaxN", "measurementType": "tMaxN",
				"measurementValue": strconv.FormatFloat(c.Time.Seconds(), 'f', -1, 64), "measurementUnit": "s"})
		}
		obisMeasured(c, func(kind, value, unit string) {
			row(map[string]string{"eventID": event, "occurrenceID": id, "measurementID": id + ":" + kind, "measurementType": kind, "measurementValue": value, "measurementUnit": unit})
		})
	})
}

// metaXML describes the three tables.
func metaXML(occurrence dwcTable) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<archive xmlns=\"http://rs.tdwg.org/dwc/text/\" metadata=\"eml.xml\">\n")
	for i, t := range []dwcTable{dwcEvents(), occurrence, dwcMeasurements()} {
		element, id := "extension", "coreid"
		if i == 0 {
			element, id = "core", "id"
		}
		fmt.Fprintf(&b, "  <%s encoding=\"UTF-8\" fieldsTerminatedBy=\",\" linesTerminatedBy=\"\\n\" fieldsEnclosedBy='\"' ignoreHeaderLines=\"1\" rowType=\"%s\">\n", element, t.row)
		fmt.Fprintf(&b, "    <files><location>%s</location></files>\n    <%s index=\"0\"/>\n", t.file, id)
		for j, term := range t.terms {
			fmt.Fprintf(&b, "    <field index=\"%d\" term=\"%s\"/>\n", j, dwcTerm(term))
		}
		fmt.Fprintf(&b, "  </%s>\n", element)
	}
	b.WriteString("</archive>\n")
	return b.String()
}

// eml is what eml.xml has to begin with; its title and abstract are for people to complete.
func (w *obisWriter) eml(opt Options) string {
	title := "survey"
	var observers []string
	for _, d := range w.deployments {
		title = cmp.Or(d.Campaign, title)
		if d.ObserverCount != "" && (len(observers) == 0 || observers[len(observers)-1] != d.ObserverCount) {
			observers = append(observers, d.ObserverCount)
		}
	}
	creator := "not stated"
	if len(observers) > 0 {
		creator = observers[0]
	} else {
		w.losses.add("who made it (eml.xml): it says \"not stated\"", title)
	}
	escape := func(s string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
		return b.String()
	}
	person := "<individualName><surName>" + escape(creator) + "</surName></individualName>"
	return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
		"<eml:eml xmlns:eml=\"https://eml.ecoinformatics.org/eml-2.2.0\" packageId=\"" + escape(slug(title)) + "\" system=\"requin\">\n  <dataset>\n" +
		"    <title>" + escape(title) + "</title>\n    <creator>" + person + "</creator>\n" +
		"    <abstract><para>MaxN of animals on baited remote underwater video, written by Requin " + escape(opt.Version) + ".</para></abstract>\n" +
		"    <contact>" + person + "</contact>\n  </dataset>\n</eml:eml>\n"
}
