package review

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"requin/count"
)

func TestOneFrameInTwentyIsChosenByRunAndTime(t *testing.T) {
	n, same := 0, 0
	for i := range 20_000 {
		at := time.Duration(i) * time.Second
		a, b := Chosen("one", at, Share), Chosen("two", at, Share)
		if a {
			n++
			if b {
				same++
			}
		}
	}
	if n < 900 || n > 1100 || same > 100 {
		t.Errorf("%d of 20,000 are chosen, %d of them in another run, too", n, same)
	}
	if !Chosen("one", 0, 1) {
		t.Error("one in one is all")
	}
}

func TestASecondLookIsDueAfterOthers(t *testing.T) {
	d := begin(t, reef())
	for i := range Rest {
		d.says("anna", Looked, Said{Time: at(i), Taxa: []string{"shark"}})
	}
	if due := d.state.Due(d.log, "anna", fauna, 1); len(due) != 0 {
		t.Errorf("due at once: %v", due)
	}
	d.says("anna", Looked, Said{Time: at(30), Taxa: []string{"shark"}})
	if due := d.state.Due(d.log, "anna", fauna, 1); !slices.Equal(due, []int{0}) {
		t.Errorf("due: %v", due)
	}
	if due := d.state.Due(d.log, "ben", fauna, 1); len(due) != 0 {
		t.Errorf("ben has not looked: %v", due)
	}
	d.says("anna", Count, Said{Time: at(0), Taxon: "shark", N: counted(0), Blind: true, Again: true})
	if due := d.state.Due(d.log, "anna", fauna, 1); len(due) != 0 {
		t.Errorf("looked at again, and due: %v", due)
	}
}

func TestASecondNumberAsks(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Accept, Said{Track: "t1"})
	d.says("anna", Looked, Said{Time: at(5), Taxa: []string{"shark"}})
	number := func() int { return d.state.Confirmed("shark")[5] }
	v := d.says("anna", Count, Said{Time: at(5), Taxon: "shark", N: counted(2), Blind: true, Again: true})
	if *v.Was.N != 1 || v.Was.By != "anna" || number() != 1 {
		t.Errorf("a second look changed the number to %d: %+v", number(), v.Was)
	}
	if got := d.state.Seconds(); len(got) != 1 || got[0] != (Second{5, "shark", 1, 2, "anna"}) {
		t.Errorf("asks %+v", got)
	}
	if r := SecondLooks(d.log)["shark"]; r.Frames != 1 || r.Open != 1 || r.Animals != 2 {
		t.Errorf("open: %+v", r)
	}
	d.says("anna", Count, Said{Time: at(5), Taxon: "shark", N: counted(2), Again: true})
	if len(d.state.Seconds()) != 0 || number() != 2 {
		t.Errorf("2 is right, and it is %d: %v", number(), d.state.Seconds())
	}
	if r := SecondLooks(d.log)["shark"]; r.Open != 0 || r.Animals != 2 || math.Abs(r.Missed-0.25) > 0.01 || r.Added != 0 {
		t.Errorf("2 was right: %+v", r)
	}
	d.says("anna", Count, Said{Time: at(5), Taxon: "shark", N: counted(0), Again: true})
	if number() != 0 {
		t.Errorf("none is right, whatever the box: %d", number())
	}
	d.says("anna", Add, Said{Time: at(5), Taxon: "shark", Box: box(500, 300)})
	if number() != 2 {
		t.Errorf("a box was drawn since: %d", number())
	}
	if v := d.says("anna", Count, Said{Time: at(40), Taxon: "shark", N: counted(3), Blind: true, Again: true}); v.Said.Again || d.state.Confirmed("shark")[40] != 3 {
		t.Errorf("nobody had looked there: %+v", v)
	}
}

func TestSecondLooks(t *testing.T) {
	if got := SecondLooks(); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
	one := 1
	zero := 0
	two := 2
	r := Reading{}
	for range 20 {
		r.Looks = append(r.Looks, Looking{First: 1, Second: 1})
	}
	r.Looks = append(r.Looks, Looking{First: 1, Second: 2, Right: &two}, Looking{First: 1, Second: 0, Right: &zero})
	if got := r.measured(); got.Animals != 22 || math.Abs(got.Missed-0.0227) > 0.001 || math.Abs(got.Added-0.0227) > 0.001 || got.Frames != 22 {
		t.Errorf("the worked example: %+v", got)
	}
	r = Reading{Looks: []Looking{{First: 1, Second: 1}, {First: 0, Second: 0}, {First: 3, Second: 2, Right: &one}}}
	if got := r.measured(); got.Missed != 0 || math.Abs(got.Added-0.5) > 0.1 || got.Animals != 2 { // more than 3 of 6: the one that both saw may have been added by both
		t.Errorf("added: %+v", got)
	}
}

