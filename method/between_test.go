package method

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/record"
	"requin/scan"
)

// A look between samples is derived anew from the record, and what does not follow is named.
func TestVerifyBetween(t *testing.T) {
	s := counted(t)
	before, err := s.Run(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	frames, err := framesOf(before)
	if err != nil {
		t.Fatal(err)
	}
	made, err := scan.ReadRecord(before.Record)
	if err != nil {
		t.Fatal(err)
	}
	settings := made.Settings
	settings.Between = scan.NewBetween(500*time.Millisecond, 10*time.Second, time.Second)
	denser := scan.Part{}
	for _, f := range frames { // the same, half a second later
		denser.Frames = append(denser.Frames, detect.Frame{Instant: frame.Instant{Time: f.Time + time.Second/2, PTS: f.PTS, Base: frame.Rational{Num: 1, Den: 2}}, Detections: f.Detections})
	}
	right, err := scan.DeriveBetween(settings, scan.Part{Frames: frames}, denser, 20*time.Second)
	if err != nil || len(right.Looked) != 1 || right.None != "" {
		t.Fatalf("%v: %+v", err, right)
	}
	for name, c := range map[string]struct {
		alter func(*count.Between)
		want  string
	}{
		"as it was": {func(*count.Between) {}, ""},
		"estimate":  {func(b *count.Between) { b.Taxa[0].Estimate++ }, "not what follows"},
		"interval":  {func(b *count.Between) { b.Taxa[0].High += 2 }, "not what follows"},
		"samples":   {func(b *count.Between) { b.Taxa[0].Sparse[0]++ }, "not what follows"},
		"stretch":   {func(b *count.Between) { b.Looked[0].From++ }, "not what follows"},
		"taxon":     {func(b *count.Between) { b.Taxa[0].Taxon = "ray" }, "what was kept of shark"},
	} {
		t.Run(name, func(t *testing.T) {
			var b count.Between
			text, _ := json.Marshal(right)
			if err := json.Unmarshal(text, &b); err != nil {
				t.Fatal(err)
			}
			c.alter(&b)
			r := before
			r.ID = strings.ReplaceAll(name, " ", "")
			r.Record, err = json.Marshal(record.Record{Schema: record.Schema, Kind: record.Count, Settings: settings, Outcome: scan.Outcome{Between: &b}})
			if err != nil {
				t.Fatal(err)
			}
			v := &verifying{ctx: t.Context(), s: s, out: Verified{Checked: map[string]int{}}}
			r.Detections = func(yield func(detect.Frame, error) bool) {
				for _, f := range frames {
					if !yield(f, nil) {
						return
					}
				}
			}
			if err := v.counted(r, false); err != nil {
				t.Fatal(err)
			}
			switch {
			case c.want == "" && len(v.out.Findings) > 0, v.out.Checked[LookBetween] != 1:
				t.Errorf("%+v", v.out)
			case c.want != "" && (len(v.out.Findings) != 1 || !strings.Contains(v.out.Findings[0].What, c.want)):
				t.Errorf("%q is not %+v", c.want, v.out.Findings)
			}
		})
	}
}
