package exchange

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"requin/annotate"
	"requin/realdata"
)

// viewTracks is what DIVE shows of a track, whichever file it comes from: names and attributes
// of its last line, and features by frame.
type viewTracks struct {
	Names      []annotate.Name
	Attributes map[string]annotate.Attribute
	Features   []annotate.Mark
}

// viewOf makes the views of a stream. DIVE rounds corners to whole pixels when it reads CSV and knows no pictures' names.
func viewOf(records []annotate.Record) map[string]viewTracks {
	out := map[string]viewTracks{}
	number := map[string]int{}
	attribute := func(v *viewTracks, list []annotate.Attribute) {
		for _, a := range list {
			if v.Attributes == nil {
				v.Attributes = map[string]annotate.Attribute{}
			}
			v.Attributes[a.Name] = a
		}
	}
	for _, r := range records {
		switch r := r.(type) {
		case annotate.Media:
			number[r.Name], _ = strconv.Atoi(r.Extra["viame.frame"])
		case annotate.Track:
			v := out[r.ID]
			v.Names = r.Names
			attribute(&v, r.Attributes)
			out[r.ID] = v
		case annotate.Mark:
			id := r.Track + r.ID
			v := out[id]
			if r.Names != nil {
				v.Names = r.Names
			}
			for _, text := range stringList(r.Extra["viame.trk-atr"]) {
				name, value, _ := strings.Cut(text, " ")
				attribute(&v, []annotate.Attribute{textAttribute(name, value)})
			}
			r.Extra = maps.Clone(r.Extra)
			delete(r.Extra, "viame.trk-atr")
			delete(r.Extra, "viame.confidence")
			if len(r.Extra) == 0 {
				r.Extra = nil
			}
			if r.Frame == 0 {
				r.Frame = number[r.Media]
			}
			if r.Shape.Kind == annotate.Box {
				for i, p := range r.Shape.Points {
					r.Shape.Points[i] = annotate.Point{X: math.Round(p.X), Y: math.Round(p.Y)}
				}
			}
			slices.SortFunc(r.Attributes, func(a, b annotate.Attribute) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
			r.Media, r.ID, r.Track, r.Names, r.Still, r.Time = "", "", "", nil, true, 0
			v.Features = append(v.Features, r)
			out[id] = v
		}
	}
	return out
}

// TestVIAMEAsDIVE goes through DIVE's own import tests: CSV and what DIVE makes of it.
func TestVIAMEAsDIVE(t *testing.T) {
	data, err := os.ReadFile(realdata.Path(t, "formats/dive/viame.spec.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases [][3]json.RawMessage
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 7 { // python3 -c 'print(len(json.load(open("viame.spec.json"))))'
		t.Errorf("%d cases, want 7", len(cases))
	}
	for i, c := range cases {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			var lines []string
			if err := json.Unmarshal(c[0], &lines); err != nil {
				t.Fatal(err)
			}
			fromCSV, err := readTracks(VIAME(), "case.csv", strings.Join(lines, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			fromJSON, err := readTracks(DIVE(), "case.json", string(c[1]))
			if err != nil {
				t.Fatal(err)
			}
			got, want := viewOf(fromCSV), viewOf(fromJSON)
			for id := range want {
				if !reflect.DeepEqual(got[id], want[id]) {
					t.Errorf("track %s is\n%+v\nwant\n%+v", id, got[id], want[id])
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d tracks, want %d", len(got), len(want))
			}
			typesAsDIVE(t, fromCSV, c[2])
		})
	}
}

// typesAsDIVE holds the types of attributes to DIVE's.
func typesAsDIVE(t *testing.T, records []annotate.Record, spec json.RawMessage) {
	var want map[string]struct{ Datatype, Name string }
	if err := json.Unmarshal(spec, &want); err != nil {
		t.Fatal(err)
	}
	types := map[string]string{"": "text", "number": "number", "boolean": "boolean"}
	seen := map[string]bool{}
	check := func(owner string, list []annotate.Attribute) {
		for _, a := range list {
			if isNote(a) {
				continue
			}
			if w := want[owner+"_"+a.Name]; w.Datatype != types[string(a.Type)] {
				t.Errorf("%s %s has the type %q, want %q", owner, a.Name, a.Type, w.Datatype)
			}
			seen[owner+"_"+a.Name] = true
		}
	}
	for _, r := range records {
		switch r := r.(type) {
		case annotate.Track:
			check("track", r.Attributes)
		case annotate.Mark:
			check("detection", r.Attributes)
			for _, text := range stringList(r.Extra["viame.trk-atr"]) {
				name, value, _ := strings.Cut(text, " ")
				check("track", []annotate.Attribute{textAttribute(name, value)})
			}
		}
	}
	if len(seen) != len(want) {
		t.Errorf("attributes %v, want %d", seen, len(want))
	}
}

// TestDIVEReal reads and writes every track map in DIVE's test files.
func TestDIVEReal(t *testing.T) {
	records := roundTracks(t, DIVE(), "formats/dive/tracks.json", Input{})
	want := []annotate.Record{
		annotate.Media{Name: "tracks", Video: true},
		annotate.Track{Media: "tracks", ID: "999999", Names: []annotate.Name{{Label: "motion_signature", Score: 0.996269, Scored: true}}},
		annotate.Mark{Media: "tracks", Track: "999999", Time: annotate.None, Still: true,
			Shape: annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: 670, Y: 183}, {X: 968, Y: 433}}}},
	}
	if !reflect.DeepEqual(records, want) {
		t.Errorf("tracks.json is %+v", records)
	}
	// The tracks in the inputs of other tests: attributes.spec.json has them before and after an import of
	// attributes, nist.spec.json what is exported to NIST's format.
	for name, n := range map[string]int{"viame.spec.json": 7, "attributes.spec.json": 4, "nist.spec.json": 1} {
		data, err := os.ReadFile(realdata.Path(t, "formats/dive/"+name))
		if err != nil {
			t.Fatal(err)
		}
		maps := trackMaps(data)
		if len(maps) != n {
			t.Errorf("%s: %d maps of tracks, want %d", name, len(maps), n)
		}
		for _, m := range maps {
			in := Input{FS: fstest.MapFS{"x.json": &fstest.MapFile{Data: m}}, Name: "x.json"}
			want, err := collectTracks(DIVE().Read(in))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			back, _, _ := backTracks(t, DIVE(), DIVE().Read(in), "", Input{})
			sameTracks(t, back, want)
		}
	}
	// What is no annotation: settings of a data set, and a file that DIVE's tests have for being broken.
	for _, name := range []string{"invalid.json", "example.config.json", "import-profile.json", "typeHierarchy.spec.json", "framemetadata.spec.json", "imagesort.spec.json", "multicam.spec.json"} {
		file := realdata.Path(t, "formats/dive/"+name)
		records, err := collectTracks(DIVE().Read(Input{FS: os.DirFS(path.Dir(file)), Name: name}))
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %d records, error %v", name, len(records), err)
		}
	}
}

