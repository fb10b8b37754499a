package train

import (
	"fmt"
	"io"
	"strings"

	"requin/uncertainty"
)

// Card says what a model file is, how good it was found to be and how fast it is.
type Card struct {
	Schema        string                               `json:"schema"`
	Name          string                               `json:"name"`
	File          string                               `json:"file"`
	SHA256        string                               `json:"sha256"` // of the file
	Bytes         int                                  `json:"bytes"`
	Run           string                               `json:"run_sha256"` // of the record of the training, run.json
	Network       string                               `json:"network"`
	Classes       []string                             `json:"classes"`
	Width         int                                  `json:"width"` // of the input, pixels
	Height        int                                  `json:"height"`
	Parameters    int                                  `json:"parameters"` // numbers learned
	MACs          int64                                `json:"macs"`       // multiplications with additions, for one picture
	Dataset       string                               `json:"dataset"`
	DatasetSum    string                               `json:"dataset_sha256"`
	Fold          int                                  `json:"fold"`     // held out; -2: none
	Learned       int                                  `json:"pictures"` // learned from
	Held          int                                  `json:"held_out"` // pictures
	Recipe        string                               `json:"recipe"`
	Begun         string                               `json:"began_with"`
	Ended         string                               `json:"ended"`
	Step          int                                  `json:"step"` // that the weights are of
	Validation    *Validation                          `json:"validation,omitempty"`
	Thresholds    map[string]float64                   `json:"thresholds,omitempty"`
	Detectability map[string]uncertainty.Detectability `json:"acuity,omitempty"` // how well each taxon is seen, where the held-out pictures were video
	Agreement     Agreement                            `json:"agreement"`        // of the file with the trainer
	Machine       string                               `json:"machine"`          // that the times are of
	Notes         []string                             `json:"notes,omitempty"`
}

// CardSchema is the version of the card's form.
const CardSchema = "requin.model-card/1"

// Card fills in what the training knows.
func (t *Trained) Card() Card {
	d := t.Network.Design()
	return Card{
		Schema: CardSchema, Network: d.Network, Classes: d.Classes, Width: d.W, Height: d.H, Parameters: t.About.Learned, MACs: t.About.MACs,
		Dataset: t.job.Manifest.Name, DatasetSum: t.job.Manifest.Hash(), Fold: t.job.Fold, Learned: t.Learned, Held: t.Held, Recipe: t.job.Recipe.Name,
		Begun: t.Begun, Ended: t.Ended, Step: t.Step, Validation: t.Validation, Thresholds: t.Thresholds, Detectability: t.Detectability,
	}
}

// WriteMarkdown writes the card for people.
func (c Card) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	row := func(name, format string, a ...any) { fmt.Fprintf(&b, "| %s | %s |\n", name, fmt.Sprintf(format, a...)) }
	fmt.Fprintf(&b, "# %s\n\n| | |\n|---|---|\n", c.Name)
	row("File", "`%s`, %.1f MB, SHA-256 `%s`", c.File, float64(c.Bytes)/1e6, c.SHA256)
	row("Network", "%s, %.2f million parameters, %.2f billion multiplications a picture", c.Network, float64(c.Parameters)/1e6, float64(c.MACs)/1e9)
	row("Input", "%d×%d pixels", c.Width, c.Height)
	row("Speed", "%.1f ms a picture, ONNX Runtime, %d threads (%s)", c.Agreement.MS, c.Agreement.Threads, c.Machine)
	row("Agreement", "99.9 %% of the numbers that the file answers to %d pictures differ from the trainer's forward pass by at most %.1e, all by at most %.1e", c.Agreement.Pictures, c.Agreement.Within, c.Agreement.Largest)
	row("Trained on", "%s (manifest SHA-256 `%s`), %d pictures", c.Dataset, c.DatasetSum, c.Learned)
	row("Recipe", "%s; began with %s; ended: %s", c.Recipe, c.Begun, c.Ended)
	row("Record", "run.json, SHA-256 `%s`", c.Run)
	if v := c.Validation; v != nil {
		held := fmt.Sprintf("fold %d", c.Fold)
		fmt.Fprintf(&b, "\nOn the %d held-out pictures of %s, on which also the best weights and the thresholds were chosen (so these numbers flatter), at step %d:\n\n", c.Held, held, v.Step)
		if v.Partial > 0 {
			fmt.Fprintf(&b, "%d of them are partial: nobody looked at all of them. What is found there beside the known animals counts neither as right nor as wrong, so these numbers flatter the more.\n\n", v.Partial)
		}
		fmt.Fprint(&b, "| taxon | boxes | AP50 | AP50:95 | threshold | precision | recall | F |\n|---|---|---|---|---|---|---|---|\n")
		for _, s := range v.Taxa {
			if s.Truth == 0 {
				fmt.Fprintf(&b, "| %s | 0 | | | | | | |\n", s.Taxon)
				continue
			}
			fmt.Fprintf(&b, "| %s | %d | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f |\n", s.Taxon, s.Truth, s.AP50, s.AP, s.Threshold, s.Precision, s.Recall, s.F)
		}
		c.writeDetectability(&b)
	} else {
		fmt.Fprint(&b, "\nNothing was held out, so how good it is was not measured, and its thresholds are the default.\n")
	}
	if len(c.Notes) > 0 {
		fmt.Fprint(&b, "\n")
	}
	for _, n := range c.Notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeDetectability says of how far counts may be trusted.
func (c Card) writeDetectability(b *strings.Builder) {
	if len(c.Detectability) == 0 {
		fmt.Fprint(b, "\nThe held-out pictures are no video, or hold too little, so how far a MaxN of this model may be trusted was not measured: counts come without an interval.\n")
		return
	}
	fmt.Fprint(b, "\nHow far a MaxN may be trusted, measured on the same pictures as video (docs/science/uncertainty.md):\n\n")
	fmt.Fprint(b, "| taxon | stretches of video | arrivals | visits | candidates | arrivals found | between stretches (SD of log odds) |\n|---|---|---|---|---|---|---|\n")
	for _, name := range c.Classes {
		if a, ok := c.Detectability[name]; ok {
			fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %.2f | %.1f |\n", name, a.Deployments, a.Arrivals, a.Animals, a.Candidates, a.Recall, a.Between)
		}
	}
}
