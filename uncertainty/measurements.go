package uncertainty

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"requin/detect"
	"requin/taxon"
)

// Measurements are what a model's file says of what its scores are worth and how well it sees, by class, and
// what a count must have kept for that to hold.
type Measurements struct {
	Classes       []string   // of the model, in its order; none: not known, and what was measured stands for them
	Taxa          taxon.List // as they were counted, each with its classes
	Low           float64    // the lowest score of the detections that a count kept
	Calibration   map[string]Calibration
	Detectability map[string]Detectability
}

// The keys of a model's metadata.
const (
	CalibrationKey   = "requin.calibration" // JSON object from class to Calibration
	DetectabilityKey = "requin.acuity"      // JSON object from class to Detectability
)

// ReadMeasurements reads them from the card of a detector, as it stands in the record of a count too. What is
// not there is empty.
func ReadMeasurements(card detect.Card) (Measurements, error) {
	m := Measurements{Classes: card.Classes, Taxa: card.Taxa, Low: card.Low}
	for key, into := range map[string]any{CalibrationKey: &m.Calibration, DetectabilityKey: &m.Detectability} {
		text := card.Metadata[key]
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return Measurements{}, fmt.Errorf("the model's metadata %q cannot be read: %w", key, err)
		}
	}
	return m, nil
}

// Of is the one rule by which a taxon gets its measured detectability and calibration
// (docs/formats/model-card.md). Names compare without regard to case, and underscores are spaces.
//
//  1. A taxon means the classes that detections are given to it from: those of its list, by name or number; without a
//     list, those of its own and its common name.
//  2. What was measured under its own name, or its common one, is taken where no class of the model is called so: it
//     was measured of all its classes together.
//  3. Else what was measured of its one class; of several, combined by the numbers it was measured on.
//
// Detectability was measured with detections down to Least; where a count kept less, it is as good as not measured.
func (m Measurements) Of(t taxon.Taxon) Grounds {
	g := Grounds{Detectability: Prior()}
	calibrations, _ := measuredOf(t, m.Classes, m.Calibration)
	g.calibrated = calibrations
	g.Calibration = combineCalibrations(pick(m.Calibration, calibrations))
	names, without := measuredOf(t, m.Classes, m.Detectability)
	switch {
	case len(m.Detectability) == 0:
		g.reason = "the model's file does not say how many animals it misses"
	case len(names) == 0 && len(without) == 0 && len(m.Classes) > 0:
		g.reason = "the model has no class that means it"
		g.Detectability = Blind()
	case len(names) == 0:
		g.reason = "how many of it the model misses was not measured"
	case m.Low > Least+1e-6:
		g.reason = fmt.Sprintf("how many the model misses was measured with detections from a score of %g; this count kept those from %g (--low)", Least, m.Low)
	default:
		g.measured, g.without = names, without
		g.Detectability = combineDetectabilities(pick(m.Detectability, names))
	}
	return g
}

// Named is Of the taxon that was counted under a name.
func (m Measurements) Named(name string) Grounds {
	if t, ok := m.Taxa.Find(name); ok {
		return m.Of(t)
	}
	return m.Of(taxon.Taxon{Name: name})
}

// Calibrations are those of the taxa that have any, by name.
func (m Measurements) Calibrations() map[string]Calibration {
	out := map[string]Calibration{}
	for _, t := range m.Taxa {
		if g := m.Of(t); g.Calibrated() {
			out[t.Name] = g.Calibration
		}
	}
	return out
}

// measuredOf gives the names under which something was measured of a taxon, and those of its classes of which
// nothing was.
func measuredOf[V any](t taxon.Taxon, classes []string, measured map[string]V) (names, without []string) {
	all := slices.Sorted(maps.Keys(measured))
	if len(classes) == 0 {
		classes = all
	}
	of, err := taxon.List{t}.Assign(classes)
	if err != nil || !slices.Contains(of, 0) { // one taxon cannot contradict itself; no class means it
		return nil, nil
	}
	for _, own := range []string{t.Name, t.Common} {
		_, class := named(classes, own)
		if key, ok := named(all, own); ok && !class {
			return []string{key}, nil
		}
	}
	for k, class := range classes {
		if of[k] < 0 {
			continue
		}
		if key, ok := named(all, class); !ok {
			without = append(without, class)
		} else if !slices.Contains(names, key) {
			names = append(names, key)
		}
	}
	return names, without
}

// named finds a name in a list: as it is written, else as it compares.
func named(list []string, name string) (string, bool) {
	fold := taxon.Fold(name)
	if slices.Contains(list, name) || fold == "" {
		return name, fold != ""
	}
	i := slices.IndexFunc(list, func(s string) bool { return taxon.Fold(s) == fold })
	if i < 0 {
		return "", false
	}
	return list[i], true
}

func pick[V any](all map[string]V, names []string) (out []V) {
	for _, name := range names {
		out = append(out, all[name])
	}
	return out
}
