package eval

import (
	"iter"
	"maps"
	"slices"
	"sort"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/taxon"
	"requin/uncertainty"
)

// ClipUnder is the length under which a deployment is a clip: long enough for any clip
// around a presence, short enough for any baited station.
const ClipUnder = 10 * time.Minute

// sameFrame is how far apart the times of one frame may be by people and by machine.
const sameFrame = 40 * time.Millisecond

// What is compared.
const (
	AmongDeployments = "deployments"
	AmongClips       = "clips"
	AmongFrames      = "frames of clips"
)

// Numbers are what was counted of one taxon in one deployment; nil: not known.
type Numbers struct {
	MaxN, MeanCount *float64
	TMaxN, TFS      *time.Duration        // from the start of the deployment
	Uncertainty     *uncertainty.Interval // of MaxN
}

// Counted is what people, or a machine, counted in one deployment.
type Counted struct {
	Deployment string
	Length     time.Duration // 0: not known
	Taxa       map[string]Numbers
	Frames     []annotate.FrameTally // that were looked at, in time order
}

// CountedByMachine is a count as it is compared.
func CountedByMachine(opcode string, r count.Result) Counted {
	c := Counted{Deployment: opcode, Length: r.Period.Length().Duration(), Taxa: map[string]Numbers{}}
	for _, x := range r.Taxa {
		n := Numbers{MeanCount: x.MeanCount, Uncertainty: x.Uncertainty}
		if x.MaxN != nil {
			v := float64(*x.MaxN)
			n.MaxN = &v
		}
		if x.TMaxN != nil {
			at := x.TMaxN.Time.Duration()
			n.TMaxN = &at
		}
		if x.TFS != nil {
			at := x.TFS.Time.Duration()
			n.TFS = &at
		}
		c.Taxa[x.Name] = n
	}
	return c
}

// CountedByPeople is what people stated, as it is compared.
func CountedByPeople(list []annotate.Tally) (out []Counted) {
	for _, t := range list {
		one := Counted{Deployment: t.OpCode, Length: t.Length, Taxa: map[string]Numbers{}, Frames: t.Frames}
		for name, x := range t.Taxa {
			one.Taxa[name] = Numbers{MaxN: &x.MaxN, MeanCount: x.MeanCount, TMaxN: x.TMaxN, TFS: x.TFS}
		}
		out = append(out, one)
	}
	return out
}

// CountsInFrames are a count's numbers in each of the frames that were looked at, of those in its period. The
// only errors are those of frames.
func CountsInFrames(r count.Result, frames iter.Seq2[detect.Frame, error]) (out []annotate.FrameTally, err error) {
	for f, err := range frames {
		if err != nil {
			return nil, err
		}
		at := count.Seconds(f.Time)
		if at < r.Period.From || at >= r.Period.To {
			continue
		}
		one := annotate.FrameTally{Time: f.Time, Counts: map[string]int{}}
		for _, t := range r.Taxa {
			i := sort.Search(len(t.Counts), func(i int) bool { return t.Counts[i].Time > at })
			if i > 0 {
				one.Counts[t.Name] = t.Counts[i-1].N
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// paired is one deployment on both sides.
type paired struct{ people, machine Counted }

// Pairs puts together what people and machine say of the same deployments and taxa, measure by
// measure; whole deployments come first, then clips, then the frames of clips. Deployments compare as
// taxon.Fold has them; taxa must bear the same names on both sides (Namer, FirstNames). A number that one
// side does not know makes no pair. alone are the machine's deployments of which people counted nothing.
func Pairs(people, machine []Counted) (pairs []Compared, alone []string) {
	byName := map[string]Counted{}
	for _, p := range people {
		byName[taxon.Fold(p.Deployment)] = p
	}
	among := map[string][]paired{}
	for _, m := range machine {
		if p, ok := byName[taxon.Fold(m.Deployment)]; ok && len(p.Taxa) > 0 {
			both := paired{p, m}
			among[both.among()] = append(among[both.among()], both)
		} else {
			alone = append(alone, m.Deployment)
		}
	}
	for _, what := range []string{AmongDeployments, AmongClips} {
		for _, measure := range []string{MaxN, MeanCount, TMaxN, TFS} {
			for _, both := range among[what] {
				pairs = append(pairs, both.compared(measure, what)...)
			}
		}
	}
	for _, both := range among[AmongClips] {
		pairs = append(pairs, both.frames()...)
	}
	return pairs, alone
}

// among tells clips from whole deployments; what is of no known length is no clip.
func (p paired) among() string {
	length := p.machine.Length
	if length == 0 {
		length = p.people.Length
	}
	if length > 0 && length < ClipUnder {
		return AmongClips
	}
	return AmongDeployments
}

// compared pairs one measure, taxon by taxon.
func (p paired) compared(measure, among string) (out []Compared) {
	for _, name := range slices.Sorted(maps.Keys(p.machine.Taxa)) {
		x, y := p.people.Taxa[name].of(measure), p.machine.Taxa[name].of(measure)
		if x == nil || y == nil {
			continue
		}
		c := Compared{Measure: measure, Among: among, Taxon: name, Pair: Pair{Deployment: p.machine.Deployment, People: *x, Machine: *y}}
		if measure == MaxN {
			c.Uncertainty = p.machine.Taxa[name].Uncertainty
		}
		out = append(out, c)
	}
	return out
}

// of is one of the numbers, times in seconds; nil where it is not known.
func (n Numbers) of(measure string) *float64 {
	seconds := func(d *time.Duration) *float64 {
		if d == nil {
			return nil
		}
		v := d.Seconds()
		return &v
	}
	switch measure {
	case MaxN:
		return n.MaxN
	case MeanCount:
		return n.MeanCount
	case TMaxN:
		return seconds(n.TMaxN)
	}
	return seconds(n.TFS)
}

// frames pairs the counts in the frames in which people marked everything and the machine looked.
func (p paired) frames() (out []Compared) {
	k := 0
	marked := p.people.Frames
	for _, f := range p.machine.Frames {
		for k < len(marked) && marked[k].Time < f.Time-sameFrame {
			k++
		}
		if k == len(marked) || marked[k].Time > f.Time+sameFrame {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(p.machine.Taxa)) {
			if _, named := p.people.Taxa[name]; named {
				out = append(out, Compared{Measure: PerFrame, Among: AmongFrames, Taxon: name,
					Pair: Pair{Deployment: p.machine.Deployment, People: float64(marked[k].Counts[name]), Machine: float64(f.Counts[name])}})
			}
		}
	}
	return out
}
