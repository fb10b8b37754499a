package web

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"requin/scan"
)

// brightening is 20 s of video, 10 pictures a second, whose brightness is its time; its clock begins elsewhere than at 0.
func brightening(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	path := filepath.Join(t.TempDir(), name)
	all := []string{"-nostdin", "-v", "error", "-f", "lavfi", "-i", "nullsrc=s=320x180:r=10:d=20,format=gray,geq=lum='25+10*T',format=yuv420p", "-g", "12", "-sc_threshold", "0"}
	if out, err := exec.Command("ffmpeg", append(append(all, args...), path)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// shows is the time that a picture's brightness is.
func shows(grey float64) float64 { return (grey - 25) / 10 }

// Whatever the file, the picture of a frame is that frame, and a clip begins when its header says.
func TestThePictureIsOfTheMoment(t *testing.T) {
	for name, args := range map[string][]string{
		"dive.mts": {"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-crf", "10", "-f", "mpegts"},
		"dive.mkv": {"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-crf", "10", "-output_ts_offset", "5"},
		"dive.mpg": {"-c:v", "mpeg2video", "-r", "25", "-bf", "2", "-q:v", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			path := brightening(t, name, args...)
			s, base := serve(t, Config{Survey: study(t, path)})
			b := enter(t, s, base)
			k, err := s.desks.at(t.Context(), "dive 1")
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range []int{0, 7, 18} {
				status, text := b.do("GET", fmt.Sprintf("%s/frames/%d.jpg?w=320", dive1, i), "")
				img, err := jpeg.Decode(bytes.NewReader(text))
				if status != 200 || err != nil {
					t.Fatalf("frame %d: %d %v %s", i, status, err, text)
				}
				r, _, _, _ := img.At(160, 90).RGBA()
				if at := k.Machine.Frames[i].Time.Seconds(); math.Abs(shows(float64(r>>8))-at) > 0.15 {
					t.Errorf("the picture of frame %d, at %.2f s, is that of %.2f s", i, at, shows(float64(r>>8)))
				}
			}
			answer, err := b.http.Get(base + dive1 + "/clip.mp4?at=9&length=2")
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			var clip bytes.Buffer
			if _, err := clip.ReadFrom(answer.Body); err != nil || answer.StatusCode != 200 {
				t.Fatal(answer.StatusCode, err)
			}
			from, err := strconv.ParseFloat(answer.Header.Get("X-Requin-From"), 64)
			file := filepath.Join(t.TempDir(), "clip.mp4")
			if err != nil || os.WriteFile(file, clip.Bytes(), 0o644) != nil {
				t.Fatal(err)
			}
			grey, err := exec.Command("ffmpeg", "-v", "error", "-i", file, "-frames:v", "1", "-vf", "scale=1:1:flags=area", "-pix_fmt", "rgb24", "-f", "rawvideo", "-").Output()
			if err != nil || len(grey) != 3 {
				t.Fatal(err, grey)
			}
			if got := shows(float64(grey[1])); math.Abs(got-from) > 0.15 || from > 8.1 || from < 6 {
				t.Errorf("the clip is said to begin at %.2f s and begins at %.2f s", from, got)
			}
		})
	}
}

// Pictures of another file than was counted are not shown for those of the one that was.
func TestAnotherFileIsNotShown(t *testing.T) {
	path := movie(t)
	st := study(t, path)
	s, base := serve(t, Config{Survey: st})
	b := enter(t, s, base)
	k, err := s.desks.at(t.Context(), "dive 1")
	if err != nil {
		t.Fatal(err)
	}
	k.Made.Inputs = append(k.Made.Inputs, scan.Input{Role: "video", Path: "dive.mp4", Bytes: 12345})
	if status, text := b.do("GET", dive1+"/frames/7.jpg", ""); status != 404 || !bytes.Contains(text, []byte("is not the file that was counted")) {
		t.Errorf("%d %s", status, text)
	}
}
