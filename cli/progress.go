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

// progress shows how far a scan is: a bar that redraws itself on a terminal, a
// line now and then elsewhere.
type progress struct {
	w        io.Writer
	name     string
	every    time.Duration // of video between two pictures
	terminal bool
	now      func() time.Time
	started  time.Time
	shown    time.Time
	last     scan.Progress
}

func newProgress(w io.Writer, name string, every time.Duration) *progress {
	p := &progress{w: w, name: name, every: every, now: time.Now, started: time.Now()}
	if f, ok := w.(*os.File); ok {
		p.terminal = term.IsTerminal(int(f.Fd()))
	}
	p.shown = p.started
	return p
}

// update is called after each picture; it writes at most five times a second
// on a terminal and every 15 s elsewhere.
func (p *progress) update(at scan.Progress) {
	p.last = at
	pause := 15 * time.Second
	if p.terminal {
		pause = 200 * time.Millisecond
	}
	if p.now().Sub(p.shown) < pause {
		return
	}
	p.shown = p.now()
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s", p.line())
	} else {
		fmt.Fprintln(p.w, p.line())
	}
}

// done ends the bar with a last full line.
func (p *progress) done() {
	p.clear()
	fmt.Fprintln(p.w, p.line())
}

// clear takes the bar away, so that what is said next has a line of its own.
func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
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
	fmt.Fprintf(&b, "%s ", p.name)
	if p.terminal {
		const width = 24
		full := int(fraction * width)
		fmt.Fprintf(&b, "[%s%s] ", strings.Repeat("█", full), strings.Repeat("·", width-full))
	}
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
