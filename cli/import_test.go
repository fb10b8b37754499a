package cli

import (
	"os"
	"path/filepath"
	"testing"

	"requin/annotate"
)

// Files of annotations name pictures by paths of other machines, by bare names, in other cases.
func TestFindPictures(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a/one.jpg", "b/one.jpg", "b/Two.JPG", "dive.mp4", "notes.txt", ".hidden/three.jpg"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := newPictures(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a/one.jpg": "a/one.jpg", `C:\x\b\one.jpg`: "b/one.jpg", "one.jpg": "", "c/one.jpg": "", "two.jpg": "b/Two.JPG", "x/dive.mp4": "dive.mp4",
		"notes.txt": "", "three.jpg": "", "": "",
	} {
		got, ok := p.find(name)
		if want == "" {
			if ok {
				t.Errorf("%q is taken for %s", name, got)
			}
			continue
		}
		if !ok || got != filepath.Join(root, want) {
			t.Errorf("%q: %q %v, want %s", name, got, ok, want)
		}
	}
	if _, err := newPictures(filepath.Join(root, "nowhere")); err == nil {
		t.Error("a folder that is not there")
	}
}

func TestDeploymentOfMedia(t *testing.T) {
	f := importFlags{from: `^([A-Z]+\d+)_`}
	of, err := f.deployment()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"train/AB12_f0001.jpg": "AB12", "AB7_x.jpg": "AB7", "x.jpg": ""} {
		if got, ok := of(annotate.Media{Name: name}); got != want || ok != (want != "") {
			t.Errorf("%s: %q %v", name, got, ok)
		}
	}
	for _, wrong := range []importFlags{{from: "("}, {from: "abc"}, {from: "(a)", opcode: "b"}} {
		if _, err := wrong.deployment(); err == nil {
			t.Errorf("%+v passes", wrong)
		}
	}
	if of, err := (importFlags{}).deployment(); of != nil || err != nil {
		t.Error("a rule where none was given")
	}
}

// --by names the author only where the file names none.
func TestCredited(t *testing.T) {
	records := func(yield func(annotate.Record, error) bool) {
		_ = yield(annotate.Mark{}, nil) && yield(annotate.Mark{Origin: annotate.Origin{By: "Bo"}}, nil) && yield(annotate.Sighting{}, nil) &&
			yield(annotate.Count{}, nil) && yield(annotate.Length{}, nil) && yield(annotate.Track{}, nil) && yield(annotate.Media{}, nil)
	}
	var got []string
	for r := range credited(records, "Ana") {
		switch r := r.(type) {
		case annotate.Mark:
			got = append(got, r.Origin.By)
		case annotate.Sighting:
			got = append(got, r.Origin.By)
		case annotate.Count:
			got = append(got, r.Origin.By)
		case annotate.Length:
			got = append(got, r.Origin.By)
		case annotate.Track:
			got = append(got, r.Origin.By)
		}
	}
	for i, want := range []string{"Ana", "Bo", "Ana", "Ana", "Ana", "Ana"} {
		if got[i] != want {
			t.Errorf("record %d is by %q, want %q", i, got[i], want)
		}
	}
}
