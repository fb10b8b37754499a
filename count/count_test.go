package count_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/track"
)

var update = flag.Bool("update", false, "write the golden files anew")

// second is the frame of a whole second, in a file that ticks in milliseconds.
func second(s int) frame.Instant {
	return frame.Instant{
		Time: time.Duration(s) * time.Second, PTS: int64(s) * 1000, Base: frame.Rational{Num: 1, Den: 1000},
	}
}

func animal(id int, name string, seconds ...int) track.Track {
	t := track.Track{ID: id, Taxon: name}
	for _, s := range seconds {
		t.Points = append(t.Points, track.Point{
			Instant:   second(s),
			Detection: detect.Detection{Box: frame.Box{X0: float64(10 * id), Y0: 20, X1: float64(10*id + 8), Y1: 26}, Taxon: name, Score: 0.75},
		})
	}
	return t
}

// example is the worked example of docs/science/counting.md.
func example() count.Input {
	in := count.Input{
		Tracks: []track.Track{
			animal(1, "Galeocerdo cuvier", 0, 1, 2, 3, 4),
			animal(2, "Galeocerdo cuvier", 4, 5, 9),
			animal(3, "Galeocerdo cuvier", 9, 10),
			animal(4, "Carcharhinus amblyrhynchos", 10),
			animal(5, "Lutjanus bohar", 3, 4, 5),
		},
		Gaps: []frame.Gap{{From: 6 * time.Second, To: 8 * time.Second, Reason: "3 damaged pictures"}},
		Taxa: taxon.List{
			{Name: "Galeocerdo cuvier", Common: "tiger shark", CAAB: "37018022", AphiaID: 105799, Role: taxon.Studied},
			{Name: "Carcharhinus amblyrhynchos", Common: "grey reef shark", Role: taxon.Studied},
			{Name: "Sphyrna lewini", Common: "scalloped hammerhead"},
			{Name: "Lutjanus bohar", Role: taxon.Context},
		},
		Period:   frame.Period{From: 2 * time.Second, To: 14 * time.Second},
		Every:    time.Second,
		Interval: 5 * time.Second,
		Duration: 12 * time.Second,
	}
	for _, s := range []int{0, 1, 2, 3, 4, 5, 8, 9, 10, 11} {
		in.Frames = append(in.Frames, second(s))
	}
	return in
}

func mustCount(t *testing.T, in count.Input) count.Result {
	t.Helper()
	r, err := count.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWorkedExample(t *testing.T) {
	r := mustCount(t, example())
	got, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	golden := filepath.Join("testdata", "example.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the worked example changed; if that is meant, run go test ./count -update and mend docs/science/counting.md\n%s", got)
	}
	var back count.Result
	if err := json.Unmarshal(want, &back); err != nil {
		t.Fatal(err)
	}
	again, _ := json.MarshalIndent(back, "", "  ")
	if !bytes.Equal(append(again, '\n'), want) {
		t.Error("reading the JSON and writing it again changes it")
	}
}

