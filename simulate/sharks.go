package simulate

// The three sharks and the fish that look like one. Proportions follow drawings and
// descriptions in Last and Stevens (2009), Sharks and Rays of Australia; shares are of the total length.

// requiem is the body of a requiem shark: depth and width scale its girth, blunt rounds its snout.
func requiem(depth, width, blunt float64) []section {
	base := []section{
		{0, 0, 0, 0, 0.004}, {0.008, 0.009, 0.006, 0.013, 0.004}, {0.025, 0.019, 0.012, 0.027, 0.003}, {0.055, 0.030, 0.020, 0.041, 0.001},
		{0.095, 0.042, 0.031, 0.051, 0}, {0.15, 0.054, 0.045, 0.058, 0}, {0.22, 0.066, 0.058, 0.062, 0}, {0.30, 0.075, 0.067, 0.065, 0},
		{0.38, 0.078, 0.070, 0.063, 0}, {0.46, 0.073, 0.066, 0.057, 0}, {0.54, 0.062, 0.056, 0.048, 0}, {0.62, 0.048, 0.043, 0.037, 0},
		{0.69, 0.034, 0.031, 0.027, 0}, {0.74, 0.025, 0.022, 0.020, 0.001}, {0.78, 0.021, 0.018, 0.014, 0.004}, {0.82, 0.018, 0.014, 0.010, 0.014},
		{0.87, 0.012, 0.009, 0.007, 0.038}, {0.92, 0.007, 0.005, 0.004, 0.070}, {0.965, 0.001, 0.001, 0.001, 0.100},
	}
	out := make([]section, len(base))
	for i, c := range base {
		round := 1 + blunt*(1-ramp(0, 0.1, c.s))
		out[i] = section{c.s, c.top * depth * (1 + 0.4*(round-1)), c.bottom * depth * (1 + 0.4*(round-1)), c.side * width * round, c.lift}
	}
	return out
}

// at moves the rows of a fin along the body and scales them.
func at(s, scale float64, rows []row) []row {
	out := make([]row, len(rows))
	for i, r := range rows {
		out[i] = row{r.height * scale, s + r.lead*scale, s + r.trail*scale}
	}
	return out
}

// The fins of a requiem shark, each about 0.1 long at its base.
var (
	firstDorsal = []row{{-0.012, -0.005, 0.098}, {0.004, 0.010, 0.128}, {0.02, 0.026, 0.102}, {0.045, 0.046, 0.096}, {0.07, 0.068, 0.102}, {0.088, 0.090, 0.110}, {0.096, 0.106, 0.116}}
	smallFin    = []row{{-0.01, -0.004, 0.085}, {0.005, 0.014, 0.128}, {0.02, 0.034, 0.105}, {0.035, 0.054, 0.098}, {0.05, 0.076, 0.102}, {0.056, 0.092, 0.104}}
	sickle      = []row{{-0.02, 0, 0.070}, {0.012, 0.012, 0.082}, {0.04, 0.032, 0.082}, {0.075, 0.060, 0.096}, {0.11, 0.094, 0.118}, {0.14, 0.128, 0.142}, {0.157, 0.152, 0.157}}
	hipFin      = []row{{-0.012, 0, 0.060}, {0.01, 0.010, 0.085}, {0.03, 0.026, 0.072}, {0.05, 0.048, 0.070}, {0.06, 0.060, 0.068}}
	upperLobe   = []row{{-0.012, 0.765, 0.850}, {0.02, 0.790, 0.862}, {0.05, 0.838, 0.888}, {0.08, 0.882, 0.920}, {0.105, 0.917, 0.947}, {0.115, 0.931, 0.972}, {0.132, 0.957, 0.981}, {0.148, 0.990, 0.994}}
	lowerLobe   = []row{{-0.03, 0.765, 0.862}, {0.005, 0.772, 0.852}, {0.03, 0.792, 0.846}, {0.055, 0.815, 0.850}, {0.08, 0.842, 0.860}, {0.092, 0.860, 0.866}}
)

// sharkFins are a requiem shark's: where the first and second dorsal stand, and how large the fins are.
func sharkFins(first, second, size, small, arms float64) []fin {
	return []fin{
		{part: dorsal, rows: at(first, size, firstDorsal), thick: 0.016},
		{part: dorsal2, rows: at(second, small, smallFin), thick: 0.012},
		{part: anal, rows: at(second+0.005, small, smallFin), down: true, thick: 0.012},
		{part: pectoral, rows: at(0.245, arms, sickle), paired: true, drop: 0.5, at: -0.62, thick: 0.018},
		{part: pelvic, rows: at(0.52, 0.85, hipFin), paired: true, drop: 0.65, at: -0.75, thick: 0.012},
		{part: upperTail, rows: upperLobe, thick: 0.012},
		{part: lowerTail, rows: lowerLobe, down: true, thick: 0.012},
	}
}

