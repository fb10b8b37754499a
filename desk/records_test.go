package desk

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/exchange"
	"requin/frame"
	"requin/review"
	"requin/survey"
	"requin/taxon"
	"requin/track"
)

// wavering is a count of two taxa whose single frames bear other names than their tracks: 16 frames, up to 3 sharks and 2 rays.
func wavering(t *testing.T) exported {
	t.Helper()
	taxa := taxon.List{{Name: "Carcharhinus melanopterus", Role: taxon.Studied}, {Name: "Triaenodon obesus", Role: taxon.Studied}, {Name: "ray", Role: taxon.Studied}}
	in := count.Input{Taxa: taxa, Every: time.Second, Duration: 16 * time.Second}
	for i := range 16 {
		in.Frames = append(in.Frames, frame.Instant{Time: time.Duration(i) * time.Second, PTS: int64(i), Base: frame.Rational{Num: 1, Den: 1}})
	}
	for k, c := range []struct {
		taxon    string
		from, to int
	}{{taxa[0].Name, 0, 12}, {taxa[0].Name, 4, 9}, {taxa[0].Name, 6, 15}, {taxa[1].Name, 5, 10}, {taxa[2].Name, 1, 7}, {taxa[2].Name, 6, 14}} {
		tr := track.Track{ID: k + 1, Taxon: c.taxon}
		for _, x := range taxa {
			tr.Scores = append(tr.Scores, taxon.Score{Taxon: x.Name, Score: 0.3})
		}
		for i := c.from; i < c.to; i++ {
			d := detect.Detection{Box: frame.Box{X0: float64(100 * k), Y0: 20, X1: float64(100*k + 60), Y1: 50}, Taxon: c.taxon, Score: 0.8}
			if (i+k)%3 == 0 { // one frame of three bears another name
				d.Taxon, d.Score = taxa[(k+i)%2].Name, 0.5
				d.Scores = []taxon.Score{{Taxon: d.Taxon, Score: 0.5}, {Taxon: c.taxon, Score: 0.4}}
			}
			tr.Points = append(tr.Points, track.Point{Instant: in.Frames[i], Detection: d})
		}
		in.Tracks = append(in.Tracks, tr)
	}
	latitude, longitude := -17.5, 177.1
	result, err := count.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	return exported{
		d:   annotate.Deployment{OpCode: "D1", Latitude: &latitude, Longitude: &longitude, DateTime: "2026-05-01T10:00:00+00:00", Chapters: []annotate.Chapter{{Path: "videos/GX01.MP4", W: 640, H: 360, Rate: frame.Rational{Num: 1, Den: 1}, Frames: 16}}},
		run: survey.Run{ID: "r1", Finished: time.Unix(1, 0)}, tracks: in.Tracks, result: result, taxa: taxa, by: "Requin test",
	}
}

// inMemory is a folder to write to.
type inMemory struct{ files fstest.MapFS }

type memoryFile struct {
	strings.Builder
	name string
	into inMemory
}

func (m inMemory) Create(name string) (io.WriteCloser, error) {
	return &memoryFile{name: name, into: m}, nil
}

func (f *memoryFile) Close() error {
	f.into.files[f.name] = &fstest.MapFile{Data: []byte(f.String())}
	return nil
}

// counted reads what a format wrote, and gives MaxN as one would take it from the boxes alone: the most boxes of a name in a frame.
func countedBoxes(t *testing.T, f exchange.Format, files fstest.MapFS, name string) (maxn map[string]int, boxes int) {
	t.Helper()
	maxn = map[string]int{}
	of := map[string]string{} // track → name
	type place struct{ media, moment, name string }
	here := map[place]int{}
	in := exchange.Input{FS: files, Name: name, Rate: frame.Rational{Num: 1, Den: 1}, Size: func(string) (int, int, error) { return 640, 360, nil }}
	for record, err := range f.Read(in) {
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		switch r := record.(type) {
		case annotate.Track:
			of[r.Media+"/"+r.ID] = annotate.Best(r.Names)
		case annotate.Mark:
			if r.Outside || r.Between {
				continue
			}
			label := annotate.Best(r.Names)
			if label == "" {
				label = of[r.Media+"/"+r.Track]
			}
			p := place{r.Media, fmt.Sprint(r.Frame, r.Time), label}
			here[p]++
			boxes++
			maxn[label] = max(maxn[label], here[p])
		}
	}
	return maxn, boxes
}

