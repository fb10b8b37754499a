package survey

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"requin/annotate"
)

func isMedia(name string) bool {
	return slices.Contains([]string{".jpg", ".mp4"}, strings.ToLower(path.Ext(name)))
}

// Files of annotations name pictures by paths of other machines, by bare names, in other cases.
func TestFindPictures(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a/one.jpg", "b/one.jpg", "b/Two.JPG", "dive.mp4", "d/\u00e9te\u0301.jpg", "notes.txt", ".hidden/three.jpg"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := NewPictures(root, isMedia)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a/one.jpg": "a/one.jpg", `C:\x\b\one.jpg`: "b/one.jpg", "one.jpg": "", "c/one.jpg": "", "two.jpg": "b/Two.JPG", "e\u0301t\u00e9.jpg": "d/\u00e9te\u0301.jpg", "x/dive.mp4": "dive.mp4",
		"notes.txt": "", "three.jpg": "", "": "",
	} {
		got, ok := p.Find(name)
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
	if _, err := NewPictures(filepath.Join(root, "nowhere"), isMedia); err == nil {
		t.Error("a folder that is not there")
	}
}

// What was found when the truth came in is found when its pictures are wanted, also after the survey was moved.
func TestPlacedAndFilesOf(t *testing.T) {
	s := fresh(t)
	for _, name := range []string{"stills/a.jpg", "stills/b.jpg"} {
		file := filepath.Join(s.Folder(), name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	pictures := must[*Pictures](t)(NewPictures(filepath.Join(s.Folder(), "stills"), isMedia))
	list := stream(annotate.Media{Name: "x/A.jpg", Extra: annotate.Extra{"coco.id": "7"}}, annotate.Media{Name: "nowhere.jpg"})
	placed := collect(t, s.Placed(list, pictures))
	a, none := placed[0].(annotate.Media), placed[1].(annotate.Media)
	if a.Extra["requin.file"] != "stills/a.jpg" || a.Extra["coco.id"] != "7" || a.Name != "x/A.jpg" || len(none.Extra) != 0 {
		t.Fatalf("%+v, %+v", a, none)
	}
	deployments := []Deployment{
		{Deployment: annotate.Deployment{OpCode: "A1", Chapters: []annotate.Chapter{{Path: "videos/Dive.MP4"}}}},
		{Deployment: annotate.Deployment{OpCode: "A2", Chapters: []annotate.Chapter{{Path: "/card/dive.mp4"}}}},
		{Deployment: annotate.Deployment{OpCode: "A4", Chapters: []annotate.Chapter{{Path: "100GOPRO/GX01.MP4"}, {Path: "101GOPRO/GX01.MP4"}}}},
	}
	for _, x := range []struct {
		media annotate.Media
		want  string // "": an error
	}{
		{a, filepath.Join(s.Folder(), "stills", "a.jpg")},
		{annotate.Media{Name: "dive.mp4", Video: true, Deployment: "A1"}, filepath.Join(s.Folder(), "videos", "Dive.MP4")},
		{annotate.Media{Name: "x/DIVE.mp4", Video: true, Deployment: "A2"}, "/card/dive.mp4"},
		{annotate.Media{Name: "A4/GX01.MP4", Video: true, Deployment: "A4"}, filepath.Join(s.Folder(), "100GOPRO", "GX01.MP4")},
		{annotate.Media{Name: "A4/101gopro/GX01.MP4", Video: true, Deployment: "A4"}, filepath.Join(s.Folder(), "101GOPRO", "GX01.MP4")},
		{annotate.Media{Name: "dive.mp4", Video: true, Deployment: "A3"}, ""},
		{annotate.Media{Name: "dive.mp4", Video: true, Deployment: "A3", Extra: annotate.Extra{"requin.file": "/elsewhere/dive.mp4"}}, "/elsewhere/dive.mp4"},
		{none, ""},
	} {
		got, err := s.FilesOf(deployments, x.media)
		if x.want == "" && err == nil || x.want != "" && (err != nil || !slices.Equal(got, []string{x.want})) {
			t.Errorf("%+v: %v, %v; want %q", x.media, got, err, x.want)
		}
	}
}
