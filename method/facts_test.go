package method

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"requin/ask"
	"requin/record"
	"requin/survey"
)

// recorded is a record of a kind with values drawn at random, and what each question is to be answered with: field → value.
func recorded(t *testing.T, r *rand.Rand, i int) (Kept, map[int]map[string]string) {
	t.Helper()
	number := func() int { return 2 + r.IntN(9000) }
	share := func() float64 { return float64(1+r.IntN(99999)) / 100000 }
	kind := []string{record.Simulate, record.Dataset, record.Train, record.Eval, record.Count}[i%5]
	rec := record.Record{Schema: record.Schema, Kind: kind, Command: []string{"requin", kind}, Requin: fmt.Sprintf("v1.%d.0", number()), Libraries: map[string]string{"libtorch": fmt.Sprintf("2.%d", number())},
		Machine: record.Machine{OS: "debian " + strconv.Itoa(number()), Arch: "amd64", CPU: fmt.Sprintf("Processor %d", number()), Cores: number(), MemoryBytes: uint64(number())},
		Seeds:   map[string]uint64{kind: uint64(number())}, Times: record.Times{Started: time.Unix(int64(i), 0).UTC()}}
	want := map[int]map[string]string{}
	expect := func(q int, field string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if want[q] == nil {
			want[q] = map[string]string{}
		}
		want[q][field] = string(text)
	}
	expect(24, "seeds."+kind, rec.Seeds[kind])
	machine := func(q int, all bool) {
		for field, v := range map[string]any{"os": rec.Machine.OS, "arch": rec.Machine.Arch, "cpu": rec.Machine.CPU, "cores": rec.Machine.Cores, "memory_bytes": rec.Machine.MemoryBytes} {
			expect(q, "machine."+field, v)
		}
		if all && len(rec.Machine.GPUs) > 0 || !all && len(rec.Machine.GPUs) > 0 {
			expect(q, "machine.gpus[0].name", rec.Machine.GPUs[0].Name)
			expect(q, "machine.gpus[0].driver", rec.Machine.GPUs[0].Driver)
		}
	}
	if r.IntN(2) == 0 {
		rec.Machine.GPUs = []record.GPU{{Name: fmt.Sprintf("RTX %d", number()), Driver: "550." + strconv.Itoa(number())}}
	}
	switch kind {
	case record.Simulate:
		n, d := number(), number()
		rec.Settings = map[string]any{"Kind": "stations", "Deployments": n, "Duration": d}
		expect(1, "kind", record.Simulate)
		expect(1, "settings.Kind", "stations")
		expect(1, "settings.Deployments", n)
		expect(1, "settings.Duration", d)
	case record.Dataset:
		quality, folds, floor, pictures, boxes, side := number(), number(), share(), number(), number(), number()
		rec.Settings = map[string]any{"format": "jpeg", "quality": quality, "folds": folds, "test_share": floor, "test": []string{"A", "B"}, "seed": rec.Seeds[kind], "long_side_px": side}
		rec.Outcome = map[string]any{"name": "d", "sha256": strings.Repeat("a", 64), "pictures": pictures, "deployments": 3, "boxes": map[string]int{"Triaenodon obesus": boxes}, "fold_of": map[string]int{"A": -1}}
		expect(2, "settings.format", "jpeg")
		expect(2, "settings.quality", quality)
		expect(5, "outcome.name", "d")
		expect(5, "outcome.sha256", strings.Repeat("a", 64))
		expect(5, "outcome.pictures", pictures)
		expect(5, "outcome.deployments", 3)
		expect(5, "outcome.boxes.Triaenodon obesus", boxes)
		expect(26, "outcome.boxes.Triaenodon obesus", boxes)
		expect(6, "settings.long_side_px", side)
		expect(7, "settings.folds", folds)
		expect(7, "settings.test[0]", "A")
		expect(7, "settings.test[1]", "B")
		expect(7, "settings.test_share", floor)
		expect(7, "settings.seed", rec.Seeds[kind])
		expect(7, "outcome.fold_of.A", -1)
	case record.Train:
		batch, rate, decay, flip, step, fold, ap, width, took := number(), share(), share(), share(), number(), number(), share(), number(), share()
		rec.Settings = map[string]any{"fold": fold, "devices": []string{"cuda:0"}, "begins_with": "", "recipe": map[string]any{"network": "yolox-nano", "width": width, "batch": batch, "patience": 3,
			"learning_rate": map[string]any{"base": rate, "schedule": "cosine"}, "optimiser": map[string]any{"kind": "sgd", "weight_decay": decay}, "augment": map[string]any{"flip": flip}}}
		rec.Outcome = map[string]any{"ended": "all steps were taken", "step": step, "validation": map[string]any{"ap50": ap, "step": step}, "training_s": took, "held_out": 9, "thresholds": map[string]float64{"a": rate}}
		machine(20, true)
		expect(4, "settings.recipe.augment.flip", flip)
		expect(6, "settings.recipe.width", width)
		expect(7, "settings.fold", fold)
		expect(12, "settings.recipe.network", "yolox-nano")
		for _, q := range []int{13, 15} {
			expect(q, "settings.recipe.optimiser.kind", "sgd")
			expect(q, "settings.recipe.optimiser.weight_decay", decay)
		}
		expect(13, "settings.recipe.batch", batch)
		expect(13, "settings.recipe.learning_rate.base", rate)
		expect(13, "settings.recipe.learning_rate.schedule", "cosine")
		expect(16, "settings.recipe.patience", 3)
		expect(16, "outcome.ended", "all steps were taken")
		expect(16, "outcome.step", step)
		expect(17, "settings.recipe.optimiser.weight_decay", decay)
		expect(18, "settings.recipe.patience", 3)
		expect(18, "outcome.validation.step", step)
		expect(19, "requin", rec.Requin)
		expect(19, "libraries.libtorch", rec.Libraries["libtorch"])
		expect(20, "settings.devices[0]", "cuda:0")
		expect(20, "outcome.training_s", took)
		expect(21, "outcome.thresholds.a", rate)
		expect(22, "outcome.validation.ap50", ap)
		expect(23, "outcome.held_out", 9)
	case record.Eval:
		iou := share()
		rec.Settings = map[string]any{"iou": iou, "test": true, "fold": ""}
		expect(22, "settings.iou", iou)
		expect(22, "settings.test", true)
		expect(23, "settings.test", true)
	case record.Count:
		every, nms, gap := share(), share(), number()
		rec.Settings = map[string]any{"every_s": every, "device": "cpu", "detector": map[string]any{"file": "m.onnx", "family": "yolox", "nms": nms, "runtime": "1.27.0"}, "tracker": map[string]any{"max_gap_s": gap}}
		expect(12, "settings.detector.file", "m.onnx")
		expect(12, "settings.detector.family", "yolox")
		expect(19, "requin", rec.Requin)
		expect(19, "libraries.libtorch", rec.Libraries["libtorch"])
		expect(21, "settings.detector.nms", nms)
		expect(21, "settings.tracker.max_gap_s", gap)
		expect(27, "command[0]", "requin")
		expect(27, "command[1]", "count")
		expect(27, "settings.detector.file", "m.onnx")
		expect(27, "settings.detector.runtime", "1.27.0")
		expect(27, "settings.every_s", every)
		machine(28, false)
		expect(28, "settings.device", "cpu")
	}
	text, err := json.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	k, err := NewKept(fmt.Sprintf("run%d", i), kind, text)
	if err != nil {
		t.Fatal(err)
	}
	return k, want
}

