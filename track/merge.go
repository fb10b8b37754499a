package track

import (
	"cmp"
	"slices"

	"requin/detect"
	"requin/frame"
	"requin/taxon"
)

// sighting is a detection as the tracker takes it.
type sighting struct {
	detect.Detection
	strong bool     // at or over its taxon's threshold
	joined []string // taxa of the boxes joined to it
}

// sightings sorts out the detections of one frame: those too weak even to
// continue a track are left out, several names for one animal are joined, and
// the order no longer depends on the detector's. Strong ones come first.
func (t *Tracker) sightings(in []detect.Detection) []sighting {
	var out []sighting
	for _, d := range in {
		strong := d.Score >= t.threshold(d.Taxon)
		if strong || d.Score >= t.cfg.LowScore {
			out = append(out, sighting{Detection: d, strong: strong})
		}
	}
	slices.SortStableFunc(out, func(a, b sighting) int {
		if a.strong != b.strong {
			if a.strong {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Taxon, b.Taxon),
			cmp.Compare(a.Box.X0, b.Box.X0), cmp.Compare(a.Box.Y0, b.Box.Y0),
			cmp.Compare(a.Box.X1, b.Box.X1), cmp.Compare(a.Box.Y1, b.Box.Y1))
	})
	if t.cfg.SameAnimal > 0 {
		out = joinNames(out, t.cfg.SameAnimal)
	}
	return out
}

// joinNames makes one sighting of near-identical boxes under different taxa.
// Suppression works class by class, so a detector in doubt gives a shark two
// boxes with two names, which would count as two animals. The first (strong
// before weak, then the higher score) leads: its box, name and score stay, and
// its Scores take in the other names. Boxes of one taxon are never joined:
// what the detector's suppression left apart are two animals.
//
// Worked example: {A 0.8} and {B 0.6} at IoU 0.95 become {A 0.8, Scores A 0.8,
// B 0.6}; where only B reaches its threshold, {B 0.6, Scores A 0.8, B 0.6}.
func joinNames(in []sighting, iou float64) []sighting {
	var out []sighting
next:
	for _, s := range in {
		for i := range out {
			lead := &out[i]
			if frame.IoU(lead.Box, s.Box) >= iou && !holds(*lead, s.Taxon) {
				lead.Scores = union(named(lead.Detection), named(s.Detection))
				lead.joined = append(lead.joined, s.Taxon)
				continue next
			}
		}
		out = append(out, s)
	}
	return out
}

// holds tells whether the sighting already holds a box of that taxon.
func holds(s sighting, taxon string) bool {
	return s.Taxon == taxon || slices.Contains(s.joined, taxon)
}

// union is the higher score of either list for every taxon, best first, ties by
// name. Neither list is changed.
func union(a, b []taxon.Score) []taxon.Score {
	out := slices.Clone(a)
	for _, s := range b {
		i := slices.IndexFunc(out, func(o taxon.Score) bool { return o.Taxon == s.Taxon })
		if i < 0 {
			out = append(out, s)
		} else {
			out[i].Score = max(out[i].Score, s.Score)
		}
	}
	slices.SortFunc(out, func(x, y taxon.Score) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Taxon, y.Taxon))
	})
	return out
}
