package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// indexed are files whose sample tables are compared with ffprobe's list of packets.
var indexed = []struct {
	name string
	args [][]string
}{
	{"index-plain.mp4", [][]string{sea("30", 2), x264(15, 0)}},
	{"index-b.mp4", [][]string{sea("30", 2), x264(15, 3), {"-movflags", "+faststart"}}},
	{"index-2997.mov", [][]string{sea("30000/1001", 2), x264(15, 2)}},
	{"index-vfr.mp4", [][]string{sea("30", 3), {"-vf", "select='not(mod(n,7))+not(mod(n,3))',setpts='PTS+mod(N,2)*0.004/TB'", "-vsync", "vfr"}, x264(15, 2)}},
	{"index-late.mp4", [][]string{{"-itsoffset", "1.7"}, sea("25", 2), x264(12, 2)}}, // an empty edit
	{"index-hevc.mp4", [][]string{sea("30", 1), x265(15, 3)}},
	{"index-noedit.mp4", [][]string{sea("30", 1), x264(15, 2), {"-use_editlist", "0"}}},
	{"index-negative.mp4", [][]string{sea("30", 1), x264(15, 2), {"-movflags", "+negative_cts_offsets"}}},
	{"index-single.mp4", [][]string{sea("30", 1), {"-frames:v", "1"}, x264(15, 0)}},
}

// listed is ffprobe's list of packets, in order of presentation.
func listed(t testing.TB, path string, stream int) []Packet {
	t.Helper()
	ff, err := findTools()
	if err != nil {
		t.Skip(err)
	}
	packets, _, err := ff.listPackets(t.Context(), path, stream)
	if err != nil {
		t.Fatal(err)
	}
	(&File{}).sortPackets(packets)
	return packets
}

func samePackets(t testing.TB, got, want []Packet) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d packets, ffprobe lists %d", len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if g.PTS != w.PTS || g.Key != w.Key || g.Size != w.Size || g.Pos != w.Pos {
			t.Fatalf("packet %d: %+v, ffprobe says %+v", i, g, w)
		}
	}
}

func TestIndexAgainstFFprobe(t *testing.T) {
	for _, c := range indexed {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := clip(t, c.name, c.args...)
			f := probe(t, path)
			if f.Container != "mp4" {
				t.Fatalf("read as %s", f.Container)
			}
			samePackets(t, f.packets, listed(t, path, f.Stream))
		})
	}
	for _, pattern := range []string{"river_counter/*.mp4", "deepfish/clips/*.mp4", "tank_fish_voc/tank.mp4"} {
		t.Run(pattern, func(t *testing.T) {
			needFFmpeg(t)
			paths, _ := filepath.Glob(filepath.Join(data(t, filepath.Dir(pattern)), filepath.Base(pattern)))
			if len(paths) == 0 {
				t.Fatal("no clips")
			}
			for _, path := range paths {
				f := probe(t, path)
				samePackets(t, f.packets, listed(t, path, f.Stream))
			}
		})
	}
}

// A cut without re-encoding starts before the cut, at a key frame, and hides the
// pictures up to it by an edit list: what ffmpeg shows is what counts.
func TestEditListHidesPictures(t *testing.T) {
	for i, ss := range []string{"0.3", "0.8", "1.23"} {
		whole := clip(t, "index-b.mp4", indexed[1].args...)
		path := clip(t, fmt.Sprintf("cut%d.mp4", i), []string{"-ss", ss, "-i", whole, "-c", "copy"})
		f := probe(t, path)
		shown := reference(t, path, f.Stream, 32, 18)
		if f.Hidden == 0 || len(f.packets) != len(shown) {
			t.Fatalf("-ss %s: %d visible and %d hidden packets, ffmpeg shows %d pictures", ss, len(f.packets), f.Hidden, len(shown))
		}
		for i, p := range f.packets {
			if p.PTS != shown[i].pts {
				t.Fatalf("-ss %s: picture %d at %d, ffmpeg shows it at %d", ss, i, p.PTS, shown[i].pts)
			}
		}
	}
}

