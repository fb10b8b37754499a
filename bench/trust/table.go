package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
)

// amount is how much is played of a cell.
type amount struct{ certificates, surveys, samples int }

const tableHead = "| group | cell | counts | certified | right | at least (95 %) | too low, too high | looks, median of the certified | of all | first, last deployment | intervals that hold |\n|---|---|---|---|---|---|---|---|---|---|---|\n"

// begins is how the row of a cell begins.
func (c cell) begins() string { return fmt.Sprintf("| %s | %s |", c.group, c.name) }

func (c cell) row(t tally) string {
	share := func(a, b int) string {
		if b == 0 {
			return ""
		}
		return fmt.Sprintf("%.3f", float64(a)/float64(b))
	}
	least := ""
	if t.certified > 0 {
		least = fmt.Sprintf("%.3f", wilson(t.right, t.certified))
	}
	return fmt.Sprintf("%s %d | %d | %s | %s | %d, %d | %s | %s | %s, %s | %s |\n", c.begins(), t.counts, t.certified, share(t.right, t.certified), least, t.low, t.high,
		median(t.certifiedLooks), median(t.looks), median(t.first), median(t.last), share(t.inside, t.counts))
}

// playGrid plays cells, several at a time, and writes a row of each as it is done: to a file, of which what is there is not played again, or to
// the standard output.
func playGrid(ctx context.Context, cells []cell, file string, wrong bool, workers int, much amount) error {
	out := os.Stdout
	if file != "" {
		kept, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		cells = slices.DeleteFunc(cells, func(c cell) bool { return strings.Contains(string(kept), c.begins()) })
		if out, err = os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
			return err
		}
		defer out.Close()
		if len(kept) == 0 {
			fmt.Fprint(out, tableHead)
		}
	} else {
		fmt.Fprint(out, tableHead)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	queue := make(chan cell)
	for range workers {
		wg.Go(func() {
			for c := range queue {
				t, err := c.play(ctx, much)
				mu.Lock()
				if err == nil {
					_, err = fmt.Fprint(out, c.row(t))
				}
				if wrong && len(t.wrong) > 0 {
					fmt.Fprintln(os.Stderr, c.begins(), strings.Join(t.wrong, "\n"))
				}
				if err != nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	for _, c := range cells {
		queue <- c
	}
	close(queue)
	wg.Wait()
	return failed
}

// median is the middle of a list; "" of none.
func median(list []float64) string {
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	return fmt.Sprintf("%.0f", list[len(list)/2])
}

// wilson is the lower end of the 95 % interval of a share (Wilson 1927).
func wilson(right, n int) float64 {
	if n == 0 {
		return math.NaN()
	}
	const z = 1.959964
	p, m := float64(right)/float64(n), float64(n)
	return (p + z*z/(2*m) - z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))) / (1 + z*z/m)
}
