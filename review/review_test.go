package review

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/track"
)

// seconds are n frames, one a second.
func seconds(n int) []frame.Instant {
	out := make([]frame.Instant, n)
	for i := range out {
		out[i] = frame.Instant{Time: time.Duration(i) * time.Second, PTS: int64(i), Base: frame.Rational{Num: 1, Den: 1}}
	}
	return out
}

// swims is a track that moves 10 pixels a frame in a lane of its own.
func swims(id int, taxon string, lane, from, to int) track.Track {
	t := track.Track{ID: id, Taxon: taxon}
	for i := from; i <= to; i++ {
		x := 10 * float64(i)
		t.Points = append(t.Points, track.Point{Instant: seconds(i + 1)[i], Detection: detect.Detection{
			Box: frame.Box{X0: x, Y0: 100 * float64(lane), X1: x + 80.123, Y1: 100*float64(lane) + 40}, Taxon: taxon, Score: 0.5}})
	}
	return t
}

func reef() Machine {
	return Machine{Run: "one", Frames: seconds(60), Tracks: []track.Track{
		swims(1, "shark", 0, 3, 20), swims(2, "shark", 1, 10, 30), swims(3, "ray", 2, 0, 40), swims(4, "shark", 3, 15, 15)}}
}

func at(i int) *count.Seconds { s := count.Seconds(time.Duration(i) * time.Second); return &s }

func box(x, y float64) *Box { return &Box{X0: x, Y0: y, X1: x + 50, Y1: y + 30} }

func counted(n int) *int { return &n }

// diary is a log that is written as the program writes it.
type diary struct {
	t     *testing.T
	m     Machine
	log   []Verdict
	state *State
}

func begin(t *testing.T, m Machine) *diary { return &diary{t: t, m: m, state: Begin(m)} }

func (d *diary) says(who string, kind Kind, said Said) Verdict {
	d.t.Helper()
	v, err := d.state.Draft(Verdict{Kind: kind, By: who, Said: said})
	if err != nil {
		d.t.Fatalf("%s: %v", kind, err)
	}
	return d.keep(v)
}

// keep takes a verdict into the log as the disk gives it back.
func (d *diary) keep(v Verdict) Verdict {
	d.t.Helper()
	v.ID = int64(len(d.log) + 1)
	text, err := json.Marshal(v.Said)
	if err != nil {
		d.t.Fatal(err)
	}
	read, err := ParseSaid(text)
	if err != nil {
		d.t.Fatalf("%s: %v", text, err)
	}
	applied := v
	v.Said = read
	d.log = append(d.log, v)
	if applied.inverse() {
		d.state = Replay(d.m, d.log)
	} else {
		d.state.Apply(applied)
	}
	return v
}

func (d *diary) back(who string, kind Kind) bool {
	undo, redo := Back(d.log, who)
	of := undo
	if kind == Redo {
		of = redo
	}
	if of == 0 {
		return false
	}
	d.keep(Verdict{Kind: kind, By: who, Said: Said{Of: of}})
	return true
}

// picture is all that can be seen of a state.
func picture(s *State) string {
	var out strings.Builder
	for _, t := range s.Tracks() {
		fmt.Fprintf(&out, "%s %s/%s %s by %s flagged %v %q drawn %v:", t.ID, t.Machine, t.Taxon, t.Standing, t.By, t.Flagged, t.Note, t.Drawn)
		for _, p := range t.Points {
			fmt.Fprintf(&out, " %d(%.2f %.2f %.2f %.2f)", p.Frame, p.Box.X0, p.Box.Y0, p.Box.X1, p.Box.Y1)
		}
		fmt.Fprintln(&out)
	}
	for i, a := range s.Tracks() {
		for _, b := range s.Tracks()[:i] {
			if s.areApart(a, b) {
				fmt.Fprintln(&out, "apart:", b.ID, a.ID)
			}
		}
	}
	fmt.Fprintln(&out, s.Remarks())
	return out.String()
}

