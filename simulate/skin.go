package simulate

import "math"

// The skins of the sharks. A point of the trunk is told by s along the body, up and
// side as shares of the length, and high: -1 on the belly, 0 on the flank, 1 on the back.
// A point of a fin is told by u from its base to its tip and v from its leading to its trailing edge.

func at5(h *hit) (s, up, side, high, u, v float64) {
	return h.skin[0], h.skin[1], h.skin[2], h.skin[3], h.skin[3], h.skin[4]
}

// sharkTrunk is grey above and white below, with an eye, gills and a mouth. line is how
// high on the flank the two meet.
func sharkTrunk(h *hit, tone uint32, back, belly vec, line float64) vec {
	s, up, side, high, _, _ := at5(h)
	p := vec{s * 9, up * 40, side * 40}
	edge := line + 0.10*noise3(vec{s * 14, 0, 0}, tone) + 0.05*noise3(vec{s * 50, up * 80, side * 20}, tone+5) - 0.22*ramp(0.2, 0, s) + 0.18*ramp(0.62, 0.8, s)
	skin := belly.mix(back, ramp(edge-0.14, edge+0.16, high))
	shade := 1 + 0.10*blotch(p.mul(1.6), tone+1) + 0.07*blotch(p.mul(6), tone+2)
	skin = skin.mul(shade * (1 - 0.16*ramp(0.35, 1, high)))
	flank := math.Abs(side)
	if s > 0.17 && s < 0.25 { // five slits before and over the root of the pectoral fin
		for i := range 5 {
			where := 0.178 + 0.0135*float64(i) + 0.014*high*high*0.6
			slit := math.Exp(-sq((s-where)/0.0016)) * ramp(-0.62, -0.4, high) * ramp(0.5, 0.28, high)
			skin = skin.mul(1 - 0.72*slit)
		}
	}
	if s < 0.13 {
		eye := math.Hypot((s-0.074)/0.0098, (up-0.010)/0.0086)
		if flank > 0.012 {
			skin = skin.mix(vec{0.19, 0.2, 0.17}, ramp(1.2, 1.0, eye)).mix(vec{0.01, 0.01, 0.012}, ramp(0.85, 0.72, eye))
		}
		if high < -0.2 { // the mouth is a bow under the head, open backwards
			bow := s - 0.062 - 14*side*side
			skin = skin.mul(1 - 0.75*math.Exp(-sq(bow/0.0022))*ramp(0.045, 0.03, flank))
		}
		nostril := math.Hypot((s-0.03)/0.004, (flank-0.02)/0.006)
		if high < 0 {
			skin = skin.mul(1 - 0.6*ramp(1, 0.5, nostril))
		}
	}
	return skin
}

func sq(x float64) float64 { return x * x }

// underside tells how much a face of a paired fin looks down.
func underside(h *hit) float64 { return ramp(0.1, -0.3, h.normal.y) }

// greySkin: a grey reef shark. Broad black margin along the whole tail, dusky tips under
// pectorals and on the small fins; the first dorsal is plain, with a thin pale rear edge.
func greySkin(h *hit, tone uint32) (vec, float64) {
	back, belly, black := vec{0.185, 0.19, 0.19}, vec{0.74, 0.74, 0.72}, vec{0.025, 0.026, 0.03}
	_, _, _, _, u, v := at5(h)
	switch h.part {
	case trunk:
		skin := sharkTrunk(h, tone, back, belly, -0.12)
		s := h.skin[0]
		return skin.mix(black, 0.6*ramp(0.9, 0.95, s)), 0.16
	case dorsal:
		return back.mix(vec{0.75, 0.75, 0.74}, 0.85*ramp(0.86, 0.96, v)*ramp(0.1, 0.3, u)), 0.15
	case upperTail:
		return back.mix(black, ramp(0.42, 0.60, v+0.12*u)), 0.15
	case lowerTail:
		return back.mix(black, math.Max(ramp(0.50, 0.68, v), ramp(0.55, 0.8, u))), 0.15
	case pectoral:
		skin := back.mix(belly, underside(h))
		return skin.mix(black, 0.9*ramp(0.72, 0.9, u)+0.4*ramp(0.8, 1, v)*ramp(0.3, 0.6, u)), 0.15
	case dorsal2, anal:
		return back.mix(black, 0.92*ramp(0.35, 0.75, u)), 0.15
	}
	return back.mix(belly, 0.5).mix(black, 0.8*ramp(0.5, 0.8, u)), 0.15
}

// blacktipSkin: a blacktip reef shark. Ink-black tips, that of the first dorsal set off by
// a pale band below it; a white streak along the flank; brownish.
func blacktipSkin(h *hit, tone uint32) (vec, float64) {
	back, belly, black, pale := vec{0.285, 0.235, 0.165}, vec{0.76, 0.75, 0.71}, vec{0.012, 0.012, 0.014}, vec{0.78, 0.74, 0.64}
	s, _, _, high, u, v := at5(h)
	switch h.part {
	case trunk:
		skin := sharkTrunk(h, tone, back, belly, -0.08)
		streak := math.Abs(high-(0.12+0.9*(s-0.42))) / (0.03 + 0.55*ramp(0.36, 0.66, s))
		return skin.mix(belly, 0.85*ramp(1, 0.55, streak)*ramp(0.34, 0.42, s)*ramp(0.70, 0.63, s)), 0.16
	case dorsal:
		edge := 0.60 + 0.06*(v-0.5)
		return back.mix(pale, 0.9*ramp(0.30, 0.52, u)).mix(black, ramp(edge-0.025, edge+0.025, u)), 0.15
	case lowerTail:
		return back.mix(pale, 0.8*ramp(0.15, 0.4, u)).mix(black, ramp(0.47, 0.55, u)), 0.15
	case upperTail:
		return back.mix(black, math.Max(0.9*ramp(0.82, 0.93, v), ramp(0.72, 0.84, u))), 0.15
	case pectoral:
		skin := back.mix(belly, underside(h))
		return skin.mix(black, ramp(0.74, 0.80, u)), 0.15
	case dorsal2, anal:
		return back.mix(pale, 0.5).mix(black, ramp(0.48, 0.58, u)), 0.15
	}
	return back.mix(belly, 0.5).mix(black, ramp(0.6, 0.72, u)), 0.15
}

// whitetipSkin: a whitetip reef shark. Brilliant white tips on the first dorsal and the upper
// tail; grey-brown with a few dark spots.
func whitetipSkin(h *hit, tone uint32) (vec, float64) {
	back, belly, white := vec{0.175, 0.16, 0.142}, vec{0.60, 0.59, 0.55}, vec{0.97, 0.97, 0.97}
	s, up, side, _, u, v := at5(h)
	switch h.part {
	case trunk:
		skin := sharkTrunk(h, tone, back, belly, -0.34)
		spot := blotch(vec{s * 24, up * 26, side * 26}, tone+9)
		skin = skin.mul(1 - 0.5*ramp(0.80, 0.87, spot)*ramp(0.16, 0.24, s))
		return skin.mix(white, ramp(0.925, 0.95, s)), 0.14
	case dorsal:
		edge := 0.66 + 0.08*(v-0.5)
		return back.mix(white, ramp(edge-0.04, edge+0.04, u)), 0.15
	case upperTail:
		return back.mix(white, ramp(0.60, 0.68, u)), 0.15
	case dorsal2:
		return back.mix(white, 0.35*ramp(0.75, 0.9, u)), 0.15
	case pectoral:
		return back.mix(belly, 0.8*underside(h)), 0.15
	}
	return back, 0.15
}
