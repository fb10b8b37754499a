package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/track"
)

// set is scenes that one detector looked at, and which of its taxa is counted.
type set struct {
	name      string
	scenes    []scene
	taxon     string
	threshold func(string) float32
	stills    bool // no video: nothing is followed
}

// before is the rules as they were: each name a box of its own, every point of a track counts.
func before() track.Config {
	c := track.Default()
	c.OneTaxon, c.StrongEnds, c.SupportS, c.SupportShare = 0, false, 0, 0
	return c
}

// onAnimal is the overlap from which a box is on a true one.
const onAnimal = 0.4

// met says how many true boxes have a found one, the best scored first, and how many found ones lie on one that has its own already.
func met(truth, found []frame.Box) (animals, doubles int) {
	taken := make([]bool, len(truth))
	for _, b := range found {
		best, most, on := -1, onAnimal, false
		for k, t := range truth {
			o := frame.IoU(t, b)
			on = on || o >= onAnimal
			if o >= most && !taken[k] {
				best, most = k, o
			}
		}
		if best >= 0 {
			taken[best] = true
			animals++
		} else if on {
			doubles++
		}
	}
	return animals, doubles
}

func boxesOf(list []detect.Detection) (out []frame.Box) {
	for _, d := range byScore(list) {
		out = append(out, d.Box)
	}
	return out
}

func byScore(list []detect.Detection) []detect.Detection {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b detect.Detection) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// frames are a scene's as the tracker takes them.
func (s set) frames(sc scene, oneBox float64) []detect.Frame {
	var out []detect.Frame
	for i, f := range sc.Frames {
		out = append(out, detect.Frame{Instant: frame.Instant{Time: f.Time, PTS: int64(i), Base: frame.Rational{Num: 1, Den: 1000}},
			Detections: detect.OneBox(f.Found, oneBox, s.threshold, nil)})
	}
	return out
}

// counted follows and counts a scene.
func (s set) counted(sc scene, cfg track.Config, oneBox float64) (maxN int, mean float64, tracks []track.Track) {
	frames := s.frames(sc, oneBox)
	t := track.New(cfg, s.threshold)
	in := count.Input{Taxa: taxon.List{{Name: s.taxon, Role: taxon.Studied}}, Every: time.Millisecond}
	for _, f := range frames {
		t.Update(f)
		in.Frames = append(in.Frames, f.Instant)
	}
	in.Tracks = t.Finish()
	r, err := count.Of(in)
	if err != nil {
		panic(err) // the frames are in order, and the tracks are made of them
	}
	return *r.Taxa[0].MaxN, *r.Taxa[0].MeanCount, in.Tracks
}

// boxesTable is how many boxes over their threshold lie on an animal that has one already, and how many animals that had a box have
// none any more, by the overlap from which boxes of two names are one. True pairs say how many animals lie so.
func boxesTable(sets []set) {
	levels := []float64{0, 0.3, 0.4, 0.45, 0.5, 0.6, 0.7, 0.85}
	fmt.Print("\nDuplicates / animals lost, in boxes over their threshold, by the IoU over which boxes of different taxa are one animal\n\n")
	head(levels, "detector", "boxes", "animals found")
	for _, s := range sets {
		if !s.scenes[0].Boxed {
			continue
		}
		var cells []string
		boxes, animals := 0, 0
		for _, level := range levels {
			doubles, found := 0, 0
			for _, sc := range s.scenes {
				for _, f := range sc.Frames {
					list := slices.DeleteFunc(slices.Clone(detect.OneBox(f.Found, level, s.threshold, nil)), func(d detect.Detection) bool { return d.Score < s.threshold(d.Taxon) })
					n, d := met(f.Truth, boxesOf(list))
					doubles, found = doubles+d, found+n
					if level == 0 {
						boxes += len(list)
					}
				}
			}
			if level == 0 {
				animals = found
			}
			cells = append(cells, fmt.Sprintf("%d / %d", doubles, animals-found))
		}
		row(s.name, fmt.Sprint(boxes), fmt.Sprint(animals), cells)
	}
	pairsTable(sets, levels[1:])
}

// pairsTable is how many pairs of true boxes lie closer than each overlap, the school by itself.
func pairsTable(sets []set, levels []float64) {
	fmt.Print("\nPairs of animals (true boxes) in a frame that overlap by more\n\n")
	head(levels, "truth", "boxes")
	for _, s := range sets {
		if !strings.HasSuffix(s.name, ", perfect") {
			continue
		}
		for _, part := range []string{"7117_C", ""} { // the school by itself
			var cells []string
			boxes := 0
			pairs := make([]int, len(levels))
			for _, sc := range s.scenes {
				if strings.HasPrefix(sc.Name, "7117_C") != (part != "") {
					continue
				}
				for _, f := range sc.Frames {
					boxes += len(f.Truth)
					for i, a := range f.Truth {
						for _, b := range f.Truth[:i] {
							for k, level := range levels {
								if frame.IoU(a, b) > level {
									pairs[k]++
								}
							}
						}
					}
				}
			}
			for _, n := range pairs {
				cells = append(cells, fmt.Sprint(n))
			}
			if boxes > 0 {
				row(strings.TrimSuffix(s.name, ", perfect")+map[string]string{"7117_C": ": the school 7117", "": ""}[part], fmt.Sprint(boxes), cells)
			}
		}
	}
}

