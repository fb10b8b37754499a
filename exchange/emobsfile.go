package exchange

import (
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// What an EMObs file holds, in the order of its bytes. docs/formats/emobs.md has the
// layout with what is sure of it and what is not.
type emobsFile struct {
	pictures   string   // folder of the media when it was saved
	info       []string // names of the fields of the deployment: OpCode, TapeReader, Depth, Comment, then the user's
	values     []string // of these fields
	attributes []string // names of the attributes of points and lengths
	images     []emobsImage
	movies     [2][]emobsMovie // left, right
	formats    [2]int
	periods    []emobsPeriod
	cameras    [2]emobsCamera
}

// emobsFrame names a frame of a file. The end of a period without one has no file.
type emobsFrame struct {
	camera int // 0 left, 1 right
	number int // from 0
	file   string
}

// emobsImage is a frame in which something was marked.
type emobsImage struct {
	frame   emobsFrame
	points  []emobsPoint
	time    float64 // minutes from the start of the movie sequence
	since   float64 // minutes from the start of the period, -1 outside
	period  string
	lengths []emobsPairs
	spots   []emobsPairs // 3-D points: one pair each
}

type emobsPoint struct {
	at         annotate.Point
	attributes emobsValues
	rect       [2]float64 // width and height by their place; -1 in every file seen
}

// emobsPairs is a measurement on a stereo pair of frames: as many points left as right.
type emobsPairs struct {
	left, right []annotate.Point
	other       emobsFrame // on the right
	attributes  emobsValues
}

// emobsValues are the attributes of a mark, in the order of their names.
type emobsValues struct {
	texts  []string
	number int // the fifth: how many animals
}

type emobsMovie struct {
	file   string
	frames int
	rate   float64
}

type emobsPeriod struct {
	name       string
	start, end float64 // minutes; end -1 where open
	open       bool
	from, to   emobsFrame
}

// emobsCamera is a calibration; all zeros where none was loaded.
type emobsCamera struct {
	descriptor, model string
	pixel             [2]float64 // width, height in unit
	rows, columns     int
	parameters        []float64 // the order is in emobsRig
	unit              string
}

// The columns that every export of EventMeasure has under these names.
var (
	emobsInfo       = []string{"OpCode", "TapeReader", "Depth", "Comment"}
	emobsAttributes = []string{"Family", "Genus", "Species", "Code", "Number", "Stage", "Activity", "Comment"}
)

// parseEMObs reads a whole file, to its last byte, or gives an error that names the byte.
func parseEMObs(name string, data []byte) (*emobsFile, error) {
	c := &emobsCursor{name: name, data: data}
	f := &emobsFile{}
	c.tag("EBS", 5)
	f.pictures = c.text("the picture directory")
	c.tag("CIN", 0)
	at := c.at
	f.info = c.texts("the names of the information fields")
	f.values = c.texts("the information fields")
	c.starts(at, f.info, emobsInfo, len(f.values))
	c.tag("PTN", 0)
	at = c.at
	f.attributes = c.texts("the names of the attributes")
	c.starts(at, f.attributes, emobsAttributes, len(f.attributes))
	rows := len(f.attributes)
	f.images = emobsList(c, "images", 68, func(c *emobsCursor) emobsImage { return c.image(rows) })
	at = c.at
	if v := c.float("the number after the images"); c.err == nil && v != 1 {
		c.fail(at, "expected the number after the images to be 1, as in every file seen, found %v: what that means is not known; %s", v, emobsInstead)
	}
	f.movies[0], f.formats[0] = c.sequence()
	c.tag("PER", 1)
	f.periods = emobsList(c, "periods", 57, (*emobsCursor).period)
	c.always(0, "the number after the periods")
	f.cameras[0], f.cameras[1] = c.camera(), c.camera()
	f.movies[1], f.formats[1] = c.sequence()
	if c.err == nil && c.at != len(data) {
		c.fail(c.at, "expected the end of the file, found %d more bytes; %s", len(data)-c.at, emobsInstead)
	}
	if c.err == nil && f.values[0] == "" {
		c.fail(0, "there is no OpCode: give it one in EventMeasure's information fields")
	}
	return f, c.err
}

// starts holds names of fields against those that all have, and their values against the names.
func (c *emobsCursor) starts(at int, names, want []string, values int) {
	if c.err != nil {
		return
	}
	if len(names) < len(want) || !slices.Equal(names[:len(want)], want) || values != len(names) {
		c.fail(at, "expected fields named %q and so many values, found %q and %d values; %s", want, names, values, emobsInstead)
	}
}

func (c *emobsCursor) frame() emobsFrame {
	c.tag("FRA", 1)
	at := c.at
	f := emobsFrame{camera: c.natural("the camera"), number: c.natural("the frame"), file: c.text("the file name")}
	if c.err == nil && f.camera > 1 {
		c.fail(at, "expected the camera, 0 or 1, found %d", f.camera)
	}
	return f
}

func (c *emobsCursor) point() annotate.Point {
	c.tag("CPT", 0)
	return annotate.Point{X: c.float("the column"), Y: c.float("the row")}
}

// values reads the attributes of one mark, as many as there are names.
func (c *emobsCursor) values(rows int) emobsValues {
	at := c.at
	values := emobsValues{texts: c.texts("the attributes")}
	switch {
	case c.err != nil:
		return values
	case len(values.texts) != rows:
		c.fail(at, "expected %d attributes, found %d", rows, len(values.texts))
		return values
	}
	var err error
	if values.number, err = strconv.Atoi(strings.TrimSpace(values.texts[4])); err != nil || values.number < 0 {
		c.fail(at, "expected attributes with a whole number as their Number, found %.200q: give it one in EventMeasure", values.texts)
	}
	return values
}

func (c *emobsCursor) image(rows int) emobsImage {
	var image emobsImage
	c.tag("IDA", 5)
	image.frame = c.frame()
	image.points = emobsList(c, "points", 52, func(c *emobsCursor) emobsPoint {
		c.tag("PDA", 1)
		return emobsPoint{c.point(), c.values(rows), [2]float64{c.float("the width"), c.float("the height")}}
	})
	image.time, image.since = c.minutes("the time"), c.minutes("the time in the period")
	image.period = c.text("the period")
	image.lengths = emobsList(c, "lengths", 40, func(c *emobsCursor) emobsPairs {
		c.tag("PDL", 1)
		at := c.at
		pairs := emobsPairs{
			left:  emobsList(c, "points on the left", 20, (*emobsCursor).point),
			right: emobsList(c, "points on the right", 20, (*emobsCursor).point),
		}
		if c.err == nil && (len(pairs.left) != len(pairs.right) || len(pairs.left) < 2) {
			c.fail(at, "expected as many points left as right, two or more, found %d and %d", len(pairs.left), len(pairs.right))
		}
		pairs.other, pairs.attributes = c.frame(), c.values(rows)
		return pairs
	})
	image.spots = emobsList(c, "3-D points", 72, func(c *emobsCursor) emobsPairs {
		c.tag("PD3", 0)
		pairs := emobsPairs{left: []annotate.Point{c.point()}, right: []annotate.Point{c.point()}}
		pairs.other, pairs.attributes = c.frame(), c.values(rows)
		return pairs
	})
	for _, what := range []string{"first", "second", "third", "fourth"} {
		c.always(0, "the "+what+" count after the 3-D points of an image")
	}
	return image
}

// minutes is a time: from 0 to 100 years, or -1.
func (c *emobsCursor) minutes(what string) float64 {
	at := c.at
	v := c.float(what)
	if c.err == nil && v != -1 && (v < 0 || v > emobsLongest/60) {
		c.fail(at, "expected %s in minutes, from 0, or -1, found %v", what, v)
		return 0
	}
	return v
}

// emobsLongest is the longest deployment that is believed, in seconds: a hundred years.
const emobsLongest = 100 * 366 * 24 * 3600

// sequence reads the files of one camera and their format.
func (c *emobsCursor) sequence() ([]emobsMovie, int) {
	c.tag("CMS", 1)
	at, seconds := c.at, 0.0
	movies := emobsList(c, "files of a movie sequence", 24, func(c *emobsCursor) emobsMovie {
		c.tag("MSI", 0)
		movie := emobsMovie{file: c.text("the file name"), frames: c.natural("the number of frames")}
		c.always(0, "the number after the frames of a file")
		at := c.at
		movie.rate = c.float("the frame rate")
		if c.err == nil && (movie.rate < 0.001 || movie.rate > 1000) {
			c.fail(at, "expected the frame rate, found %v", movie.rate)
			return movie
		}
		seconds += float64(movie.frames) / movie.rate
		return movie
	})
	if c.err == nil && seconds > emobsLongest {
		c.fail(at, "expected a movie sequence, found one of %.0f seconds", seconds)
	}
	at = c.at
	if v := c.float("the start time offset"); c.err == nil && v != 0 {
		c.fail(at, "the movie sequence starts %v after 0: whether the times of the marks hold that is not known; %s", v, emobsInstead)
	}
	return movies, c.integer("the format of the movie sequence")
}

func (c *emobsCursor) period() emobsPeriod {
	c.tag("PED", 0)
	p := emobsPeriod{name: c.text("the period's name"), start: c.minutes("the period's start"), end: c.minutes("the period's end")}
	at := c.at
	open := c.octet("whether the period has no end")
	p.open = open == 1
	if c.err == nil && (open > 1 || !p.open && p.end < p.start) {
		c.fail(at, "expected whether the period has no end, 1, or 0 and an end after its start, found %d and the times %v and %v", open, p.start, p.end)
	}
	p.from, p.to = c.frame(), c.frame()
	return p
}

// camera reads the calibration of one side.
func (c *emobsCursor) camera() emobsCamera {
	c.tag("CCC", 0)
	at := c.at
	if b := c.octet("the byte before a calibration"); c.err == nil && b != 0 {
		c.fail(at, "expected the byte before a calibration to be 0, as in every file seen, found %d; %s", b, emobsInstead)
	}
	c.always(1, "the number before a calibration")
	c.tag("CAM", 1)
	m := emobsCamera{
		descriptor: c.text("the camera's description"), model: c.text("the camera's model"),
		pixel: [2]float64{c.float("the pixel width"), c.float("the pixel height")},
		rows:  c.natural("the rows of the picture"), columns: c.natural("the columns of the picture"),
		parameters: c.floats("the camera's parameters", emobsParameters),
	}
	at = c.at
	if n := len(emobsColumn(c, "the flags of the parameters", 1, func(c *emobsCursor) byte { return c.octet("a flag") })); c.err == nil && n != emobsParameters {
		c.fail(at, "expected %d flags of parameters, found %d", emobsParameters, n)
	}
	c.floats("the numbers of the parameters", emobsParameters)
	emobsList(c, "deviations", 8, func(c *emobsCursor) float64 { return c.float("a deviation") })
	m.unit = c.text("the unit of lengths")
	c.text("the unit of pictures")
	for _, what := range []string{"left", "top", "right", "bottom"} {
		c.integer("the " + what + " of the camera's picture")
	}
	return m
}
