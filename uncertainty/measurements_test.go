package uncertainty

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"requin/detect"
	"requin/taxon"
)

// measured is a detectability that is told by how many visits it was measured on.
func measured(visits int) Detectability {
	d := Prior()
	d.Deployments, d.Candidates, d.Animals, d.Arrivals = 12, visits, visits, visits
	return d
}

// card is of a model of three classes, two of which were measured.
func card() detect.Card {
	return detect.Card{Classes: []string{"Grey_Reef", "whitetip", "silvertip"}, Low: 0.1, Metadata: map[string]string{
		DetectabilityKey: text(map[string]Detectability{"Grey_Reef": measured(30), "whitetip": measured(10)}),
		CalibrationKey:   `{"Grey_Reef":{"kind":"platt","slope":1,"right":30,"wrong":10},"whitetip":{"kind":"platt","slope":1,"offset":-1,"right":5,"wrong":5}}`,
	}}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestOneRule is the rule of docs/formats/model-card.md, case by case.
func TestOneRule(t *testing.T) {
	const on12 = "detectability measured on 12 stretches of held-out video"
	none := func(c *detect.Card) { c.Metadata = nil }
	for _, c := range []struct {
		name   string
		change func(*detect.Card)
		taxon  taxon.Taxon
		visits int // that its detectability was measured on; 0: assumed
		words  string
	}{
		{"the class of its name", nil, taxon.Taxon{Name: "whitetip"}, 10, on12},
		{"odd capitals and spaces", nil, taxon.Taxon{Name: " grey  REEF"}, 30, on12},
		{"the class of its common name", nil, taxon.Taxon{Name: "Triaenodon obesus", Common: "Whitetip"}, 10, on12},
		{"the class of its list", nil, taxon.Taxon{Name: "Triaenodon obesus", Classes: []string{"WHITETIP"}}, 10, on12},
		{"the class of its list, by number", nil, taxon.Taxon{Name: "Triaenodon obesus", Classes: []string{"1"}}, 10, on12},
		{"several classes", nil, taxon.Taxon{Name: "shark", Classes: []string{"grey reef", "whitetip"}}, 40,
			on12 + "; combined from 2 classes (Grey_Reef, whitetip)"},
		{"several classes, one of its own name", nil, taxon.Taxon{Name: "whitetip", Classes: []string{"whitetip", "grey reef"}}, 40,
			on12 + "; combined from 2 classes (Grey_Reef, whitetip)"},
		{"a list without the class of its name", nil, taxon.Taxon{Name: "whitetip", Classes: []string{"grey reef"}}, 30, on12},
		{"several classes, one not measured", nil, taxon.Taxon{Name: "shark", Classes: []string{"whitetip", "silvertip"}}, 10,
			on12 + "; not measured of silvertip"},
		{"measured of all its classes together", func(c *detect.Card) {
			c.Metadata[DetectabilityKey] = text(map[string]Detectability{"Grey_Reef": measured(30), "whitetip": measured(10), "Shark": measured(45)})
		}, taxon.Taxon{Name: "shark", Classes: []string{"grey reef", "whitetip"}}, 45, on12 + "; calibration combined from 2 classes (Grey_Reef, whitetip)"},
		{"a class that was not measured", nil, taxon.Taxon{Name: "silvertip"}, 0,
			"detectability assumed: how many of it the model misses was not measured; scores not calibrated"},
		{"no class", nil, taxon.Taxon{Name: "ray"}, 0, "detectability assumed: the model has no class that means it; scores not calibrated"},
		{"a file that says nothing", none, taxon.Taxon{Name: "whitetip"}, 0,
			"detectability assumed: the model's file does not say how many animals it misses; scores not calibrated"},
		{"weak detections that were not kept", func(c *detect.Card) { c.Low = 0.3 }, taxon.Taxon{Name: "whitetip"}, 0,
			"detectability assumed: how many the model misses was measured with detections from a score of 0.1; this count kept those from 0.3 (--low)"},
		{"a record without the classes", func(c *detect.Card) { c.Classes = nil }, taxon.Taxon{Name: "Whitetip"}, 10, on12},
		{"calibrated, not measured", func(c *detect.Card) { delete(c.Metadata, DetectabilityKey) }, taxon.Taxon{Name: "whitetip"}, 0,
			"detectability assumed: the model's file does not say how many animals it misses"},
	} {
		card := card()
		if c.change != nil {
			c.change(&card)
		}
		m, err := ReadMeasurements(card)
		if err != nil {
			t.Fatal(err)
		}
		b := m.Of(c.taxon)
		visits := b.Detectability.Animals
		if b.Words() != c.words || visits != c.visits || b.Measured() != (c.visits > 0) || b.Detectability.Measured() != b.Measured() {
			t.Errorf("%s: %d visits, %q; want %d, %q", c.name, visits, b.Words(), c.visits, c.words)
		}
		u := b.Interval(Observations{Frames: 10, Every: 1, Detectability: b.Detectability, Samples: 50}.Posterior(Limit))
		if u.Assumed == b.Measured() || (b.Reason() == "") != b.Measured() || u.Basis != c.words || !strings.Contains(c.words, b.Reason()) {
			t.Errorf("%s: interval %+v, %q", c.name, u, b.Reason())
		}
		if !slices.Equal(u.Combined, b.Combined()) {
			t.Errorf("%s: combined %v", c.name, u.Combined)
		}
	}
}

func TestMeasurementsRefuse(t *testing.T) {
	for key, text := range map[string]string{DetectabilityKey: `{"shark":{"slope":1}}`, CalibrationKey: `{"shark":{"kind":"magic"}}`} {
		_, err := ReadMeasurements(detect.Card{Metadata: map[string]string{key: text}})
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestCalibrationsByTaxon(t *testing.T) {
	card := card()
	card.Taxa = taxon.List{{Name: "Shark", Classes: []string{"grey_reef", "whitetip"}}, {Name: "silvertip"}}
	m, err := ReadMeasurements(card)
	if err != nil {
		t.Fatal(err)
	}
	got := m.Calibrations()
	if len(got) != 1 || len(got["Shark"].Parts) != 2 {
		t.Errorf("%+v", got)
	}
	if b := m.Named("Shark"); len(b.Combined()) != 2 {
		t.Errorf("by the name it was counted under: %s", b.Words())
	}
	if b := m.Named("whitetip"); !b.Measured() { // of a run that does not list it
		t.Errorf("by a class's name: %s", b.Words())
	}
}
