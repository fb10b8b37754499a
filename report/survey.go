package report

import (
	_ "embed" // the page and its style
	"io"
	"slices"

	"requin/count"
	"requin/page"
	"requin/plot"
	"requin/taxon"
)

// Survey is what is shown of all deployments of a survey together: one page (WriteSurvey) and three tables (SurveyCounts,
// SurveyMatrix, SurveyStatuses).
type Survey struct {
	Name        string
	Deployments []Deployment // in the survey's order; a campaign and an opcode together name one
	Taxa        taxon.List   // the survey's; the studied ones come first, in this order, before others that were counted
	Warnings    []string     // what else a reader must know, one sentence each
	Provenance  []Section    // survey, versions; the detectors are taken from the deployments
}

// Deployment is one drop of one station in a survey. What was not recorded is "" or nil.
type Deployment struct {
	Campaign, OpCode           string
	Site, Location             string
	Latitude, Longitude, Depth *float64 // decimal degrees, WGS 84; metres
	DateTime                   string   // ISO 8601, as exact as it is known

	Filmed  count.Seconds // length of its video; 0: there is none, or it is not known
	Counts  *count.Result // the best there is; nil: there is none
	Why     string        // there is none
	Model   Detector      // that counted it
	Run     string        // id of that run
	Details string        // address of the run's own report, from the page; "": there is none
}

// Detector is a model's file.
type Detector struct{ File, SHA256 string }

//go:embed survey.html
var surveyText string

//go:embed survey.css
var surveyStyle string

//go:embed hatch.html
var hatchText string

// SurveyMark stands on every page of a survey, and on no other: by it the page is known again.
const SurveyMark = `<p class="kind">Survey report</p>`

// WriteSurvey writes the page of a survey as one HTML file in UTF-8.
func WriteSurvey(w io.Writer, s Survey) error {
	top := page.Top{Title: s.Name + ": survey report", Styles: []string{plot.CSS, styleText, surveyStyle}}
	v, err := s.look()
	if err != nil {
		return err
	}
	return page.Write(w, top, hatchText+surveyText+takeText, v)
}

// Totals is a survey in numbers.
type Totals struct {
	Deployments int                  `json:"deployments"`
	Counted     int                  `json:"counted"`        // of them
	Filmed      count.Seconds        `json:"filmed_s"`       // of all deployments
	Analysed    count.Seconds        `json:"analysed_s"`     // of the periods that were counted
	NotAnalysed count.Seconds        `json:"not_analysed_s"` // of the same
	Taxa        int                  `json:"taxa"`           // studied
	Seen        int                  `json:"taxa_seen"`      // of them, in at least one deployment
	Counts      map[count.Status]int `json:"counts"`         // numbers of deployments and taxa, by how far they may be trusted; all four are there
	Blank       int                  `json:"without_number"` // deployments and taxa of which no frame could be looked at

	Certificates count.Certificates `json:"certificates"` // what those of all deployments come to
}

// Numbers is how many counts there are.
func (t Totals) Numbers() int {
	n := 0
	for _, c := range t.Counts {
		n += c
	}
	return n
}

// Statuses are the statuses of a count, the most certain first.
func Statuses() []count.Status {
	return []count.Status{count.Certified, count.Reviewed, count.Machine, count.Disputed}
}

// Totals sums a survey up.
func (s Survey) Totals() Totals {
	t := Totals{Deployments: len(s.Deployments), Taxa: len(s.studied()), Counts: map[count.Status]int{}}
	for _, status := range Statuses() {
		t.Counts[status] = 0
	}
	seen := map[string]bool{}
	for _, d := range s.Deployments {
		t.Filmed += d.Filmed
		if d.Counts == nil {
			continue
		}
		t.Counted++
		t.Analysed += d.Counts.Effort.Analysed
		t.NotAnalysed += d.Counts.Effort.NotAnalysed
		for _, x := range d.Counts.Taxa {
			switch {
			case x.MaxN == nil:
				t.Blank++
				continue
			case *x.MaxN > 0:
				seen[x.Name] = true
			}
			t.Counts[x.Status()]++
			t.Certificates.Take(x)
		}
	}
	t.Seen = len(seen)
	return t
}

// studied are the taxa that are counted: the survey's, then those that only some count has.
func (s Survey) studied() []count.Taxon {
	var out []count.Taxon
	for _, t := range s.Taxa.Studied() {
		out = append(out, count.Taxon{Name: t.Name, Common: t.Common, CAAB: t.CAAB, AphiaID: t.AphiaID})
	}
	for _, d := range s.Deployments {
		if d.Counts == nil {
			continue
		}
		for _, x := range d.Counts.Taxa {
			if !slices.ContainsFunc(out, func(o count.Taxon) bool { return o.Name == x.Name }) {
				out = append(out, count.Taxon{Name: x.Name, Common: x.Common, CAAB: x.CAAB, AphiaID: x.AphiaID})
			}
		}
	}
	return out
}

// of is what was counted of a taxon; false where it was not looked for.
func (d Deployment) of(name string) (count.Taxon, bool) {
	if d.Counts != nil {
		for _, x := range d.Counts.Taxa {
			if x.Name == name {
				return x, true
			}
		}
	}
	return count.Taxon{}, false
}

// label names a deployment for people: by its opcode, with the campaign where another deployment has that opcode too.
func (s Survey) label(d Deployment) string {
	for _, other := range s.Deployments {
		if other.OpCode == d.OpCode && other.Campaign != d.Campaign && d.Campaign != "" {
			return d.Campaign + " · " + d.OpCode
		}
	}
	return d.OpCode
}

// campaigns are those that the deployments are of, in their order.
func (s Survey) campaigns() (out []string) {
	for _, d := range s.Deployments {
		if d.Campaign != "" && !slices.Contains(out, d.Campaign) {
			out = append(out, d.Campaign)
		}
	}
	return out
}