// Two people's looks are a pair where the later did not see what the first said.
func TestAnothersLookIsASecondOne(t *testing.T) {
	b := &blind{t: t, m: reef()}
	b.says("anna", Accept, Said{Track: "t1"})
	b.says("anna", Looked, Said{Time: at(5), Taxa: []string{"shark"}, Alone: true})
	b.says("ben", Looked, Said{Time: at(5), Taxa: []string{"shark"}})
	if r := SecondLooks(b.log)["shark"]; r.Frames != 0 {
		t.Errorf("ben saw what anna said: %+v", r)
	}
	b.says("cleo", Looked, Said{Time: at(5), Taxa: []string{"shark"}, Alone: true})
	r := SecondLooks(b.log)["shark"]
	if len(r.Looks) != 2 || r.Looks[0] != (Looking{At: 5 * time.Second, First: 1, Second: 0, By: "anna", Again: "cleo"}) {
		t.Fatalf("cleo did not: %+v", r)
	}
	b.says("anna", Count, Said{Time: at(5), Taxon: "shark", N: counted(1), Reconciled: true})
	if r := SecondLooks(b.log)["shark"]; r.Looks[0].Right == nil || *r.Looks[0].Right != 1 {
		t.Errorf("settled: %+v", r.Looks)
	}
}

// Readers who overlook and add as they are known to are measured so.
func TestReadersAreMeasured(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	look := func(n int) (seen int) {
		for range n {
			if rng.Float64() >= 0.1 {
				seen++
			}
		}
		if rng.Float64() < 0.05 {
			seen++
		}
		return seen
	}
	var log []Verdict
	for i := range 4000 {
		n := rng.IntN(4)
		first, second := look(n), look(n)
		at := count.Seconds(time.Duration(i) * time.Second)
		say := func(said Said, was *int) {
			said.Time, said.Taxon = &at, "shark"
			log = append(log, Verdict{ID: int64(len(log) + 1), Kind: Count, By: "anna", Said: said, Was: Was{N: was}})
		}
		say(Said{N: &second, Blind: true, Again: true}, &first)
		if first != second {
			say(Said{N: &n, Again: true}, nil)
		}
	}
	r := SecondLooks(log)["shark"]
	if math.Abs(r.Missed-0.1) > 0.01 || r.Frames != 4000 || r.Open != 0 {
		t.Errorf("they overlook 0.1: %v of %d animals", r.Missed, r.Animals)
	}
	if math.Abs(r.Added-0.05) > 0.012 {
		t.Errorf("they add 0.05: %v", r.Added)
	}
}

// What second looks tell goes into what is known of a taxon: how readers err, and which frames were looked at again with the same number.
func TestSecondLooksAreWeighed(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Accept, Said{Track: "t1"})
	d.says("anna", Looked, Said{Time: at(5), Taxa: []string{"shark"}})
	d.says("anna", Count, Said{Time: at(5), Taxon: "shark", N: counted(1), Blind: true, Again: true})
	d.says("anna", Looked, Said{Time: at(6), Taxa: []string{"shark"}})
	d.says("anna", Count, Said{Time: at(6), Taxon: "shark", N: counted(2), Blind: true, Again: true})
	d.says("anna", Count, Said{Time: at(6), Taxon: "shark", N: counted(2), Again: true}) // 2 is right
	o := d.state.Observations("shark", assumed(), time.Second, SecondLooks(d.log)["shark"], nil)
	if len(o.Looks) != 2 || o.Looks[0].Again != 1 || o.Looks[1].Again != 0 {
		t.Errorf("looks %+v", o.Looks)
	}
	if o.Reread.Seen != 6 || o.Reread.Overlooked < 1 || o.Reread.Overlooked > 2 || o.Reread.Added != 0 {
		t.Errorf("of six times that an animal was there to be seen one was overlooked, or two: %+v", o.Reread)
	}
	if p := o.Posterior(0.05); p.Reader.Animals != 3 || p.Reader.Missed == 0 {
		t.Errorf("readers %+v", p.Reader)
	}
}
