package video

import (
	"fmt"
	"os"
	"testing"
	"time"

	"requin/frame"
)

// kinds are the codecs and containers that cameras and archives use, and how each is to be read at one picture a second.
var kinds = []struct {
	name string
	args [][]string
	mode Mode
}{
	{"h264-gop15.mp4", [][]string{sea("30", 5), x264(15, 0)}, KeyPackets},
	{"h264-gop15-b.mov", [][]string{sea("30", 5), x264(15, 3)}, KeyPackets},
	{"h264-gop250.mp4", [][]string{sea("30", 5), x264(250, 2)}, AllFrames},
	{"h264-open.mp4", [][]string{sea("30", 5), x264(15, 2), {"-x264-params", "open-gop=1"}}, KeyFrames},
	{"h264-2997.mp4", [][]string{sea("30000/1001", 5), x264(15, 2), {"-movflags", "+faststart"}}, KeyPackets},
	{"h264-slices.mp4", [][]string{sea("25", 5), x264(12, 2), {"-x264-params", "slices=4"}}, KeyPackets},
	{"h264.mkv", [][]string{sea("30", 5), x264(15, 2)}, KeyFrames},
	{"h264-long.mkv", [][]string{sea("30", 5), x264(75, 2)}, AllFrames},
	{"h264.mts", [][]string{sea("25", 5), x264(12, 2), {"-f", "mpegts"}}, KeyFrames},
	{"h264-long.mts", [][]string{sea("25", 5), x264(60, 2), {"-f", "mpegts"}}, AllFrames},
	{"h264-open.mts", [][]string{sea("25", 5), x264(12, 2), {"-x264-params", "open-gop=1", "-f", "mpegts"}}, KeyFrames},
	{"h264-192.m2ts", [][]string{sea("25", 5), x264(12, 2), {"-mpegts_m2ts_mode", "1", "-f", "mpegts"}}, KeyFrames},
	{"mpeg2.mpg", [][]string{sea("25", 5), {"-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-b:v", "1500k"}}, KeyFrames},
	{"h264-open.mkv", [][]string{sea("30", 5), x264(15, 2), {"-x264-params", "open-gop=1"}}, KeyFrames},
	{"h264-b.avi", [][]string{sea("30", 5), x264(15, 2)}, AllFrames},
	{"h264.avi", [][]string{sea("30", 5), x264(15, 0)}, KeyFrames},
	{"hevc.mp4", [][]string{sea("30", 5), x265(15, 3)}, KeyPackets},
	{"hevc-closed.mp4", [][]string{sea("30", 5), x265(15, 0)}, KeyPackets},
	{"hevc-long.mp4", [][]string{sea("30", 5), x265(100, 3)}, AllFrames},
	{"hevc.mkv", [][]string{sea("30", 5), x265(15, 3)}, KeyFrames},
	{"mpeg4.mp4", [][]string{sea("25", 5), {"-c:v", "mpeg4", "-g", "12", "-b:v", "1500k"}}, KeyFrames},
	{"mpeg4-b.avi", [][]string{sea("25", 5), {"-c:v", "mpeg4", "-g", "100", "-bf", "2", "-b:v", "1500k"}}, AllFrames},
	{"mjpeg.avi", [][]string{sea("25", 3), {"-c:v", "mjpeg", "-q:v", "5", "-pix_fmt", "yuvj420p"}}, KeyFrames},
	{"vp9.webm", [][]string{sea("30", 3), {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "15", "-b:v", "800k"}}, KeyFrames},
	{"vp9.mp4", [][]string{sea("30", 3), {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "15", "-b:v", "800k"}}, KeyPackets},
	{"av1.mp4", [][]string{sea("30", 3), {"-c:v", "libsvtav1", "-preset", "12", "-g", "15", "-svtav1-params", "lp=1"}}, KeyPackets},
	{"av1-long.mkv", [][]string{sea("30", 3), {"-c:v", "libsvtav1", "-preset", "12", "-g", "60", "-svtav1-params", "lp=1"}}, AllFrames},
}

const fitW, fitH = 160, 90

