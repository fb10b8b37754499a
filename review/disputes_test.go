package review

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"requin/count"
)

var fauna = []string{"shark", "ray"}

// blind is a log of two people who do not see one another: each drafts on their own state.
type blind struct {
	t   *testing.T
	m   Machine
	log []Verdict
}

func (b *blind) says(who string, kind Kind, said Said) {
	b.t.Helper()
	s := Replay(b.m, Seen(b.log, who, !said.Reconciled))
	v, err := s.Draft(Verdict{Kind: kind, By: who, Said: said})
	if err != nil {
		b.t.Fatalf("%s %s: %v", who, kind, err)
	}
	v.ID = int64(len(b.log) + 1)
	b.log = append(b.log, v)
}

// texts are the disputes in words.
func (b *blind) texts() (out []string) {
	for _, d := range Disputes(b.m, b.log, fauna) {
		out = append(out, d.Text(b.m.Frames))
	}
	return out
}

func (b *blind) want(what string, texts ...string) {
	b.t.Helper()
	if got := b.texts(); !slices.Equal(got, texts) {
		b.t.Errorf("%s: %q, want %q", what, got, texts)
	}
}

func TestTwoNumbersOfAFrame(t *testing.T) {
	b := &blind{t: t, m: reef()}
	for _, who := range []string{"anna", "ben"} {
		b.says(who, Accept, Said{Track: "t1"})
	}
	b.says("anna", Looked, Said{Time: at(5), Taxa: []string{"shark"}})
	b.says("ben", Add, Said{Time: at(5), Taxon: "shark", Box: box(500, 300)})
	b.want("one looked")
	b.says("ben", Looked, Said{Time: at(5), Taxa: []string{"shark"}})
	b.want("both looked", "shark at 00:05.0: anna says 1, ben says 2")
	s, _ := Pooled(b.m, b.log, fauna)
	if looks, _ := s.Looks("shark"); len(looks) != 0 || !s.Disputed("shark") || s.Disputed("ray") {
		t.Errorf("the disputed frame counts as looked at: %v", looks)
	}
	b.says("anna", Count, Said{Time: at(5), Taxon: "shark", N: counted(1), Reconciled: true})
	b.want("settled")
	s, _ = Pooled(b.m, b.log, fauna)
	if looks, numbers := s.Looks("shark"); !slices.Equal(looks, []int{5}) || !slices.Equal(numbers, []int{1}) {
		t.Errorf("settled at 1: %v %v", looks, numbers)
	}
	full := basis(t)
	if n := full.of(t, b.log, "shark"); *n.MaxN != 3 || n.Status() != count.Reviewed || len(n.Review.Disputes) != 0 { // 3 of the machine's, elsewhere
		t.Errorf("the count: %d %s %v", *n.MaxN, n.Status(), n.Review.Disputes)
	}
}

// A look with others' verdicts in sight agrees to them in that frame; their own verdicts alone would say 0.
func TestWhoLooksAfterAnotherAgrees(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Accept, Said{Track: "t1"})
	d.says("anna", Count, Said{Time: at(6), Taxon: "shark", N: counted(4)})
	d.says("anna", Looked, Said{Time: at(5), Taxa: []string{"shark"}})
	d.says("ben", Looked, Said{Time: at(5), Taxa: []string{"shark"}})
	d.says("ben", Looked, Said{Time: at(6), Taxa: []string{"shark"}})
	if got := Disputes(d.m, d.log, fauna); len(got) != 0 {
		t.Fatalf("disputed: %+v", got)
	}
	if o := Observers(d.m, d.log, "shark"); len(o) != 2 || o[0].MaxN != 4 || o[1].MaxN != 4 || o[1].Looked != 2 || *o[1].TMaxN != *at(6) {
		t.Errorf("observers: %+v", o)
	}
	d.says("ben", Count, Said{Time: at(6), Taxon: "shark", N: counted(3)})
	if got := Disputes(d.m, d.log, fauna); len(got) != 1 || got[0].Text(d.m.Frames) != "shark at 00:06.0: anna says 4, ben says 3" {
		t.Errorf("ben counts anew: %+v", got)
	}
}

func TestHereAndNotHere(t *testing.T) {
	for name, settle := range map[string]Said{"not here": {Track: "t1", Time: at(7), Reconciled: true}, "here": {Track: "t1", Time: at(7), Taxon: "shark", Reconciled: true}} {
		b := &blind{t: t, m: reef()}
		b.says("anna", Absent, Said{Track: "t1", Time: at(7)})
		b.says("ben", Accept, Said{Track: "t1"})
		b.want(name, "t1 at 00:07.0: anna says not here, ben says here")
		b.says("anna", Accept, Said{Track: "t1"})
		b.want("anna accepts the rest", "t1 at 00:07.0: anna says not here, ben says here")
		kind := Absent
		if name == "here" {
			one, _ := Begin(b.m).Track("t1")
			p, _ := one.In(7)
			box := Box(p.Box)
			kind, settle.Box = Add, &box
		}
		b.says("ben", kind, settle)
		b.want("settled as " + name)
		s, _ := Pooled(b.m, b.log, fauna)
		one, _ := s.Track("t1")
		if _, here := one.In(7); here != (name == "here") {
			t.Errorf("settled as %s, and in the frame: %v", name, here)
		}
	}
	d := begin(t, reef()) // in sight of one another: who accepts the rest does not say that it is there
	d.says("anna", Absent, Said{Track: "t1", Time: at(7)})
	d.says("ben", Accept, Said{Track: "t1"})
	if got := Disputes(d.m, d.log, fauna); len(got) != 0 {
		t.Errorf("ben accepted what anna left: %+v", got)
	}
}

