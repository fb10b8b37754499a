package exchange

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"requin/annotate"
)

// OBIS is a Darwin Core Archive for the Ocean Biodiversity Information System: event.csv (the core), occurrence.csv,
// extendedmeasurementorfact.csv (eMoF) and meta.xml.
//
//   - A deployment is an event. It needs a place and a date; sampleSizeValue is the minutes that were watched.
//   - A count is an occurrence, absent where it is zero, and its number is in the eMoF with measurementType MaxN.
//     individualCount stays empty: MaxN is an index of abundance, not a number of individuals.
//   - scientificNameID is the LSID of WoRMS where the taxon's AphiaID is known; which are not is listed.
//   - eventDate has the zone that is known; without one it is written without.
//
// Boxes, tracks, sightings and lengths have no place in it and are listed. Terms that nothing here means anything to are
// kept under "obis." and their names.
func OBIS() Format {
	return Format{
		Name: "obis", Title: "OBIS Darwin Core Archive", Many: true, Read: readOBIS, Write: writeOBIS,
		Sniff: func(name string, head []byte) float64 {
			if path.Base(name) == "meta.xml" && strings.Contains(string(head), "rs.tdwg.org/dwc/text") {
				return 1
			}
			return 0
		},
	}
}

// The terms of the three tables, the identifier first.
var (
	obisEvents = strings.Fields(`eventID parentEventID eventType eventDate decimalLatitude decimalLongitude geodeticDatum minimumDepthInMeters
		maximumDepthInMeters locality locationID samplingProtocol sampleSizeValue sampleSizeUnit samplingEffort eventRemarks`)
	obisOccurrences = strings.Fields(`eventID occurrenceID scientificName scientificNameID family genus taxonID verbatimIdentification lifeStage
		occurrenceStatus basisOfRecord identifiedBy dateIdentified occurrenceRemarks`)
	obisFacts = strings.Fields(`eventID measurementID occurrenceID measurementType measurementTypeID measurementValue measurementUnit
		measurementUnitID measurementMethod measurementDeterminedBy measurementRemarks`)
)

const (
	dwc  = "http://rs.tdwg.org/dwc/terms/"
	emof = "http://rs.iobis.org/obis/terms/"
	lsid = "urn:lsid:marinespecies.org:taxname:"
)

// obisWriter writes an archive.
type obisWriter struct {
	out         Folder
	records     annotate.Records
	losses      *Losses
	order       []string
	deployments map[string]annotate.Deployment
	aphia       map[string]string // AphiaID by taxon
	counted     int
}

func writeOBIS(out Folder, records annotate.Records, _ Options) (*Losses, error) {
	w := &obisWriter{out: out, records: records, losses: &Losses{}, aphia: map[string]string{}}
	var err error
	if w.order, w.deployments, err = deploymentsOf(records); err != nil {
		return nil, err
	}
	if err := unplaced(w.order, w.deployments, whereAndWhen); err != nil {
		return nil, err
	}
	if err := w.events(); err != nil {
		return nil, err
	}
	if err := w.counts(); err != nil {
		return nil, err
	}
	return w.losses, writeMeta(out)
}

func (w *obisWriter) events() error {
	table, err := newRows(w.out, "event.csv", obisEvents)
	if err != nil {
		return err
	}
	for _, opcode := range w.order {
		d := w.deployments[opcode]
		from, to := watched(d)
		row := map[string]string{
			"eventID": opcode, "parentEventID": d.Campaign, "eventType": "deployment", "eventDate": obisDate(d, from, to),
			"decimalLatitude": optional(d.Latitude), "decimalLongitude": optional(d.Longitude), "geodeticDatum": "EPSG:4326",
			"minimumDepthInMeters": optional(d.Depth), "maximumDepthInMeters": optional(d.Depth), "locality": d.Location, "locationID": d.Site,
			"samplingProtocol": "baited remote underwater video (BRUVS)",
		}
		if to > from {
			row["sampleSizeValue"], row["sampleSizeUnit"] = decimal((to - from).Minutes()), "minute"
		}
		w.keep(d.Extra, obisEvents, row, opcode)
		w.unheld(d)
		if err := table.write(row); err != nil {
			return err
		}
	}
	return table.close()
}

