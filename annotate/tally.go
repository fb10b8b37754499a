package annotate

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Tally is what people's statements come to of one deployment.
type Tally struct {
	OpCode string
	Length time.Duration // of what was counted; 0: not known
	Taxa   map[string]TaxonTally
	Frames []FrameTally // frames in which everything was marked (Look), in time order
}

// TaxonTally is what they come to of one taxon.
type TaxonTally struct {
	MaxN      float64
	From      string         // ByCounts, ByPoints or ByBoxes: what MaxN is from
	Unlooked  bool           // a machine's count or points are in it that nobody looked at: it is no truth
	MeanCount *float64       // over the frames in which everything was marked; nil: there are none
	TMaxN     *time.Duration // from the start of the deployment; nil: not stated, or never seen
	TFS       *time.Duration // time first seen
}

// What a MaxN may be from, the first there is.
const (
	ByCounts = "counts as stated" // Count
	ByPoints = "points"           // Sighting, by CheckEM's rule
	ByBoxes  = "boxes"            // Mark, of the frames that have any
)

// FrameTally is how many of each taxon were marked in one frame; a taxon that is not in
// it was not there.
type FrameTally struct {
	Time   time.Duration // from the start of the deployment
	Counts map[string]int
}

// Tallies counts what people stated, deployment by deployment, in the order of the stream. taxon
// names the taxon that a label means; "" leaves it out. MaxN is the count as
// stated where there is one, else out of the points (MaxN, with Unstated), else the
// most boxes in one frame. Every taxon that the stream names in statements of a kind was
// looked for wherever there are statements of that kind: it has a zero there.
//
// Boxes count in the first period of their deployment only, in the frames that have a
// mark or a Look; a track is there between its key frames (Between). Marks that are
// outside, around several animals, or of a whole picture, do not count. The only errors are those of the
// stream.
func Tallies(records Records, taxon func(label string) string) ([]Tally, error) {
	t := tallies{taxon: taxon, known: map[string]*tallying{}, media: map[string]Media{}, named: map[string]string{}, boxed: map[string]bool{}}
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		t.add(record)
	}
	points, err := MaxN(records, MaxNRule{Unstated: true})
	if err != nil {
		return nil, err
	}
	return t.tally(points), nil
}

type tallies struct {
	taxon func(string) string
	order []string
	known map[string]*tallying
	media map[string]Media
	named map[string]string // media and track to its taxon
	boxed map[string]bool   // taxa that have boxes
}

// tallying is one deployment while its statements are read.
type tallying struct {
	Deployment
	stated map[string]TaxonTally
	first  map[string]time.Duration // of sightings
	marks  map[string][]Mark        // by media
	looks  map[string][]Look
	alone  map[string]bool // taxa with a box that nobody looked at
}

func (t *tallies) of(opcode string) *tallying {
	d := t.known[opcode]
	if d == nil {
		d = &tallying{Deployment: Deployment{OpCode: opcode}, stated: map[string]TaxonTally{}, first: map[string]time.Duration{}, marks: map[string][]Mark{}, looks: map[string][]Look{}, alone: map[string]bool{}}
		t.known[opcode] = d
		t.order = append(t.order, opcode)
	}
	return d
}

func (t *tallies) add(record Record) {
	switch r := record.(type) {
	case Deployment:
		d := t.of(r.OpCode)
		d.Deployment = r
	case Media:
		t.media[r.Name] = r
	case Track:
		t.named[r.Media+"\x00"+r.ID] = Best(r.Names)
	case Mark:
		if d := t.at(r.Media); d != nil {
			d.marks[r.Media] = append(d.marks[r.Media], r)
		}
	case Look:
		if d := t.at(r.Media); d != nil {
			d.looks[r.Media] = append(d.looks[r.Media], r)
		}
	case Sighting:
		if name := t.taxon(r.Species.Scientific()); name != "" && r.Time >= 0 && r.Number > 0 {
			d := t.of(r.OpCode)
			if have, ok := d.first[name]; !ok || r.Time < have {
				d.first[name] = r.Time
			}
		}
	case Count:
		if name := t.taxon(cmp.Or(r.Label, r.Species.Scientific())); name != "" && (r.Metric == "" || r.Metric == "MaxN") && r.Media == "" {
			c := TaxonTally{MaxN: r.Value, From: ByCounts, Unlooked: Unlooked(r), TMaxN: timeOf(r.Time, r.Value)}
			if have := t.of(r.OpCode).stated[name]; have.From != "" { // by stage, or of several names of one taxon
				c.MaxN, c.TMaxN, c.Unlooked = c.MaxN+have.MaxN, nil, c.Unlooked || have.Unlooked
			}
			t.of(r.OpCode).stated[name] = c
		}
	}
}

