package exchange

import (
	"fmt"
	"slices"
	"strings"
)

// Losses lists what a format could not hold of what was given to its writer. Its
// zero value is ready.
type Losses struct {
	order []string
	seen  map[string]*Loss
}

// Loss is one kind of thing that a format cannot hold.
type Loss struct {
	What    string `json:"what"`    // "the polygon of a mark"
	Count   int    `json:"count"`   // how many times
	Example string `json:"example"` // the first: "reef_03.jpg, mark 12"
}

// add notes that something was left out, and where the first time.
func (l *Losses) add(what, example string) {
	if l.seen == nil {
		l.seen = map[string]*Loss{}
	}
	if have := l.seen[what]; have != nil {
		have.Count++
		return
	}
	l.order = append(l.order, what)
	l.seen[what] = &Loss{What: what, Count: 1, Example: example}
}

// List gives the losses in the order in which they came up.
func (l *Losses) List() []Loss {
	var out []Loss
	for _, what := range l.order {
		out = append(out, *l.seen[what])
	}
	return out
}

// String is one line a loss, for people.
func (l *Losses) String() string {
	var b strings.Builder
	for _, loss := range l.List() {
		fmt.Fprintf(&b, "%s: %d times, first %s\n", loss.What, loss.Count, loss.Example)
	}
	return b.String()
}

// extra notes the fields of an Extra that none of the formats named here (by the
// part before the dot) writes. Requin's own fields are no loss: they say where a picture lies.
func (l *Losses) extra(extra map[string]string, example string, own ...string) {
	var keys []string
	for key := range extra {
		if format, _, _ := strings.Cut(key, "."); format != "requin" && !slices.Contains(own, format) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		l.add("the field "+key, example)
	}
}

// addAll adds the losses of another list.
func (l *Losses) addAll(other *Losses) {
	for _, loss := range other.List() {
		for range loss.Count {
			l.add(loss.What, loss.Example)
		}
	}
}