// The figures of the worked example, counted by hand, so that -update cannot
// make a wrong number right.
func TestWorkedExampleByHand(t *testing.T) {
	r := mustCount(t, example())
	if e := r.Effort; e.Frames != 8 || e.NotAnalysed.String() != "4.000" || e.Analysed.String() != "8.000" || math.Abs(e.Fraction-1./3) > 1e-12 {
		t.Errorf("effort %+v", e)
	}
	if len(r.Effort.Gaps) != 2 || r.Effort.Gaps[1].Kind != count.NotFilmed || r.Effort.Gaps[1].Reason != "period ends at 14s, the video at 12s" {
		t.Errorf("gaps %+v", r.Effort.Gaps)
	}
	if len(r.Taxa) != 3 || len(r.Uncounted) != 1 || r.Uncounted[0] != (count.Uncounted{Taxon: "Lutjanus bohar", Tracks: 1}) {
		t.Fatalf("taxa %+v, not counted %+v", r.Taxa, r.Uncounted)
	}
	tiger, grey, hammer := r.Taxa[0], r.Taxa[1], r.Taxa[2]
	if *tiger.MaxN != 2 || tiger.TMaxN.Time.String() != "4.000" || tiger.TMaxN.PeriodTime.String() != "2.000" || tiger.TFS.Time.String() != "2.000" {
		t.Errorf("tiger shark: MaxN %d at %v, first seen %v", *tiger.MaxN, tiger.TMaxN, tiger.TFS)
	}
	if *tiger.MeanCount != 1 { // 1+1+2+1+0+2+1+0 over 8
		t.Errorf("tiger shark: MeanCount %v", *tiger.MeanCount)
	}
	if got := perInterval(tiger); got != "2 2 -" {
		t.Errorf("tiger shark: MaxN per interval %s", got)
	}
	if len(tiger.Evidence.Individuals) != 2 || tiger.Evidence.Individuals[0].Track != 1 || tiger.Evidence.Individuals[1].Track != 2 {
		t.Errorf("tiger shark: evidence %+v", tiger.Evidence)
	}
	if *grey.MaxN != 1 || *grey.MeanCount != 0.125 || perInterval(grey) != "0 1 -" {
		t.Errorf("grey reef shark: %+v", grey)
	}
	if *hammer.MaxN != 0 || *hammer.MeanCount != 0 || hammer.TMaxN != nil || hammer.TFS != nil || hammer.Evidence != nil || perInterval(hammer) != "0 0 -" {
		t.Errorf("hammerhead, never seen: %+v", hammer)
	}
}

func perInterval(t count.Taxon) string {
	var out []string
	for _, n := range t.PerInterval {
		if n == nil {
			out = append(out, "-")
		} else {
			out = append(out, string(rune('0'+*n)))
		}
	}
	return strings.Join(out, " ")
}

// The page shows the same figures as the golden file.
func TestPageShowsTheWorkedExample(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "science", "counting.md"))
	if err != nil {
		t.Fatal(err)
	}
	r := mustCount(t, example())
	for _, tx := range r.Taxa {
		cells := []string{"*" + tx.Name + "*", count.Number(tx.MaxN), at(tx.TMaxN), at(tx.TFS), count.Decimal(*tx.MeanCount, 3)}
		row := "| " + strings.Join(cells, " | ") + " |"
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/science/counting.md lacks the row\n%s", row)
		}
	}
}

func at(m *count.Moment) string {
	if m == nil {
		return "never"
	}
	return m.Time.Text(0) + " s"
}

func TestNothingLookedAtIsNotZero(t *testing.T) {
	in := example()
	in.Frames, in.Tracks, in.Duration = nil, nil, 0
	in.Gaps = []frame.Gap{{Reason: "no moov box"}}
	in.Period = frame.Period{}
	r := mustCount(t, in)
	if r.Effort.Fraction != 1 || r.Effort.Complete() || len(r.Effort.Gaps) != 1 || r.Effort.Gaps[0].Reason != "no moov box" {
		t.Errorf("effort %+v", r.Effort)
	}
	for _, tx := range r.Taxa {
		if tx.MaxN != nil || tx.MeanCount != nil {
			t.Errorf("%s: MaxN and MeanCount must be null where nothing was looked at", tx.Name)
		}
	}
	text, _ := json.Marshal(r)
	if !strings.Contains(string(text), `"maxn":null`) {
		t.Errorf("MaxN is not null in %s", text)
	}
}

// Time in which no frame was looked at is not analysed, also where no gap says so.
func TestNoFrameAndNoGap(t *testing.T) {
	in := example()
	in.Frames, in.Tracks = nil, nil
	r := mustCount(t, in)
	var got []string
	for _, g := range r.Effort.Gaps {
		got = append(got, g.From.Text(0)+"-"+g.To.Text(0)+" "+g.Reason)
	}
	want := "2-6 no frame was looked at|6-8 3 damaged pictures|8-12 no frame was looked at|12-14 period ends at 14s, the video at 12s"
	if strings.Join(got, "|") != want || r.Effort.Analysed != 0 || r.Effort.Fraction != 1 {
		t.Errorf("effort %+v\nwant gaps %s", r.Effort, want)
	}
}

