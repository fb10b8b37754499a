package eval

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"requin/detect"
	"requin/taxon"
	"requin/uncertainty"
)

// named gives all that is in a stretch of video another name.
func named(w Watched, name, id string) Watched {
	w.Frames = slices.Clone(w.Frames)
	for i := range w.Frames {
		f := &w.Frames[i]
		f.Truth, f.Found = slices.Clone(f.Truth), slices.Clone(f.Found)
		for k := range f.Truth {
			f.Truth[k].Taxon, f.Truth[k].ID = name, id+f.Truth[k].ID
		}
		for k := range f.Found {
			f.Found[k].Taxon = name
		}
	}
	return w
}

// both is two stretches of video at one time.
func both(a, b Watched) Watched {
	a.Frames = slices.Clone(a.Frames)
	for i := range a.Frames {
		f := &a.Frames[i]
		f.Truth, f.Found = slices.Concat(f.Truth, b.Frames[i].Truth), slices.Concat(f.Found, b.Frames[i].Found)
	}
	return a
}

// TestCombinedHolds: intervals of a taxon that merges a class seen well and one seen badly hold the truth, when each was measured apart, about as
// often as when both were measured as one; those of the first class alone do not.
func TestCombinedHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	reef, white := sea{r, 120, 6, 3, 2}, sea{r, 120, 6, 0, 4}
	stretches := func(n int) (apart, merged []Watched) {
		for range n {
			w := both(named(reef.one(""), "reef", "r"), named(white.one(""), "white", "w"))
			apart, merged = append(apart, w), append(merged, named(w, "shark", ""))
		}
		return apart, merged
	}
	apart, merged := stretches(40)
	calibrations, seen := map[string]uncertainty.Calibration{}, map[string]uncertainty.Detectability{}
	for _, name := range []string{"reef", "white"} {
		calibrations[name], seen[name] = learnOf(t, apart, name)
	}
	text := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	m, err := uncertainty.ReadMeasurements(detect.Card{Classes: []string{"reef", "white"}, Metadata: map[string]string{
		uncertainty.CalibrationKey: text(calibrations), uncertainty.DetectabilityKey: text(seen)}})
	if err != nil {
		t.Fatal(err)
	}
	combined := m.Of(taxon.Taxon{Name: "shark", Classes: []string{"reef", "white"}})
	calibration, together := learnOf(t, merged, "shark")
	_, test := stretches(150)
	hold := func(name string, d uncertainty.Detectability, c uncertainty.Calibration) Coverage {
		var list []Foretold
		for i, w := range test {
			p, err := w.Foretell(Terms{Taxon: "shark", Detectability: d, Probability: c.Probability, Limit: uncertainty.Limit, Samples: 400}, uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, Foretold{w.Name, w.MaxN("shark"), p})
		}
		open := Covered(Open(list))
		t.Logf("%s: %.3f of %d hold the truth (under %d, over %d), mean width %.2f; %+v", name, open.Share(), open.N, open.Under, open.Over, open.Width, d)
		return open
	}
	one := hold("the first class's", seen["reef"], calibrations["reef"])
	each := hold("combined", combined.Detectability, combined.Calibration)
	all := hold("measured together", together, calibration)
	if each.Share() < 0.87 || all.Share() < 0.87 {
		t.Errorf("%.3f of the intervals hold the truth where it was combined, %.3f where it was measured together", each.Share(), all.Share())
	}
	if one.Share() > each.Share() {
		t.Errorf("%.3f hold it by the first class alone, more than the %.3f combined: this test tells nothing", one.Share(), each.Share())
	}
}
