package count

import (
	"math"
	"testing"
)

func TestCertificates(t *testing.T) {
	var c Certificates
	if c.Sentence() != "" {
		t.Errorf("of none: %q", c.Sentence())
	}
	c.Take(Taxon{})
	c.Take(Taxon{Review: &Review{Status: Reviewed, Risk: 0.4}})
	c.Take(Taxon{Review: &Review{Status: Certified, Risk: 0.001}})
	if got := c.Sentence(); got != "Of one certificate less than 0.01 is expected to be wrong" {
		t.Errorf("%q", got)
	}
	c.Take(Taxon{Review: &Review{Status: Certified, Risk: 0.02}})
	if got := c.Sentence(); got != "Of 2 certificates 0.04 are expected to be wrong" || c.N != 2 || math.Abs(c.Wrong-0.042) > 1e-12 {
		t.Errorf("%q: %+v", got, c)
	}
	c.Take(Taxon{Review: &Review{Status: Reviewed, Risk: 0.04, SurveyLimit: 0.05, Withheld: true}})
	want := "Of 2 certificates 0.04 are expected to be wrong; survey-wide: chance that any of the 2 certificates is wrong under 5 %; 1 count more is certified by itself, but not among all of the survey, at 5 %"
	if got := c.Sentence(); got != want {
		t.Errorf("%q", got)
	}
	none := Certificates{Limit: 0.001, Withheld: 2}
	if got := none.Sentence(); got != "2 counts are certified by themselves, but not among all of the survey, at 0.1 %" {
		t.Errorf("%q", got)
	}
}
