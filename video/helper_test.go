package video

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"requin/frame"
)

// clips holds the videos that the tests make for themselves, each once a run.
var clips struct {
	sync.Mutex
	dir  string
	made map[string]func() error
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "requin-video-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	clips.dir, clips.made = dir, map[string]func() error{}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func needFFmpeg(t testing.TB) {
	t.Helper()
	if _, err := findTools(); err != nil {
		t.Skip("ffmpeg is missing: ", err)
	}
}

// sea is a moving, noisy picture of 320x180: no two pictures of it are alike.
func sea(rate string, length float64) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=320x180:r=%s:d=%g,noise=alls=14:allf=t:all_seed=7", rate, length)}
}

// x264 encodes fast, with a key frame every gop pictures and b B-frames.
func x264(gop, b int) []string {
	return []string{"-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-b:v", "1500k", "-pix_fmt", "yuv420p",
		"-g", strconv.Itoa(gop), "-keyint_min", strconv.Itoa(gop), "-sc_threshold", "0", "-bf", strconv.Itoa(b)}
}

func x265(gop, b int) []string {
	return []string{"-c:v", "libx265", "-preset", "ultrafast", "-b:v", "1500k", "-pix_fmt", "yuv420p", "-tag:v", "hvc1",
		"-x265-params", fmt.Sprintf("log-level=none:pools=1:keyint=%d:min-keyint=%d:scenecut=0:bframes=%d", gop, gop, b)}
}

// clip makes a file with ffmpeg, once, and returns where it lies.
func clip(t testing.TB, name string, args ...[]string) string {
	t.Helper()
	needFFmpeg(t)
	path := filepath.Join(clips.dir, name)
	clips.Lock()
	make, ok := clips.made[name]
	if !ok {
		make = sync.OnceValue(func() error {
			all := []string{"-nostdin", "-v", "error", "-y"}
			for _, a := range args {
				all = append(all, a...)
			}
			out, err := exec.Command("ffmpeg", append(all, path)...).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		})
		clips.made[name] = make
	}
	clips.Unlock()
	if err := make(); err != nil {
		if strings.Contains(err.Error(), "Unknown encoder") {
			t.Skipf("this ffmpeg cannot make %s", name)
		}
		t.Fatalf("making %s: %v", name, err)
	}
	return path
}

// picture is one picture of a reference or of the reader.
type picture struct {
	pts int64
	at  time.Duration
	key bool
	pix []byte
}

var shownInfo = regexp.MustCompile(`n: *\d+ pts: *(-?\d+) .*iskey:(\d)`)

// reference decodes a whole file with ffmpeg and nothing of this package: every picture that ffmpeg shows, in
// order, w×h, with its time stamp.
func reference(t testing.TB, path string, stream, w, h int) []picture {
	t.Helper()
	needFFmpeg(t)
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "info", "-copyts", "-i", "file:"+path, "-map", fmt.Sprintf("0:%d", stream),
		"-vf", fmt.Sprintf("showinfo=checksum=0,scale=%d:%d:flags=bilinear+accurate_rnd+full_chroma_int,format=rgb24", w, h),
		"-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("reference of %s: %v\n%s", path, err, log.String())
	}
	var pictures []picture
	size := 3 * w * h
	for _, m := range shownInfo.FindAllStringSubmatch(log.String(), -1) {
		pts, _ := strconv.ParseInt(m[1], 10, 64)
		i := len(pictures)
		if out.Len() < (i+1)*size {
			t.Fatalf("reference of %s: %d bytes are short of %d pictures", path, out.Len(), i+1)
		}
		pictures = append(pictures, picture{pts: pts, key: m[2] == "1", pix: out.Bytes()[i*size : (i+1)*size]})
	}
	if len(pictures) == 0 || out.Len() != len(pictures)*size {
		t.Fatalf("reference of %s: %d pictures, %d bytes", path, len(pictures), out.Len())
	}
	return pictures
}

