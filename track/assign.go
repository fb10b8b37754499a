package track

import "math"

// Assign pairs rows with columns, each at most once, so that the sum of the
// costs of the pairs is least. Only pairs cheaper than limit are made: leaving
// a row or a column alone costs nothing more than limit would, so a pair at or
// over limit (+Inf: forbidden; NaN counts as such) is never worth it. The
// result gives each row its column, or -1.
//
// Worked example: limit 10, costs
//
//	1 2
//	2 9
//
// Greedy takes (0,0) at 1 and then (1,1) at 9, in sum 10; the least sum is 4,
// by (0,1) and (1,0).
//
// It is the shortest augmenting path method (Jonker & Volgenant 1987, Computing
// 38:325; Crouse 2016, IEEE TAES 52:1679 for the rectangular case), O(n²m) for
// n rows and m columns, n ≤ m. Equal sums are decided by the order of rows and
// columns, so the same input gives the same pairs.
func Assign(rows, cols int, limit float64, cost func(row, col int) float64) []int {
	of := make([]int, rows)
	for i := range of {
		of[i] = -1
	}
	if rows == 0 || cols == 0 {
		return of
	}
	if rows > cols {
		back := Assign(cols, rows, limit, func(c, r int) float64 { return cost(r, c) })
		for c, r := range back {
			if r >= 0 {
				of[r] = c
			}
		}
		return of
	}
	// Costs are cut off at limit. Then every row can be given some column, which
	// the method needs, and the pairs that cost limit are dropped at the end.
	costs := make([]float64, rows*cols)
	for i := range rows {
		for j := range cols {
			c := cost(i, j)
			if !(c < limit) {
				c = limit
			}
			costs[i*cols+j] = math.Max(c, -math.MaxFloat64/8) // sums stay finite
		}
	}
	for col, row := range shortestPaths(rows, cols, costs) {
		if row >= 0 && costs[row*cols+col] < limit {
			of[row] = col
		}
	}
	return of
}

// shortestPaths gives each column its row, or -1; every row has a column.
// costs is rows×cols, row by row, finite; rows ≤ cols.
//
// One row after another is added: from it, the cheapest chain of "take that
// column, and let its row move on" to a free column is found (Dijkstra on
// reduced costs, which the prices of rows and columns keep at 0 or over).
func shortestPaths(rows, cols int, costs []float64) []int {
	rowOf := make([]int, cols)
	for j := range rowOf {
		rowOf[j] = -1
	}
	rowPrice, colPrice := make([]float64, rows), make([]float64, cols)
	dist, from, done := make([]float64, cols), make([]int, cols), make([]bool, cols)
	for start := range rows {
		for j := range cols {
			dist[j], done[j] = math.Inf(1), false
		}
		row, reached, end, came := start, 0.0, -1, -1
		for end < 0 {
			nearest := -1
			for j := range cols {
				if done[j] {
					continue
				}
				if d := reached + costs[row*cols+j] - rowPrice[row] - colPrice[j]; d < dist[j] {
					dist[j], from[j] = d, came
				}
				if nearest < 0 || dist[j] < dist[nearest] {
					nearest = j
				}
			}
			reached, came, done[nearest] = dist[nearest], nearest, true
			if rowOf[nearest] < 0 {
				end = nearest
			} else {
				row = rowOf[nearest]
			}
		}
		rowPrice[start] += reached
		for j := range cols {
			if !done[j] || j == end {
				continue
			}
			rowPrice[rowOf[j]] += reached - dist[j]
			colPrice[j] -= reached - dist[j]
		}
		for j := end; j >= 0; j = from[j] { // let the rows move on along the chain
			if from[j] < 0 {
				rowOf[j] = start
			} else {
				rowOf[j] = rowOf[from[j]]
			}
		}
	}
	return rowOf
}
