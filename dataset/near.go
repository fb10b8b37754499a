package dataset

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"strconv"
	"sync"
)

// look is the difference hash of a picture (dHash, after Krawetz 2013): it is made grey and
// shrunk to 9×8, and each bit tells whether a cell is brighter than the one to its right. Pictures that were scaled,
// compressed or brightened keep nearly all their 64 bits; of unlike pictures half differ.
//
// A strip along the edges in one colour (a letterbox) is cut off first: its cells tell nothing, and would
// make all pictures that have it alike.
func look(pix []byte, w, h int) uint64 {
	x0, y0, x1, y1 := framed(pix, w, h)
	const across, down = 9, 8
	var sum, count [across * down]int
	for y := y0; y < y1; y++ {
		row := pix[3*y*w : 3*(y+1)*w]
		cell := (y - y0) * down / (y1 - y0) * across
		for x := x0; x < x1; x++ {
			i := cell + (x-x0)*across/(x1-x0)
			sum[i] += 299*int(row[3*x]) + 587*int(row[3*x+1]) + 114*int(row[3*x+2])
			count[i]++
		}
	}
	var hash uint64
	for y := range down {
		for x := range across - 1 {
			i := y*across + x
			hash <<= 1
			if sum[i]*max(1, count[i+1]) > sum[i+1]*max(1, count[i]) {
				hash |= 1
			}
		}
	}
	return hash
}

// framed is the part of a picture within edges of nearly one colour; all of it where that would be small.
func framed(pix []byte, w, h int) (x0, y0, x1, y1 int) {
	const alike = 12 // of 255, what compression adds to an even colour
	flat := func(first, step, n int) bool {
		for k := range 3 {
			least, most := byte(255), byte(0)
			for i := range n {
				v := pix[3*(first+i*step)+k]
				least, most = min(least, v), max(most, v)
			}
			if most-least > alike {
				return false
			}
		}
		return true
	}
	for y1 = h; y0 < h/3 && flat(y0*w, 1, w); y0++ {
	}
	for ; y1 > h-h/3 && flat((y1-1)*w, 1, w); y1-- {
	}
	for x1 = w; x0 < w/3 && flat(x0, w, h); x0++ {
	}
	for ; x1 > w-w/3 && flat(x1-1, w, h); x1-- {
	}
	return x0, y0, x1, y1
}

func lookText(hash uint64) string { return fmt.Sprintf("%016x", hash) }

// looks are the difference hashes of all pictures: from the manifest where it states them, else computed. A picture that
// cannot be decoded has none (false).
func looks(ctx context.Context, dir string, m *Manifest) ([]uint64, []bool, error) {
	hashes, ok := make([]uint64, len(m.Pictures)), make([]bool, len(m.Pictures))
	err := inParallel(ctx, len(m.Pictures), func(i int) {
		if v, err := strconv.ParseUint(m.Pictures[i].Look, 16, 64); err == nil {
			hashes[i], ok[i] = v, true
			return
		}
		if p, _, err := readStill(m.path(dir, i)); err == nil {
			hashes[i], ok[i] = look(p.pix, p.w, p.h), true
		}
	})
	return hashes, ok, err
}

// pair is two pictures that look alike, and by how many bits their hashes differ.
type pair struct{ a, b, distance int }

// alike finds the pairs of pictures whose hashes differ by at most so many bits and for which wanted is true (it is
// called from several goroutines), the nearest first. Each is compared with each: 20,000 pictures are 200 million comparisons of 64 bits, which take well
// under a second, and no tree is as fast at that.
func alike(ctx context.Context, hashes []uint64, ok []bool, most int, wanted func(a, b int) bool) ([]pair, error) {
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	found := make([][]pair, workers)
	for k := range workers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for a := k; a < len(hashes) && ctx.Err() == nil; a += workers {
				for b := a + 1; b < len(hashes); b++ {
					if d := bits.OnesCount64(hashes[a] ^ hashes[b]); d <= most && ok[a] && ok[b] && wanted(a, b) {
						found[k] = append(found[k], pair{a, b, d})
					}
				}
			}
		}()
	}
	wait.Wait()
	pairs := slices.Concat(found...)
	slices.SortFunc(pairs, func(p, q pair) int {
		return cmp.Or(p.distance-q.distance, p.a-q.a, p.b-q.b)
	})
	return pairs, ctx.Err()
}
