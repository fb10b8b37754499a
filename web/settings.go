package web

import (
	"context"
	"encoding/json"

	"requin/scan"
	"requin/survey"
	"requin/taxon"
	"requin/uncertainty"
)

// settings are those of a count, with what its model's file said of how well it sees.
type settings struct {
	scan.Settings
	videos        []scan.Input
	calibration   map[string]uncertainty.Calibration
	detectability map[string]uncertainty.Detectability
}

// readSettings reads a count's record.
func readSettings(record json.RawMessage) (settings, error) {
	var s settings
	if len(record) == 0 {
		return s, nil
	}
	made, err := scan.ReadRecord(record)
	if err != nil {
		return s, err
	}
	measured, err := uncertainty.ReadMeasurements(made.Settings.Detector.Metadata)
	return settings{made.Settings, made.Videos(), measured.Calibration, measured.Detectability}, err
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
		taxa = made.Taxa
	}
	return taxa, err
}
