package report

import (
	"strconv"

	"requin/count"
)

// Above so many changes a count is given by so many stretches of time: the page would be large.
const mostSteps, stretches = 4000, 600

// timelineData is what the drawing of a count over time shows: each change of the count and of the highest so far, and what was not
// analysed. Times are seconds of the deployment.
func timelineData(r count.Result, t count.Taxon) [][]string {
	out := [][]string{{"kind", "time_s", "to_s", "individuals", "reason"}}
	if len(t.Counts) <= mostSteps {
		for _, c := range t.Counts {
			out = append(out, []string{"count from here on", c.Time.Text(6), "", strconv.Itoa(c.N), ""})
		}
	} else {
		out = append(out, thinned(r.Period, t.Counts)...)
	}
	for _, c := range t.Rises {
		out = append(out, []string{"cumulative MaxN from here on", c.Time.Text(6), "", strconv.Itoa(c.N), ""})
	}
	if t.TMaxN != nil {
		out = append(out, []string{"MaxN", t.TMaxN.Time.Text(6), "", whole(t.MaxN), ""})
	}
	for _, g := range r.Effort.Gaps {
		out = append(out, []string{kindWords(g.Kind), g.From.Text(6), g.To.Text(6), "", g.Reason})
	}
	return append(out, []string{"period", r.Period.From.Text(6), r.Period.To.Text(6), "", ""})
}

// thinned is the least and the most of a count that changes often in each of some stretches of the period.
func thinned(period count.Span, counts []count.Step) (out [][]string) {
	at, now := 0, counts[0].N
	for i := range stretches {
		from, to := period.From+period.Length()*count.Seconds(i)/stretches, period.From+period.Length()*count.Seconds(i+1)/stretches
		least, most := now, now
		for at < len(counts) && counts[at].Time < to {
			now = counts[at].N
			least, most = min(least, now), max(most, now)
			at++
		}
		out = append(out, []string{"least count", from.Text(6), to.Text(6), strconv.Itoa(least), ""}, []string{"most", from.Text(6), to.Text(6), strconv.Itoa(most), ""})
	}
	return out
}

// barsData is MaxN of a taxon in each deployment.
func (s Survey) barsData(name string) [][]string {
	out := [][]string{{"campaign", "opcode", "taxon", "maxn", "maxn_low", "maxn_high", "status", "note"}}
	for _, d := range s.Deployments {
		row := []string{d.Campaign, d.OpCode, name, "", "", "", "", ""}
		t, ok := d.of(name)
		if !ok || t.MaxN == nil {
			row[7] = d.blank(name)
		} else {
			row[3], row[6] = whole(t.MaxN), string(t.Status())
			if b := t.Bounds(); b != nil {
				row[4], row[5] = strconv.Itoa(b.Low), strconv.Itoa(b.High)
			}
		}
		out = append(out, row)
	}
	return out
}

// mapData is where the deployments on the map are, and what was counted there.
func (s Survey) mapData() [][]string {
	out := [][]string{{"campaign", "opcode", "latitude_dd", "longitude_dd", "sum_of_maxn", "counts"}}
	on, _ := located(s.Deployments)
	for _, d := range on {
		sum := ""
		if d.Counts != nil {
			sum = strconv.Itoa(d.sum())
		}
		out = append(out, []string{d.Campaign, d.OpCode, degrees(*d.Latitude), degrees(*d.Longitude), sum, state([]Deployment{d})})
	}
	return out
}

func degrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// stripsData is what some deployments' strips show, in seconds of each.
func stripsData(some []Deployment) [][]string {
	out := [][]string{{"campaign", "opcode", "kind", "from_s", "to_s", "reason"}}
	for _, d := range some {
		add := func(kind string, from, to count.Seconds, reason string) {
			out = append(out, []string{d.Campaign, d.OpCode, kind, from.Text(6), to.Text(6), reason})
		}
		filmed := d.Filmed
		if d.Counts != nil {
			filmed = max(filmed, d.Counts.Duration)
		}
		add("filmed", 0, filmed, d.Why)
		if d.Counts == nil {
			continue
		}
		add("period", d.Counts.Period.From, d.Counts.Period.To, "")
		for _, g := range d.Counts.Effort.Gaps {
			add(kindWords(g.Kind), g.From, g.To, g.Reason)
		}
	}
	return out
}

// draw makes the figures of a survey's page.
func (v *surveyView) draw() (err error) {
	f := newFigures(styleText, surveyStyle)
	if drawing := v.siteMap(); drawing != "" {
		if v.Map, err = f.add("map", drawing, v.mapData()); err != nil {
			return err
		}
	}
	for i, t := range v.Taxa {
		if v.Taxa[i].shownFigure, err = f.add("maxn "+t.Name, v.bars(t.Name, t.ID), v.barsData(t.Name)); err != nil {
			return err
		}
	}
	for _, strip := range v.strips() {
		drawn, err := f.add("what was analysed", strip.drawing, stripsData(strip.of))
		if err != nil {
			return err
		}
		v.Strips = append(v.Strips, drawn)
	}
	return nil
}
