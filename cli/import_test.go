package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
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
	of, err := f.deployment(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"train/AB12_f0001.jpg": "AB12", "AB7_x.jpg": "AB7", "x.jpg": ""} {
		if got, ok := of(annotate.Media{Name: name}); got != want || ok != (want != "") {
			t.Errorf("%s: %q %v", name, got, ok)
		}
	}
	for _, wrong := range []importFlags{{from: "("}, {from: "abc"}, {from: "(a)", opcode: "b"}, {gap: 2}, {gap: -1, from: "(a)"}} {
		if _, err := wrong.deployment(nil); err == nil {
			t.Errorf("%+v passes", wrong)
		}
	}
	if of, err := (importFlags{}).deployment(nil); of != nil || err != nil {
		t.Error("a rule where none was given")
	}
}

// Photographs whose numbers follow one another closely are one deployment, across any folders.
func TestDeploymentOfNumberedMedia(t *testing.T) {
	names := []string{"train/IMG_0012_jpeg.jpg", "test/IMG_0008.jpg", "IMG_0017.jpg", "IMG_0018.jpg", "DSC_0013.jpg", "IMG_0008_again.jpg", "x.jpg", "IMG_99999.jpg"}
	records := func(yield func(annotate.Record, error) bool) {
		for _, name := range names {
			if !yield(annotate.Media{Name: name}, nil) || !yield(annotate.Look{Media: name}, nil) {
				return
			}
		}
	}
	of, err := importFlags{from: `([A-Z]+_\d+)`, gap: 4}.deployment(records)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"IMG_0008", "IMG_0008", "IMG_0017", "IMG_0017", "DSC_0013", "IMG_0008", "", "IMG_99999"}
	for i, name := range names {
		if got, ok := of(annotate.Media{Name: name}); got != want[i] || ok != (want[i] != "") {
			t.Errorf("%s: %q %v, want %q", name, got, ok, want[i])
		}
	}
	if _, err := (importFlags{from: `([A-Z]+)_`, gap: 4}).deployment(records); err == nil {
		t.Error("names without a number pass")
	}
	if _, err := runs([]string{"IMG_" + strings.Repeat("9", 30)}, 1); err == nil {
		t.Error("a number that is none passes")
	}
	broken := errors.New("broken")
	if _, err := (importFlags{from: `(\d+)`, gap: 4}).deployment(func(yield func(annotate.Record, error) bool) { yield(nil, broken) }); !errors.Is(err, broken) {
		t.Errorf("a file that cannot be read: %v", err)
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
