package survey

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/scan"
)

// part is a value of the kind that the journal is for.
func part() scan.Part {
	at := func(s time.Duration) frame.Instant {
		return frame.Instant{Time: s * time.Second, PTS: int64(s) * 10240, Base: frame.Rational{Num: 1, Den: 10240}}
	}
	return scan.Part{
		Frames: []detect.Frame{
			{Instant: at(1), Detections: []detect.Detection{{Box: frame.Box{X0: 0.1, Y0: 2, X1: 1.0 / 3, Y1: 4}, Taxon: "shark <&> requin", Score: 0.1}}},
			{Instant: at(2), Detections: []detect.Detection{}},
		},
		Gaps: []frame.Gap{{From: time.Second, To: 2 * time.Second, Reason: "damaged video: é"}},
	}
}

func TestJournal(t *testing.T) {
	j, _, err := open(t, filepath.Join(t.TempDir(), "out")).Begin("key")
	if err != nil {
		t.Fatal(err)
	}
	var got scan.Part
	if ok, err := j.Load("segment-000000", &got); ok || err != nil {
		t.Errorf("an empty journal gives %v, %v", ok, err)
	}
	if err := j.Save("segment-000000", part()); err != nil {
		t.Fatal(err)
	}
	if ok, err := j.Load("segment-000000", &got); !ok || err != nil || !reflect.DeepEqual(got, part()) {
		t.Errorf("got %v, %v: %+v", ok, err, got)
	}
	// Of another kind than was asked for: not what was kept.
	var n int
	if ok, err := j.Load("segment-000000", &n); ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

// Whatever a power cut makes of a file, it is not taken for work that was done.
func TestJournalDamage(t *testing.T) {
	j, _, err := open(t, filepath.Join(t.TempDir(), "out")).Begin("key")
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Save("s", part()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(j.dir, "s.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	digit := bytes.Clone(whole)
	at := bytes.Index(digit, []byte("10240"))
	digit[at] = '9'
	for name, b := range map[string][]byte{
		"empty": {}, "null": []byte("null"), "object": []byte("{}"), "no value": []byte(`{"sha256":""}`),
		"zeros": make([]byte, len(whole)), "cut": whole[:len(whole)/2], "cut at the end": whole[:len(whole)-2],
		"another digit": digit, "bare value": mustJSON(t, part()), "twice": append(bytes.Clone(whole), whole...),
	} {
		put(t, path, string(b))
		var got scan.Part
		if ok, err := j.Load("s", &got); ok || err != nil {
			t.Errorf("%s: got %v, %v", name, ok, err)
		}
	}
	put(t, path, string(whole))
	var got scan.Part
	if ok, err := j.Load("s", &got); !ok || err != nil {
		t.Errorf("the whole file: %v, %v", ok, err)
	}
}

// A file that cannot be read is an error, not missing work.
func TestJournalUnreadable(t *testing.T) {
	j, _, err := open(t, filepath.Join(t.TempDir(), "out")).Begin("key")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(j.dir, "s.json"), 0o777); err != nil {
		t.Fatal(err)
	}
	var n int
	if _, err := j.Load("s", &n); err == nil {
		t.Error("no error")
	}
	if err := j.Save("f", func() {}); err == nil {
		t.Error("a function was kept")
	}
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzJournal: whatever lies in a journal file, reading it neither fails badly nor gives a
// value that a journal would not have kept.
func FuzzJournal(f *testing.F) {
	value := mustJSON(f, part())
	f.Add(mustJSON(f, entry{hash(value), value}))
	f.Add(mustJSON(f, entry{hash([]byte("null")), []byte("null")}))
	f.Add(mustJSON(f, entry{hash([]byte(`{"frames":[{"time":-1}]}`)), []byte(`{"frames":[{"time":-1}]}`)}))
	f.Add([]byte(`{"sha256":"","value":{}}`))
	f.Add([]byte("\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var got, again scan.Part
		if !read(b, &got) {
			return
		}
		value := mustJSON(t, got)
		if !read(mustJSON(t, entry{hash(value), value}), &again) || !reflect.DeepEqual(got, again) {
			t.Errorf("%+v came back as %+v", got, again)
		}
		// The hash is over the value alone: a fuzzer cannot guess it, so it is made for it.
		if json.Valid(b) {
			_ = read(mustJSON(t, entry{hash(b), b}), &again)
		}
	})
}
