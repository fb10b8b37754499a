package detect

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"requin/frame"
	"requin/taxon"
)

func found(name string, score float32, b frame.Box) Detection {
	return Detection{Box: b, Taxon: name, Score: score}
}

func TestOneBox(t *testing.T) {
	at := box(0, 0, 100, 100)
	near, far := box(10, 0, 110, 100), box(40, 0, 140, 100) // IoU 0.82 and 0.43 with at
	threshold := func(string) float32 { return 0.5 }
	list := taxon.List{{Name: "shark"}, {Name: "remora", Overlaps: []string{"shark"}}, {Name: "fish"}}
	for _, c := range []struct {
		why  string
		in   []Detection
		most float64
		want []Detection
	}{
		{"two names on one animal", []Detection{found("fish", 0.6, near), found("shark", 0.8, at)}, 0.5,
			[]Detection{{at, "shark", 0.8, []taxon.Score{{Taxon: "shark", Score: 0.8}, {Taxon: "fish", Score: 0.6}}}}},
		{"the one that reaches its threshold", []Detection{found("shark", 0.48, at), found("fish", 0.5, near)}, 0.5,
			[]Detection{{near, "fish", 0.5, []taxon.Score{{Taxon: "fish", Score: 0.5}, {Taxon: "shark", Score: 0.48}}}}},
		{"side by side", []Detection{found("shark", 0.8, at), found("fish", 0.6, far)}, 0.5, []Detection{found("shark", 0.8, at), found("fish", 0.6, far)}},
		{"one name twice is suppression's", []Detection{found("shark", 0.8, at), found("shark", 0.6, near)}, 0.5, []Detection{found("shark", 0.8, at), found("shark", 0.6, near)}},
		{"may lie on one another", []Detection{found("remora", 0.8, near), found("shark", 0.6, at)}, 0.5, []Detection{found("remora", 0.8, near), found("shark", 0.6, at)}},
		{"switched off", []Detection{found("fish", 0.6, near), found("shark", 0.8, at)}, 0, []Detection{found("fish", 0.6, near), found("shark", 0.8, at)}},
		{"the higher score of a name", []Detection{{at, "shark", 0.8, []taxon.Score{{Taxon: "shark", Score: 0.8}, {Taxon: "fish", Score: 0.3}}}, found("fish", 0.6, near)}, 0.5,
			[]Detection{{at, "shark", 0.8, []taxon.Score{{Taxon: "shark", Score: 0.8}, {Taxon: "fish", Score: 0.6}}}}},
	} {
		before := slices.Clone(c.in)
		if got := OneBox(c.in, c.most, threshold, list.MayOverlap); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.why, got, c.want)
		}
		if !reflect.DeepEqual(c.in, before) {
			t.Errorf("%s: the list was changed", c.why)
		}
	}
}

// Whatever the order, the answer is one; no two of different names lie on one another, and no strong one is lost to a weak one.
func TestOneBoxProperties(t *testing.T) {
	threshold := func(name string) float32 { return map[string]float32{"a": 0.3, "b": 0.6}[name] }
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 4))
		var list []Detection
		for range 1 + rng.IntN(15) {
			x, y := 60*rng.Float64(), 60*rng.Float64()
			list = append(list, found([]string{"a", "b", "c"}[rng.IntN(3)], float32(rng.IntN(11))/10, box(x, y, x+40+20*rng.Float64(), y+40)))
		}
		got := OneBox(list, 0.5, threshold, nil)
		for i, d := range got {
			if i > 0 && d.Score > got[i-1].Score {
				t.Fatalf("seed %d: %v is not best first", seed, got)
			}
			for _, o := range got[:i] {
				if o.Taxon != d.Taxon && frame.IoU(o.Box, d.Box) > 0.5 {
					t.Fatalf("seed %d: %v and %v are both there", seed, o, d)
				}
			}
		}
		strong := func(d Detection) bool { return d.Score >= threshold(d.Taxon) }
		for _, d := range list {
			if strong(d) && !slices.ContainsFunc(got, func(k Detection) bool {
				return strong(k) && (k.Box == d.Box || k.Taxon != d.Taxon && frame.IoU(k.Box, d.Box) > 0.5)
			}) {
				t.Fatalf("seed %d: %v is lost", seed, d)
			}
		}
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if again := OneBox(list, 0.5, threshold, nil); !reflect.DeepEqual(got, again) {
			t.Fatalf("seed %d: another order, another answer", seed)
		}
	}
}

// A model that suppresses class by class gives one shark two boxes. From its file to what is counted it is one, unless the taxa may
// lie on one another, or every box is asked for.
func TestOneBoxOfAModel(t *testing.T) {
	answers := []answer{{"boxes", []int64{2, 4}, []float32{8, 8, 40, 40, 8, 8, 40, 36}, nil}, {"labels", []int64{2}, nil, []int64{1, 2}}, {"scores", []int64{2}, []float32{0.9, 0.6}, nil}}
	names := map[string]string{"names": `["shark", "remora"]`}
	for _, c := range []struct {
		why  string
		opt  Options
		want int
		card float64
	}{
		{"one animal", Options{}, 1, OneAnimal},
		{"a remora on a shark", Options{Taxa: taxon.List{{Name: "shark"}, {Name: "remora", Overlaps: []string{"shark"}}}}, 2, OneAnimal},
		{"every box", Options{NMS: -1}, 2, 0},
		{"switched off", Options{OneBox: -1}, 2, 0},
		{"only those alike", Options{OneBox: 0.95}, 2, 0.95},
	} {
		d, err := model(t, c.opt, declare("image f32 1,3,64,64"), names, answers...)
		if err != nil {
			t.Fatalf("%s: %v", c.why, err)
		}
		list, err := d.Detect(&frame.Frame{W: 64, H: 64, FullW: 64, FullH: 64, Pix: make([]byte, 3*64*64)})
		if err != nil || len(list) != c.want || list[0].Taxon != "shark" || d.Card().OneBox != c.card {
			t.Errorf("%s: %+v, %v, %g", c.why, list, err, d.Card().OneBox)
		}
		if c.want == 1 && !reflect.DeepEqual(list[0].Scores, []taxon.Score{{Taxon: "shark", Score: 0.9}, {Taxon: "remora", Score: 0.6}}) {
			t.Errorf("%s: its scores are %v", c.why, list[0].Scores)
		}
	}
}
