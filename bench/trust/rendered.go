package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"requin/annotate"
	"requin/detect"
	"requin/disk"
	"requin/eval"
	"requin/frame"
	"requin/simulate"
	"requin/taxon"
	"requin/uncertainty"
)

// water is a kind of deployments.
type water struct {
	name              string
	turbidity, sharks simulate.Range
}

func waters() (list []water) {
	for _, t := range []water{{name: "clear", turbidity: simulate.Range{Min: 0, Max: 0.2}}, {name: "turbid", turbidity: simulate.Range{Min: 0.4, Max: 0.6}}, {name: "very turbid", turbidity: simulate.Range{Min: 0.7, Max: 0.9}}} {
		for _, s := range []water{{name: "none or one", sharks: simulate.Range{Min: 0, Max: 1}}, {name: "some", sharks: simulate.Range{Min: 1, Max: 4}}, {name: "many", sharks: simulate.Range{Min: 5, Max: 10}}} {
			list = append(list, water{t.name + ", " + s.name, t.turbidity, s.sharks})
		}
	}
	return list
}

// seen is a deployment as it was looked at.
type seen struct {
	Water   string
	Watched eval.Watched
}

// rendered measures on rendered deployments that a model looks at.
func rendered(ctx context.Context, model, out string, n int, size string, length time.Duration, keep float64, own bool) error {
	d, err := detect.Open(model, detect.Options{Low: uncertainty.Least})
	if err != nil {
		return err
	}
	defer d.Close()
	measured, err := uncertainty.ReadMeasurements(d.Card())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	o := simulate.Defaults()
	if _, err := fmt.Sscanf(size, "%dx%d", &o.W, &o.H); err != nil {
		return fmt.Errorf("--size %q: %w", size, err)
	}
	o.Kind, o.Settle, o.Duration, o.Chapter, o.Rate, o.TruthStep, o.Deployments = simulate.Clips, 0, length, length, frame.Rational{Num: 1, Den: 1}, 1, 1
	var all []seen
	kinds := waters()
	for i := range n {
		kind := kinds[i%len(kinds)]
		o.Seed, o.Turbidity, o.Sharks = 9000+uint64(i), kind.turbidity, kind.sharks
		s, err := look(ctx, d, o, kind.name, filepath.Join(out, fmt.Sprintf("%04d.json", i)))
		if err != nil {
			return err
		}
		all = append(all, s)
		if (i+1)%20 == 0 {
			log.Printf("%d of %d deployments", i+1, n)
		}
	}
	if keep < 1 {
		for i := range all {
			forget(&all[i].Watched, keep)
		}
	}
	return judge(os.Stdout, all, d.Taxa().Studied(), measured, own)
}

