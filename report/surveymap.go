package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"requin/count"
	"requin/plot"
)

// The map, in pixels of its own picture.
const (
	mapW, mapLeft, mapRight, mapTop = 920.0, 66.0, 12.0, 12.0
	mapBottom                       = 84.0 // under it: degrees, legend
	mapLeast, mapMost               = 240.0, 560.0
	mapMargin                       = 34.0 // that no place is nearer to the frame than
	dotLeast, dotMost               = 5.0, 15.0
	oneDot                          = 14.0    // places nearer than so many pixels are one dot
	kmPerDegree                     = 111.195 // of a great circle: a sphere of 6,371.0 km
	spanLeast                       = 0.02    // degrees that are shown at the least: 2 km
)

// chart is an equirectangular map: degrees of longitude are shortened by the cosine of the latitude in its middle, so
// that lengths near there are right both ways.
type chart struct {
	plot.SVG
	west, north    float64 // degrees at the frame's top left corner; west may lie beyond 180
	perLat, shrink float64 // pixels a degree of latitude; degrees of longitude are as much times shrink
	w, h           float64 // of the frame
}

// place is one dot: a deployment, or several that are too near each other to be told apart.
type place struct {
	x, y  float64
	of    []Deployment
	sum   int // of MaxN
	state string
}

// located are the deployments with coordinates that are on Earth.
func located(all []Deployment) (on, off []Deployment) {
	for _, d := range all {
		if d.Latitude != nil && d.Longitude != nil && math.Abs(*d.Latitude) <= 90 && math.Abs(*d.Longitude) <= 180 {
			on = append(on, d)
		} else {
			off = append(off, d)
		}
	}
	return on, off
}

// siteMap draws where the deployments are; "" where none has coordinates.
func (s Survey) siteMap() template.HTML {
	on, _ := located(s.Deployments)
	if len(on) == 0 {
		return ""
	}
	c := newChart(on)
	places := c.places(on)
	c.Open("svg", plot.A("class", "plot map"), plot.A("viewBox", fmt.Sprintf("0 0 %g %s", mapW, plot.Num(mapTop+c.h+mapBottom))),
		plot.A("role", "img"), plot.A("aria-labelledby", "map-title map-desc"))
	c.Leaf("title", "Map of the deployments", plot.A("id", "map-title"))
	c.Leaf("desc", c.about(on, places), plot.A("id", "map-desc"))
	c.graticule()
	c.dots(s, places)
	c.scaleBar()
	c.legend()
	c.Close("svg")
	return c.HTML()
}

// newChart fits a map to deployments.
func newChart(on []Deployment) *chart {
	south, north := 90.0, -90.0
	for _, d := range on {
		south, north = min(south, *d.Latitude), max(north, *d.Latitude)
	}
	west, east := longitudes(on)
	c := &chart{w: mapW - mapLeft - mapRight}
	middle := (south + north) / 2
	c.shrink = max(math.Cos(middle*math.Pi/180), 0.02) // at the poles
	lat, lon := max(north-south, spanLeast), max((east-west)*c.shrink, spanLeast)
	c.perLat = min((c.w-2*mapMargin)/lon, (mapMost-2*mapMargin)/lat)
	c.h = min(max(lat*c.perLat+2*mapMargin, mapLeast), mapMost)
	c.north = middle + c.h/2/c.perLat
	c.west = (west+east)/2 - c.w/2/(c.perLat*c.shrink)
	return c
}

// longitudes are the ends of the shorter way around the Earth that holds all; east may be over 180.
func longitudes(on []Deployment) (west, east float64) {
	ends := func(shift bool) (west, east float64) {
		west, east = math.Inf(1), math.Inf(-1)
		for _, d := range on {
			lon := *d.Longitude
			if shift && lon < 0 {
				lon += 360
			}
			west, east = min(west, lon), max(east, lon)
		}
		return west, east
	}
	west, east = ends(false)
	if w, e := ends(true); e-w < east-west {
		return w, e
	}
	return west, east
}

func (c *chart) x(lon float64) float64 {
	if lon < c.west && lon+360 <= c.west+c.w/(c.perLat*c.shrink) {
		lon += 360
	}
	return mapLeft + (lon-c.west)*c.perLat*c.shrink
}

func (c *chart) y(lat float64) float64 { return mapTop + (c.north-lat)*c.perLat }

// places joins deployments that would hide one another.
func (c *chart) places(on []Deployment) []place {
	var out []place
next:
	for _, d := range on {
		x, y := c.x(*d.Longitude), c.y(*d.Latitude)
		for i, p := range out {
			if math.Hypot(p.x-x, p.y-y) < oneDot {
				out[i].of = append(out[i].of, d)
				continue next
			}
		}
		out = append(out, place{x: x, y: y, of: []Deployment{d}})
	}
	for i := range out {
		for _, d := range out[i].of {
			out[i].sum += d.sum()
		}
		out[i].state = state(out[i].of)
	}
	return out
}