func TestVerdictsOnTracks(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Accept, Said{Track: "t1"})
	d.says("anna", Relabel, Said{Track: "t3", Taxon: "shark"})
	d.says("anna", Reject, Said{Track: "t4"})
	d.says("anna", Unsure, Said{Track: "t2"})
	got := d.state.Confirmed("shark")
	if got[2] != 1 || got[10] != 2 || got[20] != 2 || got[21] != 1 || got[41] != 0 {
		t.Errorf("confirmed sharks: %v", got)
	}
	d.says("anna", Looked, Said{Time: at(15), Taxa: []string{"shark"}})
	if frames, _ := d.state.Looks("shark"); len(frames) != 0 {
		t.Errorf("an unsure shark is in the frame, which counts as looked at: %v", frames)
	}
	d.says("anna", Accept, Said{Track: "t2"})
	if frames, n := d.state.Looks("shark"); !slices.Equal(frames, []int{15}) || n[0] != 3 {
		t.Errorf("looked at %v, holding %v; want frame 15 with 3", frames, n)
	}
	d.says("anna", Count, Said{Time: at(16), Taxon: "shark", N: counted(7)})
	if frames, n := d.state.Looks("shark"); !slices.Equal(frames, []int{15, 16}) || n[1] != 7 {
		t.Errorf("counted 7 in frame 16, but looks are %v with %v", frames, n)
	}
	result, err := count.Of(count.Input{Tracks: d.state.Accepted(), Frames: d.state.Frames, Every: time.Second, Duration: time.Minute,
		Period: frame.Period{}, Taxa: nil})
	if err != nil || len(result.Uncounted) != 1 || result.Uncounted[0].Tracks != 3 {
		t.Errorf("the confirmed tracks do not count again: %+v %v", result.Uncounted, err)
	}
}

func TestLookedRejectsWhatIsLeftOpen(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Add, Said{Time: at(15), Taxon: "shark", Box: &Box{X0: 152, Y0: 302, X1: 228, Y1: 338}}) // on t4
	d.says("anna", Add, Said{Time: at(15), Taxon: "shark", Box: &Box{X0: 152, Y0: 2, X1: 228, Y1: 38}})    // on t1
	d.says("anna", Looked, Said{Time: at(15), Taxa: []string{"shark"}})
	if _, there := d.state.Track("t4"); there {
		t.Error("the person's box lies on the only one of t4, which is still there")
	}
	for id, want := range map[string]Standing{"t1": Open, "t2": Rejected, "t3": Open} {
		if tr, _ := d.state.Track(id); tr.Standing != want {
			t.Errorf("%s is %s, want %s", id, tr.Standing, want)
		}
	}
}

func TestSplitMergeEditDelete(t *testing.T) {
	d := begin(t, reef())
	s := d.says("anna", Split, Said{Track: "t2", Time: at(20)})
	later := fmt.Sprintf("s%d", s.ID)
	d.says("anna", Accept, Said{Track: later})
	if first, _ := d.state.Track("t2"); len(first.Points) != 10 || first.Standing != Open {
		t.Errorf("the first part: %d points, %s", len(first.Points), first.Standing)
	}
	d.says("anna", Merge, Said{Track: "t2", With: later})
	if whole, _ := d.state.Track("t2"); len(whole.Points) != 21 || whole.Standing != Accepted {
		t.Errorf("merged again: %d points, %s", len(whole.Points), whole.Standing)
	}
	d.says("anna", Edit, Said{Track: "t2", Time: at(12), Box: box(5, 5)})
	if tr, _ := d.state.Track("t2"); func() bool { p, _ := tr.In(12); return p.Box != frame.Box(*box(5, 5)) }() {
		t.Error("the box was not moved")
	}
	b := d.says("anna", Add, Said{Time: at(50), Taxon: "ray", Box: box(1, 2)})
	id := fmt.Sprintf("b%d", b.ID)
	d.says("anna", Edit, Said{Track: id, Box: box(3, 4)})
	if tr, _ := d.state.Track(id); tr.Points[0].Box != frame.Box(*box(3, 4)) || tr.Points[0].Frame != 50 {
		t.Errorf("the added box lies at %v", tr.Points)
	}
	d.says("anna", Delete, Said{Track: id})
	if _, there := d.state.Track(id); there {
		t.Error("the deleted box is there")
	}
	for d.back("anna", Undo) {
	}
	if got, want := picture(d.state), picture(Begin(d.m)); got != want {
		t.Errorf("after undoing everything:\n%s\nwant\n%s", got, want)
	}
	for d.back("anna", Redo) {
	}
	if tr, _ := d.state.Track("t2"); len(tr.Points) != 21 || tr.Standing != Accepted {
		t.Error("redone, the merged track is not as it was")
	}
}

