package detect

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"requin/frame"
	"requin/onnx"
	"requin/taxon"
)

func TestParseNames(t *testing.T) {
	for text, want := range map[string][]string{
		`{0: 'person', 1: "king's crab"}`:     {"person", "king's crab"},
		`{1: 'fish', 0: 'shark',}`:            {"shark", "fish"},
		`{"0": "fish", "2": "r\u00e9quin"}`:   {"fish", "", "réquin"},
		`['a', 'b\'c']`:                       {"a", "b'c"},
		`["Carcharhinus", "with, comma"]`:     {"Carcharhinus", "with, comma"},
		"fish\nshark\r\nray\n":                {"fish", "shark", "ray"},
		"fish":                                {"fish"},
		`{0: grey reef shark, 1: ray}`:        {"grey reef shark", "ray"},
		` { 0 : 'fish:striped' , 1 : ']}' } `: {"fish:striped", "]}"},
	} {
		got, err := parseNames(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "  ", "{0: 'fish'", "{0 'fish'}", "{'a': 'b'}", "{-1: 'b'}", "{999999999: 'b'}", "['a' 'b']", "['a", "[] x", `['\q']`, "{0:}"} {
		if got, err := parseNames(text); err == nil {
			t.Errorf("%q: no error, %q", text, got)
		}
	}
}

func FuzzParseNames(f *testing.F) {
	for _, text := range []string{`{0: 'person', 1: "king's crab"}`, `["a", "b"]`, "a\nb", `{"0": "\u00e9"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		names, err := parseNames(text)
		if err == nil && len(names) > mostClasses {
			t.Errorf("%d names", len(names))
		}
		read(&onnx.Info{Metadata: map[string]string{"names": text, "imgsz": text, "requin.classes": text, "requin.normalisation": text}}, Options{})
	})
}

func TestCOCONames(t *testing.T) {
	if c := coco80(); len(c) != 80 || c[14] != "bird" || c[79] != "toothbrush" {
		t.Errorf("80: %d, %q, %q", len(c), c[14], c[79])
	}
	// Category numbers of COCO's own annotation files.
	c := coco91()
	for n, name := range map[int]string{1: "person", 13: "stop sign", 14: "parking meter", 16: "bird", 44: "bottle", 62: "chair", 82: "refrigerator", 90: "toothbrush", 0: "", 12: "", 83: ""} {
		if c[n] != name {
			t.Errorf("number %d is %q, want %q", n, c[n], name)
		}
	}
}

func TestMapClasses(t *testing.T) {
	classes := []string{"grey_reef_shark", "White Shark", "diver", "ray", "background"}
	m, err := mapClasses(classes, taxon.List{
		{Name: "shark", Classes: []string{"Grey reef shark", "white_shark"}},
		{Name: "Dasyatis", Common: "Ray"},
		{Name: "turtle"},
		{Name: "human", Classes: []string{"2"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.of, []int{0, 0, 3, 1, -1}) || len(m.dropped) != 0 || !slices.Equal(m.unseen, []string{"turtle"}) || !m.merged {
		t.Errorf("%+v", m)
	}
	m, err = mapClasses(classes, taxon.List{{Name: "ray"}}, nil)
	if err != nil || !slices.Equal(m.dropped, []string{"grey_reef_shark", "White Shark", "diver"}) || m.merged {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = mapClasses(classes, nil, nil)
	if err != nil || len(m.taxa) != 4 || m.taxa[1].Name != "White Shark" || m.taxa[1].Role != taxon.Studied {
		t.Errorf("%+v, %v", m, err)
	}
	for _, c := range []struct {
		taxa taxon.List
		want string
	}{
		{taxon.List{{Name: "tuna"}}, "none of the taxa"},
		{taxon.List{{Name: "a", Classes: []string{"ray"}}, {Name: "b", Classes: []string{"Ray"}}}, "claimed by"},
		{taxon.List{{Name: "a", Classes: []string{"ray"}}, {Name: "b", Classes: []string{"3"}}}, "claimed by name"},
	} {
		if _, err := mapClasses(classes, c.taxa, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.taxa, err)
		}
	}
}

func TestPropose(t *testing.T) {
	m, err := mapClasses([]string{"a", "b", "c", "d"}, taxon.List{{Name: "shark", Classes: []string{"a", "b"}}, {Name: "ray", Classes: []string{"c"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := m.propose(box(0, 0, 1, 1), []float32{0.2, 0.5, 0.4, 0.9})
	want := []taxon.Score{{Taxon: "shark", Score: 0.5}, {Taxon: "ray", Score: 0.4}}
	if !ok || p.taxon != 0 || p.score != 0.5 || !reflect.DeepEqual(p.scores, want) {
		t.Errorf("%+v", p)
	}
	if p, _ := m.propose(box(0, 0, 1, 1), []float32{0.2, 0.5, 0.009, 0}); p.scores != nil {
		t.Errorf("a single score is listed: %v", p.scores)
	}
	if _, ok := m.propose(box(0, 0, 1, 1), []float32{0, 0, 0, 0.9}); ok {
		t.Error("a class that no taxon means was proposed")
	}
	m, err = mapClasses([]string{"shark", "ray"}, nil, map[string]taxon.Role{"ray": taxon.Context})
	if err != nil || m.taxa[0].Role != taxon.Studied || m.taxa[1].Role != taxon.Context {
		t.Errorf("roles of the file: %+v, %v", m.taxa, err)
	}
	many, _ := mapClasses([]string{"0a", "1a", "2a", "3a", "4a", "5a", "6a"}, nil, nil)
	if p, _ := many.propose(box(0, 0, 1, 1), []float32{.1, .2, .3, .4, .5, .6, .7}); len(p.scores) != 5 || p.scores[0].Taxon != "6a" || p.scores[4].Taxon != "2a" {
		t.Errorf("%v", p.scores)
	}
}

// The command line's own word for a taxon, the taxa file, the command line's word
// for all, the model, the default: the first that speaks.
func TestThresholds(t *testing.T) {
	classes := []string{"a", "b", "c", "d", "e"}
	metadata := map[string]string{"requin.thresholds": `{"a": 0.9, "b": 0.8, "c": 0.7, "D": 0.65, "e": 0.6}`}
	taxa := taxon.List{{Name: "a"}, {Name: "b", Threshold: 0.5}, {Name: "c"}, {Name: "both", Classes: []string{"d", "e"}}}
	resolve := func(all float32, named map[string]float32, metadata map[string]string) (out []float64) {
		t.Helper()
		m, err := mapClasses(classes, taxa, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.thresholds(classes, named, all, metadata); err != nil {
			t.Fatal(err)
		}
		for _, x := range m.taxa {
			out = append(out, x.Threshold)
		}
		return out
	}
	for _, c := range []struct {
		all      float32
		named    map[string]float32
		metadata map[string]string
		want     []float64
	}{
		{0, nil, nil, []float64{0.3, 0.5, 0.3, 0.3}},
		{0, nil, metadata, []float64{0.9, 0.5, 0.7, 0.6}},
		{0.4, nil, metadata, []float64{0.4, 0.5, 0.4, 0.4}},
		{0.4, map[string]float32{"B": 0.2}, metadata, []float64{0.4, 0.2, 0.4, 0.4}},
	} {
		if got := resolve(c.all, c.named, c.metadata); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if taxa[0].Threshold != 0 {
		t.Error("the caller's list was changed")
	}
	m, _ := mapClasses(classes, taxa, nil)
	for name, named := range map[string]map[string]float32{"unknown": {"tuna": 0.5}, "too high": {"a": 1.5}, "zero": {"a": 0}} {
		if err := m.thresholds(classes, named, 0, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := m.thresholds(classes, nil, 0, map[string]string{"requin.thresholds": "0.5"}); err == nil {
		t.Error("thresholds that are no object: no error")
	}
}

func TestSuppress(t *testing.T) {
	// A, B and C of 100×100, B moved by 25 and C by 50: A and B overlap by 75/125 =
	// 0.6, A and C by 50/150.
	a := proposal{box: box(0, 0, 100, 100), score: 0.9}
	b := proposal{box: box(25, 0, 125, 100), score: 0.8}
	c := proposal{box: box(50, 0, 150, 100), score: 0.7}
	if got := suppress([]proposal{c, a, b}, 0.5); len(got) != 2 || got[0].score != 0.9 || got[1].score != 0.7 {
		t.Errorf("%v", got)
	}
	if got := suppress([]proposal{c, a, b}, 0); len(got) != 3 {
		t.Errorf("0 removed some: %v", got)
	}
	if got := suppress([]proposal{c, a, b}, 0.6); len(got) != 3 {
		t.Errorf("an overlap of exactly the most was removed: %v", got)
	}
	b.taxon = 1
	if got := suppress([]proposal{c, a, b}, 0.5); len(got) != 3 {
		t.Errorf("another taxon was removed: %v", got)
	}
	// Whatever the order they come in, the answer is one.
	var list []proposal
	for i := range 60 {
		x := float64(i % 10 * 20)
		list = append(list, proposal{box: box(x, float64(i/10*20), x+50, float64(i/10*20+50)), score: float32(i%3) / 4, taxon: i % 2})
	}
	first := suppress(slices.Clone(list), 0.3)
	for range 20 {
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if got := suppress(slices.Clone(list), 0.3); !reflect.DeepEqual(got, first) {
			t.Fatal("the order of the input changed the answer")
		}
	}
}

func TestClip(t *testing.T) {
	taxa := taxon.List{{Name: "fish"}}
	got := clip([]proposal{
		{box: box(-10, -10, 20, 30)}, {box: box(90, 40, 150, 80)},
		{box: box(99.5, 0, 140, 50)}, {box: box(10, 10, 10.5, 30)}, {box: box(30, 30, 20, 20)},
	}, taxa, 100, 50)
	if len(got) != 2 || got[0].Box != box(0, 0, 20, 30) || got[1].Box != box(90, 40, 100, 50) {
		t.Errorf("%v", got)
	}
	if got := clip(nil, taxa, 100, 50); got == nil {
		t.Error("nothing found is null, not an empty list")
	}
}

func TestResize(t *testing.T) {
	grey := func(v ...byte) (pix []byte) {
		for _, x := range v {
			pix = append(pix, x, x, x)
		}
		return pix
	}
	var r frame.Resizer
	if got := r.Resize(grey(0, 100, 200, 100), 4, 1, 2, 1); !slices.Equal(got, grey(71, 143)) {
		t.Errorf("halved: %v", got)
	}
	if got := r.Resize(grey(0, 100), 2, 1, 4, 1); !slices.Equal(got, grey(0, 25, 75, 100)) {
		t.Errorf("doubled: %v", got)
	}
	if got := r.Resize(grey(0, 100), 1, 2, 1, 4); !slices.Equal(got, grey(0, 25, 75, 100)) {
		t.Errorf("doubled downwards: %v", got)
	}
	flat := slices.Repeat([]byte{10, 200, 255}, 97*31)
	for i, v := range r.Resize(flat, 97, 31, 13, 57) {
		if v != flat[i%3] {
			t.Fatalf("a flat picture changed to %d at %d", v, i)
		}
	}
}

// A picture of 4×2 in inputs of 4×4: what lies where, in which order, and the way
// back.
func TestCanvas(t *testing.T) {
	f := &frame.Frame{W: 4, H: 2, FullW: 400, FullH: 200}
	for i := range 8 {
		f.Pix = append(f.Pix, byte(i), byte(100+i), byte(200+i))
	}
	raw := Pixels{Channels: "rgb", Std: [3]float32{1, 1, 1}, Letterbox: topLeft, Fill: 114}
	draw := func(l layout, free bool, p Pixels) (onnx.Tensor, placement) {
		t.Helper()
		l.w, l.h = 4, 4
		x, place, err := newCanvas(l, free, p).draw(f)
		if err != nil {
			t.Fatal(err)
		}
		return x, place
	}
	x, place := draw(layout{rank: 4}, false, raw)
	if !slices.Equal(x.Shape, []int64{1, 3, 4, 4}) || !slices.Equal(x.F32[:16], []float32{0, 1, 2, 3, 4, 5, 6, 7, 114, 114, 114, 114, 114, 114, 114, 114}) || x.F32[32] != 200 {
		t.Errorf("top left: %v", x)
	}
	if got := place.full(box(1, 1, 4, 2)); got != box(100, 100, 400, 200) {
		t.Errorf("top left: back to %v", got)
	}
	bgr := raw
	bgr.Channels, bgr.Letterbox, bgr.Mean, bgr.Std = "bgr", centre, [3]float32{200, 0, 0}, [3]float32{2, 1, 1}
	x, place = draw(layout{rank: 4}, false, bgr)
	if x.F32[0] != (114-200)/2 || !slices.Equal(x.F32[4:8], []float32{0, 0.5, 1, 1.5}) || x.F32[32+4] != 0 || x.F32[32] != 114 {
		t.Errorf("centred: %v", x.F32)
	}
	if got := place.full(box(1, 2, 4, 3)); got != box(100, 100, 400, 200) {
		t.Errorf("centred: back to %v", got)
	}
	flat := raw
	flat.Letterbox = stretch
	x, place = draw(layout{rank: 4}, false, flat)
	if x.F32[0] != 0 || x.F32[12] != 4 || x.F32[4] != 1 { // rows 0, 0.25, 0.75 and 1 of the way from 0 to 4
		t.Errorf("stretched: %v", x.F32[:16])
	}
	if got := place.full(box(1, 2, 4, 4)); got != box(100, 100, 400, 200) {
		t.Errorf("stretched: back to %v", got)
	}
	x, _ = draw(layout{rank: 4, last: true, bytes: true}, true, flat)
	if !slices.Equal(x.Shape, []int64{1, 2, 4, 3}) || !slices.Equal(x.U8, f.Pix) {
		t.Errorf("bytes, free: %v", x)
	}
	x, _ = draw(layout{rank: 3}, false, raw)
	if !slices.Equal(x.Shape, []int64{3, 4, 4}) {
		t.Errorf("rank 3: %v", x.Shape)
	}
	for _, bad := range []*frame.Frame{nil, {}, {W: 2, H: 2, Pix: make([]byte, 11)}, {W: -1, H: -1, Pix: make([]byte, 3)}} {
		if _, _, err := newCanvas(layout{w: 4, h: 4, rank: 4}, false, raw).draw(bad); err == nil {
			t.Errorf("frame %v: no error", bad)
		}
	}
}

// A canvas that is used again shows nothing of the frame before.
func TestCanvasForgets(t *testing.T) {
	p := Pixels{Channels: "rgb", Std: [3]float32{1, 1, 1}, Letterbox: centre, Fill: 7}
	one := newCanvas(layout{w: 8, h: 8, rank: 4}, false, p)
	fresh := func(w, h int) *frame.Frame {
		return &frame.Frame{W: w, H: h, FullW: w, FullH: h, Pix: slices.Repeat([]byte{byte(w), 1, 2}, w*h)}
	}
	for _, size := range [][2]int{{8, 2}, {2, 8}, {8, 8}, {30, 10}, {8, 2}} {
		got, _, err := one.draw(fresh(size[0], size[1]))
		if err != nil {
			t.Fatal(err)
		}
		want, _, _ := newCanvas(layout{w: 8, h: 8, rank: 4}, false, p).draw(fresh(size[0], size[1]))
		if !slices.Equal(got.F32, want.F32) {
			t.Errorf("%v: something of the last frame is left", size)
		}
	}
}
