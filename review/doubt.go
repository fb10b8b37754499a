package review

import (
	"slices"
	"time"

	"requin/uncertainty"
)

// Weighed is a track and what count makes of it.
type Weighed struct {
	*Track
	uncertainty.Candidate
}

// Candidates are the tracks that are, were or may be animals of a taxon, as chance has them.
func (s *State) Candidates(taxon string, g uncertainty.Grounds) []Weighed {
	var tracks []*Track
	var trails []uncertainty.Trail
	for _, t := range s.tracks {
		if t.Machine == taxon {
			tracks, trails = append(tracks, t), append(trails, t.trail(len(trails)))
		}
	}
	var out []Weighed
	for i, c := range g.Candidates(trails) {
		c.Said, c.Denied = tracks[i].said(taxon), tracks[i].DeniedIn()
		out = append(out, Weighed{tracks[i], c})
	}
	looks, _ := s.Looks(taxon)   // single boxes in them are in their numbers
	for _, t := range s.tracks { // the machine took them for something else, or a person drew them
		if t.Machine != taxon && t.Taxon == taxon && t.Standing != Rejected && !(t.Single && slices.Contains(looks, t.Points[0].Frame)) {
			out = append(out, Weighed{t, uncertainty.Candidate{ID: len(out), Said: t.said(taxon), Real: 1, Drawn: true, Frames: t.trail(0).Frames, Denied: t.DeniedIn()}})
		}
	}
	return out
}

// trail is where the track was detected.
func (t *Track) trail(id int) uncertainty.Trail {
	out := uncertainty.Trail{ID: id}
	for _, p := range t.Points {
		out.Frames, out.Scores = append(out.Frames, p.Frame), append(out.Scores, p.Score)
	}
	return out
}

// said is what a person said of the track, as of a taxon.
func (t *Track) said(taxon string) uncertainty.Said {
	switch {
	case t.Standing == Accepted && t.Taxon == taxon:
		return uncertainty.Animal
	case t.Standing == Accepted || t.Standing == Rejected:
		return uncertainty.NoAnimal
	}
	return uncertainty.Unsaid
}

// Observations are what is known of a taxon's MaxN: the machine's tracks with what was said of them, the frames
// that were looked at whole, those that were looked at twice (SecondLooks), and what the survey's other deployments tell. The same log gives the same.
func (s *State) Observations(taxon string, g uncertainty.Grounds, every time.Duration, twice Reading, survey []uncertainty.Evidence) uncertainty.Observations {
	d := uncertainty.Observations{Frames: len(s.Frames), Every: every.Seconds(), Detectability: g.Detectability, Elsewhere: g.Elsewhere, Reread: twice.Reread(), Survey: survey, Seed: Seed}
	for _, c := range s.Candidates(taxon, g) {
		d.Candidates = append(d.Candidates, c.Candidate)
	}
	frames, numbers := s.Looks(taxon)
	for i := range frames {
		d.Looks = append(d.Looks, uncertainty.Look{Frame: frames[i], N: numbers[i], Again: twice.agreeing(s.Frames[frames[i]].Time)})
	}
	return d
}
