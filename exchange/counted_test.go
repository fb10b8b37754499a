package exchange

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"requin/eval"
)

// folder is a folder of text files.
func folder(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

const points = "OpCode\tPointIndex\tFilename\tFrame\tTime\tPeriod\tPeriodTime\tImageCol\tImageRow\tRectWidth\tRectHeight\tFamily\tGenus\tSpecies\tCode\tNumber\tStage\tActivity\tComment\tAttribute9\tAttribute10\n" +
	"S4\t0\tL.MP4\t100\t1.00000\t1\t0.50000\t10.00000\t20.00000\t0.00000\t0.00000\tCarcharhinidae\tTriaenodon\tobesus\t37018038\t1\tAD\tPassing\t\t\t\n" +
	"S4\t1\tL.MP4\t100\t1.00000\t1\t0.50000\t30.00000\t20.00000\t0.00000\t0.00000\tCarcharhinidae\tTriaenodon\tobesus\t37018038\t2\tAD\tPassing\t\t\t\n"

func TestReadCountedOfATable(t *testing.T) {
	text := "opcode,taxon,maxn,mean_count,tmaxn_s,tfs_s,duration_s\nS1,Shark,2,0.5,30,10,60\nS2,ray,,,,,\nS2,SHARK,1,,,,\n"
	got, err := ReadCounted("people.csv", Input{FS: folder(map[string]string{"t.csv": text}), Name: "t.csv"}, eval.FirstNames())
	if err != nil || len(got) != 2 || got[0].Deployment != "S1" || got[0].Length != time.Minute || got[1].Length != 0 {
		t.Fatal(got, err)
	}
	shark := got[0].Taxa["Shark"]
	if *shark.MaxN != 2 || *shark.MeanCount != 0.5 || *shark.TMaxN != 30*time.Second || *shark.TFS != 10*time.Second {
		t.Errorf("%+v", shark)
	}
	// A taxon that the table names was looked for in all its deployments; a blank cell is not a zero.
	if ray := got[0].Taxa["ray"]; ray.MaxN == nil || *ray.MaxN != 0 {
		t.Errorf("rays in S1: %+v, want 0", ray)
	}
	if ray, named := got[1].Taxa["ray"]; !named || ray.MaxN != nil {
		t.Errorf("rays in S2: %+v, want not known", ray)
	}
	if n := got[1].Taxa["Shark"].MaxN; n == nil || *n != 1 {
		t.Errorf("one taxon under two spellings: %+v", got[1].Taxa)
	}
}

// Points are counted by CheckEM's rule, in a file and in a folder.
func TestReadCountedOfPoints(t *testing.T) {
	files := folder(map[string]string{"dive_Points.txt": points})
	for _, name := range []string{"dive_Points.txt", "."} {
		got, err := ReadCounted("dive", Input{FS: files, Name: name}, eval.FirstNames())
		if err != nil || len(got) != 1 || got[0].Deployment != "S4" || *got[0].Taxa["Triaenodon obesus"].MaxN != 3 {
			t.Errorf("%s: %+v, %v; want a MaxN of 3, both points of one frame", name, got, err)
		}
	}
}

func TestReadCountedSaysWhatIsWrong(t *testing.T) {
	coco := `{"images": [], "annotations": [], "categories": []}`
	for _, x := range []struct{ name, text, want string }{
		{"t.csv", "opcode,taxon,maxn\nA,shark,1\nA,SHARK,2\n", "my file: A has two rows of SHARK: give one"},
		{"t.csv", "opcode,taxon,maxn\n", "my file: it holds no row"},
		{"t.csv", "opcode,taxon,maxn\nA,shark,two\n", "my file, line 2: column maxn"},
		{"t.csv", "opcode,taxon,abundance\nA,shark,2\n", "my file is neither a table of counts nor in a format that Requin knows: t.csv, line 1: there is no column maxn"},
		{"t.json", coco, "states no counts, points or boxes of a deployment"},
		{".", "x", "my file: nothing in the folder is of a format"},
		{"nowhere.csv", "x", "nowhere.csv"},
	} {
		files := folder(map[string]string{"other": "x"})
		if x.name == "t.csv" || x.name == "t.json" {
			files = folder(map[string]string{x.name: x.text})
		}
		got, err := ReadCounted("my file", Input{FS: files, Name: x.name}, eval.FirstNames())
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s %q: %v, %v; want an error with %q", x.name, x.text, got, err, x.want)
		}
	}
}

func TestParts(t *testing.T) {
	coco := `{"images": [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 10}], "annotations": [], "categories": [{"id": 1, "name": "shark"}]}`
	type part struct{ name, format string }
	for _, x := range []struct {
		about        string
		files        map[string]string
		name, format string
		want         []part
		wrong        string
	}{
		{"a file", map[string]string{"x.json": coco}, "x.json", "", []part{{"x.json", "coco"}}, ""},
		{"a set of files", map[string]string{"d_Points.txt": points}, ".", "", []part{{".", "eventmeasure"}}, ""},
		{"files each by itself", map[string]string{"b.json": coco, "in/a.json": coco, "c.txt": "hello"}, ".", "", []part{{"b.json", "coco"}, {"in/a.json", "coco"}}, ""},
		{"of a format that was named", map[string]string{"b.json": coco}, ".", "COCO", []part{{"b.json", "coco"}}, ""},
		{"nothing", map[string]string{"c.txt": "hello"}, ".", "", nil, "nothing in the folder is of a format"},
		{"nothing of a format that was named", map[string]string{"c.txt": "hello"}, ".", "coco", nil, "nothing in the folder is of a format"},
		{"no format", map[string]string{"c.txt": "hello"}, "c.txt", "", nil, "is of no format that Requin knows"},
		{"no such format", map[string]string{"b.json": coco}, "b.json", "cooc", nil, `no format "cooc"`},
	} {
		parts, err := Parts(Input{FS: folder(x.files), Name: x.name}, x.format)
		if x.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), x.wrong) {
				t.Errorf("%s: %v, want an error with %q", x.about, err, x.wrong)
			}
			continue
		}
		var got []part
		for _, p := range parts {
			got = append(got, part{p.Name, p.Format.Name})
		}
		if err != nil || !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, %v; want %v", x.about, got, err, x.want)
		}
	}
	for _, f := range Formats() { // what is only written is not read
		if f.Read == nil {
			if _, err := Parts(Input{FS: folder(map[string]string{"a": "x"}), Name: "a"}, f.Name); err == nil || !strings.Contains(err.Error(), "can be written, but not read") {
				t.Errorf("%s: %v", f.Name, err)
			}
		}
	}
}

func TestInside(t *testing.T) {
	for _, x := range []struct {
		files map[string]string
		there string // a name that is found in what it gives
	}{
		{map[string]string{"a/b/x.csv": "", "a/.hidden": "", "__MACOSX/y": ""}, "x.csv"},
		{map[string]string{"a/x.csv": "", "b/y.csv": ""}, "a/x.csv"},
		{map[string]string{"x.csv": ""}, "x.csv"},
		{map[string]string{"a/x.csv": "", "y.csv": ""}, "y.csv"},
	} {
		f, err := Inside(folder(x.files)).Open(x.there)
		if err != nil {
			t.Errorf("%v: %v", x.files, err)
			continue
		}
		_ = f.Close()
	}
}