var sharkGait = gait{sway: 0.42, stiff: 0.3, waves: 0.85, beats: 0.95, idle: 0.5, bank: 0.55, stretch: 1.1}

func greyReef() *plan {
	return &plan{sections: requiem(1.05, 1.03, 0), square: 0.92, rings: 44, sides: 22, fins: sharkFins(0.32, 0.635, 1.02, 0.56, 1.0)}
}

func blacktipReef() *plan {
	return &plan{sections: requiem(0.98, 1, 0.16), square: 0.92, rings: 44, sides: 22, fins: sharkFins(0.33, 0.625, 1.08, 0.68, 0.95)}
}

func whitetipReef() *plan {
	fins := sharkFins(0.385, 0.625, 0.86, 0.86, 0.88) // the first dorsal stands well back, the second is large
	return &plan{sections: requiem(0.76, 0.88, 0.42), square: 0.9, rings: 44, sides: 22, fins: fins}
}

// cobia has a shark's build and colours, but one long low dorsal fin and an even tail.
func cobia() *plan {
	return &plan{
		sections: []section{{0, 0, 0, 0, 0}, {0.02, 0.014, 0.016, 0.026, 0}, {0.07, 0.034, 0.036, 0.047, 0}, {0.15, 0.055, 0.058, 0.060, 0}, {0.27, 0.070, 0.078, 0.064, 0},
			{0.4, 0.074, 0.080, 0.060, 0}, {0.55, 0.063, 0.066, 0.048, 0}, {0.7, 0.041, 0.042, 0.031, 0}, {0.8, 0.024, 0.024, 0.017, 0}, {0.86, 0.018, 0.018, 0.008, 0}, {0.89, 0.015, 0.015, 0.002, 0}},
		square: 0.9, rings: 34, sides: 18,
		fins: []fin{
			{part: dorsal, rows: []row{{-0.01, 0.42, 0.80}, {0.015, 0.44, 0.80}, {0.035, 0.47, 0.66}, {0.06, 0.51, 0.585}, {0.075, 0.545, 0.57}}, thick: 0.01},
			{part: anal, rows: []row{{-0.01, 0.54, 0.80}, {0.015, 0.555, 0.79}, {0.03, 0.58, 0.68}, {0.05, 0.615, 0.655}}, down: true, thick: 0.01},
			{part: pectoral, rows: at(0.235, 0.78, sickle), paired: true, drop: 0.25, at: -0.2, thick: 0.012},
			{part: upperTail, rows: []row{{-0.01, 0.845, 0.93}, {0.03, 0.87, 0.932}, {0.07, 0.91, 0.95}, {0.105, 0.955, 0.975}, {0.12, 0.982, 0.988}}, thick: 0.01},
			{part: lowerTail, rows: []row{{-0.01, 0.845, 0.93}, {0.03, 0.87, 0.930}, {0.06, 0.905, 0.942}, {0.088, 0.945, 0.96}}, down: true, thick: 0.01},
		},
	}
}

// sharksucker is slender, with a flat head and a tail cut straight.
func sharksucker() *plan {
	return &plan{
		sections: []section{{0, 0, 0, 0, 0}, {0.02, 0.008, 0.016, 0.03, 0}, {0.08, 0.022, 0.034, 0.05, 0}, {0.2, 0.035, 0.042, 0.052, 0}, {0.4, 0.042, 0.046, 0.043, 0}, {0.6, 0.036, 0.038, 0.032, 0},
			{0.8, 0.02, 0.02, 0.016, 0}, {0.88, 0.012, 0.012, 0.006, 0}, {0.9, 0.01, 0.01, 0.002, 0}},
		square: 0.9, rings: 22, sides: 12,
		fins: []fin{
			{part: dorsal, rows: []row{{-0.01, 0.55, 0.85}, {0.02, 0.59, 0.82}, {0.05, 0.62, 0.68}}, thick: 0.008},
			{part: anal, rows: []row{{-0.01, 0.55, 0.85}, {0.02, 0.59, 0.82}, {0.045, 0.62, 0.68}}, down: true, thick: 0.008},
			{part: pectoral, rows: at(0.2, 0.6, sickle), paired: true, drop: 0.1, at: 0, thick: 0.01},
			{part: upperTail, rows: []row{{-0.01, 0.87, 0.98}, {0.03, 0.9, 0.985}, {0.055, 0.945, 0.99}}, thick: 0.008},
			{part: lowerTail, rows: []row{{-0.01, 0.87, 0.98}, {0.03, 0.9, 0.985}, {0.055, 0.945, 0.99}}, down: true, thick: 0.008},
		},
	}
}