// at is the deployment that a media belongs to; nil where nobody said.
func (t *tallies) at(media string) *tallying {
	if m, ok := t.media[media]; ok && m.Deployment != "" {
		return t.of(m.Deployment)
	}
	return nil
}

// timeOf is a time that means something: stated, of a number above 0.
func timeOf(at time.Duration, n float64) *time.Duration {
	if at < 0 || n <= 0 {
		return nil
	}
	return &at
}

func (t *tallies) tally(points []Count) []Tally {
	pointed := map[string][]Count{}
	for _, c := range points {
		pointed[c.OpCode] = append(pointed[c.OpCode], c)
	}
	for _, d := range t.known {
		for media, marks := range d.marks {
			for _, m := range marks {
				if name := t.taxon(t.label(media, m)); name != "" {
					t.boxed[name] = true
					d.alone[name] = d.alone[name] || Unlooked(m)
				}
			}
		}
	}
	counted := map[string]bool{}
	for _, d := range t.known {
		for name := range d.stated {
			counted[name] = true
		}
	}
	var out []Tally
	for _, opcode := range t.order {
		d := t.known[opcode]
		if d.SuccessfulCount != nil && !*d.SuccessfulCount {
			continue
		}
		one := Tally{OpCode: opcode, Length: d.length(), Taxa: map[string]TaxonTally{}}
		t.boxes(d, &one)
		t.points(d, pointed[opcode], &one)
		if len(d.stated) > 0 {
			for name := range counted {
				c := d.stated[name]
				c.From, c.MeanCount, c.TFS = ByCounts, one.Taxa[name].MeanCount, one.Taxa[name].TFS
				one.Taxa[name] = c
			}
		}
		out = append(out, one)
	}
	return out
}

// label is what a mark, or its track, is called.
func (t *tallies) label(media string, m Mark) string {
	return cmp.Or(Best(m.Names), t.named[media+"\x00"+m.Track])
}

// points takes MaxN out of sightings in the place of that of boxes.
func (t *tallies) points(d *tallying, points []Count, into *Tally) {
	sums := map[string]TaxonTally{}
	for _, c := range points {
		if name := t.taxon(c.Species.Scientific()); name != "" {
			x := TaxonTally{MaxN: sums[name].MaxN + c.Value, From: ByPoints, Unlooked: sums[name].Unlooked || Unlooked(c), TMaxN: timeOf(c.Time, c.Value)}
			if sums[name].From != "" {
				x.TMaxN = nil
			}
			sums[name] = x
		}
	}
	for name, x := range sums {
		x.MeanCount = into.Taxa[name].MeanCount
		if at, ok := d.first[name]; ok {
			x.TFS = &at
		}
		into.Taxa[name] = x
	}
}