// Over 20 recorded runs and the 28 questions every answer is exact: the fields that hold it with their values, or "I don't know".
func TestAnswersOfRecords(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	asked, found := 0, 0
	for i := range 20 {
		k, want := recorded(t, r, i)
		for _, q := range ask.Questions() {
			a := Answer(q, ask.AsListed, []Kept{k}, nil)
			asked++
			got := map[string]string{}
			for _, e := range a.Evidence {
				got[e.Field] = e.Text
				if e.State != record.StateOf(e.Field) || e.Source != k.ID || e.SHA256 != k.SHA256 {
					t.Errorf("run %d, question %d: %+v", i, q.Number, e)
				}
				if !strings.Contains(a.Text, plain(e.Text)) {
					t.Errorf("run %d, question %d: %q does not say %s", i, q.Number, a.Text, e.Text)
				}
			}
			if len(want[q.Number]) == 0 && (a.Status != ask.NotFound || a.Text != ask.DontKnow) || len(want[q.Number]) > 0 && a.Status != ask.Found || !maps.Equal(got, want[q.Number]) && len(got)+len(want[q.Number]) > 0 {
				t.Errorf("%s, question %d (%s): %v, want %v", k.Kind, q.Number, q.Name, got, want[q.Number])
			}
			if a.Status == ask.Found {
				found++
			}
			if err := Check(a, []Kept{k}, nil); err != nil {
				t.Error(err)
			}
		}
	}
	t.Logf("%d answers, %d found", asked, found)
	if asked != 560 || found < 100 {
		t.Errorf("%d answers, %d found", asked, found)
	}
}

