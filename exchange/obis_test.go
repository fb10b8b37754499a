package exchange

import (
	"encoding/xml"
	"strings"
	"testing"

	"requin/annotate"
)

func TestOBISWrite(t *testing.T) {
	out := &memoryCounts{}
	records := func(yield func(annotate.Record, error) bool) {
		if !yield(annotate.Label{Name: "Carcharhinus", Extra: annotate.Extra{aphiaKey: "105719"}}, nil) {
			return
		}
		surveyCounts()(yield)
	}
	losses, err := OBIS().Write(out, records, Options{Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"deployment A3 and its counts: it has no latitude and longitude", "a sighting (a point): 1 times", "AphiaID of Dasyatidae"} {
		if !strings.Contains(losses.String(), want) {
			t.Errorf("not among the losses: %q\n%s", want, losses)
		}
	}
	for _, c := range []struct {
		table string
		row   int
		want  map[string]string
	}{
		{"event.csv", 0, map[string]string{"eventID": "2024-05_X_stereo-BRUVs:A1", "eventDate": "2024-05-01T08:18:54+08:00", "decimalLatitude": "-21.5", "decimalLongitude": "114.25",
			"sampleSizeValue": "60", "sampleSizeUnit": "minute", "footprintWKT": "POINT (114.25 -21.5)", "maximumDepthInMeters": "12.5"}},
		{"occurrence.csv", 0, map[string]string{"eventID": "2024-05_X_stereo-BRUVs:A1", "scientificName": "Carcharhinus", "taxonRank": "genus", "occurrenceStatus": "present",
			"individualCount": "2", "organismQuantityType": "MaxN", "basisOfRecord": "MachineObservation", "scientificNameID": "urn:lsid:marinespecies.org:taxname:105719", "taxonID": "CAAB:37018901"}},
		{"occurrence.csv", 1, map[string]string{"scientificName": "Dasyatidae", "taxonRank": "family", "occurrenceStatus": "absent", "individualCount": "0", "scientificNameID": ""}},
		{"extendedmeasurementorfact.csv", 0, map[string]string{"measurementType": "MaxN", "measurementValue": "2", "measurementTypeID": ""}},
		{"extendedmeasurementorfact.csv", 1, map[string]string{"measurementType": "tMaxN", "measurementValue": "600", "measurementUnit": "s"}},
	} {
		row := csvCounts(t, out, c.table)[c.row]
		for field, want := range c.want {
			if row[field] != want {
				t.Errorf("%s, row %d: %s is %q, want %q", c.table, c.row, field, row[field], want)
			}
		}
	}
	for _, name := range []string{"meta.xml", "eml.xml"} {
		if err := xml.Unmarshal(out.files[name].Bytes(), new(any)); err != nil && !strings.Contains(err.Error(), "interface") {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := readCounts(OBIS().Read(Input{FS: out.fs(), Name: "."}))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := readCounts(surveyCounts())
	if len(got) != 6 {
		t.Fatalf("%d records", len(got))
	}
	for i, w := range want[4:8] {
		a, b := got[i+2].(annotate.Count), w.(annotate.Count)
		if a.OpCode != b.OpCode || a.Campaign != b.Campaign || a.Species != b.Species || a.Value != b.Value || a.Time != b.Time || a.Metric != b.Metric {
			t.Errorf("%+v\nwant %+v", a, b)
		}
	}
	againCounts(t, OBIS(), Input{FS: out.fs(), Name: "meta.xml"})
}

// An archive in another way: tabs, no header, terms in another order, a default, no counts of MaxN.
func TestOBISOthers(t *testing.T) {
	meta := `<archive xmlns="http://rs.tdwg.org/dwc/text/"><core fieldsTerminatedBy="\t" ignoreHeaderLines="0" rowType="http://rs.tdwg.org/dwc/terms/Event">
<files><location>e.txt</location></files><id index="1"/><field index="0" term="http://rs.tdwg.org/dwc/terms/eventDate"/><field index="2" term="http://rs.tdwg.org/dwc/terms/decimalLatitude"/>
<field index="3" term="http://rs.tdwg.org/dwc/terms/decimalLongitude"/></core><extension fieldsTerminatedBy="\t" ignoreHeaderLines="1" rowType="http://rs.tdwg.org/dwc/terms/Occurrence">
<files><location>o.txt</location></files><coreid index="0"/><field index="1" term="http://rs.tdwg.org/dwc/terms/scientificName"/><field index="2" term="http://rs.tdwg.org/dwc/terms/individualCount"/>
<field default="present" term="http://rs.tdwg.org/dwc/terms/occurrenceStatus"/></extension></archive>`
	files := filesCounts("meta.xml", meta, "e.txt", "2020-01-02\tst1\t-3\t40\n", "o.txt", "id\tname\tn\nst1\tGaleocerdo cuvier\t3\nst1\tSphyrnidae\t\n")
	got, err := readCounts(OBIS().Read(Input{FS: files, Name: "meta.xml"}))
	if err != nil {
		t.Fatal(err)
	}
	d, c, unknown := got[0].(annotate.Deployment), got[1].(annotate.Count), got[2].(annotate.Count)
	if d.OpCode != "st1" || d.DateTime != "2020-01-02" || *d.Latitude != -3 {
		t.Errorf("%+v", d)
	}
	if c.Species.Scientific() != "Galeocerdo cuvier" || c.Value != 3 || c.Metric != "count" {
		t.Errorf("%+v", c)
	}
	if unknown.Species.Family != "Sphyrnidae" || unknown.Value != 1 || unknown.Metric != "present" {
		t.Errorf("%+v", unknown)
	}
	files["meta.xml"].Data = []byte(strings.Replace(meta, "terms/Event", "terms/Occurrence", 1))
	if _, err := readCounts(OBIS().Read(Input{FS: files, Name: "."})); err == nil || !strings.Contains(err.Error(), "core") {
		t.Errorf("an occurrence core: %v", err)
	}
}

// The MaxN of a real campaign, published and read again, is the same.
func TestOBISReal(t *testing.T) {
	in := realSetsCounts(t)["tasman_fracture_2021-03"]
	counts, err := annotate.MaxN(EventMeasure().Read(in), annotate.MaxNRule{})
	if err != nil {
		t.Fatal(err)
	}
	records := func(yield func(annotate.Record, error) bool) {
		for r, err := range EventMeasure().Read(in) {
			if _, ok := r.(annotate.Deployment); (ok || err != nil) && !yield(r, err) {
				return
			}
		}
		for _, c := range counts {
			if !yield(c, nil) {
				return
			}
		}
	}
	out := &memoryCounts{}
	if _, err := OBIS().Write(out, records, Options{}); err != nil {
		t.Fatal(err)
	}
	again, err := readCounts(OBIS().Read(Input{FS: out.fs(), Name: "."}))
	if err != nil {
		t.Fatal(err)
	}
	var back []annotate.Count
	for _, r := range again {
		if c, ok := r.(annotate.Count); ok {
			back = append(back, c)
		}
	}
	if got, want := tableCounts(back), tableCounts(counts); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func FuzzOBIS(f *testing.F) {
	out := &memoryCounts{}
	if _, err := OBIS().Write(out, surveyCounts(), Options{}); err != nil {
		f.Fatal(err)
	}
	f.Add(out.files["meta.xml"].String(), out.files["event.csv"].String(), out.files["occurrence.csv"].String(), out.files["extendedmeasurementorfact.csv"].String())
	f.Add("", "eventID;decimalLatitude;decimalLongitude;eventDate\na;1;2;2020-01-01\n", "eventID,scientificName,individualCount\na,Mola mola,3\n", "eventID\n")
	f.Fuzz(func(t *testing.T, meta, event, occurrence, emof string) {
		files := filesCounts("event.csv", event, "occurrence.csv", occurrence, "extendedmeasurementorfact.csv", emof)
		if meta != "" {
			files["meta.xml"] = filesCounts("meta.xml", meta)["meta.xml"]
		}
		in := Input{FS: files, Name: "."}
		records, err := readCounts(OBIS().Read(in))
		if err != nil {
			return
		}
		losses, err := OBIS().Write(&memoryCounts{}, OBIS().Read(in), Options{})
		if err != nil || strings.Contains(losses.String(), "it has no") || strings.Contains(losses.String(), "the term") || len(records) == 0 {
			return // without place or date, or with terms of others: named as lost
		}
		againCounts(t, OBIS(), in)
	})
}
