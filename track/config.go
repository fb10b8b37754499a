package track

import "fmt"

// Config is every setting of the tracker. Lengths are in body lengths of the
// animal (bl: the diagonal of its box), so that one set of numbers serves a
// shark at 2 m and one at 10 m, any picture size and any sampling interval.
type Config struct {
	// MaxGapS: a track ends this many seconds after its last detection at or
	// over the threshold; weaker detections continue it only until then.
	MaxGapS float64 `json:"max_gap_s"`
	// LowScore: weakest detection that may continue a track, score 0 to 1.
	LowScore float32 `json:"low_score"`
	// SameAnimal: boxes of different taxa in one frame that overlap at least this
	// much (IoU, 0 to 1) are one animal under several names. 0 switches it off.
	SameAnimal float64 `json:"same_animal_iou"`
	// CruiseSpeed: usual speed (root mean square), bl/s.
	CruiseSpeed float64 `json:"cruise_speed_bl_per_s"`
	// MaxSpeed: no animal is faster across the picture, bl/s.
	MaxSpeed float64 `json:"max_speed_bl_per_s"`
	// PersistenceS: how long an animal keeps its course (time in which the
	// velocity's correlation with itself falls to 1/e), seconds.
	PersistenceS float64 `json:"persistence_s"`
	// BoxNoise: standard deviation of a box's centre, as a share of its width
	// and height, and of the logarithms of both.
	BoxNoise float64 `json:"box_noise"`
	// ShapeChange: how fast width and height change as the animal turns and comes
	// nearer: standard deviation of their logarithms after one second.
	ShapeChange float64 `json:"shape_change_per_sqrt_s"`
	// TaxonDoubt: chance that a detection of the animal bears a wrong name.
	TaxonDoubt float64 `json:"taxon_doubt"`
	// Room: squared body lengths of picture for each animal that newly comes into
	// it per frame. The larger, the less readily a sighting is taken for a newcomer.
	Room float64 `json:"room_bl2"`
	// LowOdds: how many times likelier than a strong detection a weak one is to be
	// no animal at all.
	LowOdds float64 `json:"low_odds"`
	// ChangeOdds: how many times likelier it is that a track goes on with one animal than
	// that it goes over to one of another taxon; at most 1 switches cutting off.
	ChangeOdds float64 `json:"change_odds"`
	// OneTaxon: of two tracks of one name the weaker has no point where both lie in a
	// frame and overlap by more than this (IoU, 0 to 1): one animal twice. 0, as in
	// records that do not have it, keeps both.
	OneTaxon float64 `json:"one_taxon_iou,omitempty"`
	// StrongEnds: a track ends at its last detection at or over the threshold; a weaker
	// one counts between two of those. False, as in records that do not have it: to the end.
	StrongEnds bool `json:"strong_ends,omitempty"`
	// SupportS: a sighting counts if its track is seen in SupportShare (0 to 1) of the
	// frames that were looked at in the seconds around it, half before, half after. 0, as
	// in records that do not have it, counts all.
	SupportS     float64 `json:"support_s,omitempty"`
	SupportShare float64 `json:"support_share,omitempty"`
}

// Default is the settings for sharks and fish at 1 to 25 frames per second. The
// reasons and sources are in docs/science/tracking.md; OneTaxon and Support were chosen on
// footage (docs/benchmarks.md), none of the others was.
func Default() Config {
	return Config{
		MaxGapS:      5,
		LowScore:     0.1,
		SameAnimal:   0.85,
		CruiseSpeed:  1,
		MaxSpeed:     5,
		PersistenceS: 2,
		BoxNoise:     0.08,
		ShapeChange:  0.4,
		TaxonDoubt:   0.05,
		Room:         500,
		LowOdds:      10,
		ChangeOdds:   10000,
		OneTaxon:     0.6,
		StrongEnds:   true,
		SupportS:     1.1,
		SupportShare: 2.0 / 3,
	}
}

// Validate says which setting cannot be, and what it may be.
func (c Config) Validate() error {
	for _, s := range []struct {
		name       string
		value      float64
		above, max float64 // above < value <= max
	}{
		{"max_gap_s", c.MaxGapS, 0, 3600},
		{"cruise_speed_bl_per_s", c.CruiseSpeed, 0, 100},
		{"max_speed_bl_per_s", c.MaxSpeed, 0, 1000},
		{"persistence_s", c.PersistenceS, 0, 3600},
		{"box_noise", c.BoxNoise, 0, 1},
		{"shape_change_per_sqrt_s", c.ShapeChange, 0, 10},
		{"taxon_doubt", c.TaxonDoubt, 0, 1},
		{"room_bl2", c.Room, 0, 1e9},
		{"low_odds", c.LowOdds, 0, 1e9},
		{"change_odds", c.ChangeOdds, 0, 1e12},
	} {
		if !(s.value > s.above && s.value <= s.max) { // also refuses NaN
			return fmt.Errorf("tracker setting %s is %v: give a number over %v and at most %v", s.name, s.value, s.above, s.max)
		}
	}
	for _, s := range []struct {
		name  string
		value float64
	}{{"low_score", float64(c.LowScore)}, {"same_animal_iou", c.SameAnimal}, {"one_taxon_iou", c.OneTaxon}, {"support_share", c.SupportShare}} {
		if !(s.value >= 0 && s.value <= 1) {
			return fmt.Errorf("tracker setting %s is %v: give a number from 0 to 1", s.name, s.value)
		}
	}
	if !(c.SupportS >= 0 && c.SupportS <= 3600) {
		return fmt.Errorf("tracker setting support_s is %v: give a number from 0 to 3600", c.SupportS)
	}
	return nil
}
