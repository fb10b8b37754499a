package scan

import (
	"encoding/json"
	"testing"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/track"
)

// A record of before there was a rule for what counts of a track derives as it was counted: one of now by the rule of now.
func TestDeriveByTheRuleOfTheRecord(t *testing.T) {
	old := `{"every_s":0.100,"period":"0s..","interval_s":300.000,"taxa":[{"name":"shark","role":"studied","threshold":0.5}],
		"detector":{"file":"model.onnx","sha256":"","family":"yolox","nms":0.45},
		"tracker":{"max_gap_s":5,"low_score":0.1,"same_animal_iou":0.85,"cruise_speed_bl_per_s":1,"max_speed_bl_per_s":5,"persistence_s":2,"box_noise":0.08,
		"shape_change_per_sqrt_s":0.4,"taxon_doubt":0.05,"room_bl2":500,"low_odds":10,"change_odds":10000}}`
	var before Settings
	if err := json.Unmarshal([]byte(old), &before); err != nil {
		t.Fatal(err)
	}
	now := before
	now.Tracker = track.Default()
	var frames []detect.Frame
	for i := range 40 {
		f := detect.Frame{Instant: frame.Instant{Time: time.Duration(i) * 100 * time.Millisecond, PTS: int64(i), Base: frame.Rational{Num: 1, Den: 10}}}
		see := func(x float64, score float32) {
			f.Detections = append(f.Detections, detect.Detection{Box: frame.Box{X0: x, Y0: 100, X1: x + 90, Y1: 130}, Taxon: "shark", Score: score})
		}
		see(100, 0.9)
		if i == 20 { // a flicker far from it, and what it leads on to
			see(900, 0.6)
		} else if i > 20 {
			see(900, 0.15)
		}
		frames = append(frames, f)
	}
	for _, c := range []struct {
		rule         string
		settings     Settings
		tracks, maxN int
	}{{"before", before, 2, 2}, {"now", now, 1, 1}} {
		tracks, counts, err := Derive(c.settings, frames, nil, 4*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if len(tracks) != c.tracks || *counts.Taxa[0].MaxN != c.maxN {
			t.Errorf("by the rule of %s: %d tracks and MaxN %d, want %d and %d", c.rule, len(tracks), *counts.Taxa[0].MaxN, c.tracks, c.maxN)
		}
	}
	if before.Detector.OneBox != 0 {
		t.Errorf("a record without it joins boxes of different taxa over %g", before.Detector.OneBox)
	}
}