// look renders a deployment and looks at it, or reads what was seen before.
func look(ctx context.Context, d *detect.Detector, o simulate.Options, kind, path string) (s seen, err error) {
	if text, err := os.ReadFile(path); err == nil {
		return s, json.Unmarshal(text, &s)
	}
	plan, err := simulate.Plan(o)
	if err != nil {
		return s, err
	}
	s = seen{Water: kind, Watched: eval.Watched{Name: fmt.Sprint(o.Seed), Every: time.Second}}
	pix := make([]byte, 3*o.W*o.H)
	for i := range plan[0].Frames {
		if err := plan[0].Render(ctx, i, pix); err != nil {
			return s, err
		}
		at := plan[0].Time(i)
		found, err := d.Detect(&frame.Frame{Instant: frame.Instant{Time: at}, W: o.W, H: o.H, FullW: o.W, FullH: o.H, Pix: pix})
		if err != nil {
			return s, err
		}
		s.Watched.Frames = append(s.Watched.Frames, eval.WatchedFrame{Time: at, Found: found})
	}
	of := map[string]string{} // taxon of a track
	for record, err := range plan[0].Truth(ctx) {
		if err != nil {
			return s, err
		}
		switch r := record.(type) {
		case annotate.Track:
			of[r.ID] = annotate.Best(r.Names)
		case annotate.Mark:
			box, _ := r.Shape.Bounds()
			f := &s.Watched.Frames[r.Frame]
			f.Truth = append(f.Truth, eval.Animal{Truth: eval.Truth{Box: box, Taxon: of[r.Track]}, ID: r.Track})
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return s, err
	}
	return s, disk.WriteFile(path, func(w io.Writer) error { _, err := w.Write(text); return err })
}

// forget throws away detections: half of the loss takes all of a track, the other half single frames.
func forget(w *eval.Watched, keep float64) {
	loss := 1 - math.Sqrt(keep)
	chance := func(parts ...any) float64 {
		h := fnv.New64a()
		fmt.Fprint(h, parts...)
		return float64(h.Sum64()%1e6) / 1e6
	}
	for i := range w.Frames {
		f := &w.Frames[i]
		f.Found = slices.DeleteFunc(f.Found, func(d detect.Detection) bool {
			for _, a := range f.Truth {
				if frame.IoU(a.Box, d.Box) > 0.3 && chance(w.Name, a.ID) < loss {
					return true
				}
			}
			return chance(w.Name, i, d.Box) < loss
		})
	}
}

// judge holds assessments and reviews against truth, and writes the tables.
func judge(w io.Writer, all []seen, taxa taxon.List, measured uncertainty.Measurements, own bool) error {
	test, learn := all, []eval.Watched(nil)
	if !own {
		test = nil
		for i, s := range all {
			if i/len(waters())%3 == 0 {
				learn = append(learn, s.Watched)
			} else {
				test = append(test, s)
			}
		}
	}
	told := map[string][]eval.Foretold{}
	reviews := map[string][]eval.Reviewed{}
	for _, t := range taxa {
		basis := measured.Of(t)
		probability, detectability := basis.Calibration.Probability, basis.Detectability
		if !own {
			var err error
			if detectability, err = eval.MeasureDetectability(learn, t.Name, uncertainty.Least, probability); err != nil {
				return err
			}
		} else if !basis.Measured() {
			return fmt.Errorf("of %s: %s", t.Name, basis.Reason())
		}
		for i, s := range test {
			terms := eval.Terms{Taxon: t.Name, Detectability: detectability, Probability: probability, Limit: uncertainty.Limit, Threshold: t.Threshold}
			a, err := s.Watched.Foretell(terms, uint64(i))
			if err != nil {
				return err
			}
			r, err := s.Watched.Review(terms, uint64(i))
			if err != nil {
				return err
			}
			f := eval.Foretold{Name: s.Watched.Name, Truth: r.Truth, Posterior: a}
			for _, key := range []string{"all", t.Name, s.Water} {
				told[key], reviews[key] = append(told[key], f), append(reviews[key], r)
			}
		}
	}
	keys := []string{"all"}
	for _, t := range taxa {
		keys = append(keys, t.Name)
	}
	for _, k := range waters() {
		keys = append(keys, k.name)
	}
	fmt.Fprintf(w, "%d deployments tested\n\n", len(test))
	return table(w, keys, told, reviews)
}

func table(w io.Writer, keys []string, told map[string][]eval.Foretold, reviews map[string][]eval.Reviewed) error {
	t := tabwriter.NewWriter(w, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join([]string{"", "n", "open", "coverage of open", "of all", "claimed", "mean width", "estimate exact", "machine exact", "certified", "right", "frames looked at, median", "95 %", "every detection", "every track"}, "\t"))
	for _, k := range keys {
		all, open := eval.Covered(told[k]), eval.Covered(eval.Open(told[k]))
		certified, right, exact := 0, 0, 0
		var looked, detections, tracks []float64
		for _, r := range reviews[k] {
			if r.Certified {
				certified++
				if r.Right() {
					right++
				}
			}
			if r.Machine == r.Truth {
				exact++
			}
			looked, detections, tracks = append(looked, float64(r.Looked)), append(detections, float64(r.EveryDetection)), append(tracks, float64(r.EveryTrack))
		}
		slices.Sort(looked)
		fmt.Fprintf(t, "%s\t%d\t%d\t%.3f\t%.3f\t%.3f\t%.2f\t%.3f\t%.3f\t%d\t%.3f\t%.0f\t%.0f\t%.1f\t%.1f\n", k, all.N, open.N, open.Share(), all.Share(), open.Claim, open.Width, all.Exact, float64(exact)/float64(all.N),
			certified, float64(right)/float64(certified), looked[len(looked)/2], looked[len(looked)*95/100], eval.Summarise(detections).Mean, eval.Summarise(tracks).Mean)
	}
	return t.Flush()
}
