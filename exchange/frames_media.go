package exchange

import (
	"errors"
	"path"
	"strconv"
	"strings"

	"requin/annotate"
)

// sink takes the marks of one medium.
type sink interface {
	mark(m annotate.Mark) error
	close() error
}

// perMedium writes each medium with a sink of its own, which is open from its first
// mark to its last; one without marks is opened and closed in its place. It goes through the records twice.
func perMedium(records annotate.Records, other func(annotate.Record), open func(annotate.Media) (sink, error)) (err error) {
	left, media := map[string]int{}, map[string]annotate.Media{}
	for r, err := range records {
		if err != nil {
			return err
		}
		if m, ok := r.(annotate.Mark); ok {
			left[m.Media]++
		}
	}
	sinks := map[string]sink{}
	defer func() {
		for _, s := range sinks { // only where an error left them open
			err = errors.Join(err, s.close())
		}
	}()
	for r, err := range records {
		if err != nil {
			return err
		}
		m, ok := r.(annotate.Mark)
		if !ok {
			other(r)
			if r, ok := r.(annotate.Media); ok {
				media[r.Name] = r
				if left[r.Name] > 0 {
					continue
				}
				if s, err := open(r); err != nil {
					return err
				} else if err := s.close(); err != nil {
					return err
				}
			}
			continue
		}
		s := sinks[m.Media]
		if s == nil {
			of, known := media[m.Media]
			if !known {
				of = annotate.Media{Name: m.Media, Video: true}
			}
			if s, err = open(of); err != nil {
				return err
			}
			sinks[m.Media] = s
		}
		if err := s.mark(m); err != nil {
			return err
		}
		if left[m.Media]--; left[m.Media] == 0 {
			delete(sinks, m.Media)
			if err := s.close(); err != nil {
				return err
			}
		}
	}
	return nil
}

// safeName makes a path inside a folder of a medium's name.
func safeName(name string) string {
	name = strings.ReplaceAll(strings.ReplaceAll(name, `\`, "/"), ":", "_")
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		return "video"
	}
	return name
}

// sequenced makes one video, "pictures", of all pictures, for formats that hold
// nothing but videos: a picture is the frame whose number in a sequence came with
// it ("viame.frame"), or the next one. The pictures' names are lost.
func sequenced(records annotate.Records, l *Losses) annotate.Records {
	const name = "pictures"
	return func(yield func(annotate.Record, error) bool) {
		numbers := map[string]int{}
		for r, err := range records {
			if err != nil {
				yield(nil, err)
				return
			}
			switch r := r.(type) {
			case annotate.Media:
				if r.Video {
					break
				}
				first := len(numbers) == 0
				n, err := strconv.Atoi(r.Extra["viame.frame"])
				if err != nil {
					n = len(numbers)
				}
				numbers[r.Name] = n
				if l != nil {
					l.add("the name of a picture (it is a frame of a sequence)", r.Name)
				}
				if first && !yield(annotate.Media{Name: name, Video: true}, nil) {
					return
				}
				continue
			case annotate.Track:
				if _, picture := numbers[r.Media]; picture {
					continue
				}
			case annotate.Look:
				if n, picture := numbers[r.Media]; picture {
					r.Media, r.Frame, r.Time = name, n, annotate.None
					if !yield(r, nil) {
						return
					}
					continue
				}
			case annotate.Mark:
				if n, picture := numbers[r.Media]; picture {
					r.Media, r.Frame, r.Time, r.Track, r.ID = name, n, annotate.None, "", r.ID+r.Track
					if !yield(r, nil) {
						return
					}
					continue
				}
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}
