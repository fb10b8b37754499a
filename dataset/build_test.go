package dataset

import (
	"context"
	"image"
	"image/color"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/taxon"
)

// dives is the truth of two videos: loose marks and a look in one, a track with key frames in the other.
func dives(t *testing.T) Source {
	long, short := numbered(t, "long.mp4", x264("250")...), numbered(t, "short.mp4", x264("12")...)
	gone := mark("short.mp4", "", "7", 160, 0)
	gone.Outside = true
	crowd := mark("long.mp4", "ray", "", 100, 150)
	crowd.Crowd = true
	timed := mark("long.mp4", "BT", "", -1, 10)
	timed.Time = ms(7240) // frame 181
	return Source{
		Taxa: sharkAndRay,
		Records: records(
			annotate.Media{Name: "long.mp4", Deployment: "A", Video: true, Rate: rate25, W: 320, H: 80},
			annotate.Media{Name: "short.mp4", Deployment: "B", Video: true, Rate: rate25},
			annotate.Look{Media: "long.mp4", Frame: 63, Time: annotate.None},
			mark("long.mp4", "blacktip", "", 7, 40), mark("long.mp4", "carcharhinus_melanopterus", "", 8, -10), mark("long.mp4", "ray", "", 8, 150),
			crowd, timed,
			annotate.Track{Media: "short.mp4", ID: "7", Names: []annotate.Name{{Label: "bt"}}},
			mark("short.mp4", "", "7", 20, 0), mark("short.mp4", "", "7", 120, 100), gone,
			mark("short.mp4", "ray", "", 45, 200),
		),
		Files: func(m annotate.Media) ([]string, error) {
			return []string{map[string]string{"long.mp4": long, "short.mp4": short}[m.Name]}, nil
		},
	}
}

func plain() Settings {
	s := DefaultSettings()
	s.Folds, s.Floor = 2, 1
	return s
}

// The frames that were annotated are taken, each exactly, with all boxes that are in it.
func TestBuildAnnotated(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "set")
	var last [2]int
	m, err := Build(t.Context(), dir, dives(t), plain(), func(done, total int) { last = [2]int{done, total} })
	if err != nil {
		t.Fatal(err)
	}
	want := []int{7, 8, 63, 100, 181, 20, 45, 120}
	if last != [2]int{len(want), len(want)} || len(m.Pictures) != len(want) || len(m.Gaps)+len(m.Dropped)+len(m.Warnings) > 0 {
		t.Fatalf("progress %v; %d pictures; gaps %v, dropped %v", last, len(m.Pictures), m.Gaps, m.Dropped)
	}
	for i, p := range m.Pictures {
		if got := numberOf(t, filepath.Join(dir, p.File)); got != want[i] || math.Abs(p.Time-float64(want[i])/25) > 1e-6 {
			t.Errorf("picture %d at %v s shows frame %d, want %d", i, p.Time, got, want[i])
		}
	}
	cut := m.Pictures[1].Boxes
	if len(cut) != 2 || cut[0].Box != (frame.Box{X0: 0, Y0: 10, X1: 10, Y1: 50}) || !cut[0].Truncated || cut[0].Taxon != sharkAndRay[0].Name || cut[1].Taxon != "ray" {
		t.Errorf("frame 8: %+v", cut)
	}
	if p := m.Pictures[2]; !p.Whole || len(p.Boxes) > 0 {
		t.Errorf("frame 63 was looked at and is empty: %+v", p)
	}
	if b := m.Pictures[3].Boxes[0]; b.Ignore != Crowd {
		t.Errorf("frame 100: %+v", b)
	}
	// The ray was marked in frame 45; the shark's track passes through it.
	if b := m.Pictures[6].Boxes; len(b) != 2 || b[0].Taxon != "ray" || b[1].Box != (frame.Box{X0: 25, Y0: 10, X1: 45, Y1: 50}) || !b[1].Between || b[1].Track != "7" {
		t.Errorf("frame 45: %+v", b)
	}
	if m.Taxa[0].Boxes != 6 || m.Taxa[1].Boxes != 2 || m.foldOf()["A"] == m.foldOf()["B"] {
		t.Errorf("%+v %+v", m.Taxa, m.Deployments)
	}
	loaded, err := Load(dir)
	if err != nil || loaded.Hash() != m.Hash() || len(m.Hash()) != 64 {
		t.Fatalf("%v: hash %s, built as %s", err, loaded.Hash(), m.Hash())
	}
	if err := Verify(t.Context(), dir, loaded); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 3 {
		t.Errorf("the folder holds %v", left)
	}
}

