package report

import (
	"io"
	"strconv"

	"requin/count"
)

// The columns, and how to read them, are in docs/formats/survey-report.md. A column is added at the end, never renamed.
var surveyHeader = []string{
	"campaign", "opcode", "site", "location", "latitude_dd", "longitude_dd", "date_time", "depth_m",
	"taxon", "common_name", "caab", "aphia_id",
	"maxn", "status", "machine_maxn", "tmaxn_s", "tfs_s", "mean_count", "maxn_low", "maxn_high", "interval_level",
	"risk", "risk_limit", "frames_looked_at", "frames_sampled", "reviewed_by", "reviewed_at", "log_sha256",
	"filmed_s", "period_from_s", "period_to_s", "analysed_s", "not_analysed_s", "every_s",
	"model", "model_sha256", "run", "report", "note", "interval_basis",
}

// SurveyCounts writes counts.csv: one row for each deployment and studied taxon. A zero is a zero; a number is empty where nothing
// could be looked at, where the taxon was not looked for and where nothing was counted, and note says which.
func SurveyCounts(w io.Writer, s Survey) error {
	t := newTable(w, surveyHeader)
	taxa := s.studied()
	for _, d := range s.Deployments {
		for _, taxon := range taxa {
			t.row(d.row(taxon)...)
		}
	}
	return t.done()
}

// row is what counts.csv says of a taxon in a deployment.
func (d Deployment) row(taxon count.Taxon) []string {
	aphia := ""
	if taxon.AphiaID != 0 {
		aphia = strconv.Itoa(taxon.AphiaID)
	}
	out := []string{
		text(d.Campaign), text(d.OpCode), text(d.Site), text(d.Location), recorded(d.Latitude), recorded(d.Longitude), text(d.DateTime), recorded(d.Depth),
		text(taxon.Name), text(taxon.Common), text(taxon.CAAB), aphia,
	}
	out = append(out, d.number(taxon.Name)...)
	filmed, effort := "", make([]string, 5)
	if d.Filmed > 0 {
		filmed = d.Filmed.Text(6)
	}
	if r := d.Counts; r != nil {
		effort = []string{r.Period.From.Text(6), r.Period.To.Text(6), r.Effort.Analysed.Text(6), r.Effort.NotAnalysed.Text(6), r.Every.Text(6)}
	}
	out = append(append(out, filmed), effort...)
	x, _ := d.of(taxon.Name)
	return append(out, text(d.Model.File), d.Model.SHA256, d.Run, text(d.Details), text(d.blank(taxon.Name)), text(x.Basis()))
}

// number is a taxon's MaxN and its kin, and what they rest on: the columns from maxn to log_sha256.
func (d Deployment) number(name string) []string {
	x, ok := d.of(name)
	if !ok {
		return make([]string, 16)
	}
	mean := ""
	if x.MeanCount != nil {
		mean = count.Decimal(*x.MeanCount, 6)
	}
	tmaxn, _ := times(x.TMaxN)
	tfs, _ := times(x.TFS)
	low, high, level := bounds(x)
	standing := standing(x)
	out := append([]string{whole(x.MaxN)}, standing[:2]...)
	return append(append(out, tmaxn, tfs, mean, low, high, level), standing[2:]...)
}

// blank says why a number is empty; "" where there is one.
func (d Deployment) blank(name string) string {
	x, ok := d.of(name)
	switch {
	case d.Counts == nil:
		return "not counted: " + d.Why
	case !ok:
		return "not looked for: this count has other taxa"
	case x.MaxN == nil:
		return "not analysed: no frame of the period could be looked at"
	}
	return ""
}

// bounds is the interval of a MaxN and its level; empty where there is none.
func bounds(t count.Taxon) (low, high, level string) {
	if b := t.Bounds(); b != nil {
		return strconv.Itoa(b.Low), strconv.Itoa(b.High), count.Decimal(b.Level, 2)
	}
	return "", "", ""
}

// recorded writes a number that was recorded as it was, without more digits.
func recorded(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

// SurveyMatrix writes maxn-matrix.csv: a row for each deployment, a column for each studied taxon, MaxN in the cells.
func SurveyMatrix(w io.Writer, s Survey) error {
	return s.matrix(w, func(t count.Taxon) string { return whole(t.MaxN) })
}

// SurveyStatuses writes status-matrix.csv: how far each number of maxn-matrix.csv may be trusted, at the same place.
func SurveyStatuses(w io.Writer, s Survey) error {
	return s.matrix(w, func(t count.Taxon) string {
		if t.MaxN == nil {
			return ""
		}
		return string(t.Status())
	})
}

func (s Survey) matrix(w io.Writer, cell func(count.Taxon) string) error {
	taxa := s.studied()
	header := []string{"campaign", "opcode"}
	for _, x := range taxa {
		header = append(header, text(x.Name))
	}
	t := newTable(w, header)
	for _, d := range s.Deployments {
		row := []string{text(d.Campaign), text(d.OpCode)}
		for _, x := range taxa {
			value := ""
			if counted, ok := d.of(x.Name); ok {
				value = cell(counted)
			}
			row = append(row, value)
		}
		t.row(row...)
	}
	return t.done()
}
