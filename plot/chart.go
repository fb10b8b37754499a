package plot

import (
	_ "embed" // the style sheet
	"fmt"
	"html/template"
	"math"
	"strings"
	"unicode/utf8"
)

// CSS is the style of charts and of boxes over pictures.
//
//go:embed plot.css
var CSS string

// Chart is marks over two axes.
type Chart struct {
	ID    string // unique in the page
	Title string // its name, for those who cannot see it
	About string // what it shows, in a sentence, for them too
	Note  string // what it rests on, in its top right corner: "n = 120 boxes"
	W, H  float64
	X, Y  Axis
	Marks []Mark // drawn in their order; each takes the next colour, dash and shape, guides none
}

// Axis is one of the two.
type Axis struct {
	Label    string   // what is measured, with its unit: "soak time (min)"
	From, To float64  // the ends; where they are equal the axis is fitted to the marks
	Log      bool     // what is not above 0 is not drawn
	Zero     bool     // a fitted axis begins at 0 at the latest
	Tight    bool     // a fitted axis ends where the marks do, not at a tick
	Names    []string // of the places 0, 1, 2 ...: then the axis has no numbers
}

// A chart's sizes, in pixels of its own picture.
const (
	chartW, chartH = 460.0, 270.0
	letter         = 6.4 // width of a letter of the labels, on average
	row            = 18.0
	most           = 60 // letters of a name in the legend, 28 at an axis
)

// Draw draws the chart.
func (c Chart) Draw() template.HTML {
	d := c.layout()
	titleID, aboutID := c.ID+"-title", c.ID+"-about"
	d.Open("svg", A("class", "plot"), A("viewBox", fmt.Sprintf("0 0 %s %s", Num(c.width()), Num(c.height()))),
		A("role", "img"), A("aria-labelledby", titleID+" "+aboutID))
	d.Leaf("title", c.Title, A("id", titleID))
	d.Leaf("desc", c.About, A("id", aboutID))
	d.yAxis(c.Y)
	d.xAxis(c.X)
	d.legend()
	for i, m := range c.Marks {
		m.draw(d, d.looks[i])
	}
	if d.empty {
		d.Text("label middle", "nothing to show yet", (d.left+d.right)/2, (d.top+d.bottom)/2)
	}
	d.Close("svg")
	return d.HTML()
}

func (c Chart) width() float64 {
	if c.W > 0 {
		return c.W
	}
	return chartW
}

func (c Chart) height() float64 {
	if c.H > 0 {
		return c.H
	}
	return chartH
}

// drawing is a chart while it is drawn.
type drawing struct {
	SVG
	chart                    Chart
	left, right, top, bottom float64
	x, y                     Scale
	xTicks, yTicks           []float64
	xStep, yStep             float64
	looks                    []look // of each mark
	entries                  []entry
	slant                    bool // names of the places lie aslant
	empty                    bool
}

// entry is a line of the legend.
type entry struct {
	name string
	x, y float64
	mark Mark
	look look
}

// layout fits scales and margins to what is to be drawn.
func (c Chart) layout() *drawing {
	d := &drawing{chart: c}
	e := extent{xLog: c.X.Log, yLog: c.Y.Log, x: [2]float64{math.Inf(1), math.Inf(-1)}, y: [2]float64{math.Inf(1), math.Inf(-1)}}
	n := 0
	for _, m := range c.Marks {
		m.cover(&e)
		own := look{}
		switch m.(type) {
		case Guide, Symbol:
		default:
			own = lookOf(n)
			n++
		}
		d.looks = append(d.looks, own)
	}
	d.empty = e.x[0] > e.x[1] || e.y[0] > e.y[1]
	d.right = c.width() - 12
	d.bottom = c.height() - 46
	if c.X.Label == "" {
		d.bottom += row
	}
	d.x, d.xTicks, d.xStep = c.X.fit(e.x, 6)
	if last := labels(d.xTicks, d.xStep); len(last) > 0 {
		d.right = min(d.right, c.width()-letter*float64(utf8.RuneCountInString(last[len(last)-1]))/2-3)
	}
	d.y, d.yTicks, d.yStep = c.Y.fit(e.y, 5)
	wide := 0
	for _, text := range d.yLabels() {
		wide = max(wide, utf8.RuneCountInString(text))
	}
	d.left = 12 + letter*float64(wide)
	if c.Y.Label != "" {
		d.left += row
	}
	d.slanted()
	d.top = 12 + row*float64(d.place())
	d.x.At, d.x.End = d.left, d.right
	d.y.At, d.y.End = d.bottom, d.top
	if len(c.Y.Names) > 0 { // the first name on top
		d.y.At, d.y.End = d.top, d.bottom
	}
	return d
}

