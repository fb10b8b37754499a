package review

import (
	"reflect"
	"testing"
	"time"

	"requin/count"
	"requin/taxon"
	"requin/uncertainty"
)

// basis is the reef as the machine counted it, with what a review needs.
func basis(t *testing.T) Basis {
	t.Helper()
	m := reef()
	in := count.Input{Tracks: m.Tracks, Frames: m.Frames, Every: time.Second, Duration: time.Minute,
		Taxa: taxon.List{{Name: "shark", Role: taxon.Studied}, {Name: "ray", Role: taxon.Studied}, {Name: "whale", Role: taxon.Studied}}}
	result, err := count.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	return Basis{Machine: m, Counted: result, Tracks: m.Tracks, Input: in, Limit: 0.05}
}

func (b Basis) of(t *testing.T, log []Verdict, name string) count.Taxon {
	t.Helper()
	r, err := b.Count(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Taxa {
		if x.Name == name {
			return x
		}
	}
	t.Fatalf("no %s among %v", name, r.Taxa)
	return count.Taxon{}
}

func TestNobodySpokeAndTheMachinesCountStays(t *testing.T) {
	b := basis(t)
	d := begin(t, b.Machine)
	for _, log := range [][]Verdict{nil, {d.says("anna", Note, Said{Time: at(3), Note: "murky"})}} {
		if got, err := b.Count(log); err != nil || !reflect.DeepEqual(got, Outcome{b.Counted, b.Tracks, map[int]Author{}}) {
			t.Errorf("%d verdicts: %+v, %v", len(log), got, err)
		}
	}
}

// The machine saw 3 sharks at 15 s; the third is a rock, and the ray is a shark.
func TestVerdictsChangeTheCount(t *testing.T) {
	b := basis(t)
	if n := b.of(t, nil, "shark"); *n.MaxN != 3 || n.Status() != count.Machine {
		t.Fatalf("the machine counts %d, %s", *n.MaxN, n.Status())
	}
	d := begin(t, b.Machine)
	d.says("anna", Reject, Said{Track: "t4"})
	shark := b.of(t, d.log, "shark")
	if *shark.MaxN != 2 || shark.Status() != count.Reviewed || *shark.Review.Machine != 3 || shark.TMaxN.Time.Duration() != 10*time.Second {
		t.Errorf("after a rejection: %d, %+v", *shark.MaxN, shark.Review)
	}
	if e := shark.Evidence.Individuals; len(e) != 2 || e[0].Track != 1 || e[1].Track != 2 {
		t.Errorf("the picture shows %+v", e)
	}
	if ray := b.of(t, d.log, "ray"); ray.Status() != count.Machine {
		t.Errorf("nobody spoke of rays, and they are %s", ray.Status())
	}
	d.says("ben", Relabel, Said{Track: "t3", Taxon: "shark"})
	if n := b.of(t, d.log, "shark"); *n.MaxN != 3 || !reflect.DeepEqual(n.Review.By, []string{"anna", "ben"}) {
		t.Errorf("with the ray that is a shark: %d, %+v", *n.MaxN, n.Review)
	}
	if n := b.of(t, d.log, "ray"); *n.MaxN != 0 || n.Status() != count.Reviewed {
		t.Errorf("the ray is none: %d, %s", *n.MaxN, n.Status())
	}
	d.says("anna", Add, Said{Time: at(50), Taxon: "whale", Box: box(3, 3)})
	if n := b.of(t, d.log, "whale"); *n.MaxN != 1 || n.TFS.Time.Duration() != 50*time.Second {
		t.Errorf("the whale that a person drew: %+v", n)
	}
	d.says("anna", Count, Said{Time: at(50), Taxon: "shark", N: counted(7)})
	if n := b.of(t, d.log, "shark"); *n.MaxN != 7 || n.TMaxN.Time.Duration() != 50*time.Second || n.Review.Looked != 1 {
		t.Errorf("seven that a person counted: %d, %+v", *n.MaxN, n.Review)
	}
	for d.back("anna", Undo) {
	}
	if n := b.of(t, d.log, "whale"); n.Status() != count.Machine || *n.MaxN != 0 {
		t.Errorf("what was taken back stays: %+v", n)
	}
}

// Who looks where the doubt says until it is certain has the certified number: what they confirmed.
func TestACertifiedCountIsWhatPeopleConfirmed(t *testing.T) {
	b := basis(t)
	d := begin(t, b.Machine)
	for range 200 {
		s := Replay(b.Machine, d.log)
		a := b.assess(s, "shark", Reading{})
		n := b.of(t, d.log, "shark")
		if a.Certified != (n.Status() == count.Certified) {
			t.Fatalf("certified %v, and the count is %s", a.Certified, n.Status())
		}
		if a.Certified {
			if *n.MaxN != 2 || *n.MaxN != a.Confirmed || n.Review.Risk >= b.Limit || n.Review.Looked != a.Looked || n.Review.Frames != 60 {
				t.Errorf("certified %d, confirmed %d: %+v", *n.MaxN, a.Confirmed, n.Review)
			}
			return
		}
		if len(a.Next) == 0 {
			t.Fatal("nothing is left to look at, and it is not certified")
		}
		i := a.Next[0].Frame
		for _, x := range s.In(i) {
			if x.Standing == Open && (x.ID == "t1" || x.ID == "t2") {
				d.says("anna", Accept, Said{Track: x.ID})
			}
		}
		d.says("anna", Looked, Said{Time: at(i), Taxa: []string{"shark"}})
	}
	t.Fatal("200 frames, and it is not certified")
}

// What a reviewed count says of its interval is what an assessment says; where detectability is assumed it says so.
func TestAReviewedCountHasAnInterval(t *testing.T) {
	b := basis(t)
	d := begin(t, b.Machine)
	d.says("anna", Accept, Said{Track: "t1"})
	if r := b.of(t, d.log, "shark").Review; !r.Assumed || r.Low == nil || r.High == nil || r.Basis != b.Measured.Named("shark").Words() {
		t.Errorf("assumed: %+v", r)
	}
	seen := uncertainty.Prior()
	seen.Deployments, seen.Candidates, seen.Animals = 7, 40, 30
	b.Measured = uncertainty.Measurements{Classes: []string{"Reef_Shark", "hammer"}, Detectability: map[string]uncertainty.Detectability{"reef shark": seen, "Hammer": seen},
		Taxa: taxon.List{{Name: "shark", Classes: []string{"reef shark", "HAMMER"}}}}
	want := b.assess(Replay(b.Machine, d.log), "shark", Reading{})
	if r := b.of(t, d.log, "shark").Review; r.Assumed || r.Low == nil || *r.Low != want.Low || *r.High != want.High ||
		r.Basis != "detectability measured on 7 stretches of held-out video; combined from 2 classes (reef shark, Hammer); scores not calibrated" {
		t.Errorf("measured: %+v, want %d to %d", r, want.Low, want.High)
	}
}

func TestWhoContradictsAnotherDisputes(t *testing.T) {
	b := basis(t)
	d := begin(t, b.Machine)
	d.says("anna", Accept, Said{Track: "t1"})
	d.says("anna", Accept, Said{Track: "t3"})
	d.says("ben", Reject, Said{Track: "t1"})
	d.says("ben", Accept, Said{Track: "t3"})
	if n := b.of(t, d.log, "shark"); n.Status() != count.Disputed {
		t.Errorf("anna accepts what ben rejects: %s", n.Status())
	}
	if n := b.of(t, d.log, "ray"); n.Status() != count.Reviewed {
		t.Errorf("both accept: %s", n.Status())
	}
	d.says("anna", Accept, Said{Track: "t1", Reconciled: true})
	if n := b.of(t, d.log, "shark"); n.Status() != count.Reviewed {
		t.Errorf("settled: %s", n.Status())
	}
	d.says("anna", Count, Said{Time: at(5), Taxon: "ray", N: counted(1)})
	d.says("ben", Count, Said{Time: at(5), Taxon: "ray", N: counted(2)})
	if n := b.of(t, d.log, "ray"); n.Status() != count.Disputed {
		t.Errorf("two numbers in one frame: %s", n.Status())
	}
	d.says("ben", Count, Said{Time: at(5), Taxon: "ray", N: counted(2), Reconciled: true})
	if n := b.of(t, d.log, "ray"); n.Status() != count.Reviewed || *n.MaxN != 2 {
		t.Errorf("settled: %s", n.Status())
	}
}

func TestTheHashIsOfTheLog(t *testing.T) {
	d := begin(t, reef())
	empty := LogHash(d.log)
	d.says("anna", Reject, Said{Track: "t4"})
	one := LogHash(d.log)
	if one == empty || one != LogHash(append([]Verdict{}, d.log...)) {
		t.Error("the hash does not follow the log")
	}
	altered := append([]Verdict{}, d.log...)
	altered[0].By = "ben"
	if LogHash(altered) == one {
		t.Error("another person's verdict has the same hash")
	}
}
