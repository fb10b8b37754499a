package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"html"
	"image/jpeg"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"requin/onnx"
)

// everywhere is a detector that finds one shark in every picture.
func everywhere() []byte {
	out := make([]float32, 6*1260)
	for i, v := range []float32{160, 96, 60, 40, 0.9, 0} { // centre, size, scores
		out[1260*i] = v
	}
	g := onnx.Graph{Name: "everywhere", Metadata: map[string]string{"requin.family": "ultralytics", "names": "{0: 'shark', 1: 'fish'}", "task": "detect", "imgsz": "[192, 320]"}}
	g.Input("images", onnx.Float32, 1, 3, 192, 320)
	g.Constant("found", onnx.Tensor{Shape: []int64{1, 6, 1260}, F32: out})
	g.Constant("nothing", onnx.Tensor{Shape: []int64{1}, F32: []float32{0}})
	g.Node("ReduceSum", []string{"images"}, []string{"sum"}, onnx.Attributes{"keepdims": 0})
	g.Node("Mul", []string{"sum", "nothing"}, []string{"zero"}, nil)
	g.Node("Add", []string{"found", "zero"}, []string{"output0"}, nil)
	g.Output("output0", onnx.Float32, 1, 6, 1260)
	return g.Bytes()
}

// The evidence picture of a MaxN is of its moment, where the clock of the file does not begin at 0, too: the video's brightness is its time.
func TestEvidenceIsOfTheMoment(t *testing.T) {
	t.Setenv("ONNXRUNTIME_LIB", needTools(t))
	dir := t.TempDir()
	model := filepath.Join(dir, "everywhere.onnx")
	if err := os.WriteFile(model, everywhere(), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"dive.mts": {"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-crf", "10", "-f", "mpegts"},
		"dive.mkv": {"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-crf", "10", "-output_ts_offset", "5"},
		"dive.mp4": {"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-crf", "10", "-output_ts_offset", "0.5"},
	} {
		path := filepath.Join(dir, name)
		all := []string{"-nostdin", "-v", "error", "-f", "lavfi", "-i", "nullsrc=s=320x180:r=25:d=5,format=gray,geq=lum='25+40*T',format=yuv420p", "-g", "10", "-sc_threshold", "0"}
		if out, err := exec.Command("ffmpeg", append(append(all, args...), path)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		out := filepath.Join(dir, "out of "+name)
		var said bytes.Buffer
		if code := Main([]string{"count", path, "--model", model, "--period", "2s..3s", "--every", "300ms", "--out", out}, io.Discard, &said); code != exitDone {
			t.Fatalf("%s: exit code %d: %s", name, code, said.String())
		}
		table, err := os.Open(filepath.Join(out, "maxn.csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(table).ReadAll()
		table.Close()
		if err != nil || len(rows) < 2 || rows[0][6] != "tmaxn_s" {
			t.Fatalf("%v: %v", err, rows)
		}
		want, err := strconv.ParseFloat(rows[1][6], 64)
		if err != nil || want < 2 {
			t.Fatal(err, want)
		}
		page, err := os.ReadFile(filepath.Join(out, "report.html"))
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`data:image/jpeg;base64,([A-Za-z0-9+/=]+)`).FindStringSubmatch(html.UnescapeString(string(page)))
		if m == nil {
			t.Fatalf("%s: no evidence picture; %s", name, said.String())
		}
		text, err := base64.StdEncoding.DecodeString(m[1])
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		r, _, _, _ := img.At(5, 5).RGBA()
		if got := (float64(r>>8) - 25) / 40; math.Abs(got-want) > 0.06 {
			t.Errorf("%s: the evidence of %.2f s is the picture of %.2f s", name, want, got)
		}
	}
}
