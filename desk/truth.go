package desk

import (
	"context"
	"path"
	"slices"
	"strings"

	"requin/annotate"
	"requin/survey"
	"requin/taxon"
)

// Wanted says which truth is asked for.
type Wanted struct {
	OpCodes   []string // of these deployments; none: all
	Sources   []string // of these imports, and of review where ReviewSource is among them; none: all
	Undecided bool     // of frames that were looked at whole, also the boxes that nobody decided about: marks that are not to be judged
}

// Truth is all that people stated of a survey: what was imported, and what they confirmed in review since. A confirmed box (of a
// track that was accepted or relabelled, or that a person drew) bears the name that people gave it, who gave it and when; a
// Look is at each frame that somebody looked at whole. Where an import speaks of the same video, the boxes stand with its own,
// and an animal that it has a box of already is not given twice.
func Truth(ctx context.Context, s *survey.Survey, w Wanted) (annotate.Records, Tally, error) {
	imports, review, err := split(ctx, s, w.Sources)
	if err != nil {
		return nil, Tally{}, err
	}
	var list []*confirmed
	var sum Tally
	if review {
		if list, sum, err = reviewed(ctx, s, w.OpCodes, w.Undecided); err != nil {
			return nil, sum, err
		}
	}
	taxa, err := s.Taxa(ctx)
	if err != nil {
		return nil, sum, err
	}
	spoken, err := Chosen(ctx, s, w.OpCodes)
	if err != nil {
		return nil, sum, err
	}
	spoken = slices.DeleteFunc(spoken, func(d survey.Deployment) bool {
		return !slices.ContainsFunc(list, func(c *confirmed) bool { return c.opcode == d.OpCode })
	})
	return func(yield func(annotate.Record, error) bool) {
		j := &joining{yield: yield, list: list, taxa: taxa, spoken: spoken, said: map[string]bool{}, names: map[string]bool{}, given: map[*confirmed]bool{}}
		if w.Sources == nil || len(imports) > 0 {
			for record, err := range s.Records(ctx, survey.Filter{OpCodes: w.OpCodes, Sources: imports}) {
				if err != nil {
					yield(nil, err)
					return
				}
				if !j.take(record) {
					return
				}
			}
		}
		j.finish()
	}, sum, nil
}

// split parts the names of sources into imports and review. Review may also be the name of an import.
func split(ctx context.Context, s *survey.Survey, names []string) (imports []string, review bool, err error) {
	if len(names) == 0 {
		return nil, true, nil
	}
	have, err := s.Sources(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, name := range names {
		review = review || name == ReviewSource
		if name != ReviewSource || slices.ContainsFunc(have, func(i survey.SourceInfo) bool { return i.Name == name && i.Format != survey.ReviewFormat }) {
			imports = append(imports, name)
		}
	}
	return imports, review, nil
}

// joining gives what was imported, and with each video that was also reviewed what people confirmed in it.
type joining struct {
	yield  func(annotate.Record, error) bool
	list   []*confirmed
	taxa   taxon.List
	spoken []survey.Deployment // that review speaks of
	said   map[string]bool     // deployments ("d "+opcode) and labels ("l "+name) that were given
	begun  bool                // what media refer to was given
	names  map[string]bool     // of media
	given  map[*confirmed]bool

	at    *confirmed // of the media at hand; nil: nothing was confirmed in it
	media annotate.Media
	drawn drawn
}

// take passes on a record of an import. It tells whether more is wanted.
func (j *joining) take(record annotate.Record) bool {
	switch r := record.(type) {
	case annotate.Deployment:
		j.said["d "+r.OpCode] = true
		return j.yield(r, nil)
	case annotate.Label:
		j.said["l "+r.Name] = true
		return j.yield(r, nil)
	case annotate.Media:
		if !j.begin() || !j.leave() {
			return false
		}
		j.names[r.Name] = true
		if j.at = j.of(r); j.at != nil {
			r.W, r.H, j.given[j.at] = j.at.chapter.W, j.at.chapter.H, true
			j.media, j.drawn = r, newDrawn(r, j.at.chapter.Rate)
		}
		return j.yield(r, nil)
	case annotate.Track:
		j.drawn.track(r)
	case annotate.Mark:
		j.drawn.mark(r)
	case annotate.Look:
		j.drawn.look(r)
	default:
		if !j.begin() || !j.leave() {
			return false
		}
	}
	return j.yield(record, nil)
}

// begin gives the deployments and labels that review speaks of and no import stated.
func (j *joining) begin() bool {
	if j.begun {
		return true
	}
	j.begun = true
	for _, d := range j.spoken {
		if !j.said["d "+d.OpCode] && !j.yield(d.Deployment, nil) {
			return false
		}
	}
	for _, c := range j.list {
		for _, m := range c.marks {
			name := annotate.Best(m.Names)
			if j.said["l "+name] {
				continue
			}
			j.said["l "+name] = true
			t, ok := j.taxa.Find(name)
			if !ok {
				t.Name = name
			}
			if !j.yield(labelOf(t), nil) {
				return false
			}
		}
	}
	return true
}

// of is what was confirmed in the film of an imported media: a chapter of its deployment and file name, whose boxes were drawn in
// the same pixels.
func (j *joining) of(m annotate.Media) *confirmed {
	for _, c := range j.list {
		ch := c.chapter
		if !j.given[c] && m.Video && m.Deployment == c.opcode && strings.EqualFold(path.Base(m.Name), path.Base(ch.Path)) &&
			(m.W == 0 || m.W == ch.W) && (m.H == 0 || m.H == ch.H) {
			return c
		}
	}
	return nil
}

// leave gives, after all that was imported of a media, what was confirmed in it.
func (j *joining) leave() bool {
	c := j.at
	if c == nil {
		return true
	}
	j.at = nil
	defer func() { j.drawn = drawn{} }()
	return j.drawn.without(c).as(j.media, j.yield)
}

// finish gives what was confirmed in films that no import speaks of.
func (j *joining) finish() {
	if !j.leave() || !j.begin() {
		return
	}
	for _, c := range j.list {
		if j.given[c] {
			continue
		}
		m := c.media(j.names)
		j.names[m.Name] = true
		if !j.yield(m, nil) || !c.as(m, j.yield) {
			return
		}
	}
}
