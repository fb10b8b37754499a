package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/eval"
	"requin/survey"
	"requin/taxon"
	"requin/uncertainty"
)

// clipUnder is the length under which a deployment is a clip: long enough for any clip
// around a presence, short enough for any baited station.
const clipUnder = 10 * time.Minute

// sameFrame is how far apart the times of one frame may be by people and by machine.
const sameFrame = 40 * time.Millisecond

// numbers is what was counted of one taxon in one deployment; nil: not known.
type numbers struct {
	maxn, mean *float64
	tmaxn, tfs *time.Duration
	doubt      *uncertainty.Interval // of maxn
}

// tallied is what was counted in one deployment.
type tallied struct {
	name   string
	length time.Duration // 0: not known
	taxa   map[string]numbers
	frames []annotate.FrameTally // in time order
}

// surveyCounts pairs the latest counts of a survey with what people counted. beside tells
// that models are evaluated, too: then it is no failure that there are none.
func (e *evaluation) surveyCounts(ctx context.Context, beside bool) ([]eval.Compared, error) {
	s := e.survey
	list, err := s.Taxa(ctx)
	if err != nil {
		return nil, err
	}
	deployments, err := s.Deployments(ctx)
	if err != nil {
		return nil, err
	}
	machine, err := e.machineCounts(ctx, deployments)
	if err != nil {
		return nil, err
	}
	if len(machine) == 0 {
		if beside {
			return nil, nil
		}
		return nil, fmt.Errorf("the survey %s holds no counts yet: requin count makes them; or name a model to be evaluated", s.Name())
	}
	name, err := namer(list, machine)
	if err != nil {
		return nil, err
	}
	src := &truthSource{s: s}
	people, err := annotate.Tallies(src.drawn(s.Records(ctx, survey.Filter{})), name)
	if err != nil {
		return nil, err
	}
	pairs := e.pair(fromTallies(people), machine)
	if len(pairs) == 0 {
		if beside {
			return nil, nil
		}
		return nil, fmt.Errorf("the survey %s holds counts, but nothing that people counted of the same deployments and taxa: requin import brings boxes, points or counts", s.Name())
	}
	e.page.People, e.page.Machine = howPeople(people), fmt.Sprintf("the latest counts of %d deployments of the survey %s", len(machine), s.Name())
	return pairs, nil
}

