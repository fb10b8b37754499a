package eval

import (
	"errors"
	"slices"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/uncertainty"
)

func pointer[T any](v T) *T { return &v }

func counted(name string, length time.Duration, taxa map[string]Numbers) Counted {
	return Counted{Deployment: name, Length: length, Taxa: taxa}
}

func TestPairs(t *testing.T) {
	sure := &uncertainty.Interval{Low: 1, High: 3}
	people := []Counted{
		counted("S1", 0, map[string]Numbers{"shark": {MaxN: pointer(2.0), TFS: pointer(30 * time.Second)}, "ray": {MaxN: pointer(1.0)}}),
		counted("clip_1", 20*time.Second, map[string]Numbers{"shark": {MaxN: pointer(3.0), MeanCount: pointer(1.5)}}),
		counted("nothing", 0, map[string]Numbers{}),
	}
	machine := []Counted{
		counted("Clip 1", 0, map[string]Numbers{"shark": {MaxN: pointer(1.0), MeanCount: pointer(0.5)}}),
		counted("s1", time.Hour, map[string]Numbers{"shark": {MaxN: pointer(2.0), TFS: pointer(time.Minute), TMaxN: pointer(time.Minute), Uncertainty: sure}, "ray": {}, "eel": {MaxN: pointer(0.0)}}),
		counted("nothing", time.Hour, map[string]Numbers{"shark": {MaxN: pointer(1.0)}}),
		counted("S9", time.Hour, map[string]Numbers{"shark": {MaxN: pointer(1.0)}}),
	}
	got, alone := Pairs(people, machine)
	want := []Compared{ // whole deployments first; a number of one side alone is no pair
		{MaxN, AmongDeployments, "shark", Pair{"s1", 2, 2}, sure},
		{TFS, AmongDeployments, "shark", Pair{"s1", 30, 60}, nil},
		{MaxN, AmongClips, "shark", Pair{"Clip 1", 3, 1}, nil},
		{MeanCount, AmongClips, "shark", Pair{"Clip 1", 1.5, 0.5}, nil},
	}
	if !slices.Equal(got, want) {
		t.Errorf("pairs\n%+v\nwant\n%+v", got, want)
	}
	if !slices.Equal(alone, []string{"nothing", "S9"}) {
		t.Errorf("alone are %v", alone)
	}
}

// A deployment is a clip by the machine's length, else by people's; of no known length it is whole.
func TestPairsTellsClips(t *testing.T) {
	for _, x := range []struct {
		people, machine time.Duration
		among           string
	}{{0, 0, AmongDeployments}, {time.Minute, 0, AmongClips}, {time.Minute, time.Hour, AmongDeployments}, {0, ClipUnder, AmongDeployments}, {0, ClipUnder - 1, AmongClips}} {
		one := map[string]Numbers{"shark": {MaxN: pointer(1.0)}}
		got, _ := Pairs([]Counted{counted("A", x.people, one)}, []Counted{counted("A", x.machine, one)})
		if len(got) != 1 || got[0].Among != x.among {
			t.Errorf("people %v, machine %v: %+v, want among %s", x.people, x.machine, got, x.among)
		}
	}
}