// The picture of a mark is the one that it was drawn in, where the clock of a file does not begin at 0, too.
func TestBuildOfTheMoment(t *testing.T) {
	var list []annotate.Record
	paths := map[string]string{}
	for name, args := range map[string][]string{
		"late.mts": {"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "12", "-bf", "2", "-f", "mpegts"},
		"late.mkv": {"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60", "-bf", "2", "-output_ts_offset", "5"},
		"late.mpg": {"-c:v", "mpeg2video", "-q:v", "3", "-g", "12", "-bf", "2"},
		"late.mp4": {"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "12", "-bf", "2", "-output_ts_offset", "1.4"},
	} {
		paths[name] = numbered(t, name, args...)
		list = append(list, annotate.Media{Name: name, Video: true, Rate: rate25, W: 320, H: 80})
		for _, number := range []int{0, 7, 60, 131, 240} {
			m := mark(name, "ray", "", number, 5)
			m.Frame, m.Time = -1, time.Duration(number)*40*time.Millisecond
			list = append(list, m)
		}
	}
	dir := filepath.Join(t.TempDir(), "set")
	m, err := Build(t.Context(), dir, Source{Records: records(list...), Taxa: sharkAndRay, Files: func(m annotate.Media) ([]string, error) { return []string{paths[m.Name]}, nil }}, plain(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Pictures) != 20 || len(m.Gaps) > 0 {
		t.Fatalf("%d pictures, gaps %v", len(m.Pictures), m.Gaps)
	}
	for _, p := range m.Pictures {
		if got := numberOf(t, filepath.Join(dir, p.File)); math.Abs(p.Time-float64(got)/25) > 0.02 {
			t.Errorf("%s: the picture at %.3f s shows frame %d", p.Media, p.Time, got)
		}
	}
}

// One frame a second of what was annotated: the first mark in a second, else the track's place at its start.
func TestBuildInterval(t *testing.T) {
	s := plain()
	s.Frames = Interval
	dir := filepath.Join(t.TempDir(), "set")
	m, err := Build(t.Context(), dir, dives(t), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, p := range m.Pictures {
		got = append(got, numberOf(t, filepath.Join(dir, p.File)))
	}
	// Of B: the key frame 20, the mark at 45, then the track at 2, 3, 4 s (50 would be in the cell of 45? no: 2 s is 50).
	if want := []int{7, 63, 100, 181, 20, 45, 50, 75, 120, 125, 150}; !slices.Equal(got, want) {
		t.Errorf("frames %v, want %v", got, want)
	}
	for _, p := range m.Pictures {
		if p.Media == "short.mp4" && p.Time == 3 && (len(p.Boxes) != 1 || p.Boxes[0].X0 != 55) {
			t.Errorf("the shark at 3 s: %+v", p.Boxes)
		}
	}
	s.MaxFrames = 3
	less, err := Build(t.Context(), filepath.Join(t.TempDir(), "less"), dives(t), s, nil)
	if err != nil || len(less.Pictures) != 6 || less.Deployments[0].LeftOut != 1 || less.Deployments[1].LeftOut != 4 {
		t.Errorf("%v: %+v", err, less.Deployments)
	}
}

// A build that is stopped over and over gives the same bytes as one that is not, and keeps what was finished.
func TestBuildResumes(t *testing.T) {
	source, s := dives(t), plain()
	s.Frames, s.Every = Interval, 0.2
	whole, pieces := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	want, err := Build(t.Context(), whole, source, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := func(after int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := Build(ctx, pieces, source, s, func(done, _ int) {
			if done >= after {
				cancel()
			}
		})
		if err == nil {
			t.Fatalf("it was not stopped after %d pictures", after)
		}
	}
	stop(3)
	put(t, pieces, "building.jsonl.keep", nil) // what is beside the journal is no matter
	times := map[string]time.Time{}
	walk(t, filepath.Join(pieces, imagesName), func(path string, info fs.FileInfo) { times[path] = info.ModTime() })
	if len(times) < 3 {
		t.Fatalf("%d pictures were finished", len(times))
	}
	// A crash leaves half a line and half a picture.
	journal, err := os.OpenFile(filepath.Join(pieces, journalName), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = journal.WriteString(`{"shot":5,"file":"images/A/x`)
	journal.Close()
	put(t, pieces, "images/A/.123.tmp", []byte("half"))
	var spoilt string
	for path := range times {
		if spoilt == "" || path < spoilt {
			spoilt = path
		}
	}
	if err := os.WriteFile(spoilt, []byte("not what it was"), 0o644); err != nil {
		t.Fatal(err)
	}
	other := s
	other.Seed++
	if _, err := Build(t.Context(), pieces, source, other, nil); err == nil || !strings.Contains(err.Error(), "unfinished work on another dataset") {
		t.Errorf("other settings: %v", err)
	}
	time.Sleep(10 * time.Millisecond) // so that times of change would differ
	stop(len(times) + 1)
	got, err := Build(t.Context(), pieces, source, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(pieces, "building.jsonl.keep"))
	if got.Hash() != want.Hash() {
		t.Errorf("hash %s after stops, %s without", got.Hash(), want.Hash())
	}
	count := 0
	walk(t, whole, func(path string, _ fs.FileInfo) {
		count++
		rel, _ := filepath.Rel(whole, path)
		a, _ := os.ReadFile(path)
		b, err := os.ReadFile(filepath.Join(pieces, rel))
		if err != nil || string(a) != string(b) {
			t.Errorf("%s differs: %v", rel, err)
		}
	})
	walk(t, pieces, func(path string, info fs.FileInfo) {
		count--
		if at, ok := times[path]; ok && path != spoilt && !info.ModTime().Equal(at) {
			t.Errorf("%s was finished and was done again", path)
		}
	})
	if count != 0 {
		t.Errorf("%d files more in one folder than in the other", count)
	}
	if again, err := Build(t.Context(), pieces, source, s, nil); err != nil || again.Hash() != want.Hash() {
		t.Errorf("finished, and again: %v", err)
	}
	if _, err := Build(t.Context(), pieces, source, other, nil); err == nil || !strings.Contains(err.Error(), "another dataset") {
		t.Errorf("finished, and other settings: %v", err)
	}
}

func walk(t *testing.T, dir string, do func(path string, info fs.FileInfo)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && !strings.HasSuffix(path, ".tmp") {
			do(path, info)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// stills is a folder of one picture of each odd kind.
func stills(t *testing.T) (string, Source) {
	dir := t.TempDir()
	rgb := scene(60, 40, 1)
	grey, deep := image.NewGray(rgb.Rect), image.NewRGBA64(rgb.Rect)
	for y := range 40 {
		for x := range 60 {
			grey.Set(x, y, rgb.At(x, y))
			deep.Set(x, y, rgb.At(x, y))
		}
	}
	see := image.NewNRGBA(rgb.Rect)
	see.Set(3, 3, color.NRGBA{255, 0, 0, 128})
	plain := jpegOf(t, rgb)
	put(t, dir, "s/a-plain.jpg", plain)
	put(t, dir, "s/b-grey.jpg", jpegOf(t, grey))
	put(t, dir, "s/c-deep.png", pngOf(t, deep))
	put(t, dir, "s/d-clear.png", pngOf(t, see))
	put(t, dir, "s/e-cmyk.jpg", cmyk)
	put(t, dir, "s/f-turned.jpg", exif(plain, 6))
	put(t, dir, "s/g-turned.jpg", exif(plain, 6))
	put(t, dir, "s/gg-turned.jpg", exif(plain, 6))
	put(t, dir, "s/h-cut.jpg", plain[:len(plain)/2])
	put(t, dir, "s/i-empty.jpg", nil)
	put(t, dir, "s/j-text.jpg", []byte("this is no picture"))
	put(t, dir, "t/k-other.png", pngOf(t, rgb))
	var list []annotate.Record
	walk(t, dir, func(path string, _ fs.FileInfo) {
		rel, _ := filepath.Rel(dir, path)
		m := annotate.Media{Name: filepath.ToSlash(rel)}
		switch filepath.Base(rel) {
		case "g-turned.jpg":
			m.W, m.H = 40, 60 // drawn on the picture as it is viewed
		case "gg-turned.jpg":
			m.W, m.H = 60, 40 // drawn on the pixels as they are stored
		}
		list = append(list, m, annotate.Mark{Media: m.Name, Names: []annotate.Name{{Label: "ray"}}, Shape: annotate.BoxShape(frame.Box{X0: 1, Y0: 2, X1: 7, Y1: 8})})
	})
	return dir, Source{Records: records(list...), Taxa: sharkAndRay, Files: files(dir)}
}

// cmyk is a baseline JPEG of 8×8 pixels and four components, all of them in the middle (ITU-T T.81).
var cmyk = slices.Concat([]byte("\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"), []byte{0xff, 0xdb, 0, 67, 0}, []byte(strings.Repeat("\x01", 64)),
	[]byte{0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0},
	[]byte{0xff, 0xc4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	[]byte{0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	[]byte{0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0, 0x00, 0xff, 0xd9})

// exif puts an orientation into a JPEG.
func exif(file []byte, orientation byte) []byte {
	app := []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	app[4+6+8+2+9] = orientation
	return slices.Concat(file[:2], app, file[2:])
}

func TestBuildStills(t *testing.T) {
	dir, source := stills(t)
	s := plain()
	out := filepath.Join(t.TempDir(), "set")
	m, err := Build(t.Context(), out, source, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Picture{}
	for _, p := range m.Pictures {
		got[strings.TrimSuffix(p.Media[2:], filepath.Ext(p.Media))[2:]] = p
	}
	if len(m.Pictures) != 9 || len(m.Gaps) != 3 {
		t.Fatalf("%d pictures, gaps %+v", len(got), m.Gaps)
	}
	for i, want := range []string{"cannot be decoded: invalid JPEG", "is empty", "is no picture"} {
		if !strings.Contains(m.Gaps[i].Reason, want) || m.Gaps[i].Boxes != 1 {
			t.Errorf("gap %+v, want %q", m.Gaps[i], want)
		}
	}
	for name, c := range map[string]struct {
		copied bool
		w, h   int
	}{"plain": {true, 60, 40}, "grey": {true, 60, 40}, "deep": {false, 60, 40}, "clear": {false, 60, 40}, "cmyk": {false, 8, 8}, "other": {true, 60, 40}} {
		p := got[name]
		a, err1 := os.ReadFile(filepath.Join(out, p.File))
		b, err2 := os.ReadFile(filepath.Join(dir, p.Media))
		if err1 != nil || err2 != nil || (string(a) == string(b)) != c.copied || p.W != c.w || p.H != c.h {
			t.Errorf("%s: %d×%d, copied %v, want %+v", name, p.W, p.H, string(a) == string(b), c)
		}
		if q, _, err := readStill(filepath.Join(out, p.File)); err != nil || !q.plain || q.w != c.w {
			t.Errorf("%s is stored as a picture that others may read otherwise: %v", name, err)
		}
	}
	// The same file three times: who states no size, or the turned one, drew on the picture as it is viewed; who states the stored one, on stored pixels.
	on := map[string]frame.Box{
		"s/f-turned.jpg": {X0: 1, Y0: 2, X1: 7, Y1: 8}, "s/g-turned.jpg": {X0: 1, Y0: 2, X1: 7, Y1: 8},
		"s/gg-turned.jpg": {X0: 40 - 8, Y0: 1, X1: 40 - 2, Y1: 7},
	}
	want, _, err := readStill(filepath.Join(dir, "s", "a-plain.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Pictures {
		box, ok := on[p.Media]
		if !ok {
			continue
		}
		delete(on, p.Media)
		got, file, err := readStill(filepath.Join(out, p.File))
		if err != nil || got.w != 40 || got.h != 60 || frame.ReadOrientation(file) != frame.Upright || p.FullW != 40 || p.Boxes[0].Box != box {
			t.Errorf("%s: %v, %d×%d, box %v, want %v", p.Media, err, got.w, got.h, p.Boxes[0].Box, box)
		}
		// A quarter clockwise: what was at the bottom left is at the top left.
		if d := int(want.pix[3*(35*60+5)+1]) - int(got.pix[3*(5*40+4)+1]); d < -12 || d > 12 {
			t.Errorf("%s: turned the wrong way: %d", p.Media, d)
		}
	}
	if len(on) > 0 {
		t.Errorf("not there: %v", on)
	}
}

// What is wrong with the truth is said, not passed over.
func TestBuildErrors(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a/1.png", pngOf(t, scene(60, 40, 1)))
	put(t, dir, "b/1.png", pngOf(t, scene(60, 40, 2)))
	a, b := annotate.Media{Name: "a/1.png"}, annotate.Media{Name: "b/1.png"}
	box := func(label string) annotate.Mark { return mark("a/1.png", label, "", 0, 5) }
	point := box("ray")
	point.Shape = annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{{X: 3, Y: 3}}}
	far := box("ray")
	far.Shape = annotate.BoxShape(frame.Box{X0: 100, Y0: 0, X1: 120, Y1: 20})
	none := box("ray")
	none.Shape = annotate.BoxShape(frame.Box{X0: math.NaN(), Y0: 0, X1: 120, Y1: 20})
	small := a
	small.W, small.H = 30, 20
	wrong := a
	wrong.W, wrong.H = 30, 30
	other := mark("b/1.png", "ray", "", 0, 5)
	build := func(t *testing.T, s Settings, list ...annotate.Record) (*Manifest, error) {
		return Build(t.Context(), filepath.Join(t.TempDir(), "set"), Source{Records: records(list...), Taxa: sharkAndRay, Files: files(dir)}, s, nil)
	}
	s := plain()
	for name, c := range map[string]struct {
		list []annotate.Record
		want string
	}{
		"unknown":    {[]annotate.Record{a, box("orca"), box("orca"), box("Orca"), box("seal")}, `"Orca": 3 marks, "seal": 1 marks: add each`},
		"no name":    {[]annotate.Record{a, box("")}, "no name at all: 1 marks"},
		"no media":   {[]annotate.Record{box("ray")}, "not stated"},
		"twice":      {[]annotate.Record{a, a}, "stated twice"},
		"no file":    {[]annotate.Record{annotate.Media{Name: "c/1.png"}, annotate.Look{Media: "c/1.png"}}, "plug in its disk"},
		"nothing":    {[]annotate.Record{a}, "no frame to take"},
		"one folder": {[]annotate.Record{a, box("ray")}, "too few for 2 folds"},
	} {
		if _, err := build(t, s, c.list...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	s.Unknown = "context"
	m, err := build(t, s, a, b, box("orca"), box("ORCA"), other)
	if err != nil || len(m.Taxa) != 3 || m.Taxa[2].Name != "ORCA" || m.Taxa[2].Role != taxon.Context || m.Taxa[2].Boxes != 2 {
		t.Errorf("unknown as context: %v %+v", err, m)
	}
	s.Folds = 0
	for name, c := range map[string]struct {
		list                                []annotate.Record
		pictures, gaps, dropped, boxes, war int
	}{
		"point":   {[]annotate.Record{a, b, point, box("ray"), other}, 1, 0, 1, 1, 0},
		"nan":     {[]annotate.Record{a, b, none, other}, 1, 0, 1, 1, 0},
		"outside": {[]annotate.Record{a, b, far, box("ray"), other}, 2, 0, 1, 2, 0},
		"scaled":  {[]annotate.Record{small, b, box("ray"), other}, 2, 0, 0, 2, 1},
		"aspect":  {[]annotate.Record{wrong, b, box("ray"), other}, 1, 1, 0, 1, 0},
		"failure": {[]annotate.Record{annotate.Media{Name: "a/1.png", Failure: "lens cap"}, b, box("ray"), other}, 1, 1, 0, 1, 0},
	} {
		m, err := build(t, s, c.list...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(m.Pictures) != c.pictures || len(m.Gaps) != c.gaps || len(m.Dropped) != c.dropped || m.Taxa[1].Boxes != c.boxes || len(m.Warnings) != c.war {
			t.Errorf("%s: %d pictures, gaps %v, dropped %v, %d boxes, %v", name, len(m.Pictures), m.Gaps, m.Dropped, m.Taxa[1].Boxes, m.Warnings)
		}
		if name == "scaled" && m.Pictures[0].Boxes[0].Box != (frame.Box{X0: 10, Y0: 20, X1: 50, Y1: 40}) {
			t.Errorf("scaled: %+v", m.Pictures[0].Boxes[0])
		}
	}
	s.LongSide, s.MinBox = 32, 12 // 60×40 becomes 32×21, the box 10.7×21 px
	if m, err := build(t, s, b, other); err != nil || m.Pictures[0].W != 32 || m.Pictures[0].H != 21 || m.Pictures[0].Boxes[0].Ignore != Small ||
		math.Abs(m.Pictures[0].Boxes[0].X1-25*32.0/60) > 0.01 {
		t.Errorf("%v: %+v", err, m.Pictures)
	}
}

// A video that is cut off gives what it has.
func TestBuildCutOff(t *testing.T) {
	source := dives(t)
	whole, err := os.ReadFile(numbered(t, "short.mp4", x264("12")...))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, dir, "short.mp4", whole[:len(whole)/3])
	put(t, dir, "long.mp4", []byte("this is no video at all"))
	source.Files = files(dir)
	s := plain()
	s.Folds = 0
	m, err := Build(t.Context(), filepath.Join(t.TempDir(), "set"), source, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Pictures) != 1 || len(m.Gaps) != 3 || m.Gaps[0].Boxes != 5 || !strings.HasPrefix(m.Gaps[0].Reason, "long.mp4: is not a video") ||
		!strings.Contains(m.Gaps[1].Reason, "cut off") || m.Gaps[1].Boxes != 2 {
		t.Errorf("%d pictures, gaps %+v", len(m.Pictures), m.Gaps)
	}
}

func TestVerify(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "set")
	_, source := stills(t)
	m, err := Build(t.Context(), dir, source, plain(), nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, m.Pictures[1].File, []byte("x"))
	os.Remove(filepath.Join(dir, m.Pictures[3].File))
	m.Pictures[5].Boxes[0].X1++
	err = Verify(t.Context(), dir, m)
	a, ok := err.(*Altered)
	if !ok || !slices.Equal(a.Pictures, []int{1, 3, 5}) || !strings.Contains(err.Error(), m.Pictures[3].File+" is missing") {
		t.Errorf("%v", err)
	}
}