// obisDate is the time that was watched, as exact as it is known.
func obisDate(d annotate.Deployment, from, to time.Duration) string {
	at, _ := spanOf(d)
	form := func(t time.Time) string {
		switch {
		case !at.timed:
			return t.Format(time.DateOnly)
		case !at.zoned:
			return t.Format("2006-01-02T15:04:05")
		}
		return t.Format(time.RFC3339)
	}
	if !at.timed || to <= from {
		return form(at.start)
	}
	return form(at.start.Add(from)) + "/" + form(at.start.Add(to))
}

func (w *obisWriter) unheld(d annotate.Deployment) {
	for what, stated := range map[string]bool{
		"whether the count was successful":        d.SuccessfulCount != nil || d.SuccessfulLength != nil,
		"the observer of a length":                d.ObserverLength != "",
		"a second period":                         len(d.Periods) > 1,
		"the names and hashes of the video files": len(d.Chapters) > 0,
	} {
		if stated {
			w.losses.add(what, d.OpCode)
		}
	}
}

// keep puts the fields of an Extra that are terms of a table into its row, and lists the others.
func (w *obisWriter) keep(extra annotate.Extra, terms []string, row map[string]string, where string) {
	for key, value := range extra {
		switch term, own := strings.CutPrefix(key, "obis."); {
		case own && slices.Contains(terms, term):
			row[term] = value
		case own && !strings.HasPrefix(term, "fact."):
			w.losses.add("the field "+key, where)
		}
	}
	w.losses.extra(extra, where, "obis")
}

// counts writes the occurrences and their measurements in one go over the records.
func (w *obisWriter) counts() error {
	occurrences, err := newRows(w.out, "occurrence.csv", obisOccurrences)
	if err != nil {
		return err
	}
	facts, err := newRows(w.out, "extendedmeasurementorfact.csv", obisFacts)
	if err != nil {
		return err
	}
	for _, opcode := range w.order {
		if err := w.about(facts, w.deployments[opcode]); err != nil {
			return err
		}
	}
	for record, err := range w.records {
		if err != nil {
			return err
		}
		switch r := record.(type) {
		case annotate.Label:
			if id := r.Extra["requin.aphia_id"]; id != "" {
				w.aphia[r.Name] = id
			}
		case annotate.Count:
			if err := w.count(occurrences, facts, r); err != nil {
				return err
			}
		case annotate.Mark:
			w.losses.add("a box", r.Media)
		case annotate.Track:
			w.losses.add("a track", r.Media+", track "+r.ID)
		case annotate.Sighting:
			w.losses.add("a sighting (its MaxN can be published: --what maxn)", r.OpCode+", "+r.Species.Scientific())
		case annotate.Length:
			w.losses.add("a length", r.OpCode+", "+r.Species.Scientific())
		case annotate.Media:
			w.losses.add("a picture or video", r.Name)
		}
	}
	if err := occurrences.close(); err != nil {
		return err
	}
	return facts.close()
}

// about writes the measurements of a deployment itself.
func (w *obisWriter) about(facts *rows, d annotate.Deployment) error {
	for _, f := range []struct{ kind, value, unit string }{
		{"visibility", optional(d.Visibility), "m"}, {"protection status", d.Status, ""}, {"observer of counts", d.ObserverCount, ""},
	} {
		if f.value == "" {
			continue
		}
		id := d.OpCode + ":" + strings.ReplaceAll(f.kind, " ", "-")
		row := map[string]string{"eventID": d.OpCode, "measurementID": id, "measurementType": f.kind, "measurementValue": f.value, "measurementUnit": f.unit}
		if err := facts.write(row); err != nil {
			return err
		}
	}
	return w.others(facts, d.OpCode, "", d.Extra)
}

