package exchange

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
)

// SharkTrack is what SharkTrack writes, in the generations of its columns:
//
//	chapter_path,frame,time,track_metadata,track_id,xmin,ymin,xmax,ymax,confidence,class           2024, times 00:01:20
//	video_path,video_name,frame,time,xmin,...,w,h,confidence,class|label,track_metadata,track_id   times 00h:00m:01s
//	video_path,video_name,frame,time,xmin,...,w,h,...,track_metadata,track_id,folder1,folder2...   times 00h:00m:01s:333ms
//
// and maxn.csv (or max_n.csv), whose lines are counts, and overview.csv, which lists all
// videos. Read is any one of these, or the folder of output.csv. Beside a file of boxes overview.csv is read too, for the videos without
// a track and for the number it states ("sharktrack.tracks_found"); its paths may be longer ones of the same videos.
//
//   - 00:01:20 is minutes, seconds and hundredths: at 5 frames a second frame 6 has it, and frame 5 has 00:01:00.
//   - 00h:00m:01s is cut off to whole seconds, but frames count evenly: where one whole number of frames a second
//     (or Input.Rate) fits all frames and times of a video, the time is frame / rate; otherwise it is the whole second.
//   - In the latest generation frames count in the video and times are exact; nothing is derived.
//   - Tracks are numbered within a video; track_metadata is kept where it is not the video and the number. The scores are each
//     box's. Between boxes nothing is drawn (Mark.Still). A column without a name is the id of marks, and
//     columns that are not known are kept.
//
// Written is the latest generation: output.csv, maxn.csv where there are counts, and overview.csv where there are videos without marks or a
// stated number of tracks.
func SharkTrack() Format {
	return Format{
		Name: "sharktrack", Title: "SharkTrack CSV", Many: true,
		Sniff: sniffSharkTrack,
		Read: func(in Input) annotate.Records {
			in.Name = sharkTrackFile(in)
			return reading(in, func(r io.Reader, out give) error { return (&sharkReader{in: in, out: out}).run(r) })
		},
		Write: writeSharkTrack,
	}
}

func sniffSharkTrack(name string, head []byte) float64 {
	line, _, _ := strings.Cut(strings.TrimLeft(string(head), "\ufeff\r\n"), "\n")
	has := func(columns ...string) bool {
		cells := strings.Split(strings.TrimSpace(line), ",")
		for _, c := range columns {
			if !slices.Contains(cells, c) {
				return false
			}
		}
		return true
	}
	path := has("video_path") || has("chapter_path")
	switch {
	case path && has("xmin", "ymin", "xmax", "ymax", "track_metadata"):
		return 0.98
	case path && (has("time", "n") || has("time_sample", "n")), has("video_path", "tracks_found"):
		return 0.95
	}
	return 0
}

// sharkTrackFile is the file of boxes in a folder.
func sharkTrackFile(in Input) string {
	for _, name := range []string{"output.csv", "internal_results/output.csv"} {
		if info, err := fs.Stat(in.FS, path.Join(in.Name, name)); err == nil && !info.IsDir() {
			return path.Join(in.Name, name)
		}
	}
	return in.Name
}

type sharkReader struct {
	in     Input
	out    give
	media  map[string]bool
	tracks map[[2]string]sharkTracked
	rates  map[string]*sharkRate
	videos []sharkVideo
}

// sharkTracked is what is remembered of a track.
type sharkTracked struct {
	named    bool
	metadata string
}

// sharkVideo is a line of overview.csv.
type sharkVideo struct{ path, tracks string }

// rows reads a table and calls row for each line; renewed for each line is what it may read.
func (s *sharkReader) rows(name string, file io.Reader, begin func(*table) error, row func(*table) error) error {
	limit := &budget{file, 2 * longestLine}
	t, err := openTable("SharkTrack file "+name, limit, 0)
	if err != nil {
		return err
	}
	if err := begin(t); err != nil {
		return err
	}
	for t.next() {
		limit.left = 2 * longestLine
		if err := row(t); err != nil {
			return err
		}
	}
	if errors.Is(t.err, errTooLarge) {
		return fmt.Errorf("SharkTrack file %s, after line %d: a line of more than %d bytes, or a quote that is never closed", name, t.line, 2*longestLine)
	}
	return t.err
}