func TestPeriodAfterTheVideo(t *testing.T) {
	in := example()
	in.Tracks = nil
	in.Period = frame.Period{From: 70 * time.Second}
	r := mustCount(t, in)
	if g := r.Effort.Gaps; len(g) != 1 || g[0].Reason != "period begins at 1m10s, the video ends at 12s" || r.Effort.Fraction != 1 {
		t.Errorf("effort %+v", r.Effort)
	}
}

func TestGaps(t *testing.T) {
	const m = time.Minute
	in := count.Input{
		Every: time.Second, Duration: 58*m + 10*time.Second,
		Period: frame.Period{From: 2*m + 30*time.Second, To: 62*m + 30*time.Second},
		Gaps: []frame.Gap{
			{From: 170 * time.Second, To: 4 * m, Reason: "B"},
			{From: m, To: 3 * m, Reason: "A"},
			{From: m, To: 2 * m, Reason: "before the period"},
			{From: 10 * m, To: 11 * m, Reason: "C"},
			{From: 11 * m, To: 12 * m, Reason: "C"},
			{From: 12 * m, To: 13 * m, Reason: "D"},
			{From: 20 * m, To: 20 * m, Reason: "a chapter is missing"},
		},
	}
	in.Frames = []frame.Instant{second(300)}
	r := mustCount(t, in)
	var got []string
	for _, g := range r.Effort.Gaps {
		got = append(got, g.From.Text(0)+"-"+g.To.Text(0)+" "+g.Reason)
	}
	want := "150-240 A; B|600-720 C|720-780 D|1200-1200 a chapter is missing|3490-3750 period ends at 1h2m30s, the video at 58m10s"
	if strings.Join(got, "|") != want {
		t.Errorf("gaps\n%s\nwant\n%s", strings.Join(got, "|"), want)
	}
	if r.Effort.NotAnalysed.String() != "530.000" || r.Effort.Analysed+r.Effort.NotAnalysed != r.Period.Length() {
		t.Errorf("effort %+v", r.Effort)
	}
	if n := len(r.Intervals); n != 12 || r.Intervals[0].NotAnalysed.String() != "90.000" || r.Intervals[11].NotAnalysed.String() != "260.000" {
		t.Errorf("%d intervals: %+v", n, r.Intervals)
	}
}

func TestRefusesWhatContradictsItself(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*count.Input)
		says  string
	}{
		"frames out of order": {func(in *count.Input) { in.Frames[0], in.Frames[1] = in.Frames[1], in.Frames[0] }, "time order"},
		"a frame twice":       {func(in *count.Input) { in.Frames[3] = in.Frames[2] }, "listed twice"},
		"a point in a gap":    {func(in *count.Input) { in.Tracks = append(in.Tracks, animal(9, "Sphyrna lewini", 7)) }, "no frame was looked at"},
		"a track twice":       {func(in *count.Input) { in.Tracks = append(in.Tracks, in.Tracks[0]) }, "two tracks 1"},
		"two points a frame":  {func(in *count.Input) { in.Tracks = append(in.Tracks, animal(9, "Sphyrna lewini", 5, 5)) }, "two points"},
		"a taxon twice":       {func(in *count.Input) { in.Taxa = append(in.Taxa, in.Taxa[0]) }, "listed twice"},
		"no sampling":         {func(in *count.Input) { in.Every = 0 }, "sampling interval"},
		"a short interval":    {func(in *count.Input) { in.Interval = time.Millisecond }, "at least the sampling interval"},
		"a period backwards":  {func(in *count.Input) { in.Period = frame.Period{From: 5, To: 2} }, "ends before"},
	} {
		in := example()
		c.spoil(&in)
		if _, err := count.Of(in); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.says)
		}
	}
}

// A point that lies outside the period may lack its frame: the plan did not look there.
func TestPointsOutsideThePeriod(t *testing.T) {
	in := example()
	in.Frames = in.Frames[2:]
	if r := mustCount(t, in); *r.Taxa[0].MaxN != 2 {
		t.Errorf("MaxN %d", *r.Taxa[0].MaxN)
	}
}
