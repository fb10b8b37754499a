package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/scan"
)

// clockwork is a progress whose clock stands until it is moved.
func clockwork(w *bytes.Buffer, terminal bool) (p *progress, move func(time.Duration)) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	p = newProgress(w, "dive", time.Second)
	p.now = func() time.Time { return at }
	p.started, p.shown, p.terminal = at, at, terminal
	return p, func(d time.Duration) { at = at.Add(d) }
}

func TestProgressLine(t *testing.T) {
	for _, c := range []struct {
		at       scan.Progress
		took     time.Duration
		terminal bool
		want     string
	}{
		{scan.Progress{Total: 100}, 0, false, "dive   0 % · 0 of 100 frames"},
		{scan.Progress{Done: 25, Total: 100}, 5 * time.Second, false, "dive  25 % · 25 of 100 frames · 5.0 frames/s, 5× real time · 15s left"},
		{scan.Progress{Done: 60, Total: 100, Resumed: 40}, 10 * time.Second, false,
			"dive  60 % · 60 of 100 frames (40 from an earlier run) · 2.0 frames/s, 2× real time · 20s left"},
		{scan.Progress{Done: 100, Total: 100}, 4 * time.Second, false, "dive 100 % · 100 of 100 frames · 25.0 frames/s, 25× real time · 4s"},
		{scan.Progress{Done: 100, Total: 100, Resumed: 100}, time.Second, false, "dive 100 % · 100 of 100 frames (100 from an earlier run)"},
		{scan.Progress{Done: 1, Total: 3600}, 7 * time.Second, false, "dive   0 % · 1 of 3600 frames · 0.1 frames/s, 0× real time · 6h59m53s left"},
		{scan.Progress{Done: 50, Total: 100}, 10 * time.Second, true,
			"dive [████████████············]  50 % · 50 of 100 frames · 5.0 frames/s, 5× real time · 10s left"},
		{scan.Progress{}, 0, true, "dive [████████████████████████] 100 % · 0 of 0 frames"},
	} {
		p, move := clockwork(&bytes.Buffer{}, c.terminal)
		move(c.took)
		p.last = c.at
		if got := p.line(); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

// Into a file goes a line now and then, on a terminal a bar that stays on its line.
func TestProgressPace(t *testing.T) {
	var log bytes.Buffer
	p, move := clockwork(&log, false)
	for i := range 60 {
		move(time.Second)
		p.update(scan.Progress{Done: i + 1, Total: 60})
	}
	p.done()
	if lines := strings.Count(log.String(), "\n"); lines != 5 || strings.ContainsAny(log.String(), "\r\x1b") {
		t.Errorf("%d lines in a minute: %q", lines, log.String())
	}
	var screen bytes.Buffer
	p, move = clockwork(&screen, true)
	for i := range 100 {
		move(10 * time.Millisecond)
		p.update(scan.Progress{Done: i + 1, Total: 100})
	}
	if got := strings.Count(screen.String(), "\r\x1b[K"); got != 5 || strings.Contains(screen.String(), "\n") {
		t.Errorf("the bar was drawn %d times in a second: %q", got, screen.String())
	}
	p.done()
	if !strings.HasSuffix(screen.String(), "100 of 100 frames · 100.0 frames/s, 100× real time · 1s\n") {
		t.Errorf("it ends in %q", screen.String())
	}
	screen.Reset()
	p.clear()
	if screen.String() != "\r\x1b[K" {
		t.Errorf("the bar is cleared by %q", screen.String())
	}
}

func TestClockText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "00:00.0", 1500 * time.Millisecond: "00:01.5", 59*time.Second + 960*time.Millisecond: "01:00.0",
		62*time.Minute + 30*time.Second: "1:02:30.0", 10*time.Hour + time.Second: "10:00:01.0",
	} {
		if got := clockText(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// Gaps that follow each other are one line; a hundred lines are not.
func TestPrintGaps(t *testing.T) {
	gap := func(from, to int, kind count.Kind, reason string) count.Gap {
		return count.Gap{Span: count.Span{From: count.Seconds(from) * 1e9, To: count.Seconds(to) * 1e9}, Kind: kind, Reason: reason}
	}
	var out bytes.Buffer
	printGaps(&out, []count.Gap{
		gap(1, 2, count.NotAnalysed, "a"), gap(2, 3, count.NotAnalysed, "b"), gap(3, 4, count.NotAnalysed, "c"),
		gap(6, 7, count.NotAnalysed, "d"), gap(7, 8, count.NotAnalysed, "e"), gap(8, 9, count.NotFilmed, "f"),
	})
	want := `  NOT ANALYSED 00:01.0 to 00:04.0: a; and 2 other reasons
  NOT ANALYSED 00:06.0 to 00:08.0: d; and another reason
  NOT FILMED 00:08.0 to 00:09.0: f
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	out.Reset()
	var many []count.Gap
	for i := range 100 {
		many = append(many, gap(2*i, 2*i+1, count.NotAnalysed, "a"))
	}
	printGaps(&out, many)
	if lines := strings.Count(out.String(), "\n"); lines != gapRows+1 || !strings.HasSuffix(out.String(), "  ... and 80 more such times: see the report\n") {
		t.Errorf("%d lines:\n%s", lines, out.String())
	}
}
