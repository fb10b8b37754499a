package dataset

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"requin/annotate"
	"requin/frame"
)

// confirmed tells the marks that a review confirmed.
func confirmed(m annotate.Mark) bool { return m.Origin.From == "review" }

// reviewed is truth of two videos: frames with a box that was confirmed, some of which were also looked at or marked otherwise.
func reviewed(t *testing.T) Source {
	src := dives(t)
	given := src.Records
	seen := func(number int, x float64) annotate.Mark {
		m := mark("long.mp4", "blacktip", "t1", number, x)
		m.Origin.From, m.Still = "review", true
		return m
	}
	src.Records = func(yield func(annotate.Record, error) bool) {
		for r, err := range given {
			if !yield(r, err) {
				return
			}
		}
		for _, m := range []annotate.Mark{
			seen(8, 90),   // beside boxes that speak for the whole frame
			seen(63, 90),  // which was looked at
			seen(200, 20), // alone
			seen(201, 20), // alone, in the same second
		} {
			if !yield(m, nil) {
				return
			}
		}
	}
	src.Alone = confirmed
	return src
}

func TestBuildPartial(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "set")
	m, err := Build(t.Context(), dir, reviewed(t), plain(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var partial, whole []int
	for _, p := range m.Pictures {
		n := numberOf(t, filepath.Join(dir, p.File))
		if p.Partial {
			partial = append(partial, n)
		}
		if p.Whole {
			whole = append(whole, n)
		}
	}
	if !slices.Equal(partial, []int{200, 201}) || !slices.Equal(whole, []int{63}) {
		t.Errorf("partial are %v and whole %v; want 200 and 201, and 63", partial, whole)
	}
	loaded, err := Load(dir)
	if err != nil || loaded.Partial(all(loaded)) != 2 {
		t.Errorf("read again: %v, %d partial", err, loaded.Partial(all(loaded)))
	}
	var table bytes.Buffer
	if err := m.WriteTable(&table); err != nil || !strings.Contains(table.String(), "of them partial") {
		t.Errorf("%v:\n%s", err, table.String())
	}
	found, err := Check(t.Context(), dir, m, DefaultChecks())
	if err != nil {
		t.Fatal(err)
	}
	if f := find(found, PartialOnes); f == nil || f.Severity != Note || len(f.Pictures) != 2 || !strings.Contains(f.Message, "2 of 10") {
		t.Errorf("%+v", f)
	}
	// One picture in each interval: that which says more goes before that which says less.
	s := plain()
	s.Frames, s.Every = Interval, 20
	m, err = Build(t.Context(), filepath.Join(t.TempDir(), "sparse"), reviewed(t), s, nil)
	if err != nil || m.Partial(all(m)) != 0 || len(m.Pictures) != 2 {
		t.Errorf("%v: %+v", err, m.Pictures)
	}
}

// Where nothing is partial the manifest is as it was before there was such a thing, to the byte.
func TestPartialChangesNothingElse(t *testing.T) {
	var texts [2][]byte
	for i, alone := range []func(annotate.Mark) bool{nil, confirmed} {
		src := dives(t)
		src.Alone = alone
		dir := filepath.Join(t.TempDir(), "set")
		if _, err := Build(t.Context(), dir, src, plain(), nil); err != nil {
			t.Fatal(err)
		}
		texts[i], _ = os.ReadFile(filepath.Join(dir, manifestName))
	}
	if !bytes.Equal(texts[0], texts[1]) || bytes.Contains(texts[0], []byte(`partial`)) {
		t.Error("a dataset without partial pictures has another manifest")
	}
}

// The whole of a partial picture is to be ignored wherever it comes to lie, and its boxes are examples all the same.
func TestPartialBatches(t *testing.T) {
	dir, m := painted(t, 8)
	for i := range m.Pictures {
		m.Pictures[i].Partial = i%2 == 0
	}
	o := DefaultLoading(160, 128)
	o.Augment, o.Shuffle = geometry(), false
	o.Augment.Mosaic = 0
	l, err := NewLoader(dir, m, all(m), o)
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for b, err := range l.Batches(t.Context(), 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		for i, picture := range b.Pictures {
			var region *Label
			for k := range b.Labels[i] {
				if b.Labels[i][k].Class == AnyClass {
					region = &b.Labels[i][k]
				}
			}
			if (region != nil) != m.Pictures[picture].Partial {
				t.Fatalf("picture %d, partial %v: %+v", picture, m.Pictures[picture].Partial, b.Labels[i])
			}
			if region == nil {
				continue
			}
			img := l.picture(b, i)
			for y := range b.H { // the fill around the picture is grey, the picture blue and red
				for x := range b.W {
					c, px, py := img.RGBAAt(x, y), float64(x)+0.5, float64(y)+0.5
					in := px > region.X0-1 && px < region.X1+1 && py > region.Y0-1 && py < region.Y1+1
					if grey := c.R > 100 && c.G > 100 && c.B > 100; !grey && !in || !region.Ignore {
						t.Fatalf("picture %d: (%d, %d) is %v, outside of %v", picture, x, y, c, region.Box)
					}
				}
			}
			for _, k := range b.Labels[i] {
				if k.Class != AnyClass && !k.Ignore {
					examples++
					if c, _ := k.Center(); c < region.X0 || c > region.X1 {
						t.Errorf("%v lies outside of the picture at %v", k.Box, region.Box)
					}
				}
			}
		}
	}
	if examples < 4 {
		t.Errorf("%d examples in partial pictures", examples)
	}
}

func TestAllPartial(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a/1.png", pngOf(t, scene(64, 64, 1)))
	put(t, dir, "b/2.png", pngOf(t, scene(64, 64, 2)))
	var list []annotate.Record
	for _, name := range []string{"a/1.png", "b/2.png"} {
		list = append(list, annotate.Media{Name: name}, annotate.Mark{Media: name, Names: []annotate.Name{{Label: "ray"}}, Origin: annotate.Origin{From: "review"},
			Shape: annotate.BoxShape(frame.Box{X0: 10, Y0: 10, X1: 30, Y1: 30})})
	}
	out := filepath.Join(t.TempDir(), "set")
	m, err := Build(t.Context(), out, Source{Records: records(list...), Taxa: sharkAndRay, Files: files(dir), Alone: confirmed}, plain(), nil)
	if err != nil || m.Partial(all(m)) != 2 || len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0], "nothing of background") {
		t.Fatalf("%v: %+v", err, m)
	}
	found, err := Check(t.Context(), out, m, DefaultChecks())
	if f := find(found, PartialOnes); err != nil || f == nil || f.Severity != Mild {
		t.Errorf("%v: %+v", err, f)
	}
	m.Pictures[0].Whole = true
	var text bytes.Buffer
	if err := m.write(&text); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(&text); err == nil || !strings.Contains(err.Error(), "both whole and partial") {
		t.Errorf("%v", err)
	}
}
