package weights

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"requin/nn"
)

// LeastShare is the share of a network's parameters, the fresh ones not counted, that
// a file must hold to be taken for one of that network.
const LeastShare = 0.5

// Report says what of a file went into a network. All lists are in order.
type Report struct {
	Loaded  []string // parameters
	Fresh   []string // parameters begun anew, whatever the file holds
	Other   []string // parameters that have another shape in the file, with both shapes
	Missing []string // parameters that the file lacks
	Left    []string // of the file, used by no parameter
}

// String is the report in words.
func (r Report) String() string {
	s := fmt.Sprintf("%d of %d parameters loaded", len(r.Loaded), len(r.Loaded)+len(r.Fresh)+len(r.Other)+len(r.Missing))
	for _, part := range []struct {
		what string
		list []string
	}{
		{"begun anew", r.Fresh},
		{"begun anew since the file's are of another shape", r.Other},
		{"begun anew since the file lacks them", r.Missing},
		{"left over in the file", r.Left},
	} {
		if len(part.list) > 0 {
			s += fmt.Sprintf("; %s: %s", part.what, some(part.list))
		}
	}
	return s
}

// some names the first of a list.
func some(list []string) string {
	const most = 4
	if len(list) <= most+1 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

// Fit reads a file's weights for a network: of any kind that Read reads, an ONNX file
// as FromONNX does. They are those of Match; folded as FromONNX has it.
func Fit(path string, network nn.Network, params []nn.Param) (have nn.Weights, folded bool, report Report, err error) {
	isONNX := false
	if err = open(path, func(f format, _ io.ReaderAt, _ int64) error { isONNX = f == onnxFile; return nil }); err != nil {
		return nil, false, report, err
	}
	if isONNX {
		have, folded, err = FromONNX(path, network)
	} else {
		have, err = Read(path)
	}
	if err != nil {
		return nil, false, report, err
	}
	have, report, err = Match(params, have, network.Fresh)
	return have, folded, report, err
}

// Match picks the parameters of a network out of a file's weights. Names are taken as
// they are; where more fit, what PyTorch's wrappers put before them (module., model.,
// student. ...) is taken off, and what the network has before its backbone's names is
// put on, so that a classifier's weights fit the detector made from it. Left out are
// those that are fresh (which may be nil) and those of another shape. Less than
// LeastShare of the others loaded is an error: the file is of another network.
func Match(params []nn.Param, have nn.Weights, fresh func(name string) bool) (nn.Weights, Report, error) {
	off, on := renaming(params, have)
	out, used := nn.Weights{}, map[string]bool{}
	var r Report
	wanted := 0
	for _, p := range params {
		name, ok := strings.CutPrefix(p.Name, on)
		name = off + name
		weight, there := have[name]
		there = there && ok
		used[name] = used[name] || there
		if fresh != nil && fresh(p.Name) {
			r.Fresh = append(r.Fresh, p.Name)
			continue
		}
		wanted++
		switch {
		case !there:
			r.Missing = append(r.Missing, p.Name)
		case !slices.Equal(weight.Shape, p.Shape):
			r.Other = append(r.Other, fmt.Sprintf("%s (%v in the file, %v here)", p.Name, weight.Shape, p.Shape))
		default:
			out[p.Name] = weight
			r.Loaded = append(r.Loaded, p.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if !used[name] && !strings.HasSuffix(name, "num_batches_tracked") { // a counter of PyTorch's
			r.Left = append(r.Left, name)
		}
	}
	if len(r.Loaded) == 0 || float64(len(r.Loaded)) < LeastShare*float64(wanted) {
		return nil, r, errors.New("the weights are of another network: " + r.String())
	}
	return out, r, nil
}

// wrappers are the words that PyTorch's wrappers put before names.
var wrappers = []string{"module", "model", "student", "ema", "net", "network", "detector", "_orig_mod"}

// renaming finds what to take off the file's names and the network's so that most fit
// in name and shape; nothing where nothing is better.
func renaming(params []nn.Param, have nn.Weights) (off, on string) {
	offs, ons := []string{""}, []string{""}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		for prefix := ""; strings.Count(prefix, ".") < 4; {
			word, rest, ok := strings.Cut(name[len(prefix):], ".")
			if !ok || rest == "" || !slices.Contains(wrappers, word) {
				break
			}
			if prefix += word + "."; !slices.Contains(offs, prefix) {
				offs = append(offs, prefix)
			}
		}
	}
	for _, p := range params {
		words := strings.SplitAfterN(p.Name, ".", 4)
		prefix := ""
		for _, word := range words[:min(2, len(words)-1)] {
			if prefix += word; !slices.Contains(ons, prefix) {
				ons = append(ons, prefix)
			}
		}
	}
	most := 0
	for _, o := range offs {
		for _, n := range ons {
			fit := 0
			for _, p := range params {
				if rest, ok := strings.CutPrefix(p.Name, n); ok {
					if w, there := have[o+rest]; there && slices.Equal(w.Shape, p.Shape) {
						fit++
					}
				}
			}
			if fit > most {
				most, off, on = fit, o, n
			}
		}
	}
	return off, on
}
