package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/detect"
	"requin/frame"
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
