package exchange

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"requin/annotate"
)

// stillOf is what the picture of a video's frame is called in formats that know
// pictures alone: "reef.mp4" and 10 give "reef/frame_000010.jpg".
func stillOf(video string, number int) string {
	return fmt.Sprintf("%s/frame_%06d.jpg", strings.TrimSuffix(video, path.Ext(video)), number)
}

// stills are the records for a format that knows pictures alone: every frame of a
// video that was looked at or marked becomes a picture. losses says which videos.
func stills(records annotate.Records, losses *Losses) (annotate.Records, error) {
	videos := map[string]*annotate.Media{}
	frames := map[string][]int{}
	names := map[[2]string][]annotate.Name{}
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		switch r := record.(type) {
		case annotate.Media:
			if r.Video {
				videos[r.Name] = &r
				losses.add("a video (its frames are written as pictures, which have to be cut from it)", r.Name)
			}
		case annotate.Track:
			names[[2]string{r.Media, r.ID}] = r.Names
		case annotate.Mark:
			if videos[r.Media] != nil {
				frames[r.Media] = append(frames[r.Media], r.Frame)
			}
		case annotate.Look:
			if videos[r.Media] != nil {
				frames[r.Media] = append(frames[r.Media], r.Frame)
			}
		}
		for name, list := range frames { // as few as there are, however many marks
			if len(list) > heldMarks && len(list) == cap(list) {
				frames[name] = distinct(list)
			}
		}
	}
	for name := range frames {
		frames[name] = distinct(frames[name])
	}
	if len(videos) == 0 {
		return records, nil
	}
	return func(yield func(annotate.Record, error) bool) {
		for record, err := range records {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range still(record, videos, frames, names) {
				if !yield(r, nil) {
					return
				}
			}
		}
	}, nil
}

func distinct(numbers []int) []int {
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// still is what a record becomes.
func still(record annotate.Record, videos map[string]*annotate.Media, frames map[string][]int, names map[[2]string][]annotate.Name) []annotate.Record {
	switch r := record.(type) {
	case annotate.Media:
		if !r.Video {
			return []annotate.Record{r}
		}
		var out []annotate.Record
		for _, number := range frames[r.Name] {
			if number >= 0 {
				out = append(out, annotate.Media{Name: stillOf(r.Name, number), W: r.W, H: r.H, Split: r.Split})
			}
		}
		return out
	case annotate.Mark:
		if len(r.Names) == 0 {
			r.Names = names[[2]string{r.Media, r.Track}]
		}
		if videos[r.Media] != nil && r.Frame >= 0 {
			r.Media, r.Frame, r.Time = stillOf(r.Media, r.Frame), 0, 0
		}
		return []annotate.Record{r}
	case annotate.Look:
		if videos[r.Media] != nil && r.Frame >= 0 {
			r.Media, r.Frame, r.Time = stillOf(r.Media, r.Frame), 0, 0
		}
		return []annotate.Record{r}
	}
	return []annotate.Record{record}
}
