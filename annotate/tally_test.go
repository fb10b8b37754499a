package annotate

import (
	"testing"
	"time"

	"requin/frame"
)

func records(list ...Record) Records {
	return func(yield func(Record, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func asNamed(label string) string { return label }

func mark(number int, track, label string) Mark {
	m := Mark{Media: "a.mp4", Track: track, Frame: number, Time: None, Shape: BoxShape(frame.Box{X1: 10, Y1: 10})}
	if label != "" {
		m.Names = []Name{{Label: label}}
	}
	return m
}

func look(number int) Look { return Look{Media: "a.mp4", Frame: number, Time: None} }

var filmed = []Record{
	Deployment{OpCode: "D1", Periods: []Period{{From: time.Second, To: 11 * time.Second}}, Chapters: []Chapter{{Path: "x/a.mp4", Offset: time.Second, Duration: 20 * time.Second}}},
	Media{Name: "a.mp4", Deployment: "D1", Video: true, Rate: frame.Rational{Num: 10, Den: 1}},
}

// Boxes: a track is there between its key frames; frames out of the period do not count.
func TestTalliesOfBoxes(t *testing.T) {
	list := append(filmed[:2:2], Track{Media: "a.mp4", ID: "1", Names: []Name{{Label: "shark"}}},
		look(0), look(10), look(20), look(30), mark(0, "1", ""), mark(20, "1", ""), mark(10, "", "shark"), mark(30, "", "ray"), mark(200, "", "shark"), mark(200, "", "shark"), mark(200, "", "shark"))
	got, err := Tallies(records(list...), asNamed)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	d := got[0]
	shark, ray := d.Taxa["shark"], d.Taxa["ray"]
	if d.Length != 10*time.Second || shark.MaxN != 2 || shark.From != ByBoxes || *shark.TMaxN != 2*time.Second || *shark.TFS != time.Second {
		t.Errorf("sharks %+v of %v: want MaxN 2 at 2 s, first seen at 1 s, of 10 s", shark, d.Length)
	}
	if *shark.MeanCount != 1 || *ray.MeanCount != 0.25 || ray.MaxN != 1 {
		t.Errorf("mean counts %v and %v, want (1+2+1+0)/4 and 1/4", *shark.MeanCount, *ray.MeanCount)
	}
	if len(d.Frames) != 4 || d.Frames[1].Counts["shark"] != 2 || d.Frames[3].Counts["ray"] != 1 {
		t.Errorf("frames %+v", d.Frames)
	}
}

// A count as stated goes before points, and points before boxes; what the stream names is
// looked for in every deployment with statements of that kind.
func TestTalliesChoose(t *testing.T) {
	sighting := func(opcode, species string, n int, at time.Duration) Sighting {
		return Sighting{OpCode: opcode, Media: "l.mp4", Frame: int(at / time.Second), Time: at, PeriodTime: at, Species: SpeciesOf(species), Number: n}
	}
	got, err := Tallies(records(append(filmed[:2:2], mark(10, "", "Triaenodon obesus"),
		sighting("D1", "Triaenodon obesus", 2, 5*time.Second), sighting("D1", "Triaenodon obesus", 3, 9*time.Second), sighting("D2", "Galeocerdo cuvier", 1, time.Second),
		Count{OpCode: "D2", Label: "Triaenodon obesus", Value: 4, Time: 7 * time.Second}, Count{OpCode: "D2", Label: "Galeocerdo cuvier", Metric: "MeanCount", Value: 4})...), asNamed)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	whitetip := got[0].Taxa["Triaenodon obesus"]
	if whitetip.MaxN != 3 || whitetip.From != ByPoints || *whitetip.TMaxN != 9*time.Second || *whitetip.TFS != 5*time.Second {
		t.Errorf("D1 %+v: want 3 at 9 s, by points", whitetip)
	}
	if tiger := got[0].Taxa["Galeocerdo cuvier"]; tiger.From != ByPoints || tiger.MaxN != 0 || tiger.TFS != nil {
		t.Errorf("D1 %+v: a tiger shark was looked for and not seen", tiger)
	}
	if whitetip = got[1].Taxa["Triaenodon obesus"]; whitetip.MaxN != 4 || whitetip.From != ByCounts || *whitetip.TMaxN != 7*time.Second {
		t.Errorf("D2 %+v: want 4 as stated", whitetip)
	}
	if tiger := got[1].Taxa["Galeocerdo cuvier"]; tiger.MaxN != 1 || tiger.From != ByPoints {
		t.Errorf("D2 %+v: want 1 by points", tiger)
	}
}

func TestTalliesLeaveOutWhatDidNotSucceed(t *testing.T) {
	no := false
	got, err := Tallies(records(Deployment{OpCode: "D1", SuccessfulCount: &no}, Count{OpCode: "D1", Label: "shark", Value: 4}), asNamed)
	if err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