// trackMaps finds the maps of tracks in any JSON, from the outside in.
func trackMaps(data []byte) [][]byte {
	var object map[string]json.RawMessage
	if json.Unmarshal(data, &object) == nil {
		for key, value := range object {
			if isWholeNumber(key) && strings.Contains(string(value), `"features"`) {
				return [][]byte{data}
			}
		}
		var out [][]byte
		for _, value := range object {
			out = append(out, trackMaps(value)...)
		}
		return out
	}
	var list []json.RawMessage
	if json.Unmarshal(data, &list) != nil {
		return nil
	}
	var out [][]byte
	for _, value := range list {
		out = append(out, trackMaps(value)...)
	}
	return out
}

func FuzzDIVE(f *testing.F) {
	for _, s := range []string{
		`{"tracks":{"1":{"id":1,"begin":0,"end":3,"confidencePairs":[["fish",0.87],["rock",0.22]],"attributes":{"a":true,"b":{"c":[1,null]}},"meta":{"x":1},"features":[{"frame":0,"bounds":[0,0,10,10],"interpolate":true,"keyframe":true},{"frame":3,"bounds":[10,10,20,20],"attributes":{"rotation":0.785,"length":5},"fishLength":5,"notes":["n"],"flick":3,"head":[1,2]}]}},"groups":{"1":{"id":1}},"version":2}`,
		`{"0":{"trackId":0,"features":[{"frame":1,"bounds":[1,2,3,4],"geometry":{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"key":""},"geometry":{"type":"Polygon","coordinates":[[[1,1],[2,2],[3,1]],[[1,1],[2,2],[3,1]]]}},{"type":"Feature","properties":{"key":"head"},"geometry":{"type":"Point","coordinates":[1,2]}}]}}]}}`,
		`{"tracks":{"0":{}}}`, `{}`, `{"version":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTracks(t, DIVE(), "file.json", data) })
}
