package eval

import "math"

// Kappa is agreement on classes beyond what chance alone would make, with its 95 % interval; NaN: there is none.
type Kappa struct {
	N                    int
	Observed, Chance     float64 // weighted agreement there is, and that the margins alone would make
	Value, SE, Low, High float64
}

// Weight is how far two classes, by index, agree: 1 the same, 0 not at all.
type Weight func(a, b int) float64

// Same is Cohen's: agreement is all or nothing.
func Same(a, b int) float64 {
	if a == b {
		return 1
	}
	return 0
}

// WeightedKappa is Cohen's kappa (Cohen 1960, Educ. Psychol. Meas. 20:37; weighted: Cohen 1968, Psychol. Bull. 70:213) of a
// square table: how often one side said the class of the row and the other that of the column.
//
//	κ = (Po − Pe)/(1 − Pe),  Po = Σ w p(ij),  Pe = Σ w p(i·) p(·j)
//	var = [ Σ p(ij)·(w − (w̄(i·) + w̄(·j))(1 − κ))² − (κ − Pe(1 − κ))² ] / (n(1 − Pe)²)
//	w̄(i·) = Σ_j p(·j) w,  w̄(·j) = Σ_i p(i·) w       (Fleiss, Cohen & Everitt 1969, Psychol. Bull. 72:323)
//
// The interval is κ ± 1.96 standard errors, at most 1. Where all agree the variance is 0 and says nothing: there is none. Where
// one class alone was said chance agrees too, and kappa itself cannot be told.
//
// Worked example: 20 twice yes, 5 yes and no, 10 no and yes, 15 twice no. Po 0.7, Pe 0.5·0.6 + 0.5·0.4 = 0.5: κ 0.4.
func WeightedKappa(table [][]float64, weight Weight) Kappa {
	k := len(table)
	rows, columns := make([]float64, k), make([]float64, k)
	var n float64
	for i, row := range table {
		for j, v := range row {
			rows[i], columns[j], n = rows[i]+v, columns[j]+v, n+v
		}
	}
	out := Kappa{N: int(n), Value: math.NaN(), SE: math.NaN(), Low: math.NaN(), High: math.NaN()}
	if n == 0 {
		out.Observed, out.Chance = math.NaN(), math.NaN()
		return out
	}
	byRow, byColumn := make([]float64, k), make([]float64, k)
	for i := range k {
		for j := range k {
			w := weight(i, j)
			out.Observed += w * table[i][j] / n
			out.Chance += w * rows[i] * columns[j] / n / n
			byRow[i] += w * columns[j] / n
			byColumn[j] += w * rows[i] / n
		}
	}
	if 1-out.Chance < 1e-12 {
		return out
	}
	out.Value = (out.Observed - out.Chance) / (1 - out.Chance)
	var sum float64
	for i := range k {
		for j := range k {
			d := weight(i, j) - (byRow[i]+byColumn[j])*(1-out.Value)
			sum += table[i][j] / n * d * d
		}
	}
	d := out.Value - out.Chance*(1-out.Value)
	out.SE = math.Sqrt(max(0, sum-d*d)/n) / (1 - out.Chance)
	if out.SE > 1e-6 {
		out.Low, out.High = out.Value-gauss()*out.SE, min(1, out.Value+gauss()*out.SE)
	}
	return out
}

// mostClasses is how many different numbers pairs may have to be classes, and mostCount the largest: a table of
// more is no agreement on classes.
const mostClasses, mostCount = 400, 100_000

// classes are the different numbers of pairs, rising, and the table of people's (rows) by the machine's. nil where there
// are too many, or one is no count.
func classes(pairs []Pair) (numbers []float64, table [][]float64) {
	var most float64
	for _, p := range pairs {
		for _, v := range []float64{p.People, p.Machine} {
			if !(v >= 0 && v <= mostCount) || v != math.Trunc(v) {
				return nil, nil
			}
			most = max(most, v)
		}
	}
	at := make([]int, int(most)+1) // by number: which class it is, from 1 on
	for _, p := range pairs {
		at[int(p.People)], at[int(p.Machine)] = 1, 1
	}
	for v, there := range at {
		if there > 0 {
			numbers = append(numbers, float64(v))
			at[v] = len(numbers)
		}
	}
	if len(pairs) == 0 || len(numbers) > mostClasses {
		return nil, nil
	}
	table = make([][]float64, len(numbers))
	for i := range table {
		table[i] = make([]float64, len(numbers))
	}
	for _, p := range pairs {
		table[at[int(p.People)]-1][at[int(p.Machine)]-1]++
	}
	return numbers, table
}

// CountKappas are the kappas of counts, each number a class: whether they are the same (Cohen's), by how far they are apart
// (linear weights, 1 − |i−j|/range) and by its square (quadratic), which weighs as concordance does; and of whether there was any.
type CountKappas struct{ Same, Linear, Quadratic, Presence Kappa }

// KappasOf are the kappas of pairs of counts; those of numbers that are no counts are NaN.
func KappasOf(pairs []Pair) CountKappas {
	numbers, table := classes(pairs)
	span := 1.0
	if n := len(numbers); n > 1 {
		span = numbers[n-1] - numbers[0]
	}
	apart := func(i, j int) float64 { return math.Abs(numbers[i]-numbers[j]) / span }
	there := make([][]float64, 2)
	there[0], there[1] = make([]float64, 2), make([]float64, 2)
	for i, row := range table {
		for j, v := range row {
			there[min(1, int(numbers[i]))][min(1, int(numbers[j]))] += v
		}
	}
	return CountKappas{
		Same:      WeightedKappa(table, Same),
		Linear:    WeightedKappa(table, func(i, j int) float64 { return 1 - apart(i, j) }),
		Quadratic: WeightedKappa(table, func(i, j int) float64 { return 1 - apart(i, j)*apart(i, j) }),
		Presence:  WeightedKappa(there, Same),
	}
}

// NamingKappa is Cohen's kappa of the names of the animals that were found, whatever their name: the confusion without its
// background. Animals of one video hang together, so its interval is narrower than it should be.
func (c Confusion) NamingKappa() Kappa {
	n := len(c.Taxa)
	table := make([][]float64, n)
	for i := range table {
		table[i] = make([]float64, n)
		for j := range table[i] {
			table[i][j] = float64(c.Counts[i][j])
		}
	}
	return WeightedKappa(table, Same)
}
