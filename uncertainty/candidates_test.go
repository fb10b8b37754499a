package uncertainty

import (
	"reflect"
	"testing"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/track"
)

// Two sharks, one of them in company for half of its frames; a ray; a shark out of the period.
func TestTrailsAndCandidates(t *testing.T) {
	at := func(i int, score float32) track.Point {
		return track.Point{Instant: frame.Instant{Time: time.Duration(i) * time.Second}, Detection: detect.Detection{Score: score}}
	}
	tracks := []track.Track{
		{ID: 3, Taxon: "shark", Points: []track.Point{at(9, 0.9), at(10, 0.5), at(11, 0.5)}},
		{ID: 4, Taxon: "ray", Points: []track.Point{at(11, 0.5)}},
		{ID: 5, Taxon: "shark", Points: []track.Point{at(11, 0.25), at(12, 0.25)}},
		{ID: 6, Taxon: "shark", Points: []track.Point{at(2, 0.5)}},
	}
	trails := Trails(tracks, "shark", func(p track.Point) (int, bool) { i := int(p.Time/time.Second) - 10; return i, i >= 0 })
	want := []Trail{{3, []int{0, 1}, []float64{0.5, 0.5}}, {5, []int{1, 2}, []float64{0.25, 0.25}}}
	if !reflect.DeepEqual(trails, want) {
		t.Fatalf("trails %+v", trails)
	}
	got := Grounds{Detectability: Detectability{Slope: 1, Length: 1}}.Candidates(trails)
	if len(got) != 2 || got[0].ID != 3 || got[1].Traits.Points != 2 {
		t.Fatalf("candidates %+v", got)
	}
	near(t, "company of the first", got[0].Traits.Company, 0.25/2)
	near(t, "company of the second", got[1].Traits.Company, 0.5/2)
	near(t, "odds of the first", got[0].Traits.Odds, 0)
	near(t, "chance of the first", got[0].Real, 2./3)  // odds 1 times 2 points
	near(t, "chance of the second", got[1].Real, 2./5) // odds 1/3 times 2 points
}