// slanted lays names of places aslant where they have no room side by side.
func (d *drawing) slanted() {
	names := d.chart.X.Names
	longest := 0.0
	for _, name := range names {
		longest = max(longest, letter*float64(utf8.RuneCountInString(short(name, 28))))
	}
	if len(names) > 0 && longest+6 > (d.right-d.left)/float64(len(names)) {
		d.slant = true
		d.bottom -= longest*0.5 - 4
		// So far as the first name reaches to the left, at 30°.
		d.left = max(d.left, (longest*0.87+12-d.right/float64(2*len(names)))/(1-1/float64(2*len(names))))
	}
}

// place puts the legend's entries in rows, and says how many.
func (d *drawing) place() (rows int) {
	x, y := d.left, 14.0
	edge := d.right
	if d.chart.Note != "" {
		edge -= letter*float64(utf8.RuneCountInString(d.chart.Note)) + 12
	}
	for i, m := range d.chart.Marks {
		name := short(m.name(), most)
		if name == "" {
			continue
		}
		wide := 26 + letter*float64(utf8.RuneCountInString(name)) + 14
		if x > d.left && x+wide > edge {
			x, y, edge = d.left, y+row, d.right
		}
		d.entries = append(d.entries, entry{name, x, y, m, d.looks[i]})
		x += wide
	}
	if len(d.entries) == 0 && d.chart.Note == "" {
		return 0
	}
	return int(math.Round((y-14)/row)) + 1
}

// fit is the scale of an axis, with its ticks and the step between them.
func (a Axis) fit(data [2]float64, many int) (s Scale, ticks []float64, step float64) {
	if n := len(a.Names); n > 0 {
		return Scale{From: -0.5, To: float64(n) - 0.5}, nil, 1
	}
	s = Scale{From: a.From, To: a.To, Log: a.Log}
	fitted := a.From == a.To
	if fitted {
		s.From, s.To = data[0], data[1]
		if a.Zero && !a.Log {
			s.From = min(s.From, 0)
		}
		if !(s.From <= s.To) { // nothing to show
			s.From, s.To = 0.1, 1
		}
	}
	if span := s.To - s.From; fitted && span > 0 && span < 1e-9*max(math.Abs(s.From), math.Abs(s.To)) {
		s.To = s.From // but for rounding
	}
	if a.Log {
		if fitted && s.To < s.From*10 { // at least a decade is shown
			s.From, s.To = s.From/2, s.To*2
		}
		if fitted && !a.Tight {
			s.From, s.To = math.Pow(10, math.Floor(math.Log10(s.From))), math.Pow(10, math.Ceil(math.Log10(s.To)))
		}
		return s, s.decades(many), 0
	}
	if fitted && !a.Tight {
		if s.From > 0 && s.From < 0.6*s.To {
			s.From = 0
		}
		if s.From == s.To {
			s.From, s.To = s.From-math.Max(0.5, math.Abs(s.From)/2), s.To+math.Max(0.5, math.Abs(s.To)/2)
			if a.Zero && data[0] >= 0 { // all of it at 0
				s.From, s.To = 0, max(s.To, 1)
			}
		}
		step = nice(s.To-s.From, many)
		s.From, s.To = math.Floor(s.From/step+1e-9)*step, math.Ceil(s.To/step-1e-9)*step
		s.From, s.To = min(s.From, data[0]), max(s.To, data[1]) // despite rounding
	}
	if s.From == s.To {
		s.To += max(1, math.Abs(s.To))
	}
	step = nice(s.To-s.From, many)
	return s, s.Ticks(step), step
}