// TestKeysLieBetween holds key frames to the rule by which annotate draws.
func TestKeysLieBetween(t *testing.T) {
	d := begin(t, reef())
	keys := []Key{{*at(5), *box(0, 0), false}, {*at(9), *box(80, 40), false}, {*at(12), Box{}, true}, {*at(20), *box(7, 7), false}}
	var marks []annotate.Mark
	for _, k := range keys {
		m := annotate.Mark{Frame: int(k.Time.Duration().Seconds()), Shape: annotate.BoxShape(frame.Box(k.Box)), Outside: k.Outside}
		marks = append(marks, m)
	}
	v := d.says("anna", Draw, Said{Taxon: "ray", Keys: keys})
	tr, ok := d.state.Track(fmt.Sprintf("d%d", v.ID))
	if !ok {
		t.Fatal("there is no drawn track")
	}
	for i := range d.m.Frames {
		want, there := annotate.Between(marks, i)
		p, ok := tr.In(i)
		if ok != there || ok && frame.IoU(p.Box, want) < 0.999 {
			t.Errorf("frame %d: drawn %v %v, annotate says %v %v", i, p.Box, ok, want, there)
		}
	}
}

// TestHumanLabelsSurvive gives the same verdicts to other tracks.
func TestHumanLabelsSurvive(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Accept, Said{Track: "t1"})
	d.says("anna", Reject, Said{Track: "t2"})
	d.says("anna", Relabel, Said{Track: "t3", Taxon: "eagle ray"})
	d.says("anna", Looked, Said{Time: at(15), Taxa: []string{"shark"}})
	next := Machine{Run: "two", Frames: seconds(60), Tracks: []track.Track{
		swims(1, "ray", 2, 0, 19), swims(2, "ray", 2, 21, 40), // the ray in two pieces, numbered anew
		swims(3, "shark", 1, 9, 29), swims(5, "shark", 4, 40, 45)}} // no track 1 of the shark at all
	s := Replay(next, d.log)
	if got := s.Confirmed("shark"); got[3] != 1 || got[20] != 1 || got[21] != 0 || got[45] != 0 {
		t.Errorf("the confirmed shark that the new model missed: %v", got)
	}
	if got, want := s.Confirmed("eagle ray"), 41; func() int {
		n := 0
		for _, x := range got {
			n += x
		}
		return n
	}() != want {
		t.Errorf("the relabelled ray is in %v, want each of the first %d frames once", got, want)
	}
	for id, want := range map[string]Standing{"t1": Accepted, "t2": Accepted, "t3": Rejected, "t5": Open, "o1": Accepted} {
		if tr, ok := s.Track(id); !ok || tr.Standing != want {
			t.Errorf("%s: %+v, want %s", id, tr, want)
		}
	}
	if frames, n := s.Looks("shark"); !slices.Equal(frames, []int{15}) || n[0] != 1 {
		t.Errorf("looks %v %v", frames, n)
	}
	if got := picture(Replay(d.m, d.log)); got != picture(d.state) {
		t.Error("going back to the first count does not give the first state")
	}
}

