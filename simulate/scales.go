package simulate

import "math"

// The skins of the fish and the ray; see skin.go for what the numbers of a point mean.

// fishEye puts a ringed eye on the head.
func fishEye(h *hit, skin vec, s0, up0, r float64, ring vec) vec {
	if h.part != trunk || h.skin[0] > s0+3*r {
		return skin
	}
	d := math.Hypot(h.skin[0]-s0, h.skin[1]-up0) / r
	gape := h.skin[1] + 0.006 + 0.35*h.skin[0] // the mouth runs back and down from the tip of the snout
	skin = skin.mul(1 - 0.75*math.Exp(-sq(gape/0.0045))*ramp(s0*0.72, s0*0.6, h.skin[0]))
	return skin.mix(ring, ramp(1.1, 0.9, d)).mix(vec{0.01, 0.01, 0.01}, ramp(0.68, 0.55, d))
}

// gillCover is the dark bow behind a fish's head.
func gillCover(h *hit, s0 float64) float64 {
	bow := h.skin[0] - s0 + 0.05*h.skin[3]*h.skin[3]
	return 1 - 0.4*math.Exp(-sq(bow/0.006))*ramp(1, 0.7, math.Abs(h.skin[3]))
}

func trevallySkin(h *hit, tone uint32) (vec, float64) {
	s, up, _, high, _, _ := at5(h)
	if h.part != trunk {
		return vec{0.16, 0.175, 0.18}, 0.2
	}
	skin := vec{0.62, 0.64, 0.65}.mix(vec{0.15, 0.18, 0.19}, ramp(-0.05, 0.8, high)).mix(vec{0.78, 0.79, 0.79}, 0.7*ramp(-0.3, -0.8, high))
	skin = skin.mul((1 + 0.08*noise3(vec{s * 60, up * 60, 0}, tone)) * gillCover(h, 0.25))
	skin = skin.mul(1 - 0.35*math.Exp(-sq((up-0.03+0.05*ramp(0.4, 0.6, s))/0.004))*ramp(0.3, 0.4, s))
	return fishEye(h, skin, 0.10, 0.028, 0.02, vec{0.6, 0.55, 0.35}), 0.75
}

func bluestripeSkin(h *hit, tone uint32) (vec, float64) {
	s, up, _, high, _, _ := at5(h)
	yellow := vec{0.80, 0.62, 0.10}
	if h.part != trunk {
		return yellow, 0.15
	}
	skin := yellow.mix(vec{0.82, 0.80, 0.76}, ramp(-0.35, -0.6, high))
	for i := range 4 {
		line := 0.085 - 0.042*float64(i) - 0.03*ramp(0.3, 0.8, s)*(1.2-float64(i)*0.8)
		skin = skin.mix(vec{0.35, 0.55, 0.85}, 0.9*math.Exp(-sq((up-line)/0.009))*ramp(0.79, 0.72, s)*ramp(0.06, 0.1, s))
	}
	return fishEye(h, skin.mul(gillCover(h, 0.26)), 0.11, 0.03, 0.024, vec{0.7, 0.6, 0.3}), 0.3
}

func grouperSkin(h *hit, tone uint32) (vec, float64) {
	s, up, side, _, u, _ := at5(h)
	base := vec{0.33, 0.27, 0.19}
	if h.part != trunk {
		dots := blotch(vec{s * 80, u * 10, 0}, tone+3)
		return base.mul(0.75).mix(vec{0.05, 0.04, 0.03}, ramp(0.25, 0.5, dots)), 0.1
	}
	bars := ramp(0.1, 0.6, math.Sin(2*math.Pi*(s*5.6+0.3*up))+0.9*blotch(vec{s * 9, up * 9, side * 9}, tone))
	skin := base.mul(1 - 0.38*bars)
	skin = skin.mix(vec{0.55, 0.50, 0.40}, 0.40*ramp(0.1, 0.8, blotch(vec{s * 30, up * 30, side * 24}, tone+1)))
	skin = skin.mix(vec{0.05, 0.04, 0.03}, 0.62*ramp(0.42, 0.58, blotch(vec{s * 95, up * 95, side * 80}, tone+2)))
	skin = skin.mix(vec{0.6, 0.56, 0.47}, 0.5*ramp(-0.45, -0.8, h.skin[3]))
	return fishEye(h, skin.mul(gillCover(h, 0.28)), 0.115, 0.05, 0.015, vec{0.4, 0.3, 0.1}), 0.12
}

