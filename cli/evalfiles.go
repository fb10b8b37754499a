package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"requin/annotate"
	"requin/eval"
	"requin/exchange"
	"requin/record"
	"requin/taxon"
)

// fileCounts pairs the counts in two files.
func (e *evaluation) fileCounts(ctx context.Context) ([]eval.Compared, error) {
	names := newNames()
	people, err := e.readCounts(ctx, "people's counts", e.people, names)
	if err != nil {
		return nil, err
	}
	machine, err := e.readCounts(ctx, "machine's counts", e.machine, names)
	if err != nil {
		return nil, err
	}
	pairs := e.pair(people, machine)
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s and %s have no deployment and taxon in common: in the first are %s, in the second %s", e.people, e.machine, found(people), found(machine))
	}
	for _, t := range []struct {
		who  string
		a, b []tallied
	}{{"people", people, machine}, {"the machine", machine, people}} {
		if alone := missingIn(t.a, t.b); len(alone) > 0 {
			e.note("Only %s counted %s: without a number to hold against, it is left out.", t.who, brief(alone))
		}
	}
	e.page.People, e.page.Machine = filepath.Base(e.people)+", "+found(people), filepath.Base(e.machine)+", "+found(machine)
	return pairs, nil
}

// found says how much a file holds.
func found(list []tallied) string {
	taxa := map[string]bool{}
	for _, t := range list {
		for name := range t.taxa {
			taxa[name] = true
		}
	}
	return fmt.Sprintf("%d deployments and %d taxa", len(list), len(taxa))
}

// missingIn are the taxa that the first names and the second does not.
func missingIn(a, b []tallied) (out []string) {
	has := map[string]bool{}
	for _, t := range b {
		for name := range t.taxa {
			has[name] = true
		}
	}
	for _, t := range a {
		for name := range t.taxa {
			if !has[name] {
				has[name] = true
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// newNames gives taxa one name each: the first way in which one is written.
func newNames() func(string) string {
	first := map[string]string{}
	return func(label string) string {
		folded := taxon.Fold(label)
		if _, ok := first[folded]; !ok {
			first[folded] = label
		}
		return first[folded]
	}
}

// readCounts reads a file or folder: a table of counts, or any format that states counts,
// points or boxes.
func (e *evaluation) readCounts(ctx context.Context, role, path string, name func(string) string) (out []tallied, err error) {
	src, err := openSource(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	src.enter()
	in := record.Input{Role: role, Path: path, SHA256: src.sha256}
	if info, err := os.Stat(path); err == nil {
		in.Bytes = info.Size()
	}
	e.inputs = append(e.inputs, in)
	var why error // a file is no table of counts
	if src.name != "." {
		if out, why, err = readTable(src.fs, src.name, name); err != nil || why == nil {
			return out, err
		}
	}
	input := exchange.Input{FS: src.fs, Name: src.name}
	format, err := chooseFormat("", input)
	if err != nil {
		if why != nil {
			return nil, fmt.Errorf("%s is neither a table of counts nor in a format that Requin knows: %w", path, why)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	tallies, err := annotate.Tallies(format.Read(input), name)
	if err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(fromTallies(tallies), func(t tallied) bool { return len(t.taxa) == 0 })
	if len(out) == 0 {
		return nil, fmt.Errorf("%s (%s) states no counts, points or boxes of a deployment", path, format.Title)
	}
	return out, nil
}

// readTable reads a table of counts; why says why it is none.
func readTable(in fs.FS, file string, name func(string) string) (out []tallied, why, err error) {
	f, err := in.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	text := bufio.NewReaderSize(f, 1<<16)
	head, _ := text.Peek(1 << 16) // an error comes again with the rest
	if !exchange.IsCounts(head) {
		for _, err := range exchange.ReadCounts(file, text) {
			return nil, err, nil
		}
		return nil, fmt.Errorf("%s: it holds no row", file), nil
	}
	at := map[string]int{}
	taxa := map[string]bool{}
	for row, err := range exchange.ReadCounts(file, text) {
		if err != nil {
			return nil, nil, err
		}
		i, ok := at[row.Deployment]
		if !ok {
			i = len(out)
			at[row.Deployment] = i
			out = append(out, tallied{name: row.Deployment, taxa: map[string]numbers{}})
		}
		if row.Length != nil {
			out[i].length = *row.Length
		}
		taxon := name(row.Taxon)
		if _, twice := out[i].taxa[taxon]; twice {
			return nil, nil, fmt.Errorf("%s: %s has two rows of %s: give one", file, row.Deployment, row.Taxon)
		}
		taxa[taxon] = true
		out[i].taxa[taxon] = numbers{maxn: row.MaxN, mean: row.MeanCount, tmaxn: row.TMaxN, tfs: row.TFS}
	}
	if len(out) == 0 {
		return nil, nil, fmt.Errorf("%s: it holds no row", file)
	}
	for _, t := range out { // a taxon that the table names was looked for in all its deployments
		for name := range taxa {
			if _, ok := t.taxa[name]; !ok {
				zero := 0.0
				t.taxa[name] = numbers{maxn: &zero}
			}
		}
	}
	return out, nil, nil
}
