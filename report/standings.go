package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"requin/count"
)

// named is how many taxa a line names; the others are tallied.
const named = 6

// Standings says in a line what a deployment's count came to and how far it may be trusted: who was seen, or is disputed,
// with MaxN and status, the disputed first, then the most; then how many were not seen.
//
//	C. obesus 7 certified; G. cuvier 2 machine; 28 at 0 (27 machine, 1 certified)
func Standings(r count.Result) string {
	short := abbreviations(r.Taxa)
	var some []count.Taxon
	zeros, seen, blank := map[count.Status]int{}, map[count.Status]int{}, 0
	for _, t := range r.Taxa {
		switch {
		case t.MaxN == nil:
			blank++
		case *t.MaxN > 0 || t.Status() == count.Disputed:
			some = append(some, t)
		default:
			zeros[t.Status()]++
		}
	}
	calm := func(t count.Taxon) bool { return t.Status() != count.Disputed }
	slices.SortStableFunc(some, func(a, b count.Taxon) int {
		if calm(a) != calm(b) {
			return map[bool]int{true: 1, false: -1}[calm(a)]
		}
		return cmp.Compare(*b.MaxN, *a.MaxN)
	})
	var out []string
	for i, t := range some {
		if i >= named && calm(t) && len(some) > named+1 {
			seen[t.Status()]++
			continue
		}
		out = append(out, fmt.Sprintf("%s %d %s", short[t.Name], *t.MaxN, t.Status()))
	}
	add := func(n map[count.Status]int, what string) {
		if text := tally(n, what); text != "" {
			out = append(out, text)
		}
	}
	add(seen, "more seen")
	if len(some) == 0 && len(zeros) > 0 {
		add(zeros, "at 0")
		out[len(out)-1] = "nothing seen: " + out[len(out)-1]
	} else {
		add(zeros, "at 0")
	}
	if blank > 0 {
		out = append(out, plural(blank, "taxon not analysed", "taxa not analysed"))
	}
	if len(out) == 0 {
		return "no taxon was studied"
	}
	return strings.Join(out, "; ")
}

// tally says how many there are of what, and of which status: "28 at 0 (27 machine, 1 certified)", "28 at 0 machine".
func tally(n map[count.Status]int, what string) string {
	total := 0
	var parts []string
	for _, s := range Statuses() {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", humanize.Comma(int64(n[s])), s))
			total += n[s]
		}
	}
	switch len(parts) {
	case 0:
		return ""
	case 1:
		_, status, _ := strings.Cut(parts[0], " ")
		return fmt.Sprintf("%s %s %s", humanize.Comma(int64(total)), what, status)
	}
	return fmt.Sprintf("%s %s (%s)", humanize.Comma(int64(total)), what, strings.Join(parts, ", "))
}

// Tally says how many counts there are of each status: "12 certified, 3 reviewed, 85 machine".
func (t Totals) Tally() string {
	var parts []string
	for _, s := range Statuses() {
		if t.Counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", humanize.Comma(int64(t.Counts[s])), s))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// abbreviations shortens names as biologists do, those apart that would be alike.
func abbreviations(taxa []count.Taxon) map[string]string {
	alike := map[string]int{}
	for _, t := range taxa {
		alike[Abbreviate(t.Name)]++
	}
	out := map[string]string{}
	for _, t := range taxa {
		if out[t.Name] = Abbreviate(t.Name); alike[out[t.Name]] > 1 {
			out[t.Name] = t.Name
		}
	}
	return out
}
