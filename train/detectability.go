package train

import (
	"fmt"
	"math"
	"slices"
	"time"

	"requin/dataset"
	"requin/eval"
	"requin/uncertainty"
)

// The held-out pictures are video where a media has at least leastFrames of them, no more than mostApart apart as
// a rule.
const (
	leastFrames = 8
	mostApart   = 5 * time.Second
)

// watched puts the held-out pictures that follow one another in one video side by side, in time order.
// What cannot be called video, such as stills, is left out, and so are partial pictures: of the animals that a model
// missed there nobody knows.
func (t *trainer) watched(l look) (list []eval.Watched) {
	sites := map[string]string{}
	for _, d := range t.Manifest.Deployments {
		sites[d.Name] = d.Site
	}
	of := map[[2]string][]int{} // deployment and media → places in the look
	var order [][2]string
	for n, i := range l.pictures {
		p := t.Manifest.Pictures[i]
		if p.Partial {
			continue
		}
		key := [2]string{p.Deployment, p.Media}
		if of[key] == nil {
			order = append(order, key)
		}
		of[key] = append(of[key], n)
	}
	at := func(n int) time.Duration {
		return time.Duration(math.Round(t.Manifest.Pictures[l.pictures[n]].Time * float64(time.Second)))
	}
	for _, key := range order {
		places := of[key]
		slices.SortStableFunc(places, func(a, b int) int { return int(at(a) - at(b)) })
		places = slices.CompactFunc(places, func(a, b int) bool { return at(a) == at(b) })
		if len(places) < leastFrames {
			continue
		}
		var apart []time.Duration
		for i := 1; i < len(places); i++ {
			apart = append(apart, at(places[i])-at(places[i-1]))
		}
		slices.Sort(apart)
		w := eval.Watched{Name: key[0] + " " + key[1], Site: sites[key[0]], Every: apart[len(apart)/2]}
		if w.Every > mostApart {
			continue
		}
		for _, n := range places {
			w.Frames = append(w.Frames, eval.WatchedFrame{Time: at(n), Truth: t.animals(l.pictures[n]), Found: l.found[n]})
		}
		list = append(list, w)
	}
	return list
}

// animals are the true boxes of a picture with whom they are of.
func (t *trainer) animals(picture int) (list []eval.Animal) {
	boxes := t.Manifest.Pictures[picture].Boxes
	for _, truth := range t.truth(picture) {
		i := slices.IndexFunc(boxes, func(b dataset.Box) bool { return b.Box == truth.Box && b.Taxon == truth.Taxon })
		list = append(list, eval.Animal{Truth: truth, ID: boxes[i].Track})
	}
	return list
}

// measureDetectability measures how well each calibrated taxon is seen, where the held-out pictures are video.
func (t *Trained) measureDetectability(watched []eval.Watched) error {
	t.Detectability = map[string]uncertainty.Detectability{}
	for name, c := range t.Calibration {
		if len(watched) == 0 {
			break
		}
		a, err := eval.MeasureDetectability(watched, name, uncertainty.Least, c.Probability)
		if err != nil {
			return fmt.Errorf("measuring how well %s is seen: %w", name, err)
		}
		t.Detectability[name] = a
	}
	return nil
}
