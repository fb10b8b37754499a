package exchange

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
)

// EMObs is the file that EventMeasure (SeaGIS) keeps its marks in, read without its makers'
// word on the layout: docs/formats/emobs.md says how it was worked out and what is not known.
// What is not known is refused, never guessed. One file is one deployment, with its points,
// lengths and 3-D points. Extra holds what else EventMeasure's text files would say, under
// "eventmeasure." and the column's name there.
func EMObs() Format {
	return Format{Name: "emobs", Title: "EventMeasure EMObs", Sniff: sniffEMObs, Read: readEMObs}
}

// emobsLargest is the most bytes that are read; the largest file seen has 51,791.
const emobsLargest = 256 << 20

func sniffEMObs(name string, head []byte) float64 {
	switch opens := len(head) >= 8 && string(head[:3]) == "EBS" && head[3] < ' '; {
	case opens && strings.HasSuffix(strings.ToLower(name), ".emobs"):
		return 1
	case opens && head[3] == 5 && (head[7] == 0xff || string(head[4:8]) == "\x00\x00\x00\x00"): // the length of a text
		return 0.9
	}
	return 0
}

func readEMObs(in Input) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		f, err := openEMObs(in)
		if err == nil {
			err = (&emobsReader{file: f, in: in, yield: yield}).all()
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// openEMObs reads and understands the whole file before anything of it is given.
func openEMObs(in Input) (f *emobsFile, err error) {
	file, err := in.open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, emobsLargest+1))
	if closed := file.Close(); err == nil {
		err = closed
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	case len(data) > emobsLargest:
		return nil, fmt.Errorf("%s is longer than %d bytes: this is no EMObs file", in.Name, emobsLargest)
	}
	return parseEMObs(in.Name, data)
}

// emobsReader turns a file into records. Its methods give false where no more are wanted.
type emobsReader struct {
	file   *emobsFile
	in     Input
	yield  func(annotate.Record, error) bool
	points int // given so far: EventMeasure's PointIndex
	pairs  int // ImagePtPair
}

func (r *emobsReader) all() error {
	if !r.yield(r.deployment(), nil) {
		return nil
	}
	rig, _ := newEMObsRig(r.file.cameras[0], r.file.cameras[1])
	for i := range r.file.images {
		image := &r.file.images[i]
		for _, point := range image.points {
			s, err := r.sighting(image, point)
			if err != nil {
				return err
			}
			if !r.yield(s, nil) {
				return nil
			}
		}
		for k, pairs := range append(image.lengths[:len(image.lengths):len(image.lengths)], image.spots...) {
			l, err := r.length(image, pairs)
			if err != nil {
				return err
			}
			if rig != nil {
				rig.measure(&l, pairs, k < len(image.lengths))
			}
			if !r.yield(l, nil) {
				return nil
			}
		}
	}
	return nil
}

func (r *emobsReader) deployment() annotate.Deployment {
	f := r.file
	d := annotate.Deployment{OpCode: f.values[0], Extra: annotate.Extra{}}
	put(d.Extra, "PictureDirectory", f.pictures)
	put(d.Extra, "TapeReader", f.values[1])
	if depth, err := parseNumber(strings.TrimSpace(f.values[2])); err == nil {
		d.Depth = &depth
	} else {
		put(d.Extra, "Depth", f.values[2])
	}
	put(d.Extra, "Comment", f.values[3])
	for i := len(emobsInfo); i < len(f.info); i++ {
		put(d.Extra, fmt.Sprintf("Info%dName", i+1), f.info[i])
		put(d.Extra, fmt.Sprintf("Info%dValue", i+1), f.values[i])
	}
	for camera, movies := range f.movies {
		var from time.Duration
		for _, movie := range movies {
			c := annotate.Chapter{Path: movie.file, Camera: camera, Offset: from, Frames: movie.frames, Rate: emobsRate(movie.rate),
				Extra: annotate.Extra{"eventmeasure.Format": strconv.Itoa(f.formats[camera])}}
			c.Duration = frame.Rational{Num: c.Rate.Den, Den: c.Rate.Num}.Seconds(int64(c.Frames))
			from += c.Duration
			d.Chapters = append(d.Chapters, c)
		}
	}
	for i, p := range f.periods {
		period := annotate.Period{Name: p.name, From: emobsTime(p.start), Open: p.open, Extra: annotate.Extra{}}
		put(period.Extra, "PeriodIndex", strconv.Itoa(i))
		put(period.Extra, "FilenameStart", p.from.file)
		put(period.Extra, "FrameStart", strconv.Itoa(p.from.number))
		if !p.open {
			period.To = emobsTime(p.end)
			put(period.Extra, "FilenameEnd", p.to.file)
			put(period.Extra, "FrameEnd", strconv.Itoa(p.to.number))
		}
		d.Periods = append(d.Periods, period)
	}
	return d
}

