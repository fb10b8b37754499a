package main

import (
	"fmt"

	"requin/eval"
	"requin/uncertainty"
)

// cell is a kind of deployments, what the detector was measured on, and who reviews.
type cell struct {
	group    string
	name     string
	sea      sea
	measured *sea // the site where detectability was measured; nil: on deployments like these
	sites    int  // where it was measured, of the same kind; 0: this one
	assumed  bool // it was not measured
	eyes     eval.Eyes
	reader   uncertainty.Reader
	alone    bool // each deployment by itself: nothing is pooled over the survey
	readers  int  // who look at each frame by themselves
	taxa     int  // that are reviewed together; each comes as the sea says
}

func grid() (list []cell) {
	base := sea{rate: 3, stay: 60, recall: 0.9, varies: 0.5}
	add := func(group, name string, change func(*cell)) {
		c := cell{group: group, name: name, sea: base}
		change(&c)
		list = append(list, c)
	}
	recalls := []float64{0, 0.3, 0.5, 0.9}
	for _, recall := range recalls {
		for _, stay := range []float64{2, 10, 60, 600} {
			for _, rate := range []float64{0, 1, 3, 30} {
				if rate != 3 && stay != 60 && (recall != 0.9 || rate == 1) {
					continue
				}
				add("measured", fmt.Sprintf("recall %.1f, %g s, %g an hour", recall, stay, rate), func(c *cell) { c.sea.recall, c.sea.stay, c.sea.rate = recall, stay, rate })
			}
		}
		of := func(group, what string, change func(*cell)) {
			add(group, fmt.Sprintf("recall %.1f%s", recall, what), func(c *cell) {
				c.sea.recall = recall
				change(c)
			})
		}
		of("a fifth never found", ", 3 an hour", func(c *cell) { c.sea.blind = 0.2 })
		of("schools of 4", ", 3 an hour", func(c *cell) { c.sea.school = 4 })
		of("schools of 4", ", a fifth never found, 15 an hour", func(c *cell) { c.sea.school, c.sea.blind, c.sea.rate = 4, 0.2, 15 })
		of("rates differ", ", 3 an hour", func(c *cell) { c.sea.rates = 0.5 })
		of("nothing pooled", ", 3 an hour", func(c *cell) { c.alone = true })
		of("reader errs", ", misses 5 %, misnames 3 %, 3 an hour", func(c *cell) { c.eyes, c.reader = tired, known })
		of("two readers who err", ", each misses 5 %, misnames 3 %, 3 an hour", func(c *cell) { c.eyes, c.reader, c.readers = tired, known, 2 })
		if recall > 0 {
			of("recall falls", " to 30 % of it in the hour, 3 an hour", func(c *cell) { c.sea.drift = 0.7 })
		}
	}
	for _, wrong := range [][2]float64{{0.9, 0.5}, {0.9, 0}, {0.3, 0.9}} {
		add("one other site", fmt.Sprintf("recall there %.1f, here %.1f, 3 an hour", wrong[0], wrong[1]), func(c *cell) {
			other := base
			other.recall, c.measured = wrong[0], &other
			c.sea.recall = wrong[1]
		})
	}
	for _, recall := range []float64{0.5, 0.9} {
		for _, rate := range []float64{1, 3, 15} {
			add("8 other sites", fmt.Sprintf("recall there about %.1f, %g an hour", recall, rate), func(c *cell) {
				c.sites, c.sea.sites, c.sea.recall, c.sea.rate = 8, 0.8, recall, rate
			})
		}
	}
	for _, recall := range []float64{0, 0.9} { // 0: blind, or no class for the taxon
		add("not measured", fmt.Sprintf("recall %.1f, 3 an hour", recall), func(c *cell) { c.assumed, c.sea.recall = true, recall })
	}
	for _, taxa := range []int{3, 10} {
		add("taxa together", fmt.Sprintf("%d taxa, recall 0.9, 1 an hour", taxa), func(c *cell) { c.taxa, c.sea.rate = taxa, 1 })
	}
	return list
}

// tired are eyes that err, and known is what is known of them: an animal that is misnamed is missed as well.
var (
	tired = eval.Eyes{Overlooks: 0.05, Misnames: 0.03}
	known = uncertainty.Reader{Missed: 0.08, Added: 0.03, Animals: 200}
)