func TestRotation(t *testing.T) {
	plain := clip(t, "index-plain.mp4", indexed[0].args...)
	for _, degrees := range []int{90, 180, 270} {
		path := clip(t, fmt.Sprintf("rotated%d.mov", degrees), []string{"-i", plain, "-c", "copy", "-metadata:s:v", fmt.Sprintf("rotate=%d", degrees)})
		d := open(t, path)
		f := d.Files[0]
		if f.Rotation == 0 {
			t.Skip("this ffmpeg does not write the rotation")
		}
		w, h := 320, 180
		if degrees != 180 {
			w, h = h, w
		}
		if f.W != w || f.H != h {
			t.Errorf("rotate=%d: shown as %dx%d", degrees, f.W, f.H)
		}
		// ffmpeg turns the reference by itself.
		want := sampled(reference(t, path, f.Stream, w, h), f.Base, f.Start, second, true)
		got := watch(t, d, second, time.Minute, 0, 0)
		same(t, got.pictures, want)
		still, err := d.Still(t.Context(), got.frames[1].Instant)
		if err != nil {
			t.Fatal(err)
		}
		if b := still.Bounds(); b.Dx() != w || b.Dy() != h {
			t.Errorf("rotate=%d: the still is %v", degrees, b)
		}
	}
}

