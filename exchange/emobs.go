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
		if err != nil {
			yield(nil, err)
			return
		}
		(&emobsReader{file: f, name: in.Name, yield: yield}).all()
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

// emobsReader turns a file into records.
type emobsReader struct {
	file   *emobsFile
	name   string
	yield  func(annotate.Record, error) bool
	points int // given so far: EventMeasure's PointIndex
	pairs  int // ImagePtPair
}

func (r *emobsReader) all() {
	if !r.yield(r.deployment(), nil) {
		return
	}
	rig, _ := newEMObsRig(r.file.cameras[0], r.file.cameras[1])
	for i := range r.file.images {
		image := &r.file.images[i]
		for _, point := range image.points {
			if !r.yield(r.sighting(image, point), nil) {
				return
			}
		}
		for k, pairs := range append(image.lengths[:len(image.lengths):len(image.lengths)], image.spots...) {
			l := r.length(image, pairs)
			if rig != nil {
				rig.measure(&l, pairs, k < len(image.lengths))
			}
			if !r.yield(l, nil) {
				return
			}
		}
	}
}

func (r *emobsReader) deployment() annotate.Deployment {
	f := r.file
	d := annotate.Deployment{OpCode: f.values[0], Extra: annotate.Extra{}}
	emobsPut(d.Extra, "PictureDirectory", f.pictures)
	emobsPut(d.Extra, "TapeReader", f.values[1])
	if depth, err := parseNumber(strings.TrimSpace(f.values[2])); err == nil {
		d.Depth = &depth
	} else {
		emobsPut(d.Extra, "Depth", f.values[2])
	}
	emobsPut(d.Extra, "Comment", f.values[3])
	for i := len(emobsInfo); i < len(f.info); i++ {
		emobsPut(d.Extra, fmt.Sprintf("Info%dName", i+1), f.info[i])
		emobsPut(d.Extra, fmt.Sprintf("Info%dValue", i+1), f.values[i])
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
		emobsPut(period.Extra, "PeriodIndex", strconv.Itoa(i))
		emobsPut(period.Extra, "FilenameStart", p.from.file)
		emobsPut(period.Extra, "FrameStart", strconv.Itoa(p.from.number))
		if !p.open {
			period.To = emobsTime(p.end)
			emobsPut(period.Extra, "FilenameEnd", p.to.file)
			emobsPut(period.Extra, "FrameEnd", strconv.Itoa(p.to.number))
		}
		d.Periods = append(d.Periods, period)
	}
	return d
}

func (r *emobsReader) sighting(image *emobsImage, point emobsPoint) annotate.Sighting {
	m := r.mark(point.attributes)
	s := annotate.Sighting{
		OpCode: r.file.values[0], Media: image.frame.file, Frame: image.frame.number, Time: emobsTime(image.time),
		Period: image.period, PeriodTime: emobsTime(image.since), Species: m.species, Number: m.number,
		Stage: m.stage, Activity: m.activity, Comment: m.comment,
		Shape:  annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{point.at}},
		Origin: r.origin(), Extra: m.extra,
	}
	emobsPut(s.Extra, "PointIndex", strconv.Itoa(r.points))
	if point.rect != [2]float64{-1, -1} {
		emobsPut(s.Extra, "RectWidth", emobsDecimal(point.rect[0]))
		emobsPut(s.Extra, "RectHeight", emobsDecimal(point.rect[1]))
	}
	r.points++
	return s
}

func (r *emobsReader) length(image *emobsImage, pairs emobsPairs) annotate.Length {
	m := r.mark(pairs.attributes)
	l := annotate.Length{
		OpCode: r.file.values[0], Media: image.frame.file, Frame: image.frame.number, Time: emobsTime(image.time),
		Period: image.period, Species: m.species, Number: m.number,
		Stage: m.stage, Activity: m.activity, Comment: m.comment, Origin: r.origin(), Extra: m.extra,
	}
	emobsPut(l.Extra, "ImagePtPair", strconv.Itoa(r.pairs))
	emobsPut(l.Extra, "FilenameRight", pairs.other.file)
	emobsPut(l.Extra, "FrameRight", strconv.Itoa(pairs.other.number))
	if image.since >= 0 {
		emobsPut(l.Extra, "PeriodTime", emobsDecimal(image.since))
	}
	for i, points := range [][]annotate.Point{pairs.left, pairs.right} {
		var x, y []string
		for _, p := range points {
			x, y = append(x, emobsDecimal(p.X)), append(y, emobsDecimal(p.Y))
		}
		emobsPut(l.Extra, "LR"[i:i+1]+"x", strings.Join(x, " "))
		emobsPut(l.Extra, "LR"[i:i+1]+"y", strings.Join(y, " "))
	}
	r.pairs++
	return l
}

// emobsMarked is what the attributes of a mark say.
type emobsMarked struct {
	species                  annotate.Species
	number                   int
	stage, activity, comment string
	extra                    annotate.Extra
}

func (r *emobsReader) mark(attributes emobsValues) emobsMarked {
	a := attributes.texts
	m := emobsMarked{
		species: annotate.Species{Family: a[0], Genus: a[1], Species: a[2]}, number: attributes.number,
		stage: a[5], activity: a[6], comment: a[7], extra: annotate.Extra{},
	}
	if len(a[3]) == 8 && strings.Trim(a[3], "0123456789") == "" {
		m.species.CAAB = a[3]
	} else {
		emobsPut(m.extra, "Code", a[3])
	}
	for i := len(emobsAttributes); i < len(a); i++ {
		name := r.file.attributes[i]
		if name == "" {
			name = fmt.Sprintf("Attribute%d", i+1)
		}
		emobsPut(m.extra, name, a[i])
	}
	return m
}

func (r *emobsReader) origin() annotate.Origin {
	return annotate.Origin{By: r.file.values[1], From: r.name}
}

// emobsPut keeps a text that is not empty.
func emobsPut(extra annotate.Extra, column, text string) {
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
