package video

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/frame"
)

// harm is one way in which a file is damaged.
type harm struct {
	name string
	do   func(b []byte, rng *rand.Rand) []byte
}

// sectors picks a span of n bytes of the middle of the file, in whole sectors, where
// neither the head nor an index at the end lies.
func sectors(b []byte, n int, rng *rand.Rand) []byte {
	at := (len(b)/5 + rng.IntN(len(b)*3/5-n)) / 512 * 512
	return b[at : at+n]
}

// zeros are what a card gives for sectors that were never written or are lost.
var zeros = []harm{
	{"sector of zeros", func(b []byte, rng *rand.Rand) []byte { clear(sectors(b, 512, rng)); return b }},
	{"cluster of zeros", func(b []byte, rng *rand.Rand) []byte { clear(sectors(b, 8192, rng)); return b }},
	{"long zeros", func(b []byte, rng *rand.Rand) []byte { clear(sectors(b, len(b)/8/512*512, rng)); return b }},
	{"ones", func(b []byte, rng *rand.Rand) []byte {
		for i, span := 0, sectors(b, 4096, rng); i < len(span); i++ {
			span[i] = 0xff
		}
		return b
	}},
	{"truncated", func(b []byte, rng *rand.Rand) []byte { return b[:len(b)/4+rng.IntN(len(b)*2/3)] }},
	{"hole", func(b []byte, rng *rand.Rand) []byte { // bytes left out: everything after is moved
		at := len(b)/5 + rng.IntN(len(b)/2)
		return append(b[:at:at], b[at+5000:]...)
	}},
}

// noise is other data in the place of the video's. ffmpeg's decoder of HEVC takes most of it for a picture
// and says nothing; its decoder of H.264 notices clusters of it, though not every single sector.
var noise = []harm{
	{"random", func(b []byte, rng *rand.Rand) []byte {
		for i, span := 0, sectors(b, 4096, rng); i < len(span); i++ {
			span[i] = byte(rng.Uint32())
		}
		return b
	}},
	{"stale", func(b []byte, rng *rand.Rand) []byte { // an earlier part of the video in the place of a later
		copy(sectors(b, 4096, rng), b[len(b)/8:])
		return b
	}},
}

// cabac is the entropy coding of cameras.
var cabac = []string{"-coder", "1"}

// harmed are the files that are damaged, and the intervals they are read at.
var harmed = []struct {
	name  string
	every time.Duration
	args  [][]string
}{
	{"harm-key.mp4", time.Second, [][]string{sea("30", 8), x264(15, 0), cabac, {"-movflags", "+faststart"}}},
	{"harm-key.mp4", 200 * time.Millisecond, [][]string{sea("30", 8), x264(15, 0), cabac, {"-movflags", "+faststart"}}},
	{"harm-long.mp4", time.Second, [][]string{sea("30", 8), x264(60, 2), cabac, {"-movflags", "+faststart"}}},
	{"harm-open.mkv", time.Second, [][]string{sea("30", 8), x264(15, 2), {"-x264-params", "open-gop=1:cabac=1"}}},
	{"harm-open.mkv", 200 * time.Millisecond, [][]string{sea("30", 8), x264(15, 2), {"-x264-params", "open-gop=1:cabac=1"}}},
	{"harm.mts", time.Second, [][]string{sea("30", 8), x264(15, 2), cabac, {"-f", "mpegts"}}},
	{"harm.mts", 200 * time.Millisecond, [][]string{sea("30", 8), x264(15, 2), cabac, {"-f", "mpegts"}}},
	{"harm-hevc.mp4", time.Second, [][]string{sea("30", 8), x265(15, 3), {"-movflags", "+faststart"}}},
	{"harm-hevc.mp4", 200 * time.Millisecond, [][]string{sea("30", 8), x265(15, 3), {"-movflags", "+faststart"}}},
	{"harm-hevc.mkv", time.Second, [][]string{sea("30", 8), x265(15, 3)}},
}