// sum is that of a deployment's MaxN over its studied taxa.
func (d Deployment) sum() (n int) {
	if d.Counts != nil {
		for _, t := range d.Counts.Taxa {
			if t.MaxN != nil {
				n += *t.MaxN
			}
		}
	}
	return n
}

// The states of a place on the map.
const (
	placeNone      = "none"      // nothing is counted
	placeMachine   = "machine"   // nobody looked
	placeReviewed  = "reviewed"  // people looked at some
	placeCertified = "certified" // every number is
	placeDisputed  = "disputed"  // some number is
)

// state is how far the counts of some deployments may be trusted together.
func state(of []Deployment) string {
	n := Survey{Deployments: of}.Totals()
	switch all := n.Numbers(); {
	case all == 0:
		return placeNone
	case n.Counts[count.Disputed] > 0:
		return placeDisputed
	case n.Counts[count.Certified] == all && n.Counted == len(of):
		return placeCertified
	case n.Counts[count.Machine] == all:
		return placeMachine
	}
	return placeReviewed
}

func (c *chart) about(on []Deployment, places []place) string {
	west, east := longitudes(on)
	south, north := 90.0, -90.0
	for _, d := range on {
		south, north = min(south, *d.Latitude), max(north, *d.Latitude)
	}
	return fmt.Sprintf("%s at %s, from %s to %s and from %s to %s. Equirectangular.", plural(len(on), "deployment", "deployments"), plural(len(places), "place", "places"),
		degreesText(south, "NS", 0.1), degreesText(north, "NS", 0.1), degreesText(west, "EW", 0.1), degreesText(east, "EW", 0.1))
}

// graticuleSteps are the distances of its lines, in minutes of arc.
var graticuleSteps = []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600}

// graticule draws the parallels and meridians, and the frame.
func (c *chart) graticule() {
	lon := plot.Scale{From: c.west * 60, To: (c.west + c.w/(c.perLat*c.shrink)) * 60, At: mapLeft, End: mapLeft + c.w}
	lat := plot.Scale{From: (c.north - c.h/c.perLat) * 60, To: c.north * 60, At: mapTop + c.h, End: mapTop}
	step := max(lon.Step(12, graticuleSteps...), lat.Step(8, graticuleSteps...))
	for _, v := range lon.Ticks(step) {
		c.Line("grid", lon.Px(v), mapTop, lon.Px(v), mapTop+c.h)
		if x := lon.Px(v); x > mapLeft+20 && x < mapLeft+c.w-20 {
			c.Text("tick middle", degreesText(v/60, "EW", step), x, mapTop+c.h+16)
		}
	}
	for _, v := range lat.Ticks(step) {
		c.Line("grid", mapLeft, lat.Px(v), mapLeft+c.w, lat.Px(v))
		c.Text("tick end", degreesText(v/60, "NS", step), mapLeft-6, lat.Px(v)+4)
	}
	c.Rect("frame", "", mapLeft, mapTop, c.w, c.h)
}

// degreesText writes a latitude ("NS") or longitude ("EW") in degrees and minutes: 22°18′S. step is in minutes, and says how
// exact it has to be.
func degreesText(v float64, sides string, step float64) string {
	for sides == "EW" && v > 180 {
		v -= 360
	}
	side := sides[:1]
	if v < 0 {
		side, v = sides[1:], -v
	}
	decimals := 0
	if step < 1 {
		decimals = 1
	}
	unit := math.Pow(10, float64(decimals))
	minutes := math.Round(v * 60 * unit)
	degrees := math.Floor(minutes / unit / 60)
	rest := minutes/unit - degrees*60
	if degrees == 0 && rest == 0 || degrees == 180 {
		side = ""
	}
	if step >= 60 && rest == 0 {
		return fmt.Sprintf("%.0f°%s", degrees, side)
	}
	return fmt.Sprintf("%.0f°%0*.*f′%s", degrees, 2+decimals+min(decimals, 1), decimals, rest, side)
}

// box is a rectangle of the drawing that is taken.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) meets(o box) bool { return b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1 }