func TestFramesThatPeopleSpokeOfStay(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Accept, Said{Track: "t1"})
	d.says("anna", Count, Said{Time: at(33), Taxon: "ray", N: counted(2)})
	every5 := slices.DeleteFunc(seconds(60), func(f frame.Instant) bool { return f.PTS%5 != 0 })
	frames := WithFrames(every5, d.log, frame.Period{To: 50 * time.Second})
	s := Replay(Machine{Run: "two", Frames: frames}, d.log)
	n := 0
	for _, x := range s.Confirmed("shark") {
		n += x
	}
	if n != 18 || most(s.Confirmed("ray")) != 2 {
		t.Errorf("%d sightings of the shark are left, want 18; ray %d", n, most(s.Confirmed("ray")))
	}
	if !slices.IsSortedFunc(frames, func(a, b frame.Instant) int { return int(a.Time - b.Time) }) {
		t.Error("frames do not rise")
	}
}

func TestReconciledStands(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Accept, Said{Track: "t1"})
	d.says("ben", Reject, Said{Track: "t1"})
	d.says("anna", Accept, Said{Track: "t1", Reconciled: true})
	if _, err := d.state.Draft(Verdict{Kind: Reject, By: "ben", Said: Said{Track: "t1"}}); err == nil {
		t.Error("what was reconciled can be rejected by one")
	}
	d.keep(Verdict{Kind: Reject, By: "ben", Run: "one", Said: Said{Track: "t1"}})
	if tr, _ := d.state.Track("t1"); tr.Standing != Accepted {
		t.Errorf("t1 is %s", tr.Standing)
	}
}

func TestBlindSeesOnlyTheirOwn(t *testing.T) {
	d := begin(t, reef())
	d.says("anna", Accept, Said{Track: "t1"})
	d.says("ben", Reject, Said{Track: "t1"})
	d.says("ben", Accept, Said{Track: "t2"})
	s := Replay(d.m, Seen(d.log, "anna", true))
	if a, _ := s.Track("t1"); a.Standing != Accepted {
		t.Errorf("anna sees t1 as %s", a.Standing)
	}
	if b, _ := s.Track("t2"); b.Standing != Open {
		t.Errorf("anna sees t2 as %s", b.Standing)
	}
	if len(Seen(d.log, "anna", false)) != 3 {
		t.Error("who is not blind sees all")
	}
}

func TestNobodyTakesBackAnothersVerdict(t *testing.T) {
	d := begin(t, reef())
	v := d.says("anna", Accept, Said{Track: "t1"})
	d.keep(Verdict{Kind: Undo, By: "ben", Said: Said{Of: v.ID}})
	if tr, _ := d.state.Track("t1"); tr.Standing != Accepted {
		t.Error("ben took back what anna said")
	}
}

func TestAgreement(t *testing.T) {
	d := begin(t, reef())
	for _, x := range []struct {
		who   string
		kind  Kind
		track string
	}{{"anna", Accept, "t1"}, {"ben", Accept, "t1"}, {"anna", Accept, "t2"}, {"ben", Reject, "t2"}, {"anna", Reject, "t4"}, {"ben", Reject, "t4"}, {"anna", Accept, "t3"}} {
		d.says(x.who, x.kind, Said{Track: x.track})
	}
	pairs := Agreement(d.m, d.log, []string{"shark", "ray"})
	if len(pairs) != 2 {
		t.Fatalf("pairs %+v", pairs)
	}
	p := pairs[0]
	if p.A != "anna" || p.B != "ben" || p.Taxon != "shark" || p.N != 3 || p.MaxNA != 2 || p.MaxNB != 1 ||
		math.Abs(p.Kappa-(2.0/3-4.0/9)/(1-4.0/9)) > 1e-12 || math.Abs(p.Percent-200.0/3) > 1e-9 || !math.IsNaN(p.Low) {
		t.Errorf("of sharks %+v", p)
	}
	if !math.IsNaN(pairs[1].Kappa) || pairs[1].MaxNA != 1 {
		t.Errorf("of rays %+v", pairs[1])
	}
	if got := Disputes(d.m, d.log, []string{"shark", "ray"}); len(got) != 1 || got[0].Text(d.m.Frames) != "t2 at 00:10.0: anna says shark, ben says rejected" || !slices.Equal(got[0].Taxa, []string{"shark"}) {
		t.Errorf("disputes %+v", got)
	}
}

