package train

import (
	"fmt"
	"reflect"
	"testing"

	"requin/dataset"
	"requin/detect"
	"requin/eval"
)

// What was watched says where it was filmed, so that a detectability knows on how many sites it was measured.
func TestWatchedKnowsItsSite(t *testing.T) {
	tr := &trainer{Job: Job{Manifest: &dataset.Manifest{Deployments: []dataset.Deployment{{Name: "A", Site: "Abore"}, {Name: "B"}}}}}
	var l look
	for _, name := range []string{"A", "B"} {
		for i := range leastFrames {
			tr.Manifest.Pictures = append(tr.Manifest.Pictures, dataset.Picture{File: fmt.Sprint(name, i), Deployment: name, Media: name + ".mp4", Time: float64(i), W: 96, H: 54})
			l.pictures = append(l.pictures, len(tr.Manifest.Pictures)-1)
			l.found = append(l.found, []detect.Detection{})
			l.images = append(l.images, eval.Image{})
		}
	}
	sites := map[string]string{}
	for _, w := range tr.watched(l) {
		sites[w.Name] = w.Site
	}
	if !reflect.DeepEqual(sites, map[string]string{"A A.mp4": "Abore", "B B.mp4": ""}) {
		t.Errorf("%v", sites)
	}
}