// Frames of clips are paired within 40 ms; what people did not look at or do not name is left out.
func TestPairsOfFrames(t *testing.T) {
	at := func(seconds float64, sharks, rays int) annotate.FrameTally {
		return annotate.FrameTally{Time: time.Duration(seconds * float64(time.Second)), Counts: map[string]int{"shark": sharks, "ray": rays}}
	}
	people := Counted{Deployment: "A", Length: time.Minute, Taxa: map[string]Numbers{"shark": {}}, Frames: []annotate.FrameTally{at(0, 1, 1), at(1.03, 2, 1), at(3, 3, 1)}}
	machine := Counted{Deployment: "A", Length: time.Minute, Taxa: map[string]Numbers{"shark": {}, "ray": {}}, Frames: []annotate.FrameTally{at(0, 0, 5), at(1, 2, 5), at(2, 7, 5), at(2.95, 8, 5)}}
	got, _ := Pairs([]Counted{people}, []Counted{machine})
	want := []Compared{{PerFrame, AmongFrames, "shark", Pair{"A", 1, 0}, nil}, {PerFrame, AmongFrames, "shark", Pair{"A", 2, 2}, nil}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	people.Length, machine.Length = time.Hour, time.Hour
	if got, _ := Pairs([]Counted{people}, []Counted{machine}); len(got) != 0 {
		t.Errorf("frames of a whole deployment are paired: %+v", got)
	}
}

func TestCountedByMachineAndInFrames(t *testing.T) {
	at := func(s float64) count.Moment { return count.Moment{Time: count.Seconds(s * float64(time.Second))} }
	r := count.Result{Period: count.Span{From: count.Seconds(time.Second), To: count.Seconds(5 * time.Second)}, Taxa: []count.Taxon{
		{Name: "shark", MaxN: pointer(2), TMaxN: pointer(at(3)), TFS: pointer(at(2)), MeanCount: pointer(0.5), Uncertainty: &uncertainty.Interval{High: 4},
			Counts: []count.Step{{Moment: at(1), N: 0}, {Moment: at(2), N: 1}, {Moment: at(3), N: 2}}},
		{Name: "ray"}, // no frame was looked at
	}}
	c := CountedByMachine("A", r)
	shark, ray := c.Taxa["shark"], c.Taxa["ray"]
	if c.Deployment != "A" || c.Length != 4*time.Second || *shark.MaxN != 2 || *shark.TMaxN != 3*time.Second || *shark.TFS != 2*time.Second || *shark.MeanCount != 0.5 || shark.Uncertainty.High != 4 {
		t.Errorf("%+v: %+v", c, shark)
	}
	if ray.MaxN != nil || ray.TMaxN != nil || ray.TFS != nil || ray.MeanCount != nil {
		t.Errorf("what was not counted became a number: %+v", ray)
	}
	frames := func(yield func(detect.Frame, error) bool) {
		for _, s := range []float64{0, 1, 2, 2.5, 3, 4, 5, 6} { // 0, 5 and 6 lie out of the period
			if !yield(detect.Frame{Instant: frame.Instant{Time: time.Duration(s * float64(time.Second))}}, nil) {
				return
			}
		}
	}
	got, err := CountsInFrames(r, frames)
	if err != nil {
		t.Fatal(err)
	}
	var sharks []int
	for _, f := range got {
		sharks = append(sharks, f.Counts["shark"])
	}
	if !slices.Equal(sharks, []int{0, 1, 1, 2, 2}) || got[0].Time != time.Second {
		t.Errorf("sharks in frames %v from %v on", sharks, got[0].Time)
	}
	broken := errors.New("broken")
	if _, err := CountsInFrames(r, func(yield func(detect.Frame, error) bool) { yield(detect.Frame{}, broken) }); !errors.Is(err, broken) {
		t.Errorf("frames that cannot be read: %v", err)
	}
}

func TestCountedByPeople(t *testing.T) {
	got := CountedByPeople([]annotate.Tally{{OpCode: "A", Length: time.Hour, Frames: []annotate.FrameTally{{Time: 1}},
		Taxa: map[string]annotate.TaxonTally{"shark": {MaxN: 2, MeanCount: pointer(1.5), TFS: pointer(time.Second)}, "ray": {}}}})
	if len(got) != 1 || got[0].Deployment != "A" || got[0].Length != time.Hour || len(got[0].Frames) != 1 {
		t.Fatalf("%+v", got)
	}
	shark, ray := got[0].Taxa["shark"], got[0].Taxa["ray"]
	if *shark.MaxN != 2 || *shark.MeanCount != 1.5 || *shark.TFS != time.Second || shark.TMaxN != nil || *ray.MaxN != 0 {
		t.Errorf("%+v, %+v", shark, ray)
	}
}

func TestNames(t *testing.T) {
	list := taxon.List{{Name: "Triaenodon obesus", Common: "whitetip"}, {Name: "ray", Classes: []string{"stingray", "12"}}}
	machine := []Counted{counted("A", 0, map[string]Numbers{"Shark": {}, "Stingray": {}})}
	name, err := Namer(list, machine)
	if err != nil {
		t.Fatal(err)
	}
	for label, want := range map[string]string{"shark": "Shark", "WHITETIP": "Triaenodon obesus", "12": "ray", "stingray": "Stingray", "ray": "ray", "eel": "eel"} {
		if got := name(label); got != want {
			t.Errorf("%q is %q, want %q", label, got, want)
		}
	}
	if _, err := Namer(taxon.List{{Name: "a", Classes: []string{"x"}}, {Name: "b", Classes: []string{"X"}}}, nil); err == nil {
		t.Error("a class that two taxa claim passes")
	}
	first := FirstNames()
	if a, b, c := first("Triaenodon_obesus"), first("triaenodon obesus"), first("ray"); a != b || a != "Triaenodon_obesus" || c != "ray" {
		t.Errorf("%q, %q, %q", a, b, c)
	}
	a, b := []Counted{counted("A", 0, map[string]Numbers{"x": {}, "c": {}, "b": {}}), counted("B", 0, map[string]Numbers{"c": {}})}, []Counted{counted("B", 0, map[string]Numbers{"x": {}})}
	if got := Missing(a, b); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("missing %v", got)
	}
	if got := Missing(b, a); len(got) != 0 {
		t.Errorf("missing %v", got)
	}
}
