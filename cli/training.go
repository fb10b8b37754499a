package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"requin/eval"
	"requin/onnx"
	"requin/record"
	"requin/survey"
	"requin/torch"
	"requin/train"
)

// training is one model being trained.
type training struct {
	*app
	survey  *survey.Survey // nil outside one
	flags   trainFlags
	name    string
	folder  string
	job     train.Job
	started time.Time
	energy  *record.Meter
	machine record.Machine
	info    torch.Info
	init    record.Input // the weights that it begins with, if any
}

// The files of a training's folder that people and programs read.
const (
	modelFile = "model.onnx"
	cardFile  = "card.md"
	cardJSON  = "card.json"
)

// run trains and writes the folder. The model comes after the record whose hash it carries.
func (t *training) run(ctx context.Context) (train.Card, error) {
	t.started, t.energy, t.machine = time.Now(), record.NewMeter(), record.ThisMachine(ctx)
	folder, err := survey.OpenFolder(t.folder)
	if err != nil {
		return train.Card{}, err
	}
	defer folder.Close()
	t.job.Folder = folder.Path
	if t.flags.restart {
		if err := train.Forget(folder.Path); err != nil {
			return train.Card{}, err
		}
	}
	if t.info, err = torch.Load(); err != nil {
		return train.Card{}, err
	}
	t.logf("%s: %s on %s, %s; follow it in %s", t.name, t.job.Recipe.Network, t.job.Manifest.Name, strings.Join(t.job.Devices, ", "), folder.File(train.PageFile))
	bar := newTrainBar(t.stderr, t.name)
	trained, err := train.Run(ctx, t.job, train.Watch{Note: bar.note, Step: bar.step, Looked: bar.looked, Validated: bar.validated, Facts: t.facts})
	bar.clear()
	if err != nil {
		return train.Card{}, err
	}
	return t.write(ctx, folder, trained)
}