// boxes counts marks, frame by frame.
func (t *tallies) boxes(d *tallying, into *Tally) {
	var all, looked []FrameTally
	for _, media := range slices.Sorted(maps.Keys(d.media())) {
		frames, complete := t.frames(d, media)
		all, looked = append(all, frames...), append(looked, complete...)
	}
	if len(all) == 0 {
		return
	}
	byTime := func(a, b FrameTally) int { return cmp.Compare(a.Time, b.Time) }
	slices.SortStableFunc(all, byTime)
	slices.SortStableFunc(looked, byTime)
	into.Frames = looked
	for name := range t.boxed {
		x := TaxonTally{From: ByBoxes, Unlooked: d.alone[name]}
		for _, f := range all {
			n := f.Counts[name]
			if n > 0 && x.TFS == nil {
				x.TFS = &f.Time
			}
			if float64(n) > x.MaxN {
				x.MaxN, x.TMaxN = float64(n), &f.Time
			}
		}
		if len(looked) > 0 {
			sum := 0
			for _, f := range looked {
				sum += f.Counts[name]
			}
			mean := float64(sum) / float64(len(looked))
			x.MeanCount = &mean
		}
		into.Taxa[name] = x
	}
}

// media are those that have marks or looks.
func (d *tallying) media() map[string]bool {
	out := map[string]bool{}
	for m := range d.marks {
		out[m] = true
	}
	for m := range d.looks {
		out[m] = true
	}
	return out
}

// frames counts the marks of one media in each frame that has any, or a Look; complete
// are those with a Look.
func (t *tallies) frames(d *tallying, name string) (all, complete []FrameTally) {
	m := t.media[name]
	offset := d.offset(name)
	type key struct {
		frame int
		time  time.Duration
	}
	of := func(frame int, at time.Duration) key {
		if frame >= 0 {
			return key{frame, 0}
		}
		return key{-1, at}
	}
	counts := map[key]FrameTally{}
	open := func(k key, at time.Duration, ok bool) bool {
		if _, there := counts[k]; !there && ok && offset != None && d.inPeriod(offset+at) {
			counts[k] = FrameTally{Time: offset + at, Counts: map[string]int{}}
		}
		_, there := counts[k]
		return there
	}
	looked := map[key]bool{}
	for _, l := range d.looks[name] {
		at, ok := l.At(m.Rate)
		k := of(l.Frame, l.Time)
		looked[k] = open(k, at, ok)
	}
	tracks := map[string][]Mark{}
	for _, x := range d.marks[name] {
		at, ok := x.At(m.Rate)
		k := of(x.Frame, x.Time)
		if !open(k, at, ok) || x.Crowd || x.Shape.Kind == WholePic {
			continue
		}
		if x.Track != "" && x.Frame >= 0 {
			tracks[x.Track] = append(tracks[x.Track], x)
		} else if taxon := t.taxon(t.label(name, x)); taxon != "" && !x.Outside {
			counts[k].Counts[taxon]++
		}
	}
	for _, marks := range tracks {
		slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Compare(a.Frame, b.Frame) })
		taxon := t.taxon(t.label(name, marks[0]))
		if taxon == "" {
			continue
		}
		for k, f := range counts {
			if k.frame < marks[0].Frame || k.frame > marks[len(marks)-1].Frame {
				continue
			}
			if _, there := Between(marks, k.frame); there {
				f.Counts[taxon]++
			}
		}
	}
	for k, f := range counts {
		all = append(all, f)
		if looked[k] {
			complete = append(complete, f)
		}
	}
	return all, complete
}

// offset is when a media begins in its deployment; None where nobody knows.
func (d *tallying) offset(media string) time.Duration {
	for _, c := range d.Chapters {
		if strings.EqualFold(path.Base(c.Path), path.Base(media)) {
			return c.Offset
		}
	}
	return 0
}

// inPeriod tells whether a time lies in the period that counts, the first.
func (d *tallying) inPeriod(at time.Duration) bool {
	if len(d.Periods) == 0 {
		return true
	}
	p := d.Periods[0]
	return at >= p.From && (p.Open || at < p.To)
}

// length is how long what counts is: the first period, else the chapters together.
func (d *tallying) length() time.Duration {
	if len(d.Periods) > 0 && !d.Periods[0].Open {
		return d.Periods[0].To - d.Periods[0].From
	}
	var end time.Duration
	for _, c := range d.Chapters {
		if at, known := c.End(); known {
			end = max(end, at)
		}
	}
	if len(d.Periods) > 0 {
		end -= d.Periods[0].From
	}
	return max(end, 0)
}
