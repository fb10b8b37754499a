package video

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// lay makes small files, each of its own content, under a folder; "a -> b" makes a link a to b.
func lay(t *testing.T, root string, names ...string) {
	t.Helper()
	for _, name := range names {
		name, target, link := strings.Cut(name, " -> ")
		path := filepath.Join(root, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o777)
		switch {
		case err != nil:
		case link:
			err = os.Symlink(filepath.FromSlash(target), path)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o777)
		default:
			err = os.WriteFile(path, []byte(name), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// under gives paths from a folder on, with slashes.
func under(root string, paths []string) []string {
	var out []string
	for _, p := range paths {
		out = append(out, filepath.ToSlash(strings.TrimPrefix(p, root+string(filepath.Separator))))
	}
	return out
}

func TestReadCard(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making links needs rights there")
	}
	for _, c := range []struct {
		name   string
		files  []string
		deep   bool
		videos []string
		left   []string // path: a part of why; "!" behind it: lost
	}{
		{"one folder", []string{"a.mp4", "b.MTS", "tape.m2t", "MOV001.MOD", "notes.txt", "a.THM", "more/c.mp4"}, false, []string{"MOV001.MOD", "a.mp4", "b.MTS", "tape.m2t"}, nil},
		{"folders in it", []string{"S1/a.mp4", "S1/x/b.mp4", "S2/c.mp4"}, true, []string{"S1/a.mp4", "S1/x/b.mp4", "S2/c.mp4"}, nil},
		{"what is hidden", []string{"._a.mp4", "a.mp4", ".Trashes/501/b.mp4", ".Trash-1000/files/b.mp4", ".Spotlight-V100/c.mp4", ".fseventsd/d.mp4"}, true, []string{"a.mp4"}, nil},
		{"deleted files", []string{"S1/a.mp4", "$RECYCLE.BIN/S-1-5-21/$RAB12CD.MP4", "RECYCLER/x/Dc1.MP4", "#recycle/b.mp4", "NAS/@Recycle/b.mp4"}, true, []string{"S1/a.mp4"},
			[]string{"$RECYCLE.BIN: deleted", "#recycle: deleted", "NAS/@Recycle: deleted", "RECYCLER: deleted"}},
		{"the system's", []string{"S1/a.mp4", "System Volume Information/a.mp4", "S1/@eaDir/a.mp4/SCREENSHOT.mp4", "__MACOSX/S1/._a.mp4"}, true, []string{"S1/a.mp4"},
			[]string{"System Volume Information: system", "S1/@eaDir: system", "__MACOSX: system"}},
		{"links to files", []string{"raw/x.mp4", "S1/GX010001.MP4 -> ../raw/x.mp4"}, true, []string{"S1/GX010001.MP4", "raw/x.mp4"}, nil},
		{"links to folders", []string{"there/S1/a.mp4", "card/S2 -> ../there/S1"}, true, []string{"card/S2/a.mp4"}, nil},
		{"loops", []string{"S1/a.mp4", "S1/again -> ..", "S1/self -> .", "S1/x/up -> ../../S1"}, true, []string{"S1/a.mp4"}, nil},
		{"a ring of links", []string{"a.mp4", "one.mp4 -> two.mp4", "two.mp4 -> one.mp4"}, false, []string{"a.mp4"}, []string{"one.mp4: link!", "two.mp4: link!"}},
		{"links to nowhere", []string{"a.mp4", "b.mp4 -> gone.mp4", "S3 -> /gone/S3", "notes.txt -> gone.txt"}, true, []string{"a.mp4"}, []string{"S3: link", "b.mp4: link!"}},
		{"a folder called as a video", []string{"a.mp4/b.mp4"}, true, []string{"a.mp4/b.mp4"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			lay(t, root, c.files...)
			card, err := ReadCard(root, c.deep, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := under(root, card.Videos); !slices.Equal(got, c.videos) {
				t.Errorf("videos %q, want %q", got, c.videos)
			}
			sameLeft(t, root, card.Left, c.left)
		})
	}
	card, err := ReadCard(t.TempDir(), true, nil)
	if err != nil || len(card.Videos)+len(card.Left) > 0 {
		t.Errorf("an empty folder: %v, %v", card, err)
	}
	if _, err := ReadCard(filepath.Join(t.TempDir(), "none"), true, nil); err == nil {
		t.Error("a folder that is not there")
	}
}

// sameLeft holds what is left out against what is wanted: "path: a part of why", and "!" where it is lost.
func sameLeft(t *testing.T, root string, got []Left, want []string) {
	t.Helper()
	slices.SortStableFunc(got, func(a, b Left) int { return strings.Compare(strings.ToLower(a.Path), strings.ToLower(b.Path)) })
	slices.SortStableFunc(want, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	if len(got) != len(want) {
		t.Fatalf("left out: %v, want %v", got, want)
	}
	for i, l := range got {
		path, why, _ := strings.Cut(want[i], ": ")
		why, lost := strings.CutSuffix(why, "!")
		if under(root, []string{l.Path})[0] != path || !strings.Contains(l.Why, why) || l.Lost != lost {
			t.Errorf("left out: %+v, want %s", l, want[i])
		}
	}
}

// A folder that may not be read is named, and the rest is taken.
func TestReadCardWithoutLeave(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("every folder may be read")
	}
	root := t.TempDir()
	lay(t, root, "S1/a.mp4", "lost+found/b.mp4", "S2/c.mp4")
	shut := filepath.Join(root, "lost+found")
	if err := os.Chmod(shut, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(shut, 0o700)
	card, err := ReadCard(root, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := under(root, card.Videos); !slices.Equal(got, []string{"S1/a.mp4", "S2/c.mp4"}) {
		t.Errorf("videos %q", got)
	}
	sameLeft(t, root, card.Left, []string{"lost+found: permission denied!"})
	if _, err := ReadCard(shut, true, nil); err == nil {
		t.Error("the folder itself may not be read: no error")
	}
}

func TestRecordings(t *testing.T) {
	for _, c := range []struct {
		name    string
		paths   []string
		want    [][]string
		missing string // before the first recording's first chapter
		fault   string // of the first recording
	}{
		{"new names, shuffled", []string{"c/GX020042.MP4", "c/GX010042.MP4", "c/GX010043.MP4"},
			[][]string{{"c/GX010042.MP4", "c/GX020042.MP4"}, {"c/GX010043.MP4"}}, "", ""},
		{"old names", []string{"GP020042.MP4", "GOPR0042.MP4", "GP010042.MP4"}, [][]string{{"GOPR0042.MP4", "GP010042.MP4", "GP020042.MP4"}}, "", ""},
		{"lower case", []string{"gx010042.mp4", "gx020042.mp4"}, [][]string{{"gx010042.mp4", "gx020042.mp4"}}, "", ""},
		{"all around", []string{"GS010042.360", "GS020042.360"}, [][]string{{"GS010042.360", "GS020042.360"}}, "", ""},
		{"from the middle", []string{"GH040042.MP4", "GH030042.MP4"}, [][]string{{"GH030042.MP4", "GH040042.MP4"}}, "GH010042.MP4 GH020042.MP4", ""},
		{"old names from the middle", []string{"c/GP020042.MP4"}, [][]string{{"c/GP020042.MP4"}}, "GOPR0042.MP4 GP010042.MP4", ""},
		{"old names without the first", []string{"GP010042.mp4"}, [][]string{{"GP010042.mp4"}}, "GOPR0042.mp4", ""},
		{"two folders", []string{"a/GX010042.MP4", "b/GX010042.MP4"}, [][]string{{"a/GX010042.MP4"}, {"b/GX010042.MP4"}}, "", ""},
		{"other names", []string{"dive b.mp4", "dive a.mp4", "GX0142.mp4"}, [][]string{{"dive b.mp4"}, {"dive a.mp4"}, {"GX0142.mp4"}}, "", ""},
		{"a missing chapter", []string{"GX010042.MP4", "GX030042.MP4", "GX010043.MP4"}, [][]string{{"GX010042.MP4", "GX030042.MP4"}, {"GX010043.MP4"}}, "",
			"chapter 2 is missing between GX010042.MP4 and GX030042.MP4: copy it (GX020042.MP4)"},
		{"an old name missing", []string{"GOPR0042.MP4", "GP020042.MP4"}, [][]string{{"GOPR0042.MP4", "GP020042.MP4"}}, "", "copy it (GP010042.MP4)"},
		{"two missing", []string{"GH020042.MP4", "GH050042.MP4"}, [][]string{{"GH020042.MP4", "GH050042.MP4"}}, "GH010042.MP4", "chapter 3 is missing"},
		{"a duplicate", []string{"GX010042.MP4", "GX010042.mp4"}, [][]string{{"GX010042.MP4", "GX010042.mp4"}}, "", "same chapter"},
		{"none", nil, nil, "", ""},
	} {
		got, left := Recordings(c.paths)
		if len(left) > 0 {
			t.Errorf("%s: left out %v", c.name, left)
		}
		if !slices.EqualFunc(got, c.want, func(r Recording, want []string) bool { return slices.Equal(r.Paths, want) }) {
			t.Errorf("%s: %v", c.name, got)
			continue
		}
		for i, r := range got {
			missing, fault := "", ""
			if i == 0 {
				missing, fault = c.missing, c.fault
			}
			if strings.Join(r.Missing, " ") != missing {
				t.Errorf("%s: before the first: %v, want %s", c.name, r.Missing, missing)
			}
			if (r.Fault != nil) != (fault != "") || r.Fault != nil && !strings.Contains(r.Fault.Error(), fault) {
				t.Errorf("%s: fault %v, want %s", c.name, r.Fault, fault)
			}
		}
	}
}

// Low-resolution copies are left out, and files that are there twice.
func TestCopies(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		want  []string
		left  []string
	}{
		{"GoPro", []string{"GX010042.MP4", "GL010042.LRV", "GX020042.MP4", "GL020042.MP4"}, []string{"GX010042.MP4", "GX020042.MP4"}, []string{"GL010042.LRV: of", "GL020042.MP4: of"}},
		{"GoPro in H.264", []string{"gh010042.mp4", "gl010042.lrv"}, []string{"gh010042.mp4"}, []string{"gl010042.lrv: of"}},
		{"an older GoPro", []string{"GOPR0042.MP4", "GOPR0042.LRV", "GP010042.MP4", "GP010042.LRV"}, []string{"GOPR0042.MP4", "GP010042.MP4"}, []string{"GOPR0042.LRV: of", "GP010042.LRV: of"}},
		{"in a folder of their own", []string{"S1/GX010042.MP4", "S1/LRV/GL010042.LRV"}, []string{"S1/GX010042.MP4"}, []string{"S1/LRV/GL010042.LRV: of"}},
		{"nothing but copies", []string{"GL010042.LRV", "GL020042.LRV"}, []string{"GL010042.LRV", "GL020042.LRV"}, nil},
		{"another recording's", []string{"GX010041.MP4", "GL010042.MP4"}, []string{"GX010041.MP4", "GL010042.MP4"}, nil},
		{"a chapter without its original", []string{"GX010042.MP4", "GL010042.LRV", "GL020042.LRV"}, []string{"GX010042.MP4"}, []string{"GL010042.LRV: of", "GL020042.LRV: GX020042.MP4, which is missing!"}},
		{"DJI", []string{"DJI_0042.MP4", "DJI_0042.LRF"}, []string{"DJI_0042.MP4"}, []string{"DJI_0042.LRF: of"}},
		{"Garmin", []string{"VIRB0042.MP4", "VIRB0042.GLV"}, []string{"VIRB0042.MP4"}, []string{"VIRB0042.GLV: of"}},
		{"Sony", []string{"M4ROOT/CLIP/C0001.MP4", "M4ROOT/SUB/C0001S03.MP4"}, []string{"M4ROOT/CLIP/C0001.MP4"}, []string{"M4ROOT/SUB/C0001S03.MP4: of"}},
		{"no Sony's", []string{"C0001.MP4", "C0001S03.MP4"}, []string{"C0001.MP4", "C0001S03.MP4"}, nil},
		{"Insta360", []string{"VID_20260501_081854_00_042.mp4", "LRV_20260501_081854_11_042.mp4"}, []string{"VID_20260501_081854_00_042.mp4"}, []string{"LRV_20260501_081854_11_042.mp4: of"}},
		{"an editor's", []string{"dive.mp4", "Proxy/dive_Proxy.mov"}, []string{"dive.mp4"}, []string{"Proxy/dive_Proxy.mov: of"}},
		{"a link to the same", []string{"raw/a.mp4", "S1/b.mp4 -> ../raw/a.mp4"}, []string{"raw/a.mp4"}, []string{"S1/b.mp4: same file"}},
		{"a link before the file", []string{"a.mp4 -> z.mp4", "z.mp4"}, []string{"z.mp4"}, []string{"a.mp4: same file"}},
		{"two links", []string{"card/a.mp4 -> ../../elsewhere.mp4", "card/b.mp4 -> ../../elsewhere.mp4"}, []string{"card/a.mp4"}, []string{"card/b.mp4: same file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			outer := t.TempDir()
			root := filepath.Join(outer, "disk")
			lay(t, outer, "elsewhere.mp4")
			lay(t, root, c.files...)
			card, err := ReadCard(root, true, nil)
			if err != nil || len(card.Left) > 0 {
				t.Fatal(card, err)
			}
			recordings, left := Recordings(card.Videos)
			var got []string
			for _, r := range recordings {
				got = append(got, under(root, r.Paths)...)
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
			sameLeft(t, root, left, c.left)
		})
	}
	if _, left := Recordings([]string{"a.mp4", "./a.mp4"}); len(left) > 0 {
		t.Error(left)
	}
}

func TestSiblings(t *testing.T) {
	names := []string{"c/GX020042.MP4", "c/GX010042.MP4", "c/GX010043.MP4", "c/GX020042.LRV", "c/GL020042.MP4", "c/GX030042.MP4", "d/GX020042.MP4"}
	if got := Siblings("c/GX010042.MP4", names); !slices.Equal(got, []string{"c/GX020042.MP4", "c/GX030042.MP4"}) {
		t.Error(got)
	}
	if got := Siblings("c/GX020042.MP4", names); got != nil {
		t.Error("a later chapter was named on purpose:", got)
	}
	if got := Siblings("c/dive.MP4", names); got != nil {
		t.Error(got)
	}
}
