package simulate

// The bony fish and the ray. Shares are of the total length.

// fishBody is the trunk of a bony fish: its depth and width at the deepest place, how steep the
// forehead is (0 to 1), and how thick the base of the tail.
func fishBody(depth, width, steep, stalk float64) []section {
	d, w := depth/2, width/2
	return []section{
		{0, 0, 0, 0, -0.12 * d}, {0.015, (0.14 + 0.2*steep) * d, 0.13 * d, 0.22 * w, -0.1 * d}, {0.05, (0.34 + 0.3*steep) * d, 0.33 * d, 0.5 * w, -0.07 * d},
		{0.11, (0.62 + 0.25*steep) * d, 0.60 * d, 0.8 * w, -0.03 * d}, {0.2, (0.9 + 0.1*steep) * d, 0.88 * d, 0.98 * w, 0}, {0.32, 1.02 * d, d, w, 0}, {0.44, 0.95 * d, 0.96 * d, 0.93 * w, 0},
		{0.56, 0.75 * d, 0.76 * d, 0.72 * w, 0}, {0.67, 0.46*d + 0.2*stalk, 0.46*d + 0.2*stalk, 0.42 * w, 0}, {0.76, 0.6 * stalk, 0.6 * stalk, 0.2 * w, 0}, {0.81, 0.52 * stalk, 0.52 * stalk, 0.1 * w, 0}, {0.84, 0.5 * stalk, 0.5 * stalk, 0.02 * w, 0},
	}
}

// forked is one lobe of a forked tail of a height, spread over the last sixth of the fish.
func forked(height, fork float64) []row {
	return []row{{-0.01, 0.81, 1 - fork}, {height * 0.3, 0.845, 1 - 0.85*fork}, {height * 0.6, 0.89, 1 - 0.6*fork}, {height * 0.85, 0.94, 1 - 0.25*fork}, {height, 0.985, 1}}
}

// fan is half a rounded tail.
func fan(height float64) []row {
	return []row{{-0.01, 0.81, 1}, {height * 0.4, 0.825, 0.992}, {height * 0.75, 0.855, 0.965}, {height, 0.9, 0.925}}
}

// along is a long low fin from one place to another, highest near its start.
func along(from, to, height, front float64) []row {
	return []row{{-0.02, from, to}, {height * 0.25, from + 0.01, to}, {height * 0.6, from + 0.03, to - 0.01}, {height * 0.85, mix(from, to, front*0.4), mix(from, to, 0.6+0.35*(1-front))}, {height, mix(from, to, front*0.5), mix(from, to, 0.5+0.3*(1-front))}}
}

var fishGait = gait{sway: 0.42, stiff: 0.55, waves: 0.7, beats: 1.3, idle: 1.2, bank: 0.25, stretch: 0.8}

func arm(s, size float64) fin {
	return fin{part: pectoral, rows: at(s, size, []row{{-0.01, 0, 0.045}, {0.03, 0.014, 0.075}, {0.07, 0.04, 0.11}, {0.1, 0.075, 0.125}, {0.12, 0.11, 0.13}}), paired: true, drop: 0.9, at: -0.25, thick: 0.006}
}

func trevally() *plan {
	return &plan{sections: fishBody(0.33, 0.12, 0.9, 0.035), square: 0.95, rings: 26, sides: 16, fins: []fin{
		{part: dorsal, rows: along(0.3, 0.44, 0.05, 0.4), thick: 0.006},
		{part: dorsal2, rows: []row{{-0.02, 0.44, 0.79}, {0.015, 0.455, 0.79}, {0.035, 0.48, 0.62}, {0.06, 0.51, 0.575}, {0.1, 0.565, 0.585}}, thick: 0.006},
		{part: anal, rows: []row{{-0.02, 0.48, 0.79}, {0.015, 0.495, 0.79}, {0.035, 0.52, 0.64}, {0.06, 0.55, 0.605}, {0.09, 0.595, 0.61}}, down: true, thick: 0.006},
		{part: pectoral, rows: at(0.25, 1, []row{{-0.01, 0, 0.03}, {0.03, 0.03, 0.07}, {0.07, 0.09, 0.125}, {0.1, 0.15, 0.17}, {0.115, 0.2, 0.205}}), paired: true, drop: 1.0, at: -0.2, thick: 0.006},
		{part: upperTail, rows: forked(0.17, 0.11), thick: 0.008}, {part: lowerTail, rows: forked(0.17, 0.11), down: true, thick: 0.008},
	}}
}

