package scan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/video"
)

// memory is a journal in memory. It keeps bytes, as one on a disk does.
type memory struct {
	kept  map[string][]byte
	saved []string
	fail  error // what Save returns
	load  error // what Load returns
}

func (m *memory) Load(name string, into any) (bool, error) {
	b, ok := m.kept[name]
	if !ok || m.load != nil {
		return false, m.load
	}
	return json.Unmarshal(b, into) == nil, nil
}

func (m *memory) Save(name string, v any) error {
	if m.fail != nil {
		return m.fail
	}
	b, err := json.Marshal(v)
	if m.kept == nil {
		m.kept = map[string][]byte{}
	}
	m.kept[name] = b
	m.saved = append(m.saved, name)
	return err
}

// fake finds one animal in each picture, whose score is the brightness of the
// picture's middle, and none in every third. It does something else at picture number at.
type fake struct {
	seen int
	at   int
	then func() error
}

func (d *fake) Detect(f *frame.Frame) ([]detect.Detection, error) {
	d.seen++
	if d.then != nil && d.seen == d.at {
		if err := d.then(); err != nil {
			return nil, err
		}
	}
	if d.seen%3 == 0 {
		return nil, nil
	}
	middle := f.Pix[3*(f.H/2*f.W+f.W/2)]
	return []detect.Detection{{Box: frame.Box{X1: 1, Y1: 1}, Taxon: "shark", Score: float32(middle) / 255}}, nil
}

