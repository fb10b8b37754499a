package review

import (
	"fmt"
	"math"
)

// The rule of doubtful tracks: one that may be several animals, or an animal in some frames and none in others, so that what a person sees
// in one frame says little of the others. Speeds and changes of size are those that the tracker takes for unusual
// (track.Config: cruise speed 1 body length a second and change of shape 0.4, both standard deviations; over 2 to 2.5 of these).
const (
	doubtfulSpeed = 2.0 // body lengths (diagonal of the larger box) a second
	doubtfulStep  = 0.5 // body lengths that boxes are off, however short the time
	doubtfulSize  = 4.0 // times the area of the neighbour
	doubtfulGap   = 3.0 // seconds without a point, with two frames at least that were looked at in it
	doubtfulScore = 0.2 // under which a detection is weak; more than half of the points are
)

// Doubtful says why a verdict on one of the track's frames should not carry to the others, "" where it may: between two
// neighbouring points it jumps (its middle moves by more than 0.5 + 2·s body lengths in s seconds, or its area grows or shrinks more than
// fourfold), it is lost for more than 3 s, or more than half of its points score under 0.2. Who says of such a track that it is
// none is taken to say so of the frame at hand alone (Absent), unless they reject it whole. What a person drew or confirmed is
// not doubtful, and neither is a track of one point, which has no other frames.
//
// Worked example: boxes of 30 by 40 (body length 50), their middles at x = 100 and 210 one second apart: 110 pixels are 2.2 body
// lengths, under 0.5 + 2·1 = 2.5: it swims fast. At x = 100 and 230 they are 2.6 body lengths apart: it jumps.
func (s *State) Doubtful(t *Track) string {
	if t.Drawn || t.Standing == Accepted || len(t.Points) < 2 {
		return ""
	}
	weak := 0
	for i, p := range t.Points {
		if p.Score < doubtfulScore {
			weak++
		}
		if i == 0 {
			continue
		}
		q := t.Points[i-1]
		apart := (s.Frames[p.Frame].Time - s.Frames[q.Frame].Time).Seconds()
		length := math.Max(math.Hypot(p.Box.W(), p.Box.H()), math.Hypot(q.Box.W(), q.Box.H()))
		moved := math.Hypot(p.Box.X0+p.Box.X1-q.Box.X0-q.Box.X1, p.Box.Y0+p.Box.Y1-q.Box.Y0-q.Box.Y1) / 2
		large, small := math.Max(p.Box.W()*p.Box.H(), q.Box.W()*q.Box.H()), math.Min(p.Box.W()*p.Box.H(), q.Box.W()*q.Box.H())
		at := clock(s.Frames[p.Frame].Time)
		switch {
		case moved > (doubtfulStep+doubtfulSpeed*apart)*length:
			return fmt.Sprintf("it jumps by %.1f body lengths in %.1f s at %s", moved/length, apart, at)
		case large > doubtfulSize*small:
			return fmt.Sprintf("its box changes %.1f-fold in area at %s", large/small, at)
		case apart > doubtfulGap && p.Frame-q.Frame > 2:
			return fmt.Sprintf("it is lost for %.1f s before %s", apart, at)
		}
	}
	if 2*weak > len(t.Points) {
		return "most of its detections are weak"
	}
	return ""
}