func cobiaSkin(h *hit, tone uint32) (vec, float64) {
	s, up, _, high, _, _ := at5(h)
	dark, silver := vec{0.115, 0.095, 0.075}, vec{0.66, 0.64, 0.60}
	if h.part != trunk {
		return dark, 0.12
	}
	skin := dark.mix(silver, math.Exp(-sq((high-0.42)/0.11))*ramp(0.12, 0.2, s)*ramp(0.86, 0.7, s)*0.8)
	skin = skin.mix(silver, ramp(-0.18, -0.42, high))
	skin = skin.mul((1 + 0.1*noise3(vec{s * 40, up * 60, 0}, tone)) * gillCover(h, 0.2))
	return fishEye(h, skin, 0.085, 0.006, 0.011, vec{0.3, 0.25, 0.15}), 0.25
}

func remoraSkin(h *hit, tone uint32) (vec, float64) {
	_, _, _, high, _, v := at5(h)
	if h.part != trunk {
		return vec{0.09, 0.09, 0.095}.mix(vec{0.7, 0.7, 0.7}, ramp(0.85, 0.95, v)), 0.1
	}
	stripe := math.Exp(-sq(high / 0.3))
	return vec{0.36, 0.37, 0.37}.mix(vec{0.6, 0.6, 0.6}, math.Exp(-sq((math.Abs(high)-0.5)/0.14))).mix(vec{0.05, 0.05, 0.055}, stripe), 0.2
}

func wrasseSkin(h *hit, tone uint32) (vec, float64) {
	s, up, _, high, _, v := at5(h)
	green := vec{0.13, 0.30, 0.24}
	switch h.part {
	case upperTail, lowerTail:
		return vec{0.80, 0.70, 0.12}.mix(vec{0.15, 0.25, 0.60}, ramp(0.5, 0.1, v)), 0.2
	case pectoral:
		return vec{0.42, 0.14, 0.32}, 0.15
	case trunk:
		bars := ramp(-0.2, 0.4, math.Sin(s*240+3*noise3(vec{s * 20, up * 40, 0}, tone)))
		skin := green.mul(1-0.35*bars).mix(vec{0.07, 0.17, 0.34}, ramp(0.24, 0.1, s))
		skin = skin.mix(vec{0.55, 0.18, 0.4}, 0.7*ramp(0.4, 0.8, noise3(vec{s * 30, up * 50, 1}, tone))*ramp(0.26, 0.18, s))
		skin = skin.mix(vec{0.35, 0.6, 0.55}, 0.5*ramp(-0.3, -0.9, high))
		return fishEye(h, skin, 0.1, 0.02, 0.013, vec{0.6, 0.2, 0.1}), 0.3
	}
	return vec{0.30, 0.13, 0.28}.mix(vec{0.1, 0.24, 0.42}, ramp(0.6, 0.9, v)), 0.2
}

func chromisSkin(h *hit, _ uint32) (vec, float64) {
	if h.part != trunk {
		return vec{0.35, 0.62, 0.60}, 0.2
	}
	skin := vec{0.22, 0.62, 0.60}.mix(vec{0.62, 0.82, 0.78}, ramp(0.1, -0.7, h.skin[3]))
	return fishEye(h, skin, 0.11, 0.03, 0.028, vec{0.5, 0.6, 0.6}), 0.5
}

func raySkin(h *hit, tone uint32) (vec, float64) {
	s, _, side, high, _, _ := at5(h)
	skin := vec{0.40, 0.31, 0.265}.mul(1 + 0.14*noise3(vec{s * 30, side * 30, 0}, tone) + 0.1*noise3(vec{s * 90, side * 90, 0}, tone+1))
	skin = skin.mix(vec{0.80, 0.76, 0.72}, ramp(-0.05, -0.35, high))
	if high > 0 {
		eye := math.Hypot((s-0.066)/0.008, (math.Abs(side)-0.038)/0.006)
		skin = skin.mix(vec{0.02, 0.02, 0.02}, ramp(1, 0.7, eye))
	}
	return skin.mix(vec{0.16, 0.12, 0.10}, ramp(0.42, 0.6, s)), 0.12
}
