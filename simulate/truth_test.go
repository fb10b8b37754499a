package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/taxon"
	"requin/video"
)

func gather(t testing.TB, records iter.Seq2[annotate.Record, error]) []annotate.Record {
	t.Helper()
	var out []annotate.Record
	for r, err := range records {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func digest(t testing.TB, records []annotate.Record) string {
	t.Helper()
	hash := sha256.New()
	for _, r := range records {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(hash, "%T %s\n", r, text)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:8])
}

// The truth of a seed stays what it is. Where it must change, Version changes too.
func TestTruthGolden(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors round differently")
	}
	const want = "3c70bdbccdc4f055"
	d := planOne(t, small())
	got := digest(t, gather(t, d.Truth(t.Context())))
	if again := digest(t, gather(t, d.Truth(t.Context()))); again != got {
		t.Errorf("ranged over again it gives %s, before %s", again, got)
	}
	if got != want {
		t.Errorf("the truth is %s, was %s", got, want)
	}
}

// MaxN by the plainest means from the marks alone, and what else must hold of the records.
func TestTruth(t *testing.T) {
	d := planOne(t, small())
	grid := map[int]bool{}
	for n := range d.Frames { // the plainest way: the first frame at or after each whole second
		if t := d.Time(n); t >= 8*time.Second && (n == 0 || t.Truncate(time.Second) != d.Time(n-1).Truncate(time.Second)) {
			grid[n] = true
		}
	}
	if len(grid) != 28 || !grid[d.frameAt(8*time.Second)] || grid[0] {
		t.Errorf("%d frames on the grid", len(grid))
	}
	type key struct{ label, metric string }
	want, counts := map[key]float64{}, map[key]float64{}
	first := map[string]int{}
	present := map[int]map[string]float64{} // by frame of the deployment
	tracks := map[string]string{}
	visible := map[string]bool{} // tracks that are drawn and have not gone
	looks, marks := 0, 0
	for _, r := range gather(t, d.Truth(t.Context())) {
		switch r := r.(type) {
		case annotate.Deployment:
			if len(r.Chapters) != 2 || len(r.Periods) != 1 || r.Periods[0].From != 8*time.Second || r.Periods[0].To != 36*time.Second || r.Extra["simulate.synthetic"] != Notice {
				t.Errorf("deployment %+v", r)
			}
			for _, c := range r.Chapters {
				first[c.Path] = d.frameAt(c.Offset)
			}
		case annotate.Media:
			if r.Extra["simulate.synthetic"] != Notice || r.Deployment != d.OpCode {
				t.Errorf("media %+v", r)
			}
			visible = map[string]bool{}
		case annotate.Track:
			tracks[r.Media+" "+r.ID] = annotate.Best(r.Names)
		case annotate.Mark:
			marks++
			id := r.Media + " " + r.Track
			label, named := tracks[id]
			box, ok := r.Shape.Bounds()
			if !named || !ok || box.Clip(float64(d.W), float64(d.H)) != box || box.Area() < seenSide {
				t.Errorf("mark %+v", r)
			}
			if r.Outside {
				if !visible[id] {
					t.Errorf("%s goes without having been there", id)
				}
				delete(visible, id)
				continue
			}
			visible[id] = true
			n := first[r.Media] + r.Frame
			if present[n] == nil {
				present[n] = map[string]float64{}
			}
			present[n][label]++
		case annotate.Look:
			looks++
		case annotate.Count:
			counts[key{r.Label, r.Metric}] = r.Value
			if (r.Value == 0) != (r.Time == annotate.None) {
				t.Errorf("count %+v", r)
			}
		}
	}
	for n, taxa := range present {
		if d.Time(n) < d.Settle {
			continue
		}
		for label, k := range taxa {
			want[key{label, MaxNEveryFrame}] = max(want[key{label, MaxNEveryFrame}], k)
			if grid[n] {
				want[key{label, ""}] = max(want[key{label, ""}], k)
			}
		}
	}
	for _, taxon := range Taxa() {
		for _, metric := range []string{"", MaxNEveryFrame} {
			k := key{taxon.Name, metric}
			if got, stated := counts[k]; !stated || got != want[k] {
				t.Errorf("%v: %v (stated %v), the marks say %v", k, got, stated, want[k])
			}
		}
	}
	if looks != d.Frames || marks < 100 || want[key{"Carcharhinus amblyrhynchos", ""}]+want[key{"Carcharhinus melanopterus", ""}] < 2 {
		t.Errorf("%d looks at %d frames, %d marks, %v", looks, d.Frames, marks, want)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, err := range d.Truth(ctx) {
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestTruthStep(t *testing.T) {
	o := small()
	o.TruthStep = 7
	d := planOne(t, o)
	var frames []int
	for _, r := range gather(t, d.Truth(t.Context())) {
		if look, ok := r.(annotate.Look); ok && look.Media == d.path(d.Chapters[0]) {
			frames = append(frames, look.Frame)
		}
	}
	for n := 8 * 3; n < 90; n += 3 {
		if !slices.Contains(frames, n) {
			t.Errorf("frame %d of the 1 s grid has no truth", n)
		}
	}
	if !slices.Contains(frames, 7) || slices.Contains(frames, 8) || slices.Contains(frames, 25) {
		t.Errorf("truth for %v", frames)
	}
}

// The codes are the ones of the list of Codes for Australian Aquatic Biota.
func TestTaxa(t *testing.T) {
	list := Taxa()
	if n := len(list.Studied()); n != 3 || len(list) < 7 {
		t.Errorf("%d taxa, %d of them studied", len(list), n)
	}
	if _, err := list.Claims(); err != nil {
		t.Error(err)
	}
	for _, x := range list {
		if len(x.CAAB) != 8 || x.Common == "" || x.Role != taxon.Studied && x.Role != taxon.Context {
			t.Errorf("%+v", x)
		}
	}
}

func TestOptions(t *testing.T) {
	if err := Defaults().Check(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Options){
		"0 deployments":     func(o *Options) { o.Deployments = 0 },
		"stations or clips": func(o *Options) { o.Kind = "film" },
		"96x64":             func(o *Options) { o.W = 321 },
		"3840x2160":         func(o *Options) { o.H = 4000 },
		"1 to 60":           func(o *Options) { o.Rate = frame.Rational{Num: 1, Den: 2} },
		"120/1":             func(o *Options) { o.Rate = frame.Rational{Num: 120, Den: 1} },
		"1s to 6h":          func(o *Options) { o.Duration = 7 * time.Hour },
		"chapters of 0s":    func(o *Options) { o.Chapter = 0 },
		"at most 99":        func(o *Options) { o.Chapter = time.Second },
		"no meaning":        func(o *Options) { o.Kind = Clips },
		"time to count":     func(o *Options) { o.Settle = o.Duration },
		"depths":            func(o *Options) { o.Depth = Range{10, 5} },
		"turbidity":         func(o *Options) { o.Turbidity.Max = 1.1 },
		"sharks":            func(o *Options) { o.Sharks.Min = -1 },
		"usual fish":        func(o *Options) { o.Context.Max = 9 },
		"0th":               func(o *Options) { o.TruthStep = 0 },
		"mud":               func(o *Options) { o.Habitats = []Habitat{"mud"} },
	} {
		o := Defaults()
		spoil(&o)
		if _, err := Plan(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

// A deployment is written as a camera would, says what it is, and is not written twice.
func TestWrite(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is missing")
	}
	o := small()
	o.W, o.H, o.Rate, o.Duration, o.Settle, o.Chapter = 96, 64, frame.Rational{Num: 30000, Den: 1001}, 2500*time.Millisecond, time.Second, 2*time.Second
	d, folder := planOne(t, o), t.TempDir()
	done := 0
	if err := d.Write(t.Context(), folder, func(n, _ int) { done = n }); err != nil {
		t.Fatal(err)
	}
	if done != d.Frames || d.Frames != 75 {
		t.Errorf("%d of %d frames", done, d.Frames)
	}
	var before []os.FileInfo
	for i, want := range []int{60, 15} {
		path := filepath.Join(folder, "SIM001", []string{"GX010001.MP4", "GX020001.MP4"}[i])
		if d.Chapters[i].Name != filepath.Base(path) || d.Chapters[i].Frames != want {
			t.Errorf("chapter %+v", d.Chapters[i])
		}
		file, err := video.Probe(t.Context(), path, frame.Rational{})
		if err != nil {
			t.Fatal(err)
		}
		if want := d.Time(want); (file.Duration-want).Abs() > time.Millisecond || file.W != 96 || file.H != 64 || file.Codec != "h264" {
			t.Errorf("%s: %v, %dx%d, %s", path, file.Duration, file.W, file.H, file.Codec)
		}
		said, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "format_tags", path).Output()
		if err != nil || !strings.Contains(string(said), "TAG:title="+Notice) || !strings.Contains(string(said), "seed "+fmt.Sprint(d.Seed)) {
			t.Errorf("%s says %s (%v)", path, said, err)
		}
		content, _ := os.ReadFile(path)
		if n := strings.Count(string(content), streamNote); n != want/15 {
			t.Errorf("%s: the stream says %d times what it is", path, n)
		}
		info, _ := os.Stat(path)
		before = append(before, info)
	}
	// a chapter that was lost is made again, the other is kept
	if err := os.Remove(filepath.Join(folder, "SIM001", "GX020001.MP4")); err != nil {
		t.Fatal(err)
	}
	if err := planOne(t, o).Write(t.Context(), folder, nil); err != nil {
		t.Fatal(err)
	}
	kept, _ := os.Stat(filepath.Join(folder, "SIM001", "GX010001.MP4"))
	again, err := os.Stat(filepath.Join(folder, "SIM001", "GX020001.MP4"))
	if err != nil || !kept.ModTime().Equal(before[0].ModTime()) || !again.ModTime().After(before[1].ModTime()) || again.Size() != before[1].Size() {
		t.Errorf("kept %v, made again %v (%v)", kept, again, err)
	}
	if a, b := digest(t, gather(t, d.Truth(t.Context()))), digest(t, gather(t, planOne(t, o).Truth(t.Context()))); a != b {
		t.Error("the truth of what was written is not that of what was planned")
	}
}

func TestWriteCancelled(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is missing")
	}
	o := small()
	o.W, o.H = 96, 64
	ctx, stop := context.WithCancel(t.Context())
	folder := t.TempDir()
	err := planOne(t, o).Write(ctx, folder, func(done, _ int) {
		if done == 7 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	left, _ := os.ReadDir(filepath.Join(folder, "SIM001"))
	for _, f := range left {
		t.Errorf("%s is left", f.Name())
	}
}
