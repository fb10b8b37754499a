package exchange

import (
	"strings"
	"time"

	"requin/annotate"
)

// emTaxon is where the columns are that end every row of what was seen.
type emTaxon struct{ family, genus, species, code, number, stage, activity, comment, attr9, attr10 int }

func emTaxonOf(t *table) (emTaxon, error) {
	e := emTaxon{
		family: t.column("Family"), genus: t.column("Genus"), species: t.column("Species"), code: t.column("Code"),
		stage: t.column("Stage"), activity: t.column("Activity"), comment: t.column("Comment"),
		attr9: t.column("Attribute9"), attr10: t.column("Attribute10"),
	}
	var err error
	e.number, err = t.need("Number")
	return e, err
}

func (e emTaxon) columns() []int {
	return []int{e.family, e.genus, e.species, e.code, e.number, e.stage, e.activity, e.comment, e.attr9, e.attr10}
}

func (e emTaxon) read(c *cells) annotate.Species {
	c.reach(e.number)
	c.keep(emPrefix+"Attribute9", e.attr9)
	c.keep(emPrefix+"Attribute10", e.attr10)
	return annotate.Species{Family: c.name(e.family), Genus: c.name(e.genus), Species: c.name(e.species), CAAB: c.name(e.code)}
}

const noOpCode = "every row needs the opcode of its deployment"

// sightings reads the points.
func (s *emSet) sightings(yield func(annotate.Record) error) error {
	return s.each(emPoints, func(c *cells) (func() error, error) {
		taxon, err := emTaxonOf(c.table)
		if err != nil {
			return nil, err
		}
		opcode, err := c.need("OpCode")
		if err != nil {
			return nil, err
		}
		file, frame, at := c.column("Filename"), c.column("Frame"), c.column("Time")
		period, periodTime, index := c.column("Period"), c.column("PeriodTime"), c.column("PointIndex")
		col, row, width, height := c.column("ImageCol"), c.column("ImageRow"), c.column("RectWidth"), c.column("RectHeight")
		c.rest(append(taxon.columns(), opcode, file, frame, at, period, periodTime, index, col, row, width, height)...)
		c.canonical(emColumns(emPoints))
		return func() error {
			p := annotate.Sighting{
				OpCode: c.code(opcode, noOpCode), Media: c.name(file), Frame: c.count(frame, -1), Time: c.minutes(at),
				Period: c.name(period), Species: taxon.read(c), Number: c.count(taxon.number, 0),
				Stage: c.name(taxon.stage), Activity: c.name(taxon.activity), Comment: c.name(taxon.comment),
			}
			if p.PeriodTime = c.periodTime(periodTime); periodTime >= 0 && c.text(periodTime) == "" {
				c.put(emPrefix+"PeriodTime", "") // not -1
			}
			p.Shape = c.shape(col, row, width, height)
			if p.Number == 0 {
				c.keep(emPrefix+"Number", taxon.number)
			}
			if index >= 0 {
				c.put(emPrefix+"PointIndex", c.text(index))
			}
			c.keepOthers(false)
			if comment, status := emComment(p.Comment); status != "" {
				p.Comment = comment
				c.put(annotate.StatusKey, status)
			}
			p.Extra = c.extra
			if c.err != nil {
				return c.err
			}
			return yield(p)
		}, nil
	})
}

// periodTime is the time in the period: None for −1, which is outside of any.
func (c *cells) periodTime(column int) time.Duration {
	s := c.text(column)
	if v, err := parseNumber(s); err == nil && v == -1 {
		return annotate.None
	}
	return c.minutes(column)
}

// shape is the point or rectangle of a row.
func (c *cells) shape(col, row, width, height int) annotate.Shape {
	x, y, w, h := c.number(col), c.number(row), c.number(width), c.number(height)
	if x == nil || y == nil {
		c.keep(emPrefix+"ImageCol", col)
		c.keep(emPrefix+"ImageRow", row)
		c.keep(emPrefix+"RectWidth", width)
		c.keep(emPrefix+"RectHeight", height)
		return annotate.Shape{Kind: annotate.WholePic}
	}
	at := annotate.Point{X: *x, Y: *y}
	if w != nil && h != nil && *w > 0 && *h > 0 {
		far := annotate.Point{X: at.X + *w, Y: at.Y + *h}
		if far.X > at.X && far.Y > at.Y && far.X-at.X < 1e9 && far.Y-at.Y < 1e9 {
			c.keep(emPrefix+"RectWidth", width)
			c.keep(emPrefix+"RectHeight", height)
			return annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{at, far}}
		}
	}
	if w != nil && *w != 0 || h != nil && *h != 0 {
		c.put(emPrefix+"RectWidth", c.text(width))
		c.put(emPrefix+"RectHeight", c.text(height))
	}
	return annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{at}}
}

