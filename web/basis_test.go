package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"requin/scan"
	"requin/track"
	"requin/uncertainty"
)

// TestCountAndReviewSayTheSame: before anybody has looked a count and its review rest on the same, and give the same interval, or none for
// the same reason.
func TestCountAndReviewSayTheSame(t *testing.T) {
	const seen = "detectability measured on 9 stretches of held-out video"
	for _, c := range []struct {
		name, taxa, low string
		basis           string // of the shark
		measured        bool
	}{
		{"the class of its name, in odd capitals", `[{"name":"GREY reef"},{"name":"ray"}]`, "0.1", seen, true},
		{"two classes", `[{"name":"shark","classes":["grey reef","Whitetip"]},{"name":"ray"}]`, "0.1", seen + "; combined from 2 classes (Grey_Reef, whitetip)", true},
		{"a class of which nothing is known", `[{"name":"shark","classes":["silvertip"]},{"name":"ray"}]`, "0.1",
			"detectability assumed: how many of it the model misses was not measured; scores not calibrated", false},
		{"weak detections left out", `[{"name":"shark","classes":["grey reef"]},{"name":"ray"}]`, "0.15",
			"detectability assumed: how many the model misses was measured with detections from a score of 0.1; this count kept those from 0.15 (--low)", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := study(t, "nothing.mp4")
			a, b := uncertainty.Prior(), uncertainty.Prior()
			a.Deployments, a.Candidates, a.Animals, a.Arrivals, a.Recall = 9, 40, 30, 25, 0.9
			b.Deployments, b.Candidates, b.Animals, b.Arrivals, b.Recall = 9, 20, 10, 8, 0.4
			seen, _ := json.Marshal(map[string]uncertainty.Detectability{"Grey_Reef": a, "whitetip": b})
			metadata, _ := json.Marshal(map[string]string{uncertainty.DetectabilityKey: string(seen),
				uncertainty.CalibrationKey: `{"Grey_Reef":{"kind":"platt","slope":1,"offset":0.5,"right":50,"wrong":50},"whitetip":{"kind":"platt","slope":2,"right":5,"wrong":10}}`})
			record := fmt.Sprintf(`{"settings":{"every_s":1,"taxa":%s,"detector":{"classes":["Grey_Reef","whitetip","silvertip"],"low":%s,"metadata":%s}}}`, c.taxa, c.low, metadata)
			made, err := scan.ReadRecord([]byte(record))
			if err != nil {
				t.Fatal(err)
			}
			name := made.Settings.Taxa[0].Name
			result := tallyAs(t, s, "run2", record, []track.Track{lane(1, name, 0, 0, 9, 0.9), lane(2, name, 1, 5, 11, 0.4), lane(3, "ray", 2, 6, 12, 0.7), lane(4, name, 4, 18, 18, 0.2)})
			server, base := serve(t, Config{Survey: s})
			var d deployment
			enter(t, server, base).get("/api/deployments/"+url.PathEscape("dive 1"), &d)
			for i, counted := range result.Taxa {
				x := d.Taxa[i]
				var low, high, estimate *int
				if u := counted.Uncertainty; u != nil {
					estimate, low, high = &u.Estimate, &u.Low, &u.High
					if u.Basis != x.Basis {
						t.Errorf("the count rests on %q, the review on %q", u.Basis, x.Basis)
					}
				}
				if !reflect.DeepEqual([]*int{estimate, low, high}, []*int{x.Estimate, x.Low, x.High}) || x.Measured == counted.Uncertainty.Assumed {
					t.Errorf("%s: counted %+v; reviewed %+v", counted.Name, counted.Uncertainty, x)
				}
			}
			if d.Taxa[0].Basis != c.basis || d.Taxa[0].Measured != c.measured {
				t.Errorf("%+v, want %q", d.Taxa[0], c.basis)
			}
			if !strings.HasPrefix(d.Taxa[1].Basis, "detectability assumed: the model has no class that means it") || d.Taxa[1].Ahead == "" {
				t.Errorf("of rays: %+v", d.Taxa[1])
			}
		})
	}
}
