package eval

import (
	"cmp"
	"slices"

	"requin/frame"
)

// Mistake is a false alarm or a missed animal in a picture of a trial.
type Mistake struct {
	Trial, Image int       // which picture: an index into the trials, and into that trial's Images
	Judged       Image     // the picture's truth, and the detections that count
	Missed       bool      // else a false alarm
	Taxon        string    // that was alarmed of, or missed
	Box          frame.Box // of the false alarm, or of the missed animal
	Score        float64   // of a false alarm
}

// grave orders mistakes of a kind: false alarms by their scores, missed animals by how large they are.
func (m Mistake) grave() float64 {
	if m.Missed {
		return m.Box.Area()
	}
	return m.Score
}

// Worst finds the gravest mistakes on studied taxa, each picture once: half of most are the false alarms
// of the highest scores, the rest the largest missed animals. picture tells which picture an image of a trial is,
// for several trials may look at the same one. Animals that are not to be judged, or whose taxon the detector cannot name, are
// not missed.
func Worst(trials []Trial, studied []string, r Rating, most int, picture func(trial, image int) int) []Mistake {
	var alarms, missed []Mistake
	for k, t := range trials {
		for n, image := range t.Images {
			a, m := mistakes(image, t, studied, r)
			for _, list := range [][]Mistake{a, m} {
				for i := range list {
					list[i].Trial, list[i].Image = k, n
				}
			}
			alarms, missed = append(alarms, a...), append(missed, m...)
		}
	}
	seen := map[int]bool{}
	take := func(list []Mistake, most int) (out []Mistake) {
		slices.SortStableFunc(list, func(a, b Mistake) int { return cmp.Compare(b.grave(), a.grave()) })
		for _, x := range list {
			if p := picture(x.Trial, x.Image); len(out) < most && !seen[p] {
				seen[p] = true
				out = append(out, x)
			}
		}
		return out
	}
	out := take(alarms, most/2)
	return append(out, take(missed, most-len(out))...)
}

// mistakes are those in one image of a trial.
func mistakes(image Image, t Trial, studied []string, r Rating) (alarms, missed []Mistake) {
	kept := Image{Truth: image.Truth, Partial: image.Partial}
	for _, f := range image.Found {
		if f.Score >= r.threshold(t, f.Taxon) {
			kept.Found = append(kept.Found, f)
		}
	}
	j := Judge(kept, r.IoU)
	for i, f := range kept.Found {
		if j.Wrong[i] && slices.Contains(studied, f.Taxon) {
			alarms = append(alarms, Mistake{Judged: kept, Taxon: f.Taxon, Box: f.Box, Score: f.Score})
		}
	}
	for i, b := range kept.Truth {
		if !j.Found[i] && !b.Ignore && !b.Crowd && slices.Contains(studied, b.Taxon) && !slices.Contains(t.Unknown, b.Taxon) {
			missed = append(missed, Mistake{Judged: kept, Missed: true, Taxon: b.Taxon, Box: b.Box})
		}
	}
	return alarms, missed
}
