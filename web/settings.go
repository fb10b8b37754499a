package web

import (
	"context"
	"encoding/json"

	"requin/scan"
	"requin/survey"
	"requin/taxon"
	"requin/uncertainty"
)

// settings are those of a count, with what was measured of its model.
type settings struct {
	scan.Settings
	videos   []scan.Input
	measured uncertainty.Measurements
}

// readSettings reads a count's record.
func readSettings(record json.RawMessage) (settings, error) {
	if len(record) == 0 {
		return settings{}, nil
	}
	made, err := scan.ReadRecord(record)
	if err != nil {
		return settings{}, err
	}
	measured, err := made.Settings.Measured()
	return settings{made.Settings, made.Videos(), measured}, err
}

// taxaOf are the survey's taxa; those of the count where the survey has none.
func taxaOf(ctx context.Context, s *survey.Survey, made settings) (taxon.List, error) {
	taxa, err := s.Taxa(ctx)
	if len(taxa) == 0 {
		taxa = made.Taxa
	}
	return taxa, err
}
