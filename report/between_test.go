package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/report"
)

// The page says what a denser look tells, beside a MaxN that it does not change; the table holds the same.
func TestBetween(t *testing.T) {
	n := 3
	at := count.Moment{Time: count.Seconds(75400 * time.Millisecond)}
	second := count.Seconds(time.Second)
	b := count.Between{Every: second / 5, Stretch: 10 * second, Stretches: 360, Frames: 1512, Looked: []count.Look{{Span: count.Span{To: 10 * second}}, {Span: count.Span{From: 70 * second, To: 80 * second}}},
		Taxa: []count.Shortfall{
			{Taxon: "Galeocerdo <cuvier>", MaxN: 3, Seen: 4, SeenAt: &at, Estimate: 4, Low: 4, High: 5, Level: 0.95, Mean: count.Average{Stretches: 1, Of: 40, Value: 0.123, Low: -0.004, High: 0.5}},
			{Taxon: "=ray", Estimate: 0, High: 1, Level: 0.95, Mean: count.Average{Stretches: 2, Of: 360}},
		}}
	counts := count.Result{Every: second, Taxa: []count.Taxon{{Name: "Galeocerdo <cuvier>", MaxN: &n}, {Name: "=ray", MaxN: new(int)}}}
	var page, table bytes.Buffer
	if err := report.Write(&page, report.Report{Deployment: "D1", Counts: counts, Between: &b}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 of 360 stretches of 10 s (20 s of the period) were looked at every 0.2 s besides every 1 s: 1,512 frames more.",
		`Galeocerdo &lt;cuvier&gt;</th><td class="n">3</td><td class="n"><strong>4</strong></td><td class="n">4 to 5</td><td class="n">4</td><td class="n">01:15</td><td class="n">0.12 (0.00 to 0.50)</td><td class="n">1 of 40</td>`,
		"1 studied taxon was seen at neither interval: estimated 0 (95 % 0 to 1)."} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if err := report.Between(&table, report.Run{Deployment: "D1"}, second, b); err != nil {
		t.Fatal(err)
	}
	want := `deployment,taxon,every_s,between_every_s,maxn,seen_between,seen_between_s,maxn_between_estimate,maxn_between_low,maxn_between_high,interval_level,mean_shortfall,mean_shortfall_low,mean_shortfall_high,stretches_with_looked_at,stretches_with,stretch_s,stretches_looked_at,stretches,looked_at_s,frames_between
D1,Galeocerdo <cuvier>,1.000000,0.200000,3,4,75.400000,4,4,5,0.9500,0.123,-0.004,0.500,1,40,10.000000,2,360,20.000000,1512
D1,'=ray,1.000000,0.200000,0,0,,0,0,1,0.9500,0.000,0.000,0.000,2,360,10.000000,2,360,20.000000,1512
`
	if table.String() != want {
		t.Errorf("the table is\n%s", table.String())
	}
	b.None, b.Taxa = "the video has no pictures between those that were looked at", nil
	page.Reset()
	if err := report.Write(&page, report.Report{Deployment: "D1", Counts: counts, Between: &b}); err != nil || !strings.Contains(page.String(), "There is no estimate, since the video has no pictures") {
		t.Errorf("%v: it does not say that there is no estimate", err)
	}
}