// An action camera writes several streams; the sea is the large video stream, wherever it stands.
func TestSeveralStreams(t *testing.T) {
	small := []string{"-f", "lavfi", "-i", "testsrc=s=80x60:r=30:d=2"}
	tone := []string{"-f", "lavfi", "-i", "sine=d=2"}
	encode := []string{"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "15", "-c:a", "aac", "-shortest"}
	for i, maps := range [][]string{
		{"-map", "0", "-map", "1", "-map", "2"}, {"-map", "1", "-map", "2", "-map", "0"}, {"-map", "2", "-map", "0", "-map", "1"},
	} {
		for _, ext := range []string{"mp4", "mkv"} {
			path := clip(t, fmt.Sprintf("streams%d.%s", i, ext), sea("30", 2), small, tone, maps, encode)
			d := open(t, path)
			f := d.Files[0]
			if f.W != 320 || f.H != 180 {
				t.Errorf("%v: picked a stream of %dx%d", maps, f.W, f.H)
			}
			want := sampled(reference(t, path, f.Stream, 80, 45), f.Base, f.Start, second, true)
			same(t, watch(t, d, second, time.Minute, 80, 45).pictures, want)
		}
	}
}

func TestPixelShape(t *testing.T) {
	f := probe(t, clip(t, "anamorphic.mp4", sea("30", 1), []string{"-vf", "setsar=4/3"}, x264(15, 0)))
	if f.W != 427 || f.H != 180 {
		t.Errorf("shown as %dx%d, want 427x180", f.W, f.H)
	}
}

// A fragmented file keeps its index in pieces: ffprobe reads it.
func TestFragmented(t *testing.T) {
	path := clip(t, "fragmented.mp4", sea("30", 3), x264(15, 2), []string{"-movflags", "+frag_keyframe+empty_moov"})
	d := open(t, path)
	f := d.Files[0]
	if f.Container == "mp4" {
		t.Fatal("read by its sample tables, which are empty")
	}
	got := watch(t, d, second, time.Minute, 80, 45)
	if err := d.Index(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, got.pictures, sampled(reference(t, path, f.Stream, 80, 45), f.Base, f.Start, second, f.mode(time.Second) != AllFrames))
	if len(got.gaps) > 0 {
		t.Error(got.gaps)
	}
}

// made builds MP4 boxes by hand.
func made(kind string, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	out := binary.BigEndian.AppendUint32(nil, uint32(len(content)+8))
	return append(append(out, kind...), content...)
}

func words(v ...uint32) []byte {
	var out []byte
	for _, w := range v {
		out = binary.BigEndian.AppendUint32(out, w)
	}
	return out
}

// tables are the boxes of a sample table; those given replace or add to them.
func handMade(stbl ...[]byte) []byte {
	entry := made("avc1", make([]byte, 24), []byte{0, 64, 0, 36}, make([]byte, 50), made("avcC", []byte{1, 66, 0, 10, 0xff, 0xe0, 0}))
	all := append([][]byte{made("stsd", words(0, 1), entry)}, stbl...)
	return made("moov",
		made("mvhd", words(0, 0, 0, 1000, 0)),
		made("trak",
			made("mdia",
				made("mdhd", words(0, 0, 0, 600, 0)),
				made("hdlr", words(0, 0), []byte("vide"), words(0, 0, 0)),
				made("minf", made("stbl", all...)))))
}

func asFile(moov []byte) []byte { return append(made("ftyp", []byte("isom")), moov...) }

func TestSampleTables(t *testing.T) {
	stts := made("stts", words(0, 1, 4, 20))
	stsc := made("stsc", words(0, 2, 1, 3, 1, 2, 1, 1)) // three samples in the first chunk, one in each after
	stco := made("stco", words(0, 2, 100, 5000))
	co64 := made("co64", words(0, 2), words(0, 100), words(2, 5000)) // the second lies beyond 8 GB
	for _, c := range []struct {
		name      string
		stbl      [][]byte
		sizes     []int64
		positions []int64
		keys      []bool
	}{
		{"stsz", [][]byte{stts, stsc, stco, made("stsz", words(0, 0, 4, 10, 20, 30, 40)), made("stss", words(0, 2, 1, 4))},
			[]int64{10, 20, 30, 40}, []int64{100, 110, 130, 5000}, []bool{true, false, false, true}},
		{"one size", [][]byte{stts, stsc, stco, made("stsz", words(0, 7, 4))},
			[]int64{7, 7, 7, 7}, []int64{100, 107, 114, 5000}, []bool{true, true, true, true}},
		{"stz2 of 4 bits", [][]byte{stts, stsc, stco, made("stz2", words(0, 4, 4), []byte{0x12, 0x3f}), made("stss", words(0, 0))},
			[]int64{1, 2, 3, 15}, []int64{100, 101, 103, 5000}, []bool{false, false, false, false}},
		{"stz2 of 16 bits", [][]byte{stts, stsc, stco, made("stz2", words(0, 16, 4), []byte{0, 1, 1, 0, 0, 3, 0, 4})},
			[]int64{1, 256, 3, 4}, []int64{100, 101, 357, 5000}, []bool{true, true, true, true}},
		{"co64", [][]byte{stts, stsc, co64, made("stz2", words(0, 8, 4), []byte{9, 8, 7, 6})},
			[]int64{9, 8, 7, 6}, []int64{100, 109, 117, 2<<32 + 5000}, []bool{true, true, true, true}},
	} {
		b := asFile(handMade(c.stbl...))
		f, err := readMP4(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for i, p := range f.packets {
			if p.Size != c.sizes[i] || p.Pos != c.positions[i] || p.Key != c.keys[i] || p.PTS != int64(20*i) || p.Missing != (p.Pos+p.Size > int64(len(b))) {
				t.Errorf("%s: packet %d is %+v", c.name, i, p)
			}
		}
		if len(f.packets) != 4 || f.Duration != 80*time.Second/600 || f.W != 64 || f.H != 36 {
			t.Errorf("%s: %d packets, %v, %dx%d", c.name, len(f.packets), f.Duration, f.W, f.H)
		}
	}
}

// A long length (64 bits) before the index, the index at the end, and one cut off.
func TestTopBoxes(t *testing.T) {
	moov := handMade(made("stts", words(0, 1, 1, 20)), made("stsc", words(0, 1, 1, 1, 1)), made("stco", words(0, 1, 40)), made("stsz", words(0, 0, 1, 4)))
	long := slices.Concat(made("ftyp", []byte("isom")), words(1), []byte("mdat"), words(0, 16+8), make([]byte, 8), moov)
	f, err := readMP4(bytes.NewReader(long), int64(len(long)))
	if err != nil || len(f.packets) != 1 || f.packets[0].Missing {
		t.Errorf("64-bit length: %v", err)
	}
	if _, err := readMP4(bytes.NewReader(long[:len(long)-5]), int64(len(long)-5)); err == nil || !strings.Contains(err.Error(), "cut off 5 bytes") {
		t.Errorf("a cut index: %v", err)
	}
	if _, err := readMP4(bytes.NewReader(long[:40]), 40); !errors.Is(err, errNoMoov) {
		t.Errorf("no index: %v", err)
	}
	for _, b := range []string{"", "x", "RIFFxxxxAVI ", strings.Repeat("text ", 40)} {
		if _, err := readMP4(strings.NewReader(b), int64(len(b))); !errors.Is(err, errNotMP4) && !errors.Is(err, errNoMoov) {
			t.Errorf("%.8q: %v", b, err)
		}
	}
}

// Boxes that lie about what they hold are refused, and cost nothing.
func TestDamagedTables(t *testing.T) {
	stts := made("stts", words(0, 1, 4, 20))
	stsc := made("stsc", words(0, 1, 1, 4, 1))
	stco := made("stco", words(0, 1, 100))
	var nested []byte
	for range 2000 { // a box in a box in a box ...
		nested = made("mdia", nested)
	}
	for name, moov := range map[string][]byte{
		"count beyond the table": handMade(stts, stsc, stco, made("stsz", words(0, 0, 1<<30, 1))),
		"one size, endless":      handMade(stts, stsc, stco, made("stsz", words(0, 1, 1<<31-1))),
		"short stz2":             handMade(stts, stsc, stco, made("stz2", words(0, 16, 1<<29), []byte{1})),
		"stz2 of 3 bits":         handMade(stts, stsc, stco, made("stz2", words(0, 3, 1), []byte{1})),
		"no chunks":              handMade(stts, stsc, made("stsz", words(0, 0, 1, 1))),
		"no sizes":               handMade(stts, stsc, stco),
		"boxes in boxes":         made("moov", made("trak", nested)),
		"a box too long":         made("moov", words(99), []byte("trak")),
	} {
		b := asFile(moov)
		before := allocated()
		if f, err := readMP4(bytes.NewReader(b), int64(len(b))); err == nil {
			t.Errorf("%s: read %d packets", name, len(f.packets))
		}
		if grown := allocated() - before; grown > uint64(64*len(b)+1<<20) {
			t.Errorf("%s: %d bytes allocated for %d", name, grown, len(b))
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestEdits(t *testing.T) {
	packets := func() []Packet {
		out := make([]Packet, 10)
		for i := range out {
			out[i] = Packet{PTS: int64(i) * 100, Duration: 100}
		}
		return out
	}
	for _, c := range []struct {
		name          string
		edits         []edit
		first, hidden int64
		err           error
	}{
		{"none", nil, 0, 0, nil},
		{"a pause", []edit{{500, -1}}, 500, 0, nil},
		{"a pause and a cut", []edit{{500, -1}, {0, 200}}, 500, 2, nil},
		{"cut at both ends", []edit{{600, 200}}, 0, 4, nil},
		{"cut within a picture", []edit{{0, 150}}, 0, 2, nil},
		{"two edits", []edit{{100, 0}, {100, 500}}, 0, 0, errComplex},
	} {
		p := packets()
		err := applyEdits(p, c.edits, 1000, 1000)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.name, err)
			continue
		} else if err != nil {
			continue
		}
		hidden, first := int64(0), int64(-1)
		for _, p := range p {
			if p.hidden {
				hidden++
			} else if first < 0 {
				first = p.PTS
			}
		}
		if hidden != c.hidden || first != c.first {
			t.Errorf("%s: %d hidden, first at %d", c.name, hidden, first)
		}
	}
}

// An index of ten hours at 60 frames a second stays far below what a run may use.
func TestLongIndexMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 100 MB")
	}
	const n = 10 * 3600 * 60
	sizes, keys := words(0, 0, n), words(0, n/30)
	for i := range uint32(n) {
		sizes = binary.BigEndian.AppendUint32(sizes, 40000+i%100)
		if i%30 == 0 {
			keys = binary.BigEndian.AppendUint32(keys, i+1)
		}
	}
	b := asFile(handMade(made("stts", words(0, 1, n, 10)), made("stsc", words(0, 1, 1, n, 1)), made("co64", words(0, 1, 0, 100)), made("stsz", sizes), made("stss", keys)))
	sizes = nil
	before := allocated()
	f, err := readMP4(bytes.NewReader(b), 100<<30)
	if err != nil {
		t.Fatal(err)
	}
	if f.Duration != 10*time.Hour || len(f.packets) != n {
		t.Errorf("%d packets, %v", len(f.packets), f.Duration)
	}
	perPacket := float64(allocated()-before) / n
	t.Logf("%.1f bytes a packet, %.0f MB for 10 hours at 60 frames/s", perPacket, perPacket*n/1e6)
	if perPacket > 64 {
		t.Errorf("%.1f bytes a packet", perPacket)
	}
	d := Join(f)
	start := time.Now()
	plan, err := d.Plan(t.Context(), second)
	if err != nil || plan.Expected != 36000 {
		t.Errorf("plan: %v, %v", plan, err)
	}
	t.Logf("planned in %v", time.Since(start))
}

func FuzzReadMP4(f *testing.F) {
	stbl := [][]byte{made("stts", words(0, 1, 4, 20)), made("stsc", words(0, 1, 1, 4, 1)), made("stco", words(0, 1, 100)), made("stsz", words(0, 0, 4, 10, 20, 30, 40)), made("stss", words(0, 1, 1)), made("ctts", words(0, 1, 4, 20))}
	f.Add(asFile(handMade(stbl...)))
	f.Add(asFile(handMade(made("stsz", words(0, 7, 4)), stbl[0], stbl[1], stbl[2])))
	f.Add(asFile(handMade(made("stz2", words(0, 4, 4), []byte{0x12, 0x3f}), stbl[0], stbl[1], stbl[2])))
	if _, err := exec.LookPath("ffmpeg"); err == nil {
		for _, c := range []int{1, 3, 4} {
			if b, err := os.ReadFile(clip(f, indexed[c].name, indexed[c].args...)); err == nil {
				if at := bytes.Index(b, []byte("moov")); at > 4 {
					f.Add(asFile(b[at-4 : min(len(b), at-4+int(binary.BigEndian.Uint32(b[at-4:])))]))
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := allocated()
		file, err := readMP4(bytes.NewReader(b), int64(len(b)))
		if grown := allocated() - before; grown > uint64(400*len(b)+4<<20) {
			t.Fatalf("%d bytes allocated for %d", grown, len(b))
		}
		if err != nil {
			return
		}
		if len(file.packets) == 0 {
			t.Fatal("no packets and no error")
		}
		for i, p := range file.packets {
			if p.Size < 0 || p.Pos < 0 || i > 0 && p.PTS < file.packets[i-1].PTS {
				t.Fatalf("packet %d: %+v", i, p)
			}
			if !p.Missing && p.Pos+p.Size > int64(len(b)) {
				t.Fatalf("packet %d lies beyond the end: %+v", i, p)
			}
		}
	})
}
