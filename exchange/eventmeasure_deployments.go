package exchange

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
)

// emDeployments gathers what several files say of a deployment.
type emDeployments struct {
	campaign string
	order    []*annotate.Deployment
	by       map[string]*annotate.Deployment
}

func (e *emDeployments) at(opcode string) *annotate.Deployment {
	d := e.by[opcode]
	if d == nil {
		d = &annotate.Deployment{OpCode: opcode, Campaign: e.campaign}
		e.by[opcode] = d
		e.order = append(e.order, d)
	}
	return d
}

// put keeps a field; false where it was there before.
func (e *emDeployments) put(opcode, key, value string) bool {
	d := e.at(opcode)
	if d.Extra == nil {
		d.Extra = annotate.Extra{}
	}
	if _, twice := d.Extra[key]; twice {
		return false
	}
	d.Extra[key] = value
	return true
}

// deployments reads everything but what was seen and measured. pairs loses those that no measurement has.
func (s *emSet) deployments(pairs emPairPoints) ([]*annotate.Deployment, error) {
	e := &emDeployments{campaign: s.name, by: map[string]*annotate.Deployment{}}
	for _, kind := range []emKind{emInfo, emSource, emCamera} {
		if err := s.asItIs(kind, e); err != nil {
			return nil, err
		}
	}
	if err := s.movies(e); err != nil {
		return nil, err
	}
	if err := s.periods(e); err != nil {
		return nil, err
	}
	measured, err := s.emMeasured()
	if err != nil {
		return nil, err
	}
	var lost []emPair
	for key := range pairs {
		if !measured[key] {
			lost = append(lost, key)
		}
	}
	slices.SortFunc(lost, func(a, b emPair) int {
		return strings.Compare(a.opcode+"\t"+a.number, b.opcode+"\t"+b.number)
	})
	for _, key := range lost {
		for i, at := range pairs[key] {
			e.put(key.opcode, emPairKey+key.number+"."+i, at)
		}
		delete(pairs, key)
	}
	return e.order, s.metadata(e)
}

// asItIs keeps the rows of Info, Source and Camera in Extra, under "eventmeasure.KIND.COLUMN"; of the
// cameras under "eventmeasure.Camera.INDEX.COLUMN". The first column is kept
// though it be blank: it says that there was a row.
func (s *emSet) asItIs(kind emKind, e *emDeployments) error {
	return s.each(kind, func(c *cells) (func() error, error) {
		opcode, index := c.column("OpCode"), -1
		if kind == emCamera {
			index = c.column("CameraIndex")
		}
		c.rest(opcode, index)
		c.canonical(emColumns(kind))
		return func() error {
			code, key := c.code(opcode, noOpCode), emPrefix+string(kind)+"."
			if index >= 0 {
				n := c.count(index, 0)
				key += strconv.Itoa(n) + "."
			}
			for i, o := range c.others {
				cell := c.text(o.at)
				if i > 0 && cell == "" {
					continue
				}
				if !e.put(code, key+strings.TrimPrefix(o.key, emPrefix), cell) {
					c.fail(opcode, "there is a row of it above: each has one")
				}
			}
			return nil
		}, nil
	})
}

// movies reads the chapters. A camera's follow one another: each begins where the
// one before it, by its frames and their rate, ends.
func (s *emSet) movies(e *emDeployments) error {
	type camera struct {
		opcode string
		n      int
	}
	end := map[camera]time.Duration{}
	return s.each(emMovies, func(c *cells) (func() error, error) {
		opcode, cam, file := c.column("OpCode"), c.column("Camera"), c.column("Filename")
		frames, rate := c.column("Frames"), c.column("Rate")
		c.rest(opcode, cam, file, frames, rate)
		c.canonical(emColumns(emMovies))
		return func() error {
			ch := annotate.Chapter{Path: c.name(file), Camera: c.count(cam, 0), Frames: c.count(frames, 0)}
			if v := c.number(rate); v != nil {
				ch.Rate = cameraRate(*v)
				if ch.Rate.Num == 0 && *v != 0 || *v < 0 {
					c.fail(rate, "it should be frames a second, from 0.001 to 1000")
				}
				if cameraRateText(ch.Rate) != c.text(rate) {
					c.put(emPrefix+"Rate", c.text(rate))
				}
			}
			if ch.Frames == 0 {
				c.keep(emPrefix+"Frames", frames)
			}
			c.keepOthers(true)
			ch.Extra = c.extra
			from := camera{c.code(opcode, noOpCode), ch.Camera}
			ch.Offset, ch.Duration = end[from], durationOf(ch.Frames, ch.Rate)
			if end[from] = ch.Offset + ch.Duration; end[from] > longest*time.Minute {
				c.fail(frames, "the files of this deployment last longer than two months: frames or rate are wrong")
			}
			if c.err == nil {
				d := e.at(from.opcode)
				d.Chapters = append(d.Chapters, ch)
			}
			return nil
		}, nil
	})
}

