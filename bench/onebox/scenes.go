package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"image"
	"image/draw"
	_ "image/jpeg"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// scene is a video, or frames of one, with what is true and what was found. Times are of the video.
type scene struct {
	Name   string
	Step   time.Duration // between frames
	W, H   float64
	Boxed  bool // Truth is there
	Frames []looked
}

type looked struct {
	Time    time.Duration
	Picture string `json:"-"` // "": not at hand
	Truth   []frame.Box
	Found   []detect.Detection
}

// every keeps the first frame of each sampling cell.
func (s scene) every(d time.Duration) scene {
	plan, cell := frame.Sampling{Every: d}, int64(-1)
	out := s
	out.Frames = nil
	for _, f := range s.Frames {
		if c := plan.Cell(f.Time); c != cell {
			out.Frames, cell = append(out.Frames, f), c
		}
	}
	return out
}

// trueMaxN is the most true boxes in a frame.
func (s scene) trueMaxN() (n int) {
	for _, f := range s.Frames {
		n = max(n, len(f.Truth))
	}
	return n
}

// luderick is 30 videos at 5 frames a second (Ditria et al. 2021), boxes of luderick; the pictures are not at hand.
func luderick(data string) ([]scene, error) {
	text, err := os.ReadFile(filepath.Join(data, "formats", "luderick_coco", "luderick_seagrass_tallebudgera.json"))
	if err != nil {
		return nil, err
	}
	var d struct {
		Images []struct {
			ID       int
			FileName string `json:"file_name"`
		}
		Annotations []struct {
			ImageID  int `json:"image_id"`
			Category int `json:"category_id"`
			BBox     [4]float64
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	boxes := map[int][]frame.Box{}
	for _, a := range d.Annotations {
		if a.Category == 1 {
			boxes[a.ImageID] = append(boxes[a.ImageID], frame.Box{X0: a.BBox[0], Y0: a.BBox[1], X1: a.BBox[0] + a.BBox[2], Y1: a.BBox[1] + a.BBox[3]})
		}
	}
	g := gathering{step: 200 * time.Millisecond, w: 1920, h: 1080}
	name := regexp.MustCompile(`^(.*)_(\d+)\.jpg$`)
	for _, i := range d.Images {
		m := name.FindStringSubmatch(i.FileName)
		n, _ := strconv.Atoi(m[2])
		g.add(m[1], n, "", boxes[i.ID])
	}
	return g.scenes(), nil
}

// deepfish is sequences of DeepFish (Saleh et al. 2020), 10 frames a second assumed.
func deepfish(data string) ([]scene, error) {
	g := gathering{step: 100 * time.Millisecond, w: 360, h: 360}
	name := regexp.MustCompile(`^(.*)_f(\d+)_jpg.*\.jpg$`)
	for _, folder := range []string{"deepfish_more", "deepfish"} {
		pictures, err := filepath.Glob(filepath.Join(data, folder, "images", "*.jpg"))
		if err != nil || len(pictures) == 0 {
			return nil, fmt.Errorf("no pictures in %s", filepath.Join(data, folder, "images"))
		}
		for _, p := range pictures {
			m := name.FindStringSubmatch(filepath.Base(p))
			if m == nil {
				continue
			}
			n, _ := strconv.Atoi(m[2])
			label := filepath.Join(data, folder, "labels", strings.TrimSuffix(filepath.Base(p), ".jpg")+".txt")
			boxes, err := yoloBoxes(label, g.w, g.h)
			if err != nil {
				return nil, err
			}
			g.add(m[1], n, p, boxes)
		}
	}
	return slices.DeleteFunc(g.scenes(), func(s scene) bool { return len(s.Frames) < 20 }), nil
}

// tankPictures are 50 pictures of the tank with boxes of fish.
func tankPictures(data string) (scene, error) {
	s := scene{Name: "tank pictures", Step: time.Second, W: 960, H: 540, Boxed: true}
	files, err := filepath.Glob(filepath.Join(data, "tank_fish_voc", "images_and_voc_xml", "*.xml"))
	if err != nil || len(files) == 0 {
		return s, fmt.Errorf("no pictures of the tank in %s", data)
	}
	for i, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return s, err
		}
		var voc struct {
			Objects []struct {
				Box struct {
					X0 float64 `xml:"xmin"`
					Y0 float64 `xml:"ymin"`
					X1 float64 `xml:"xmax"`
					Y1 float64 `xml:"ymax"`
				} `xml:"bndbox"`
			} `xml:"object"`
		}
		if err := xml.Unmarshal(text, &voc); err != nil {
			return s, fmt.Errorf("%s: %w", path, err)
		}
		f := looked{Time: time.Duration(i) * time.Second, Picture: strings.TrimSuffix(path, ".xml") + ".jpg"}
		for _, o := range voc.Objects {
			f.Truth = append(f.Truth, frame.Box{X0: o.Box.X0, Y0: o.Box.Y0, X1: o.Box.X1, Y1: o.Box.Y1})
		}
		s.Frames = append(s.Frames, f)
	}
	return s, nil
}

func yoloBoxes(path string, w, h float64) (out []frame.Box, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var class int
		var x, y, bw, bh float64
		if n, _ := fmt.Sscan(lines.Text(), &class, &x, &y, &bw, &bh); n == 5 {
			out = append(out, frame.Box{X0: w * (x - bw/2), Y0: h * (y - bh/2), X1: w * (x + bw/2), Y1: h * (y + bh/2)})
		}
	}
	return out, nil
}

// gathering makes scenes of frames that come in any order.
type gathering struct {
	step time.Duration
	w, h float64
	list []scene
}

func (g *gathering) add(video string, number int, picture string, boxes []frame.Box) {
	i := slices.IndexFunc(g.list, func(s scene) bool { return s.Name == video })
	if i < 0 {
		i = len(g.list)
		g.list = append(g.list, scene{Name: video, Step: g.step, W: g.w, H: g.h, Boxed: true})
	}
	g.list[i].Frames = append(g.list[i].Frames, looked{Time: time.Duration(number) * g.step, Picture: picture, Truth: boxes})
}

func (g *gathering) scenes() []scene {
	for i := range g.list {
		f := g.list[i].Frames
		slices.SortFunc(f, func(a, b looked) int { return cmp.Compare(a.Time, b.Time) })
		g.list[i].Frames = slices.CompactFunc(f, func(a, b looked) bool { return a.Time == b.Time })
	}
	slices.SortFunc(g.list, func(a, b scene) int { return cmp.Compare(a.Name, b.Name) })
	return g.list
}

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
