package exchange

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"requin/annotate"
	"requin/frame"
)

// archiveFolder keeps what a writer writes.
type archiveFolder fstest.MapFS

type archiveFile struct {
	bytes.Buffer
	name string
	in   archiveFolder
}

func (a archiveFolder) Create(name string) (io.WriteCloser, error) {
	return &archiveFile{name: name, in: a}, nil
}

func (f *archiveFile) Close() error {
	f.in[f.name] = &fstest.MapFile{Data: f.Bytes()}
	return nil
}

func streamArchives(records ...annotate.Record) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func collectArchives(t testing.TB, records annotate.Records) []annotate.Record {
	t.Helper()
	var out []annotate.Record
	for r, err := range records {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func number(v float64) *float64 { return &v }

// archiveSurvey is two deployments as a survey has them: one with sharks, one without.
func archiveSurvey() []annotate.Record {
	at := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	ana := annotate.Origin{By: "Ana", At: at}
	return []annotate.Record{
		annotate.Deployment{OpCode: "B1", Campaign: "2026-05_Reef_stereo-BRUVs", Latitude: number(-22.3), Longitude: number(166.4), DateTime: "2026-05-01T08:18:54+11:00",
			Site: "Abore", Location: "Lagoon", Status: "No-take", Depth: number(12.5), Visibility: number(15), ObserverCount: "Ana",
			Periods: []annotate.Period{{Name: "1", From: 150 * time.Second, To: 3750 * time.Second}}},
		annotate.Deployment{OpCode: "B2", Latitude: number(-22.31), Longitude: number(166.41), DateTime: "2026-05-02", Depth: number(9),
			Periods: []annotate.Period{{Name: "1", To: time.Hour}}},
		annotate.Label{Name: "Triaenodon obesus", Extra: annotate.Extra{"requin.aphia_id": "105801"}},
		annotate.Media{Name: "GX010001.MP4", Deployment: "B1", Video: true, W: 1920, H: 1080, Rate: frame.Rational{Num: 30, Den: 1}},
		annotate.Mark{Media: "GX010001.MP4", ID: "m1", Track: "7", Frame: -1, Time: 200 * time.Second, Shape: annotate.BoxShape(frame.Box{X0: 192, Y0: 108, X1: 384, Y1: 216}),
			Names: []annotate.Name{{Label: "Triaenodon obesus", Score: 0.75, Scored: true}}, Origin: ana},
		annotate.Look{Media: "GX010001.MP4", Frame: -1, Time: 300 * time.Second},
		annotate.Sighting{OpCode: "B1", Frame: -1, Time: 200 * time.Second, PeriodTime: annotate.None, Number: 2, Stage: "AD", Origin: ana,
			Species: annotate.Species{Family: "Carcharhinidae", Genus: "Triaenodon", Species: "obesus", CAAB: "37018038"}},
		annotate.Count{OpCode: "B1", Species: annotate.Species{Family: "Carcharhinidae", Genus: "Triaenodon", Species: "obesus", CAAB: "37018038"}, Label: "Triaenodon obesus",
			Value: 2, Time: 200 * time.Second, Origin: ana, Extra: annotate.Extra{"camtrap.observationTags": "weather:calm"}},
		annotate.Count{OpCode: "B1", Species: annotate.SpeciesOf("Carcharhinus amblyrhynchos"), Value: 0, Time: annotate.None, Origin: ana},
		annotate.Count{OpCode: "B2", Species: annotate.SpeciesOf("Carcharhinus amblyrhynchos"), Value: 0, Time: annotate.None, Origin: ana},
	}
}

// What these formats can hold comes back; the rest is listed. Written, read and written again, the files are the same.
func TestArchives(t *testing.T) {
	for _, c := range []struct {
		format Format
		want   []string // lines that must be in a file, as file: text
		losses []string
		back   []string // kinds of records and how many come back
	}{
		{CamtrapDP(), []string{
			"deployments.csv: B1,Abore,Lagoon,-22.3,166.4,,2026-05-01T08:18:54+11:00,2026-05-01T09:21:24+11:00,,,,,,12.5,,,,,,,,,period:2m30s..1h2m30s,",
			"deployments.csv: B2,,,-22.31,166.41,,2026-05-02T00:00:00Z,2026-05-02T01:00:00Z,,,,,,9,,,,true,,,,,period:0s..1h0m0s,",
			"media.csv: GX010001.MP4,B1,,2026-05-01T08:18:54+11:00,GX010001.MP4,false,GX010001.MP4,video/mp4,,,1920x1080 pixels",
			"observations.csv: m1,B1,GX010001.MP4,,2026-05-01T08:22:14+11:00,2026-05-01T08:22:14+11:00,media,animal,,Triaenodon obesus,,,,,7,,,,0.1,0.1,0.1,0.1,human,Ana,2026-06-01T10:00:00Z,0.75,,",
			"observations.csv: ,blank,,",
			"observations.csv: B1,2026-05-01T08:21:24+11:00,2026-05-01T09:21:24+11:00,event,animal,,Triaenodon obesus,2,",
			"observations.csv: metric:MaxN|tMaxN:200|label:Triaenodon obesus|family:Carcharhinidae|caab:37018038|weather:calm",
			`datapackage.json: "profile": "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json"`,
		}, []string{"a count that is zero", "the status of a deployment", "the time zone"},
			[]string{"Count=2", "Deployment=2", "Look=1", "Mark=1", "Media=1", "Sighting=1"}},
		{OBIS(), []string{
			"event.csv: B1,2026-05_Reef_stereo-BRUVs,deployment,2026-05-01T08:21:24+11:00/2026-05-01T09:21:24+11:00,-22.3,166.4,EPSG:4326,12.5,12.5,Lagoon,Abore,baited remote underwater video (BRUVS),60,minute,,",
			"event.csv: B2,,deployment,2026-05-02,",
			"occurrence.csv: B1,B1:occ1,Triaenodon obesus,urn:lsid:marinespecies.org:taxname:105801,Carcharhinidae,Triaenodon,CAAB:37018038,Triaenodon obesus,,present,MachineObservation,Ana,2026-06-01T10:00:00Z,",
			"occurrence.csv: B2,B2:occ3,Carcharhinus amblyrhynchos,,,Carcharhinus,,,,absent,MachineObservation,",
			"extendedmeasurementorfact.csv: B1,B1:occ1:MaxN,B1:occ1,MaxN,,2,individuals,,most individuals in one frame in 60 min of video,,",
			"extendedmeasurementorfact.csv: B2,B2:occ3:MaxN,B2:occ3,MaxN,,0,individuals,",
			"meta.xml: http://rs.iobis.org/obis/terms/ExtendedMeasurementOrFact",
		}, []string{"a box", "a sighting", "the WoRMS LSID"}, []string{"Count=3", "Deployment=2"}},
	} {
		out := archiveFolder{}
		losses, err := c.format.Write(out, streamArchives(archiveSurvey()...), Options{Name: "Reef 2026"})
		if err != nil {
			t.Fatal(c.format.Name, err)
		}
		for _, line := range c.want {
			file, text, _ := strings.Cut(line, ": ")
			if out[file] == nil || !strings.Contains(string(out[file].Data), text) {
				t.Errorf("%s: %s lacks %q:\n%s", c.format.Name, file, text, out[file].Data)
			}
		}
		for _, what := range c.losses {
			if !strings.Contains(losses.String(), what) {
				t.Errorf("%s: the losses lack %q:\n%s", c.format.Name, what, losses)
			}
		}
		first := collectArchives(t, c.format.Read(Input{FS: fstest.MapFS(out), Name: "."}))
		kinds := map[string]int{}
		for _, r := range first {
			kinds[reflect.TypeOf(r).Name()]++
		}
		var got []string
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			got = append(got, kind+"="+string(rune('0'+kinds[kind])))
		}
		if !slices.Equal(got, c.back) {
			t.Errorf("%s gives %v, want %v", c.format.Name, got, c.back)
		}
		again := archiveFolder{}
		if _, err := c.format.Write(again, streamArchives(first...), Options{Name: "Reef 2026"}); err != nil {
			t.Fatal(c.format.Name, err)
		}
		second := collectArchives(t, c.format.Read(Input{FS: fstest.MapFS(again), Name: "."}))
		if !reflect.DeepEqual(first, second) {
			a, _ := json.MarshalIndent(first, "", " ")
			b, _ := json.MarshalIndent(second, "", " ")
			t.Errorf("%s: read, written and read again it is\n%s\nand was\n%s", c.format.Name, b, a)
		}
		if guessed, err := Guess(Input{FS: fstest.MapFS(out), Name: "."}); err != nil || guessed.Name != c.format.Name {
			t.Errorf("%s is taken for %q (%v)", c.format.Name, guessed.Name, err)
		}
	}
}

// A box survives the way through shares of the picture, a MaxN with its time through tags.
func TestCamtrapValues(t *testing.T) {
	out := archiveFolder{}
	if _, err := CamtrapDP().Write(out, streamArchives(archiveSurvey()...), Options{Name: "x"}); err != nil {
		t.Fatal(err)
	}
	for _, r := range collectArchives(t, CamtrapDP().Read(Input{FS: fstest.MapFS(out), Name: "datapackage.json"})) {
		switch r := r.(type) {
		case annotate.Mark:
			box, _ := r.Shape.Bounds()
			if box.X0 != 192 || box.Y0 != 108 || box.W() < 191.999 || box.W() > 192.001 || r.Time != 200*time.Second || r.Track != "7" || r.Names[0].Score != 0.75 {
				t.Errorf("the mark is %+v", r)
			}
		case annotate.Count:
			if r.Value == 2 && (r.Time != 200*time.Second || r.Species.CAAB != "37018038" || r.Metric != "") {
				t.Errorf("the count is %+v", r)
			}
		case annotate.Sighting:
			if r.Time != 200*time.Second || r.Number != 2 || r.Stage != "AD" || r.Species.Family != "Carcharhinidae" {
				t.Errorf("the sighting is %+v", r)
			}
		case annotate.Deployment:
			if r.OpCode == "B1" && (r.Periods[0].From != 150*time.Second || *r.Depth != 12.5) {
				t.Errorf("the deployment is %+v", r)
			}
			if r.OpCode == "B2" && r.DateTime != "2026-05-02" {
				t.Errorf("the date without a time became %s", r.DateTime)
			}
		}
	}
}

// Where place or date are missing nothing can be published, and the error names the deployments.
func TestArchivesNeedPlaceAndDate(t *testing.T) {
	for _, f := range []Format{CamtrapDP(), OBIS()} {
		_, err := f.Write(archiveFolder{}, streamArchives(annotate.Deployment{OpCode: "B7", Latitude: number(1), Longitude: number(2)}, annotate.Deployment{OpCode: "B8", DateTime: "2026-05-01"}), Options{})
		if err == nil || !strings.Contains(err.Error(), "B7 has no date; B8 has no latitude and longitude") {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

// Rows that cannot be meant are refused with file, line and column, and nothing comes after.
func TestArchivesMalformed(t *testing.T) {
	good := map[string]archiveFolder{}
	for _, f := range []Format{CamtrapDP(), OBIS()} {
		good[f.Name] = archiveFolder{}
		if _, err := f.Write(good[f.Name], streamArchives(archiveSurvey()...), Options{Name: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		format         Format
		file, old, new string
		want           string
	}{
		{CamtrapDP(), "deployments.csv", "-22.3,", "north,", "deployments.csv, line 2: column latitude"},
		{CamtrapDP(), "deployments.csv", "B2,", "B1,", "listed twice"},
		{CamtrapDP(), "deployments.csv", "2026-05-01T08:18:54+11:00", "1/5/26", "line 2: column deploymentStart"},
		{CamtrapDP(), "observations.csv", "B1,GX010001.MP4", "B1,GX09", "media.csv has no such file"},
		{CamtrapDP(), "observations.csv", "media,animal", "frame,animal", "it should be media or event"},
		{CamtrapDP(), "observations.csv", "0.1,0.1,0.1,0.1", "0.1,0.1,7,0.1", "column bboxWidth"},
		{CamtrapDP(), "datapackage.json", `"observations.csv"`, `"../secret.csv"`, "only one file within the package"},
		{CamtrapDP(), "datapackage.json", `{`, ``, "no JSON"},
		{OBIS(), "event.csv", "-22.3,", "north,", "event.csv, line 2"},
		{OBIS(), "event.csv", "B2,", "B1,", "every event needs an ID of its own"},
		{OBIS(), "occurrence.csv", "B1,B1:occ1", "B9,B1:occ1", "the archive has no such event"},
		{OBIS(), "meta.xml", "event.csv", "../event.csv", "only files within the archive"},
		{OBIS(), "meta.xml", "<archive", "<arch", "meta.xml"},
	} {
		spoilt := maps.Clone(good[c.format.Name])
		text := string(spoilt[c.file].Data)
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s lacks %q", c.file, c.old)
		}
		spoilt[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(text, c.old, c.new, 1))}
		var last error
		for _, err := range c.format.Read(Input{FS: fstest.MapFS(spoilt), Name: "."}) {
			if last != nil {
				t.Fatalf("%s: it goes on after %v", c.file, last)
			}
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), c.want) {
			t.Errorf("%s with %q: %v, want %q", c.file, c.new, last, c.want)
		}
	}
	for _, f := range []Format{CamtrapDP(), OBIS()} {
		for _, err := range f.Read(Input{FS: fstest.MapFS{}, Name: "."}) {
			if err == nil || !strings.Contains(err.Error(), "has no") {
				t.Errorf("%s of nothing: %v", f.Name, err)
			}
		}
	}
}

// An occurrence archive of others: tabs, no header, terms in another order, presence alone.
func TestOBISOfOthers(t *testing.T) {
	in := fstest.MapFS{
		"meta.xml": {Data: []byte(`<?xml version="1.0" encoding="ISO-8859-1"?><archive xmlns="http://rs.tdwg.org/dwc/text/">
<core rowType="http://rs.tdwg.org/dwc/terms/Event" fieldsTerminatedBy="\t" ignoreHeaderLines="0"><files><location>event.txt</location></files><id index="0"/>
<field index="0" term="http://rs.tdwg.org/dwc/terms/eventID"/><field index="2" term="http://rs.tdwg.org/dwc/terms/decimalLatitude"/><field index="1" term="http://rs.tdwg.org/dwc/terms/locality"/></core>
<extension rowType="http://rs.tdwg.org/dwc/terms/Occurrence" fieldsTerminatedBy="," ignoreHeaderLines="1"><files><location>occ.txt</location></files><coreid index="0"/>
<field index="1" term="http://rs.tdwg.org/dwc/terms/scientificName"/><field index="2" term="http://rs.tdwg.org/dwc/terms/occurrenceStatus"/></extension></archive>`)},
		"event.txt": {Data: []byte("E1\tKu\xe9\t-21,5\n")},
		"occ.txt":   {Data: []byte("id,name,status\nE1,Labridae,present\nE1,Carcharhinus leucas,absent\n")},
	}
	got := collectArchives(t, OBIS().Read(Input{FS: in, Name: "meta.xml"}))
	if len(got) != 3 {
		t.Fatalf("%+v", got)
	}
	d := got[0].(annotate.Deployment)
	if d.OpCode != "E1" || d.Location != "Kué" || *d.Latitude != -21.5 {
		t.Errorf("%+v", d)
	}
	if c := got[1].(annotate.Count); c.Species.Family != "Labridae" || c.Metric != "occurrence" || c.Value != 1 {
		t.Errorf("%+v", c)
	}
	if c := got[2].(annotate.Count); c.Species.Scientific() != "Carcharhinus leucas" || c.Value != 0 {
		t.Errorf("%+v", c)
	}
}

// Whatever is read without an error can be written and read again; once it was written, nothing changes any more.
// (The first time it may: a column that the format does not have, a "blank" frame with an animal in it.)
func fuzzArchive(f *testing.F, format Format, files ...string) {
	seed := archiveFolder{}
	if _, err := format.Write(seed, streamArchives(archiveSurvey()...), Options{Name: "x"}); err != nil {
		f.Fatal(err)
	}
	f.Add(seed[files[0]].Data, seed[files[1]].Data, seed[files[2]].Data)
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		in := fstest.MapFS{}
		for name, file := range seed {
			in[name] = file
		}
		for i, data := range [][]byte{a, b, c} {
			in[files[i]] = &fstest.MapFile{Data: data}
		}
		read := func(in fs.FS) ([]annotate.Record, error) {
			var out []annotate.Record
			for r, err := range format.Read(Input{FS: in, Name: "."}) {
				if err != nil {
					return nil, err
				}
				out = append(out, r)
			}
			return out, nil
		}
		first, err := read(in)
		if err != nil {
			return
		}
		again := archiveFolder{}
		if _, err := format.Write(again, streamArchives(first...), Options{Name: "x"}); err != nil {
			return // such as a deployment without a place
		}
		second, err := read(fstest.MapFS(again))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		once := archiveFolder{}
		if _, err := format.Write(once, streamArchives(second...), Options{Name: "x"}); err != nil {
			t.Fatal(err)
		}
		third, err := read(fstest.MapFS(once))
		if err != nil || !reflect.DeepEqual(second, third) {
			a, _ := json.Marshal(second)
			b, _ := json.Marshal(third)
			t.Fatalf("read, written and read again it is\n%s\nand was\n%s (%v)", b, a, err)
		}
	})
}

func FuzzCamtrap(f *testing.F) {
	fuzzArchive(f, CamtrapDP(), "deployments.csv", "media.csv", "observations.csv")
}

func FuzzOBIS(f *testing.F) { fuzzArchive(f, OBIS(), "event.csv", "occurrence.csv", "meta.xml") }
