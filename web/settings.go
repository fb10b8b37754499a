package web

import (
	"context"
	"encoding/json"
	"fmt"

	"requin/count"
	"requin/frame"
	"requin/survey"
	"requin/taxon"
	"requin/uncertainty"
)

// settings are those parts of a count's record that a review needs.
type settings struct {
	Settings struct {
		Every    count.Seconds  `json:"every_s"`
		Taxa     taxon.List     `json:"taxa"`
		Rate     frame.Rational `json:"rate"`
		Detector struct {
			Metadata map[string]string `json:"metadata"`
		} `json:"detector"`
	} `json:"settings"`

	calibration   map[string]uncertainty.Calibration
	detectability map[string]uncertainty.Detectability
}

// readSettings reads a count's record, and what its model's file said of how well it sees.
func readSettings(record json.RawMessage) (settings, error) {
	var s settings
	if len(record) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(record, &s); err != nil {
		return s, fmt.Errorf("the record of the count cannot be read: %w", err)
	}
	for key, into := range map[string]any{"requin.calibration": &s.calibration, "requin.acuity": &s.detectability} {
		if text := s.Settings.Detector.Metadata[key]; text != "" {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				return s, fmt.Errorf("the model's %s cannot be read: %w", key, err)
			}
		}
	}
	return s, nil
}

// said finds what a model said of a taxon: under its name, or that of a class that means it.
func said[T any](all map[string]T, t taxon.Taxon) (T, bool) {
	for _, name := range append([]string{t.Name, t.Common}, t.Classes...) {
		for k, v := range all {
			if name != "" && taxon.Fold(k) == taxon.Fold(name) {
				return v, true
			}
		}
	}
	var none T
	return none, false
}

// taxaOf are the survey's taxa; those of the count where the survey has none.
func taxaOf(ctx context.Context, s *survey.Survey, made settings) (taxon.List, error) {
	taxa, err := s.Taxa(ctx)
	if len(taxa) == 0 {
		taxa = made.Settings.Taxa
	}
	return taxa, err
}
