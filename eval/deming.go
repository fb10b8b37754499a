package eval

import "math"

// deming is the slope of the line that lies nearest to the points where both sides err alike (Deming 1943, Statistical Adjustment
// of Data; Cornbleet & Gochman 1979, Clin. Chem. 25:432, with a ratio of variances of 1):
//
//	slope = (s(yy) − s(xx) + √((s(yy) − s(xx))² + 4·s(xy)²)) / (2·s(xy)),  intercept = ȳ − slope·x̄
//
// Least squares takes people's counts for certain, and so makes the slope too small by as much as they are not.
// NaN where the two do not go together at all.
//
// Worked example: s(xx) 5, s(yy) 9, s(xy) 6: (4 + √160)/12 = 1.387, where least squares says 6/5 = 1.2.
func deming(xx, yy, xy float64) float64 {
	d := yy - xx
	return ratio(d+math.Sqrt(d*d+4*xy*xy), 2*xy)
}
