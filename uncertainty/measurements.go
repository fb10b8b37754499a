package uncertainty

import (
	"encoding/json"
	"fmt"

	"requin/taxon"
)

// Measurements is what a model's file says of what its scores are worth and how well it sees, by class.
type Measurements struct {
	Calibration   map[string]Calibration
	Detectability map[string]Detectability
}

// The keys of a model's metadata.
const (
	CalibrationKey   = "requin.calibration" // JSON object from class to Calibration
	DetectabilityKey = "requin.acuity"      // JSON object from class to Detectability
)

// ReadMeasurements reads it from a model's metadata. What is not there is empty.
func ReadMeasurements(metadata map[string]string) (s Measurements, err error) {
	for key, into := range map[string]any{CalibrationKey: &s.Calibration, DetectabilityKey: &s.Detectability} {
		text, ok := metadata[key]
		if !ok {
			continue
		}
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return Measurements{}, fmt.Errorf("the model's metadata %q cannot be read: %w", key, err)
		}
	}
	return s, nil
}

// Probability is the chance that a detection of a taxon is right; where it was not calibrated,
// the score itself.
func (s Measurements) Probability(t taxon.Taxon, score float64) float64 {
	if c, ok := s.Calibration[class(t, s.Calibration)]; ok {
		return c.Probability(score)
	}
	return score
}

// Of is how well a taxon is seen; false where it was not measured.
func (s Measurements) Of(t taxon.Taxon) (Detectability, bool) {
	a, ok := s.Detectability[class(t, s.Detectability)]
	return a, ok
}

// class is the model's class that a taxon is measured as: the one of its name, or the only one that means it.
func class[V any](t taxon.Taxon, measured map[string]V) string {
	if _, ok := measured[t.Name]; !ok && len(t.Classes) == 1 {
		return t.Classes[0]
	}
	return t.Name
}
