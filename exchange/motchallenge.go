// Package exchange's noun is someone else's format. It owns reading and writing
// others' formats, both ways, on io.Reader and io.Writer; what a format cannot
// say is an error or documented, never guessed. It opens no file (the caller
// does) and decides nothing about what it carries.
package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"

	"requin/frame"
)

// MOTBox is one line of a MOTChallenge file: a box of one animal in one frame.
type MOTBox struct {
	Frame      int        // from 1; its time is (Frame − 1) / rate, and the rate is not in the file
	ID         int        // the animal's, 0 or more; -1: none (a detection)
	Box        frame.Box  // pixels
	Conf       float64    // detections: confidence; truth: 0 marks a box that is not to be judged. 1 where the file has none
	Class      int        // from 1, by the data set's list; -1 where the file has none
	Visibility float64    // share of the animal that is visible, 0 to 1; -1 where the file has none
	World      [3]float64 // MOT15's X, Y, Z, -1 where they are not known; zero where the file has none
}

// ReadMOT reads MOTChallenge ground truth, detections or tracks: lines of
//
//	frame,id,x,y,w,h[,conf[,class[,visibility]]]   MOT16 and later
//	frame,id,x,y,w,h,conf,X,Y,Z                    MOT15
//
// Blank lines are skipped, spaces around numbers and a byte order mark allowed.
// x and y are taken as they stand, although the format's page calls boxes
// 1-based: the tools that write it do not agree, and one pixel matters little.
//
// On an error, which names the line and what to do, nothing is given back: a
// line that is no such record, a frame before 1, a box without extent, an
// animal with two boxes in one frame. An empty file is no error: no animal.
func ReadMOT(r io.Reader) ([]MOTBox, error) {
	var out []MOTBox
	for b, err := range motBoxes(r) {
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// motBoxes reads line by line what ReadMOT describes. It holds which animals were in which frames.
func motBoxes(r io.Reader) iter.Seq2[MOTBox, error] {
	return func(yield func(MOTBox, error) bool) {
		type key struct{ frame, id int }
		first := map[key]int{} // the line
		lines := bufio.NewScanner(utf8Text(r))
		n := 0
		for lines.Scan() {
			n++
			text := strings.TrimSpace(lines.Text())
			if text == "" {
				continue
			}
			b, err := parseMOT(text)
			if err != nil {
				yield(MOTBox{}, fmt.Errorf("MOTChallenge file, line %d: %w", n, err))
				return
			}
			if b.ID >= 0 {
				k := key{b.Frame, b.ID}
				if line, ok := first[k]; ok {
					yield(MOTBox{}, fmt.Errorf("MOTChallenge file, line %d: id %d already has a box in frame %d on line %d: give each animal its own id, or -1 for detections",
						n, b.ID, b.Frame, line))
					return
				}
				first[k] = n
			}
			if !yield(b, nil) {
				return
			}
		}
		if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			yield(MOTBox{}, fmt.Errorf("MOTChallenge file, line %d is longer than %d bytes: this is no MOTChallenge file", n+1, bufio.MaxScanTokenSize))
		} else if err != nil {
			yield(MOTBox{}, fmt.Errorf("MOTChallenge file, after line %d: %w", n, err))
		}
	}
}

// parseMOT reads one record.
func parseMOT(line string) (MOTBox, error) {
	fields := strings.Split(line, ",")
	if len(fields) < 6 || len(fields) > 10 {
		return MOTBox{}, fmt.Errorf("%d columns: it should have 6 to 10, frame,id,x,y,w,h,conf,class,visibility, with commas between", len(fields))
	}
	names := []string{"frame", "id", "x", "y", "w", "h", "conf", "class", "visibility", "Z"}
	if len(fields) == 10 {
		names[7], names[8] = "X", "Y"
	}
	var v [10]float64
	for i, f := range fields {
		x, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return MOTBox{}, fmt.Errorf("column %d (%s) is %.40q: it should be a number", i+1, names[i], f)
		}
		v[i] = x
	}
	b := MOTBox{Conf: 1, Class: -1, Visibility: -1}
	var err error
	if b.Frame, err = whole(v[0]); err != nil || b.Frame < 1 {
		return MOTBox{}, fmt.Errorf("the frame is %v: frames are whole numbers from 1; where the file counts from 0, add 1 to each", v[0])
	}
	if b.ID, err = whole(v[1]); err != nil {
		return MOTBox{}, fmt.Errorf("the id is %v: it should be a whole number, -1 for none", v[1])
	}
	b.ID = max(b.ID, -1)
	b.Box = frame.Box{X0: v[2], Y0: v[3], X1: v[2] + v[4], Y1: v[3] + v[5]}
	if a := b.Box.Area(); !(a > 0) || math.IsInf(a, 0) || !b.Box.Finite() { // also what rounding leaves nothing of
		return MOTBox{}, fmt.Errorf("the box is %v by %v pixels at %v, %v: columns 5 and 6 should be a width and a height above 0", v[4], v[5], v[2], v[3])
	}
	if len(fields) >= 7 {
		b.Conf = v[6]
	}
	if len(fields) == 8 || len(fields) == 9 {
		if b.Class, err = whole(v[7]); err != nil {
			return MOTBox{}, fmt.Errorf("the class is %v: it should be a whole number", v[7])
		}
	}
	if len(fields) == 9 {
		b.Visibility = v[8]
	}
	if len(fields) == 10 {
		b.World = [3]float64{v[7], v[8], v[9]}
	}
	return b, nil
}

// whole takes a number for an integer: some tools write 1 as 1.0 or 1e0.
func whole(x float64) (int, error) {
	if x != math.Trunc(x) || math.Abs(x) > 1<<31 {
		return 0, errors.New("not a whole number")
	}
	return int(x), nil
}
