package cli

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// deployment tells which deployment a picture or video belongs to, by the flags. Only
// --opcode-gap reads the records: what follows what is told by all names together.
func (f importFlags) deployment(records annotate.Records) (func(annotate.Media) (string, bool), error) {
	switch {
	case f.opcode != "" && f.from != "":
		return nil, usagef("--opcode and --opcode-from exclude each other: give one")
	case f.gap < 0:
		return nil, usagef("--opcode-gap %d: give the most by which numbers may follow one another, 1 or more", f.gap)
	case f.gap > 0 && f.from == "":
		return nil, usagef("--opcode-gap needs --opcode-from, which finds the number in a name: --opcode-from '(IMG_\\d+)'")
	case f.opcode != "":
		return func(annotate.Media) (string, bool) { return f.opcode, true }, nil
	case f.from == "":
		return nil, nil
	}
	pattern, err := regexp.Compile(f.from)
	if err != nil {
		return nil, usagef("--opcode-from %q is no regular expression: %v", f.from, err)
	}
	if pattern.NumSubexp() < 1 {
		return nil, usagef("--opcode-from %q: put brackets around the part that names the deployment, as in '^([A-Z0-9]+)_'", f.from)
	}
	named := func(m annotate.Media) (string, bool) {
		for _, name := range []string{m.Name, m.Name[strings.LastIndexByte(m.Name, '/')+1:]} {
			if found := pattern.FindStringSubmatch(name); found != nil && found[1] != "" {
				return found[1], true
			}
		}
		return "", false
	}
	if f.gap == 0 {
		return named, nil
	}
	var names []string
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		if m, ok := record.(annotate.Media); ok {
			if name, ok := named(m); ok {
				names = append(names, name)
			}
		}
	}
	first, err := runs(names, f.gap)
	if err != nil {
		return nil, err
	}
	return func(m annotate.Media) (string, bool) {
		name, ok := named(m)
		return first[name], ok
	}, nil
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
			return nil, usagef("--opcode-gap: %q, which --opcode-from found, does not end in a number: put its digits into the brackets, as in '(IMG_\\d+)'", name)
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
