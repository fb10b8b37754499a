package count

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"requin/uncertainty"
)

// Status says how far a count may be trusted. Every number that leaves carries it.
type Status string

// The statuses of a count.
const (
	Machine   Status = "machine"   // nobody looked
	Reviewed  Status = "reviewed"  // people looked at some of the frames
	Certified Status = "certified" // the chance that MaxN is higher is under the limit
	Disputed  Status = "disputed"  // two readers contradict each other, and it is not settled
)

// Review is what people made of a taxon's count. A Taxon without one is the machine's.
type Review struct {
	Status  Status    `json:"status"`                          // reviewed, certified or disputed
	Machine *int      `json:"machine_maxn"`                    // what the machine had counted; null: no frame was looked at
	Low     *int      `json:"low"`                             // the interval of MaxN: it lies in it with a chance of 1 - Limit; null where detectability was not measured
	High    *int      `json:"high"`                            //
	Assumed bool      `json:"detectability_assumed,omitempty"` // detectability was not measured on held-out video, and Risk rests on an assumed one
	Basis   string    `json:"basis"`                           // what Risk and the interval rest on, in words (uncertainty.Grounds)
	Risk    float64   `json:"risk"`                            // chance that MaxN is higher
	Limit   float64   `json:"limit"`                           // under which it is certified
	Looked  int       `json:"frames_looked_at"`                // whole, by people, for this taxon
	Frames  int       `json:"frames_sampled"`                  // in the period
	By      []string  `json:"by"`                              // who gave verdicts, in the order of their first
	At      time.Time `json:"at"`                              // of the last verdict
	Log     string    `json:"log_sha256"`                      // of the verdicts that it follows from

	Evidence *uncertainty.Evidence `json:"evidence,omitempty"` // what its looks tell of the survey's other deployments
	Pooled   int                   `json:"pooled_over"`        // other deployments whose looks it rests on as well

	SurveyLimit float64  `json:"survey_limit,omitempty"`     // chance that any certificate of the survey is wrong, where that was asked for
	Certificate *float64 `json:"certificate_risk,omitempty"` // chance that the certificate is wrong that it has by itself; null: it has none
	Withheld    bool     `json:"withheld,omitempty"`         // it is certified by itself, and SurveyLimit has no room for it

	Observers []Observer `json:"observers,omitempty"` // what each reader makes of it by their own verdicts alone
	Agreement []Concord  `json:"agreement,omitempty"` // how far each two readers agree
	Disputes  []string   `json:"disputes,omitempty"`  // what they contradict each other in, unsettled: a sentence each
}

// Observer is a reader's own count of a taxon.
type Observer struct {
	Name   string   `json:"name"`
	MaxN   int      `json:"maxn"`             // most animals that they confirmed or counted in a frame
	TMaxN  *Seconds `json:"tmaxn_s"`          // the first frame with so many; null: they saw none
	Looked int      `json:"frames_looked_at"` // whole
}

// Concord is how far two readers agree on the tracks of a taxon that both judged. What is not defined is null.
type Concord struct {
	A          string   `json:"a"`
	B          string   `json:"b"`
	N          int      `json:"n"`                // tracks that both judged
	Percent    *float64 `json:"percent"`          // of them on which they agree
	Kappa      *float64 `json:"kappa"`            // Cohen's
	Low        *float64 `json:"kappa_low"`        // its 95 % interval
	High       *float64 `json:"kappa_high"`       //
	Prevalence *float64 `json:"prevalence_index"` //
	Bias       *float64 `json:"bias_index"`       //
	PABAK      *float64 `json:"pabak"`            // prevalence- and bias-adjusted kappa
	TooFew     bool     `json:"too_few"`          // for an interval
}

// Status is the count's.
func (t Taxon) Status() Status {
	if t.Review == nil {
		return Machine
	}
	return t.Review.Status
}

// Standing says in a few words what the count rests on: "certified: 14 of 3,600 frames looked at by anna".
func (t Taxon) Standing() string {
	r := t.Review
	if r == nil {
		return "machine: nobody looked"
	}
	text := fmt.Sprintf("%s: %s of %s frames looked at by %s", r.Status, humanize.Comma(int64(r.Looked)), humanize.Comma(int64(r.Frames)), strings.Join(r.By, ", "))
	if r.Withheld {
		text += fmt.Sprintf("; certified by itself, but not among all of the survey, at %s", Chance(r.SurveyLimit))
	}
	if r.Assumed {
		text += "; detectability assumed"
	}
	return text
}

// Chance writes a chance as a limit is given: "5 %", "0.1 %".
func Chance(p float64) string { return strconv.FormatFloat(math.Round(1e6*p)/1e4, 'g', -1, 64) + " %" }
