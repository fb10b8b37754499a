package web

import (
	"context"
	"path"
	"slices"
	"strconv"
	"time"

	"requin/annotate"
	"requin/review"
	"requin/survey"
)

// Labels are what people confirmed, as truth: boxes of the frames in which nothing is left to decide, and that those were looked at. A frame counts if
// it was looked at whole for every studied taxon, or if it holds a confirmed box and no track that nobody decided about: in any
// other an animal without a mark would be learned as none.
func Labels(ctx context.Context, sv *survey.Survey, only []string) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		t := newDesks(sv, only, 0.05)
		all, err := t.list(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, d := range all {
			if d.Count == nil {
				continue
			}
			k, err := t.of(ctx, d)
			if err != nil {
				yield(nil, err)
				return
			}
			if !k.labels(ctx, yield) {
				return
			}
		}
	}
}

// labels gives a deployment's. It tells whether more is wanted.
func (k *desk) labels(ctx context.Context, yield func(annotate.Record, error) bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(ctx); err != nil {
		return yield(nil, err)
	}
	v := k.view("")
	whole := k.whole(v)
	chapters := slices.DeleteFunc(slices.Clone(k.d.Chapters), func(ch annotate.Chapter) bool { return ch.Camera != 0 })
	for n, ch := range chapters {
		end := time.Duration(1<<63 - 1)
		if n+1 < len(chapters) {
			end = chapters[n+1].Offset
		}
		in := func(i int) bool { at := k.m.Frames[i].Time; return whole[i] && at >= ch.Offset && at < end }
		if !slices.ContainsFunc(frameNumbers(len(k.m.Frames)), in) {
			continue
		}
		if !k.chapterLabels(v, ch, in, yield) {
			return false
		}
	}
	return true
}

func frameNumbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// chapterLabels gives the labels of one file.
func (k *desk) chapterLabels(v *view, ch annotate.Chapter, in func(i int) bool, yield func(annotate.Record, error) bool) bool {
	media := annotate.Media{Name: k.opcode + "/" + path.Base(ch.Path), Deployment: k.opcode, Video: true, W: ch.W, H: ch.H, Rate: ch.Rate, Frames: ch.Frames}
	if !yield(media, nil) {
		return false
	}
	for _, t := range v.state.Tracks() {
		if t.Standing != review.Accepted || !slices.ContainsFunc(t.Points, func(p review.Point) bool { return in(p.Frame) }) {
			continue
		}
		origin := annotate.Origin{By: t.By, From: "requin review"}
		names := []annotate.Name{{Label: t.Taxon}}
		if !yield(annotate.Track{Media: media.Name, ID: t.ID, Names: names, Origin: origin}, nil) {
			return false
		}
		for _, p := range t.Points {
			at := k.m.Frames[p.Frame].Time - ch.Offset
			if in(p.Frame) && !yield(annotate.Mark{Media: media.Name, Track: t.ID, Frame: number(ch, at), Time: at, Shape: annotate.BoxShape(p.Box),
				Names: names, Still: true, Origin: origin, ID: t.ID + "-" + strconv.Itoa(p.Frame)}, nil) {
				return false
			}
		}
	}
	for i, f := range k.m.Frames {
		if in(i) && !yield(annotate.Look{Media: media.Name, Frame: number(ch, f.Time-ch.Offset), Time: f.Time - ch.Offset}, nil) {
			return false
		}
	}
	return true
}

// number is the number of the frame at a time, -1 where the rate is not known.
func number(ch annotate.Chapter, at time.Duration) int {
	if ch.Rate.Num <= 0 {
		return -1
	}
	return int(at.Seconds()*float64(ch.Rate.Num)/float64(ch.Rate.Den) + 0.5)
}

// whole tells of each frame whether all in it is decided. The desk is held.
func (k *desk) whole(v *view) []bool {
	seen, some, undecided := make([]int, len(k.m.Frames)), make([]bool, len(k.m.Frames)), make([]bool, len(k.m.Frames))
	for _, name := range k.studied() {
		frames, _ := v.state.Looks(name)
		for _, i := range frames {
			seen[i]++
		}
	}
	for _, t := range v.state.Tracks() {
		for _, p := range t.Points {
			some[p.Frame] = some[p.Frame] || t.Standing == review.Accepted
			undecided[p.Frame] = undecided[p.Frame] || t.Standing == review.Open || t.Standing == review.Uncertain
		}
	}
	out := make([]bool, len(k.m.Frames))
	for i := range out {
		out[i] = seen[i] > 0 && seen[i] == len(k.studied()) || some[i] && !undecided[i]
	}
	return out
}
