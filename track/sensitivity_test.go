package track_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"requin/eval"
	"requin/track"
)

// TestSensitivity halves and doubles every setting on the made sharks: none may
// sit on a knife's edge. Its output is a table of docs/science/tracking.md.
func TestSensitivity(t *testing.T) {
	var scenes []scene
	for _, animals := range []int{3, 8} {
		for seed := range uint64(4) {
			scenes = append(scenes, circling(animals, seed))
		}
	}
	idf1 := func(cfg track.Config, rate int, input string) float64 {
		var all []eval.MOTScore
		for _, s := range scenes {
			s = s.every(time.Second / time.Duration(rate))
			rng := rand.New(rand.NewPCG(7, uint64(len(s.truth))))
			frames := s.frames(rng)
			if input == "degraded" {
				frames = degrade(frames, 0.2, 0.2, rng)
			}
			all = append(all, score(t, s.truth, follow(cfg, frames)))
		}
		return eval.Pool(all...).IDF1()
	}
	settings := []struct {
		name string
		of   func(*track.Config) *float64
	}{
		{"max_gap_s", func(c *track.Config) *float64 { return &c.MaxGapS }},
		{"cruise_speed_bl_per_s", func(c *track.Config) *float64 { return &c.CruiseSpeed }},
		{"max_speed_bl_per_s", func(c *track.Config) *float64 { return &c.MaxSpeed }},
		{"persistence_s", func(c *track.Config) *float64 { return &c.PersistenceS }},
		{"box_noise", func(c *track.Config) *float64 { return &c.BoxNoise }},
		{"shape_change_per_sqrt_s", func(c *track.Config) *float64 { return &c.ShapeChange }},
		{"room_bl2", func(c *track.Config) *float64 { return &c.Room }},
		{"low_odds", func(c *track.Config) *float64 { return &c.LowOdds }},
	}
	var out strings.Builder
	out.WriteString("\n| IDF1 | perfect, 5/s | 1/s | degraded, 5/s | 1/s |\n|---|---|---|---|---|\n")
	var base []float64
	line := func(name string, cfg track.Config) {
		fmt.Fprintf(&out, "| %s |", name)
		n := 0
		for _, input := range inputs {
			for _, rate := range []int{5, 1} {
				v := idf1(cfg, rate, input)
				fmt.Fprintf(&out, " %.3f |", v)
				if len(base) < 4 {
					base = append(base, v)
				} else if v < base[n]*2/3 {
					t.Errorf("%s, %s at %d frames/s: IDF1 falls from %.3f to %.3f", name, input, rate, base[n], v)
				}
				n++
			}
		}
		out.WriteString("\n")
	}
	line("default", association())
	for _, s := range settings {
		for _, factor := range []float64{0.5, 2} {
			cfg := association()
			*s.of(&cfg) *= factor
			line(fmt.Sprintf("%s %v", s.name, *s.of(&cfg)), cfg)
		}
	}
	t.Log(out.String())
}
