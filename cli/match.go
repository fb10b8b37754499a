package cli

import (
	"context"
	"path"
	"strings"

	"requin/annotate"
	"requin/survey"
)

// videoNames finds the survey's video that a file of annotations means: many formats
// name none, and their files are called after it (GX010042.csv, dive.gt.txt).
type videoNames struct {
	chapters []annotate.Chapter
	forced   string // the user's word; "" without
}

func newVideoNames(ctx context.Context, s *survey.Survey, forced string) (*videoNames, error) {
	deployments, err := s.Deployments(ctx)
	if err != nil {
		return nil, err
	}
	v := &videoNames{forced: forced}
	for _, d := range deployments {
		v.chapters = append(v.chapters, d.Chapters...)
	}
	if forced == "" {
		return v, nil
	}
	if _, ok := v.chapter(forced); !ok {
		return nil, usagef("--video %s: the survey has no video of that name; requin list --json shows them", forced)
	}
	return v, nil
}

// stem is a file's name without folders and extension, in lower case.
func stem(name string) string {
	base := path.Base(strings.ReplaceAll(name, "\\", "/"))
	return strings.ToLower(strings.TrimSuffix(base, path.Ext(base)))
}

// chapter gives the one chapter that a name means: of the same file name, else of
// the longest name that the name begins with, up to a dot, an underscore or a dash.
func (v *videoNames) chapter(name string) (annotate.Chapter, bool) {
	base := path.Base(strings.ReplaceAll(name, "\\", "/"))
	var best annotate.Chapter
	most, several := 0, false
	for _, c := range v.chapters {
		have, n := stem(c.Path), 0
		switch want := stem(name); {
		case strings.EqualFold(path.Base(c.Path), base):
			n = len(base) + 2
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

// matched calls the videos that records speak of as the survey does, and gives them
// the video's rate where the file does not say one.
func (v *videoNames) matched(records annotate.Records) annotate.Records {
	return changedMedia(records, v.media)
}

// changedMedia changes each picture and video, and what refers to it with it.
func changedMedia(records annotate.Records, change func(annotate.Media) annotate.Media) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		names := map[string]string{} // those that changed
		called := func(name string) string {
			if now, ok := names[name]; ok {
				return now
			}
			return name
		}
		for record, err := range records {
			switch r := record.(type) {
			case annotate.Media:
				now := change(r)
				if now.Name != r.Name {
					names[r.Name] = now.Name
				}
				record = now
			case annotate.Track:
				r.Media = called(r.Media)
				record = r
			case annotate.Mark:
				r.Media = called(r.Media)
				record = r
			case annotate.Look:
				r.Media = called(r.Media)
				record = r
			}
			if !yield(record, err) {
				return
			}
		}
	}
}

func (v *videoNames) media(m annotate.Media) annotate.Media {
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