// Every kind of file, read at several intervals and in short segments, gives
// the pictures that the rule names, with their own time stamps.
func TestRead(t *testing.T) {
	for n, k := range kinds {
		if n%2 != 0 && os.Getenv("REQUIN_VERIFY") == "" {
			continue // make verify reads them all
		}
		t.Run(k.name, func(t *testing.T) {
			if testing.Short() && k.mode != KeyPackets {
				t.Skip("short: only what is read by packets")
			}
			t.Parallel()
			path := clip(t, k.name, k.args...)
			d := open(t, path)
			if err := d.Index(t.Context()); err != nil {
				t.Fatal(err)
			}
			f := d.Files[0]
			all := reference(t, path, f.Stream, fitW, fitH)
			for i, s := range []frame.Sampling{
				{Every: time.Second},
				{Every: 200 * time.Millisecond, Period: frame.Period{From: 1100 * time.Millisecond, To: 2450 * time.Millisecond}},
				{Every: 40 * time.Millisecond, Period: frame.Period{From: 2 * time.Second, To: 3 * time.Second}},
				{Every: 5 * time.Second},
				{Every: 1500 * time.Millisecond},
			} {
				if i > 1 && n%4 != 0 && os.Getenv("REQUIN_VIDEO_SEEDS") == "" {
					continue // the rarer intervals on some of the files
				}
				mode := f.mode(s.Every)
				if s.Every == time.Second && mode != k.mode {
					t.Errorf("every %v: mode %q, want %q", s.Every, mode, k.mode)
				}
				want := sampled(all, f.Base, f.Start, s, mode != AllFrames)
				for _, length := range []time.Duration{time.Minute, 1200 * time.Millisecond} {
					if length < time.Minute && (s.Every > time.Second || s.Period.From > 0) {
						continue
					}
					got := watch(t, d, s, length, fitW, fitH)
					same(t, got.pictures, want)
					if len(got.gaps) > 0 || got.plan.Expected != len(want) {
						t.Errorf("every %v: expected %d, want %d; gaps %v", s.Every, got.plan.Expected, len(want), got.gaps)
					}
					if t.Failed() {
						t.Fatalf("every %v of %v, segments of %v, %s", s.Every, s.Period, length, mode)
					}
				}
			}
		})
	}
}

// The pictures change size midway, as when files were joined without encoding
// them again: new parameters come with the key frames.
func TestParametersChange(t *testing.T) {
	t.Parallel()
	first := clip(t, "change-a.ts", sea("25", 3), x264(12, 0))
	second := clip(t, "change-b.ts", sea("25", 3), []string{"-vf", "scale=160:90", "-output_ts_offset", "3"}, x264(12, 0))
	path := clip(t, "change.mp4", []string{"-i", "concat:" + first + "|" + second, "-c", "copy"})
	d := open(t, path)
	f := d.Files[0]
	all := reference(t, path, f.Stream, fitW, fitH)
	for _, s := range []frame.Sampling{{Every: time.Second}, {Every: 200 * time.Millisecond}} {
		got := watch(t, d, s, 2*time.Second, fitW, fitH)
		same(t, got.pictures, sampled(all, f.Base, f.Start, s, f.mode(s.Every) != AllFrames))
		if len(got.gaps) > 0 {
			t.Errorf("every %v: gaps %v", s.Every, got.gaps)
		}
	}
}

// Key frames of HEVC that lie far apart are decoded each by itself: the
// picture counts in them, which wrap, do not confuse their order.
func TestFarKeyFrames(t *testing.T) {
	t.Parallel()
	for _, gop := range []int{200} {
		args := [][]string{{"-f", "lavfi", "-i", "testsrc2=s=160x90:r=30:d=34"}, x265(gop, 3)}
		path := clip(t, fmt.Sprintf("far%d.mp4", gop), args...)
		d := open(t, path)
		f := d.Files[0]
		s := frame.Sampling{Every: 7 * time.Second}
		got := watch(t, d, s, time.Minute, fitW, fitH)
		same(t, got.pictures, sampled(reference(t, path, f.Stream, fitW, fitH), f.Base, f.Start, s, true))
		if got.plan.Segments[0].Mode != KeyPackets || len(got.gaps) > 0 {
			t.Errorf("%s; gaps %v", got.plan.Segments[0].Mode, got.gaps)
		}
	}
}
