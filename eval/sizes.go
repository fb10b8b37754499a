package eval

import "math"

// SizeScores is how a taxon's boxes of one class of size were found.
type SizeScores struct {
	Class           // over all trials, at the thresholds
	Share Share     // of them that were found, by deployments
	AP    []float64 // of each trial, COCO's
	Over  Summary   // of AP
}

// sizes sorts a taxon's boxes by COCO's classes of area.
func sizes(trials []Trial, taxon string, r Rating, unknown []bool) []SizeScores {
	var out []SizeScores
	for _, size := range Sizes() {
		s := SizeScores{Class: Class{Name: size.Name}}
		var found []Part
		for i, t := range trials {
			ap := math.NaN()
			if !unknown[i] {
				here := 0
				for _, images := range t.deployments() {
					within := func(b Truth) bool { return b.Area() >= size.MinArea && (size.MaxArea == 0 || b.Area() <= size.MaxArea) }
					c := RecallBy(images, taxon, r.IoU, r.threshold(t, taxon), []string{size.Name}, func(image, truth int) string {
						if within(images[image].Truth[truth]) {
							return size.Name
						}
						return ""
					})[0]
					here += c.Truth
					s.Truth, s.Found = s.Truth+c.Truth, s.Found+c.Found
					found = append(found, Part{float64(c.Found), float64(c.Truth)})
				}
				if here > 0 && here >= r.Least {
					ap = MeanAP(Match(t.Images, taxon, COCOLevels(), size.Rules))
				}
			}
			s.AP = append(s.AP, ap)
		}
		s.Share = ClusteredShare(found)
		s.Over = Summarise(s.AP)
		out = append(out, s)
	}
	return out
}
