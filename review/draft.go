package review

import (
	"cmp"
	"fmt"
	"slices"

	"requin/count"
	"requin/frame"
)

// Draft completes what a person said with what it rests on: where the animal lies, and what stood there before.
// Its error is for the person: what they said cannot be meant, and why. The frame of Said is named by its time.
func (s *State) Draft(v Verdict) (Verdict, error) {
	v.Run = s.machine.Run
	v.Said.Animal, v.Said.Other, v.Said.Saw, v.Said.Numbers = nil, nil, nil, nil
	if v.Said.Box != nil {
		b := Box(rounded(frame.Box(*v.Said.Box)))
		v.Said.Box = &b
	}
	v.Said.Keys = slices.Clone(v.Said.Keys)
	for i, k := range v.Said.Keys {
		v.Said.Keys[i].Box = Box(rounded(frame.Box(k.Box)))
	}
	if err := v.Said.check(); err != nil {
		return v, err
	}
	if v.Said.Time != nil {
		if _, ok := s.frameOf(v); !ok {
			return v, fmt.Errorf("no frame lies at %v s: take one of the deployment's", *v.Said.Time)
		}
	}
	switch v.Kind {
	case Accept, Reject, Absent, Relabel, Unsure, Split, Merge, Apart:
		return s.draftTrack(v)
	case Flag, Unflag:
		if v.Said.Track != "" {
			return s.draftTrack(v)
		}
		return v, s.wants(v, v.Said.Time == nil, "a track or a frame")
	case Add, Edit, Delete, Draw:
		return s.draftBox(v)
	case Looked, Count, Note:
		return s.draftFrame(v)
	}
	return v, fmt.Errorf("there is no verdict of the kind %q", v.Kind)
}

// wants is the error of a verdict that lacks something.
func (s *State) wants(v Verdict, lacks bool, what string) error {
	if lacks {
		return fmt.Errorf("%s needs %s", v.Kind, what)
	}
	return nil
}

// draftTrack completes a verdict on a track.
func (s *State) draftTrack(v Verdict) (Verdict, error) {
	if agreed, ok := s.agreeOnPair(v); ok && (v.Kind == Merge || v.Kind == Apart) {
		return agreed, nil
	}
	t, ok := s.byID[v.Said.Track]
	if !ok {
		return v, fmt.Errorf("there is no track %q: it may have been merged or taken away; read the deployment again", v.Said.Track)
	}
	v.Was = Was{Taxon: t.Taxon, Standing: t.Standing, By: t.By}
	if t.reconciled && !v.Said.Reconciled && slices.Contains([]Kind{Accept, Reject, Absent, Relabel, Unsure}, v.Kind) {
		return v, fmt.Errorf("%s was reconciled by %s: what was agreed on can only be reconciled again", t.ID, t.By)
	}
	all := slices.Contains([]Kind{Accept, Relabel, Merge, Apart}, v.Kind)
	v.Said.Animal = s.sights(t, all)
	switch v.Kind {
	case Accept:
		if v.Said.Taxon == "" {
			v.Said.Taxon = t.Taxon
		}
	case Absent:
		i, ok := s.frameOf(v)
		if !ok {
			return v, s.wants(v, true, "the frame in which the animal is not")
		}
		p, here := t.In(i)
		if n := slices.IndexFunc(t.Denied, func(p Point) bool { return p.Frame == i }); !here && v.Said.Reconciled && n >= 0 {
			p, here = t.Denied[n], true // one of two said so, and both agree now
		}
		if !here {
			return v, fmt.Errorf("%s has no box in this frame: there is nothing to take away", t.ID)
		}
		box := Box(rounded(p.Box))
		v.Said.Box, v.Was.Box, v.Said.Animal = &box, &box, nil // the box finds it
	case Relabel:
		return v, s.wants(v, v.Said.Taxon == "", "a taxon")
	case Split:
		i, ok := s.frameOf(v)
		if !ok || i <= t.Points[0].Frame || i > t.Points[len(t.Points)-1].Frame {
			return v, fmt.Errorf("%s cannot be split there: take a frame after its first, up to its last", t.ID)
		}
	case Merge, Apart:
		o, ok := s.byID[v.Said.With]
		if !ok || o == t {
			return v, fmt.Errorf("there is no other track %q to %s", v.Said.With, map[Kind]string{Merge: "merge with", Apart: "set apart from"}[v.Kind])
		}
		v.Said.Other, v.Was.Gone = s.sights(o, all), o.Taxon
	}
	return v, nil
}