// Whatever format carries the boxes, who counts them by name gets the numbers of maxn.csv.
func TestBoxesCarryTheCountedTaxon(t *testing.T) {
	c := wavering(t)
	want := map[string]int{}
	points, otherwise := 0, 0
	for _, x := range c.result.Taxa {
		want[x.Name] = *x.MaxN
	}
	for _, tr := range c.tracks {
		points += len(tr.Points)
		for _, p := range tr.Points {
			if p.Taxon != tr.Taxon {
				otherwise++
			}
		}
	}
	if otherwise < points/6 {
		t.Fatalf("only %d of %d frames bear another name", otherwise, points)
	}
	carried := 0
	for _, f := range exchange.Formats() {
		if f.Write == nil || f.Read == nil || f.Name == "eventmeasure" || f.Name == "checkem" {
			continue
		}
		records := func(yield func(annotate.Record, error) bool) {
			for _, r := range []annotate.Record{c.d, labelOf(c.taxa[0]), labelOf(c.taxa[1]), labelOf(c.taxa[2])} {
				if !yield(r, nil) {
					return
				}
			}
			c.records(false, yield)
		}
		out, name := inMemory{fstest.MapFS{}}, map[bool]string{true: "out", false: "out.txt"}[f.Many]
		if _, err := f.Write(out, records, exchange.Options{Name: name}); err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		name = "."
		for written := range out.files {
			if len(out.files) == 1 || f.Name == "mot" && strings.HasSuffix(written, "gt.txt") {
				name = written
			}
		}
		got, boxes := countedBoxes(t, f, out.files, name)
		if boxes == 0 {
			t.Logf("%s carries no boxes", f.Name)
			continue
		}
		carried++
		if boxes != points {
			t.Errorf("%s: %d boxes of %d", f.Name, boxes, points)
		}
		if f.Name == "kw18" { // it has no names
			continue
		}
		for name, n := range want {
			if got[name] != n {
				t.Errorf("%s: MaxN of %s by its boxes is %d, %d was counted (%v)", f.Name, name, got[name], n, got)
			}
		}
	}
	if carried < 10 {
		t.Errorf("only %d formats carried boxes", carried)
	}
}

func TestCountedAs(t *testing.T) {
	d := detect.Detection{Taxon: "b", Score: 0.6, Scores: []taxon.Score{{Taxon: "b", Score: 0.6}, {Taxon: "a", Score: 0.3}}}
	names, says := countedAs("a", d)
	if len(names) != 1 || names[0].Label != "a" || float32(names[0].Score) != 0.3 || len(says) != 1 || says[0] != (annotate.Attribute{Name: "detected_as", Value: "b"}) {
		t.Errorf("%+v, %+v", names, says)
	}
	if names, says := countedAs("c", d); names[0].Label != "c" || float32(names[0].Score) != 0.6 || len(says) != 1 {
		t.Errorf("%+v, %+v", names, says)
	}
	if names, says := countedAs("b", d); names[0].Label != "b" || len(says) != 0 {
		t.Errorf("%+v, %+v", names, says)
	}
}

// The author of a track that a person confirmed is that person; of any other it is the program.
func TestConfirmedTracksNameThePerson(t *testing.T) {
	c := wavering(t)
	when := time.Date(2026, 5, 2, 3, 4, 5, 0, time.UTC)
	c.people = map[int]review.Author{2: {By: "anna", At: when}}
	seen := map[string]int{}
	for _, sightings := range []bool{false, true} {
		c.records(sightings, func(r annotate.Record, err error) bool {
			if err != nil {
				t.Fatal(err)
			}
			switch r := r.(type) {
			case annotate.Track:
				seen["track "+r.ID+" "+r.Origin.By]++
			case annotate.Mark:
				if r.Track == "2" && !r.Origin.At.Equal(when) {
					t.Errorf("confirmed at %v", r.Origin.At)
				}
				seen["mark "+r.Track+" "+r.Origin.By]++
			case annotate.Sighting:
				seen[r.Comment+" "+r.Origin.By]++
			case annotate.Count:
				seen["count "+r.Origin.By]++
			}
			return true
		})
	}
	for what, n := range map[string]int{"track 2 anna": 6, "mark 2 anna": 5, "track 1 Requin test": 13, "mark 1 Requin test": 12, "track 2 Requin test": 0, "count Requin test": 6} {
		if seen[what] != n {
			t.Errorf("%s: %d, want %d (%v)", what, seen[what], n, seen)
		}
	}
}
