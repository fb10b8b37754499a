package exchange

import (
	"maps"
	"time"

	"requin/annotate"
	"requin/count"
)

// The words of identificationVerificationStatus that OBIS's manual recommends for what machines found in pictures.
const (
	dwcPredicted = "PredictedByMachine"
	dwcValidated = "ValidatedByHuman"
)

// obisTypes are the measurementTypes of what a count rests on, with the cell and the unit of each. Who looked, when, and the
// detector are terms of the occurrence.
var obisTypes = []struct{ kind, cell, unit string }{
	{"countStatus", cellStatus, ""},
	{"machineMaxN", cellMachine, "individuals"},
	{"MaxNLow", cellLow, "individuals"},
	{"MaxNHigh", cellHigh, "individuals"},
	{"chanceThatMaxNIsHigher", cellRisk, ""},
	{"chanceThatMaxNIsHigherLimit", cellLimit, ""},
	{"framesLookedAt", cellLooked, "frames"},
	{"framesSampled", cellFrames, "frames"},
	{"reviewLogSHA256", cellLog, ""},
	{"MaxNIntervalBasis", cellBasis, ""},
	{"MaxNByObserver", cellAlone, ""},
}

// obisCell is the cell that a measurement of this type is; "" for any other.
func obisCell(kind string) string {
	for _, t := range obisTypes {
		if t.kind == kind {
			return t.cell
		}
	}
	return ""
}

// obisMeasured gives the measurements of what a count rests on.
func obisMeasured(c annotate.Count, row func(kind, value, unit string)) {
	if c.Verified == nil {
		return
	}
	cells := verifiedCells(*c.Verified)
	cells[cellLow], cells[cellHigh] = shortest(c.Low), shortest(c.High)
	for _, t := range obisTypes {
		if value := cells[t.cell]; value != "" {
			row(t.kind, value, t.unit)
		}
	}
}

// obisVerified sets the terms of an occurrence that say what its count rests on.
func obisVerified(v map[string]string, verified annotate.Verification, by annotate.Origin) {
	moment := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.RFC3339Nano)
	}
	status, at := dwcValidated, verified.At
	switch verified.Status {
	case string(count.Machine):
		status, at = dwcPredicted, by.At
	case string(count.Disputed):
		status = verified.Status
	}
	terms := map[string]string{"identificationVerificationStatus": status, "dateIdentified": moment(at), "identificationReferences": verified.Model}
	if verified.Status != string(count.Machine) {
		terms["identifiedBy"] = personsText(verified.By)
	}
	for term, text := range terms {
		if text != "" { // else what others' archives had there stays
			v[term] = text
		}
	}
	unless(v, "identificationRemarks", standing(verified))
}

// verify sets what a count rests on: by Requin's measurements; in others' archives what PredictedByMachine stands
// by is a count that nobody looked at. What it uses is no longer in the count's Extra.
func (t *dwcRow) verify(c *annotate.Count, cells map[string]string) {
	all := map[string]string{}
	switch {
	case isStatus(cells[cellStatus]):
		maps.Copy(all, cells)
	case t.text("identificationVerificationStatus") == dwcPredicted:
		all[cellStatus] = string(count.Machine)
	default:
		return
	}
	machine := all[cellStatus] == string(count.Machine)
	if !machine {
		all[cellBy], all[cellAt] = t.text("identifiedBy"), t.text("dateIdentified")
		delete(c.Extra, dwcPrefix+"identifiedBy")
		delete(c.Extra, dwcPrefix+"dateIdentified")
	}
	all[cellModel] = t.text("identificationReferences")
	verified, err := verifiedOf(all)
	if err != nil {
		t.c.fail(max(t.col("occurrenceID"), 0), "its measurements are no count of Requin's: "+err.Error())
		return
	}
	c.Verified = verified
	for _, end := range []struct {
		cell string
		into **float64
	}{{cellLow, &c.Low}, {cellHigh, &c.High}} {
		if v, err := parseNumber(all[end.cell]); err == nil {
			*end.into = &v
		}
	}
	if at, err := time.Parse(time.RFC3339Nano, t.text("dateIdentified")); machine && err == nil {
		c.Origin.At = at.UTC()
		delete(c.Extra, dwcPrefix+"dateIdentified")
	}
	if t.text("identificationRemarks") == standing(*verified) {
		delete(c.Extra, dwcPrefix+"identificationRemarks")
	}
	delete(c.Extra, dwcPrefix+"identificationVerificationStatus")
	delete(c.Extra, dwcPrefix+"identificationReferences")
	if len(c.Extra) == 0 {
		c.Extra = nil
	}
}
