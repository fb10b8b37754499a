package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"requin/detect"
	"requin/eval"
	"requin/record"
	"requin/report"
	"requin/train"
	"requin/uncertainty"
)

const (
	evalLow   = 0.01 // score of the weakest detections that enter the curves: COCO's AP needs them
	evalBatch = 32   // pictures that are journalled together
)

// tryModels runs each model on its pictures and judges what it finds.
func (e *evaluation) tryModels(ctx context.Context, models []tested) error {
	first := models[0]
	e.page.Dataset, e.page.Sum = first.manifest.Name, first.manifest.Hash()
	e.inputs = append(e.inputs, record.Input{Role: "dataset", Path: first.dir, SHA256: e.page.Sum})
	journal, _, err := e.folder.Begin(map[string]any{"requin": record.Version(), "low": evalLow, "dataset": e.page.Sum})
	if err != nil {
		return err
	}
	e.journal = journal
	total := 0
	for _, m := range models {
		for _, s := range m.sides {
			total += len(s.Pictures)
		}
	}
	bar := newMeter(e.stderr, "detecting", func(n int64) string { return fmt.Sprintf("%d pictures", n) })
	defer bar.clear()
	done := 0
	for _, m := range models {
		var trials []eval.Trial
		own := true
		for _, s := range m.sides {
			t, err := e.try(ctx, m, s, func() { done++; bar.update(int64(done), int64(total)) })
			if err != nil {
				return err
			}
			trials = append(trials, t)
			own = own && !s.Fresh
		}
		studied, context := m.manifest.Roles()
		e.notePartial(m)
		assessed := report.Model{Assessment: eval.Assess(m.name, trials, studied, context, e.rating), About: m.about, Thresholds: e.thresholdWords(own)}
		e.page.Models = append(e.page.Models, assessed)
		if len(models) == 1 || m.name == models[0].name {
			if err := e.picture(m, trials); err != nil {
				return err
			}
		}
	}
	bar.clear()
	e.page.Provenance = append(e.page.Provenance, report.Section{Title: "Dataset", Rows: [][2]string{
		{"Name", e.page.Dataset}, {"Manifest, SHA-256", e.page.Sum}, {"Pictures", fmt.Sprint(len(first.manifest.Pictures))},
	}})
	return nil
}

// notePartial says how many of a model's pictures do not show all animals with boxes.
func (e *evaluation) notePartial(m tested) {
	partial, all := 0, 0
	for _, s := range m.sides {
		partial, all = partial+m.manifest.Partial(s.Pictures), all+len(s.Pictures)
	}
	if partial > 0 {
		e.note("%s: %d of %d pictures are partial: nobody looked at all of them. What is found there beside the known animals counts neither as right nor as wrong, and "+
			"the animals with boxes there are those that a model showed to people, so that recall and precision flatter.", m.name, partial, all)
	}
}

func (e *evaluation) thresholdWords(own bool) string {
	switch {
	case e.threshold != "":
		return e.threshold + " for all taxa, as was asked for"
	case own:
		return "the models' own, chosen for the best F on these same held-out pictures, so that they flatter a little"
	}
	return "the model's own"
}

