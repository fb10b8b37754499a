package annotate

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func streamCounts(records ...Record) Records {
	return func(yield func(Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func seenCounts(opcode string, frame int, genus string, n int, stage string) Sighting {
	return Sighting{OpCode: opcode, Media: "L.mp4", Frame: frame, Time: time.Duration(frame) * time.Second, Period: "1", PeriodTime: time.Duration(frame),
		Species: Species{Family: "Labridae", Genus: genus, Species: "a"}, Number: n, Stage: stage}
}

// By hand: points of a frame add up, the largest frame counts, the earliest of equals is tMaxN, a deployment
// that failed is left out, and what was not seen is zero.
func TestMaxN(t *testing.T) {
	yes, no := true, false
	records := streamCounts(
		Deployment{OpCode: "A", Campaign: "c", SuccessfulCount: &yes}, Deployment{OpCode: "B", Campaign: "c", SuccessfulCount: &yes},
		Deployment{OpCode: "C", SuccessfulCount: &no}, Deployment{OpCode: "D"},
		seenCounts("A", 9, "coris", 2, "AD"), seenCounts("A", 5, "Coris", 1, "AD"), seenCounts("A", 5, "Coris", 1, "J"), seenCounts("A", 7, "Coris", 1, "AD"),
		seenCounts("A", 7, "", 1, ""), seenCounts("A", 8, "Parma", 0, ""), seenCounts("C", 1, "Notolabrus", 9, ""), seenCounts("D", 1, "Coris", 4, ""),
		seenCounts("E", 1, "Coris", 7, ""),
	)
	coris := Species{Family: "Labridae", Genus: "Coris", Species: "a"}
	unknown := Species{Family: "Labridae", Genus: "Unknown", Species: "a"}
	for _, c := range []struct {
		rule MaxNRule
		want []Count
	}{
		{MaxNRule{}, []Count{
			{Campaign: "c", OpCode: "A", Species: coris, Value: 2, Time: 5 * time.Second}, {Campaign: "c", OpCode: "A", Species: unknown, Value: 1, Time: 7 * time.Second},
			{Campaign: "c", OpCode: "B", Species: coris, Time: None}, {Campaign: "c", OpCode: "B", Species: unknown, Time: None}}},
		{MaxNRule{ByStage: true, NoZeros: true}, []Count{
			{Campaign: "c", OpCode: "A", Species: coris, Stage: "AD", Value: 2, Time: 9 * time.Second}, {Campaign: "c", OpCode: "A", Species: coris, Stage: "J", Value: 1, Time: 5 * time.Second},
			{Campaign: "c", OpCode: "A", Species: unknown, Value: 1, Time: 7 * time.Second}}},
		{MaxNRule{Unstated: true, NoZeros: true}, []Count{
			{Campaign: "c", OpCode: "A", Species: coris, Value: 2, Time: 5 * time.Second}, {Campaign: "c", OpCode: "A", Species: unknown, Value: 1, Time: 7 * time.Second},
			{OpCode: "D", Species: coris, Value: 4, Time: time.Second}, {OpCode: "E", Species: coris, Value: 7, Time: time.Second}}},
	} {
		got, err := MaxN(records, c.rule)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %v\ngot  %+v\nwant %+v", c.rule, err, got, c.want)
		}
	}
	broken := func(yield func(Record, error) bool) { yield(nil, errors.New("the file is torn")) }
	if got, err := MaxN(broken, MaxNRule{}); err == nil || got != nil {
		t.Errorf("a stream that fails: %v %v", got, err)
	}
	if got, err := Complaints(broken, CheckRule{}); err == nil || got != nil {
		t.Errorf("a stream that fails: %v %v", got, err)
	}
}

// The order of the sightings does not matter, and no frame has more than MaxN.
func TestMaxNProperties(t *testing.T) {
	yes := true
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var sightings []Record
		for range r.IntN(60) {
			sightings = append(sightings, seenCounts([]string{"A", "B"}[r.IntN(2)], r.IntN(5), []string{"Coris", "Parma", ""}[r.IntN(3)], r.IntN(4), ""))
		}
		deployments := []Record{Deployment{OpCode: "A", SuccessfulCount: &yes}, Deployment{OpCode: "B", SuccessfulCount: &yes}}
		want, _ := MaxN(streamCounts(append(slices.Clone(deployments), sightings...)...), MaxNRule{})
		type frame struct {
			opcode, genus string
			frame         int
		}
		sums := map[frame]int{}
		for _, s := range sightings {
			s := s.(Sighting)
			sums[frame{s.OpCode, s.Species.Normal().Genus, s.Frame}] += s.Number
		}
		for _, c := range want {
			most := 0
			for f, n := range sums {
				if f.opcode == c.OpCode && f.genus == c.Species.Genus {
					most = max(most, n)
				}
			}
			if float64(most) != c.Value {
				t.Fatalf("%+v, but a frame has %d", c, most)
			}
		}
		r.Shuffle(len(sightings), func(i, j int) { sightings[i], sightings[j] = sightings[j], sightings[i] })
		got, _ := MaxN(streamCounts(append(deployments, sightings...)...), MaxNRule{})
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("in another order\n%+v\nwant\n%+v", got, want)
		}
	}
}

func TestComplaints(t *testing.T) {
	yes := true
	minute := time.Minute
	outside := seenCounts("A", 3, "Coris", 1, "")
	outside.Period, outside.PeriodTime = "", None
	sync := Sighting{OpCode: "A", PeriodTime: None, Comment: "Sync"}
	got, err := Complaints(streamCounts(
		Deployment{OpCode: "A", SuccessfulCount: &yes, Periods: []Period{{Name: "1", From: 9 * minute, To: 69*minute + time.Second}}},
		Deployment{OpCode: "B", SuccessfulCount: &yes, Periods: []Period{{Name: "1", Open: true}, {Name: "2", To: 45 * minute}}},
		Deployment{OpCode: "C", Site: "reef"}, Deployment{OpCode: "D"},
		seenCounts("A", 1, "Coris", 0, ""), outside, sync, seenCounts("D", 1, "Parma", 1, ""), seenCounts("E", 1, "Coris", 1, ""),
	), CheckRule{Code: func(s Species) string { return map[string]string{"Coris": "37384045"}[s.Genus] }})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range got {
		lines = append(lines, c.String())
	}
	text := strings.Join(lines, "\n")
	want := []string{
		"A: points outside of the periods", "A: points without a number", "B: it is in the metadata but has no points", `B: period "1" has no end`,
		`B: period "2" is 45.00 minutes long, not 60`, "C: successful_count is missing", "D: it has points but is not in the metadata", "D: there is no period",
		"E: it has points but is not in the metadata", "the list has no CAAB code for Labridae Parma a",
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("nobody complains %q:\n%s", w, text)
		}
	}
	if strings.Contains(text, `A: period`) || strings.Contains(text, "Coris a\n") {
		t.Errorf("too much:\n%s", text)
	}
	if again, _ := Complaints(streamCounts(Deployment{OpCode: "A", SuccessfulCount: &yes, Periods: []Period{{To: 45 * minute}}}, seenCounts("A", 1, "Coris", 1, "")), CheckRule{Period: 45 * minute}); len(again) != 0 {
		t.Errorf("a period as long as it should be: %v", again)
	}
}
