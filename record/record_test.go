package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

func write(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// The values are those of FIPS 180-4's examples, and of sha256sum.
func TestHashFile(t *testing.T) {
	for _, c := range []struct {
		content []byte
		want    string
	}{
		{nil, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{[]byte("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{bytes.Repeat([]byte("a"), 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
		{make([]byte, 3<<20+1), "5983281b51c767c831104f52c95e4075f27e6f4fa8dd0526e3929f79176a1217"}, // more than one buffer
	} {
		got, err := HashFile(t.Context(), write(t, c.content))
		if err != nil || got != c.want {
			t.Errorf("%d bytes: %s, %v; want %s", len(c.content), got, err, c.want)
		}
	}
}

func TestHashFileErrors(t *testing.T) {
	if _, err := HashFile(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := HashFile(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "cannot be hashed") {
		t.Errorf("a folder: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if sum, err := HashFile(ctx, write(t, []byte("abc"))); sum != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %q, %v", sum, err)
	}
}

func TestHashFiles(t *testing.T) {
	a, b := write(t, []byte("abc")), write(t, nil)
	sum := func(paths ...string) string {
		t.Helper()
		s, err := HashFiles(t.Context(), paths)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	// (printf abc | sha256sum | cut -c-64; printf '' | sha256sum | cut -c-64) | sha256sum
	if got, want := sum(a, b), "ff481ce4c9482a1350469a8ff263915d6a478123e3a0c03f6eba5cb3e38a150f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if sum(a, b) == sum(b, a) {
		t.Error("the order of the files does not show")
	}
	if _, err := HashFiles(t.Context(), []string{a, "none"}); err == nil {
		t.Error("a missing file is no error")
	}
}

// The form of the record is a contract: a change here is a change of Schema or a new field.
func TestRecordForm(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 30, 0, 5, time.UTC)
	r := Record{
		Schema: Schema, Command: []string{"requin", "count", "dive.mp4"}, Directory: "/data", Requin: "v1.0.0 0123456789ab",
		Libraries: map[string]string{"onnxruntime": "1.27.0", "ffmpeg": "5.1"},
		Machine:   Machine{OS: "debian 12", Arch: "amd64", CPU: NotRecorded, Cores: 2, MemoryBytes: 1 << 34, GPUs: []GPU{{Name: "NVIDIA RTX 4000", Driver: "550.54.14"}}},
		Inputs: []Input{
			{Role: "video", Path: "dive.mp4", Bytes: 5, Modified: at.Format(time.RFC3339Nano), SHA256: NotRecorded},
			{Role: "model", Path: "fish.onnx", Bytes: 6, SHA256: strings.Repeat("0", 64)},
		},
		Kind: Count, Defaults: map[string]any{"every_s": 2}, Seeds: map[string]uint64{"folds": 7}, States: States(),
		Settings: map[string]any{"every_s": 1}, Outcome: map[string]any{"gaps": []int{}},
		Times: Times{Started: at, Finished: at.Add(1500 * time.Millisecond), WallS: 1.5, Resumed: 7},
	}
	got, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	golden := filepath.Join("testdata", "record.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the record's form has changed (go test ./record -update if that is meant):\n%s", got)
	}
	var back Record
	if err := json.Unmarshal(got, &back); err != nil || !back.Times.Started.Equal(r.Times.Started) || back.Inputs[0] != r.Inputs[0] {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

func TestThisMachine(t *testing.T) {
	m := ThisMachine(t.Context())
	if m.OS == "" || m.Arch == "" || m.CPU == "" || m.Cores < 1 || m.MemoryBytes < 1<<20 {
		t.Errorf("got %+v", m)
	}
}

func TestVersion(t *testing.T) {
	built := func(module string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: module}, Settings: settings}
	}
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	changed := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, c := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{built("v1.2.3"), "v1.2.3"},
		{built("v1.2.3", commit), "v1.2.3"},
		{built("(devel)", commit, changed), "devel 0123456789ab+changes"},
		{built("(devel)"), "devel"},
		{built(""), "devel"},
		{nil, "unknown"},
	} {
		if got := version(c.info); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if v := Version(); v == "" || v == "unknown" {
		t.Errorf("this build is %q", v)
	}
}
