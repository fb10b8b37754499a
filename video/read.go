package video

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"

	"requin/frame"
)

// Reader gives the pictures of one segment.
type Reader struct {
	ctx  context.Context
	dive *Deployment
	file *File
	seg  Segment
	w, h int                       // of the pictures it gives
	size func(w, h int) (int, int) // what a picture is scaled to
	gaps []frame.Gap
	lost map[int]string // picks whose bytes could not be read, with the reason
}

// Read prepares to read a segment. size says what a picture of w×h pixels is
// scaled to (at least 1×1); nil leaves pictures in full size.
func (d *Deployment) Read(ctx context.Context, seg Segment, size func(w, h int) (int, int)) *Reader {
	if size == nil {
		size = func(w, h int) (int, int) { return w, h }
	}
	f := d.Files[seg.Chapter]
	w, h := size(f.W, f.H)
	return &Reader{ctx: ctx, dive: d, file: f, seg: seg, w: w, h: h, size: size, lost: map[int]string{}}
}

// Frames gives the wanted pictures in order of time. A frame is valid until the
// next one is asked for. Damage in the video is no error: it ends up in Gaps,
// and a frame that lies in a gap must not be used. An error means that this
// computer failed (no ffmpeg, the disk is gone, cancelled) and that nothing
// can be said of the rest of the segment.
func (r *Reader) Frames() iter.Seq2[*frame.Frame, error] {
	return func(yield func(*frame.Frame, error) bool) {
		var got map[int64]bool
		var ok bool
		var err error
		if r.seg.Mode == Images {
			got, ok = r.images(yield)
		} else {
			got, ok, err = r.decode(yield)
		}
		if !ok {
			return // the consumer has seen enough
		}
		if err == nil {
			err = r.ctx.Err()
		}
		if err == nil {
			err = r.missed(got)
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// Gaps lists what of the segment could not be decoded. It is complete once Frames has ended.
func (r *Reader) Gaps() []frame.Gap { return r.gaps }

// missed notes a gap for each wanted picture that did not come.
func (r *Reader) missed(got map[int64]bool) error {
	if len(r.gaps) > 0 || len(got) < len(r.seg.picks) {
		// A disk that went away looks like damage; it must not become a gap.
		if err := r.file.Unchanged(); err != nil {
			return err
		}
	}
	for i, p := range r.seg.picks {
		span := r.cellSpan(i, "")
		if got[p.cell] || slices.ContainsFunc(r.gaps, func(g frame.Gap) bool { return g.From <= span.From && span.To <= g.To }) {
			continue
		}
		reason := r.lost[i]
		if reason == "" {
			reason = "no picture could be decoded"
		}
		r.gap(r.cellSpan(i, reason))
	}
	return nil
}

// cellSpan is the span that pick i stands for.
func (r *Reader) cellSpan(i int, reason string) frame.Gap {
	cell := r.seg.picks[i].cell
	from := max(r.seg.sampling.Start(cell), r.dive.Offsets[r.seg.Chapter], r.seg.sampling.Period.From)
	return frame.Gap{From: from, To: r.seg.sampling.Start(cell + 1), Reason: reason}
}

// gap notes a span.
func (r *Reader) gap(g frame.Gap) { r.gaps = frame.MergeGaps(append(r.gaps, g)) }

// images reads the segment's files of a folder.
func (r *Reader) images(yield func(*frame.Frame, error) bool) (map[int64]bool, bool) {
	got := map[int64]bool{}
	out := frame.Frame{}
	for i, p := range r.seg.picks {
		if r.ctx.Err() != nil {
			return got, true
		}
		img, err := readImage(r.file.images[p.packet])
		if err != nil {
			r.lost[i] = fmt.Sprintf("the image %s cannot be read: %v", r.file.images[p.packet], err)
			continue
		}
		out.FullW, out.FullH = img.size()
		out.W, out.H = r.size(out.FullW, out.FullH)
		out.Pix = img.rgb(out.W, out.H)
		out.Instant = r.dive.instant(r.seg.Chapter, r.file.packets[p.packet].PTS)
		got[p.cell] = true
		if !yield(&out, nil) {
			return got, false
		}
	}
	return got, true
}

// decode runs ffmpeg over the segment and yields what comes. Where ffmpeg
// complains, a second look finds out which times the complaints belong to.
func (r *Reader) decode(yield func(*frame.Frame, error) bool) (map[int64]bool, bool, error) {
	if err := r.file.Unchanged(); err != nil {
		return nil, true, err
	}
	run, err := r.start(nil, threads(), r.filters(), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1")
	if err != nil {
		return nil, true, err
	}
	defer run.stop()
	out := frame.Frame{W: r.w, H: r.h, FullW: r.file.W, FullH: r.file.H, Pix: make([]byte, 3*r.w*r.h)}
	pipe := bufio.NewReaderSize(run.stdout, 1<<16)
	got := map[int64]bool{}
	last := r.seg.picks[0].cell - 1
	enough := false
	for n := 0; ; n++ {
		if _, err := io.ReadFull(pipe, out.Pix); err != nil {
			break // the end: what is missing is found out by counting
		}
		pts, ok := run.log.stamp(n)
		if !ok && r.ctx.Err() == nil {
			return got, true, fmt.Errorf("%s: ffmpeg gave a picture without telling its time; please report this, with what ffmpeg -version says", r.file.Path)
		}
		i, wanted := 0, false
		if ok && pts != noPTS {
			i, wanted = r.pickOf(pts, last)
		}
		if !wanted {
			continue
		}
		last = r.seg.picks[i].cell
		got[last] = true
		out.Instant = r.dive.instant(r.seg.Chapter, r.truePTS(pts, i))
		if !yield(&out, nil) {
			return got, false, nil
		}
		if last == r.seg.picks[len(r.seg.picks)-1].cell && r.seg.Mode != KeyPackets {
			enough = true // of what ffmpeg would go on decoding nothing more is wanted
			break
		}
	}
	damaged := false
	if enough {
		run.stop()
		damaged = run.log.damaged()
	} else if damaged, err = run.end(r.ctx); err != nil {
		return got, true, err
	}
	if damaged || len(got)+len(r.lost) < len(r.seg.picks) {
		err = r.locate()
	}
	r.blanks()
	return got, true, err
}

// pickOf finds the pick that a decoded picture answers.
func (r *Reader) pickOf(stamp int64, after int64) (int, bool) {
	if r.seg.Mode == KeyPackets {
		i := stamp / stampMS
		if stamp < 0 || i >= int64(len(r.seg.picks)) || r.seg.picks[i].cell <= after {
			return 0, false
		}
		return int(i), true
	}
	at := r.dive.Time(r.seg.Chapter, stamp)
	cell := r.seg.sampling.Cell(at)
	if cell <= after || !r.seg.sampling.Period.Contains(at) {
		return 0, false
	}
	for i, p := range r.seg.picks {
		if p.cell == cell {
			return i, true
		}
	}
	return 0, false
}

// truePTS is the time stamp in the file of the picture that answers pick i.
func (r *Reader) truePTS(stamp int64, i int) int64 {
	if r.seg.Mode == KeyPackets {
		return r.file.packets[r.seg.picks[i].packet].PTS
	}
	return stamp
}