// machineCounts are the latest counts of a survey's deployments.
func (e *evaluation) machineCounts(ctx context.Context, deployments []survey.Deployment) (out []tallied, err error) {
	keys := map[string]bool{}
	var partial []string
	for _, d := range deployments {
		if d.Count == nil {
			continue
		}
		run, err := e.survey.Run(ctx, d.Count.Run)
		if err != nil {
			return nil, err
		}
		if run.Result == nil {
			continue
		}
		if !run.Result.Effort.Complete() {
			partial = append(partial, d.OpCode)
		}
		keys[modelOf(run)] = true
		one := fromResult(d.OpCode, *run.Result)
		if one.length < clipUnder && run.Detections != nil {
			if one.frames, err = framesOf(run); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	if len(keys) > 1 {
		e.note("The counts come from %d different models (%s).", len(keys), strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
	}
	if len(partial) > 0 {
		e.note("Not all of %s was looked at, so these counts are minimums.", brief(partial))
	}
	return out, nil
}

// fromResult is a count as it is compared.
func fromResult(opcode string, r count.Result) tallied {
	t := tallied{name: opcode, length: r.Period.Length().Duration(), taxa: map[string]numbers{}}
	for _, x := range r.Taxa {
		n := numbers{mean: x.MeanCount, doubt: x.Uncertainty}
		if x.MaxN != nil {
			v := float64(*x.MaxN)
			n.maxn = &v
		}
		if x.TMaxN != nil {
			at := x.TMaxN.Time.Duration()
			n.tmaxn = &at
		}
		if x.TFS != nil {
			at := x.TFS.Time.Duration()
			n.tfs = &at
		}
		t.taxa[x.Name] = n
	}
	return t
}

// framesOf are the machine's counts in each frame that it looked at in the period.
func framesOf(run survey.Run) (out []annotate.FrameTally, err error) {
	r := run.Result
	for f, err := range run.Detections {
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

// fromTallies is what people stated, as it is compared.
func fromTallies(list []annotate.Tally) (out []tallied) {
	for _, t := range list {
		one := tallied{name: t.OpCode, length: t.Length, taxa: map[string]numbers{}, frames: t.Frames}
		for name, x := range t.Taxa {
			one.taxa[name] = numbers{maxn: &x.MaxN, mean: x.MeanCount, tmaxn: x.TMaxN, tfs: x.TFS}
		}
		out = append(out, one)
	}
	return out
}

// howPeople says what people's numbers are from.
func howPeople(list []annotate.Tally) string {
	from := map[string]int{}
	deployments := 0
	for _, t := range list {
		if len(t.Taxa) > 0 {
			deployments++
		}
		for _, x := range t.Taxa {
			from[x.From]++
		}
	}
	var parts []string
	for _, kind := range []string{annotate.ByCounts, annotate.ByPoints, annotate.ByBoxes} {
		if from[kind] > 0 {
			parts = append(parts, kind)
		}
	}
	return fmt.Sprintf("MaxN of %d deployments out of %s", deployments, strings.Join(parts, " and "))
}

// namer names the taxon that a label means: by the survey's list, else one that the machine counted.
func namer(list taxon.List, machine []tallied) (func(string) string, error) {
	claims, err := list.Claims()
	if err != nil {
		return nil, err
	}
	counted := map[string]string{}
	for _, m := range machine {
		for name := range m.taxa {
			counted[taxon.Fold(name)] = name
		}
	}
	return func(label string) string {
		folded := taxon.Fold(label)
		if name, ok := counted[folded]; ok {
			return name
		}
		if i, ok := claims[folded]; ok {
			return list[i].Name
		}
		if t, ok := list.Find(label); ok {
			return t.Name
		}
		return label
	}, nil
}

// pair puts together what people and machine say of the same deployments and taxa, measure by measure.
func (e *evaluation) pair(people, machine []tallied) []eval.Compared {
	byName := map[string]tallied{}
	for _, p := range people {
		byName[taxon.Fold(p.name)] = p
	}
	type both struct{ people, machine tallied }
	var all []both
	var alone []string
	for _, m := range machine {
		if p, ok := byName[taxon.Fold(m.name)]; ok && len(p.taxa) > 0 {
			all = append(all, both{p, m})
		} else {
			alone = append(alone, m.name)
		}
	}
	if len(alone) > 0 && len(all) > 0 {
		e.note("%d of the machine's %d deployments have no numbers by people: %s.", len(alone), len(machine), brief(alone))
	}
	var out []eval.Compared
	for _, among := range []string{amongDeployments, amongClips} {
		for _, measure := range []string{eval.MaxN, eval.MeanCount, eval.TMaxN, eval.TFS} {
			for _, b := range all {
				if amongOf(b.people, b.machine) != among {
					continue
				}
				for _, name := range slices.Sorted(maps.Keys(b.machine.taxa)) {
					x, y := measured(b.people.taxa[name], measure), measured(b.machine.taxa[name], measure)
					if x != nil && y != nil {
						pair := eval.Compared{Measure: measure, Among: among, Taxon: name, Pair: eval.Pair{Deployment: b.machine.name, People: *x, Machine: *y}}
						if measure == eval.MaxN {
							pair.Uncertainty = b.machine.taxa[name].doubt
						}
						out = append(out, pair)
					}
				}
			}
		}
		for _, b := range all {
			if among == amongClips && amongOf(b.people, b.machine) == among {
				out = append(out, pairFrames(b.people, b.machine)...)
			}
		}
	}
	return out
}

// What is compared.
const (
	amongDeployments = "deployments"
	amongClips       = "clips"
	amongFrames      = "frames of clips"
)

// amongOf tells clips from whole deployments; what is of no known length is no clip.
func amongOf(people, machine tallied) string {
	length := machine.length
	if length == 0 {
		length = people.length
	}
	if length > 0 && length < clipUnder {
		return amongClips
	}
	return amongDeployments
}

// measured is one of the numbers, nil where it is not known.
func measured(n numbers, measure string) *float64 {
	seconds := func(d *time.Duration) *float64 {
		if d == nil {
			return nil
		}
		v := d.Seconds()
		return &v
	}
	switch measure {
	case eval.MaxN:
		return n.maxn
	case eval.MeanCount:
		return n.mean
	case eval.TMaxN:
		return seconds(n.tmaxn)
	}
	return seconds(n.tfs)
}

// pairFrames pairs the counts in the frames in which people marked everything and the
// machine looked.
func pairFrames(people, machine tallied) (out []eval.Compared) {
	k := 0
	for _, f := range machine.frames {
		for k < len(people.frames) && people.frames[k].Time < f.Time-sameFrame {
			k++
		}
		if k == len(people.frames) || people.frames[k].Time > f.Time+sameFrame {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(machine.taxa)) {
			if _, named := people.taxa[name]; named {
				out = append(out, eval.Compared{Measure: eval.PerFrame, Among: amongFrames, Taxon: name,
					Pair: eval.Pair{Deployment: machine.name, People: float64(people.frames[k].Counts[name]), Machine: float64(f.Counts[name])}})
			}
		}
	}
	return out
}

// modelOf names the model that made a count.
func modelOf(run survey.Run) string {
	var r struct {
		Inputs []struct{ Role, Path, SHA256 string }
	}
	if json.Unmarshal(run.Record, &r) == nil {
		for _, in := range r.Inputs {
			if in.Role == "model" {
				return fmt.Sprintf("%s, SHA-256 %.12s", in.Path, in.SHA256)
			}
		}
	}
	return "unknown"
}
