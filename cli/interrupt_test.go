package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// long makes seven and a half minutes of the demo's clip (four segments) and the detector.
func long(t *testing.T) (clip, model string) {
	t.Helper()
	dir := t.TempDir()
	if err := furnish(dir); err != nil {
		t.Fatal(err)
	}
	clip, model = filepath.Join(dir, "long.mp4"), filepath.Join(dir, "blobs.onnx")
	out, err := exec.Command("ffmpeg", "-v", "error", "-stream_loop", "5", "-i", filepath.Join(dir, "clip.mp4"), "-c", "copy", clip).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return clip, model
}

// process is a running requin, in a process group of its own.
type process struct {
	*exec.Cmd
	out, err bytes.Buffer
}

func start(t *testing.T, library, dir string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("requin", args...)}
	p.Dir, p.Stdout, p.Stderr = dir, &p.out, &p.err
	p.Env = append(os.Environ(), "ONNXRUNTIME_LIB="+library)
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// finish waits for the end and gives the exit code; -1 if it was killed.
func (p *process) finish(t *testing.T) int {
	t.Helper()
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

// alone waits until nothing of the process's group is left: no ffmpeg goes on.
func (p *process) alone(t *testing.T, patience time.Duration) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if errors.Is(syscall.Kill(-p.Process.Pid, 0), syscall.ESRCH) {
			return
		}
		if time.Now().After(end) {
			t.Errorf("something that requin started is still there %v after its end", patience)
			return
		}
	}
}

// await waits until a file is there or the process has ended.
func await(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s did not come", path)
		}
	}
}

var resultFiles = []string{"maxn.csv", "intervals.csv", "tracks.csv", "detections.csv", "report.html"}

// folderOf reads the results that must be the same however often a run was stopped.
func folderOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range resultFiles {
		b, err := os.ReadFile(filepath.Join(dir, "out", name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(b)
	}
	b, err := os.ReadFile(filepath.Join(dir, "out", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var record map[string]any
	if err := json.Unmarshal(b, &record); err != nil {
		t.Fatal(err)
	}
	delete(record, "times")
	delete(record, "energy")
	delete(record, "directory")
	b, err = json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	out["run.json"] = string(b)
	return out
}

func compareRuns(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s: %s differs from an uninterrupted run's", what, name)
		}
	}
}

// A count that is stopped, in whatever way and however often, goes on where it
// stopped and ends with the same bytes.
func TestInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a quarter of a minute")
	}
	t.Parallel()
	library := needTools(t)
	clip, model := long(t)
	args := []string{"count", clip, "--model", model, "--out", "out", "--json"}
	segment := func(dir string) string { return filepath.Join(dir, "out", ".requin", "segment-000000.json") }
	whole := t.TempDir()
	p := start(t, library, whole, args...)
	begun := time.Now()
	if code := p.finish(t); code != exitDone {
		t.Fatalf("code %d: %s", code, p.err.String())
	}
	took := time.Since(begun)
	want, wantJSON := folderOf(t, whole), p.out.String()
	again := func(t *testing.T, dir, what string) *process {
		t.Helper()
		p := start(t, library, dir, args...)
		if code := p.finish(t); code != exitDone {
			t.Fatalf("%s: code %d: %s", what, code, p.err.String())
		}
		compareRuns(t, what, folderOf(t, dir), want)
		if p.out.String() != wantJSON {
			t.Errorf("%s: --json differs from an uninterrupted run's", what)
		}
		return p
	}
	resumed := regexp.MustCompile(`450 of 450 frames \((120|240|360|450) from an earlier run\)`)

	t.Run("kill", func(t *testing.T) {
		dir := t.TempDir()
		p := start(t, library, dir, args...)
		await(t, segment(dir))
		_ = p.Process.Kill()
		if code := p.finish(t); code != -1 {
			t.Skipf("it was done before it could be killed (code %d)", code)
		}
		p.alone(t, 5*time.Second)
		if _, err := os.Stat(filepath.Join(dir, "out", "run.json")); err == nil {
			t.Error("a killed run has a record of a whole one")
		}
		p = again(t, dir, "killed once")
		if !resumed.MatchString(p.err.String()) {
			t.Errorf("stderr does not tell of the earlier run: %s", p.err.String())
		}
		if !strings.Contains(again(t, dir, "finished").err.String(), "(450 from an earlier run)") {
			t.Error("a finished count is not taken from the journal")
		}
	})
	t.Run("Ctrl-C", func(t *testing.T) {
		for _, group := range []bool{true, false} { // as a terminal does it: to ffmpeg as well; as kill does it
			dir := t.TempDir()
			p := start(t, library, dir, args...)
			await(t, segment(dir))
			pid := p.Process.Pid
			if group {
				pid = -pid
			}
			if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			if code := p.finish(t); code != exitCancelled {
				t.Errorf("code %d: %s", code, p.err.String())
			}
			p.alone(t, 0)
			if got := p.err.String(); !strings.Contains(got, "requin: stopped; the same command goes on where it stopped") || p.out.Len() > 0 {
				t.Errorf("stderr %q, stdout %q", got, p.out.String())
			}
			if group {
				again(t, dir, "stopped by Ctrl-C")
			}
		}
	})
	t.Run("kills at any time", func(t *testing.T) {
		kills := 3
		if os.Getenv("REQUIN_VERIFY") != "" {
			kills = 60
		}
		rng := rand.New(rand.NewPCG(7, 11))
		dir := t.TempDir()
		for range kills {
			p := start(t, library, dir, args...)
			time.Sleep(time.Duration(rng.Float64() * float64(took) / 2))
			_ = p.Process.Kill()
			p.finish(t)
			p.alone(t, 5*time.Second)
		}
		again(t, dir, "killed often")
	})
	t.Run("damaged journal", func(t *testing.T) {
		for name, damage := range map[string]func([]byte) []byte{
			"empty": func([]byte) []byte { return nil },
			"digit": func(b []byte) []byte { return bytes.Replace(b, []byte(`"score":0.8`), []byte(`"score":0.1`), 1) },
		} {
			path := filepath.Join(whole, "out", ".requin", "segment-000002.json")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if reflect.DeepEqual(b, damage(b)) {
				t.Fatalf("%s: no damage was done", name)
			}
			if err := os.WriteFile(path, damage(b), 0o666); err != nil {
				t.Fatal(err)
			}
			if p := again(t, whole, name); !strings.Contains(p.err.String(), "(330 from an earlier run)") {
				t.Errorf("%s: %s", name, p.err.String())
			}
		}
	})
}
