package video

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"requin/frame"
)

// clock is a video that shows its own time: sixteen squares, black or white, are the bits of the time in
// fiftieths of a second, in Gray's code: from one to the next one square changes. Whoever shows a picture of it shows when it was taken.
const clockTicks = 50

func clock(length float64) []string { return []string{"-f", "lavfi", "-i", clockFilter(25, length)} }

func clockFilter(rate int, length float64) string {
	const bit = `floor(X/16)+4*floor(Y/16)`
	return fmt.Sprintf(`nullsrc=s=64x64:r=%d:d=%g,format=yuv420p,geq=lum='if(mod(floor(round(T*%d)/pow(2\,%s))+floor(round(T*%[3]d)/pow(2\,1+%s))\,2)\,235\,16)':cb=128:cr=128`,
		rate, length, clockTicks, bit, bit)
}

// told reads the time that a picture of the clock shows; an error where its squares are neither black nor white.
func told(pix []byte, w, h int) (time.Duration, error) {
	ticks := 0
	for bit := range 16 {
		x, y := w*(2*(bit%4)+1)/8, h*(2*(bit/4)+1)/8
		switch grey := pix[3*(y*w+x)+1]; {
		case grey > 170:
			ticks ^= 2<<bit - 1
		case grey > 85:
			return 0, fmt.Errorf("square %d is neither black nor white (%d)", bit, grey)
		}
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}

// container is how a video lies in a file, and which codecs are put into it.
type container struct {
	ext    string
	args   []string
	codecs []string
	moves  bool // its clock may begin elsewhere than at 0
}

var containers = []container{
	{"mp4", nil, []string{"h264", "h264-b", "hevc", "hevc-b", "mpeg4", "mjpeg"}, true},
	{"mov", nil, []string{"h264", "h264-b", "hevc-b", "mjpeg", "mpeg2-b"}, true},
	{"fragmented.mp4", []string{"-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4"}, []string{"h264", "h264-b", "hevc-b"}, true},
	{"mkv", nil, []string{"h264", "h264-b", "hevc", "hevc-b", "mpeg2-b", "mjpeg"}, true},
	{"ts", []string{"-f", "mpegts"}, []string{"h264", "h264-b", "hevc-b", "mpeg2", "mpeg2-b"}, true},
	{"mts", []string{"-mpegts_m2ts_mode", "1", "-f", "mpegts"}, []string{"h264", "h264-b", "mpeg2-b"}, true},
	{"m2t", []string{"-muxdelay", "0", "-f", "mpegts"}, []string{"h264-b", "mpeg2-b"}, true},
	{"mpg", []string{"-f", "mpeg"}, []string{"mpeg2", "mpeg2-b", "h264-b"}, true},
	{"vob", []string{"-f", "vob"}, []string{"mpeg2-b"}, true},
	{"avi", nil, []string{"h264", "h264-b", "mpeg4", "mpeg4-b", "mjpeg", "mpeg2-b"}, false},
}

// encoder is ffmpeg's arguments for a codec, with a key frame every gop pictures; -b: with B-frames.
func encoder(codec string, gop int) []string {
	keys := []string{"-g", fmt.Sprint(gop), "-sc_threshold", "0"}
	switch codec {
	case "h264":
		return append(x264(gop, 0), "-crf", "10")
	case "h264-b":
		return append(x264(gop, 2), "-x264-params", "b-pyramid=none:b-adapt=0")
	case "hevc":
		return x265(gop, 0)
	case "hevc-b":
		return x265(gop, 3)
	case "mpeg2":
		return append(keys, "-c:v", "mpeg2video", "-q:v", "2")
	case "mpeg2-b":
		return append(keys, "-c:v", "mpeg2video", "-q:v", "2", "-bf", "2")
	case "mpeg4":
		return append(keys, "-c:v", "mpeg4", "-q:v", "2")
	case "mpeg4-b":
		return append(keys, "-c:v", "mpeg4", "-q:v", "2", "-bf", "2")
	}
	return []string{"-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"}
}

// moment is one file of the clock.
type moment struct {
	name  string
	args  [][]string
	edit  func(t *testing.T, path string) string // what is made of the file; nil: it is taken as it is
	shows func(at time.Duration) time.Duration   // what the clock shows at a time of the file; nil: that time
	slack time.Duration                          // how far apart pictures may lie; 0: as they do in the clock
}

// half is half of a picture's time in the clock.
const half = 20 * time.Millisecond

// plainMoments is every container with some or, with REQUIN_VERIFY, each of its codecs, beginnings and distances of key frames.
func plainMoments(all bool) []moment {
	var out []moment
	add := func(c container, codec string, gop int, offset float64) {
		args := [][]string{clock(4), encoder(codec, gop), c.args}
		if offset != 0 {
			args = append(args, []string{"-output_ts_offset", fmt.Sprint(offset)})
		}
		out = append(out, moment{name: fmt.Sprintf("%s-%d-%g.%s", codec, gop, offset, c.ext), args: args})
	}
	offsets := []float64{1.4, 5, 0.5, 0}
	for n, c := range containers {
		if !all {
			offset := offsets[n%3]
			if !c.moves {
				offset = 0
			}
			add(c, c.codecs[n%len(c.codecs)], []int{10, 60}[n%2], offset)
			continue
		}
		for _, codec := range c.codecs {
			for _, gop := range []int{10, 60} {
				for _, offset := range offsets {
					if offset == 0 || c.moves {
						add(c, codec, gop, offset)
					}
				}
			}
		}
	}
	return out
}

// editedMoments are files whose times are no straight line from 0, or wrap on the way.
func editedMoments(all bool) []moment {
	trim := func(t *testing.T, path string) string {
		return clip(t, "trimmed-"+filepath.Base(path), []string{"-ss", "0.5", "-i", path, "-c", "copy"})
	}
	out := []moment{
		{name: "trimmed-h264-b-60.mp4", args: [][]string{clock(4), encoder("h264-b", 60)}, edit: trim},
		{name: "two-edits-h264-b-10.mp4", args: [][]string{clock(4), encoder("h264-b", 10)}, edit: twoEdits, shows: func(at time.Duration) time.Duration {
			if at < time.Second {
				return at
			}
			return at + time.Second
		}},
		{name: "uneven-h264-b-10.mkv", args: [][]string{clock(4), {"-vf", `select=mod(n\,5)`, "-fps_mode", "passthrough"}, encoder("h264-b", 10)}, slack: 2 * half},
	}
	if !all {
		return out
	}
	wrap := []string{"-f", "mpegts", "-output_ts_offset", "95441.5"} // 33 bits of 90 kHz end 2.2 s later
	return append(out,
		moment{name: "trimmed-hevc-b-60.mov", args: [][]string{clock(4), encoder("hevc-b", 60)}, edit: trim},
		moment{name: "trimmed-h264-10.mp4", args: [][]string{clock(4), encoder("h264", 10)}, edit: trim},
		moment{name: "two-edits-h264-60.mp4", args: [][]string{clock(4), encoder("h264", 60)}, edit: twoEdits, shows: out[1].shows},
		moment{name: "uneven-hevc-b-60.mp4", args: [][]string{clock(4), {"-vf", `select=mod(n\,5)`, "-fps_mode", "passthrough"}, encoder("hevc-b", 60)}, slack: 2 * half},
		moment{name: "wrapping-h264-b-10.mts", args: [][]string{clock(4), encoder("h264-b", 10), wrap}},
		moment{name: "wrapping-mpeg2-b-60.ts", args: [][]string{clock(4), encoder("mpeg2-b", 60), wrap}},
		moment{name: "wmv.wmv", args: [][]string{clock(4), {"-c:v", "wmv2", "-q:v", "2", "-g", "10"}}},
		moment{name: "h264.flv", args: [][]string{clock(4), encoder("h264-b", 10)}},
		moment{name: "vp9.webm", args: [][]string{clock(4), {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "10", "-crf", "10", "-b:v", "0", "-output_ts_offset", "1.4"}}},
		moment{name: "open-h264-b-10.mts", args: [][]string{clock(4), encoder("h264-b", 10), {"-x264-params", "open-gop=1", "-f", "mpegts"}}},
		moment{name: "open-h264-b-10.mkv", args: [][]string{clock(4), encoder("h264-b", 10), {"-x264-params", "open-gop=1", "-output_ts_offset", "5"}}},
	)
}

// twoEdits writes an edit list that shows 0 to 1 s and 2 to 4 s of a file.
func twoEdits(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	track := bytes.LastIndex(b, []byte("mdhd"))
	scale := binary.BigEndian.Uint32(b[track+16:])
	at := bytes.Index(b, []byte("elst")) - 4
	delay := binary.BigEndian.Uint32(b[at+20:]) // where the first picture is shown
	old := binary.BigEndian.Uint32(b[at:])
	list := made("elst", words(0, 2, 1000, delay, 1<<16, 2000, delay+2*scale, 1<<16))
	grown := uint32(len(list)) - old
	out := slices.Concat(b[:at], list, b[at+int(old):])
	for _, box := range []string{"moov", "trak", "edts"} { // the index lies at the end of the file: no other place moves
		i := bytes.LastIndex(out[:at], []byte(box)) - 4
		binary.BigEndian.PutUint32(out[i:], binary.BigEndian.Uint32(out[i:])+grown)
	}
	edited := filepath.Join(t.TempDir(), filepath.Base(path))
	if err := os.WriteFile(edited, out, 0o644); err != nil {
		t.Fatal(err)
	}
	return edited
}

// Whatever a file is like, all who show a picture of a moment show that moment, to half a picture: the picture that
// is counted, the evidence of it, the review's, the dataset's, and the first of a clip.
func TestThePictureIsOfTheMoment(t *testing.T) {
	all := os.Getenv("REQUIN_VERIFY") != ""
	for _, m := range append(plainMoments(all), editedMoments(all)...) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			path := clip(t, "moment-"+m.name, m.args...)
			if m.edit != nil {
				path = m.edit(t, path)
			}
			if m.shows == nil {
				m.shows = func(at time.Duration) time.Duration { return at }
			}
			d := open(t, path)
			if err := d.Index(t.Context()); err != nil {
				t.Fatal(err)
			}
			w := watcher{t, d, m, 0}
			w.counts(40*time.Millisecond, 2*time.Second)
			w.counts(time.Second, time.Minute)
			if all {
				w.counts(700*time.Millisecond, 1500*time.Millisecond)
				w.counts(2*time.Second, time.Minute)
			}
			var some []frame.Instant
			for i, at := range []time.Duration{1900 * time.Millisecond, 0, d.Duration() - 45*time.Millisecond} {
				instant, ok := d.Nearest(at)
				if !ok || (instant.Time-at).Abs() > half+m.slack {
					t.Fatalf("nearest to %v is %v", at, instant.Time)
				}
				if all || i == 0 {
					w.shown(instant, all)
				}
				some = append(some, instant)
			}
			slices.SortFunc(some, func(a, b frame.Instant) int { return cmp.Compare(a.Time, b.Time) })
			got, gaps := exactly(t, d, some)
			if len(got) != len(some) || len(gaps) > 0 {
				t.Fatalf("exactly: %d pictures of %d, gaps %v", len(got), len(some), gaps)
			}
			for i, p := range got {
				w.check("exactly", p.pix, 90, some[i].Time) // as exactly scales it
			}
			w.clip(2300 * time.Millisecond)
			if all {
				w.clip(0)
				w.clip(1300 * time.Millisecond)
			}
		})
	}
}

