package plot

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// paletted makes a picture a quarter of the size: of its colours the 256 most frequent, the others by the nearest of them.
func paletted(p *image.RGBA) image.Image {
	type rgb [3]uint8
	n := map[rgb]int{}
	for i := 0; i < len(p.Pix); { // by runs: most of a drawing is white
		c, from := rgb(p.Pix[i:i+3]), i
		for i < len(p.Pix) && rgb(p.Pix[i:i+3]) == c {
			i += 4
		}
		n[c] += (i - from) / 4
	}
	colours := make([]rgb, 0, len(n))
	for c := range n {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b rgb) int {
		return cmp.Or(cmp.Compare(n[b], n[a]), slices.Compare(a[:], b[:]))
	})
	palette := make(color.Palette, 0, 256)
	index := map[rgb]uint8{}
	for i, c := range colours {
		if i < 256 {
			palette = append(palette, color.RGBA{c[0], c[1], c[2], 255})
			index[c] = uint8(i)
		} else {
			index[c] = uint8(palette.Index(color.RGBA{c[0], c[1], c[2], 255}))
		}
	}
	out := image.NewPaletted(p.Rect, palette)
	last, at := rgb{}, index[rgb{}]
	for i := range out.Pix {
		if c := rgb(p.Pix[4*i : 4*i+3]); c != last {
			last, at = c, index[c]
		}
		out.Pix[i] = at
	}
	return out
}
