package frame

import "math"

// Resizer scales pictures of packed RGB with a tent filter: bilinear where a picture
// grows, and a weighted mean of all the pixels that fall on one where it shrinks, so
// that no animal is lost between samples. It works in integers, so that every
// machine gives the same bytes. Its zero value is ready; it is not for several goroutines at once.
//
// Worked example: the row 0 100 200 100 halved is 71 143. The first new pixel lies
// at 0.5 and its tent reaches 2 to each side, which weighs the first three pixels
// 3:3:1, (0·3 + 100·3 + 200·1)/7; the second weighs the last three 1:3:3.
type Resizer struct {
	sw, sh, dw, dh int
	across, down   []taps
	middle, out    []byte
}

// taps are the source pixels of one new pixel: from first on, their weights in
// 1/65536, which add up to exactly 1.
type taps struct {
	first   int
	weights []int32
}

const one = 1 << 16

func tent(from, to int) []taps {
	scale := float64(from) / float64(to)
	reach := max(scale, 1)
	list := make([]taps, to)
	for i := range list {
		middle := (float64(i)+0.5)*scale - 0.5
		first := max(0, int(math.Ceil(middle-reach)))
		last := min(from-1, int(math.Floor(middle+reach)))
		sum, raw := 0.0, make([]float64, last-first+1)
		for k := range raw {
			raw[k] = 1 - math.Abs(float64(first+k)-middle)/reach
			sum += raw[k]
		}
		weights, left, best := make([]int32, len(raw)), int32(one), 0
		for k, r := range raw {
			weights[k] = int32(math.Round(r / sum * one))
			left -= weights[k]
			if weights[k] > weights[best] {
				best = k
			}
		}
		weights[best] += left
		list[i] = taps{first, weights}
	}
	return list
}

// Resize gives the picture in dw×dh; the result is overwritten by the next.
func (r *Resizer) Resize(pix []byte, sw, sh, dw, dh int) []byte {
	if r.sw != sw || r.sh != sh || r.dw != dw || r.dh != dh {
		r.sw, r.sh, r.dw, r.dh = sw, sh, dw, dh
		r.across, r.down = tent(sw, dw), tent(sh, dh)
		r.middle, r.out = make([]byte, 3*dw*sh), make([]byte, 3*dw*dh)
	}
	for y := range sh {
		row, to := pix[3*y*sw:3*(y+1)*sw], r.middle[3*y*dw:3*(y+1)*dw]
		for x, t := range r.across {
			a, b, c := int32(one/2), int32(one/2), int32(one/2)
			at := row[3*t.first:]
			for k, w := range t.weights {
				p := at[3*k : 3*k+3]
				a, b, c = a+w*int32(p[0]), b+w*int32(p[1]), c+w*int32(p[2])
			}
			to[3*x], to[3*x+1], to[3*x+2] = byte(a>>16), byte(b>>16), byte(c>>16)
		}
	}
	sums := make([]int32, 3*dw)
	for y, t := range r.down {
		for i := range sums {
			sums[i] = one / 2
		}
		for k, w := range t.weights {
			row := r.middle[3*(t.first+k)*dw : 3*(t.first+k+1)*dw]
			for i, v := range row {
				sums[i] += w * int32(v)
			}
		}
		to := r.out[3*y*dw : 3*(y+1)*dw]
		for i, s := range sums {
			to[i] = byte(s >> 16)
		}
	}
	return r.out
}

// Fit is the size of a picture of fw×fh scaled into w×h: its aspect kept, at least
// one pixel, rounded to the nearest. It is how a picture lies in a network's input, in training as in use.
func Fit(fw, fh, w, h int) (int, int) {
	r := min(float64(w)/float64(fw), float64(h)/float64(fh))
	return min(w, max(1, int(math.Round(float64(fw)*r)))), min(h, max(1, int(math.Round(float64(fh)*r))))
}