// write puts record, model and card into the folder.
func (t *training) write(ctx context.Context, folder *survey.Folder, trained *train.Trained) (card train.Card, err error) {
	if err := folder.Retract(); err != nil {
		return card, err
	}
	made, err := json.MarshalIndent(t.record(ctx, trained), "", "  ")
	if err != nil {
		return card, err
	}
	run := hexSum(made)
	file, err := trained.Model(map[string]string{"requin.run": run})
	if err != nil {
		return card, err
	}
	card = trained.Card()
	card.Name, card.File, card.SHA256, card.Bytes, card.Run = t.name, modelFile, hexSum(file), len(file), run
	card.Machine, card.Notes = fmt.Sprintf("%s, %d cores", t.machine.CPU, t.machine.Cores), t.flags.notes
	if card.Agreement, err = trained.Compare(ctx, file, min(runtime.NumCPU(), 8)); err != nil {
		return card, err
	}
	text, err := json.MarshalIndent(card, "", "  ")
	if err != nil {
		return card, err
	}
	content := func(b []byte) func(io.Writer) error {
		return func(w io.Writer) error { _, err := w.Write(b); return err }
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{{modelFile, content(file)}, {cardFile, card.WriteMarkdown}, {cardJSON, content(append(text, '\n'))}, {survey.RunFile, content(made)}} {
		if err := folder.Write(f.name, f.write); err != nil {
			return card, err
		}
	}
	if t.survey != nil {
		err = t.survey.PutModel(ctx, survey.Model{Name: t.name, Path: folder.File(modelFile), SHA256: card.SHA256, Created: time.Now().UTC(), Card: text})
		if err == nil {
			err = keepRunFile(ctx, t.survey, record.Train, "", folder.Path)
		}
	}
	return card, err
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// record is what run.json says.
func (t *training) record(ctx context.Context, trained *train.Trained) record.Record {
	r := begin(ctx, record.Train)
	r.Libraries["libtorch"], r.Machine = t.info.Version, t.machine
	r.Seeds = map[string]uint64{"training": t.job.Recipe.Seed, "dataset": t.job.Manifest.Settings.Seed}
	r.Settings = map[string]any{"recipe": t.job.Recipe, "fold": t.job.Fold, "devices": t.job.Devices, "graphics_processors": t.info.CUDA,
		"threads": t.info.Threads, "begins_with": trained.Begun}
	if unchanged, err := train.ReadRecipe(t.flags.recipe, nil); err == nil { // it was read before
		r.Defaults = map[string]any{"recipe": unchanged}
	}
	r.Inputs = append(r.Inputs, record.Input{Role: "dataset", Path: t.job.Dataset, SHA256: t.job.Manifest.Hash()})
	energy := t.spent(trained.Resumed)
	r.Energy = &energy
	r.Outcome = map[string]any{"ended": trained.Ended, "step": trained.Step, "validation": trained.Validation, "thresholds": trained.Thresholds,
		"calibration": trained.Calibration, "curve": trained.Curve, "pictures": trained.Learned, "held_out": trained.Held,
		"training_s": trained.Elapsed.Seconds(), "resumed": trained.Resumed, "energy": energy}
	if version, err := onnx.Version(); err == nil {
		r.Libraries["onnxruntime"] = version
	}
	if t.init.Path != "" {
		r.Inputs = append(r.Inputs, t.init)
	}
	r.Times.Started = t.started.UTC()
	r.End()
	return r
}

// spent is the energy of the training, where it was not interrupted.
func (t *training) spent(resumed int) record.Energy {
	if resumed > 0 {
		return record.Energy{Status: record.NotMeasured, Why: "the training was interrupted, and what it took before is not known"}
	}
	return t.energy.Read()
}

func energyText(e record.Energy) string {
	if e.Status != record.Measured {
		return fmt.Sprintf("%s: %s", record.NotMeasured, e.Why)
	}
	return fmt.Sprintf("%.3f kWh (%s)", e.Joules/3.6e6, strings.Join(e.Covers, ", "))
}

// facts are the rows of the page about the run.
func (t *training) facts() [][2]string {
	gpu := "none"
	if len(t.info.CUDA) > 0 {
		gpu = strings.Join(t.info.CUDA, ", ")
	}
	return [][2]string{
		{"Requin", record.Version()}, {"libtorch", t.info.Version}, {"Machine", fmt.Sprintf("%s, %s, %d cores, %.0f GiB", t.machine.OS, t.machine.CPU, t.machine.Cores, float64(t.machine.MemoryBytes)/(1<<30))},
		{"Graphics processors", gpu}, {"Devices", strings.Join(t.job.Devices, ", ")}, {"Energy", energyText(t.energy.Read())},
	}
}

// printFolds prints what came of it: a line a model, and how the folds differ.
func (a *app) printFolds(cards []train.Card, asJSON bool) error {
	if asJSON {
		out := json.NewEncoder(a.stdout)
		for _, c := range cards {
			if err := out.Encode(c); err != nil {
				return err
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(a.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "model\ttaxon\tboxes\tAP50\tAP50:95\tthreshold\tprecision\trecall\tF")
	aps := map[string][]float64{}
	var order []string
	for _, c := range cards {
		if c.Validation == nil {
			fmt.Fprintf(t, "%s\tnothing was held out\n", c.Name)
			continue
		}
		for _, s := range c.Validation.Taxa {
			if s.Truth == 0 {
				fmt.Fprintf(t, "%s\t%s\t0\n", c.Name, s.Taxon)
				continue
			}
			fmt.Fprintf(t, "%s\t%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\n", c.Name, s.Taxon, s.Truth, s.AP50, s.AP, s.Threshold, s.Precision, s.Recall, s.F)
			if aps[s.Taxon] == nil {
				order = append(order, s.Taxon)
			}
			aps[s.Taxon] = append(aps[s.Taxon], s.AP50)
		}
	}
	for _, taxon := range order {
		if list := aps[taxon]; len(list) > 1 {
			over := eval.Summarise(list)
			fmt.Fprintf(t, "%d folds\t%s\t\t%.3f ± %.3f\n", len(list), taxon, over.Mean, over.SD)
		}
	}
	return t.Flush()
}

// trainBar shows how a training goes.
type trainBar struct {
	bar
	name string
	at   train.Progress
}

func newTrainBar(w io.Writer, name string) *trainBar { return &trainBar{bar: newBar(w), name: name} }

func (b *trainBar) note(text string) {
	b.clear()
	fmt.Fprintf(b.w, "%s: %s\n", b.name, text)
}

func (b *trainBar) step(p train.Progress) {
	b.at = p
	b.show(b.line)
}

func (b *trainBar) line() string {
	p := b.at
	fraction := float64(p.Step) / float64(max(p.Steps, 1))
	line := fmt.Sprintf("%s %s%3.0f %% · step %d of %d · epoch %.1f", b.name, b.filled(fraction), 100*fraction, p.Step, p.Steps, p.Epoch)
	for _, term := range p.Terms {
		line += fmt.Sprintf(" · %s %.2f", term.Name, term.Value)
	}
	line += fmt.Sprintf(" · rate %.2g", p.Rate)
	if p.PicturesS > 0 {
		line += fmt.Sprintf(" · %.1f pictures/s · %s left", p.PicturesS, p.Left.Round(time.Second))
	}
	if p.Best != nil {
		line += fmt.Sprintf(" · best AP50 %.3f", p.Best.AP50)
	}
	return line
}

func (b *trainBar) looked(done, of int) {
	b.show(func() string { return fmt.Sprintf("%s · looking at held-out pictures: %d of %d", b.name, done, of) })
}

func (b *trainBar) validated(v train.Validation, best bool) {
	b.clear()
	mark := ""
	if best {
		mark = ", the best yet"
	}
	fmt.Fprintf(b.w, "%s: step %d, %d held-out pictures: AP50 %.3f, AP50:95 %.3f%s\n", b.name, v.Step, v.Pictures, v.AP50, v.AP, mark)
}
