package report_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/frame"
	"requin/report"
	"requin/taxon"
	"requin/track"
)

// crowd is a large survey: 120 deployments and 30 taxa, most of them nowhere, an hour each.
func crowd(t testing.TB, deployments, taxa int) report.Survey {
	r := rand.New(rand.NewPCG(1, 2))
	s := report.Survey{Name: "A large survey"}
	for i := range taxa {
		s.Taxa = append(s.Taxa, taxon.Taxon{Name: fmt.Sprintf("%s %s", []string{"Carcharhinus", "Lutjanus", "Galeocerdo", "Triaenodon", "Sphyrna", "Epinephelus"}[i%6],
			[]string{"amblyrhynchos", "bohar", "cuvier", "obesus", "lewini", "malabaricus", "falciformis"}[i%7]), Common: "a fish"})
	}
	for i := range deployments {
		in := count.Input{Taxa: s.Taxa, Every: time.Minute, Duration: 62 * time.Minute, Period: frame.Period{From: 2 * time.Minute, To: 62 * time.Minute}}
		if i%9 == 4 {
			in.Gaps = []frame.Gap{{From: 20 * time.Minute, To: 31 * time.Minute, Reason: "GX020042.MP4 cannot be read from 8:11 on"}}
		}
		if i%17 == 3 {
			in.Duration = 55 * time.Minute
		}
		for m := range 62 {
			if at := time.Duration(m) * time.Minute; at < in.Duration && (len(in.Gaps) == 0 || at < in.Gaps[0].From || at >= in.Gaps[0].To) {
				in.Frames = append(in.Frames, frame.Instant{Time: at, PTS: int64(m)})
			}
		}
		for id := range r.IntN(9) {
			tr := track.Track{ID: id + 1, Taxon: s.Taxa[min(r.IntN(9), taxa-1)].Name}
			tr.Points = []track.Point{{Instant: in.Frames[10+r.IntN(3)]}}
			in.Tracks = append(in.Tracks, tr)
		}
		c := counted(t, in)
		for _, x := range c.Taxa {
			switch r.IntN(14) {
			case 0, 1:
				c = reviewed(c, x.Name, *x.MaxN, count.Certified, "Anna")
			case 2:
				c = reviewed(c, x.Name, *x.MaxN, count.Reviewed, "Anna", "Ben")
			case 3:
				if *x.MaxN > 1 {
					c = reviewed(c, x.Name, *x.MaxN, count.Disputed, "Anna", "Ben")
				}
			}
		}
		lat, lon := -22.3-float64(i%11)*0.013-0.002*r.Float64(), 166.3+float64(i/11)*0.03+0.004*r.Float64()
		d := report.Deployment{Campaign: "2026-05_Reef_stereo-BRUVs", OpCode: fmt.Sprintf("REEF_2026_%03d", i+1), Site: fmt.Sprintf("Site %d", i%11), Latitude: &lat, Longitude: &lon,
			DateTime: "2026-05-01T08:00:00", Filmed: c.Duration, Counts: &c, Model: report.Detector{File: "starter.onnx", SHA256: strings.Repeat("ab", 32)}, Details: "../runs/x.requin/report.html"}
		if i%23 == 7 {
			d.Counts, d.Why = nil, "not yet: requin count "+d.OpCode
		}
		s.Deployments = append(s.Deployments, d)
	}
	return s
}

// A large survey is still a page that a browser opens at once. With -sample FILE the page, of 40 deployments, is written to be looked at.
func TestLargeSurveyStaysSmall(t *testing.T) {
	if n := len(written(t, report.WriteSurvey, crowd(t, 120, 30))); n > 2_500_000 { // a third of it pictures and data behind their links
		t.Errorf("the page has %d bytes", n)
	}
	if *sampleFile != "" {
		if err := os.WriteFile(*sampleFile, []byte(written(t, report.WriteSurvey, crowd(t, 40, 30))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
