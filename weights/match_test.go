package weights

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"requin/nn"
)

func params(names ...string) []nn.Param {
	var out []nn.Param
	for i, name := range names {
		out = append(out, nn.Param{Name: name, Shape: []int{i + 1}})
	}
	return out
}

// held are weights of the same shapes under these names.
func held(names ...string) nn.Weights {
	w := nn.Weights{}
	for i, name := range names {
		w[name] = nn.Weight{Shape: []int{i + 1}, Values: slices.Repeat([]float32{float32(i)}, i+1)}
	}
	return w
}

func TestMatch(t *testing.T) {
	want := params("backbone.stem.weight", "backbone.block.weight", "backbone.last.weight", "head.weight")
	for name, c := range map[string]struct {
		have         nn.Weights
		loaded, left int
	}{
		"the same names":  {held("backbone.stem.weight", "backbone.block.weight", "backbone.last.weight", "head.weight"), 4, 0},
		"wrapped":         {held("module.backbone.stem.weight", "module.backbone.block.weight", "module.backbone.last.weight", "module.head.weight"), 4, 0},
		"wrapped twice":   {held("module.model.backbone.stem.weight", "module.model.backbone.block.weight", "module.model.backbone.last.weight"), 3, 0},
		"a backbone":      {held("stem.weight", "block.weight", "last.weight", "fc.weight", "x.num_batches_tracked"), 3, 1},
		"a wrapped one":   {held("student.stem.weight", "student.block.weight", "student.last.weight", "teacher.stem.weight"), 3, 1},
		"one more beside": {held("backbone.stem.weight", "backbone.block.weight", "backbone.last.weight", "head.weight", "module.head.weight"), 4, 1},
	} {
		got, report, err := Match(want, c.have, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(report.Loaded) != c.loaded || len(got) != c.loaded || len(report.Left) != c.left {
			t.Errorf("%s: %s", name, report)
		}
		if v := got["backbone.block.weight"].Values; !slices.Equal(v, []float32{1, 1}) {
			t.Errorf("%s: the block is %v", name, v)
		}
	}
}

func TestMatchReports(t *testing.T) {
	have := held("a", "b", "c", "left.over")
	have["head"] = nn.Weight{Shape: []int{80}}
	want := append(params("a", "b", "c", "missing"), nn.Param{Name: "head", Shape: []int{3}}, nn.Param{Name: "fresh", Shape: []int{1}})
	have["fresh"] = nn.Weight{Shape: []int{1}, Values: []float32{1}}
	_, report, err := Match(want, have, func(name string) bool { return name == "fresh" })
	if err != nil {
		t.Fatal(err)
	}
	const text = "3 of 6 parameters loaded; begun anew: fresh; begun anew since the file's are of another shape: head ([80] in the file, [3] here); begun anew since the file lacks them: missing; left over in the file: left.over"
	if report.String() != text {
		t.Errorf("got  %s\nwant %s", report, text)
	}
	for name, have := range map[string]nn.Weights{"nothing in common": held("x", "y"), "nothing": {}, "little": held("a")} {
		if _, _, err := Match(want, have, nil); err == nil || !strings.Contains(err.Error(), "another network") {
			t.Errorf("%s: %v", name, err)
		}
	}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprint("w", i))
	}
	_, report, err = Match(params(many...), held(many[:60]...), nil)
	if err != nil || !strings.Contains(report.String(), "w60, w61, w62, w63 and 36 more") {
		t.Errorf("%v, %s", err, report)
	}
}
