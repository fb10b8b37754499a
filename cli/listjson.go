package cli

import (
	"encoding/json"
	"slices"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/desk"
)

// listSchema names the version of the lines that list --json writes (docs/formats/survey-json.md).
const listSchema = "requin.list/1"

// listedCount is a deployment's best count in a line of list --json.
type listedCount struct {
	Run        string         `json:"run"`
	Finished   time.Time      `json:"finished"`
	Folder     string         `json:"folder"`
	MaxN       map[string]int `json:"maxn"`
	Unreadable count.Seconds  `json:"not_analysed_s"`
	Taxa       []listedTaxon  `json:"taxa"`
	Error      string         `json:"error,omitempty"` // it cannot be read; then maxn and taxa are null
}

// listedTaxon is one studied taxon of it.
type listedTaxon struct {
	Taxon   string       `json:"taxon"`
	MaxN    *int         `json:"maxn"` // null: no frame was looked at
	Status  count.Status `json:"status"`
	Machine *int         `json:"machine_maxn"`
	Risk    *float64     `json:"risk"` // null: nobody looked
	Limit   *float64     `json:"risk_limit"`
	Looked  int          `json:"frames_looked_at"`
	Frames  int          `json:"frames_sampled"`
	By      []string     `json:"by"`
	At      *time.Time   `json:"at"`
	Low     *int         `json:"maxn_low"` // null: there is no interval
	High    *int         `json:"maxn_high"`
	Assumed bool         `json:"detectability_assumed"` // interval and risk rest on an assumed detectability
	Pooled  int          `json:"pooled_over"`           // other deployments whose looks it rests on as well

	SurveyLimit *float64 `json:"survey_limit,omitempty"`     // chance that any certificate of the survey is wrong, where that was asked for
	Certificate *float64 `json:"certificate_risk,omitempty"` // of the certificate that it has by itself
	Withheld    bool     `json:"withheld,omitempty"`         // survey_limit has no room for that

	Observers []count.Observer `json:"observers,omitempty"` // what each reader makes of it alone
	Agreement []count.Concord  `json:"agreement,omitempty"` // how far each two agree
	Disputes  []string         `json:"disputes,omitempty"`  // what two contradict each other in, unsettled
}

func listed(e desk.Entry) *listedCount {
	c := e.Count
	if c == nil {
		return nil
	}
	out := &listedCount{Run: c.Run, Finished: c.Finished, Folder: c.Folder, Unreadable: count.Seconds(c.Unreadable)}
	if e.Err != nil {
		out.Error = e.Err.Error()
		return out
	}
	out.MaxN, out.Taxa = map[string]int{}, []listedTaxon{}
	for _, t := range e.Result.Taxa {
		x := listedTaxon{Taxon: t.Name, MaxN: t.MaxN, Status: t.Status(), Machine: t.MaxN, Frames: e.Result.Effort.Frames, By: []string{}}
		if b := t.Bounds(); b != nil {
			x.Low, x.High, x.Assumed = &b.Low, &b.High, t.Assumed()
		}
		if r := t.Review; r != nil {
			x.Pooled = r.Pooled
			x.Machine, x.Risk, x.Limit, x.Looked, x.Frames, x.By, x.At = r.Machine, &r.Risk, &r.Limit, r.Looked, r.Frames, r.By, &r.At
			if x.Certificate, x.Withheld = r.Certificate, r.Withheld; r.SurveyLimit > 0 {
				x.SurveyLimit = &r.SurveyLimit
			}
			x.Observers, x.Agreement, x.Disputes = r.Observers, r.Agreement, r.Disputes
		}
		if t.MaxN != nil {
			out.MaxN[t.Name] = *t.MaxN
		}
		out.Taxa = append(out.Taxa, x)
	}
	return out
}

func (a *app) listJSON(name string, entries []desk.Entry, missing []string) error {
	out := json.NewEncoder(a.stdout)
	certificates := surveyOf(name, entries).Totals().Certificates
	for _, d := range entries {
		line := struct {
			Schema string `json:"schema"`
			annotate.Deployment
			Marks     int          `json:"marks"`
			Sightings int          `json:"sightings"`
			Missing   []string     `json:"missing,omitempty"`
			Count     *listedCount `json:"count"`

			Certificates count.Certificates `json:"survey_certificates"` // of all deployments: the same in each line
		}{Certificates: certificates, Schema: listSchema, Deployment: d.Deployment.Deployment, Marks: d.Marks, Sightings: d.Sightings, Count: listed(d)}
		for _, c := range d.Chapters {
			if slices.Contains(missing, c.Path) {
				line.Missing = append(line.Missing, c.Path)
			}
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
