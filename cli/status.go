package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"requin/count"
)

// statuses tallies how far counts may be trusted that leave together.
type statuses struct {
	counts  map[count.Status]int
	machine []string // deployments with a taxon that nobody looked at
}

func newStatuses() *statuses { return &statuses{counts: map[count.Status]int{}} }

// take adds a deployment's.
func (t *statuses) take(opcode string, r count.Result) {
	for _, x := range r.Taxa {
		t.counts[x.Status()]++
		if x.Status() == count.Machine && !slices.Contains(t.machine, opcode) {
			t.machine = append(t.machine, opcode)
		}
	}
}

// String lists them: "3 certified, 12 machine".
func (t *statuses) String() string {
	var parts []string
	for _, s := range slices.Sorted(maps.Keys(t.counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", t.counts[s], s))
	}
	return strings.Join(parts, ", ")
}

// say tells on stderr what leaves, and what nobody looked at.
func (t *statuses) say(a *app) {
	if len(t.counts) > 0 {
		a.logf("Counts: %s", t)
	}
	if n := t.counts[count.Disputed]; n > 0 {
		a.logf("Warning: %d counts are disputed: two readers contradict each other; settle them in requin review", n)
	}
	if len(t.machine) > 0 {
		a.logf("Warning: nobody looked at %d of the counts (%s): they are the machine's alone", t.counts[count.Machine], brief(t.machine))
	}
}
