package exchange

import (
	"iter"
	"strconv"

	"requin/annotate"
)

// newIDs gives each its own id: the first with one keeps it, the others get free numbers from 1 (from 0: base 0).
func newIDs(have []string, base int) (out []string, changed []int) {
	taken := map[string]bool{}
	for _, id := range have {
		taken[id] = true
	}
	used := map[string]bool{}
	next := base
	for i, id := range have {
		if id == "" || used[id] {
			if id != "" {
				changed = append(changed, i)
			}
			for taken[strconv.Itoa(next)] {
				next++
			}
			id = strconv.Itoa(next)
			taken[id] = true
		}
		used[id] = true
		out = append(out, id)
	}
	return out, changed
}

// gathered are the marks that belong together.
type gathered struct {
	key   string
	marks []annotate.Mark // in the order of the stream
}

// gather gives the marks of every key in turn, those without any too. It ranges
// over the records as often as it takes to hold no more than heldMarks at once,
// or those of one key. Marks of a key that is not in keys are left out.
func gather(records annotate.Records, keys []string, count map[string]int, key func(annotate.Mark) string) iter.Seq2[gathered, error] {
	return func(yield func(gathered, error) bool) {
		for len(keys) > 0 {
			n, held := 1, count[keys[0]]
			for n < len(keys) && held+count[keys[n]] <= heldMarks {
				held += count[keys[n]]
				n++
			}
			batch := make(map[string][]annotate.Mark, n)
			for _, k := range keys[:n] {
				batch[k] = nil
			}
			for record, err := range records {
				if err != nil {
					yield(gathered{}, err)
					return
				}
				if mark, ok := record.(annotate.Mark); ok {
					k := key(mark)
					if marks, wanted := batch[k]; wanted {
						batch[k] = append(marks, mark)
					}
				}
			}
			for _, k := range keys[:n] {
				if !yield(gathered{k, batch[k]}, nil) {
					return
				}
			}
			keys = keys[n:]
		}
	}
}

// byMedia gathers the marks of each of these media.
func (inv *inventory) byMedia(records annotate.Records, media []annotate.Media) iter.Seq2[gathered, error] {
	var keys []string
	for _, m := range media {
		keys = append(keys, m.Name)
	}
	return gather(records, keys, inv.marks, func(m annotate.Mark) string { return m.Media })
}
