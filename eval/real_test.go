package eval

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/realdata"
	"requin/uncertainty"
)

// real is video whose animals people boxed, one Watched a video, without anything found.
type real struct {
	name string
	list []Watched
}

// add puts the boxes of a frame into the video of a name.
func (r *real) add(video string, every time.Duration, number int, boxes []frame.Box) {
	i := slices.IndexFunc(r.list, func(w Watched) bool { return w.Name == video })
	if i < 0 {
		i = len(r.list)
		r.list = append(r.list, Watched{Name: video, Every: every})
	}
	f := WatchedFrame{Time: time.Duration(number) * every}
	for _, b := range boxes {
		f.Truth = append(f.Truth, Animal{Truth: Truth{Box: b, Taxon: "shark"}}) // as sea calls what is looked for
	}
	r.list[i].Frames = append(r.list[i].Frames, f)
}

func (r *real) sort() {
	for _, w := range r.list {
		slices.SortFunc(w.Frames, func(a, b WatchedFrame) int { return cmp.Compare(a.Time, b.Time) })
	}
}

// luderick is 764 frames of 30 videos at 5 frames a second (Ditria et al. 2021, Front. Mar. Sci. 8:629485).
func luderick(t *testing.T) real {
	text, err := os.ReadFile(realdata.Path(t, "formats", "luderick_coco", "luderick_seagrass_tallebudgera.json"))
	if err != nil {
		t.Fatal(err)
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
		t.Fatal(err)
	}
	boxes := map[int][]frame.Box{}
	for _, a := range d.Annotations {
		if a.Category == 1 {
			boxes[a.ImageID] = append(boxes[a.ImageID], frame.Box{X0: a.BBox[0], Y0: a.BBox[1], X1: a.BBox[0] + a.BBox[2], Y1: a.BBox[1] + a.BBox[3]})
		}
	}
	r := real{name: "luderick"}
	name := regexp.MustCompile(`^(.*)_(\d+)\.jpg$`)
	for _, i := range d.Images {
		m := name.FindStringSubmatch(i.FileName)
		n, _ := strconv.Atoi(m[2])
		r.add(m[1], 200*time.Millisecond, n, boxes[i.ID])
	}
	r.sort()
	return r
}

// deepfish is frames of DeepFish's videos, 12 of each or fewer, in their order; how far they are apart is not told, a
// second is assumed.
func deepfish(t *testing.T) real {
	files, err := filepath.Glob(filepath.Join(realdata.Path(t, "deepfish", "labels"), "*.txt"))
	if err == nil && len(files) == 0 {
		files, err = filepath.Glob(filepath.Join(realdata.Path(t, "deepfish", "labels"), "*", "*.txt"))
	}
	if err != nil || len(files) == 0 {
		t.Fatal("no labels", err)
	}
	r := real{name: "deepfish"}
	name := regexp.MustCompile(`^(.*)_f\d+.*\.txt$`)
	number := map[string]int{}
	slices.Sort(files)
	for _, path := range files {
		m := name.FindStringSubmatch(filepath.Base(path))
		if m == nil {
			continue
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var boxes []frame.Box
		for lines := bufio.NewScanner(file); lines.Scan(); {
			var class int
			var x, y, w, h float64
			if n, _ := fmt.Sscan(lines.Text(), &class, &x, &y, &w, &h); n == 5 {
				boxes = append(boxes, frame.Box{X0: 1920 * (x - w/2), Y0: 1080 * (y - h/2), X1: 1920 * (x + w/2), Y1: 1080 * (y + h/2)})
			}
		}
		_ = file.Close()
		r.add(m[1], time.Second, number[m[1]], boxes)
		number[m[1]]++
	}
	return r
}

// seenBy is the same videos as a detector of sea's kind sees them: the smaller an animal, the less; misses that
// hang together; false alarms.
func (r real) seenBy(rng *rand.Rand, keen float64) (list []Watched) {
	for _, w := range r.list {
		out := Watched{Name: w.Name, Every: w.Every}
		turbid, mood := rng.NormFloat64()*0.7, map[int]float64{}
		score := func(x float64) float32 { return float32(1 / (1 + math.Exp(-x))) }
		for _, f := range w.Frames {
			f.Found = nil
			put := func(b frame.Box, s float32) {
				if s >= 0.05 {
					d := 0.03 * b.W()
					b = frame.Box{X0: b.X0 + d*rng.NormFloat64(), Y0: b.Y0 + d*rng.NormFloat64(), X1: b.X1 + d*rng.NormFloat64(), Y1: b.Y1 + d*rng.NormFloat64()}
					f.Found = append(f.Found, detect.Detection{Box: b, Taxon: "shark", Score: s})
				}
			}
			for k, a := range f.Truth {
				mood[k] = 0.7*mood[k] + rng.NormFloat64()
				put(a.Box, score(keen+math.Log(a.Box.W()/150)-turbid+mood[k]-1))
			}
			if rng.Float64() < 0.15 {
				x, y := rng.Float64()*1700, rng.Float64()*900
				put(frame.Box{X0: x, Y0: y, X1: x + 160, Y1: y + 80}, score(-1.5+turbid/2+rng.NormFloat64()))
			}
			out.Frames = append(out.Frames, f)
		}
		list = append(list, out)
	}
	return list
}

// The counts are real, frame by frame; the detector is made up, because the pictures are not at hand or too few to
// learn from. Half of the videos measure how it sees, the others are foretold.
func TestCoverageOnRealCounts(t *testing.T) {
	for _, make := range []func(*testing.T) real{luderick, deepfish} {
		r := make(t)
		t.Run(r.name, func(t *testing.T) {
			var told []Foretold
			certified, right, looked, frames := 0, 0, 0, 0
			for round := range 3 {
				rng := rand.New(rand.NewPCG(uint64(round), 7))
				list := r.seenBy(rng, 2.5)
				rng.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
				probability, detectability := learn(t, list[:len(list)/2])
				terms := Terms{Taxon: "shark", Detectability: detectability, Probability: probability.Probability, Limit: uncertainty.Limit, Threshold: 0.3, Samples: 600}
				for i, w := range list[len(list)/2:] {
					a, err := w.Foretell(terms, uint64(i))
					if err != nil {
						t.Fatal(err)
					}
					told = append(told, Foretold{w.Name, w.MaxN("shark"), a})
					v, err := w.Review(terms, uint64(i))
					if err != nil {
						t.Fatal(err)
					}
					if v.Certified {
						certified++
						if v.Right() {
							right++
						}
					}
					looked, frames = looked+v.Looked, frames+v.Frames
				}
			}
			open := Covered(Open(told))
			t.Logf("%d videos, 3 times: %.3f of %d intervals hold the truth, mean width %.2f; %d of %d certificates right, %d of %d frames looked at",
				len(r.list), open.Share(), open.N, open.Width, right, certified, looked, frames)
			if open.Share() < 0.88 || float64(right) < 0.92*float64(certified) {
				t.Errorf("intervals hold the truth in %.3f, certificates are right in %d of %d", open.Share(), right, certified)
			}
		})
	}
}
