package dataset

import (
	"bytes"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// tile is the part of the network's input that one picture covers: packed RGB, w×h at (x, y).
type tile struct {
	x, y, w, h int
	pix, other []byte // other: as large, for what cannot be done in place
	from, part []int32
	kernel     []int32
	light      *light // once it is needed
}

// sample draws a picture as it is placed, bilinear; pixels whose middle lies in it are covered.
func (t *tile) sample(p *small, at placement) {
	x0, x1 := covered(at.ax, at.bx, p.w, at.clip.X0, at.clip.X1)
	y0, y1 := covered(at.ay, at.by, p.h, at.clip.Y0, at.clip.Y1)
	t.x, t.y, t.w, t.h = x0, y0, max(0, x1-x0), max(0, y1-y0)
	n := 3 * t.w * t.h
	if cap(t.pix) < n {
		t.pix, t.other = make([]byte, n), make([]byte, n)
	}
	t.pix, t.other = t.pix[:n], t.other[:n]
	if at.ax == 1 && at.ay == 1 && at.bx == math.Trunc(at.bx) && at.by == math.Trunc(at.by) {
		for y := range t.h { // as it is: validation sees the very pixels
			from := 3 * ((t.y+y-int(at.by))*p.w + t.x - int(at.bx))
			copy(t.pix[3*y*t.w:3*(y+1)*t.w], p.pix[from:])
		}
		return
	}
	// Of each column: the pixel left of it, in bytes, and how much of the one right of it, in 1/256.
	t.from, t.part = t.from[:0], t.part[:0]
	for x := range t.w {
		i, part := between((float64(t.x+x)+0.5-at.bx)/at.ax-0.5, p.w)
		t.from, t.part = append(t.from, int32(3*i)), append(t.part, part)
	}
	right := int32(3)
	if p.w == 1 {
		right = 0
	}
	for y := range t.h {
		i, down := between((float64(t.y+y)+0.5-at.by)/at.ay-0.5, p.h)
		above := p.pix[3*i*p.w : 3*(i+1)*p.w]
		below := above
		if i+1 < p.h {
			below = p.pix[3*(i+1)*p.w : 3*(i+2)*p.w]
		}
		out := t.pix[3*y*t.w : 3*(y+1)*t.w]
		for x, f := range t.from {
			part := t.part[x]
			a, b, c, d := above[f:f+3:f+3], above[f+right:][:3:3], below[f:f+3:f+3], below[f+right:][:3:3]
			to := out[3*x : 3*x+3 : 3*x+3]
			for k := range 3 {
				top := int32(a[k])<<8 + part*(int32(b[k])-int32(a[k]))
				low := int32(c[k])<<8 + part*(int32(d[k])-int32(c[k]))
				to[k] = byte((top<<8 + down*(low-top) + 1<<15) >> 16)
			}
		}
	}
}

// covered are the pixels (first, and the one after the last) whose middle lies in a line of n pixels placed at a·x + b,
// and in clip.
func covered(a, b float64, n int, clip0, clip1 float64) (int, int) {
	lo, hi := b, a*float64(n)+b
	if a < 0 {
		lo, hi = hi, lo
	}
	lo, hi = max(lo, clip0), min(hi, clip1)
	return int(math.Ceil(lo - 0.5)), int(math.Ceil(hi - 0.5))
}

// between is the pixel before a place on a line of n pixels and, in 1/256, the share of the next.
func between(at float64, n int) (int, int32) {
	at = min(max(at, 0), float64(n-1))
	i := min(int(at), max(0, n-2))
	return i, int32((at - float64(i)) * 256)
}

func (t *tile) mean() float64 {
	sum := 0
	for _, v := range t.pix {
		sum += int(v)
	}
	return float64(sum) / float64(max(1, len(t.pix)))
}

// tone makes v·gain + lift of each value.
func (t *tile) tone(gain [3]float64, lift float64) {
	if gain == [3]float64{1, 1, 1} && lift == 0 {
		return
	}
	var table [3][256]byte
	for k := range 3 {
		for v := range 256 {
			table[k][v] = byte(min(max(math.Round(float64(v)*gain[k]+lift), 0), 255))
		}
	}
	for i := 0; i+2 < len(t.pix); i += 3 {
		t.pix[i], t.pix[i+1], t.pix[i+2] = table[0][t.pix[i]], table[1][t.pix[i+1]], table[2][t.pix[i+2]]
	}
}

// blur spreads each pixel as a normal distribution of a standard deviation, along rows and then along columns.
func (t *tile) blur(sigma float64) {
	if sigma < 0.2 || t.w == 0 || t.h == 0 {
		return
	}
	reach := int(math.Ceil(2.5 * sigma))
	t.kernel = t.kernel[:0]
	sum := int32(0)
	for i := -reach; i <= reach; i++ {
		v := int32(math.Round(65536 / (sigma * math.Sqrt(2*math.Pi)) * math.Exp(-float64(i*i)/(2*sigma*sigma))))
		t.kernel = append(t.kernel, v)
		sum += v
	}
	t.kernel[reach] += 65536 - sum
	for y := range t.h {
		row, to := t.pix[3*y*t.w:3*(y+1)*t.w], t.other[3*y*t.w:3*(y+1)*t.w]
		for x := range t.w {
			var a, b, c int32 = 1 << 15, 1 << 15, 1 << 15
			for i, k := range t.kernel {
				j := 3 * min(max(x+i-reach, 0), t.w-1)
				a, b, c = a+k*int32(row[j]), b+k*int32(row[j+1]), c+k*int32(row[j+2])
			}
			to[3*x], to[3*x+1], to[3*x+2] = byte(a>>16), byte(b>>16), byte(c>>16)
		}
	}
	n := 3 * t.w
	if cap(t.part) < n {
		t.part = make([]int32, n)
	}
	sums := t.part[:n]
	for y := range t.h {
		for i := range sums {
			sums[i] = 1 << 15
		}
		for i, k := range t.kernel {
			row := t.other[min(max(y+i-reach, 0), t.h-1)*n:][:n]
			for x, v := range row {
				sums[x] += k * int32(v)
			}
		}
		to := t.pix[y*n:][:n]
		for x, v := range sums {
			to[x] = byte(v >> 16)
		}
	}
}

// smear draws the picture along a line, as a camera does that moves while the shutter is open.
func (t *tile) smear(length, angle float64) {
	steps := int(math.Round(length))
	if steps < 2 || t.w == 0 || t.h == 0 {
		return
	}
	dx, dy := make([]int, steps), make([]int, steps)
	for i := range steps {
		along := float64(i) - float64(steps-1)/2
		dx[i], dy[i] = int(math.Round(along*math.Cos(angle))), int(math.Round(along*math.Sin(angle)))
	}
	weight := uint32(65536 / steps)
	for y := range t.h {
		for x := range t.w {
			var a, b, c uint32
			for i := range steps {
				j := 3 * (min(max(y+dy[i], 0), t.h-1)*t.w + min(max(x+dx[i], 0), t.w-1))
				a, b, c = a+uint32(t.pix[j]), b+uint32(t.pix[j+1]), c+uint32(t.pix[j+2])
			}
			to := t.other[3*(y*t.w+x):][:3:3]
			to[0], to[1], to[2] = byte(a*weight>>16), byte(b*weight>>16), byte(c*weight>>16)
		}
	}
	t.pix, t.other = t.other, t.pix
}

// noise adds the sensor's: the sum of two dice in place of a normal distribution, which no eye or network tells apart.
func (t *tile) noise(sigma float64, r *rand.Rand) {
	const diceSigma = 104.5 // of the sum of two even draws of 0 to 255
	scale := int32(math.Round(sigma / diceSigma * 65536))
	for i := 0; i < len(t.pix); {
		dice := r.Uint64()
		for range min(4, len(t.pix)-i) {
			v := int32(t.pix[i]) + (int32(dice&255+dice>>8&255)-255)*scale>>16
			t.pix[i] = byte(min(max(v, 0), 255))
			dice >>= 16
			i++
		}
	}
}

// compress writes the picture as JPEG and reads it again.
func (t *tile) compress(quality int) {
	if t.w == 0 || t.h == 0 {
		return
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, unpacked(t.pix, t.w, t.h), &jpeg.Options{Quality: quality}); err != nil {
		return // nothing that encodes in memory fails
	}
	if img, err := jpeg.Decode(&b); err == nil {
		copy(t.pix, packed(img))
	}
}
