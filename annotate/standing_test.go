package annotate

import (
	"slices"
	"testing"
	"time"
)

// Who stands behind a record: its Extra says, else its origin.
func TestUnlooked(t *testing.T) {
	counted := Origin{By: "Requin 1", From: CountOrigin + "20240501T081854"}
	says := func(status string) Extra { return Extra{StatusKey: status} }
	for i, c := range []struct {
		record Record
		want   bool
	}{
		{Mark{}, false},
		{Mark{Names: []Name{{Label: "shark", Score: 0.3, Scored: true}}}, false}, // another program's: its score says so
		{Mark{Origin: counted}, true},
		{Mark{Origin: counted, Extra: says("reviewed")}, false},
		{Mark{Extra: says("machine")}, true},
		{Track{Origin: counted}, true},
		{Sighting{Origin: Origin{By: "Anna"}}, false},
		{Sighting{Extra: says("machine")}, true},
		{Count{}, false},
		{Count{Verified: &Verification{Status: "disputed"}}, false},
		{Count{Verified: &Verification{Status: "machine"}}, true},
		{Deployment{}, false},
	} {
		if got := Unlooked(c.record); got != c.want {
			t.Errorf("%d: %+v: %v", i, c.record, got)
		}
	}
}

// What a machine's points, counts or boxes come to says that nobody looked.
func TestNobodyLookedIsPassedOn(t *testing.T) {
	yes := true
	point := func(opcode, genus string, n int, extra Extra) Sighting {
		s := seenCounts(opcode, 1, genus, n, "")
		s.Extra = extra
		return s
	}
	unseen := Extra{StatusKey: machine}
	stream := streamCounts(
		Deployment{OpCode: "A", SuccessfulCount: &yes}, Deployment{OpCode: "B", SuccessfulCount: &yes}, Deployment{OpCode: "C", SuccessfulCount: &yes},
		point("A", "Coris", 2, unseen), point("A", "Parma", 1, nil), point("B", "Coris", 1, unseen),
		point("C", "Parma", 3, Extra{StatusKey: "reviewed"}))
	counts, err := MaxN(stream, MaxNRule{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"A Coris": true, "A Parma": false, "B Coris": true, "B Parma": true, "C Coris": false, "C Parma": false}
	for _, c := range counts {
		if key := c.OpCode + " " + c.Species.Genus; (c.Verified != nil) != want[key] {
			t.Errorf("%s: %+v, want that nobody looked: %v", key, c.Verified, want[key])
		}
	}
	box := mark(10, "", "ray")
	box.Extra = unseen
	list := append(filmed[:2:2], box, mark(12, "", "shark"), Count{OpCode: "D2", Label: "shark", Value: 2, Time: None, Verified: &Verification{Status: machine}},
		Count{OpCode: "D3", Label: "shark", Value: 2, Time: time.Second, Verified: &Verification{Status: "certified"}})
	tallies, err := Tallies(records(list...), asNamed)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, d := range tallies {
		for name, x := range d.Taxa {
			got[d.OpCode+" "+name] = x.Unlooked
		}
	}
	for key, want := range map[string]bool{"D1 ray": true, "D1 shark": false, "D2 shark": true, "D3 shark": false} {
		if got[key] != want {
			t.Errorf("%s: nobody looked: %v, want %v", key, got[key], want)
		}
	}
}

// What nobody looked at is no truth, whatever its score; what people confirmed is.
func TestDrawnAndLooked(t *testing.T) {
	unsure := []Name{{Label: "shark", Score: 0.4, Scored: true}}
	left, none := 0, 0
	list := records(Mark{ID: "1", Names: unsure, Extra: Extra{StatusKey: "reviewed"}}, Mark{ID: "2", Names: unsure, Extra: Extra{StatusKey: "disputed"}},
		Mark{ID: "3", Extra: Extra{StatusKey: machine}}, Mark{ID: "4", Names: unsure, Extra: Extra{StatusKey: "certified"}},
		Count{OpCode: "machine's", Verified: &Verification{Status: machine}}, Count{OpCode: "people's"}, Sighting{OpCode: "machine's", Origin: Origin{From: CountOrigin + "1"}})
	var kept []string
	for r := range Looked(Drawn(list, &left), &none) {
		switch r := r.(type) {
		case Mark:
			kept = append(kept, r.ID)
		case Count:
			kept = append(kept, r.OpCode)
		case Sighting:
			kept = append(kept, r.OpCode)
		}
	}
	if want := []string{"1", "4", "people's"}; !slices.Equal(kept, want) || left != 2 || none != 2 {
		t.Errorf("%v, %d and %d left out; want %v", kept, left, none, want)
	}
}
