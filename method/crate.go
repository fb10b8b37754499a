package method

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"requin/disk"
	"requin/survey"
)

// The files of a methods folder.
const (
	crateFile     = "ro-crate-metadata.json"
	paragraphFile = "methods.md"
	gapsFile      = "gaps.md"
	citationFile  = "CITATION.cff"
	recordsFolder = "records"
	cardsFolder   = "model-cards"
)

// declaredAs gives the value of a declaration; "" where there is none.
func (b Book) declaredAs(name string) string {
	for _, d := range b.Declared {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

// licences are the names that machines know of licences that people name.
var licences = map[string]string{"ccby40": "CC-BY-4.0", "ccbysa40": "CC-BY-SA-4.0", "ccbync40": "CC-BY-NC-4.0", "cc0": "CC0-1.0", "cc010": "CC0-1.0", "mit": "MIT",
	"apache20": "Apache-2.0", "apachelicense20": "Apache-2.0", "gpl30": "GPL-3.0-only", "agpl30": "AGPL-3.0-only"}

// spdx is a licence's name in SPDX's list; "" where it is not known.
func spdx(name string) string {
	return licences[strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))]
}

var doi = regexp.MustCompile(`10\.\d{4,9}/\S+`)

// Citation is a CITATION.cff (citation file format 1.2.0) of the survey; nil where nobody declared its authors, whom it needs.
func (b Book) Citation() ([]byte, error) {
	authors := []map[string]string{}
	for name := range strings.SplitSeq(b.declaredAs("authors"), ";") {
		words := strings.Fields(name)
		switch len(words) {
		case 0:
		case 1:
			authors = append(authors, map[string]string{"name": words[0]})
		default:
			authors = append(authors, map[string]string{"family-names": words[len(words)-1], "given-names": strings.Join(words[:len(words)-1], " ")})
		}
	}
	if len(authors) == 0 {
		return nil, nil
	}
	c := struct {
		Version string              `yaml:"cff-version"`
		Message string              `yaml:"message"`
		Title   string              `yaml:"title"`
		Type    string              `yaml:"type"`
		Authors []map[string]string `yaml:"authors"`
		Licence string              `yaml:"license,omitempty"`
		DOI     string              `yaml:"doi,omitempty"`
		Code    string              `yaml:"repository-code,omitempty"`
	}{"1.2.0", "If you use these data, please cite them as below.", b.Survey, "dataset", authors, spdx(b.declaredAs("licence")), doi.FindString(b.declaredAs("data link")), b.declaredAs("code link")}
	return yaml.Marshal(c)
}

// ModelCard is a model's card as Hugging Face reads it: a head of YAML, then the card that training wrote, in Markdown.
func (b Book) ModelCard(m survey.Model, card string) ([]byte, error) {
	var facts struct {
		Network    string `json:"network"`
		Dataset    string `json:"dataset"`
		Validation *struct {
			AP50 json.Number `json:"ap50"`
			AP   json.Number `json:"ap"`
		} `json:"validation"`
	}
	if len(m.Card) > 0 {
		if err := json.Unmarshal(m.Card, &facts); err != nil {
			return nil, fmt.Errorf("the card of the model %s cannot be read: %w", m.Name, err)
		}
	}
	head := map[string]any{"library_name": "onnx", "pipeline_tag": "object-detection", "tags": []string{"object-detection", "underwater", "bruvs", "requin"}}
	if licence := b.declaredAs("licence"); licence != "" {
		if id := spdx(licence); id != "" {
			head["license"] = strings.ToLower(id)
		} else {
			head["license"], head["license_name"] = "other", licence
		}
	}
	if v := facts.Validation; v != nil {
		metric := func(kind, name string, value json.Number) map[string]any {
			f, _ := value.Float64() // it was read as a number
			return map[string]any{"type": kind, "name": name, "value": f}
		}
		head["metrics"] = []string{"mean_average_precision"}
		head["model-index"] = []any{map[string]any{"name": m.Name, "results": []any{map[string]any{
			"task":    map[string]string{"type": "object-detection"},
			"dataset": map[string]string{"name": facts.Dataset, "type": facts.Dataset},
			"metrics": []any{metric("mean_average_precision", "AP50", v.AP50), metric("mean_average_precision", "AP50:95", v.AP)},
		}}}}
	}
	text, err := yaml.Marshal(head)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]byte("---\n"), text, []byte("---\n\n"), []byte(card)), nil
}

// WriteCrate writes a folder of all that can be published of how the numbers came about: the paragraph, the list of gaps, the records, model
// cards, CITATION.cff, and ro-crate-metadata.json, which describes them (RO-Crate 1.2). cards are the Markdown cards of models by
// name. It tells what could not be written, and why.
func (b Book) WriteCrate(ctx context.Context, folder string, records []Kept, cards map[string]string, now time.Time) (notes []string, err error) {
	files := []file{
		{paragraphFile, "text/markdown", "Methods paragraph, and the counts", []byte("# Methods\n\n" + b.Paragraph(records) + "\n" + b.countSection())},
		{gapsFile, "text/markdown", "What is answered, and what a person still owes", []byte("# Gaps\n\n" + GapList(Gaps(records, b.Declared)))},
	}
	for _, k := range records {
		files = append(files, file{recordsFolder + "/" + k.ID + ".json", "application/json", "Record of a run: " + k.Kind, k.Record})
	}
	for _, m := range b.Models {
		if text, has := cards[m.Name]; has {
			card, err := b.ModelCard(m, text)
			if err != nil {
				return nil, err
			}
			files = append(files, file{cardsFolder + "/" + safe(m.Name) + ".md", "text/markdown", "Model card: " + m.Name, card})
		}
	}
	citation, err := b.Citation()
	switch {
	case err != nil:
		return nil, err
	case citation == nil:
		notes = append(notes, `CITATION.cff was not written, because it needs authors: requin declare authors "Given Family; Given Family"`)
	default:
		files = append(files, file{citationFile, "application/yaml", "How to cite the data", citation})
	}
	metadata, err := b.crate(records, files, now)
	if err != nil {
		return nil, err
	}
	files = append(files, file{crateFile, "", "", metadata})
	return notes, disk.WriteFolder(folder, func(dir string) error {
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			path := filepath.Join(dir, filepath.FromSlash(f.name))
			if err := makeFolder(filepath.Dir(path)); err != nil {
				return err
			}
			if err := disk.WriteFile(path, func(w io.Writer) error { _, err := io.Copy(w, bytes.NewReader(f.content)); return err }); err != nil {
				return err
			}
		}
		return nil
	})
}

// file is one file of a methods folder.
type file struct {
	name, format, about string
	content             []byte
}

// safe makes a file name of a model's name.
func safe(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>| `, r) || r < ' ' {
			return '_'
		}
		return r
	}, strings.TrimLeft(name, "."))
}
