package desk

import (
	"encoding/json"
	"fmt"

	"requin/count"
	"requin/frame"
	"requin/taxon"
	"requin/uncertainty"
)

// Settings are those parts of a count's record that a review needs.
type Settings struct {
	Taxa     taxon.List
	Rate     frame.Rational
	Model    string // the detector: file name and the beginning of its SHA-256
	Gaps     []frame.Gap
	Measured uncertainty.Measurements
}

// ReadSettings reads a count's record, and what its model's file said of how well it sees.
func ReadSettings(record json.RawMessage) (s Settings, err error) {
	if len(record) == 0 {
		return s, nil
	}
	var r struct {
		Settings struct {
			Taxa     taxon.List     `json:"taxa"`
			Rate     frame.Rational `json:"rate"`
			Detector struct {
				Metadata map[string]string `json:"metadata"`
			} `json:"detector"`
		} `json:"settings"`
		Outcome struct {
			Gaps []struct {
				From   count.Seconds `json:"from_s"`
				To     count.Seconds `json:"to_s"`
				Reason string        `json:"reason"`
			} `json:"gaps"`
		} `json:"outcome"`
		Inputs []struct{ Role, Path, SHA256 string }
	}
	if err := json.Unmarshal(record, &r); err != nil {
		return s, fmt.Errorf("the record of the count cannot be read: %w", err)
	}
	s.Taxa, s.Rate = r.Settings.Taxa, r.Settings.Rate
	for _, g := range r.Outcome.Gaps {
		s.Gaps = append(s.Gaps, frame.Gap{From: g.From.Duration(), To: g.To.Duration(), Reason: g.Reason})
	}
	for _, in := range r.Inputs {
		if in.Role == "model" {
			s.Model = fmt.Sprintf("%s, SHA-256 %.12s", in.Path, in.SHA256)
		}
	}
	s.Measured, err = uncertainty.ReadMeasurements(r.Settings.Detector.Metadata)
	return s, err
}
