package survey

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// Naming finds the deployment of a picture or video in its name: what the brackets of a
// pattern hold is the deployment's opcode.
type Naming struct {
	pattern *regexp.Regexp
	gap     int
}

// ErrNoNumber is a name that should end in a number, so that those that follow one another can be told.
var ErrNoNumber = errors.New("does not end in a number")

// NewNaming reads a pattern, a regular expression with brackets around the part that names the deployment. With a gap above
// 0 the brackets hold a picture's number, too, and pictures that follow one another by at
// most gap are one deployment, called after its first.
func NewNaming(pattern string, gap int) (*Naming, error) {
	p, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("%q is no regular expression: %w", pattern, err)
	}
	if p.NumSubexp() < 1 {
		return nil, fmt.Errorf("%q: put brackets around the part that names the deployment, as in '^([A-Z0-9]+)_'", pattern)
	}
	return &Naming{p, gap}, nil
}

// Deployment tells which deployment a picture or video belongs to, as ImportOptions wants it. Only with a
// gap does it read the records: what follows what is told by all names together. Its errors are those
// of the stream, and ErrNoNumber.
func (n *Naming) Deployment(records annotate.Records) (func(annotate.Media) (opcode string, ok bool), error) {
	if n.gap == 0 {
		return n.named, nil
	}
	var names []string
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		if m, ok := record.(annotate.Media); ok {
			if name, ok := n.named(m); ok {
				names = append(names, name)
			}
		}
	}
	first, err := runs(names, n.gap)
	if err != nil {
		return nil, err
	}
	return func(m annotate.Media) (string, bool) {
		name, ok := n.named(m)
		return first[name], ok
	}, nil
}

// named is what the brackets hold of a whole name, else of its last part.
func (n *Naming) named(m annotate.Media) (string, bool) {
	for _, name := range []string{m.Name, m.Name[strings.LastIndexByte(m.Name, '/')+1:]} {
		if found := n.pattern.FindStringSubmatch(name); found != nil && found[1] != "" {
			return found[1], true
		}
	}
	return "", false
}

// runs puts together names that differ only in the number at their end, as a camera
// counts its pictures, where these follow one another by at most gap. It gives each name the
// first of its run.
//
// Worked example: of IMG_8, IMG_9, IMG_12 and IMG_30 with a gap of 5 the first three
// are the run IMG_8, the last is the run IMG_30.
func runs(names []string, gap int) (map[string]string, error) {
	type numbered struct {
		name, before string
		number       int
	}
	var list []numbered
	for _, name := range names {
		before := strings.TrimRight(name, "0123456789")
		number, err := strconv.Atoi(name[len(before):])
		if err != nil {
			return nil, fmt.Errorf("%q %w", name, ErrNoNumber)
		}
		list = append(list, numbered{name, before, number})
	}
	slices.SortFunc(list, func(a, b numbered) int {
		return cmp.Or(strings.Compare(a.before, b.before), cmp.Compare(a.number, b.number), strings.Compare(a.name, b.name))
	})
	first := map[string]string{}
	for i, x := range list {
		first[x.name] = x.name
		if i > 0 && list[i-1].before == x.before && x.number-list[i-1].number <= gap {
			first[x.name] = first[list[i-1].name]
		}
	}
	return first, nil
}