func TestDraftSaysWhatCannotBeMeant(t *testing.T) {
	d := begin(t, reef())
	for _, v := range []Verdict{
		{Kind: "dance"}, {Kind: Accept, Said: Said{Track: "t99"}}, {Kind: Relabel, Said: Said{Track: "t1"}}, {Kind: Split, Said: Said{Track: "t1", Time: at(3)}},
		{Kind: Merge, Said: Said{Track: "t1", With: "t1"}}, {Kind: Apart, Said: Said{Track: "t1", With: "t1"}}, {Kind: Apart, Said: Said{Track: "t1"}}, {Kind: Add, Said: Said{Time: at(1), Taxon: "ray"}}, {Kind: Add, Said: Said{Track: "t1", Time: at(5), Box: box(0, 0)}},
		{Kind: Add, Said: Said{Time: at(1), Taxon: "ray", Box: &Box{}}}, {Kind: Delete, Said: Said{Track: "t1"}}, {Kind: Edit, Said: Said{Track: "t1", Time: at(50), Box: box(0, 0)}},
		{Kind: Looked, Said: Said{Time: at(5)}}, {Kind: Looked, Said: Said{Time: at(500), Taxa: []string{"ray"}}}, {Kind: Count, Said: Said{Time: at(5), Taxon: "ray", N: counted(-1)}},
		{Kind: Note, Said: Said{Time: at(5)}}, {Kind: Draw, Said: Said{Taxon: "ray"}}, {Kind: Draw, Said: Said{Track: "t1", Taxon: "ray", Keys: []Key{{*at(1), *box(0, 0), false}}}},
		{Kind: Flag}, {Kind: Undo}, {Kind: Add, Said: Said{Time: at(1), Taxon: "ray", Box: &Box{X0: math.NaN(), X1: 1, Y1: 1}}},
	} {
		if _, err := d.state.Draft(v); err == nil {
			t.Errorf("%s %+v was taken", v.Kind, v.Said)
		}
	}
}

// anything is a verdict at random; many cannot be meant.
func anything(r *rand.Rand, s *State) (Kind, Said) {
	kinds := []Kind{Accept, Reject, Absent, Relabel, Unsure, Flag, Unflag, Add, Edit, Delete, Split, Merge, Apart, Draw, Looked, Count, Note}
	one := func() string {
		if len(s.Tracks()) == 0 {
			return ""
		}
		return s.Tracks()[r.IntN(len(s.Tracks()))].ID
	}
	taxon := []string{"shark", "ray", "eagle ray"}[r.IntN(3)]
	i := r.IntN(58)
	said := Said{Track: one(), With: one(), Taxon: taxon, Taxa: []string{taxon}, Time: at(i), Box: box(r.Float64()*600, r.Float64()*300), N: counted(r.IntN(4)),
		Note: "hm", Keys: []Key{{*at(i), *box(r.Float64()*500, 0), false}, {*at(i + 2), *box(r.Float64()*500, 200), r.IntN(2) == 0}}}
	kind := kinds[r.IntN(len(kinds))]
	if (kind == Add || kind == Draw || kind == Flag) && r.IntN(2) == 0 {
		said.Track = ""
	}
	return kind, said
}