func TestOneAnimalOrTwo(t *testing.T) {
	for _, settle := range []Kind{Merge, Apart} {
		b := &blind{t: t, m: reef()}
		for _, who := range []string{"anna", "ben"} {
			b.says(who, Accept, Said{Track: "t1"})
			b.says(who, Accept, Said{Track: "t2"})
		}
		b.says("anna", Merge, Said{Track: "t1", With: "t2"})
		b.says("ben", Apart, Said{Track: "t2", With: "t1"})
		b.want("one or two", "t1 and t2 at 00:10.0: anna says one animal, ben says two animals")
		b.says("ben", settle, Said{Track: "t1", With: "t2", Reconciled: true})
		b.want("settled")
		s, _ := Pooled(b.m, b.log, fauna)
		if _, there := s.Track("t2"); there != (settle == Apart) {
			t.Errorf("settled by %s, and t2 is there: %v", settle, there)
		}
		if n := s.Confirmed("shark")[15]; n != map[Kind]int{Merge: 1, Apart: 2}[settle] {
			t.Errorf("settled by %s: %d", settle, n)
		}
	}
}

func TestDifferentTaxaDisputeBoth(t *testing.T) {
	b := &blind{t: t, m: reef()}
	b.says("anna", Accept, Said{Track: "t3"})
	b.says("ben", Relabel, Said{Track: "t3", Taxon: "shark"})
	got := Disputes(b.m, b.log, fauna)
	if len(got) != 1 || !reflect.DeepEqual(got[0].Taxa, []string{"ray", "shark"}) || len(got[0].Frames) != 41 {
		t.Fatalf("%+v", got)
	}
	full := basis(t)
	for _, name := range fauna {
		if n := full.of(t, b.log, name); n.Status() != count.Disputed || len(n.Review.Disputes) != 1 || !strings.HasPrefix(n.Review.Disputes[0], "t3 at 00:00.0: anna says ray") {
			t.Errorf("%s: %s %v", name, n.Status(), n.Review.Disputes)
		}
	}
	b.says("anna", Unsure, Said{Track: "t3"})
	b.want("unsure contradicts nobody")
}

// A disputed taxon is not certified, however little is left to look at.
func TestNoCertificateWhileDisputed(t *testing.T) {
	full := basis(t)
	b := &blind{t: t, m: full.Machine}
	for _, who := range []string{"anna", "ben"} {
		b.says(who, Accept, Said{Track: "t1"})
		b.says(who, Accept, Said{Track: "t2"})
		for i := range 60 {
			b.says(who, Looked, Said{Time: at(i), Taxa: []string{"shark"}})
		}
	}
	if n := full.of(t, b.log, "shark"); n.Status() != count.Certified || len(n.Review.Observers) != 2 || len(n.Review.Agreement) != 1 || !n.Review.Agreement[0].TooFew {
		t.Fatalf("they agree: %s %+v", n.Status(), n.Review)
	}
	b.says("ben", Reject, Said{Track: "t2"})
	if n := full.of(t, b.log, "shark"); n.Status() != count.Disputed || n.Review.Observers[0].MaxN != 2 || n.Review.Observers[1].MaxN != 1 || n.Review.Looked >= 60 {
		t.Errorf("they do not: %s %+v", n.Status(), n.Review)
	}
	b.says("ben", Accept, Said{Track: "t2", Reconciled: true})
	if n := full.of(t, b.log, "shark"); n.Status() != count.Certified || n.Review.Looked != 60 || n.Review.Observers[1].MaxN != 1 {
		t.Errorf("settled: %s %+v", n.Status(), n.Review)
	}
}

// Two who do not see one another draw the animal that the machine missed, each a little differently: it is one.
func TestWhatBothDrewIsOne(t *testing.T) {
	full := basis(t)
	b := &blind{t: t, m: full.Machine}
	for k, who := range []string{"anna", "ben"} {
		b.says(who, Accept, Said{Track: "t1"})
		b.says(who, Accept, Said{Track: "t2"})
		b.says(who, Add, Said{Time: at(50), Taxon: "shark", Box: box(300+20*float64(k), 300)})
		for i := range 60 {
			b.says(who, Looked, Said{Time: at(i), Taxa: []string{"shark"}})
		}
	}
	s, found := Pooled(b.m, b.log, fauna)
	if n := s.Confirmed("shark"); n[50] != 1 || n[15] != 2 || len(found) != 0 {
		t.Errorf("both drew one: %d, %v", n[50], found)
	}
	out, err := full.Count(b.log)
	if err != nil {
		t.Fatal(err)
	}
	drawn := 0
	for _, k := range out.Tracks {
		if k.First().Time == 50e9 {
			drawn++
		}
	}
	if n := full.of(t, b.log, "shark"); drawn != 1 || *n.MaxN != 2 || n.Status() != count.Certified {
		t.Errorf("%d boxes of it leave, MaxN %d, %s", drawn, *n.MaxN, n.Status())
	}
}