// others writes the measurements that mean nothing here, of an event or of an occurrence.
func (w *obisWriter) others(facts *rows, event, occurrence string, extra annotate.Extra) error {
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		kind, ok := strings.CutPrefix(key, "obis.fact.")
		if !ok {
			continue
		}
		value, unit, _ := strings.Cut(extra[key], "\t")
		id := cmp.Or(occurrence, event) + ":" + kind
		row := map[string]string{"eventID": event, "occurrenceID": occurrence, "measurementID": id, "measurementType": kind, "measurementValue": value, "measurementUnit": unit}
		if err := facts.write(row); err != nil {
			return err
		}
	}
	return nil
}

func (w *obisWriter) count(occurrences, facts *rows, c annotate.Count) error {
	name := c.Species.Scientific()
	if name == "" {
		name = c.Label
	}
	where := c.OpCode + ", " + name
	d, known := w.deployments[c.OpCode]
	if !known || name == "" || c.Value < 0 || math.IsNaN(c.Value) {
		w.losses.add("a count without a taxon, or of a deployment that is not described", where)
		return nil
	}
	w.counted++
	occurrence := c.Extra["obis.occurrenceID"]
	if occurrence == "" {
		occurrence = fmt.Sprintf("%s:occ%d", c.OpCode, w.counted)
	}
	row := map[string]string{
		"eventID": c.OpCode, "occurrenceID": occurrence, "scientificName": name, "family": known0(c.Species.Family), "genus": known0(c.Species.Genus),
		"taxonID": caab(c.Species.CAAB), "lifeStage": c.Stage, "occurrenceStatus": "present", "basisOfRecord": "MachineObservation", "identifiedBy": c.Origin.By,
		"scientificNameID": c.Extra["obis.scientificNameID"], "verbatimIdentification": c.Label,
	}
	if c.Value == 0 {
		row["occurrenceStatus"] = "absent"
	}
	if !c.Origin.At.IsZero() {
		row["dateIdentified"] = stamp(c.Origin.At)
	}
	if id := w.aphia[name]; id != "" {
		row["scientificNameID"] = lsid + id
	} else if row["scientificNameID"] == "" {
		w.losses.add("the WoRMS LSID of a taxon, which is not known (give aphia_id in the taxa file)", name)
	}
	w.keep(c.Extra, obisOccurrences, row, where)
	if c.Low != nil || c.High != nil || c.Media != "" {
		w.losses.add("the interval and the file of a count", where)
	}
	if err := occurrences.write(row); err != nil {
		return err
	}
	metric := c.Metric
	if metric == "" {
		metric = "MaxN"
	}
	from, to := watched(d)
	fact := map[string]string{
		"eventID": c.OpCode, "measurementID": occurrence + ":" + metric, "occurrenceID": occurrence, "measurementType": metric,
		"measurementValue": decimal(c.Value), "measurementUnit": "individuals",
		"measurementMethod": fmt.Sprintf("most individuals in one frame in %s min of video", decimal((to - from).Minutes())),
	}
	if metric != "MaxN" {
		fact["measurementMethod"] = ""
	}
	if metric == "occurrence" { // nobody said how many
		return w.others(facts, c.OpCode, occurrence, c.Extra)
	}
	if err := errors.Join(facts.write(fact), w.others(facts, c.OpCode, occurrence, c.Extra)); err != nil || c.Time < 0 {
		return err
	}
	return facts.write(map[string]string{
		"eventID": c.OpCode, "measurementID": occurrence + ":tMaxN", "occurrenceID": occurrence, "measurementType": "time of MaxN",
		"measurementValue": decimal(c.Time.Seconds()), "measurementUnit": "s", "measurementMethod": "from the start of the video",
	})
}

// known0 leaves out the words that stand for not knowing.
func known0(s string) string {
	if missing(s) || strings.EqualFold(s, "unknown") {
		return ""
	}
	return s
}

// caab is a code as an identifier that says whose it is.
func caab(code string) string {
	if code == "" {
		return ""
	}
	return "CAAB:" + code
}