// damaged writes a damaged copy of a clip.
func damaged(t testing.TB, path string, h harm, seed uint64) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b = h.do(b, rand.New(rand.NewPCG(seed, 1)))
	out := filepath.Join(t.TempDir(), "damaged"+filepath.Ext(path))
	if err := os.WriteFile(out, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// inGap tells whether a time lies in a gap.
func inGap(gaps []frame.Gap, at time.Duration) bool {
	for _, g := range gaps {
		if at >= g.From && at < g.To {
			return true
		}
	}
	return false
}

// Whatever is done to a file, reading it is no error, and every sampled picture
// outside the gaps is the picture of the sound file at that time. A picture that differs
// and is not in a gap would be counted as looked at: none is allowed.
func TestDamageIsAGap(t *testing.T) {
	seeds, all := uint64(1), false
	if s := os.Getenv("REQUIN_VIDEO_SEEDS"); s != "" { // every damage to every file, so many times
		fmt.Sscan(s, &seeds)
		all = true
	}
	for i, c := range harmed {
		kinds := slices.Clone(zeros)
		if !strings.Contains(c.name, "hevc") {
			kinds = append(kinds, noise...)
		}
		for j, h := range kinds {
			if !all && (j%6 != i%6 || testing.Short() && i%3 != 0) {
				continue
			}
			t.Run(fmt.Sprintf("%s %v %s", c.name, c.every, h.name), func(t *testing.T) {
				t.Parallel()
				path := clip(t, c.name, c.args...)
				d := open(t, path)
				s := frame.Sampling{Every: c.every}
				sound := map[int64][]byte{}
				for _, p := range reference(t, path, d.Files[0].Stream, fitW, fitH) {
					sound[p.pts] = p.pix
				}
				undamaged := watch(t, d, s, 3*time.Second, fitW, fitH)
				for seed := range seeds {
					checkDamaged(t, damaged(t, path, h, seed+1), s, undamaged, sound, h, seed+1)
				}
			})
		}
	}
}

func checkDamaged(t *testing.T, path string, s frame.Sampling, undamaged watched, sound map[int64][]byte, h harm, seed uint64) {
	f, err := Probe(t.Context(), path, frame.Rational{})
	if err != nil {
		if h.name == "truncated" && strings.Contains(err.Error(), "index") {
			return
		}
		t.Fatalf("seed %d: %v", seed, err)
	}
	got, err := watchErr(t.Context(), Join(f), s, 3*time.Second, fitW, fitH)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	cells := map[int64]bool{}
	worst, kept := 0, 0
	for _, p := range got.pictures {
		if inGap(got.gaps, p.at) {
			continue
		}
		kept++
		cells[s.Cell(p.at)] = true
		want, ok := sound[p.pts]
		if !ok {
			t.Errorf("seed %d: no picture of the sound file has the time %v (%d)", seed, p.at, p.pts)
			continue
		}
		if _, most := difference(p.pix, want); most > 6 {
			mean, _ := difference(p.pix, want)
			t.Errorf("seed %d: the picture at %v differs by %d (mean %.2f) and is in no gap; gaps %v", seed, p.at, most, mean, got.gaps)
			worst = max(worst, most)
		}
	}
	// Nothing is silently short: each moment that the sound file shows is either looked at or in a gap.
	for _, p := range undamaged.pictures {
		if h.name == "truncated" && f.Container == "mpegts" && p.at > f.Duration-s.Every {
			break // a transport stream does not say how long it should be
		}
		if !cells[s.Cell(p.at)] && !inGap(got.gaps, p.at) {
			t.Errorf("seed %d: nothing at %v, and no gap: %v", seed, p.at, got.gaps)
		}
	}
	t.Logf("seed %d: %d of %d kept, gaps %v", seed, kept, len(undamaged.pictures), got.gaps)
}