// draftBox completes a verdict on a box.
func (s *State) draftBox(v Verdict) (Verdict, error) {
	t, ok := s.byID[v.Said.Track]
	if v.Said.Track != "" && !ok {
		return v, fmt.Errorf("there is no track or box %q: it may have been taken away; read the deployment again", v.Said.Track)
	}
	if ok {
		v.Was = Was{Taxon: t.Taxon, Standing: t.Standing, By: t.By, Keys: t.Keys}
		v.Said.Animal = s.sights(t, false)
		if v.Said.Taxon == "" {
			v.Said.Taxon = t.Taxon
		}
		if i, framed := s.frameOf(v); framed {
			if p, there := t.In(i); there {
				box := Box(rounded(p.Box))
				v.Was.Box = &box
			}
		}
	}
	switch v.Kind {
	case Add:
		if v.Was.Box != nil {
			return v, fmt.Errorf("%s has a box in this frame: edit it", t.ID)
		}
		return v, s.wants(v, v.Said.Time == nil || v.Said.Box == nil || v.Said.Taxon == "", "a frame, a taxon and a box")
	case Edit:
		if ok && t.Single {
			at, box := count.Seconds(s.Frames[t.Points[0].Frame].Time), Box(t.Points[0].Box)
			v.Said.Time, v.Was.Box = &at, &box
		}
		if ok && v.Said.Box != nil && v.Said.Time != nil && v.Was.Box == nil && len(t.Keys) == 0 {
			return v, fmt.Errorf("%s has no box in this frame: add one", t.ID)
		}
		return v, s.wants(v, !ok || v.Said.Time == nil || v.Said.Box == nil, "a box or a track with a frame, and where the box is to lie")
	case Delete:
		if ok && !t.Drawn {
			return v, fmt.Errorf("%s is the machine's: reject it", t.ID)
		}
		return v, s.wants(v, !ok, "a box")
	}
	if ok && !t.Drawn {
		return v, fmt.Errorf("%s is the machine's: key frames go with tracks that people drew", t.ID)
	}
	if err := s.wants(v, len(v.Said.Keys) == 0 || v.Said.Taxon == "", "a taxon and key frames"); err != nil {
		return v, err
	}
	return v, s.wants(v, len(s.between(v.Said.Keys)) == 0, "key frames between which a frame of the deployment lies")
}

// draftFrame completes a verdict on a frame.
func (s *State) draftFrame(v Verdict) (Verdict, error) {
	i, ok := s.frameOf(v)
	if err := s.wants(v, !ok, "a frame"); err != nil {
		return v, err
	}
	switch v.Kind {
	case Looked:
		v.Said.Spares, v.Said.Saw, v.Said.Numbers = true, s.standing(i, v.Said.Taxa), s.numbers(i, v.Said.Taxa)
		return v, s.wants(v, len(v.Said.Taxa) == 0 || slices.Contains(v.Said.Taxa, ""), "the taxa that were looked for")
	case Count:
		if r, there := s.counted[v.Said.Taxon][i]; there {
			v.Was = Was{N: &r.N, By: r.By}
		}
		if v.Said.Again = v.Said.Again && s.lookedAt(v.Said.Taxon, i); v.Said.Again { // what nobody looked at is a first look
			n, by := s.Confirmed(v.Said.Taxon)[i], s.looked[v.Said.Taxon][i]
			v.Was = Was{N: &n, By: cmp.Or(by, v.Was.By)}
		}
		return v, s.wants(v, v.Said.N == nil || v.Said.Taxon == "", "a taxon and a number")
	}
	return v, s.wants(v, v.Said.Note == "", "a text")
}

// standing are the animals of some taxa that are confirmed in a frame, by taxon.
func (s *State) standing(i int, taxa []string) map[string][]string {
	var out map[string][]string
	for _, t := range s.In(i) {
		if t.Standing == Accepted && slices.Contains(taxa, t.Taxon) {
			if out == nil {
				out = map[string][]string{}
			}
			out[t.Taxon] = append(out[t.Taxon], t.ID)
		}
	}
	return out
}

// numbers are how many animals of some taxa people counted in a frame, by taxon, where that is not the number of those confirmed.
func (s *State) numbers(i int, taxa []string) map[string]int {
	var out map[string]int
	for _, taxon := range taxa {
		if r, ok := s.counted[taxon][i]; ok {
			if out == nil {
				out = map[string]int{}
			}
			out[taxon] = r.N
		}
	}
	return out
}