func snapper() *plan {
	return &plan{sections: fishBody(0.32, 0.13, 0.55, 0.05), square: 0.95, rings: 22, sides: 14, fins: []fin{
		{part: dorsal, rows: along(0.28, 0.78, 0.07, 0.7), thick: 0.006}, {part: anal, rows: along(0.56, 0.77, 0.065, 0.4), down: true, thick: 0.006},
		arm(0.27, 1.1), {part: pelvic, rows: at(0.29, 1, hipFin), paired: true, drop: 1.2, at: -0.85, thick: 0.006},
		{part: upperTail, rows: forked(0.12, 0.06), thick: 0.008}, {part: lowerTail, rows: forked(0.12, 0.06), down: true, thick: 0.008},
	}}
}

func grouper() *plan {
	return &plan{sections: fishBody(0.29, 0.18, 0.35, 0.075), square: 0.88, rings: 28, sides: 18, fins: []fin{
		{part: dorsal, rows: along(0.29, 0.8, 0.065, 0.9), thick: 0.008}, {part: anal, rows: along(0.6, 0.79, 0.075, 0.6), down: true, thick: 0.008},
		arm(0.27, 1.35), {part: pelvic, rows: at(0.28, 1.1, hipFin), paired: true, drop: 1.1, at: -0.85, thick: 0.008},
		{part: upperTail, rows: fan(0.105), thick: 0.01}, {part: lowerTail, rows: fan(0.105), down: true, thick: 0.01},
	}}
}

func wrasse() *plan {
	return &plan{sections: fishBody(0.22, 0.1, 0.1, 0.055), square: 0.95, rings: 20, sides: 12, fins: []fin{
		{part: dorsal, rows: along(0.26, 0.8, 0.045, 0.5), thick: 0.005}, {part: anal, rows: along(0.48, 0.8, 0.045, 0.5), down: true, thick: 0.005},
		arm(0.24, 1.2), {part: upperTail, rows: forked(0.1, 0.07), thick: 0.006}, {part: lowerTail, rows: forked(0.1, 0.07), down: true, thick: 0.006},
	}}
}

func damsel() *plan {
	return &plan{sections: fishBody(0.38, 0.14, 0.6, 0.06), square: 0.95, rings: 14, sides: 10, fins: []fin{
		{part: dorsal, rows: along(0.25, 0.78, 0.08, 0.8), thick: 0.005}, {part: anal, rows: along(0.5, 0.78, 0.08, 0.6), down: true, thick: 0.005},
		arm(0.26, 1), {part: upperTail, rows: forked(0.13, 0.12), thick: 0.006}, {part: lowerTail, rows: forked(0.13, 0.12), down: true, thick: 0.006},
	}}
}

// whipray is a disc with wings, then a long thin tail: the disc is the first 0.4 of its length.
func whipray() *plan {
	return &plan{sections: []section{
		{0, 0, 0, 0, 0}, {0.012, 0.008, 0.004, 0.045, 0}, {0.05, 0.022, 0.008, 0.105, 0}, {0.1, 0.036, 0.012, 0.165, 0}, {0.16, 0.042, 0.014, 0.212, 0}, {0.2, 0.041, 0.014, 0.222, 0},
		{0.25, 0.036, 0.013, 0.205, 0}, {0.3, 0.028, 0.011, 0.158, 0}, {0.345, 0.021, 0.010, 0.1, 0}, {0.385, 0.016, 0.009, 0.045, 0}, {0.41, 0.014, 0.009, 0.016, 0}, {0.5, 0.010, 0.008, 0.009, 0}, {0.7, 0.006, 0.006, 0.006, 0}, {1, 0.001, 0.001, 0.001, 0},
	}, square: 1, rings: 60, sides: 28, disc: true, fins: []fin{{part: pelvic, rows: []row{{-0.02, 0.36, 0.41}, {0.02, 0.375, 0.425}, {0.045, 0.395, 0.425}}, paired: true, drop: 0.1, at: 0, thick: 0.008}}}
}
