package survey

import (
	"context"
	"path"
	"strings"

	"requin/annotate"
)

// VideoNames finds the survey's video that a file of annotations means: many formats
// name none, and their files are called after it (GX010042.csv, dive.gt.txt).
type VideoNames struct {
	chapters []annotate.Chapter
	forced   string // the user's word; "" without
}

// VideoNames are the names of the videos of the survey's deployments.
func (s *Survey) VideoNames(ctx context.Context) (*VideoNames, error) {
	deployments, err := s.Deployments(ctx)
	if err != nil {
		return nil, err
	}
	v := &VideoNames{}
	for _, d := range deployments {
		v.chapters = append(v.chapters, d.Chapters...)
	}
	return v, nil
}

// Force takes one video for that which all files mean, whatever they name; false where the
// survey has no video of that name, or several.
func (v *VideoNames) Force(name string) bool {
	_, ok := v.chapter(name)
	if ok {
		v.forced = name
	}
	return ok
}

// Matched calls the videos that records speak of as the survey does, and gives them
// the video's rate and size where the file does not say them. A name that means none of the survey's videos, or
// several, stays.
func (v *VideoNames) Matched(records annotate.Records) annotate.Records {
	return annotate.ChangedMedia(records, v.media)
}

// stem is a file's name without its folders and extension, folded.
func stem(name string) string {
	name = base(name)
	return strings.TrimSuffix(name, path.Ext(name))
}

// chapter gives the one chapter that a name means: of the same file name, else of
// the longest name that the name begins with, up to a dot, an underscore or a dash.
func (v *VideoNames) chapter(name string) (annotate.Chapter, bool) {
	var best annotate.Chapter
	most, several := 0, false
	whole, want := base(name), stem(name)
	for _, c := range v.chapters {
		have, n := stem(c.Path), 0
		switch {
		case base(c.Path) == whole:
			n = len(whole) + 2
		case want == have:
			n = len(have) + 1
		case strings.HasPrefix(want, have) && strings.ContainsAny(want[len(have):len(have)+1], "._-"):
			n = len(have)
		default:
			continue
		}
		if n > most {
			best, most, several = c, n, false
		} else if n == most {
			several = true
		}
	}
	return best, most > 0 && !several
}

func (v *VideoNames) media(m annotate.Media) annotate.Media {
	if !m.Video {
		return m
	}
	name := m.Name
	if v.forced != "" {
		name = v.forced
	}
	c, ok := v.chapter(name)
	if !ok {
		return m
	}
	m.Name = path.Base(c.Path)
	if m.Rate.Num == 0 {
		m.Rate = c.Rate
	}
	if m.W == 0 && m.H == 0 {
		m.W, m.H = c.W, c.H
	}
	return m
}
