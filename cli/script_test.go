package cli

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"requin/onnx"
	"requin/torch"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"requin": func() { os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// needTools skips a test where ffmpeg or ONNX Runtime is missing, and says where the library lies.
func needTools(t testing.TB) (library string) {
	t.Helper()
	for _, program := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	library, err := onnx.Library()
	if err != nil {
		t.Skip("the library of ONNX Runtime is missing: make tools")
	}
	return library
}

// TestScript runs the transcripts in testdata/script. Each starts in a folder
// with the demo's clip.mp4, blobs.onnx and truth.csv, and some files that are no detector.
func TestScript(t *testing.T) {
	library := needTools(t)
	program, err := exec.LookPath("requin") // as TestMain put it there
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if testing.Short() { // under the race detector: the way through everything, and cancelling half way
		scripts = slices.DeleteFunc(scripts, func(s string) bool {
			return !slices.Contains([]string{"count.txtar", "demo.txtar", "growing.txtar"}, filepath.Base(s))
		})
	}
	shim := "" // of libtorch; "": there is none, and what trains is left out
	if info, err := torch.Load(); err == nil {
		shim = info.Path
	}
	testscript.Run(t, testscript.Params{
		Files:               scripts,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ONNXRUNTIME_LIB", library)
			if shim != "" {
				e.Setenv("REQUIN_TORCH", shim)
			}
			e.Setenv("LC_ALL", "C.UTF-8")
			e.Setenv("PROGRAM", filepath.Dir(program))
			if cache, err := os.UserCacheDir(); err == nil {
				e.Setenv("XDG_CACHE_HOME", cache) // PDFium is compiled once
			}
			for name, folder := range map[string]string{"PAPERS": filepath.Join("..", "paper", "testdata"), "BEFORE": filepath.Join("..", "scan", "testdata", "before")} {
				path, err := filepath.Abs(folder)
				if err != nil {
					return err
				}
				e.Setenv(name, path)
			}
			return furnish(e.Cd)
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root":
				return os.Geteuid() == 0, nil
			case "torch":
				return shim != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":       code,
			"documented": documented,
			"golden":     golden,
			"samecounts": sameCounts,
			"spoil":      spoil,
			"cut":        cut,
			"grow":       grow,
			"hold":       hold,
			"tinydisk":   tinyDisk,
			"only":       only,
			"reviews":    reviews,
		},
	})
}

// code runs a command and wants its exit code: code 3 requin count ...
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command [argument ...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// spoil writes over a part of a file: spoil FILE 0.4 0.5, in fractions of its length.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	from, to := fraction(ts, args[1]), fraction(ts, args[2])
	for i := int(from * float64(len(b))); i < int(to*float64(len(b))); i++ {
		b[i] = byte(i * 7)
	}
	ts.Check(os.WriteFile(path, b, 0o666))
}

// cut shortens a file: cut FILE 0.5.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	ts.Check(os.Truncate(path, int64(fraction(ts, args[1])*float64(info.Size()))))
}

func fraction(ts *testscript.TestScript, s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	ts.Check(err)
	return f
}

// grow appends to a file every few milliseconds, as a camera or a copy does, until "grow stop".
func grow(ts *testscript.TestScript, _ bool, args []string) {
	const flagFile = ".growing"
	mark := ts.MkAbs(flagFile)
	if args[0] == "stop" {
		ts.Check(os.Remove(mark))
		time.Sleep(50 * time.Millisecond)
		return
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_WRONLY, 0)
	ts.Check(err)
	ts.Check(os.WriteFile(mark, nil, 0o666))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer f.Close()
		for {
			if _, err := os.Stat(mark); err != nil {
				return
			}
			_, _ = f.Write(make([]byte, 16))
			time.Sleep(5 * time.Millisecond)
		}
	}()
	ts.Defer(func() { _ = os.Remove(mark); <-ended })
}

// hold locks a results folder as a second requin would: hold FOLDER, hold -release.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(filepath.Join(ts.MkAbs(args[0]), ".requin", "lock"))
	ts.Check(err)
	ts.Check(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	ts.Defer(func() { _ = f.Close() })
}

// tinyDisk mounts a disk of some kilobytes: tinydisk FOLDER 200k; tinydisk FOLDER ro and rw change it.
func tinyDisk(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	switch args[1] {
	case "ro", "rw":
		flags := uintptr(syscall.MS_REMOUNT)
		if args[1] == "ro" {
			flags |= syscall.MS_RDONLY
		}
		ts.Check(syscall.Mount("none", dir, "tmpfs", flags, ""))
		return
	}
	ts.Check(os.MkdirAll(dir, 0o777))
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size="+args[1]); err != nil {
		ts.Logf("no small disk can be mounted here (%v)", err)
		ts.Check(err)
	}
	ts.Defer(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// only wants a folder to hold exactly these names: only FOLDER name ...
func only(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if want := args[1:]; strings.Join(got, " ") != strings.Join(want, " ") {
		ts.Fatalf("%s holds %q, want %q", args[0], got, want)
	}
}

// sameCounts wants two outputs of --json to tell of the same animals at the same times: samecounts a.json b.json
func sameCounts(ts *testscript.TestScript, neg bool, args []string) {
	a, b := tellTaxa(ts, args[0]), tellTaxa(ts, args[1])
	if (a == b) == neg {
		ts.Fatalf("%s:\n%s%s:\n%s", args[0], a, args[1], b)
	}
}

func tellTaxa(ts *testscript.TestScript, file string) string {
	var out strings.Builder
	for line := range strings.Lines(ts.ReadFile(file)) {
		var x struct {
			Type, Taxon string
			Frames      int
			MaxN        *int
			TMaxN, TFS  *struct {
				Time float64 `json:"time_s"`
			}
			Mean   *float64 `json:"mean_count"`
			Counts []struct {
				Time float64 `json:"time_s"`
				N    int
			}
		}
		ts.Check(json.Unmarshal([]byte(line), &x))
		b, err := json.Marshal(x)
		ts.Check(err)
		out.Write(append(b, '\n'))
	}
	return out.String()
}