func probe(t testing.TB, path string) *File {
	t.Helper()
	needFFmpeg(t)
	f, err := Probe(t.Context(), path, frame.Rational{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func open(t testing.TB, paths ...string) *Deployment {
	t.Helper()
	var files []*File
	for _, p := range paths {
		files = append(files, probe(t, p))
	}
	return Join(files...)
}

// watched is what reading a deployment gave.
type watched struct {
	plan     *Plan
	pictures []picture
	frames   []frame.Frame // without their pixels
	gaps     []frame.Gap
}

// watch reads a deployment in segments of about the given length.
func watch(t testing.TB, d *Deployment, s frame.Sampling, length time.Duration, fitW, fitH int) watched {
	t.Helper()
	w, err := watchErr(t.Context(), d, s, length, fitW, fitH)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func watchErr(ctx context.Context, d *Deployment, s frame.Sampling, length time.Duration, fitW, fitH int) (watched, error) {
	plan, err := d.plan(ctx, s, length)
	if err != nil {
		return watched{}, err
	}
	w := watched{plan: plan, gaps: plan.Gaps}
	for _, seg := range plan.Segments {
		r := d.Read(ctx, seg, within(fitW, fitH))
		for f, err := range r.Frames() {
			if err != nil {
				return w, err
			}
			w.pictures = append(w.pictures, picture{pts: f.PTS, at: f.Time, pix: bytes.Clone(f.Pix)})
			keep := *f
			keep.Pix = nil
			w.frames = append(w.frames, keep)
		}
		w.gaps = append(w.gaps, r.Gaps()...)
	}
	w.gaps = frame.MergeGaps(w.gaps)
	return w, nil
}

// difference is the mean and the largest absolute difference of two pictures; 255 if they differ in size.
func difference(a, b []byte) (mean float64, most int) {
	if len(a) != len(b) || len(a) == 0 {
		return 255, 255
	}
	sum := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		if d < 0 {
			d = -d
		}
		sum += d
		most = max(most, d)
	}
	return float64(sum) / float64(len(a)), most
}

// sampled is the selection rule, written plainly: the first picture of each cell in the period.
func sampled(pictures []picture, base frame.Rational, start int64, s frame.Sampling, keyOnly bool) []picture {
	var out []picture
	last := s.Cell(s.Period.From) - 1
	for _, p := range pictures {
		p.at = base.Seconds(p.pts - start)
		if keyOnly && !p.key || !s.Period.Contains(p.at) {
			continue
		}
		if cell := s.Cell(p.at); cell > last {
			out = append(out, p)
			last = cell
		}
	}
	return out
}

// same fails the test unless the pictures are those wanted, at the same times.
func same(t testing.TB, got, want []picture) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d pictures, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i].pts != want[i].pts || (got[i].at-want[i].at).Abs() > time.Microsecond {
			t.Errorf("picture %d: pts %d at %v, want %d at %v", i, got[i].pts, got[i].at, want[i].pts, want[i].at)
			return
		}
		if mean, most := difference(got[i].pix, want[i].pix); most > 2 {
			t.Errorf("picture %d at %v: differs by %.2f on average, at most %d", i, got[i].at, mean, most)
			return
		}
	}
}

// data is where the real videos lie.
func data(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("REQUIN_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	path := filepath.Join(root, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is missing: set REQUIN_DATA", path)
	}
	return path
}

// within scales to the largest size within fitW×fitH, aspect kept; 0×0 leaves pictures as they are.
func within(fitW, fitH int) func(w, h int) (int, int) {
	return func(w, h int) (int, int) {
		if fitW <= 0 || fitH <= 0 {
			return w, h
		}
		scale := math.Min(float64(fitW)/float64(w), float64(fitH)/float64(h))
		return max(1, int(math.Round(float64(w)*scale))), max(1, int(math.Round(float64(h)*scale)))
	}
}

// rgbOf is an image as packed RGB.
func rgbOf(img image.Image, w, h int) []byte {
	pix := make([]byte, 3*w*h)
	scaleRGB(img, w, h, pix)
	return pix
}
