package cli

import (
	"path"
	"slices"
	"strconv"
	"time"

	"requin/annotate"
	"requin/frame"
	"requin/survey"
	"requin/taxon"
	"requin/track"
)

// countedDeployment is one deployment's count on its way into another format.
type countedDeployment struct {
	d    annotate.Deployment
	run  survey.Run
	taxa taxon.List
	by   string
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

// leftChapters are the chapters of the camera that is counted, in order.
func leftChapters(d annotate.Deployment) []annotate.Chapter {
	return slices.DeleteFunc(slices.Clone(d.Chapters), func(ch annotate.Chapter) bool { return ch.Camera != 0 })
}

// records gives the chapters as videos, the tracks, their points, and MaxN. It tells whether more is wanted.
func (c *countedDeployment) records(sightings bool, yield func(annotate.Record, error) bool) bool {
	origin := annotate.Origin{By: c.by, At: c.run.Finished, From: "requin count, run " + c.run.ID}
	for i, ch := range leftChapters(c.d) {
		media := annotate.Media{Name: path.Base(ch.Path), Deployment: c.d.OpCode, Video: true, W: ch.W, H: ch.H, Rate: ch.Rate, Frames: ch.Frames}
		if !sightings && !yield(media, nil) {
			return false
		}
		for _, t := range c.run.Tracks {
			if !c.track(t, i, ch.Offset, media, origin, sightings, yield) {
				return false
			}
		}
	}
	if c.run.Result == nil {
		return true
	}
	for _, t := range c.run.Result.Taxa {
		if t.MaxN == nil {
			continue // not analysed: no number, and no zero either
		}
		n := annotate.Count{
			Campaign: c.d.Campaign, OpCode: c.d.OpCode, Species: c.species(t.Name), Label: t.Name,
			Value: float64(*t.MaxN), Time: annotate.None, Origin: origin,
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
func (c *countedDeployment) track(t track.Track, chapter int, offset time.Duration, media annotate.Media, origin annotate.Origin, sightings bool, yield func(annotate.Record, error) bool) bool {
	points := slices.DeleteFunc(slices.Clone(t.Points), func(p track.Point) bool { return p.Chapter != chapter })
	if len(points) == 0 {
		return true
	}
	id := strconv.Itoa(t.ID)
	var names []annotate.Name
	for _, s := range t.Scores {
		names = append(names, annotate.Name{Label: s.Taxon, Score: float64(s.Score), Scored: true})
	}
	if !sightings && !yield(annotate.Track{Media: media.Name, ID: id, Names: names, Origin: origin}, nil) {
		return false
	}
	for _, p := range points {
		at := p.Time - offset
		number := -1
		if media.Rate.Num > 0 {
			number = int(at.Seconds()*float64(media.Rate.Num)/float64(media.Rate.Den) + 0.5)
		}
		var record annotate.Record = annotate.Mark{
			Media: media.Name, Track: id, Frame: number, Time: at, Shape: annotate.BoxShape(p.Box), Still: true,
			Names: []annotate.Name{{Label: p.Taxon, Score: float64(p.Score), Scored: true}}, Origin: origin,
		}
		if sightings {
			record = c.sighting(t, p, media, number, origin)
		}
		if !yield(record, nil) {
			return false
		}
	}
	return true
}

// sighting is one point as an EventMeasure point: one animal, in the period it lies in.
func (c *countedDeployment) sighting(t track.Track, p track.Point, media annotate.Media, number int, origin annotate.Origin) annotate.Sighting {
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
func (c *countedDeployment) species(name string) annotate.Species {
	s := annotate.SpeciesOf(name)
	if t, ok := c.taxa.Find(name); ok {
		s.CAAB = t.CAAB
	}
	return s
}

// periodOf is a period as the sampling takes it.
func periodOf(p annotate.Period) frame.Period {
	if p.Open {
		return frame.Period{From: p.From}
	}
	return frame.Period{From: p.From, To: max(p.To, time.Nanosecond)}
}