// clip makes a small video: ten pictures a second, a key frame in each of the given seconds.
func clip(t *testing.T, seconds, key int) string {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	path := filepath.Join(t.TempDir(), "clip.mp4")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=96x64:rate=10:duration=%d", seconds),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", fmt.Sprint(10*key), "-keyint_min", fmt.Sprint(10*key), "-sc_threshold", "0", "-pix_fmt", "yuv420p",
		"-movflags", "+faststart", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// job is a job on a file, at a picture a second.
func job(t *testing.T, path string) Job {
	t.Helper()
	f, err := video.Probe(t.Context(), path, frame.Rational{})
	if err != nil {
		t.Fatal(err)
	}
	dive := video.Join(f)
	plan, err := dive.Plan(t.Context(), frame.Sampling{Every: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return Job{Dive: dive, Segments: plan.Segments, Detectors: []Detector{&fake{}}, Journal: &memory{}, Size: func(int, int) (int, int) { return 48, 27 }}
}

func TestRun(t *testing.T) {
	for _, key := range []int{1, 4} { // key frames alone; everything decoded
		j := job(t, clip(t, 12, key))
		var seen []Progress
		j.Progress = func(p Progress) { seen = append(seen, p) }
		got, err := j.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Frames) != 12 || len(got.Gaps) != 0 {
			t.Fatalf("%d frames, gaps %v", len(got.Frames), got.Gaps)
		}
		for i, f := range got.Frames {
			if f.Time != time.Duration(i)*time.Second {
				t.Errorf("frame %d is at %v", i, f.Time)
			}
			if f.Detections == nil || len(f.Detections) != min(1, (i+1)%3) {
				t.Errorf("frame %d: %v (an empty list, never null, where nothing was found)", i, f.Detections)
			}
		}
		var streamed []detect.Frame
		for f, err := range got.Stream() {
			if err != nil {
				t.Fatal(err)
			}
			streamed = append(streamed, f)
		}
		if !reflect.DeepEqual(streamed, got.Frames) {
			t.Error("the stream gives other frames")
		}
		checkProgress(t, seen, 12, 0)
		// The journal holds all of it: nothing is looked at again, and the result is the same.
		seen = nil
		j.Detectors = []Detector{&fake{at: 1, then: func() error { return errors.New("looked at again") }}}
		again, err := j.Run(t.Context())
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("from the journal: %v, %+v, want %+v", err, again, got)
		}
		checkProgress(t, seen, 12, 12)
	}
}

// checkProgress wants a progress that only ever grows and ends at the end.
func checkProgress(t *testing.T, seen []Progress, total, resumed int) {
	t.Helper()
	last := 0
	for _, p := range seen {
		if p.Total != total || p.Done < last || p.Done > total || p.Resumed != resumed {
			t.Errorf("progress %+v after %d", p, last)
		}
		last = p.Done
	}
	if last != total {
		t.Errorf("the progress ends at %d of %d", last, total)
	}
}

// spoil writes over the bytes of some pictures.
func spoil(t *testing.T, path string, from, to float64) {
	t.Helper()
	f, err := video.Probe(t.Context(), path, frame.Rational{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Packets() {
		if at := f.Base.Seconds(p.PTS).Seconds(); from <= at && at < to {
			for i := p.Pos + 4; i < p.Pos+p.Size; i++ {
				b[i] = 0xff
			}
		}
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// What is damaged is a gap, and no frame that lies in it is used.
func TestRunDamaged(t *testing.T) {
	for _, key := range []int{1, 4} {
		path := clip(t, 12, key)
		spoil(t, path, 4.9, 6.1)
		j := job(t, path)
		var seen []Progress
		j.Progress = func(p Progress) { seen = append(seen, p) }
		got, err := j.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Gaps) == 0 || len(got.Frames) == 0 || len(got.Frames) >= 12 {
			t.Fatalf("key frames every %d s: %d frames, gaps %v", key, len(got.Frames), got.Gaps)
		}
		for _, f := range got.Frames {
			if inGap(f.Time, got.Gaps) {
				t.Errorf("the frame at %v lies in one of %v", f.Time, got.Gaps)
			}
		}
		for s := range 12 { // each second was looked at or is missing
			at := time.Duration(s) * time.Second
			looked := false
			for _, f := range got.Frames {
				looked = looked || f.Time == at
			}
			if !looked && !inGap(at, got.Gaps) {
				t.Errorf("nothing is said of second %d", s)
			}
		}
		checkProgress(t, seen, 12, 0)
	}
}

func TestRunStopsAtErrors(t *testing.T) {
	broken := errors.New("broken")
	path := clip(t, 12, 1)
	for name, spoil := range map[string]func(*Job){
		"detector": func(j *Job) { j.Detectors = []Detector{&fake{at: 5, then: func() error { return broken }}} },
		"save":     func(j *Job) { j.Journal = &memory{fail: broken} },
		"load":     func(j *Job) { j.Journal = &memory{load: broken, kept: map[string][]byte{segmentName(0): nil}} },
	} {
		j := job(t, path)
		spoil(&j)
		got, err := j.Run(t.Context())
		if !errors.Is(err, broken) || got.Frames != nil {
			t.Errorf("%s: %v, %d frames", name, err, len(got.Frames))
		}
		if kept := j.Journal.(*memory).kept[segmentName(0)]; kept != nil {
			t.Errorf("%s: half a segment was kept", name)
		}
		if name == "detector" && !strings.Contains(err.Error(), "4s") {
			t.Errorf("%q does not say which picture", err)
		}
	}
}

// A file that is no longer what was planned for is an error, not a gap, and nothing is kept.
func TestRunFileGone(t *testing.T) {
	path := clip(t, 12, 1)
	j := job(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "plug the card or disk in") {
		t.Errorf("got %v", err)
	}
	if kept := j.Journal.(*memory).kept; len(kept) > 0 {
		t.Errorf("kept %v", kept)
	}
}

// Cancelling ends the job at once, with everything that it had started.
func TestRunCancelled(t *testing.T) {
	j := job(t, clip(t, 100, 4))
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	j.Detectors = []Detector{&fake{at: 3, then: func() error { cancel(); return nil }}}
	start := time.Now()
	if _, err := j.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	if kept := j.Journal.(*memory).kept; len(kept) > 0 {
		t.Error("half a segment was kept")
	}
	for end := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond) // goroutines of the standard library end a moment later
	}
	if n := runtime.NumGoroutine(); n > before {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines, %d before:\n%s", n, before, stacks[:runtime.Stack(stacks, true)])
	}
}

// Segments that the journal lacks, or that cannot be of this plan, are scanned again: the result is the same.
func TestRunResumes(t *testing.T) {
	j := job(t, clip(t, 250, 4)) // three segments
	if len(j.Segments) < 2 {
		t.Fatalf("%d segments", len(j.Segments))
	}
	j.Detectors = []Detector{constant{}, constant{}}
	whole := &memory{}
	j.Journal = whole
	want, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := len(j.Segments) - 1
	for name, change := range map[string]func(map[string][]byte){
		"the first is missing": func(k map[string][]byte) { delete(k, segmentName(0)) },
		"the last is missing":  func(k map[string][]byte) { delete(k, segmentName(last)) },
		"one is empty":         func(k map[string][]byte) { k[segmentName(0)] = []byte(`{}`) },
		"two changed places": func(k map[string][]byte) {
			k[segmentName(0)], k[segmentName(last)] = k[segmentName(last)], k[segmentName(0)]
		},
	} {
		kept := map[string][]byte{}
		for k, v := range whole.kept {
			kept[k] = v
		}
		change(kept)
		j.Journal = &memory{kept: kept}
		got, err := j.Run(t.Context())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %d frames", name, err, len(got.Frames))
		}
	}
}

// Several detectors, some slower than others, give what one gives.
func TestRunSideBySide(t *testing.T) {
	j := job(t, clip(t, 130, 1)) // two segments
	j.Detectors = []Detector{constant{}}
	want, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	j.Journal = &memory{}
	j.Detectors = []Detector{constant{}, constant{pause: 3 * time.Millisecond}, constant{pause: time.Millisecond}}
	var seen []Progress
	j.Progress = func(p Progress) { seen = append(seen, p) }
	got, err := j.Run(t.Context())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %d frames", err, len(got.Frames))
	}
	checkProgress(t, seen, 130, 0)
	// A failure in the second segment does not take the first with it, however slow that one ends.
	broken := errors.New("broken")
	j.Journal = &memory{}
	j.Detectors = []Detector{constant{from: 120 * time.Second, err: broken}, constant{from: 120 * time.Second, err: broken, pause: 5 * time.Millisecond}}
	if _, err := j.Run(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if saved := j.Journal.(*memory).saved; !reflect.DeepEqual(saved, []string{segmentName(0)}) {
		t.Errorf("saved %v", saved)
	}
}

// constant finds the same in every picture, after a pause, until it fails.
type constant struct {
	pause time.Duration
	from  time.Duration
	err   error
}

func (c constant) Detect(f *frame.Frame) ([]detect.Detection, error) {
	time.Sleep(c.pause)
	if c.err != nil && f.Time >= c.from {
		return nil, c.err
	}
	return []detect.Detection{{Box: frame.Box{X1: float64(f.PTS)}, Taxon: "shark", Score: 0.5}}, nil
}

func TestAnswers(t *testing.T) {
	s := job(t, clip(t, 4, 1)).Segments[0]
	at := func(seconds ...time.Duration) (out []detect.Frame) {
		for _, s := range seconds {
			out = append(out, detect.Frame{Instant: frame.Instant{Time: s * time.Second}})
		}
		return out
	}
	gap := []frame.Gap{{From: 0, To: time.Second}}
	other := at(0)
	other[0].Chapter = 1
	for name, c := range map[string]struct {
		part Part
		want bool
	}{
		"all":             {Part{Frames: at(0, 1, 2, 3)}, true},
		"some missing":    {Part{Frames: at(1, 2, 3), Gaps: gap}, true},
		"nothing but gap": {Part{Gaps: gap}, true},
		"nothing":         {Part{}, false},
		"too many":        {Part{Frames: at(0, 1, 2, 3, 4)}, false},
		"out of order":    {Part{Frames: at(1, 0)}, false},
		"twice":           {Part{Frames: at(1, 1)}, false},
		"in a gap":        {Part{Frames: at(0), Gaps: gap}, false},
		"another time":    {Part{Frames: at(100)}, false},
		"another chapter": {Part{Frames: other}, false},
	} {
		if got := c.part.answers(s); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