// emPair names a measured point: the opcode and its number there.
type emPair struct{ opcode, number string }

// emPairPoints are the places of a measured point in the two pictures, by their index.
type emPairPoints map[emPair]map[string]string

// pairs reads the picture coordinates of what was measured.
func (s *emSet) pairs() (emPairPoints, error) {
	all := emPairPoints{}
	return all, s.each(emPairs, func(c *cells) (func() error, error) {
		opcode, number, index := c.column("OpCode"), c.column("ImagePtPair"), c.column("Index")
		places := []int{c.column("Lx"), c.column("Ly"), c.column("Rx"), c.column("Ry")}
		return func() error {
			key := emPair{c.code(opcode, noOpCode), c.code(number, "it should be the number of a measurement")}
			i := c.code(index, "it should be 0 or 1")
			var at [4]string
			for j, place := range places {
				if v := c.number(place); v != nil {
					at[j] = fiveDecimals(*v)
				}
			}
			if strings.ContainsRune(key.number+i, '.') {
				c.fail(number, "it should be a whole number, as the one in the column Index")
			}
			if _, twice := all[key][i]; twice {
				c.fail(index, "the same is in a row above")
			}
			if all[key] == nil {
				all[key] = map[string]string{}
			}
			all[key][i] = strings.Join(at[:], " ")
			return c.err
		}, nil
	})
}

// lengths reads the Lengths or the 3DPoints. It takes from pairs what it uses.
func (s *emSet) lengths(kind emKind, pairs emPairPoints, yield func(annotate.Record) error) error {
	return s.each(kind, func(c *cells) (func() error, error) {
		taxon, err := emTaxonOf(c.table)
		if err != nil {
			return nil, err
		}
		opcode, err := c.need("OpCode")
		if err != nil {
			return nil, err
		}
		file, frame, at, period := c.column("FilenameLeft"), c.column("FrameLeft"), c.column("Time"), c.column("Period")
		length, precision, rms, rng := c.column("Length"), c.column("Precision"), c.column("RMS"), c.column("Range")
		if kind == em3D { // a point in space has none; its columns are kept as they are
			length, precision = -1, -1
		}
		number, periodTime := c.column("ImagePtPair"), c.column("PeriodTime")
		c.rest(append(taxon.columns(), opcode, file, frame, at, period, length, precision, rms, rng)...)
		c.canonical(emColumns(kind))
		return func() error {
			l := annotate.Length{
				OpCode: c.code(opcode, noOpCode), Media: c.name(file), Frame: c.count(frame, -1), Time: c.minutes(at),
				Period: c.name(period), Species: taxon.read(c), Length: c.number(length), Precision: c.number(precision),
				RMS: c.number(rms), Range: c.number(rng),
				Stage: c.name(taxon.stage), Activity: c.name(taxon.activity), Comment: c.name(taxon.comment),
			}
			if l.Number = c.anyCount(taxon.number); l.Number == 0 {
				c.keep(emPrefix+"Number", taxon.number)
			}
			if kind == emLengths && l.Length == nil {
				c.put(emPrefix+"Length", "") // so that it goes back to the Lengths
			}
			c.keepOthers(false)
			if number >= 0 {
				c.put(emPrefix+"ImagePtPair", c.text(number))
			}
			if periodTime >= 0 {
				c.put(emPrefix+"PeriodTime", c.text(periodTime))
			}
			key := emPair{l.OpCode, c.text(number)}
			for i, at := range pairs[key] {
				c.put(emPairKey+i, at)
			}
			delete(pairs, key)
			l.Extra = c.extra
			if c.err != nil {
				return c.err
			}
			return yield(l)
		}, nil
	})
}

const emPairKey = emPrefix + "ImagePtPair."

// anyCount is a whole number from 0, and 0 for whatever else stands there: real measurements
// say "6\".
func (c *cells) anyCount(column int) int {
	before := c.err
	n := c.count(column, 0)
	c.err = before
	return n
}

// emMeasured lists the measured points that Lengths and 3DPoints have, so that the other pairs can be
// told in time.
func (s *emSet) emMeasured() (map[emPair]bool, error) {
	have := map[emPair]bool{}
	for _, kind := range []emKind{emLengths, em3D} {
		err := s.each(kind, func(c *cells) (func() error, error) {
			opcode, number := c.column("OpCode"), c.column("ImagePtPair")
			return func() error {
				have[emPair{c.name(opcode), strings.Clone(c.text(number))}] = true
				return nil
			}, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return have, nil
}
