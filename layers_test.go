package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers is the map of the rooms: which of Requin's packages each may import,
// and which packages from outside it alone may touch. A new package is a new
// line here, hence a decision.
var layers = map[string][]string{
	"frame":       {},
	"taxon":       {},
	"disk":        {},
	"video":       {"frame"},
	"nn":          {"frame"},
	"native":      {},
	"torch":       {"nn", "native"},
	"onnx":        {"nn", "native"},
	"weights":     {"nn", "onnx"},
	"detect":      {"frame", "taxon", "onnx"},
	"track":       {"frame", "taxon", "detect"},
	"uncertainty": {"frame", "taxon", "detect", "track"},
	"count":       {"frame", "taxon", "detect", "track", "uncertainty"},
	"review":      {"frame", "taxon", "detect", "track", "count", "uncertainty"},
	"annotate":    {"frame", "taxon", "track"},
	"dataset":     {"frame", "taxon", "annotate", "video", "disk", "page"},
	"eval":        {"frame", "taxon", "detect", "track", "count", "uncertainty", "annotate"},
	"train":       {"frame", "taxon", "count", "uncertainty", "disk", "nn", "torch", "weights", "onnx", "dataset", "detect", "eval", "plot", "page", "report"},
	"models":      {},
	"simulate":    {"frame", "taxon", "annotate", "video"},
	"scan":        {"frame", "taxon", "video", "detect", "track", "count", "uncertainty"},
	"survey":      {"frame", "taxon", "detect", "track", "uncertainty", "count", "annotate", "dataset", "disk"},
	"exchange":    {"frame", "taxon", "detect", "track", "count", "eval", "annotate", "dataset"},
	"record":      {},
	"desk":        {"frame", "taxon", "detect", "track", "uncertainty", "count", "review", "annotate", "scan", "record", "survey"},
	"method":      {"track", "count", "detect", "scan", "dataset", "survey", "desk", "record", "ask", "disk"},
	"paper":       {},        // alone reads PDF
	"ask":         {"paper"}, // questions and their evidence; method asks its records with it
	"plot":        {"frame"},
	"page":        {},
	"report":      {"frame", "taxon", "detect", "track", "count", "uncertainty", "eval", "plot", "page"},
	"web":         {"frame", "taxon", "detect", "track", "count", "uncertainty", "review", "annotate", "eval", "video", "scan", "survey", "desk", "disk"},
	"cli":         {"*"},
	"realdata":    {},       // for tests alone
	"cli/demo":    {"onnx"}, // draws the demo's clip and writes its detector
	"":            {"cli"},  // main.go
}

// pure rooms do no input or output: no disk, clock, log or process.
var pure = []string{"ask", "frame", "plot", "page", "nn", "taxon", "track", "uncertainty", "count", "eval", "annotate", "review"}

var impure = []string{"os", "os/exec", "io/ioutil", "log", "log/slog", "net", "net/http", "syscall", "path/filepath"}

// only says which rooms alone may touch what is outside.
var only = map[string][]string{
	"os/exec":                         {"video", "cli", "cli/demo"}, // cli: opening a page in the browser
	"database/sql":                    {"survey"},
	"net/http":                        {"web", "method"}, // method: the user's own language model
	"github.com/yalue/onnxruntime_go": {"onnx"},
	"github.com/ebitengine/purego":    {"torch"},
	"github.com/klippa-app/go-pdfium": {"paper"},
	"C":                               {}, // none
}

func TestLayers(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "node_modules", "bench", "docs"}, d.Name())) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		room := filepath.Dir(path)
		if room == "." {
			room = ""
		}
		allowed, known := layers[room]
		if !known {
			t.Errorf("%s: package %q is not on the map: add a line to layers", path, room)
			return nil
		}
		seen[room] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if own, ok := strings.CutPrefix(imported, "requin/"); ok {
				if !slices.Contains(allowed, own) && !slices.Contains(allowed, "*") {
					t.Errorf("%s: %s may not import %s", path, room, own)
				}
				continue
			}
			if rooms, ok := only[imported]; ok && !slices.Contains(rooms, room) {
				t.Errorf("%s: only %v may import %s", path, rooms, imported)
			}
			if slices.Contains(pure, room) && slices.Contains(impure, imported) {
				t.Errorf("%s: %s is pure and may not import %s", path, room, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room := range layers {
		if !seen[room] {
			t.Errorf("the map names %q, but there is no such package", room)
		}
	}
}