// tracksTable is the same after following and naming, by the overlap from which two of one name are one.
func tracksTable(sets []set) {
	levels := []float64{0, 0.3, 0.45, 0.6, 0.85}
	fmt.Print("\nDuplicates / animals lost, in counted boxes, by the IoU over which two tracks of one name are one animal\n\n")
	head(levels, "detector", "counted boxes")
	for _, s := range sets {
		if !s.scenes[0].Boxed || s.stills {
			continue
		}
		var cells []string
		boxes, first := 0, 0
		for k, level := range levels {
			doubles, found := 0, 0
			for _, sc := range s.scenes {
				cfg := track.Default()
				cfg.OneTaxon = level
				_, _, tracks := s.counted(sc, cfg, detect.OneAnimal)
				here := map[time.Duration][]detect.Detection{}
				for _, t := range tracks {
					for _, p := range t.Points {
						if t.Taxon == s.taxon {
							here[p.Time] = append(here[p.Time], p.Detection)
						}
					}
				}
				for _, f := range sc.Frames {
					n, d := met(f.Truth, boxesOf(here[f.Time]))
					doubles, found = doubles+d, found+n
					if k == 0 {
						boxes += len(here[f.Time])
					}
				}
			}
			if k == 0 {
				first = found
			}
			cells = append(cells, fmt.Sprintf("%d / %d", doubles, first-found))
		}
		row(s.name, fmt.Sprint(boxes), cells)
	}
}

// intervals are those that surveys sample at.
var intervals = []time.Duration{time.Second, 200 * time.Millisecond, 100 * time.Millisecond, 40 * time.Millisecond}

// at is MaxN, its error and the mean count of a set at an interval; false where it has no such frames.
func (s set) at(every time.Duration, cfg track.Config, oneBox float64) (text string, ok bool) {
	if s.stills || every < s.scenes[0].Step*9/10 {
		return "", false
	}
	n := float64(len(s.scenes))
	var maxN, truth, wrong, mean float64
	for _, sc := range s.scenes {
		x := sc.every(every)
		got, m, _ := s.counted(x, cfg, oneBox)
		maxN, truth, mean = maxN+float64(got), truth+float64(x.trueMaxN()), mean+m
		wrong += math.Abs(float64(got - x.trueMaxN()))
	}
	if !s.scenes[0].Boxed {
		return fmt.Sprintf("%.2f (mean %.2f)", maxN/n, mean/n), true
	}
	return fmt.Sprintf("%.2f of %.2f, off by %.2f (mean %.2f)", maxN/n, truth/n, wrong/n, mean/n), true
}

func (s set) line(name string, cfg track.Config, oneBox float64) {
	var cells []string
	for _, every := range intervals {
		text, ok := s.at(every, cfg, oneBox)
		if !ok {
			text = "no such frames"
		}
		cells = append(cells, text)
	}
	row(name, cells)
}

// intervalTable is MaxN by the interval, before and now.
func intervalTable(sets []set) {
	fmt.Print("\nMean MaxN of the true one at the same frames, how far off it is as a rule, and the mean count, by the sampling interval\n\n")
	fmt.Println("| set | rule | 1 s | 200 ms | 100 ms | 40 ms |\n|---|---|---|---|---|---|")
	for _, s := range sets {
		if !s.stills {
			s.line(fmt.Sprintf("%s (%d) | before", s.name, len(s.scenes)), before(), 0)
			s.line(s.name+" | now", track.Default(), detect.OneAnimal)
		}
	}
}

// ruleTable is what the rule was chosen by: the sets marked *.
func ruleTable(sets []set) {
	fmt.Print("\nThe same by other rules, on the sets that the rule was chosen on\n\n")
	fmt.Println("| set | rule | 1 s | 200 ms | 100 ms | 40 ms |\n|---|---|---|---|---|---|")
	for _, s := range sets {
		if !strings.Contains(s.name, "*") {
			continue
		}
		cfg := before()
		s.line(s.name+" | before", cfg, 0)
		cfg.OneTaxon = track.Default().OneTaxon
		s.line(s.name+" | one box", cfg, detect.OneAnimal)
		cfg.StrongEnds = true
		s.line(s.name+" | and strong ends", cfg, detect.OneAnimal)
		for _, seconds := range []float64{0.5, 1.1, 1.5} {
			for _, share := range []float64{0.5, 2.0 / 3, 0.75} {
				cfg.SupportS, cfg.SupportShare = seconds, share
				s.line(fmt.Sprintf("%s | and %.0f %% of %.1f s", s.name, 100*share, seconds), cfg, detect.OneAnimal)
			}
		}
	}
}

func head(levels []float64, names ...string) {
	var cells []string
	for _, l := range levels {
		if l == 0 {
			cells = append(cells, "never")
		} else {
			cells = append(cells, fmt.Sprintf("%.2f", l))
		}
	}
	row(append(slices.Clone(names), cells...))
	fmt.Println("|" + strings.Repeat("---|", len(names)+len(levels)))
}

// row prints cells, each a text or a list of them.
func row(cells ...any) {
	var out []string
	for _, c := range cells {
		switch c := c.(type) {
		case string:
			out = append(out, c)
		case []string:
			out = append(out, c...)
		}
	}
	fmt.Println("| " + strings.Join(out, " | ") + " |")
}
