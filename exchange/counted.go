package exchange

import (
	"bufio"
	"fmt"
	"slices"

	"requin/annotate"
	"requin/eval"
)

// ReadCounted reads what was counted in each deployment, by people or a machine: a table of counts (ReadCounts), or
// any format that states counts, points or boxes, counted as annotate.Tallies does. name gives a taxon the
// name that both sides of a comparison know it by (eval.FirstNames). Errors call the input as it is called.
func ReadCounted(called string, in Input, name func(taxon string) string) ([]eval.Counted, error) {
	var why error // a file is no table of counts
	if in.Name != "." {
		var out []eval.Counted
		var err error
		if out, why, err = readTable(called, in, name); err != nil || why == nil {
			return out, err
		}
	}
	format, err := Guess(in)
	if err != nil {
		if why != nil {
			return nil, fmt.Errorf("%s is neither a table of counts nor in a format that Requin knows: %w", called, why)
		}
		return nil, fmt.Errorf("%s: %w", called, err)
	}
	tallies, err := annotate.Tallies(format.Read(in), name)
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(eval.CountedByPeople(tallies), func(c eval.Counted) bool { return len(c.Taxa) == 0 })
	if len(out) == 0 {
		return nil, fmt.Errorf("%s (%s) states no counts, points or boxes of a deployment", called, format.Title)
	}
	return out, nil
}

// readTable reads a table of counts; why says why it is none.
func readTable(called string, in Input, name func(string) string) (out []eval.Counted, why, err error) {
	f, err := in.open()
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	text := bufio.NewReaderSize(f, 1<<16)
	head, _ := text.Peek(1 << 16) // an error comes again with the rest
	if !IsCounts(head) {
		for _, err := range ReadCounts(in.Name, text) {
			return nil, err, nil
		}
		return nil, fmt.Errorf("%s: it holds no row", in.Name), nil
	}
	at := map[string]int{}
	for row, err := range ReadCounts(called, text) {
		if err != nil {
			return nil, nil, err
		}
		i, ok := at[row.Deployment]
		if !ok {
			i = len(out)
			at[row.Deployment] = i
			out = append(out, eval.Counted{Deployment: row.Deployment, Taxa: map[string]eval.Numbers{}})
		}
		if row.Length != nil {
			out[i].Length = *row.Length
		}
		taxon := name(row.Taxon)
		if _, twice := out[i].Taxa[taxon]; twice {
			return nil, nil, fmt.Errorf("%s: %s has two rows of %s: give one", called, row.Deployment, row.Taxon)
		}
		out[i].Taxa[taxon] = eval.Numbers{MaxN: row.MaxN, MeanCount: row.MeanCount, TMaxN: row.TMaxN, TFS: row.TFS}
	}
	if len(out) == 0 {
		return nil, nil, fmt.Errorf("%s: it holds no row", called)
	}
	lookedFor(out)
	return out, nil, nil
}

// lookedFor states zeros: a taxon that a table names was looked for in all its deployments.
func lookedFor(list []eval.Counted) {
	taxa := map[string]bool{}
	for _, c := range list {
		for name := range c.Taxa {
			taxa[name] = true
		}
	}
	for _, c := range list {
		for name := range taxa {
			if _, ok := c.Taxa[name]; !ok {
				zero := 0.0
				c.Taxa[name] = eval.Numbers{MaxN: &zero}
			}
		}
	}
}
