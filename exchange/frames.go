package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
)

// What the formats of detections and tracks in video have in common: numbers as
// text, frame rates, reading record by record and writing one file.

// errTooLarge is what a budget says; the reader says of what.
var errTooLarge = errors.New("too large")

// give passes a record on; errEnough where nobody wants more.
type give func(annotate.Record) error

// reading makes a stream of a function that reads one file from its start. It is
// called once each time the stream is ranged over.
func reading(in Input, read func(r io.Reader, out give) error) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		f, err := in.open()
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		err = read(f, func(r annotate.Record) error {
			if !yield(r, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// budget fails when more is read than was allowed since the last renewal: a quote
// that is never closed, or a value without an end, must not fill the memory.
type budget struct {
	r    io.Reader
	left int
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// intoFile writes one file and closes it.
func intoFile(out Folder, name string, write func(w *bufio.Writer) error) error {
	f, err := out.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 64<<10)
	if err := write(w); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := w.Flush(); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), f.Close())
	}
	return f.Close()
}

// withoutExt is the name that stands for the video where a file about one video does not name it.
func withoutExt(name string) string {
	if name = strings.TrimSuffix(name, path.Ext(name)); name == "" {
		return "video"
	}
	return name
}

// isPicture tells a picture's file name from a video's or a mere identifier.
func isPicture(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".jp2", ".nitf", ".ntf", ".heic", ".avif":
		return true
	}
	return false
}

// numText is the shortest text that reads as the same number.
func numText(v float64) string {
	if a := math.Abs(v); a != 0 && (a < 1e-9 || a >= 1e15) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// numbersOf reads numbers with spaces between.
func numbersOf(s string) ([]float64, error) {
	var out []float64
	for field := range strings.FieldsSeq(s) {
		v, err := parseNumber(field)
		if err != nil {
			return nil, fmt.Errorf("%.40q should be a number", field)
		}
		out = append(out, v)
	}
	return out, nil
}

// pointsOf pairs numbers up.
func pointsOf(v []float64) []annotate.Point {
	out := make([]annotate.Point, len(v)/2)
	for i := range out {
		out[i] = annotate.Point{X: v[2*i], Y: v[2*i+1]}
	}
	return out
}

// pointsText is pointsOf backwards, as text with spaces between.
func pointsText(points []annotate.Point) string {
	var b strings.Builder
	for i, p := range points {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(numText(p.X))
		b.WriteByte(' ')
		b.WriteString(numText(p.Y))
	}
	return b.String()
}

// saidUnknown names a mark "unknown" that has no name in a track that has one, so that it is not taken for the track's.
func saidUnknown(m *annotate.Mark, named bool) {
	if named && len(m.Names) == 0 {
		m.Names = []annotate.Name{{Label: viameUnknown}}
	}
}

// cornersBox is the box between any two opposite corners: some write the lower one first.
func cornersBox(x0, y0, x1, y1 float64) frame.Box {
	return frame.Box{X0: min(x0, x1), Y0: min(y0, y1), X1: max(x0, x1), Y1: max(y0, y1)}
}

// rateOf is the simplest fraction that is this decimal number of frames a second to
// nine digits; zero where it is none.
func rateOf(v float64) frame.Rational {
	if !(v > 1e-4 && v < 1e6) {
		return frame.Rational{}
	}
	r := simplest(v)
	for again := simplest(float64(r.Num) / float64(r.Den)); again != r; again = simplest(float64(r.Num) / float64(r.Den)) {
		r = again
	}
	return r
}

// simplest is the first convergent of the continued fraction that is v to nine digits.
func simplest(v float64) frame.Rational {
	p0, q0, p1, q1 := int64(1), int64(0), int64(math.Floor(v)), int64(1)
	for x := v - math.Floor(v); math.Abs(float64(p1)/float64(q1)-v) > v*1e-9 && x > 0; {
		x = 1 / x
		a := int64(math.Floor(x))
		p0, q0, p1, q1 = p1, q1, a*p1+p0, a*q1+q0
		x -= math.Floor(x)
	}
	return frame.Rational{Num: p1, Den: q1}
}

// rateText is the rate as a decimal number, from which rateOf makes the same rate.
func rateText(r frame.Rational) string { return numText(float64(r.Num) / float64(r.Den)) }

// rated tells whether a rate is known.
func rated(r frame.Rational) bool { return r.Num > 0 && r.Den > 0 }

// frameAt is the number of the frame at a time.
func frameAt(t time.Duration, rate frame.Rational) int {
	return int(math.Round(t.Seconds() * float64(rate.Num) / float64(rate.Den)))
}

// secondsOf is a time in a video from seconds, to the nanosecond; false where it is
// none: below 0, or beyond the 11 days that are exact to the nanosecond and no video lasts.
func secondsOf(s float64) (time.Duration, bool) {
	if !(s >= 0 && s < 1e6) {
		return 0, false
	}
	return time.Duration(math.Round(s * 1e9)), true
}

// secondsText is a time in seconds; secondsOf makes the same time of it.
func secondsText(t time.Duration) string {
	s := strconv.FormatInt(int64(t), 10)
	if len(s) < 10 {
		s = strings.Repeat("0", 10-len(s)) + s
	}
	whole, part := s[:len(s)-9], strings.TrimRight(s[len(s)-9:], "0")
	if part == "" {
		return whole
	}
	return whole + "." + part
}

// splitClock takes h:m:s apart; false where it is none.
func splitClock(s string) (time.Duration, bool) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return 0, false
	}
	h, err1 := strconv.ParseUint(parts[0], 10, 16)
	m, err2 := strconv.ParseUint(parts[1], 10, 16)
	sec, err3 := strconv.ParseFloat(parts[2], 64)
	t, ok := secondsOf(sec)
	if err1 != nil || err2 != nil || err3 != nil || !ok || sec >= 3600 {
		return 0, false
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + t, true
}
