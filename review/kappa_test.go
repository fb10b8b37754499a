package review

import (
	"fmt"
	"math"
	"testing"
)

// table gives the judgements of a table of n by n categories, row by row.
func table(counts ...int) (a, b []string) {
	size := int(math.Sqrt(float64(len(counts))))
	for i, n := range counts {
		for range n {
			a, b = append(a, fmt.Sprint(i/size)), append(b, fmt.Sprint(i%size))
		}
	}
	return a, b
}

func near(got, want, by float64) bool { return math.Abs(got-want) <= by }

func TestKappaOfTheLiterature(t *testing.T) {
	// By hand: po 0.70 and pe 0.6·0.5 + 0.3·0.3 + 0.1·0.2 = 0.41.
	a, b := table(88, 10, 2, 14, 40, 6, 18, 10, 12)
	if c := Concordance(a, b, "0"); !near(c.Percent, 70, 1e-9) || !near(c.Kappa, 0.29/0.59, 1e-9) {
		t.Errorf("%+v", c)
	}
	// Fleiss (1981, Statistical methods for rates and proportions, 2nd ed., table 13.1): diagnoses of 100 subjects by two raters, kappa 0.676 with a
	// standard error of 0.087, so 0.68 ± 0.17.
	a, b = table(75, 1, 4, 5, 4, 1, 0, 0, 10)
	if c := Concordance(a, b, "0"); !near(c.Kappa, 0.676, 0.0005) || !near((c.High-c.Low)/(2*1.959964), 0.087, 0.001) {
		t.Errorf("Fleiss: %+v", c)
	}
	// Feinstein & Cicchetti (1990, J Clin Epidemiol 43:543-549): both pairs agree on 85 of 100, kappa 0.70 and 0.32; what tells them apart are the
	// indices of Byrt, Bishop & Carlin (1993), of whom also kappa = (PABAK - PI² + BI²) / (1 - PI² + BI²).
	for _, x := range []struct {
		cells             []int
		kappa, prevalence float64
		bias              float64
	}{{[]int{40, 9, 6, 45}, 0.70, -0.05, 0.03}, {[]int{80, 10, 5, 5}, 0.32, 0.75, 0.05}} {
		a, b := table(x.cells...)
		c := Concordance(a, b, "0")
		if !near(c.Percent, 85, 1e-9) || !near(c.Kappa, x.kappa, 0.005) || !near(c.Prevalence, x.prevalence, 1e-9) || !near(c.Bias, x.bias, 1e-9) || !near(c.PABAK, 0.70, 1e-9) {
			t.Errorf("%v: %+v", x.cells, c)
		}
		pi, bi := c.Prevalence*c.Prevalence, c.Bias*c.Bias
		if !near(c.Kappa, (c.PABAK-pi+bi)/(1-pi+bi), 1e-12) {
			t.Errorf("%v: kappa %v is not what its indices give", x.cells, c.Kappa)
		}
	}
}

func TestKappaOfLittle(t *testing.T) {
	a, b := table(2, 0, 1, 1)
	c := Concordance(a, b, "0")
	if c.N != 4 || c.Percent != 75 || c.Kappa != 0.5 || !math.IsNaN(c.Low) || c.Prevalence != 0.25 || c.Bias != -0.25 || c.PABAK != 0.5 {
		t.Errorf("four: %+v", c)
	}
	a, b = table(9, 0, 0, 3) // 12 of 12: the exact lower end of po is 0.025^(1/12) = 0.7354, pe 0.625
	if c := Concordance(a, b, "0"); c.Kappa != 1 || c.High != 1 || !near(c.Low, (0.73535-0.625)/0.375, 1e-3) {
		t.Errorf("always agreed: %+v", c)
	}
	if c := Concordance(nil, nil, "0"); c.N != 0 || !math.IsNaN(c.Percent) || !math.IsNaN(c.PABAK) {
		t.Errorf("nothing: %+v", c)
	}
	a, b = table(12, 0, 0, 0)
	if c := Concordance(a, b, "0"); c.Percent != 100 || !math.IsNaN(c.Kappa) || c.Prevalence != 1 {
		t.Errorf("always the same one thing: %+v", c)
	}
}

// The variance is what the delta method gives of a multinomial, with derivatives taken numerically.
func TestKappasVarianceIsTheDeltaMethods(t *testing.T) {
	cells := []int{31, 4, 2, 7, 15, 3, 1, 6, 11}
	kappa := func(p []float64) float64 {
		po, pe := 0.0, 0.0
		for i := range 3 {
			row, column := 0.0, 0.0
			for j := range 3 {
				row, column = row+p[3*i+j], column+p[3*j+i]
			}
			po, pe = po+p[4*i], pe+row*column
		}
		return (po - pe) / (1 - pe)
	}
	p, n := make([]float64, 9), 0.0
	for _, x := range cells {
		n += float64(x)
	}
	for i, x := range cells {
		p[i] = float64(x) / n
	}
	mean, square := 0.0, 0.0
	for i := range p {
		const h = 1e-6
		up, down := append([]float64{}, p...), append([]float64{}, p...)
		up[i], down[i] = up[i]+h, down[i]-h
		slope := (kappa(up) - kappa(down)) / (2 * h)
		mean, square = mean+p[i]*slope, square+p[i]*slope*slope
	}
	a, b := table(cells...)
	c := Concordance(a, b, "0")
	if want := math.Sqrt((square - mean*mean) / n); !near((c.High-c.Low)/(2*1.959964), want, 1e-6) {
		t.Errorf("standard error %v, want %v", (c.High-c.Low)/(2*1.959964), want)
	}
}
