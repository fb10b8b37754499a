package uncertainty

import (
	"testing"
	"time"

	"requin/taxon"
)

func TestStatements(t *testing.T) {
	m, err := ReadMeasurements(card())
	if err != nil {
		t.Fatal(err)
	}
	sure, assumed := m.Of(taxon.Taxon{Name: "whitetip"}), m.Of(taxon.Taxon{Name: "silvertip"})
	p := Posterior{Limit: 0.05, Frames: 3600, Looked: 6, Confirmed: 3, Estimate: 4, Low: 3, High: 5}
	certified, one := p, p
	certified.Certified = true
	one.Low, one.Estimate, one.Limit = 5, 5, 0.1
	for _, c := range []struct {
		p      Posterior
		b      Grounds
		unread time.Duration
		want   string
	}{
		{certified, sure, 0, "MaxN 3, at least 95 %; 6 of 3,600 frames looked at"},
		{certified, assumed, 0, "MaxN 3, at least 95 %; 6 of 3,600 frames looked at; detectability assumed: how many of it the model misses was not measured"},
		{p, sure, 90 * time.Second, "MaxN 4, 3 to 5 (95 %), not certified; 6 of 3,600 frames looked at; 1m30s of the video could not be read"},
		{one, sure, 0, "MaxN 5 (90 %), not certified; 6 of 3,600 frames looked at"},
		{p, assumed, 0, "MaxN 3 or more, not certified; 6 of 3,600 frames looked at; detectability assumed: how many of it the model misses was not measured"},
	} {
		if got := c.p.Statement(c.b, c.unread); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestWhyAndRiskiest(t *testing.T) {
	p := Posterior{Confirmed: 2}
	for open, want := range []string{"nothing undecided here, but an animal that was missed would show",
		"most likely to hold more than 2: 1 animal here is undecided", "most likely to hold more than 2: 2 animals here are undecided"} {
		if got := p.Why(Suggestion{Open: open}); got != want {
			t.Errorf("%d open: %s", open, got)
		}
	}
	if i := Riskiest([]Posterior{{Risk: 0.04, Certified: true}, {Risk: 0.01}, {Risk: 0.3}, {Risk: 0.2}}); i != 2 {
		t.Errorf("the riskiest is %d", i)
	}
	if i := Riskiest([]Posterior{{Risk: 0.04, Certified: true}, {Risk: 0.01}}); i != 1 {
		t.Errorf("one that lacks an audit comes before the certified: %d", i)
	}
	if Riskiest(nil) != -1 {
		t.Error("of none")
	}
}
