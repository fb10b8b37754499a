package scan

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/frame"
	"requin/report"
)

// The files in testdata/before were written by a Requin whose settings were not typed yet (commit f96613b): requin count of
// two chapters, the first cut off, the second without an index, with --period 2s.. --interval 10s --threshold shark=0.45. segment-000000.json is of its journal.
func before(t *testing.T) (record []byte, made Made, found Part) {
	t.Helper()
	record, err := os.ReadFile(filepath.Join("testdata", "before", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	if made, err = ReadRecord(record); err != nil {
		t.Fatal(err)
	}
	var entry struct{ Value Part }
	text, err := os.ReadFile(filepath.Join("testdata", "before", "segment-000000.json"))
	if err == nil {
		err = json.Unmarshal(text, &entry)
	}
	if err != nil {
		t.Fatal(err)
	}
	return record, made, entry.Value
}

// What was written before is read, and written again it is the same, to the byte.
func TestRecordOfBefore(t *testing.T) {
	record, made, _ := before(t)
	s := made.Settings
	if s.Every.Duration() != time.Second || s.Interval.Duration() != 10*time.Second || s.Sampling().Period != (frame.Period{From: 2 * time.Second}) ||
		s.Tracker.LowScore != 0.1 || s.Device != "cpu" || !s.Hash || s.Detector.Family == "" || s.Detector.Metadata["requin.acuity"] == "" || s.Version != 0 {
		t.Errorf("settings: %+v", s)
	}
	if shark, ok := s.Taxa.Find("shark"); !ok || math.Abs(shark.Threshold-0.45) > 1e-6 {
		t.Errorf("taxa: %+v", s.Taxa)
	}
	if o := made.Outcome; len(o.Warnings) != 1 || len(o.Gaps) != 2 || o.Gaps[0].From != 21300*time.Millisecond || len(o.Counts.Taxa) != 2 || *o.Counts.Taxa[0].MaxN != 3 || len(o.How) != 1 || o.Tracks == 0 || o.Detections == 0 {
		t.Errorf("outcome: %+v", o)
	}
	var raw struct{ Settings, Outcome, Defaults json.RawMessage }
	if err := json.Unmarshal(record, &raw); err != nil {
		t.Fatal(err)
	}
	var defaults Settings
	if err := json.Unmarshal(raw.Defaults, &defaults); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		was json.RawMessage
		now any
	}{"settings": {raw.Settings, s}, "outcome": {raw.Outcome, made.Outcome}, "defaults": {raw.Defaults, defaults}} {
		var was bytes.Buffer
		if err := json.Compact(&was, c.was); err != nil {
			t.Fatal(err)
		}
		now, err := json.Marshal(c.now)
		if err != nil || !bytes.Equal(now, was.Bytes()) {
			t.Errorf("%s: written again they are\n%s\nthey were\n%s (%v)", name, now, was.Bytes(), err)
		}
	}
}

// A count in a survey is known by a key. This one was computed, and kept in the survey, by the Requin of before.
func TestKeyOfBefore(t *testing.T) {
	_, made, _ := before(t)
	const model, video = "ddeecd9f3da16265f552ea24436d9db9eefcf84beafa4403515c7508a5eff5a5", "5409a2575c26a1ead7b8ed7f285f13180a1ad893a07dedb271140fcb499c2b4f"
	key := func(s Settings, version, model string, videos ...string) string {
		t.Helper()
		k, err := s.Key(version, model, videos)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	want := key(made.Settings, "devel", model, video)
	if want != "d0a093e5a96eaf19f3b4bc974c2ecf7fff229080a680b8c0ea80dcf40c220508" {
		t.Errorf("the key is %s: what was counted before would be counted again", want)
	}
	same, other := made.Settings, made.Settings
	same.Threads, same.Version = 7, SettingsVersion // neither changes a number
	other.Tracker.MaxGapS++
	if key(same, "devel", model, video) != want {
		t.Error("threads, or the version of the settings' form, change the key")
	}
	for what, k := range map[string]string{"tracker": key(other, "devel", model, video), "program": key(made.Settings, "v2", model, video),
		"model": key(made.Settings, "devel", video, video), "videos": key(made.Settings, "devel", model, video, model)} {
		if k == want {
			t.Errorf("another %s does not change the key", what)
		}
	}
}

// The count of before is derived anew out of what was kept of it.
func TestDeriveOfBefore(t *testing.T) {
	_, made, found := before(t)
	was := made.Outcome.Counts
	tracks, counts, err := Derive(made.Settings, found.Frames, made.Outcome.Gaps, was.Duration.Duration())
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := report.Tracks(&table, report.Run{Deployment: "GX010001", Chapters: []string{"GX010001.MP4"}, Start: was.Period.From}, tracks); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(filepath.Join("testdata", "before", "tracks.csv")); err != nil || table.String() != string(kept) {
		t.Errorf("the tracks are\n%s\nthey were\n%s", table.String(), kept)
	}
	if len(tracks) != made.Outcome.Tracks || len(found.Frames) != was.Effort.Frames {
		t.Errorf("%d tracks of %d frames, want %d of %d", len(tracks), len(found.Frames), made.Outcome.Tracks, was.Effort.Frames)
	}
	for i, x := range counts.Taxa {
		switch u, w := x.Uncertainty, was.Taxa[i].Uncertainty; { // the interval is by another reckoning than before: it lies about the same
		case u == nil || u.Assumed != (w == nil):
			t.Errorf("%s: uncertainty %+v, was %+v", x.Name, u, w)
		case w != nil && (u.Estimate < w.Low || u.Estimate > w.High):
			t.Errorf("%s: uncertainty %+v, was %+v", x.Name, *u, *w)
		}
	}
	bareTracks, bare, err := Derive(made.Settings.Bare(), found.Frames, made.Outcome.Gaps, was.Duration.Duration())
	if err != nil || len(bareTracks) != len(tracks) {
		t.Fatal(err, len(bareTracks))
	}
	for i := range was.Taxa {
		if was.Taxa[i].Uncertainty = nil; !bare.Taxa[i].Uncertainty.Assumed {
			t.Errorf("%s: bare settings tell a detectability that was measured", bare.Taxa[i].Name)
		}
	}
	if got, want := compact(t, bare.Unassessed()), compact(t, was); got != want {
		t.Errorf("derived\n%s\nkept\n%s", got, want)
	}
}

func compact(t *testing.T, r count.Result) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDeriveNeedsSettings(t *testing.T) {
	_, made, found := before(t)
	for name, change := range map[string]func(*Settings){
		"no tracker":  func(s *Settings) { s.Tracker = Settings{}.Tracker },
		"no interval": func(s *Settings) { s.Every = 0 },
		"bad acuity":  func(s *Settings) { s.Detector.Metadata = map[string]string{"requin.acuity": "{"} },
	} {
		s := made.Settings
		if change(&s); s.Tracker == made.Settings.Tracker && s.Every == made.Settings.Every && s.Detector.Metadata["requin.acuity"] != "{" {
			t.Fatalf("%s changes nothing", name)
		}
		if _, _, err := Derive(s, found.Frames, nil, 24*time.Second); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestReadRecordErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"settings":`:                         "cannot be read",
		`{"settings":{"period":"2s"}}`:         "from..to",
		`{"settings":{"every_s":"soon"}}`:      "number of seconds",
		`{"settings":{"version":2}}`:           "later Requin",
		`{"outcome":{"gaps":[{"from_s":[]}]}}`: "cannot be read",
	} {
		if _, err := ReadRecord([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if m, err := ReadRecord([]byte(`{}`)); err != nil || m.Settings.Every != 0 || m.Outcome.Gaps != nil {
		t.Errorf("an empty record: %+v, %v", m, err)
	}
}

// What is written is read as it was, whatever the numbers.
func TestSettingsAndBack(t *testing.T) {
	s := Default()
	s.Every, s.Rate, s.Period, s.Version = count.Seconds(33366667), frame.Rational{Num: 30000, Den: 1001}, Period{From: 1, To: 3*time.Hour + 7}, SettingsVersion
	text, err := json.Marshal(Made{Settings: s, Outcome: Outcome{Gaps: Gaps{{From: 1, To: 1_000_000_007, Reason: "x"}}}})
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadRecord(text)
	if err != nil || back.Settings.Every != s.Every || back.Settings.Rate != s.Rate || back.Settings.Period != s.Period || back.Settings.Tracker != s.Tracker || back.Settings.Version != SettingsVersion {
		t.Errorf("%+v, %v", back, err)
	}
	if g := back.Outcome.Gaps; len(g) != 1 || g[0] != (frame.Gap{From: 1, To: 1_000_000_007, Reason: "x"}) {
		t.Errorf("gaps %v", g)
	}
}

func FuzzReadRecord(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("testdata", "before", "run.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"settings":{"period":"..","every_s":1e300},"outcome":{"gaps":null}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		made, err := ReadRecord(text)
		if err != nil {
			return
		}
		if again, err := json.Marshal(made); err != nil {
			t.Errorf("%s: read, but cannot be written: %v", text, err)
		} else if _, err := ReadRecord(again); err != nil {
			t.Errorf("%s: written as %s, which cannot be read: %v", text, again, err)
		}
	})
}
