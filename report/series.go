package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"requin/count"
	"requin/plot"
)

// series draws the counts, the cumulative MaxN and the mark of MaxN.
func (p *timeline) series(r count.Result, t count.Taxon) {
	var line, area strings.Builder
	for _, s := range lookedAt(r) {
		x0, d := p.steps(t.Counts, s, r.Every)
		if d == "" {
			continue
		}
		line.WriteString(d)
		area.WriteString("M" + x0 + " " + plot.Num(plotBottom) + "L" + d[1:] + "V" + plot.Num(plotBottom) + "Z")
	}
	p.Leaf("path", "", plot.A("class", "area"), plot.A("d", area.String()))
	p.Leaf("path", "", plot.A("class", "cumulative"), plot.A("d", p.cumulative(r, t)))
	p.Leaf("path", "", plot.A("class", "count"), plot.A("d", line.String()))
	if t.TMaxN != nil {
		p.mark(t)
	}
}

// stretch is a part of the deployment, in which something was looked at.
type stretch struct{ from, to count.Seconds }

// lookedAt is the period less its gaps.
func lookedAt(r count.Result) []stretch {
	var out []stretch
	at := r.Period.From
	for _, g := range r.Effort.Gaps {
		if g.From > at {
			out = append(out, stretch{at, g.From})
		}
		at = max(at, g.To)
	}
	if at < r.Period.To {
		out = append(out, stretch{at, r.Period.To})
	}
	return out
}

// steps draws a series of counts within one stretch, as a path that begins at
// x0. Changes closer together than a quarter of a pixel become one upright line
// from the least to the most, so that a peak of a single frame stays visible and
// a long series at a high rate stays small.
func (p *timeline) steps(counts []count.Step, s stretch, every count.Seconds) (x0, d string) {
	from, n, known := s.from, 0, false
	var b strings.Builder
	column := func(t count.Seconds) float64 { return math.Round(p.x.Px(t.Duration().Seconds())*4) / 4 }
	var at float64
	var least, most int
	flush := func(next float64) {
		if least < most {
			fmt.Fprintf(&b, "V%sV%sV%s", plot.Num(p.y.Px(float64(least))), plot.Num(p.y.Px(float64(most))), plot.Num(p.y.Px(float64(n))))
		}
		b.WriteString("H" + plot.Num(next))
	}
	for _, c := range counts {
		if c.Time >= s.to {
			break
		}
		if c.Time <= from || !known || c.Time < s.from+every {
			// Before the stretch's first frame nothing is known: begin at the frame.
			n, known = c.N, true
			from = max(from, c.Time)
			continue
		}
		if b.Len() == 0 {
			at, least, most = column(from), n, n
			x0 = plot.Num(at)
			b.WriteString("M" + x0 + " " + plot.Num(p.y.Px(float64(n))))
		}
		if x := column(c.Time); x > at {
			flush(x)
			at, least, most = x, n, n
		}
		n, least, most = c.N, min(least, c.N), max(most, c.N)
	}
	if !known || from >= s.to {
		return "", ""
	}
	if b.Len() == 0 {
		at, least, most = column(from), n, n
		x0 = plot.Num(at)
		b.WriteString("M" + x0 + " " + plot.Num(p.y.Px(float64(n))))
	}
	flush(column(s.to))
	return x0, b.String()
}

// cumulative is the highest count so far, from the start of the period.
func (p *timeline) cumulative(r count.Result, t count.Taxon) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", plot.Num(p.x.Px(r.Period.From.Duration().Seconds())), plot.Num(p.y.Px(0)))
	for _, c := range t.Rises {
		fmt.Fprintf(&b, "H%sV%s", plot.Num(p.x.Px(c.Time.Duration().Seconds())), plot.Num(p.y.Px(float64(c.N))))
	}
	b.WriteString("H" + plot.Num(p.x.Px(r.Period.To.Duration().Seconds())))
	return b.String()
}

// mark is a dot at MaxN with its number and time, to the side that has room.
func (p *timeline) mark(t count.Taxon) {
	x, y := p.x.Px(t.TMaxN.Time.Duration().Seconds()), p.y.Px(float64(*t.MaxN))
	p.Leaf("circle", "", plot.A("class", "dot"), plot.A("cx", x), plot.A("cy", y), plot.A("r", 4.5))
	class := "mark"
	switch {
	case x > plotRight-90:
		class, x = "mark end", x+4
	case x < plotLeft+60:
		x -= 4
	default:
		class = "mark middle"
	}
	p.Text(class, fmt.Sprintf("MaxN %d at %s", *t.MaxN, clock(t.TMaxN.Time)), x, y-10)
}

// legend says what the lines are, above the plot.
func (p *timeline) legend(e count.Effort) {
	x := plotLeft
	entry := func(text string, draw func(x, y float64)) {
		draw(x, 17)
		p.Text("tick", text, x+28, 21)
		x += 28 + 6.6*float64(len(text)) + 22
	}
	entry("count in a frame", func(x, y float64) { p.Line("count", x, y, x+22, y) })
	entry("cumulative MaxN", func(x, y float64) { p.Line("cumulative", x, y, x+22, y) })
	entry("MaxN", func(x, y float64) {
		p.Leaf("circle", "", plot.A("class", "dot"), plot.A("cx", x+11), plot.A("cy", y), plot.A("r", 4.5))
	})
	if len(e.Gaps) > 0 {
		entry("not analysed", func(x, y float64) { p.Rect("gap", "", x, y-7, 22, 14) })
	}
	entry("start and end of the period", func(x, y float64) { p.Line("bound", x+11, y-8, x+11, y+8) })
}

func seconds(v float64) count.Seconds {
	return count.Seconds(math.Round(v*1000)) * count.Seconds(time.Millisecond)
}
