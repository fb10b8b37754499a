package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"image"
	"image/draw"
	_ "image/jpeg"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"requin/annotate"
	"requin/detect"
	"requin/disk"
	"requin/frame"
	"requin/scan"
	"requin/simulate"
	"requin/video"
)

// kept reads what was made before, or makes and keeps it.
func kept[T any](cache, key string, create func() (T, error)) (T, error) {
	var out T
	sum := fnv.New64a()
	_, _ = io.WriteString(sum, key)
	path := filepath.Join(cache, fmt.Sprintf("%016x.json", sum.Sum64()))
	if text, err := os.ReadFile(path); err == nil {
		return out, json.Unmarshal(text, &out)
	}
	log.Printf("%s ...", key)
	out, err := create()
	if err != nil {
		return out, err
	}
	text, err := json.Marshal(out)
	if err != nil {
		return out, err
	}
	return out, disk.WriteFile(path, func(w io.Writer) error { _, err := w.Write(text); return err })
}

// open makes two detectors of a model, which leave boxes of different taxa alone.
func open(model string) ([]*detect.Detector, error) {
	var out []*detect.Detector
	for range 2 {
		d, err := detect.Open(model, detect.Options{OneBox: -1, Threads: 1})
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// look runs a model over the pictures of scenes.
func look(cache, model string, scenes []scene) ([]scene, error) {
	return kept(cache, "look "+model+" "+scenes[0].Name+" "+strconv.Itoa(len(scenes)), func() ([]scene, error) {
		ds, err := open(model)
		if err != nil {
			return nil, err
		}
		var jobs []*looked
		for i := range scenes {
			for k := range scenes[i].Frames {
				jobs = append(jobs, &scenes[i].Frames[k])
			}
		}
		return scenes, side(ds, len(jobs), func(d *detect.Detector, i int) error {
			f, err := picture(jobs[i].Picture)
			if err != nil {
				return err
			}
			jobs[i].Found, err = d.Detect(f)
			return err
		})
	})
}

// side does n jobs on the detectors side by side.
func side(ds []*detect.Detector, n int, do func(d *detect.Detector, i int) error) error {
	next := make(chan int)
	errs := make(chan error, len(ds))
	var working sync.WaitGroup
	for _, d := range ds {
		working.Go(func() {
			for i := range next {
				if err := do(d, i); err != nil {
					select {
					case errs <- err:
					default:
					}
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	working.Wait()
	close(errs)
	return <-errs
}

func picture(path string) (*frame.Frame, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	img, _, err := image.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b := img.Bounds()
	rgba := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(rgba, rgba.Bounds(), img, b.Min, draw.Src)
	f := &frame.Frame{W: b.Dx(), H: b.Dy(), FullW: b.Dx(), FullH: b.Dy(), Pix: make([]byte, 0, 3*b.Dx()*b.Dy())}
	for i := 0; i < len(rgba.Pix); i += 4 {
		f.Pix = append(f.Pix, rgba.Pix[i:i+3]...)
	}
	return f, nil
}

// memory is a journal that forgets.
type memory struct{}

func (memory) Load(string, any) (bool, error) { return false, nil }
func (memory) Save(string, any) error         { return nil }

// film looks at every picture of a video; no truth.
func film(ctx context.Context, cache, model, path string) (scene, error) {
	return kept(cache, "film "+model+" "+filepath.Base(path), func() (scene, error) {
		ds, err := open(model)
		if err != nil {
			return scene{}, err
		}
		f, err := video.Probe(ctx, path, frame.Rational{})
		if err != nil {
			return scene{}, err
		}
		dive := video.Join(f)
		plan, err := dive.Plan(ctx, frame.Sampling{Every: time.Millisecond})
		if err != nil {
			return scene{}, err
		}
		var detectors []scan.Detector
		for _, d := range ds {
			detectors = append(detectors, d)
		}
		part, err := scan.Job{Dive: dive, Segments: plan.Segments, Detectors: detectors, Journal: memory{}, Size: ds[0].Size}.Run(ctx)
		if err != nil {
			return scene{}, err
		}
		s := scene{Name: filepath.Base(path), W: float64(f.W), H: float64(f.H), Step: dive.Duration() / time.Duration(len(part.Frames))}
		for _, f := range part.Frames {
			s.Frames = append(s.Frames, looked{Time: f.Time, Found: f.Detections})
		}
		return s, nil
	})
}

// rendered are clips of the simulator at 25 frames a second, with the studied animals as truth.
func rendered(ctx context.Context, cache, model string, n int, length time.Duration) ([]scene, error) {
	var out []scene
	for i := range n {
		s, err := kept(cache, fmt.Sprintf("render %s %d %v", model, i, length), func() (scene, error) { return render(ctx, model, uint64(700+i), length) })
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func render(ctx context.Context, model string, seed uint64, length time.Duration) (scene, error) {
	o := simulate.Defaults()
	o.Kind, o.Settle, o.Duration, o.Chapter, o.Rate, o.TruthStep, o.Deployments = simulate.Clips, 0, length, length, frame.Rational{Num: 25, Den: 1}, 1, 1
	o.Seed, o.Sharks = seed, simulate.Range{Min: 1, Max: 3}
	plan, err := simulate.Plan(o)
	if err != nil {
		return scene{}, err
	}
	ds, err := open(model)
	if err != nil {
		return scene{}, err
	}
	s := scene{Name: fmt.Sprintf("simulated %d", seed), Step: 40 * time.Millisecond, W: float64(o.W), H: float64(o.H), Boxed: true, Frames: make([]looked, plan[0].Frames)}
	err = side(ds, plan[0].Frames, func(d *detect.Detector, i int) error {
		pix := make([]byte, 3*o.W*o.H)
		if err := plan[0].Render(ctx, i, pix); err != nil {
			return err
		}
		found, err := d.Detect(&frame.Frame{W: o.W, H: o.H, FullW: o.W, FullH: o.H, Pix: pix})
		s.Frames[i] = looked{Time: plan[0].Time(i), Found: found}
		return err
	})
	if err != nil {
		return scene{}, err
	}
	shark := map[string]bool{}
	for record, err := range plan[0].Truth(ctx) {
		if err != nil {
			return scene{}, err
		}
		switch r := record.(type) {
		case annotate.Track:
			name := annotate.Best(r.Names)
			shark[r.ID] = strings.HasPrefix(name, "Carcharhinus") || strings.HasPrefix(name, "Triaenodon")
		case annotate.Mark:
			if box, ok := r.Shape.Bounds(); ok && shark[r.Track] {
				s.Frames[r.Frame].Truth = append(s.Frames[r.Frame].Truth, box)
			}
		}
	}
	return s, nil
}
