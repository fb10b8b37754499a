package exchange

import (
	"encoding/csv"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
)

// surveyCounts is a small survey with all that Camtrap DP can hold: two deployments, one without any animal.
func surveyCounts() annotate.Records {
	yes, lat, lon, depth := true, -21.5, 114.25, 12.5
	d := annotate.Deployment{OpCode: "A1", Campaign: "2024-05_X_stereo-BRUVs", Latitude: &lat, Longitude: &lon, Depth: &depth, Site: "C1", Location: "Gulf",
		Status: "No-take", DateTime: "2024-05-01T08:18:54+08:00", ObserverCount: "Anna", SuccessfulCount: &yes,
		Chapters: []annotate.Chapter{{Path: "a/L1.mp4", Duration: 70 * time.Minute, Frames: 125874, Rate: frame.Rational{Num: 30000, Den: 1001}, W: 1920, H: 1080}},
		Periods:  []annotate.Period{{Name: "1", From: 8 * time.Minute, To: 68 * time.Minute}}}
	e := d
	e.OpCode, e.DateTime, e.Chapters, e.Periods = "A2", "2024-05-02T08:18", nil, []annotate.Period{{Name: "soak time", From: time.Minute, To: 61 * time.Minute}}
	lost := annotate.Deployment{OpCode: "A3", Campaign: d.Campaign, DateTime: "2024-05-02"}
	shark := annotate.Species{Family: "Carcharhinidae", Genus: "Carcharhinus", Species: "spp", CAAB: "37018901"}
	ray := annotate.Species{Family: "Dasyatidae", Genus: "Unknown", Species: "spp"}
	count := func(opcode string, s annotate.Species, n float64, at time.Duration) annotate.Count {
		return annotate.Count{Campaign: d.Campaign, OpCode: opcode, Species: s, Value: n, Time: at}
	}
	all := []annotate.Record{d, e, lost,
		annotate.Sighting{OpCode: "A1", Media: "a/L1.mp4", Frame: 17982, Time: 10 * time.Minute, Period: "1", PeriodTime: 2 * time.Minute, Species: shark, Number: 2, Stage: "J",
			Activity: "Passing", Shape: annotate.BoxShape(frame.Box{X0: 192, Y0: 108, X1: 384, Y1: 540})},
		count("A1", shark, 2, 10*time.Minute), count("A1", ray, 0, annotate.None),
		count("A2", shark, 0, annotate.None), count("A2", ray, 0, annotate.None), count("A3", shark, 4, 5),
	}
	return func(yield func(annotate.Record, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func csvCounts(t *testing.T, out *memoryCounts, name string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(out.files[name].String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, column := range rows[0] {
			m[column] = row[i]
		}
		list = append(list, m)
	}
	return list
}

func TestCamtrapWrite(t *testing.T) {
	out := &memoryCounts{}
	losses, err := CamtrapDP().Write(out, surveyCounts(), Options{Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"deployment A3 and all of it: it has no latitude and longitude", "an explicit zero", "has no zone"} {
		if !strings.Contains(losses.String(), want) {
			t.Errorf("not among the losses: %q\n%s", want, losses)
		}
	}
	for _, c := range []struct {
		table string
		row   int
		want  map[string]string
	}{
		{"deployments", 0, map[string]string{"deploymentID": "A1", "latitude": "-21.5", "cameraDepth": "12.5", "deploymentStart": "2024-05-01T08:18:54+08:00",
			"deploymentEnd": "2024-05-01T09:28:54+08:00", "baitUse": "true", "deploymentGroups": "campaign:2024-05_X_stereo-BRUVs", "timestampIssues": ""}},
		{"deployments", 1, map[string]string{"deploymentStart": "2024-05-02T08:18:00Z", "deploymentEnd": "2024-05-02T09:19:00Z", "timestampIssues": "true"}},
		{"media", 0, map[string]string{"filePath": "a/L1.mp4", "fileName": "L1.mp4", "fileMediatype": "video/mp4", "filePublic": "false", "timestamp": "2024-05-01T08:18:54+08:00"}},
		{"observations", 0, map[string]string{"observationLevel": "media", "observationType": "animal", "scientificName": "Carcharhinus", "count": "2", "lifeStage": "juvenile",
			"bboxX": "0.1", "bboxY": "0.1", "bboxWidth": "0.1", "bboxHeight": "0.4", "eventStart": "2024-05-01T08:28:54+08:00", "classificationMethod": "human"}},
		{"observations", 1, map[string]string{"observationLevel": "event", "observationType": "animal", "count": "2", "eventID": "A1", "mediaID": ""}},
		{"observations", 2, map[string]string{"deploymentID": "A2", "observationLevel": "event", "observationType": "blank", "scientificName": "", "count": ""}},
	} {
		row := csvCounts(t, out, c.table+".csv")[c.row]
		for field, want := range c.want {
			if row[field] != want {
				t.Errorf("%s, row %d: %s is %q, want %q", c.table, c.row, field, row[field], want)
			}
		}
	}
	if tags := csvCounts(t, out, "observations.csv")[1]["observationTags"]; !strings.Contains(tags, "metric:MaxN | tMaxN:10m0s") {
		t.Errorf("the tags of a count: %s", tags)
	}
	conformsCounts(t, out)
}

// conformsCounts holds a package against what the standard requires.
func conformsCounts(t *testing.T, out *memoryCounts) {
	t.Helper()
	var pkg map[string]any
	if err := json.Unmarshal(out.files["datapackage.json"].Bytes(), &pkg); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"resources", "profile", "created", "contributors", "project", "spatial", "temporal", "taxonomic"} {
		if pkg[key] == nil {
			t.Errorf("datapackage.json has no %s", key)
		}
	}
	moment := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)
	required := map[string][]string{
		"deployments":  {"deploymentID", "latitude", "longitude", "deploymentStart", "deploymentEnd"},
		"media":        {"mediaID", "deploymentID", "timestamp", "filePath", "filePublic", "fileMediatype"},
		"observations": {"observationID", "deploymentID", "eventStart", "eventEnd", "observationLevel", "observationType"},
	}
	for table, fields := range required {
		for i, row := range csvCounts(t, out, table+".csv") {
			for _, field := range fields {
				if row[field] == "" {
					t.Errorf("%s, row %d: %s is blank", table, i+1, field)
				}
			}
			for field, value := range row {
				if slices.Contains([]string{"deploymentStart", "deploymentEnd", "timestamp", "eventStart", "eventEnd"}, field) && !moment.MatchString(value) {
					t.Errorf("%s, row %d: %s is %q", table, i+1, field, value)
				}
			}
			if f := row["filePath"]; strings.HasPrefix(f, ".") || strings.HasPrefix(f, "/") || strings.Contains(f, "..") {
				t.Errorf("%s, row %d: filePath %q", table, i+1, f)
			}
			if n := row["count"]; n == "0" || strings.HasPrefix(n, "-") {
				t.Errorf("%s, row %d: count %q", table, i+1, n)
			}
		}
	}
}

// What was written is read again as it was, but for what the losses name.
func TestCamtrapRead(t *testing.T) {
	out := &memoryCounts{}
	if _, err := CamtrapDP().Write(out, surveyCounts(), Options{}); err != nil {
		t.Fatal(err)
	}
	got, err := readCounts(CamtrapDP().Read(Input{FS: out.fs(), Name: "."}))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := readCounts(surveyCounts())
	if len(got) != 5 {
		t.Fatalf("%d records: %+v", len(got), got)
	}
	a := got[0].(annotate.Deployment)
	if b := want[0].(annotate.Deployment); a.DateTime != b.DateTime || a.Campaign != b.Campaign || *a.Depth != *b.Depth || a.Status != b.Status ||
		len(a.Periods) != 1 || a.Periods[0].To != b.Periods[0].To || len(a.Chapters) != 1 || a.Chapters[0].Rate != b.Chapters[0].Rate {
		t.Errorf("%+v\nwant %+v", a, b)
	}
	if s, w := got[2].(annotate.Sighting), want[3].(annotate.Sighting); s.Time != w.Time || s.Species != w.Species || s.Number != 2 || s.Stage != "J" ||
		s.Frame != w.Frame || s.PeriodTime != w.PeriodTime || s.Shape.Points[1] != w.Shape.Points[1] {
		t.Errorf("%+v\nwant %+v", s, w)
	}
	if c, w := got[3].(annotate.Count), want[4].(annotate.Count); c.Value != 2 || c.Metric != "" || c.Time != w.Time || c.Species != w.Species {
		t.Errorf("%+v\nwant %+v", c, w)
	}
	if c := got[4].(annotate.Count); c.OpCode != "A2" || c.Value != 0 {
		t.Errorf("%+v", c)
	}
	againCounts(t, CamtrapDP(), Input{FS: out.fs(), Name: "."})
}

// The real campaigns as packages conform, and are read again.
func TestCamtrapReal(t *testing.T) {
	for _, name := range []string{"bruvs_with_zeros", "tasman_fracture_2021-03"} {
		in := realSetsCounts(t)[name]
		out := &memoryCounts{}
		if _, err := CamtrapDP().Write(out, EventMeasure().Read(in), Options{}); err != nil {
			t.Fatal(err)
		}
		conformsCounts(t, out)
		again, err := readCounts(CamtrapDP().Read(Input{FS: out.fs(), Name: "datapackage.json"}))
		if err != nil {
			t.Fatal(err)
		}
		golden := strings.Fields(goldenCounts()[name])
		counts, err := annotate.MaxN(func(yield func(annotate.Record, error) bool) {
			for _, r := range again {
				if !yield(r, nil) {
					return
				}
			}
		}, annotate.MaxNRule{})
		if got := strings.Fields(tableCounts(counts)); err != nil || got[0] != golden[0] || got[4] != golden[4] || got[5] != golden[5] {
			t.Errorf("%s: MaxN %v of what was read again, want %v; %v", name, got, golden, err)
		}
	}
}

func TestCamtrapErrors(t *testing.T) {
	out := &memoryCounts{}
	if _, err := CamtrapDP().Write(out, surveyCounts(), Options{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, old, new, want string }{
		{"deployments.csv", "-21.5", "-91", "column latitude"},
		{"deployments.csv", "2024-05-01T08:18:54+08:00", "2024-05-01", "with its zone"},
		{"deployments.csv", "A2,", "A1,", "the same is in a row above"},
		{"observations.csv", ",blank,", ",nothing,", "column observationType"},
		{"observations.csv", "2,A1,", "2,B1,", "there is no such deployment"},
		{"datapackage.json", "{", "", "datapackage.json"},
	} {
		files := out.fs().(interface {
			ReadFile(string) ([]byte, error)
		})
		text, err := files.ReadFile(c.file)
		if err != nil || !strings.Contains(string(text), c.old) {
			t.Fatalf("%s has no %q: %v", c.file, c.old, err)
		}
		changed := filesCounts()
		for name, b := range out.files {
			changed[name] = filesCounts(name, b.String())[name]
		}
		changed[c.file].Data = []byte(strings.Replace(string(text), c.old, c.new, 1))
		if _, err := readCounts(CamtrapDP().Read(Input{FS: changed, Name: "."})); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %q for %q: %v, want %q", c.file, c.new, c.old, err, c.want)
		}
	}
}

func FuzzCamtrapDP(f *testing.F) {
	out := &memoryCounts{}
	if _, err := CamtrapDP().Write(out, surveyCounts(), Options{}); err != nil {
		f.Fatal(err)
	}
	f.Add(out.files["deployments.csv"].String(), out.files["media.csv"].String(), out.files["observations.csv"].String())
	f.Add("deploymentID,latitude,longitude,deploymentStart,deploymentEnd,deploymentTags,x\nd,1,2,2020-03-01T22:00:00Z,2020-03-01T23:00:00Z,a | b:c,3\n",
		"mediaID,deploymentID,timestamp,filePath,fileMediatype\nm,d,2020-03-01T22:00:00Z,a.mp4,video/mp4\n",
		"observationID,deploymentID,mediaID,eventStart,eventEnd,observationLevel,observationType,scientificName,count,bboxX\n1,d,m,2020-03-01T22:10:00Z,2020-03-01T22:20:00Z,media,human,,1,0.5\n")
	f.Fuzz(func(t *testing.T, deployments, media, observations string) {
		in := Input{FS: filesCounts("deployments.csv", deployments, "media.csv", media, "observations.csv", observations), Name: "."}
		records, err := readCounts(CamtrapDP().Read(in))
		if err != nil || len(records) == 0 {
			return
		}
		blank := false
		for _, r := range records {
			switch r := r.(type) {
			case annotate.Media: // pictures are listed as lost
				return
			case annotate.Count: // so are zeros; blanks of a deployment become one
				blank = blank || r.Value == 0
			}
		}
		if !blank {
			againCounts(t, CamtrapDP(), in)
		}
	})
}
