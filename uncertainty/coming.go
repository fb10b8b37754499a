package uncertainty

import "slices"

// coming is how animals that a look met may have come: since when, and who came with them and was gone by then. Frames are counted from
// the look.
type coming struct {
	from  int
	gone  []span
	later []span // who came with them, but after the look
}

// comingKey is what ways of coming depend on: how many were met, and how many frames nobody looked before.
type comingKey struct{ n, most int }

// ways is how many ways of coming are laid out for each look, and tries how many are tried for it.
const (
	ways  = 500
	tries = 20_000
)

// came draws how n animals came that a look met and the look before it did not: arrivals are laid before the look at any time, and those are
// taken of which so many are still there. Where none is of so many, they are of two arrivals.
func (m *met) came(s *sampler, n, most int) coming {
	if most <= 0 {
		return coming{}
	}
	key := comingKey{n, most}
	list, ok := m.ways[key]
	if !ok {
		for range tries {
			if c, there := m.lay(s, most); there == n {
				if list = append(list, c); len(list) == ways {
					break
				}
			}
		}
		m.ways[key] = list
	}
	switch {
	case len(list) > 0:
		return list[s.rng.IntN(len(list))]
	case n > 1: // two arrivals that happen to be there together
		a, b := m.came(s, n/2, most), m.came(s, n-n/2, most)
		return coming{from: a.from, gone: slices.Concat(a.gone, b.gone), later: slices.Concat(a.later, b.later)}
	}
	return coming{from: -m.piece(s, most)}
}

// sized draws an arrival like a measured one. Of animals that come together there are as many as Poisson's law gives about the measured number; half of
// the lengths are of that arrival, half of any that came together. There is a small chance of one like two of the measured ones (unseen). Without all
// that no school could have a size that was not measured.
//
// It is of use until the next.
func (m *met) sized(s *sampler, shape []int) []int {
	m.drawn = append(m.drawn[:0], shape...)
	if s.rng.Float64() < unseen(s.detectability.Arrivals) {
		m.drawn = append(m.drawn, m.shapes[s.rng.IntN(len(m.shapes))]...)
	}
	known := len(m.drawn)
	if known == 1 {
		return m.drawn
	}
	for range 1 + s.poisson(float64(known-1)) {
		length := m.drawn[s.rng.IntN(known)]
		if s.rng.IntN(2) == 0 {
			length = m.schooled[s.rng.IntN(len(m.schooled))]
		}
		m.drawn = append(m.drawn, length)
	}
	return m.drawn[known:]
}

// lay lays an arrival before a look, at most so many frames before, and tells how many of it are still there.
func (m *met) lay(s *sampler, most int) (c coming, there int) {
	c.from = -s.rng.IntN(min(m.longest, most+1)) // the same span for all, so that long ones are met more readily
	shape := m.sized(s, m.shapes[s.rng.IntN(len(m.shapes))])
	if -c.from >= slices.Max(shape)+s.gap {
		return c, -1
	}
	for k, length := range shape {
		from := c.from
		if k > 0 {
			from += s.rng.IntN(s.gap)
		}
		switch {
		case from > 0:
			c.later = append(c.later, span{from, from + length})
		case from+length > 0:
			there++
		default:
			c.gone = append(c.gone, span{from, from + length})
		}
	}
	return c, there
}
