package exchange

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// sharkColumns are the columns that are read; the others are kept by their names.
type sharkColumns struct {
	index, number, clock, w, h, conf, label, metadata, track int
	box                                                      [4]int
	others                                                   []int
	folders                                                  []int
}

// boxes reads output.csv.
func (s *sharkReader) boxes(t *table) (func(*table) error, error) {
	c := sharkColumns{index: -1, number: t.column("frame"), clock: t.column("time"), w: t.column("w"), h: t.column("h"),
		conf: t.column("confidence"), label: t.column("label", "class"), metadata: t.column("track_metadata"), track: t.column("track_id")}
	if _, err := t.need("video_path", "chapter_path", "video_name"); err != nil {
		return nil, err
	}
	for i, name := range []string{"xmin", "ymin", "xmax", "ymax"} {
		var err error
		if c.box[i], err = t.need(name); err != nil {
			return nil, err
		}
	}
	known := slices.Concat(c.box[:], []int{c.number, c.clock, c.w, c.h, c.conf, c.label, c.metadata, c.track, t.column("video_path", "chapter_path"), t.column("video_name")})
	for i, name := range t.header {
		switch {
		case slices.Contains(known, i):
		case name == "" && c.index < 0:
			c.index = i
		case isFolderColumn(name):
			c.folders = append(c.folders, i)
		case name != "" && t.column(name) == i:
			c.others = append(c.others, i)
		}
	}
	return func(t *table) error { return s.box(t, c) }, nil
}

// isFolderColumn tells folder1, folder2 and so on, which repeat the folders of video_path.
func isFolderColumn(name string) bool {
	n, ok := strings.CutPrefix(name, "folder")
	return ok && isWholeNumber(n)
}

// box reads a line.
func (s *sharkReader) box(t *table, c sharkColumns) error {
	name, err := sharkPath(t)
	if err != nil {
		return err
	}
	var v [4]float64
	for i, column := range c.box {
		x, err := t.number(column)
		if err != nil {
			return err
		}
		if x == nil {
			return t.wrong(column, "it should be a number: a corner of the box")
		}
		v[i] = *x
	}
	m := annotate.Mark{Media: name, ID: t.text(c.index), Frame: -1, Time: annotate.None, Shape: annotate.BoxShape(cornersBox(v[0], v[1], v[2], v[3])), Still: true}
	if !missing(t.text(c.number)) {
		if m.Frame, err = t.integer(c.number); err != nil {
			return err
		}
		if m.Frame < 0 || m.Frame > 1<<31 {
			return t.wrong(c.number, "it should be the number of a frame, from 0")
		}
	}
	if text := t.text(c.clock); !missing(text) {
		at, step, ok := sharkClock(text)
		if !ok {
			return t.wrong(c.clock, sharkClockWant)
		}
		m.Time = at
		if limits := s.rates[name]; limits != nil && m.Frame >= 0 && step >= 1e9 {
			if exact, ok := (annotate.Mark{Frame: m.Frame, Time: annotate.None}).At(limits.is(s.in.Rate)); ok {
				m.Time = exact.Round(1e6)
			}
		}
	}
	conf, err := t.number(c.conf)
	if err != nil {
		return err
	}
	if label := t.text(c.label); label != "" || conf != nil {
		m.Names = []annotate.Name{{Label: label}}
		if label == "" {
			m.Names[0].Label = viameUnknown
		}
		if conf != nil {
			m.Names[0].Score, m.Names[0].Scored = *conf, true
		}
	}
	for _, i := range c.others {
		if text := t.text(i); text != "" {
			setExtra(&m.Extra, "sharktrack."+t.header[i], text)
		}
	}
	return s.place(t, m, c)
}

// place gives a mark after its video and its track.
func (s *sharkReader) place(t *table, m annotate.Mark, c sharkColumns) error {
	if !s.media[m.Media] {
		video, err := s.newVideo(t, m.Media, c)
		if err != nil {
			return err
		}
		if err := s.video(m.Media, video); err != nil {
			return err
		}
	}
	metadata := t.text(c.metadata)
	if !missing(t.text(c.track)) {
		id, err := t.integer(c.track)
		if err != nil {
			return err
		}
		m.Track = strconv.Itoa(id)
		if metadata == m.Media+"/"+m.Track {
			metadata = ""
		}
		key := [2]string{m.Media, m.Track}
		of, known := s.tracks[key]
		saidUnknown(&m, of.named)
		if !known {
			of = sharkTracked{len(m.Names) > 0, metadata}
			s.tracks[key] = of
			track := annotate.Track{Media: m.Media, ID: m.Track, Names: slices.Clone(m.Names)}
			if metadata != "" {
				setExtra(&track.Extra, "sharktrack.track_metadata", metadata)
			}
			if err := s.out(track); err != nil {
				return err
			}
		}
		if metadata == of.metadata {
			metadata = ""
		}
	}
	if metadata != "" {
		setExtra(&m.Extra, "sharktrack.track_metadata", metadata)
	}
	return s.out(m)
}

// newVideo is what the first line of a video tells of it.
func (s *sharkReader) newVideo(t *table, name string, c sharkColumns) (annotate.Media, error) {
	var m annotate.Media
	for column, into := range map[int]*int{c.w: &m.W, c.h: &m.H} {
		if missing(t.text(column)) {
			continue
		}
		v, err := t.integer(column)
		if err != nil {
			return m, err
		}
		if v < 1 || v > 1<<20 {
			return m, t.wrong(column, "it should be the width or height of the video in pixels")
		}
		*into = v
	}
	if m.W == 0 || m.H == 0 {
		m.W, m.H = 0, 0
	}
	if text := t.text(t.column("video_name")); text != "" && text != path.Base(name) {
		setExtra(&m.Extra, "sharktrack.video_name", text)
	}
	var folders []string
	for _, i := range c.folders {
		folders = append(folders, t.text(i))
	}
	for len(folders) > 0 && folders[len(folders)-1] == "" {
		folders = folders[:len(folders)-1]
	}
	if usual := sharkFolders(name); len(folders) > 0 && !slices.Equal(folders, usual) {
		setExtra(&m.Extra, "sharktrack.folders", listText(folders))
	}
	if tracks, ok := s.found(name); ok {
		setExtra(&m.Extra, "sharktrack.tracks_found", tracks)
	}
	return m, nil
}

// sharkFolders are the folders of a video's path, as folder1, folder2 and so on have them.
func sharkFolders(name string) []string {
	dir := path.Dir(name)
	if dir == "." || dir == "/" {
		return nil
	}
	parts := strings.Split(dir, "/")
	if parts[0] == "" {
		parts[0] = "/"
	}
	return parts
}

// sharkClockText is a time as the latest generation writes it.
func sharkClockText(m annotate.Mark) string {
	ms := m.Time.Round(1e6).Milliseconds()
	s := ms / 1000
	return fmt.Sprintf("%02dh:%02dm:%02ds:%03dms", s/3600, s/60%60, s%60, ms%1000)
}