func (s *sharkReader) run(file io.Reader) error {
	s.media, s.tracks = map[string]bool{}, map[[2]string]sharkTracked{}
	var row func(*table) error
	err := s.rows(s.in.Name, file, func(t *table) (err error) {
		switch {
		case t.column("tracks_found") >= 0:
			row = s.overviewRow
			_, err = t.need("video_path", "chapter_path")
		case t.column("n") >= 0 && t.column("xmin") < 0:
			row, err = s.counts(t)
		default:
			if row, err = s.boxes(t); err == nil {
				err = s.prepare()
			}
		}
		return err
	}, func(t *table) error { return row(t) })
	if err != nil {
		return err
	}
	for _, v := range s.videos { // that no box was of
		if err := s.video(v.path, annotate.Media{Extra: annotate.Extra{"sharktrack.tracks_found": v.tracks}}); err != nil {
			return err
		}
	}
	return nil
}

// video gives a video once.
func (s *sharkReader) video(name string, m annotate.Media) error {
	if s.media[name] {
		return nil
	}
	s.media[name] = true
	m.Name, m.Video, m.Rate = name, true, s.in.Rate
	return s.out(m)
}

// sharkPath is the video of a line.
func sharkPath(t *table) (string, error) {
	column := t.column("video_path", "chapter_path")
	name := t.text(column)
	if name == "" {
		name = t.text(t.column("video_name"))
	}
	if name = strings.ReplaceAll(name, `\`, "/"); name == "" {
		return "", t.wrong(max(column, 0), "it should be the path of a video")
	}
	return name, nil
}

func (s *sharkReader) overviewRow(t *table) error {
	name, err := sharkPath(t)
	if err != nil {
		return err
	}
	n, err := t.integer(t.column("tracks_found"))
	if err != nil || n < 0 {
		return t.wrong(t.column("tracks_found"), "it should be a number of tracks")
	}
	if s.media[name] {
		return t.wrong(t.column("video_path", "chapter_path"), "it should be a video that no other line has")
	}
	return s.video(name, annotate.Media{Extra: annotate.Extra{"sharktrack.tracks_found": strconv.Itoa(n)}})
}

// counts reads maxn.csv.
func (s *sharkReader) counts(t *table) (func(*table) error, error) {
	label, err := t.need("label", "class")
	if err != nil {
		return nil, err
	}
	if _, err := t.need("video_path", "chapter_path", "video_name"); err != nil {
		return nil, err
	}
	clock, n, number, tracks := t.column("time", "time_sample"), t.column("n"), t.column("frame"), t.column("tracks_in_maxn")
	return func(t *table) error {
		name, err := sharkPath(t)
		if err != nil {
			return err
		}
		c := annotate.Count{Media: name, Label: t.text(label), Time: annotate.None}
		value, err := t.integer(n)
		if err != nil || value < 0 {
			return t.wrong(n, "it should be a number of animals")
		}
		c.Value = float64(value)
		if text := t.text(clock); !missing(text) {
			at, _, ok := sharkClock(text)
			if !ok {
				return t.wrong(clock, sharkClockWant)
			}
			c.Time = at
		}
		if text := t.text(number); text != "" {
			setExtra(&c.Extra, "sharktrack.frame", text)
		}
		if text := t.text(tracks); text != "" {
			setExtra(&c.Extra, "sharktrack.tracks_in_maxn", text)
		}
		if err := s.video(name, annotate.Media{}); err != nil {
			return err
		}
		return s.out(c)
	}, nil
}

const sharkClockWant = "it should be a time, as 00h:00m:01s:333ms (or 00h:00m:01s, or minutes:seconds:hundredths, 00:01:20)"

// sharkClock reads a time; step is how fine it is.
func sharkClock(text string) (at, step time.Duration, ok bool) {
	parts := strings.Split(text, ":")
	units := []string{"h", "m", "s", "ms"}
	sizes := []time.Duration{time.Hour, time.Minute, time.Second, time.Millisecond}
	if len(parts) == 3 && !strings.HasSuffix(text, "s") {
		units, sizes = []string{"", "", ""}, []time.Duration{time.Minute, time.Second, 10 * time.Millisecond}
	}
	if len(parts) < 3 || len(parts) > len(units) {
		return 0, 0, false
	}
	for i, part := range parts {
		digits, ok := strings.CutSuffix(part, units[i])
		n, err := strconv.ParseUint(digits, 10, 16)
		if !ok || err != nil {
			return 0, 0, false
		}
		at += time.Duration(n) * sizes[i]
	}
	return at, sizes[len(parts)-1], at < 1e6*time.Second
}

// sharkRate is what the frames and times of a video leave possible as a rate: more than low, at most high.
type sharkRate struct{ low, high float64 }

// add takes up a line: its frame was at a time from at to before at + step.
func (r *sharkRate) add(number int, at, step time.Duration) {
	r.low = max(r.low, float64(number)/(at+step).Seconds())
	if at > 0 {
		r.high = min(r.high, float64(number)/at.Seconds())
	}
}

// is the rate, where there is just one that can be.
func (r *sharkRate) is(told frame.Rational) frame.Rational {
	if v := float64(told.Num) / float64(told.Den); rated(told) && v > r.low && v <= r.high*(1+1e-9) {
		return told
	}
	n := math.Floor(r.high * (1 + 1e-9))
	if n > r.low && n-1 <= r.low && n < 1000 {
		return frame.Rational{Num: int64(n), Den: 1}
	}
	return frame.Rational{}
}

// prepare goes through the file once for the rates of videos whose times are cut off, and reads overview.csv beside it.
func (s *sharkReader) prepare() error {
	file, err := s.in.open()
	if err != nil {
		return err
	}
	defer file.Close()
	s.rates = map[string]*sharkRate{}
	err = s.rows(s.in.Name, file, func(*table) error { return nil }, func(t *table) error {
		at, step, ok := sharkClock(t.text(t.column("time")))
		number, err := t.integer(t.column("frame"))
		if !ok || step != time.Second || err != nil || number < 0 {
			return nil
		}
		name, err := sharkPath(t)
		if err != nil {
			return err
		}
		if s.rates[name] == nil {
			s.rates[name] = &sharkRate{0, math.Inf(1)}
		}
		s.rates[name].add(number, at, step)
		return nil
	})
	if err != nil {
		return err
	}
	return s.lookOver(path.Join(path.Dir(s.in.Name), "overview.csv"))
}

// lookOver reads overview.csv where there is one.
func (s *sharkReader) lookOver(name string) error {
	file, err := s.in.FS.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	over := &sharkReader{in: s.in, media: map[string]bool{}, out: func(r annotate.Record) error {
		m := r.(annotate.Media) // the lines of that file give nothing else
		s.videos = append(s.videos, sharkVideo{m.Name, m.Extra["sharktrack.tracks_found"]})
		return nil
	}}
	return over.rows(name, file, func(t *table) error {
		_, err1 := t.need("tracks_found")
		_, err2 := t.need("video_path", "chapter_path")
		return errors.Join(err1, err2)
	}, over.overviewRow)
}

// found takes the number of tracks of a video out of the overview: of the line of that path, or of the one that ends with it.
func (s *sharkReader) found(name string) (string, bool) {
	for _, same := range []func(string) bool{
		func(p string) bool { return p == name },
		func(p string) bool { return strings.HasSuffix(p, "/"+name) },
	} {
		at := -1
		for i, v := range s.videos {
			if same(v.path) {
				if at >= 0 {
					return "", false // two may be meant
				}
				at = i
			}
		}
		if at >= 0 {
			tracks := s.videos[at].tracks
			s.videos = slices.Delete(s.videos, at, at+1)
			return tracks, true
		}
	}
	return "", false
}
