// Command onebox measures how many animals a count invents and how many it loses: duplicates and merged pairs by the overlap at
// which two boxes are one animal, and MaxN by the interval at which frames are looked at, by the rules before (one box a name, every
// point of a track counts) and now.
//
//	go run ./bench/onebox --out FOLDER [--data ../shared/data] [--tables boxes,tracks,rule,interval,between] [--sets made,deepfish,tank,simulated]
//
// What detectors find is kept in FOLDER, so that a second run takes seconds. Of the luderick videos only the boxes are at hand, and
// of DeepFish more frames than any detector at hand sees well, so a made-up detector looks at their true boxes (made.go says how it errs); sets
// whose name says "made" are of that kind, the others are real detectors on real or rendered pictures. The rule was chosen on the
// sets marked *, and shown on the others.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"requin/detect"
)

func main() {
	b := bench{}
	flag.StringVar(&b.data, "data", "../shared/data", "folder of real data")
	flag.StringVar(&b.out, "out", "", "folder that keeps what detectors found")
	tables := flag.String("tables", "boxes,tracks,rule,interval,between", "which to print")
	names := flag.String("sets", "made,deepfish,tank,simulated", "on what")
	flag.IntVar(&b.clips, "clips", 3, "simulated clips of 12 s at 25 frames/s")
	flag.Parse()
	if err := b.run(context.Background(), strings.Split(*tables, ","), strings.Split(*names, ",")); err != nil {
		log.Fatal(err)
	}
}

type bench struct {
	data, out string
	clips     int
}

func (b bench) run(ctx context.Context, tables, names []string) error {
	if b.out == "" {
		return errors.New("say where what detectors found is kept: --out FOLDER")
	}
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	var sets []set
	for _, name := range names {
		gather, ok := map[string]func(context.Context) ([]set, error){"made": b.made, "deepfish": b.deepfish, "tank": b.tank, "simulated": b.simulated}[name]
		if !ok {
			return fmt.Errorf("there is no set %q", name)
		}
		more, err := gather(ctx)
		if err != nil {
			return err
		}
		sets = append(sets, more...)
	}
	for _, name := range tables {
		table, ok := map[string]func([]set){"boxes": boxesTable, "tracks": tracksTable, "rule": ruleTable, "interval": intervalTable, "between": betweenTable}[name]
		if !ok {
			return fmt.Errorf("there is no table %q", name)
		}
		table(sets)
	}
	return nil
}

// starter is the model that comes with Requin.
const starter = "models/starter.onnx"

// starterThreshold is what the starter model's file says.
func starterThreshold(name string) float32 {
	return map[string]float32{"shark": 0.329, "fish": 0.271, "ray": 0.137, "other animal": 0.235}[name]
}

// made are true boxes as perfect and as made-up detectors see them.
func (b bench) made(context.Context) ([]set, error) {
	videos, err := luderick(b.data)
	if err != nil {
		return nil, err
	}
	sequences, err := deepfish(b.data)
	if err != nil {
		return nil, err
	}
	threshold := func(string) float32 { return madeThreshold }
	var out []set
	add := func(name string, scenes []scene) {
		out = append(out, set{name: name + ", perfect", scenes: each(scenes, perfect), taxon: "fish", threshold: threshold})
		var rounds []scene
		for round := range 3 {
			for i, s := range scenes {
				rounds = append(rounds, made(s, uint64(1000*round+i)))
			}
		}
		out = append(out, set{name: name + ", made", scenes: rounds, taxon: "fish", threshold: threshold})
	}
	later := func(s scene) bool { return s.Name >= "98" } // sites 9852 to 9908; the others are 7117 to 7623
	add("luderick*", videos)
	add("DeepFish, first sites*", slices.DeleteFunc(slices.Clone(sequences), later))
	add("DeepFish, other sites", slices.DeleteFunc(slices.Clone(sequences), func(s scene) bool { return !later(s) }))
	return out, nil
}

func each(scenes []scene, f func(scene) scene) (out []scene) {
	for _, s := range scenes {
		out = append(out, f(s))
	}
	return out
}

// perfect finds every true box.
func perfect(s scene) scene {
	s.Frames = slices.Clone(s.Frames)
	for i := range s.Frames {
		f := &s.Frames[i]
		f.Found = nil
		for _, b := range f.Truth {
			f.Found = append(f.Found, detect.Detection{Box: b, Taxon: "fish", Score: 0.9})
		}
	}
	return s
}

func (b bench) deepfish(context.Context) ([]set, error) {
	scenes, err := deepfish(b.data)
	if err != nil {
		return nil, err
	}
	scenes, err = look(b.out, starter, scenes)
	return []set{{name: "DeepFish, starter model", scenes: scenes, taxon: "fish", threshold: starterThreshold}}, err
}

func (b bench) tank(ctx context.Context) (out []set, err error) {
	for _, m := range []struct {
		name, path, taxon string
		threshold         func(string) float32
	}{
		{"its own model", filepath.Join(b.data, "models", "yolox_nano_kazuhito_fish.onnx"), "object", func(string) float32 { return 0.3 }},
		{"starter model", starter, "fish", starterThreshold},
	} {
		video, err := film(ctx, b.out, m.path, filepath.Join(b.data, "tank_fish_voc", "tank.mp4"))
		if err != nil {
			return nil, err
		}
		out = append(out, set{name: "tank.mp4, " + m.name, scenes: []scene{video}, taxon: m.taxon, threshold: m.threshold})
		pictures, err := tankPictures(b.data)
		if err != nil {
			return nil, err
		}
		seen, err := look(b.out, m.path, []scene{pictures})
		if err != nil {
			return nil, err
		}
		out = append(out, set{name: "tank, 50 pictures, " + m.name, scenes: seen, taxon: m.taxon, threshold: m.threshold, stills: true})
	}
	return out, nil
}

func (b bench) simulated(ctx context.Context) ([]set, error) {
	scenes, err := rendered(ctx, b.out, starter, b.clips, 12*time.Second)
	return []set{{name: "simulated sharks, starter model", scenes: scenes, taxon: "shark", threshold: starterThreshold}}, err
}