// TestAnyLog writes logs at random: read again they give the same state, in whatever order they are read; taking back everything
// gives the start; and other tracks never make anything of them that is out of order.
func TestAnyLog(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := begin(t, reef())
		for range 40 {
			who := []string{"anna", "ben"}[r.IntN(2)]
			switch r.IntN(6) {
			case 0:
				d.back(who, Undo)
			case 1:
				d.back(who, Redo)
			default:
				kind, said := anything(r, d.state)
				if v, err := d.state.Draft(Verdict{Kind: kind, By: who, Said: said}); err == nil {
					d.keep(v)
				}
			}
		}
		if got, want := picture(Replay(d.m, d.log)), picture(d.state); got != want {
			t.Fatalf("seed %d: replayed:\n%s\nas it was made:\n%s", seed, got, want)
		}
		shuffled := slices.Clone(d.log)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if picture(Replay(d.m, shuffled)) != picture(d.state) {
			t.Fatalf("seed %d: the order of reading matters", seed)
		}
		sound(t, seed, Replay(Machine{Run: "two", Frames: seconds(60), Tracks: []track.Track{swims(1, "shark", 1, 9, 31), swims(2, "ray", 2, 5, 20)}}, d.log))
		for _, who := range []string{"anna", "ben"} {
			for d.back(who, Undo) {
			}
		}
		if got, want := picture(d.state), picture(Begin(d.m)); got != want {
			t.Fatalf("seed %d: after undoing everything:\n%s", seed, got)
		}
	}
}

// sound wants a state in order: points rise, none is empty, ids name tracks that are there.
func sound(t *testing.T, seed uint64, s *State) {
	t.Helper()
	for _, tr := range s.Tracks() {
		if len(tr.Points) == 0 || !slices.IsSortedFunc(tr.Points, func(a, b Point) int { return a.Frame - b.Frame }) {
			t.Fatalf("seed %d: %s has the points %v", seed, tr.ID, tr.Points)
		}
		for i := 1; i < len(tr.Points); i++ {
			if tr.Points[i].Frame == tr.Points[i-1].Frame {
				t.Fatalf("seed %d: %s has two boxes in a frame", seed, tr.ID)
			}
		}
	}
	for p := range s.apart {
		if p.a == p.b || !slices.Contains(s.tracks, p.a) || !slices.Contains(s.tracks, p.b) {
			t.Fatalf("seed %d: %s and %s are apart, and not both there", seed, p.a.ID, p.b.ID)
		}
	}
	for id, tr := range s.byID {
		if !slices.Contains(s.tracks, tr) {
			t.Fatalf("seed %d: %s names a track that is gone", seed, id)
		}
	}
}

func FuzzParseSaid(f *testing.F) {
	f.Add([]byte(`{"track":"t1","time_s":1.5,"box":[0,0,10,10],"animal":[[1.5,0,0,10,10]],"keys":[{"time_s":0,"box":[0,0,1,1]}],"n":3}`))
	f.Add([]byte(`{"box":[0,0,1e999,1]}`))
	f.Add([]byte(`{"keys":[{"time_s":2,"outside":true}]} x`))
	f.Fuzz(func(t *testing.T, text []byte) {
		said, err := ParseSaid(text)
		if err != nil {
			return
		}
		s := Begin(reef())
		for _, kind := range []Kind{Accept, Absent, Add, Edit, Split, Merge, Apart, Draw, Looked, Count, Note, Flag, Delete} {
			if v, err := s.Draft(Verdict{Kind: kind, Said: said}); err == nil {
				v.ID = 1
				s.Apply(v)
			}
			s.Apply(Verdict{ID: 2, Kind: kind, Run: "other", Said: said})
		}
		sound(t, 0, s)
		again, err := json.Marshal(said)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseSaid(again); err != nil && said.Box == nil && said.Keys == nil {
			t.Fatalf("%s was read, written as %s, and not read: %v", text, again, err)
		}
	})
}
