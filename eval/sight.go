package eval

import (
	"encoding/json"
	"fmt"

	"requin/count"
	"requin/taxon"
)

// Sight is what a model's file says of what its scores are worth and how well it sees, by class.
type Sight struct {
	Calibration map[string]Calibration
	Acuity      map[string]count.Acuity
}

// The keys of a model's metadata.
const (
	CalibrationKey = "requin.calibration" // JSON object from class to Calibration
	AcuityKey      = "requin.acuity"      // JSON object from class to count.Acuity
)

// ReadSight reads it from a model's metadata. What is not there is empty.
func ReadSight(metadata map[string]string) (s Sight, err error) {
	for key, into := range map[string]any{CalibrationKey: &s.Calibration, AcuityKey: &s.Acuity} {
		text, ok := metadata[key]
		if !ok {
			continue
		}
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return Sight{}, fmt.Errorf("the model's metadata %q cannot be read: %w", key, err)
		}
	}
	return s, nil
}

// Probability is the chance that a detection of a taxon is right; where it was not calibrated,
// the score itself.
func (s Sight) Probability(t taxon.Taxon, score float64) float64 {
	if c, ok := s.Calibration[class(t, s.Calibration)]; ok {
		return c.Probability(score)
	}
	return score
}

// Of is how well a taxon is seen; false where it was not measured.
func (s Sight) Of(t taxon.Taxon) (count.Acuity, bool) {
	a, ok := s.Acuity[class(t, s.Acuity)]
	return a, ok
}

// class is the model's class that a taxon is measured as: the one of its name, or the only one that means it.
func class[V any](t taxon.Taxon, measured map[string]V) string {
	if _, ok := measured[t.Name]; !ok && len(t.Classes) == 1 {
		return t.Classes[0]
	}
	return t.Name
}
