package survey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"requin/annotate"
)

// A survey of videos inside and outside its folder, of which then some are renamed, moved, copied, changed or lost.
func TestRelink(t *testing.T) {
	s := fresh(t)
	disk := t.TempDir() // a disk of videos
	in := func(elem ...string) string { return filepath.Join(append([]string{s.Folder(), "videos"}, elem...)...) }
	out := func(elem ...string) string { return filepath.Join(append([]string{disk}, elem...)...) }
	content := map[string]string{
		in("same.mp4"): "same", in("renamed.mp4"): "renamed", out("moved.mp4"): "moved", out("Été", "copied.mp4"): "copied!",
		out("changed.mp4"): "changed", out("lost.mp4"): "lost", in("grown.mp4"): "grown",
	}
	add := func(opcode, path, text string) {
		t.Helper()
		sum := sha256.Sum256([]byte(text))
		c := annotate.Chapter{Path: path, Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:])}
		if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: opcode, Chapters: []annotate.Chapter{c}}); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range content {
		put(t, path, text)
		add(filepath.Base(path), path, text)
	}
	// One of which only the name is known.
	if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: "named", Chapters: []annotate.Chapter{{Path: "GX010001.MP4"}}}); err != nil {
		t.Fatal(err)
	}
	missing := func(want ...string) {
		t.Helper()
		got := must[[]string](t)(s.Missing(t.Context()))
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("missing %q, want %q", got, want)
		}
	}
	missing("GX010001.MP4")

	rename := func(from, to string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o777), os.Rename(from, to)); err != nil {
			t.Fatal(err)
		}
	}
	rename(in("renamed.mp4"), in("deeper", "new name.mp4"))
	rename(out("moved.mp4"), in("moved.mp4")) // into the survey
	rename(out("Été", "copied.mp4"), out("b", "copy 10.mp4"))
	put(t, out("b", "copy 9.mp4"), "copied!")
	put(t, out("b", "other.mp4"), "copied?") // same size, another video
	put(t, in("grown.mp4"), "grown since")
	put(t, out("b", "grown.mp4"), "grown")
	put(t, out("changed.mp4"), "CHANGED now")
	put(t, out("a copy of same.mp4"), "same") // the record's file still is where it was
	if err := os.Remove(out("lost.mp4")); err != nil {
		t.Fatal(err)
	}
	lost := []string{"GX010001.MP4", out("changed.mp4"), out("lost.mp4")}
	slices.Sort(lost)
	missing(sorted("GX010001.MP4", out("changed.mp4"), out("lost.mp4"), out("moved.mp4"), out("Été", "copied.mp4"), "videos/grown.mp4", "videos/renamed.mp4")...)

	var read []string
	got := must[Relinked](t)(s.Relink(t.Context(), []string{disk, s.Folder(), out("b")}, func(path string, done, of int64) {
		if done == of {
			read = append(read, filepath.Base(path))
		}
	}))
	want := Relinked{
		Found: map[string]string{
			"videos/renamed.mp4": "videos/deeper/new name.mp4", out("moved.mp4"): "videos/moved.mp4",
			out("Été", "copied.mp4"): out("b", "copy 9.mp4"), "videos/grown.mp4": out("b", "grown.mp4"),
		},
		Missing: lost,
		Copies:  map[string][]string{out("Été", "copied.mp4"): {out("b", "copy 9.mp4"), out("b", "copy 10.mp4")}},
	}
	if slices.Sort(got.Missing); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	// Only files of a size that is looked for are read: "same" and "lost" are of one size.
	if slices.Contains(read, "changed.mp4") || slices.Contains(read, "requin.db") || !slices.Contains(read, "other.mp4") {
		t.Errorf("read %q", read)
	}
	missing(sorted(lost...)...)
	for _, d := range must[[]Deployment](t)(s.Deployments(t.Context())) {
		if c := d.Chapters[0]; d.OpCode == "same.mp4" && c.Path != "videos/same.mp4" || d.OpCode == "grown.mp4" && c.Path != out("b", "grown.mp4") {
			t.Errorf("%s is at %s", d.OpCode, c.Path)
		}
	}
	again := must[Relinked](t)(s.Relink(t.Context(), []string{disk}, nil))
	if len(again.Found) != 0 || len(again.Missing) != 3 {
		t.Errorf("again: %+v", again)
	}

	_, err := s.Relink(t.Context(), []string{out("none")}, nil)
	says(t, err, "none", "cannot be searched", "plugged in")
	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.Relink(ctx, []string{disk}, func(string, int64, int64) { cancel() })
	if !errors.Is(err, context.Canceled) && ctx.Err() != nil {
		t.Error(err)
	}
}

func sorted(s ...string) []string { slices.Sort(s); return s }

// A copy of the folder finds the videos in it; one opened through a link stores them as before.
func TestCopyFindsVideos(t *testing.T) {
	s := fresh(t)
	path := filepath.Join(s.Folder(), "vidéos", "a.mp4")
	put(t, path, "video")
	if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: "A", Chapters: []annotate.Chapter{{Path: path, Size: 5, SHA256: "aa"}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "elsewhere é")
	if err := os.CopyFS(copied, os.DirFS(s.Folder())); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.Folder()); err != nil {
		t.Fatal(err)
	}
	other := reopen(t, copied)
	if got := must[[]string](t)(other.Missing(t.Context())); len(got) != 0 {
		t.Errorf("missing %q", got)
	}
	d := must[[]Deployment](t)(other.Deployments(t.Context()))
	if at := other.Path(d[0].Chapters[0].Path); at != filepath.Join(copied, "vidéos", "a.mp4") || strings.HasPrefix(d[0].Chapters[0].Path, "/") {
		t.Errorf("the video is at %s, stored as %s", at, d[0].Chapters[0].Path)
	}
}
