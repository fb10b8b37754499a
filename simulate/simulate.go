// Package simulate's noun is a simulated survey: rendered baited videos whose truth
// is known. It owns the scene (sea bed, water, bait arm, animals), its light and its
// camera. It is for tests and for the demo, and what it makes says so.
//
//	plan, err := simulate.Plan(simulate.Options{Seed: 7, Deployments: 3, ...}) // who comes when, nothing drawn yet
//	for _, d := range plan {
//		err = d.Write(ctx, folder, progress)  // the camera's files, and what is in them
//		for record, err := range d.Truth(ctx) // boxes, tracks, MaxN
//	}
//
// Every picture is a function of the deployment and the number of the frame alone.
package simulate

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"requin/frame"
)

// Version changes when the same seed gives other pictures or another truth.
const Version = "2"

// Notice is what every video says of itself, in its title and in its stream.
const Notice = "synthetic: rendered by Requin simulate, not footage"

// streamNote is the notice as the stream carries it, which allows no colon.
const streamNote = "synthetic - rendered by Requin simulate - not footage"

// Kind is what is filmed.
type Kind string

// The kinds of deployments.
const (
	Stations Kind = "stations" // whole deployments: the descent, the landing, then the period
	Clips    Kind = "clips"    // short sequences with animals about; all of them is the period
)

// Range is from a least to a most, both included.
type Range struct{ Min, Max float64 }

func (r Range) inside(low, high float64) bool { return r.Min >= low && r.Max <= high && r.Min <= r.Max }

// Options say what a survey is like. Ranges are what deployments are drawn from.
type Options struct {
	Seed        uint64
	Deployments int
	Kind        Kind
	W, H        int            // pixels, even, 96x64 to 3840x2160
	Rate        frame.Rational // frames a second, 1 to 60
	Duration    time.Duration  // of each deployment, descent included
	Chapter     time.Duration  // length at which the camera starts a new file
	Settle      time.Duration  // from the start of the video to the start of the period; 0 for clips
	Depth       Range          // metres, 2 to 60
	Turbidity   Range          // 0 clear, 1 very turbid
	Sharks      Range          // individuals of each studied species that come, 0 to 12
	Context     Range          // how many of the other animals, as a factor of what is usual, 0 to 4
	Habitats    []Habitat      // nil: all
	TruthStep   int            // truth for each such frame, 1 for all; frames of the 1 s grid always have it
}

// Defaults are a small survey of whole deployments.
func Defaults() Options {
	return Options{Seed: 1, Deployments: 4, Kind: Stations, W: 640, H: 360, Rate: frame.Rational{Num: 10, Den: 1}, Duration: 3 * time.Minute, Chapter: 90 * time.Second,
		Settle: 20 * time.Second, Depth: Range{4, 30}, Turbidity: Range{0, 0.6}, Sharks: Range{0, 3}, Context: Range{0.5, 1.5}, TruthStep: 1}
}

// Check says which option is out of its range.
func (o Options) Check() error {
	fps := float64(o.Rate.Num) / math.Max(float64(o.Rate.Den), 1)
	frames := fps * o.Duration.Seconds()
	switch {
	case o.Deployments < 1 || o.Deployments > 1000:
		return fmt.Errorf("%d deployments: ask for 1 to 1000", o.Deployments)
	case o.Kind != Stations && o.Kind != Clips:
		return fmt.Errorf("a survey of %q: ask for stations or clips", o.Kind)
	case o.W < 96 || o.W > 3840 || o.H < 64 || o.H > 2160 || o.W%2 != 0 || o.H%2 != 0:
		return fmt.Errorf("pictures of %dx%d: ask for even numbers from 96x64 to 3840x2160", o.W, o.H)
	case o.Rate.Den < 1 || o.Rate.Den > 100000 || o.Rate.Num < o.Rate.Den || fps > 60:
		return fmt.Errorf("%v frames a second: ask for 1 to 60", o.Rate)
	case o.Duration < time.Second || o.Duration > 6*time.Hour || frames < 1:
		return fmt.Errorf("deployments of %v: ask for 1s to 6h", o.Duration)
	case o.Chapter < time.Second:
		return fmt.Errorf("chapters of %v: ask for 1s or more", o.Chapter)
	case o.Duration > 99*o.Chapter:
		return fmt.Errorf("deployments of %v in chapters of %v: a camera numbers at most 99; ask for longer chapters", o.Duration, o.Chapter)
	case o.Kind == Clips && o.Settle != 0:
		return fmt.Errorf("clips start on the sea bed: a settling time of %v has no meaning", o.Settle)
	case o.Settle < 0 || o.Settle >= o.Duration:
		return fmt.Errorf("a settling time of %v in deployments of %v: it must leave time to count", o.Settle, o.Duration)
	case !o.Depth.inside(2, 60):
		return fmt.Errorf("depths of %g to %g m: ask for 2 to 60, the lesser first", o.Depth.Min, o.Depth.Max)
	case !o.Turbidity.inside(0, 1):
		return fmt.Errorf("turbidity of %g to %g: ask for 0 (clear) to 1, the lesser first", o.Turbidity.Min, o.Turbidity.Max)
	case !o.Sharks.inside(0, 12):
		return fmt.Errorf("%g to %g sharks of each species: ask for 0 to 12, the lesser first", o.Sharks.Min, o.Sharks.Max)
	case !o.Context.inside(0, 4):
		return fmt.Errorf("%g to %g times the usual fish: ask for 0 to 4, the lesser first", o.Context.Min, o.Context.Max)
	case o.TruthStep < 1:
		return errors.New("truth for every 0th frame: ask for 1 (every frame) or more")
	}
	for _, h := range o.Habitats {
		if !slices.Contains(habitats, h) {
			return fmt.Errorf("a sea bed of %q: ask for any of %q", h, habitats)
		}
	}
	return nil
}