// watcher holds pictures of a file against the clock in them.
type watcher struct {
	t      *testing.T
	dive   *Deployment
	file   moment
	origin time.Duration // what the clock shows where the file begins
}

// check holds a picture of size×size against the time that it is said to be of.
func (w *watcher) check(who string, pix []byte, size int, at time.Duration) {
	w.t.Helper()
	shows, err := told(pix, size, size)
	if want := w.file.shows(at); err != nil || (shows-w.origin-want).Abs() >= half {
		w.t.Errorf("%s: the picture at %v shows %v, want %v (%v)", who, at, shows-w.origin, want, err)
	}
}

// counts looks at the pictures of a count, read in segments of about a length.
func (w *watcher) counts(every, length time.Duration) {
	w.t.Helper()
	got := watch(w.t, w.dive, frame.Sampling{Every: every}, length, 64, 64)
	if len(got.gaps) > 0 || len(got.pictures) != got.plan.Expected || len(got.pictures) == 0 {
		w.t.Fatalf("every %v: %d pictures of %d, gaps %v", every, len(got.pictures), got.plan.Expected, got.gaps)
	}
	if w.origin == 0 {
		var err error
		if w.origin, err = told(got.pictures[0].pix, 64, 64); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, p := range got.pictures {
		w.check(fmt.Sprintf("every %v", every), p.pix, 64, p.at)
	}
}

// shown looks at what people are shown of an instant.
func (w *watcher) shown(at frame.Instant, asJPEG bool) {
	w.t.Helper()
	still, err := w.dive.Still(w.t.Context(), at)
	if err != nil {
		w.t.Fatal(err)
	}
	w.check("still", rgbOf(still, 64, 64), 64, at.Time)
	if !asJPEG {
		return
	}
	text, err := w.dive.JPEG(w.t.Context(), at, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	w.check("JPEG", rgbOf(img, 64, 64), 64, at.Time)
}

// clip looks at all pictures of a clip: each shows the time of the first, as Clip tells it, and its own.
func (w *watcher) clip(from time.Duration) {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "clip.mp4")
	first, err := w.dive.Clip(w.t.Context(), path, from, time.Second)
	if err != nil {
		w.t.Fatal(err)
	}
	if first > from+half+w.file.slack || first < from-2500*time.Millisecond {
		w.t.Errorf("the clip from %v begins at %v", from, first)
	}
	f := probe(w.t, path)
	pictures := reference(w.t, path, f.Stream, 64, 64)
	if at := f.Base.Seconds(pictures[0].pts); at.Abs() > time.Millisecond {
		w.t.Errorf("the first picture of the clip from %v is shown at %v", from, at)
	}
	for _, p := range pictures {
		w.check(fmt.Sprintf("clip from %v", from), p.pix, 64, first+f.Base.Seconds(p.pts))
	}
	end := first + f.Base.Seconds(pictures[len(pictures)-1].pts)
	if want := min(from+time.Second, w.dive.Duration()) - 100*time.Millisecond; end < want {
		w.t.Errorf("the clip from %v ends at %v, want %v", from, end, want)
	}
}
