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
	few := sure
	few.Detectability.Animals = 4
	p := Posterior{Limit: 0.05, Frames: 3600, Looked: 14, Confirmed: 3, Estimate: 4, Low: 3, High: 5}
	certified, one, nobody := p, p, p
	certified.Certified = true
	one.Low, one.Estimate, one.Limit, one.Looked = 5, 5, 0.1, 1
	nobody.Looked = 0
	twice, all := p, p
	twice.Reader = Reader{Missed: 0.041, Added: 0.01, Animals: 31}
	all.Looked, all.Confirmed, all.Low, all.High, all.Certified = 3600, 3, 3, 3, true
	told := Told{Every: time.Second, Readers: 1}
	for _, c := range []struct {
		p    Posterior
		b    Grounds
		told Told
		want string
	}{
		{certified, sure, Told{Every: time.Second, Readers: 1, Unread: 130 * time.Second},
			"MaxN 3 among the 3,600 frames sampled one a second; chance of more under 5 %; 14 frames looked at by one reader; 2m10s not analysed"},
		{p, sure, Told{Every: 200 * time.Millisecond, Readers: 2}, "MaxN 3 seen among the 3,600 frames sampled one every 200ms, not certified; MaxN 3 to 5 (95 %); 14 frames looked at by 2 readers"},
		{one, sure, told, "MaxN 3 seen among the 3,600 frames sampled one a second, not certified; MaxN 5 (90 %); 1 frame looked at by one reader"},
		{p, assumed, told, "MaxN 3 seen among the 3,600 frames sampled one a second, not certified; MaxN 3 to 5 (95 %, assumed); 14 frames looked at by one reader; " +
			"detectability assumed: how many of it the model misses was not measured"},
		{p, few, told, "MaxN 3 seen among the 3,600 frames sampled one a second, not certified; MaxN 3 to 5 (95 %); 14 frames looked at by one reader; " +
			"no certificate rests on a detectability measured on 4 visits in 12 stretches of held-out video: it takes 10 in 3"},
		{twice, sure, told, "MaxN 3 seen among the 3,600 frames sampled one a second, not certified; MaxN 3 to 5 (95 %); 14 frames looked at by one reader; " +
			"readers overlook 4.1 % and misname 1 %, measured on 31 animals looked at twice"},
		{all, assumed, told, "MaxN 3 among the 3,600 frames sampled one a second; chance of more under 5 %; 3,600 frames looked at by one reader"},
		{nobody, sure, Told{Every: time.Second}, "MaxN 3 to 5 (95 %) among the 3,600 frames sampled one a second, nobody looked"},
		{nobody, sure, told, "MaxN 3 to 5 (95 %) among the 3,600 frames sampled one a second, no look at a whole frame counts yet"},
	} {
		if got := c.p.Statement(c.b, c.told); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestWhyAndRiskiest(t *testing.T) {
	p := Posterior{Confirmed: 2}
	for open, want := range []string{"most likely to hold more than 2: an animal of a frame near it may still be here",
		"most likely to hold more than 2: 1 animal here is undecided", "most likely to hold more than 2: 2 animals here are undecided"} {
		if got := p.Why(Suggestion{Open: open}); got != want {
			t.Errorf("%d open: %s", open, got)
		}
	}
	if got, want := p.Why(Suggestion{Audit: true}), "drawn at random: an animal that was missed would show"; got != want {
		t.Error(got)
	}
	if got, want := (Posterior{Ahead: 57, Frames: 3600}).Lookahead(), "a certificate takes about 57 looks more, at most, if they find nothing new"; got != want {
		t.Error(got)
	}
	if i := Riskiest([]Posterior{{Risk: 0.04, Certified: true}, {Risk: 0.01}, {Risk: 0.3}, {Risk: 0.2}}); i != 2 {
		t.Errorf("the riskiest is %d", i)
	}
	if i := Riskiest([]Posterior{{Risk: 0.04, Certified: true}, {Risk: 0.01}}); i != 1 {
		t.Errorf("one that is not certified comes before the certified: %d", i)
	}
	if Riskiest(nil) != -1 {
		t.Error("of none")
	}
}