// dots draws the places, and their names where there is room.
func (c *chart) dots(s Survey, places []place) {
	most := 1
	for _, p := range places {
		most = max(most, p.sum)
	}
	var taken []box
	radius := make([]float64, len(places))
	for i, p := range places {
		radius[i] = dotLeast + (dotMost-dotLeast)*math.Sqrt(float64(p.sum)/float64(most))
		taken = append(taken, box{p.x - radius[i], p.y - radius[i], p.x + radius[i], p.y + radius[i]})
	}
	taken = append(taken, c.barBox())
	for i, p := range places {
		c.dot(p.state, c.tip(s, p), p.x, p.y, radius[i])
	}
	for i, p := range places {
		name := s.label(p.of[0])
		if n := len(p.of); n > 1 {
			name = fmt.Sprintf("%s +%d", name, n-1)
		}
		wide := bolder * width(name)
		r := radius[i] + 4
		for _, at := range []struct {
			class string
			b     box
			x, y  float64
		}{
			{"mark", box{p.x + r, p.y - 7, p.x + r + wide, p.y + 7}, p.x + r, p.y + 4},
			{"mark end", box{p.x - r - wide, p.y - 7, p.x - r, p.y + 7}, p.x - r, p.y + 4},
			{"mark middle", box{p.x - wide/2, p.y - r - 13, p.x + wide/2, p.y - r}, p.x, p.y - r - 2},
			{"mark middle", box{p.x - wide/2, p.y + r, p.x + wide/2, p.y + r + 13}, p.x, p.y + r + 10},
		} {
			if c.free(at.b, taken) {
				c.Text(at.class, name, at.x, at.y)
				taken = append(taken, at.b)
				break
			}
		}
	}
}

func (c *chart) free(b box, taken []box) bool {
	if b.x0 < mapLeft+2 || b.x1 > mapLeft+c.w-2 || b.y0 < mapTop+2 || b.y1 > mapTop+c.h-2 {
		return false
	}
	for _, t := range taken {
		if b.meets(t) {
			return false
		}
	}
	return true
}

// tip lists the deployments of a place.
func (c *chart) tip(s Survey, p place) string {
	var lines []string
	for _, d := range p.of {
		said := "not counted: " + d.Why
		if d.Counts != nil {
			said = Standings(*d.Counts)
		}
		lines = append(lines, s.label(d)+": "+said)
	}
	return strings.Join(lines, "\n")
}

// dot draws a place so that its state is seen without colour: full, half, hollow, struck out, or a cross.
func (c *chart) dot(state, tip string, x, y, r float64) {
	c.Open("g", plot.A("class", "place "+state))
	c.Leaf("title", tip)
	if state == placeNone {
		c.Line("stroke", x-r, y-r, x+r, y+r)
		c.Line("stroke", x-r, y+r, x+r, y-r)
		c.Close("g")
		return
	}
	c.Leaf("circle", "", plot.A("class", "disc"), plot.A("cx", x), plot.A("cy", y), plot.A("r", r))
	switch state {
	case placeReviewed:
		c.Leaf("path", "", plot.A("class", "half"), plot.A("d", fmt.Sprintf("M%s %sA%s %[3]s 0 0 0 %[1]s %[4]sZ", plot.Num(x), plot.Num(y-r), plot.Num(r), plot.Num(y+r))))
	case placeDisputed:
		c.Line("stroke", x-r*0.7, y+r*0.7, x+r*0.7, y-r*0.7)
	}
	c.Close("g")
}

// barBox is where the scale bar stands: in the lower left corner.
func (c *chart) barBox() box {
	return box{mapLeft + 8, mapTop + c.h - 34, mapLeft + 190, mapTop + c.h - 4}
}

// scaleBar is so many kilometres along the parallel in the middle of the map.
func (c *chart) scaleBar() {
	perKm := c.perLat / kmPerDegree
	km, text := 0.1, ""
	for _, unit := range []float64{0.1, 1, 10, 100, 1000} {
		for _, k := range []float64{1, 2, 5} {
			if k*unit*perKm <= 150 {
				km = k * unit
			}
		}
	}
	if text = fmt.Sprintf("%g km", km); km < 1 {
		text = fmt.Sprintf("%.0f m", km*1000)
	}
	x, y := mapLeft+16, mapTop+c.h-14
	c.Line("scalebar", x, y, x+km*perKm, y)
	c.Line("scalebar", x, y-4, x, y+4)
	c.Line("scalebar", x+km*perKm, y-4, x+km*perKm, y+4)
	c.Text("mark middle", text, x+km*perKm/2, y-6)
}

// legend says what a dot looks like.
func (c *chart) legend() {
	x, y := mapLeft, mapTop+c.h+44
	for _, e := range []struct{ state, text string }{
		{placeCertified, "every count certified"}, {placeReviewed, "people looked at some"}, {placeMachine, "machine: nobody looked"},
		{placeDisputed, "some count disputed"}, {placeNone, "not counted"},
	} {
		c.dot(e.state, e.text, x+7, y, 6)
		c.Text("tick", e.text, x+18, y+4)
		x += 18 + width(e.text) + 12
	}
	c.Text("tick", "The larger a dot, the larger the sum of MaxN over the studied taxa. +2: two more at this place. A name without room is left out.", mapLeft, y+24)
}
