package desk

import (
	"context"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/record"
	"requin/review"
	"requin/survey"
	"requin/taxon"
	"requin/track"
)

// Exporting says which counts are exported, and how.
type Exporting struct {
	OpCodes   []string // only these deployments; none: all
	Machine   bool     // as the machine counted, whatever people said since
	Sightings bool     // animals as sightings, not as boxes
	By        string   // the program that counted: "Requin 1.0"
}

// Records are counts as records, from which other programs' formats are written: of each deployment its latest count,
// with the tracks' points as boxes, or as sightings, and MaxN, each with its status. told is called of each deployment.
func Records(ctx context.Context, s *survey.Survey, e Exporting, told func(opcode string, r count.Result)) (annotate.Records, error) {
	taxa, err := s.Taxa(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := Chosen(ctx, s, e.OpCodes)
	if err != nil {
		return nil, err
	}
	chosen = slices.DeleteFunc(chosen, func(d survey.Deployment) bool { return d.Count == nil })
	if len(chosen) == 0 {
		return nil, errors.New("no deployment is counted yet: requin count --model FILE.onnx")
	}
	settled := &Settled{}
	if !e.Machine {
		if settled, err = Settle(ctx, s, 0, nil); err != nil {
			return nil, err
		}
	}
	var all []*exported
	for _, d := range chosen {
		x, err := export(ctx, s, settled, d, e)
		if err != nil {
			return nil, err
		}
		x.taxa = taxa
		told(d.OpCode, x.result)
		all = append(all, x)
	}
	return func(yield func(annotate.Record, error) bool) {
		for i, d := range chosen {
			if d.ObserverCount == "" { // what people stated stays
				d.ObserverCount = strings.Join(all[i].readers(), ", ")
			}
			if !yield(d.Deployment, nil) {
				return
			}
		}
		for _, t := range taxa {
			if !yield(labelOf(t), nil) {
				return
			}
		}
		for _, x := range all {
			if !x.records(e.Sightings, yield) {
				return
			}
		}
	}, nil
}

// exported is one deployment's count on its way into another format.
type exported struct {
	d      annotate.Deployment
	run    survey.Run
	result count.Result
	tracks []track.Track         // those that were counted, and those of context taxa
	people map[int]review.Author // by number those that people confirmed or drew
	model  string
	taxa   taxon.List
	by     string
}

// export gathers a deployment's count.
func export(ctx context.Context, s *survey.Survey, settled *Settled, d survey.Deployment, e Exporting) (*exported, error) {
	run, err := s.Run(ctx, d.Count.Run)
	if err != nil {
		return nil, err
	}
	x := &exported{d: d.Deployment, run: run, model: record.ModelOf(run.Record), by: e.By, tracks: run.Tracks}
	if run.Result != nil {
		x.result = *run.Result
	}
	if e.Machine || d.Verdict == 0 || run.Result == nil {
		return x, nil
	}
	open, err := Open(ctx, s, d)
	if err != nil {
		return nil, err
	}
	kept, ok, err := s.ReviewedOf(ctx, d.Count.Run)
	if err != nil {
		return nil, err
	}
	outcome, err := open.Keep(ctx, s, settled.Terms(d.OpCode, limitOf(kept, ok, 0)))
	x.result, x.tracks, x.people = outcome.Result, outcome.Tracks, outcome.Confirmed
	return x, err
}

// readers are who reviewed the count, in the order of their names.
func (c *exported) readers() (out []string) {
	for _, t := range c.result.Taxa {
		if t.Review != nil {
			out = append(out, t.Review.By...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// The fields of a label that carry a taxon's codes.
const (
	labelCommon = "requin.common"
	labelCAAB   = "requin.caab"
	labelAphia  = "worms.aphia_id"
)

// labelOf is a taxon as formats list classes.
func labelOf(t taxon.Taxon) annotate.Label {
	l := annotate.Label{Name: t.Name, Extra: annotate.Extra{}}
	for key, value := range map[string]string{labelCommon: t.Common, labelCAAB: t.CAAB} {
		if value != "" {
			l.Extra[key] = value
		}
	}
	if t.AphiaID > 0 {
		l.Extra[labelAphia] = strconv.Itoa(t.AphiaID)
	}
	return l
}

// records gives the chapters as videos, the tracks, their points, and MaxN. It tells whether more is wanted.
func (c *exported) records(sightings bool, yield func(annotate.Record, error) bool) bool {
	origin := annotate.Origin{By: c.by, At: c.run.Finished, From: annotate.CountOrigin + c.run.ID}
	for i, ch := range LeftChapters(c.d) {
		media := annotate.Media{Name: path.Base(ch.Path), Deployment: c.d.OpCode, Video: true, W: ch.W, H: ch.H, Rate: ch.Rate, Frames: ch.Frames}
		if !sightings && !yield(media, nil) {
			return false
		}
		for _, t := range c.tracks {
			if !c.track(t, i, ch.Offset, media, origin, sightings, yield) {
				return false
			}
		}
	}
	for _, t := range c.result.Taxa {
		if t.MaxN == nil {
			continue // not analysed: no number, and no zero either
		}
		n := annotate.Count{
			Campaign: c.d.Campaign, OpCode: c.d.OpCode, Species: c.species(t.Name), Label: t.Name,
			Value: float64(*t.MaxN), Time: annotate.None, Origin: origin, Verified: c.verified(t),
		}
		if b := t.Bounds(); b != nil {
			low, high := float64(b.Low), float64(b.High)
			n.Low, n.High = &low, &high
		}
		if t.TMaxN != nil {
			n.Time = t.TMaxN.Time.Duration()
		}
		if !yield(n, nil) {
			return false
		}
	}
	return true
}

// track gives the points of a track that lie in a chapter, which begins at offset.
func (c *exported) track(t track.Track, chapter int, offset time.Duration, media annotate.Media, origin annotate.Origin, sightings bool, yield func(annotate.Record, error) bool) bool {
	points := slices.DeleteFunc(slices.Clone(t.Points), func(p track.Point) bool { return p.Chapter != chapter })
	if len(points) == 0 {
		return true
	}
	id := strconv.Itoa(t.ID)
	var names []annotate.Name
	for _, s := range t.Scores {
		name := annotate.Name{Label: s.Taxon, Score: float64(s.Score), Scored: true}
		if s.Taxon == t.Taxon { // the one that is counted leads
			names = slices.Insert(names, 0, name)
		} else {
			names = append(names, name)
		}
	}
	if len(names) == 0 || names[0].Label != t.Taxon { // people named it
		names = slices.Insert(names, 0, annotate.Name{Label: t.Taxon})
	}
	status := c.status(t)
	if who, ok := c.people[t.ID]; ok { // a person's word, not the program's
		origin.By, origin.At = who.By, who.At
	}
	if !sightings && !yield(annotate.Track{Media: media.Name, ID: id, Names: names, Origin: origin, Extra: status}, nil) {
		return false
	}
	for _, p := range points {
		at := p.Time - offset
		number := numberAt(media.Rate, at)
		mark := annotate.Mark{
			Media: media.Name, Track: id, Frame: number, Time: at, Shape: annotate.BoxShape(p.Box), Still: true,
			Origin: origin, Extra: status,
		}
		mark.Names, mark.Attributes = countedAs(t.Taxon, p.Detection)
		var record annotate.Record = mark
		if sightings {
			point := c.sighting(t, p, media, number, origin)
			point.Extra = status
			record = point
		}
		if !yield(record, nil) {
			return false
		}
	}
	return true
}

// detectedAs is the attribute of a box that the detector named otherwise, in its one frame, than the animal is counted as.
const detectedAs = "detected_as"

// countedAs names a box by the taxon that its track is counted as, so that whoever counts the boxes of a name in a frame gets
// Requin's number. What the detector called this one box, where that differs, is an attribute. The score is the counted taxon's in this
// frame, where the detector gave one, else that of the box.
func countedAs(taxon string, d detect.Detection) ([]annotate.Name, []annotate.Attribute) {
	if d.Taxon == taxon {
		return []annotate.Name{{Label: taxon, Score: float64(d.Score), Scored: true}}, nil
	}
	score := d.Score
	for _, s := range d.Scores {
		if s.Taxon == taxon {
			score = s.Score
		}
	}
	return []annotate.Name{{Label: taxon, Score: float64(score), Scored: true}}, []annotate.Attribute{{Name: detectedAs, Value: d.Taxon}}
}

// status says of a track that people confirmed or drew how far the count that it is part of may be trusted. Of any other
// its origin says that a machine made it.
func (c *exported) status(t track.Track) annotate.Extra {
	if _, confirmed := c.people[t.ID]; !confirmed {
		return nil
	}
	status := count.Reviewed
	for _, x := range c.result.Taxa {
		if x.Name == t.Taxon && x.Review != nil {
			status = x.Status()
		}
	}
	return annotate.Extra{annotate.StatusKey: string(status)}
}

// sighting is one point as an EventMeasure point: one animal, in the period it lies in.
func (c *exported) sighting(t track.Track, p track.Point, media annotate.Media, number int, origin annotate.Origin) annotate.Sighting {
	s := annotate.Sighting{
		OpCode: c.d.OpCode, Media: media.Name, Frame: number, Time: p.Time, PeriodTime: annotate.None,
		Species: c.species(t.Taxon), Number: 1, Comment: "track " + strconv.Itoa(t.ID), Shape: annotate.BoxShape(p.Box), Origin: origin,
	}
	for _, period := range c.d.Periods {
		if p.Time >= period.From && (period.Open || p.Time < period.To) {
			s.Period, s.PeriodTime = period.Name, p.Time-period.From
			break
		}
	}
	return s
}

// species is a taxon in the three columns of ecologists, with its code.
func (c *exported) species(name string) annotate.Species {
	s := annotate.SpeciesOf(name)
	if t, ok := c.taxa.Find(name); ok {
		s.CAAB = t.CAAB
	}
	return s
}

// verified says how far a count may be trusted.
func (c *exported) verified(t count.Taxon) *annotate.Verification {
	v := &annotate.Verification{Status: string(t.Status()), Basis: t.Basis(), Model: c.model, Frames: c.result.Effort.Frames}
	number := func(n *int) *float64 {
		if n == nil {
			return nil
		}
		f := float64(*n)
		return &f
	}
	v.Machine = number(t.MaxN)
	if r := t.Review; r != nil {
		v.Machine, v.Risk, v.Limit, v.Looked, v.Frames = number(r.Machine), r.Risk, r.Limit, r.Looked, r.Frames
		v.By, v.At, v.Log = r.By, r.At, r.Log
		for _, o := range r.Observers {
			v.Alone = append(v.Alone, annotate.Alone{Name: o.Name, MaxN: float64(o.MaxN)})
		}
	}
	return v
}
