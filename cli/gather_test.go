package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/frame"
)

// folderWith makes files, and folders with a slash at their end, and goes there.
func folderWith(t *testing.T, names ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(filepath.FromSlash(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if err := os.WriteFile(filepath.FromSlash(name), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGather(t *testing.T) {
	files := []string{
		"dive.mp4", "other.mp4", "a.b.mp4", ".mp4", "sub/dive.mp4",
		"gopro/GX010042.MP4", "gopro/GX020042.MP4", "gopro/GX030042.MP4", "gopro/GX010043.MP4", "gopro/GX010042.LRV", "gopro/.GX040042.MP4",
		"old/GOPR0007.MP4", "old/GP010007.MP4", "old/GP020007.MP4",
		"gap/GX010001.MP4", "gap/GX030001.MP4", "twins/a.mov", "twins/a.mts", "twins/b.mts", "holes/GX010001.MP4", "holes/GX010002.MP4", "holes/GX030002.MP4",
		"stills/a.jpg", "stills/b.JPG", "stills/notes.txt", "mixed/a.jpg", "mixed/b.mov", "nothing/notes.txt", "folders/in/dive.mp4",
	}
	folderWith(t, files...)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	abs := func(name string) string { return filepath.Join(here, name) }
	for _, c := range []struct {
		name            string
		args            []string
		separate, alone bool
		want            []recording
		fails           string // what the error says
		usage           bool
		says            string
	}{
		{name: "one file", args: []string{"dive.mp4"}, want: []recording{{"dive", []string{"dive.mp4"}, nil}}},
		{name: "dots", args: []string{"a.b.mp4"}, want: []recording{{"a.b", []string{"a.b.mp4"}, nil}}},
		{name: "nothing but an extension", args: []string{".mp4"}, want: []recording{{"deployment", []string{".mp4"}, nil}}},
		{name: "several files", args: []string{"other.mp4", "dive.mp4"}, want: []recording{{"other", []string{"other.mp4", "dive.mp4"}, nil}},
			says: "One deployment of 2 files, in this order: other.mp4, dive.mp4"},
		{name: "separate", args: []string{"other.mp4", "dive.mp4"}, separate: true,
			want: []recording{{"other", []string{"other.mp4"}, nil}, {"dive", []string{"dive.mp4"}, nil}}},
		{name: "siblings", args: []string{"gopro/GX010042.MP4"},
			want: []recording{{"GX010042", []string{"gopro/GX010042.MP4", "gopro/GX020042.MP4", "gopro/GX030042.MP4"}, nil}},
			says: "is the first chapter of a recording; gopro/GX020042.MP4, gopro/GX030042.MP4 follow"},
		{name: "alone", args: []string{"gopro/GX010042.MP4"}, alone: true, want: []recording{{"GX010042", []string{"gopro/GX010042.MP4"}, nil}}},
		{name: "a later chapter", args: []string{"gopro/GX020042.MP4"}, want: []recording{{"GX020042", []string{"gopro/GX020042.MP4"}, nil}},
			says: "gopro/GX020042.MP4 is a later chapter of the recording that begins with gopro/GX010042.MP4"},
		{name: "old names", args: []string{"old/GOPR0007.MP4"},
			want: []recording{{"GOPR0007", []string{"old/GOPR0007.MP4", "old/GP010007.MP4", "old/GP020007.MP4"}, nil}},
			says: "old/GP010007.MP4, old/GP020007.MP4 follow"},
		{name: "chapters out of order", args: []string{"gopro/GX030042.MP4", "gopro/GX010042.MP4", "gopro/GX020042.MP4"},
			want: []recording{{"GX010042", []string{"gopro/GX010042.MP4", "gopro/GX020042.MP4", "gopro/GX030042.MP4"}, nil}}},
		{name: "two recordings", args: []string{"gopro/GX010042.MP4", "gopro/GX020042.MP4", "gopro/GX010043.MP4"}, usage: true,
			fails: "chapters of 2 recordings"},
		{name: "two recordings, separate", args: []string{"gopro/GX010042.MP4", "gopro/GX020042.MP4", "gopro/GX010043.MP4"}, separate: true,
			want: []recording{{"GX010042", []string{"gopro/GX010042.MP4", "gopro/GX020042.MP4"}, nil}, {"GX010043", []string{"gopro/GX010043.MP4"}, nil}}},
		{name: "folder of recordings", args: []string{"gopro"}, want: []recording{
			{"GX010042", []string{"gopro/GX010042.MP4", "gopro/GX020042.MP4", "gopro/GX030042.MP4"}, nil}, {"GX010043", []string{"gopro/GX010043.MP4"}, nil}},
			says: "Left out: gopro/GX010042.LRV: is a low-resolution copy of gopro/GX010042.MP4"},
		{name: "slash at the end", args: []string{"old/"},
			want: []recording{{"GOPR0007", []string{"old/GOPR0007.MP4", "old/GP010007.MP4", "old/GP020007.MP4"}, nil}}},
		{name: "extensions alone differ", args: []string{"twins"}, want: []recording{{"a.mov", []string{"twins/a.mov"}, nil}, {"a.mts", []string{"twins/a.mts"}, nil}, {"b", []string{"twins/b.mts"}, nil}}},
		{name: "a recording with a hole", args: []string{"holes"}, want: []recording{{"GX010001", []string{"holes/GX010001.MP4"}, nil},
			{"GX010002", []string{"holes/GX010002.MP4", "holes/GX030002.MP4"}, errors.New("chapter 2 is missing between holes/GX010002.MP4 and holes/GX030002.MP4: copy it (GX020002.MP4) from the card, or count the parts before and after it by themselves")}}},
		{name: "folder of images", args: []string{"stills/"}, want: []recording{{"stills", []string{abs("stills")}, nil}}},
		{name: "a chapter is missing", args: []string{"gap"}, fails: "chapter 2 is missing between"},
		{name: "a chapter is missing beside", args: []string{"gap/GX010001.MP4"}, fails: "chapter 2 is missing between"},
		{name: "mixed", args: []string{"mixed"}, usage: true, fails: "1 videos and 1 images"},
		{name: "nothing", args: []string{"nothing"}, fails: "no video and no image"},
		{name: "folders", args: []string{"folders"}, fails: "folders in it are not searched"},
		{name: "twice", args: []string{"dive.mp4", "./dive.mp4"}, usage: true, fails: "named twice"},
		{name: "same name", args: []string{"dive.mp4", "sub/dive.mp4"}, separate: true, usage: true, fails: "would both be called dive"},
		{name: "folder among files", args: []string{"dive.mp4", "stills"}, usage: true, fails: "stills is a folder"},
		{name: "no such file", args: []string{"dive.mp4", "none.mp4"}, fails: "none.mp4: there is no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var said bytes.Buffer
			a := &app{stdout: io.Discard, stderr: &said}
			got, _, err := a.gather(c.args, c.separate, c.alone)
			if c.fails != "" {
				var usage usageError
				if err == nil || !strings.Contains(err.Error(), c.fails) || errors.As(err, &usage) != c.usage {
					t.Errorf("got %v, want an error that says %q (of the command line: %v)", err, c.fails, c.usage)
				}
				return
			}
			sameFault := func(a, b recording) bool {
				return a.name == b.name && slices.Equal(a.paths, b.paths) && fmt.Sprint(a.fault) == fmt.Sprint(b.fault)
			}
			if err != nil || !slices.EqualFunc(got, c.want, sameFault) {
				t.Errorf("got %v, %v\nwant %v", got, err, c.want)
			}
			if !strings.Contains(said.String(), c.says) || c.says == "" && said.Len() > 0 {
				t.Errorf("it said %q, want %q", said.String(), c.says)
			}
		})
	}
}

// "requin count ." counts the folder that one stands in; its images are named after it.
func TestGatherHere(t *testing.T) {
	folderWith(t, "stills/a.jpg", "dives/dive.mp4")
	a := &app{stdout: io.Discard, stderr: io.Discard}
	t.Chdir("stills")
	got, _, err := a.gather([]string{"."}, false, false)
	if err != nil || len(got) != 1 || got[0].name != "stills" {
		t.Errorf("got %v, %v", got, err)
	}
	t.Chdir("../dives")
	got, _, err = a.gather([]string{"."}, false, false)
	if err != nil || !reflect.DeepEqual(got, []recording{{"dive", []string{"dive.mp4"}, nil}}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFolder(t *testing.T) {
	rec := recording{name: "dive"}
	for _, c := range []struct {
		out  string
		of   int
		want string
	}{{"", 1, "dive.requin"}, {"", 3, "dive.requin"}, {"results", 1, "results"}, {"results", 3, filepath.Join("results", "dive")}} {
		if got := (countOptions{countFlags: countFlags{out: c.out}}).folder(rec, c.of); got != c.want {
			t.Errorf("--out %q of %d: %s, want %s", c.out, c.of, got, c.want)
		}
	}
}

func TestParseThresholds(t *testing.T) {
	all, each, err := parseThresholds([]string{"0.4", "Triaenodon obesus=0.5", "a=b=1", "0.3"})
	if err != nil || all != 0.3 || !reflect.DeepEqual(each, map[string]float32{"Triaenodon obesus": 0.5, "a=b": 1}) {
		t.Errorf("got %v, %v, %v", all, each, err)
	}
	for _, s := range []string{"", "0", "1.1", "-0.1", "NaN", "Inf", "high", "=0.5", "shark=", "shark=x", "shark=0"} {
		if _, _, err := parseThresholds([]string{s}); err == nil || !strings.Contains(err.Error(), "--threshold") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestParseRate(t *testing.T) {
	for s, want := range map[string]frame.Rational{
		"": {}, "1": {Num: 1, Den: 1}, "0.2": {Num: 1, Den: 5}, "29.97": {Num: 2997, Den: 100}, "30000/1001": {Num: 30000, Den: 1001},
		"2/4": {Num: 1, Den: 2}, "1e2": {Num: 100, Den: 1},
	} {
		if got, err := parseRate(s); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"0", "-1", "x", "1/0", "0/1", "1/", "/1", "NaN", "Inf", "1e9", "1/2/3"} {
		if got, err := parseRate(s); err == nil || !strings.Contains(err.Error(), "images a second") {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
}

func TestDuration(t *testing.T) {
	var d duration
	if err := d.Set("1m30s"); err != nil || time.Duration(d) != 90*time.Second || d.String() != "1m30s" {
		t.Errorf("got %v, %v", &d, err)
	}
	if err := d.Set("1"); err == nil || time.Duration(d) != 90*time.Second {
		t.Errorf("got %v, %v", &d, err)
	}
}

// The flags of one who types none are those of the tracker and of count.
func TestDefaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	f := defaultFlags()
	f.model = path
	opt, err := f.understand()
	if err != nil {
		t.Fatal(err)
	}
	if err := opt.track.Validate(); err != nil {
		t.Error(err)
	}
	if opt.track.LowScore != opt.detect.Low || opt.every() != time.Second || opt.detect.Threshold != 0 {
		t.Errorf("got %+v", opt)
	}
}
