package track

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAssign(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name  string
		limit float64
		costs [][]float64
		want  []int
	}{
		{"greedy is worse", 10, [][]float64{{1, 2}, {2, 9}}, []int{1, 0}},
		{"more rows than columns", 10, [][]float64{{3}, {1}, {2}}, []int{-1, 0, -1}},
		{"more columns than rows", 10, [][]float64{{3, 1, 2}}, []int{1}},
		{"forbidden", 10, [][]float64{{inf, inf}, {inf, 1}}, []int{-1, 1}},
		{"NaN is forbidden", 10, [][]float64{{nan}}, []int{-1}},
		{"at the limit is not made", 5, [][]float64{{5}}, []int{-1}},
		{"one good pair instead of two poor ones", 0, [][]float64{{-9, -1}, {-1, inf}}, []int{0, -1}},
		{"negative infinity", 0, [][]float64{{math.Inf(-1), -1}}, []int{0}},
		{"ties go by order", 10, [][]float64{{1, 1}, {1, 1}}, []int{0, 1}},
		{"no rows", 10, nil, []int{}},
	} {
		cols := 0
		if len(c.costs) > 0 {
			cols = len(c.costs[0])
		}
		got := Assign(len(c.costs), cols, c.limit, func(i, j int) float64 { return c.costs[i][j] })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	if got := Assign(2, 0, 1, nil); !slices.Equal(got, []int{-1, -1}) {
		t.Errorf("no columns: got %v", got)
	}
}

// TestAssignIsLeast holds Assign against trying every way there is.
func TestAssignIsLeast(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		rows, cols := rng.IntN(6), rng.IntN(6)
		limit := float64(rng.IntN(10))
		costs := make([][]float64, rows)
		for i := range costs {
			costs[i] = make([]float64, cols)
			for j := range costs[i] {
				costs[i][j] = float64(rng.IntN(16) - 4) // small whole numbers: many ties
				if rng.IntN(5) == 0 {
					costs[i][j] = math.Inf(1)
				}
			}
		}
		got := Assign(rows, cols, limit, func(i, j int) float64 { return costs[i][j] })
		sum, used := 0.0, map[int]bool{}
		for i, j := range got {
			if j < 0 {
				continue
			}
			if used[j] {
				t.Fatalf("column %d twice in %v", j, got)
			}
			if !(costs[i][j] < limit) {
				t.Fatalf("pair (%d,%d) at %v is not below %v", i, j, costs[i][j], limit)
			}
			used[j] = true
			sum += costs[i][j] - limit // against leaving it out
		}
		if want := leastSum(costs, limit, 0, 0); sum != want {
			t.Fatalf("costs %v limit %v: %v has sum %v, the least is %v", costs, limit, got, sum, want)
		}
	}
}

// leastSum tries every pairing of the rows from row on with columns not in used.
func leastSum(costs [][]float64, limit float64, row int, used uint) float64 {
	if row == len(costs) {
		return 0
	}
	best := leastSum(costs, limit, row+1, used)
	for j, c := range costs[row] {
		if used&(1<<j) == 0 && c < limit {
			best = min(best, c-limit+leastSum(costs, limit, row+1, used|1<<j))
		}
	}
	return best
}

func BenchmarkAssign500(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 500
	costs := make([]float64, n*n)
	for i := range costs {
		costs[i] = rng.Float64()
	}
	for b.Loop() {
		Assign(n, n, 2, func(i, j int) float64 { return costs[i*n+j] })
	}
}
