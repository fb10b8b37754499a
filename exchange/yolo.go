package exchange

import (
	"path"
	"strconv"
	"strings"

	"requin/annotate"
)

// YOLO is the family of text formats of darknet and Ultralytics
// (https://docs.ultralytics.com/datasets/): a folder with one file a picture, a line a shape,
//
//	class cx cy w h [confidence]                     a box
//	class cx cy w h x1 y1 [v1] x2 y2 [v2] ... [confidence]   with key points, as kpt_shape says
//	class x1 y1 x2 y2 x3 y3 ... [confidence]         a polygon; four points may be a turned box
//
// in shares of the picture's width and height, classes counted from 0. These are read:
//   - data.yaml (names as a list, numbered, or in a file; train, val and test
//     as folders, pictures or lists of pictures, or several of them): x/images/a.jpg has x/labels/a.txt;
//   - darknet's obj.data, obj.names and train.txt: a.jpg has a.txt beside it;
//   - folders images and labels, or pictures and labels beside one another, with
//     classes.txt or obj.names, or classes that are called by their numbers;
//   - classification folders, train/CLASS/a.jpg: a Mark of the whole picture each, and no Look.
//
// Paths that a file gives are looked for in the folder, from the whole path to its
// last part, because they are often those of another machine.
//
// An empty label file is a picture in which there is nothing (a Look); none at all
// is a picture that nobody looked at. A polygon of four points is read as that: the
// files do not say whether they mean a turned box. Key points are kept in Extra
// "yolo.keypoints"; further entries of data.yaml as JSON with the first Label ("yolo.kpt_shape").
// A picture that is in several splits is in none. Pixels are rounded to a billionth (onGrid).
//
// Written are data.yaml, a list of pictures for each split (pictures without one are in
// train.txt and val.txt) and the label files. Pictures are not copied: they belong at the place
// that their name says, seen from the folder.
func YOLO() Format {
	var status statusPlace // data.yaml has it
	return Format{Name: "yolo", Title: "YOLO (darknet, Ultralytics)", Sniff: sniffYOLO, Read: status.read(readYOLO), Write: status.write(writeYOLO), Many: true}
}

func sniffYOLO(name string, head []byte) float64 {
	text := string(head)
	begins := func(keys ...string) int {
		n := 0
		for _, line := range strings.Split(text, "\n") {
			key, _, _ := strings.Cut(strings.ReplaceAll(line, "=", ":"), ":")
			for _, k := range keys {
				if strings.TrimSpace(key) == k {
					n++
				}
			}
		}
		return n
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml":
		if n := begins("names", "nc", "train", "val"); n > 1 {
			return 0.9
		}
	case ".data":
		if n := begins("classes", "names", "train", "valid"); n > 1 {
			return 0.9
		}
	case ".txt":
		return sniffYOLOLines(text)
	}
	return 0
}

// sniffYOLOLines looks at whole lines: a class and at least four shares.
func sniffYOLOLines(text string) float64 {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > 1 && len(text) >= 4000 {
		lines = lines[:len(lines)-1] // it may be cut
	}
	for _, line := range lines {
		fields := strings.Fields(line)
		if len(fields) < 5 || !isInteger(fields[0]) {
			return 0
		}
		for _, f := range fields[1:5] {
			if v, err := strconv.ParseFloat(f, 64); err != nil || v < -1 || v > 2 {
				return 0
			}
		}
	}
	return 0.7
}

var yoloReach = reach{
	own:    "yolo",
	holds:  []string{lostScore, lostLabelID, lostSplit, lostSize, lostWhole, lostEmptyTrack, lostVideo},
	shapes: []annotate.Kind{annotate.Box, annotate.Polygon, annotate.Rotated},
}