func (r *emobsReader) sighting(image *emobsImage, point emobsPoint) (annotate.Sighting, error) {
	m, err := r.attributes(point.attributes, "point", r.points)
	s := annotate.Sighting{
		OpCode: r.file.values[0], Media: image.frame.file, Frame: image.frame.number, Time: emobsTime(image.time),
		Period: image.period, PeriodTime: emobsTime(image.since), Species: m.species, Number: m.number,
		Stage: m.stage, Activity: m.activity, Comment: m.comment,
		Shape:  annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{point.at}},
		Origin: r.origin(), Extra: m.extra,
	}
	put(s.Extra, "PointIndex", strconv.Itoa(r.points))
	if point.rect != [2]float64{-1, -1} {
		put(s.Extra, "RectWidth", emobsDecimal(point.rect[0]))
		put(s.Extra, "RectHeight", emobsDecimal(point.rect[1]))
	}
	r.points++
	return s, err
}

func (r *emobsReader) length(image *emobsImage, pairs emobsPairs) (annotate.Length, error) {
	m, err := r.attributes(pairs.attributes, "measurement", r.pairs)
	l := annotate.Length{
		OpCode: r.file.values[0], Media: image.frame.file, Frame: image.frame.number, Time: emobsTime(image.time),
		Period: image.period, Species: m.species, Number: m.number,
		Stage: m.stage, Activity: m.activity, Comment: m.comment, Origin: r.origin(), Extra: m.extra,
	}
	put(l.Extra, "ImagePtPair", strconv.Itoa(r.pairs))
	put(l.Extra, "FilenameRight", pairs.other.file)
	put(l.Extra, "FrameRight", strconv.Itoa(pairs.other.number))
	if image.since >= 0 {
		put(l.Extra, "PeriodTime", emobsDecimal(image.since))
	}
	for i, points := range [][]annotate.Point{pairs.left, pairs.right} {
		var x, y []string
		for _, p := range points {
			x, y = append(x, emobsDecimal(p.X)), append(y, emobsDecimal(p.Y))
		}
		put(l.Extra, "LR"[i:i+1]+"x", strings.Join(x, " "))
		put(l.Extra, "LR"[i:i+1]+"y", strings.Join(y, " "))
	}
	r.pairs++
	return l, err
}

// emobsMarked is what the attributes of a mark say.
type emobsMarked struct {
	species                  annotate.Species
	number                   int
	stage, activity, comment string
	extra                    annotate.Extra
}

func (r *emobsReader) attributes(a []string, kind string, index int) (emobsMarked, error) {
	m := emobsMarked{
		species: annotate.Species{Family: a[0], Genus: a[1], Species: a[2]},
		stage:   a[5], activity: a[6], comment: a[7], extra: annotate.Extra{},
	}
	if len(a[3]) == 8 && strings.Trim(a[3], "0123456789") == "" {
		m.species.CAAB = a[3]
	} else {
		put(m.extra, "Code", a[3])
	}
	for i := len(emobsAttributes); i < len(a); i++ {
		name := r.file.attributes[i]
		if name == "" {
			name = fmt.Sprintf("Attribute%d", i+1)
		}
		put(m.extra, name, a[i])
	}
	var err error
	if m.number, err = strconv.Atoi(strings.TrimSpace(a[4])); err != nil || m.number < 0 {
		return m, fmt.Errorf("%s, %s %d (%s %s %s): Number is %.40q: it should be a whole number; set it in EventMeasure", r.in.Name, kind, index, a[0], a[1], a[2], a[4])
	}
	return m, nil
}

func (r *emobsReader) origin() annotate.Origin {
	return annotate.Origin{By: r.file.values[1], From: r.in.Name}
}

// put keeps a text that is not empty.
func put(extra annotate.Extra, column, text string) {
	if text != "" {
		extra["eventmeasure."+column] = text
	}
}

// emobsDecimal writes a number as EventMeasure's exports do.
func emobsDecimal(v float64) string { return strconv.FormatFloat(v, 'f', 5, 64) }

// emobsTime turns minutes into a time; None for EventMeasure's -1.
func emobsTime(minutes float64) time.Duration {
	if minutes < 0 {
		return annotate.None
	}
	return time.Duration(math.Round(minutes * float64(time.Minute)))
}

// emobsRate is the ratio that a stored rate stands for: 29.97002997002997 is 30000/1001.
func emobsRate(rate float64) frame.Rational {
	for _, den := range []int64{1, 1001, 1000} {
		num := math.Round(rate * float64(den))
		if den == 1001 {
			num = math.Round(num/1000) * 1000
		}
		if math.Abs(num/float64(den)-rate) < 1e-6*rate {
			return frame.Rational{Num: int64(num), Den: den}
		}
	}
	return frame.Rational{Num: int64(math.Round(rate * 1e6)), Den: 1e6}
}
