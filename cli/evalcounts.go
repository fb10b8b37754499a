package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"requin/annotate"
	"requin/desk"
	"requin/eval"
	"requin/exchange"
	"requin/record"
	"requin/survey"
)

// surveyCounts pairs the latest counts of a survey with what people counted. beside tells
// that models are evaluated, too: then it is no failure that there are none.
func (e *evaluation) surveyCounts(ctx context.Context, beside bool) ([]eval.Compared, error) {
	s := e.survey
	list, err := s.Taxa(ctx)
	if err != nil {
		return nil, err
	}
	deployments, err := s.Deployments(ctx)
	if err != nil {
		return nil, err
	}
	machine, err := e.machineCounts(ctx, deployments)
	if err != nil {
		return nil, err
	}
	if len(machine) == 0 {
		if beside {
			return nil, nil
		}
		return nil, fmt.Errorf("the survey %s holds no counts yet: requin count makes them; or name a model to be evaluated", s.Name())
	}
	name, err := eval.Namer(list, machine)
	if err != nil {
		return nil, err
	}
	left := 0
	people, err := annotate.Tallies(annotate.Looked(annotate.Drawn(s.Records(ctx, survey.Filter{}), nil), &left), name)
	if err != nil {
		return nil, err
	}
	if left > 0 {
		e.note("%d counts or points that were imported are a machine's and nobody looked at them: they are no truth, and are left out.", left)
	}
	pairs := e.pair(eval.CountedByPeople(people), machine)
	if len(pairs) == 0 {
		if beside {
			return nil, nil
		}
		return nil, fmt.Errorf("the survey %s holds counts, but nothing that people counted of the same deployments and taxa: requin import brings boxes, points or counts", s.Name())
	}
	which := "the machine's latest counts"
	if e.counts == countsReviewed {
		which = "the latest counts, as people left them,"
	}
	e.page.People, e.page.Machine = howPeople(people), fmt.Sprintf("%s of %d deployments of the survey %s", which, len(machine), s.Name())
	return pairs, nil
}

// What of a survey's counts is held against people's.
const (
	countsMachine  = "machine"
	countsReviewed = "reviewed" // the best there is
)

// machineCounts are the latest counts of a survey's deployments: the machine's, or as the reviews left them.
func (e *evaluation) machineCounts(ctx context.Context, deployments []survey.Deployment) (out []eval.Counted, err error) {
	keys := map[string]bool{}
	var partial []string
	statuses := newStatuses()
	for _, d := range deployments {
		if d.Count == nil {
			continue
		}
		run, err := e.survey.Run(ctx, d.Count.Run)
		if err != nil {
			return nil, err
		}
		if run.Result == nil {
			continue
		}
		result := *run.Result
		if e.counts == countsReviewed {
			if result, err = desk.Counted(ctx, e.survey, d); err != nil {
				return nil, err
			}
			statuses.take(d.OpCode, result)
		}
		if !result.Effort.Complete() {
			partial = append(partial, d.OpCode)
		}
		keys[record.ModelOf(run.Record)] = true
		one := eval.CountedByMachine(d.OpCode, result)
		if one.Length < eval.ClipUnder && run.Detections != nil {
			if one.Frames, err = eval.CountsInFrames(result, run.Detections); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	if e.counts == countsReviewed {
		e.note("Of the counts, %s.", statuses)
	}
	if len(keys) > 1 {
		e.note("The counts come from %d different models (%s).", len(keys), strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
	}
	if len(partial) > 0 {
		e.note("Not all of %s was looked at, so these counts are minimums.", brief(partial))
	}
	return out, nil
}

// howPeople says what people's numbers are from.
func howPeople(list []annotate.Tally) string {
	from := map[string]int{}
	deployments := 0
	for _, t := range list {
		if len(t.Taxa) > 0 {
			deployments++
		}
		for _, x := range t.Taxa {
			from[x.From]++
		}
	}
	var parts []string
	for _, kind := range []string{annotate.ByCounts, annotate.ByPoints, annotate.ByBoxes} {
		if from[kind] > 0 {
			parts = append(parts, kind)
		}
	}
	return fmt.Sprintf("MaxN of %d deployments out of %s", deployments, strings.Join(parts, " and "))
}

// fileCounts pairs the counts in two files.
func (e *evaluation) fileCounts(ctx context.Context) ([]eval.Compared, error) {
	names := eval.FirstNames()
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
		return nil, fmt.Errorf("%s and %s have no deployment and taxon in common: in the first are %s, in the second %s", e.people, e.machine, held(people), held(machine))
	}
	for _, t := range []struct {
		who  string
		a, b []eval.Counted
	}{{"people", people, machine}, {"the machine", machine, people}} {
		if alone := eval.Missing(t.a, t.b); len(alone) > 0 {
			e.note("Only %s counted %s: without a number to hold against, it is left out.", t.who, brief(alone))
		}
	}
	e.page.People, e.page.Machine = filepath.Base(e.people)+", "+held(people), filepath.Base(e.machine)+", "+held(machine)
	return pairs, nil
}

// held says how much a file holds.
func held(list []eval.Counted) string {
	taxa := map[string]bool{}
	for _, c := range list {
		for name := range c.Taxa {
			taxa[name] = true
		}
	}
	return fmt.Sprintf("%d deployments and %d taxa", len(list), len(taxa))
}

// readCounts reads what was counted out of a file, folder or zip, and notes it as an input.
func (e *evaluation) readCounts(ctx context.Context, role, path string, name func(string) string) (out []eval.Counted, err error) {
	src, err := openSource(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	in := record.Input{Role: role, Path: path, SHA256: src.sha256}
	if info, err := os.Stat(path); err == nil {
		in.Bytes = info.Size()
	}
	e.inputs = append(e.inputs, in)
	return exchange.ReadCounted(path, exchange.Input{FS: src.fs, Name: src.name}, name)
}

// pair puts the two sides together, and says what of the machine's has no other side.
func (e *evaluation) pair(people, machine []eval.Counted) []eval.Compared {
	pairs, alone := eval.Pairs(people, machine)
	if len(alone) > 0 && len(alone) < len(machine) {
		e.note("%d of the machine's %d deployments have no numbers by people: %s.", len(alone), len(machine), brief(alone))
	}
	return pairs
}