func (d *drawing) yLabels() []string {
	if len(d.chart.Y.Names) > 0 {
		var out []string
		for _, name := range d.chart.Y.Names {
			out = append(out, short(name, 28))
		}
		return out
	}
	return labels(d.yTicks, d.yStep)
}

// labels writes ticks; those of a logarithmic scale (step 0) each by its own size.
func labels(ticks []float64, step float64) []string {
	var out []string
	for _, v := range ticks {
		each := step
		if step == 0 {
			each = math.Pow(10, math.Floor(math.Log10(v)+1e-9))
		}
		out = append(out, tick(v, each))
	}
	return out
}

func (d *drawing) yAxis(a Axis) {
	at := d.yTicks
	for i := range a.Names {
		at = append(at, float64(i))
	}
	for i, text := range d.yLabels() {
		y := d.y.Px(at[i])
		if len(a.Names) == 0 {
			d.Line("grid", d.left, y, d.right, y)
		}
		d.Text("tick end", text, d.left-7, y+4)
	}
	d.Line("axis", d.left, d.top, d.left, d.bottom)
	if a.Label != "" {
		d.Leaf("text", a.Label, A("class", "label middle"), A("transform", fmt.Sprintf("translate(13 %s) rotate(-90)", Num((d.top+d.bottom)/2))))
	}
}

func (d *drawing) xAxis(a Axis) {
	last := math.Inf(-1)
	for i, text := range labels(d.xTicks, d.xStep) {
		x := d.x.Px(d.xTicks[i])
		d.Line("axis", x, d.bottom, x, d.bottom+5)
		half := letter * float64(utf8.RuneCountInString(text)) / 2
		if x-half > last+4 { // one that has no room is left out
			d.Text("tick middle", text, x, d.bottom+19)
			last = x + half
		}
	}
	for i, name := range a.Names {
		x := d.x.Px(float64(i))
		if d.slant {
			d.Leaf("text", short(name, 28), A("class", "tick end"), A("transform", fmt.Sprintf("translate(%s %s) rotate(-30)", Num(x+5), Num(d.bottom+14))))
			continue
		}
		d.Text("tick middle", short(name, 28), x, d.bottom+19)
	}
	d.Line("axis", d.left, d.bottom, d.right, d.bottom)
	if a.Label != "" {
		d.Text("label middle", a.Label, (d.left+d.right)/2, d.chart.height()-7)
	}
}

func (d *drawing) legend() {
	for _, e := range d.entries {
		e.mark.key(d, e.look, e.x, e.y)
		d.Text("tick", e.name, e.x+26, e.y+4)
	}
	if d.chart.Note != "" {
		d.Text("tick end", d.chart.Note, d.right, 18)
	}
}

// short cuts a name to so many letters.
func short(name string, letters int) string {
	if utf8.RuneCountInString(name) <= letters {
		return name
	}
	return strings.TrimSpace(string([]rune(name)[:letters-1])) + "…"
}

// extent is how far marks reach; what is no number, or cannot be drawn, does not count.
type extent struct {
	xLog, yLog bool
	x, y       [2]float64
}

func (e *extent) add(x, y float64) {
	if !drawable(x, e.xLog) || !drawable(y, e.yLog) {
		return
	}
	e.x = [2]float64{min(e.x[0], x), max(e.x[1], x)}
	e.y = [2]float64{min(e.y[0], y), max(e.y[1], y)}
}

func drawable(v float64, log bool) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!log || v > 0)
}
