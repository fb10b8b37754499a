package method

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"requin/record"
	"requin/survey"
)

func TestCrate(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	b := Book{Survey: "Reef", Head: "abc", Models: []survey.Model{{Name: "m 1", Card: json.RawMessage(`{"dataset":"d","validation":{"ap50":0.25,"ap":0.125}}`)}}}
	for i := range 5 {
		k, _ := recorded(t, r, i)
		k.read.Inputs = []record.Input{{Role: "video", Path: "a/dive.mp4", SHA256: strings.Repeat("b", 64)}, {Role: "taxa", SHA256: record.NotRecorded}}
		b.Records = append(b.Records, k)
	}
	folder := filepath.Join(t.TempDir(), "crate")
	cards := map[string]string{"m 1": "# m 1\n"}
	notes, err := b.WriteCrate(t.Context(), folder, b.Latest(), cards, time.Unix(1e9, 0))
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "requin declare authors") {
		t.Fatal(notes, err)
	}
	crateHolds(t, folder)
	if _, err := b.WriteCrate(t.Context(), folder, b.Latest(), cards, time.Now()); err == nil {
		t.Error("a folder that is there was written over")
	}
	b.Declared = []survey.Declaration{{Name: "authors", Value: "Ana Maria Sample; Consortium"}, {Name: "licence", Value: "CC BY 4.0"}, {Name: "funding", Value: "F"}, {Name: "data link", Value: "https://doi.org/10.5281/zenodo.1"}}
	folder = filepath.Join(t.TempDir(), "crate")
	if notes, err := b.WriteCrate(t.Context(), folder, b.Latest(), cards, time.Unix(1e9, 0)); err != nil || len(notes) != 0 {
		t.Fatal(notes, err)
	}
	crateHolds(t, folder)
	var citation map[string]any
	text, err := os.ReadFile(filepath.Join(folder, citationFile))
	if err != nil || yaml.Unmarshal(text, &citation) != nil || citation["cff-version"] != "1.2.0" || citation["license"] != "CC-BY-4.0" || citation["doi"] != "10.5281/zenodo.1" ||
		citation["authors"].([]any)[0].(map[string]any)["family-names"] != "Sample" || citation["authors"].([]any)[1].(map[string]any)["name"] != "Consortium" {
		t.Errorf("%s, %v", text, err)
	}
	card, err := os.ReadFile(filepath.Join(folder, cardsFolder, "m_1.md"))
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(strings.TrimPrefix(string(card), "---\n"), "---\n")
	var model map[string]any
	if err := yaml.Unmarshal([]byte(head), &model); err != nil || model["license"] != "cc-by-4.0" || model["pipeline_tag"] != "object-detection" || !strings.Contains(head, "value: 0.25") || body != "\n# m 1\n" {
		t.Errorf("%s, %v", card, err)
	}
}

// crateHolds wants what RO-Crate 1.2 does: a descriptor, a root, every id that is named in the graph, every file there and as described.
func crateHolds(t *testing.T, folder string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, crateFile))
	if err != nil {
		t.Fatal(err)
	}
	var crate struct {
		Context string           `json:"@context"`
		Graph   []map[string]any `json:"@graph"`
	}
	if err := json.Unmarshal(text, &crate); err != nil || crate.Context != "https://w3id.org/ro/crate/1.2/context" {
		t.Fatal(crate.Context, err)
	}
	known := map[string]map[string]any{}
	for _, e := range crate.Graph {
		id := e["@id"].(string)
		if known[id] != nil {
			t.Errorf("%s is there twice", id)
		}
		known[id] = e
	}
	for _, field := range []string{"name", "description", "datePublished"} {
		if known["./"][field] == nil {
			t.Errorf("the root has no %s", field)
		}
	}
	var look func(v any)
	look = func(v any) {
		switch x := v.(type) {
		case []any:
			for _, y := range x {
				look(y)
			}
		case map[string]any:
			if id, is := x["@id"].(string); is && len(x) == 1 {
				if known[id] == nil && !strings.HasPrefix(id, "https://w3id.org/") {
					t.Errorf("%s is named and not described", id)
				}
				return
			}
			for _, y := range x {
				look(y)
			}
		}
	}
	for _, e := range crate.Graph {
		for key, v := range e {
			if key != "@id" {
				look(v)
			}
		}
		if e["@type"] == "File" {
			content, err := os.ReadFile(filepath.Join(folder, e["@id"].(string)))
			sum := sha256.Sum256(content)
			if err != nil || hex.EncodeToString(sum[:]) != e["sha256"] {
				t.Errorf("%s: %v", e["@id"], err)
			}
		}
	}
	if len(known["./"]["mentions"].([]any)) != 5 {
		t.Errorf("%v", known["./"]["mentions"])
	}
}