// try runs one file on its pictures; what an earlier run found is taken over.
func (e *evaluation) try(ctx context.Context, m tested, s side, step func()) (eval.Trial, error) {
	t := eval.Trial{Name: s.Name, Thresholds: map[string]float64{}}
	in, err := input("model", s.file)
	if err != nil {
		return t, err
	}
	workers := countFlags{device: "cpu", threads: e.threads}
	detector, err := detect.Open(s.file, detect.Options{Low: evalLow, Threads: max(1, workers.cores()/workers.workers()), Taxa: m.manifest.Claimed()})
	if err != nil {
		return t, fmt.Errorf("%s on the dataset %s: %w", s.file, m.manifest.Name, err)
	}
	defer detector.Close()
	card := detector.Card()
	in.SHA256 = card.SHA256
	e.inputs, e.library["onnxruntime"] = append(e.inputs, in), card.Runtime
	for _, x := range detector.Taxa() {
		t.Thresholds[x.Name] = x.Threshold
	}
	t.Unknown = card.Unseen
	e.aboutModel(m, s, card)
	if s.Fresh { // else it learned from these pictures
		measured, err := uncertainty.ReadMeasurements(card)
		if err != nil {
			return t, fmt.Errorf("%s: %w", s.file, err)
		}
		t.Calibrated = measured.Calibrations()
	}
	detectors := []*detect.Detector{detector}
	for len(detectors) < workers.workers() {
		detectors = append(detectors, detector.Twin())
	}
	for at := 0; at < len(s.Pictures); at += evalBatch {
		batch := s.Pictures[at:min(at+evalBatch, len(s.Pictures))]
		name := fmt.Sprintf("%s-%s-%06d", card.SHA256[:16], fileSafe(s.Name), at)
		var found [][]eval.Found
		ok, err := e.journal.Load(name, &found)
		if err != nil {
			return t, err
		}
		if ok && len(found) == len(batch) {
			e.resumed += len(batch)
			for range batch {
				step()
			}
		} else {
			if found, err = look(ctx, detectors, m, batch, step); err != nil {
				return t, err
			}
			if err := e.journal.Save(name, found); err != nil {
				return t, err
			}
		}
		for i, p := range batch {
			t.Images = append(t.Images, eval.Image{Truth: train.Truth(m.manifest.Pictures[p]), Found: found[i], Partial: m.manifest.Pictures[p].Partial})
			t.Groups = append(t.Groups, m.manifest.Pictures[p].Deployment)
		}
	}
	return t, nil
}

func fileSafe(name string) string {
	return strings.TrimSuffix(fileName(strings.ReplaceAll(name, " ", "_")), ".requin")
}

// aboutModel says what of a model and the taxa does not meet, once for each model.
func (e *evaluation) aboutModel(m tested, s side, card detect.Card) {
	rows := [][2]string{{"File", s.file}, {"SHA-256", card.SHA256}, {"Tried on", fmt.Sprintf("%s, %d pictures", s.Name, len(s.Pictures))}, {"Family", card.Family},
		{"Input", fmt.Sprintf("%d×%d pixels", card.Width, card.Height)}}
	for _, t := range card.Taxa {
		rows = append(rows, [2]string{"Threshold, " + t.Name, fmt.Sprintf("%.4g", t.Threshold)})
	}
	e.page.Provenance = append(e.page.Provenance, report.Section{Title: "Model " + m.name + ", " + s.Name, Rows: rows})
	if s.Name != m.sides[0].Name {
		return
	}
	studied, _ := m.manifest.Roles()
	if unknown := slices.DeleteFunc(slices.Clone(card.Unseen), func(t string) bool { return !slices.Contains(studied, t) }); len(unknown) > 0 {
		e.note("%s does not know %s: it is not scored on them.", m.name, strings.Join(unknown, ", "))
	}
	if len(card.Dropped) > 0 {
		e.note("%s also knows classes that no taxon of the dataset means, and what it found of them is left out: %s.", m.name, brief(card.Dropped))
	}
	if card.Metadata["requin.thresholds"] == "" && e.threshold == "" {
		e.note("%s states no thresholds of its own: the default of its kind was taken.", m.name)
	}
}

// brief lists names, cut where there are many.
func brief(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// look runs the detectors side by side on pictures of a dataset.
func look(ctx context.Context, detectors []*detect.Detector, m tested, pictures []int, step func()) ([][]eval.Found, error) {
	found := make([][]eval.Found, len(pictures))
	failed := make([]error, len(detectors))
	var lock sync.Mutex
	var all sync.WaitGroup
	next := 0
	take := func() int {
		lock.Lock()
		defer lock.Unlock()
		next++
		return next - 1
	}
	for w, d := range detectors {
		all.Go(func() {
			for i := take(); i < len(pictures); i = take() {
				if failed[w] = ctx.Err(); failed[w] != nil {
					return
				}
				f, err := m.manifest.Frame(m.dir, pictures[i])
				if err != nil {
					failed[w] = err
					return
				}
				list, err := d.Detect(f)
				if err != nil {
					failed[w] = fmt.Errorf("%s: %w", filepath.Join(m.dir, m.manifest.Pictures[pictures[i]].File), err)
					return
				}
				found[i] = []eval.Found{}
				for _, x := range list {
					found[i] = append(found[i], eval.Found{Box: x.Box, Taxon: x.Taxon, Score: float64(x.Score)})
				}
				lock.Lock()
				step()
				lock.Unlock()
			}
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
