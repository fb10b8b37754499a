package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"requin/scan"
)

// bar is a line that says how far something is: redrawn in its place on a
// terminal, written now and then elsewhere.
type bar struct {
	w        io.Writer
	terminal bool
	now      func() time.Time
	started  time.Time
	shown    time.Time
}

func newBar(w io.Writer) bar {
	b := bar{w: w, now: time.Now, started: time.Now()}
	if f, ok := w.(*os.File); ok {
		b.terminal = term.IsTerminal(int(f.Fd()))
	}
	b.shown = b.started
	return b
}

// show writes the line, at most five times a second on a terminal and every 15 s elsewhere.
func (b *bar) show(line func() string) {
	pause := 15 * time.Second
	if b.terminal {
		pause = 200 * time.Millisecond
	}
	if b.now().Sub(b.shown) < pause {
		return
	}
	b.shown = b.now()
	if b.terminal {
		fmt.Fprintf(b.w, "\r\x1b[K%s", line())
	} else {
		fmt.Fprintln(b.w, line())
	}
}

// clear takes the line away, so that what is said next has a line of its own.
func (b *bar) clear() {
	if b.terminal {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}

// filled is the drawn part of a line on a terminal, "" elsewhere.
func (b *bar) filled(fraction float64) string {
	if !b.terminal {
		return ""
	}
	const width = 24
	full := int(min(max(fraction, 0), 1) * width)
	return fmt.Sprintf("[%s%s] ", strings.Repeat("█", full), strings.Repeat("·", width-full))
}

// meter shows how much of a known amount is done: bytes hashed, pictures taken.
type meter struct {
	bar
	what string
	unit func(n int64) string
}

func newMeter(w io.Writer, what string, unit func(n int64) string) *meter {
	return &meter{bar: newBar(w), what: what, unit: unit}
}

func (m *meter) update(done, of int64) {
	m.show(func() string {
		fraction := float64(done) / float64(max(of, 1))
		line := fmt.Sprintf("%s %s%3.0f %% · %s of %s", m.what, m.filled(fraction), 100*fraction, m.unit(done), m.unit(of))
		if took := m.now().Sub(m.started); done > 0 && done < of {
			left := time.Duration(float64(took) * float64(of-done) / float64(done))
			line += fmt.Sprintf(" · %s left", left.Round(time.Second))
		}
		return line
	})
}

// megabytes is a number of bytes for people.
func megabytes(n int64) string {
	if n >= 10e9 {
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// progress shows how far a scan is.
type progress struct {
	bar
	name  string
	every time.Duration // of video between two pictures
	last  scan.Progress
}

func newProgress(w io.Writer, name string, every time.Duration) *progress {
	return &progress{bar: newBar(w), name: name, every: every}
}

// update is called after each picture.
func (p *progress) update(at scan.Progress) {
	p.last = at
	p.show(p.line)
}

// done ends the bar with a last full line.
func (p *progress) done() {
	p.clear()
	fmt.Fprintln(p.w, p.line())
}

// line says how far, how fast and how long still.
func (p *progress) line() string {
	fraction := 1.0
	if p.last.Total > 0 {
		fraction = float64(p.last.Done) / float64(p.last.Total)
	}
	took := p.now().Sub(p.started)
	fresh := p.last.Done - p.last.Resumed
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", p.name, p.filled(fraction))
	fmt.Fprintf(&b, "%3.0f %% · %d of %d frames", 100*fraction, p.last.Done, p.last.Total)
	if p.last.Resumed > 0 {
		fmt.Fprintf(&b, " (%d from an earlier run)", p.last.Resumed)
	}
	if fresh > 0 && took > 0 {
		rate := float64(fresh) / took.Seconds()
		fmt.Fprintf(&b, " · %.1f frames/s, %.0f× real time", rate, rate*p.every.Seconds())
		if left := p.last.Total - p.last.Done; left > 0 {
			fmt.Fprintf(&b, " · %s left", (time.Duration(float64(left)/rate) * time.Second).Round(time.Second))
		} else {
			fmt.Fprintf(&b, " · %s", took.Round(100*time.Millisecond))
		}
	}
	return b.String()
}
