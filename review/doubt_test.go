package review

import (
	"slices"
	"testing"
	"time"

	"requin/taxon"
	"requin/uncertainty"
)

// assumed is what an assessment rests on where nothing was measured.
func assumed() uncertainty.Grounds { return uncertainty.Measurements{}.Of(taxon.Taxon{Name: "shark"}) }

func TestDoubt(t *testing.T) {
	d := begin(t, reef())
	doubt := func(taxon string) uncertainty.Observations {
		return d.state.Observations(taxon, assumed(), time.Second, Reading{}, nil)
	}
	before := doubt("shark").Posterior(0.05)
	if before.Certified || before.Confirmed != 0 || len(before.Next) == 0 {
		t.Fatalf("nobody has looked: %+v", before)
	}
	d.says("anna", Accept, Said{Track: "t1"})
	d.says("anna", Reject, Said{Track: "t4"})
	d.says("anna", Relabel, Said{Track: "t2", Taxon: "ray"})
	d.says("anna", Add, Said{Time: at(50), Taxon: "shark", Box: box(1, 2)})
	d.says("anna", Add, Said{Time: at(52), Taxon: "shark", Box: box(9, 2)})
	d.says("anna", Add, Said{Time: at(52), Taxon: "shark", Box: box(300, 2)})
	d.says("anna", Looked, Said{Time: at(12), Taxa: []string{"shark", "ray"}})
	got := doubt("shark")
	var said []uncertainty.Said
	for _, c := range got.Candidates {
		said = append(said, c.Said)
	}
	if !slices.Equal(said, []uncertainty.Said{uncertainty.Animal, uncertainty.NoAnimal, uncertainty.NoAnimal, uncertainty.Animal, uncertainty.Animal, uncertainty.Animal}) {
		t.Errorf("t1, t2, t4 and three boxes are %v", said)
	}
	if !slices.Equal(got.Looks, []uncertainty.Look{{Frame: 12, N: 1}}) {
		t.Errorf("looks %v", got.Looks)
	}
	rays := doubt("ray")
	if n := len(rays.Candidates); n != 2 || rays.Candidates[0].Said != uncertainty.NoAnimal || rays.Candidates[1].Said != uncertainty.Animal {
		t.Errorf("of rays: %+v; t3 was open in a frame that was looked at, t2 was named a ray", rays.Candidates)
	}
}

// TestWhoLooksAtEverythingIsCertain follows the queue to the certificate with a reviewer who knows that only t1 and t2 are sharks.
func TestWhoLooksAtEverythingIsCertain(t *testing.T) {
	d := begin(t, reef())
	for n := range 61 {
		a := d.state.Observations("shark", assumed(), time.Second, Reading{}, nil).Posterior(0.05)
		if a.Certified {
			if a.Confirmed != 2 || n != 60 {
				t.Errorf("certified %d after %d frames; there are 2 sharks, and on an assumed detectability it takes all 60", a.Confirmed, n)
			}
			return
		}
		if n == 60 {
			break
		}
		i := a.Next[0].Frame
		for _, tr := range d.state.In(i) {
			if tr.Standing == Open && (tr.ID == "t1" || tr.ID == "t2") {
				d.says("anna", Accept, Said{Track: tr.ID})
			}
		}
		d.says("anna", Looked, Said{Time: at(i), Taxa: []string{"shark"}})
	}
	t.Error("all 60 frames were looked at, and it is not certified")
}