// durationOf is how long so many frames last, at most a little over the longest there is; 0 where that
// is not known.
func durationOf(frames int, rate frame.Rational) time.Duration {
	if rate.Num == 0 {
		return 0
	}
	seconds := float64(frames) * float64(rate.Den) / float64(rate.Num)
	return time.Duration(math.Round(math.Min(seconds, longest*60+1) * 1e9))
}

// cameraRate makes a rate that was written in decimals a ratio: 59.94006 is 60000/1001. Zero where it is out of range.
func cameraRate(v float64) frame.Rational {
	if !(v >= 0.001 && v <= 1000) {
		return frame.Rational{}
	}
	n := math.Round(v)
	if n == v {
		return frame.Rational{Num: int64(n), Den: 1}
	}
	if ntsc := n * 1000 / 1001; math.Abs(ntsc-v) < 1e-3 && n > 0 {
		return frame.Rational{Num: int64(n) * 1000, Den: 1001}
	}
	return frame.Rational{Num: int64(math.Round(v * 1e5)), Den: 1e5}
}

func cameraRateText(r frame.Rational) string {
	if r.Den == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(r.Num)/float64(r.Den), 'f', 5, 64)
}

// periods reads the parts that count.
func (s *emSet) periods(e *emDeployments) error {
	return s.each(emPeriods, func(c *cells) (func() error, error) {
		opcode, name, from, to := c.column("OpCode"), c.column("Period"), c.column("TimeStart"), c.column("TimeEnd")
		has := c.column("HasEnd")
		c.rest(opcode, name, from, to, has)
		c.canonical(emColumns(emPeriods))
		return func() error {
			c.reach(has)
			p := annotate.Period{Name: c.name(name), From: c.minutes(from), To: c.minutes(to)}
			if p.From < 0 {
				c.fail(from, "it should say when the period begins, in minutes")
			}
			ends := c.text(has)
			if p.Open = p.To < 0 || ends == "0"; p.Open {
				p.To = 0
				c.keep(emPrefix+"TimeEnd", to)
			} else if p.To < p.From {
				c.fail(to, "it should not be before TimeStart")
			}
			if ends != endsText(p.Open) {
				c.put(emPrefix+"HasEnd", ends)
			}
			c.keepOthers(true)
			p.Extra = c.extra
			if code := c.code(opcode, noOpCode); c.err == nil {
				d := e.at(code)
				d.Periods = append(d.Periods, p)
			}
			return nil
		}, nil
	})
}

// endsText is the HasEnd of a period.
func endsText(open bool) string {
	if open {
		return "0"
	}
	return "1"
}

// metadata adds what the campaign's metadata say.
func (s *emSet) metadata(e *emDeployments) error {
	name, ok := s.files[emMeta]
	if !ok {
		return nil
	}
	file, err := s.in.FS.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() // only read from
	for m, err := range ReadMetadata(name, file) {
		if err != nil {
			return err
		}
		d := e.at(m.OpCode)
		m.Chapters, m.Periods = d.Chapters, d.Periods
		for key, value := range d.Extra {
			if m.Extra == nil {
				m.Extra = annotate.Extra{}
			}
			m.Extra[key] = value
		}
		*d = m
	}
	return nil
}

// emWhere finds in which file and frame of the counting camera a time lies, where the chapters tell.
func emWhere(d annotate.Deployment, at time.Duration) (file, number string) {
	for _, ch := range d.Chapters {
		if ch.Camera == 0 && ch.Rate.Num > 0 && at >= ch.Offset && (at < ch.Offset+ch.Duration || ch.Duration == 0) {
			n := math.Round((at - ch.Offset).Seconds() * float64(ch.Rate.Num) / float64(ch.Rate.Den))
			return ch.Path, fmt.Sprintf("%.0f", n)
		}
	}
	return "", ""
}