func TestAnswersDeclared(t *testing.T) {
	declared := []survey.Declaration{{Name: "data link", Value: "https://doi.org/10.9999/x"}, {Name: "purpose", Value: `To "count" sharks.`}}
	for number, want := range map[int]string{11: "https://doi.org/10.9999/x", 25: `To "count" sharks.`, 3: ""} {
		a := Answer(ask.Questions()[number-1], ask.AsListed, nil, declared)
		if want == "" {
			if a.Status != ask.NotFound || len(a.Notes) != 1 || !strings.Contains(a.Notes[0], `requin declare "annotation technique"`) {
				t.Errorf("%+v", a)
			}
			continue
		}
		if a.Status != ask.Found || !strings.HasSuffix(a.Text, want) || a.Evidence[0].State != record.Declared || Check(a, nil, declared) != nil {
			t.Errorf("question %d: %+v", number, a)
		}
		if a.Evidence[0].Text = "x"; Check(a, nil, declared) == nil {
			t.Error("a quote that is not there went through")
		}
	}
	q, how := ask.Understand("Quelle licence ?")
	if a := Answer(q, how, nil, declared); a.Status != ask.NotFound || len(a.Notes) == 0 {
		t.Errorf("%+v", a)
	}
	k, _ := recorded(t, rand.New(rand.NewPCG(1, 1)), 4)
	if q, how = ask.Understand("max gap"); how != ask.AsFree {
		t.Fatal(how)
	}
	if a := Answer(q, how, []Kept{k}, declared); a.Status != ask.Found || a.Evidence[0].Field != "settings.tracker.max_gap_s" || Check(a, []Kept{k}, nil) != nil {
		t.Errorf("%+v", a)
	}
}

// digits are the numbers of a text.
var digits = regexp.MustCompile(`\d[\d.,:-]*\d|\d`)

// Every number in the paragraph is in a record or a declaration, and a record without a value gives no sentence about it.
func TestParagraph(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var records []Kept
	for i := range 20 {
		k, _ := recorded(t, r, i)
		records = append(records, k)
	}
	declared := []survey.Declaration{{Name: "licence", Value: "CC BY 4.0"}}
	for n := 0; n <= len(records); n++ {
		text := Paragraph(records[:n], declared)
		holds := "SHA-256 " + declared[0].Value
		for _, k := range records[:n] {
			for _, f := range k.fields {
				holds += " " + f.Path + " " + f.Value
			}
		}
		for _, number := range digits.FindAllString(text, -1) {
			if !strings.Contains(holds, number) {
				t.Errorf("%q is in no record: %s", number, text)
			}
		}
		if strings.ContainsAny(text, "{}[]") || !strings.HasSuffix(text, "Declared, licence: CC BY 4.0.") {
			t.Errorf("%s", text)
		}
	}
	if text := Paragraph(records[2:3], nil); !strings.Contains(text, "The optimiser was sgd, weight decay ") || strings.Contains(text, "momentum") {
		t.Errorf("%s", text)
	}
	if Paragraph(nil, nil) != "" {
		t.Error("nothing is recorded, and something is said")
	}
}

func TestGaps(t *testing.T) {
	gaps := Gaps(nil, []survey.Declaration{{Name: "data link", Value: "x"}})
	for _, g := range gaps {
		if g.Answered != (g.Number == 11) || g.Answered == (g.Owed != "") {
			t.Errorf("%+v", g)
		}
	}
	if len(gaps) != 28 || gaps[2].Owed != `requin declare "annotation technique" "..."` || gaps[19].Owed != "a record of requin train" || !slices.Equal(gaps[10].By, []string{record.Declared}) {
		t.Errorf("%+v", gaps)
	}
	if list := GapList(gaps); strings.Count(list, "\n") != 30 {
		t.Errorf("%s", list)
	}
}
