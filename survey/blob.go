package survey

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"

	"requin/detect"
	"requin/frame"
	"requin/taxon"
	"requin/track"
)

// What runs detected is kept as bytes: a busy hour has tens of thousands of boxes.
// Numbers are uvarint (binary.PutUvarint) unless said otherwise, floats little endian; taxa are
// numbers in the run's list of names.
//
//	detections  detection ...
//	detection   x0 y0 x1 y1 (float64 each), taxon, score (float32), scores
//	scores      how many, then for each: taxon, score (float32)
//	points      point ...
//	point       1 + frames since the point before, 1 + index of the detection in its frame
//	            the same, 0, detection             where the detection is none of the frame's
//	            0, time pts num den (varint each), chapter (varint), detection   where the frame was not kept
//
// docs/formats/survey-folder.md says the same.

// dictionary numbers names in the order in which they come up.
type dictionary struct {
	names []string
	index map[string]uint64
}

func (d *dictionary) number(name string) uint64 {
	if n, ok := d.index[name]; ok {
		return n
	}
	if d.index == nil {
		d.index = map[string]uint64{}
	}
	n := uint64(len(d.names))
	d.names = append(d.names, name)
	d.index[name] = n
	return n
}

func appendDetection(b []byte, d detect.Detection, taxa *dictionary) []byte {
	for _, x := range []float64{d.Box.X0, d.Box.Y0, d.Box.X1, d.Box.Y1} {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	b = binary.AppendUvarint(b, taxa.number(d.Taxon))
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(d.Score))
	return appendScores(b, d.Scores, taxa)
}

func appendScores(b []byte, scores []taxon.Score, taxa *dictionary) []byte {
	b = binary.AppendUvarint(b, uint64(len(scores)))
	for _, s := range scores {
		b = binary.AppendUvarint(b, taxa.number(s.Taxon))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s.Score))
	}
	return b
}

func (k *keptFrames) appendPoints(b []byte, points []track.Point) []byte {
	before := 0
	for _, p := range points {
		at, ok := k.index[p.Instant]
		if !ok || at < before {
			b = append(b, 0)
			for _, n := range []int64{int64(p.Time), p.PTS, p.Base.Num, p.Base.Den, int64(p.Chapter)} {
				b = binary.AppendVarint(b, n)
			}
			b = appendDetection(b, p.Detection, &k.taxa)
			continue
		}
		b = binary.AppendUvarint(b, uint64(1+at-before))
		before = at
		i := slices.IndexFunc(k.frames[at].Detections, func(d detect.Detection) bool { return same(d, p.Detection) })
		b = binary.AppendUvarint(b, uint64(1+i))
		if i < 0 {
			b = appendDetection(b, p.Detection, &k.taxa)
		}
	}
	return b
}

func same(a, b detect.Detection) bool {
	return a.Box == b.Box && a.Taxon == b.Taxon && a.Score == b.Score && slices.Equal(a.Scores, b.Scores)
}

// errBlob says that bytes are not what was kept.
var errBlob = errors.New("what was kept of the detections is damaged: count again")

// blob reads such bytes. After an error all that it gives is zero.
type blob struct {
	left []byte
	err  error
}

func (r *blob) end() error {
	if r.err == nil && len(r.left) > 0 {
		r.err = errBlob
	}
	return r.err
}

func (r *blob) fail() { r.left, r.err = nil, errBlob }

func (r *blob) uvarint() uint64 {
	v, n := binary.Uvarint(r.left)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *blob) varint() int64 {
	v, n := binary.Varint(r.left)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *blob) float64() float64 {
	if len(r.left) < 8 {
		r.fail()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.left))
	r.left = r.left[8:]
	return v
}

func (r *blob) float32() float32 {
	if len(r.left) < 4 {
		r.fail()
		return 0
	}
	v := math.Float32frombits(binary.LittleEndian.Uint32(r.left))
	r.left = r.left[4:]
	return v
}

func (r *blob) taxon(names []string) string {
	n := r.uvarint()
	if n >= uint64(len(names)) {
		r.fail()
		return ""
	}
	return names[n]
}

func (r *blob) scores(names []string) []taxon.Score {
	n := r.uvarint()
	if n > uint64(len(r.left)/5) { // each takes 5 bytes or more
		r.fail()
	}
	if n == 0 || r.err != nil {
		return nil
	}
	out := make([]taxon.Score, n)
	for i := range out {
		out[i] = taxon.Score{Taxon: r.taxon(names), Score: r.float32()}
	}
	return out
}

func (r *blob) detection(names []string) detect.Detection {
	box := frame.Box{X0: r.float64(), Y0: r.float64(), X1: r.float64(), Y1: r.float64()}
	return detect.Detection{Box: box, Taxon: r.taxon(names), Score: r.float32(), Scores: r.scores(names)}
}

// readDetections reads the detections of a frame: looked at, hence never nil.
func readDetections(b []byte, names []string) ([]detect.Detection, error) {
	r, out := blob{left: b}, []detect.Detection{}
	for len(r.left) > 0 {
		out = append(out, r.detection(names))
	}
	if r.err != nil {
		return nil, r.err
	}
	return out, nil
}

// readPoints reads the points of a track that refers to frames.
func readPoints(b []byte, names []string, frames []detect.Frame) ([]track.Point, error) {
	r := blob{left: b}
	var out []track.Point
	at := uint64(0)
	for len(r.left) > 0 {
		step := r.uvarint()
		if step == 0 {
			var p track.Point
			p.Time, p.PTS = time.Duration(r.varint()), r.varint()
			p.Base = frame.Rational{Num: r.varint(), Den: r.varint()}
			p.Chapter = int(r.varint())
			p.Detection = r.detection(names)
			out = append(out, p)
			continue
		}
		if step-1 >= uint64(len(frames))-at {
			return nil, errBlob
		}
		at += step - 1
		f := frames[at]
		switch i := r.uvarint(); {
		case i == 0:
			out = append(out, track.Point{Instant: f.Instant, Detection: r.detection(names)})
		case i > uint64(len(f.Detections)):
			return nil, errBlob
		default:
			out = append(out, track.Point{Instant: f.Instant, Detection: f.Detections[i-1]})
		}
	}
	return out, r.err
}
