package cli

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// contract reads docs/formats/count-json.md: the fields of each type of line.
var contract = sync.OnceValues(func() (map[string][]string, error) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "formats", "count-json.md"))
	if err != nil {
		return nil, err
	}
	fields := map[string][]string{}
	kind := ""
	name := regexp.MustCompile("`([a-z0-9_]+)`")
	for line := range strings.Lines(string(text)) {
		if m := regexp.MustCompile("^\\*\\*`([a-z]+)`\\*\\*").FindStringSubmatch(line); m != nil {
			kind = m[1]
			fields[kind] = []string{"type", "deployment"}
		} else if cells := strings.Split(line, "|"); kind != "" && len(cells) > 2 {
			for _, m := range name.FindAllStringSubmatch(cells[1], -1) {
				fields[kind] = append(fields[kind], m[1])
			}
		}
	}
	return fields, nil
})

// leftOut are fields that are absent where there is nothing to say.
var leftOut = []string{"common", "caab", "aphia_id", "threshold"}

// documented wants each line of a --json output to have the fields that are documented, and no other.
func documented(ts *testscript.TestScript, _ bool, args []string) {
	fields, err := contract()
	ts.Check(err)
	if len(fields) != 3 {
		ts.Fatalf("the document describes %d types of lines", len(fields))
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var object map[string]any
		ts.Check(json.Unmarshal([]byte(line), &object))
		kind, _ := object["type"].(string)
		for _, f := range fields[kind] {
			if _, ok := object[f]; !ok && !slices.Contains(leftOut, f) {
				ts.Fatalf("a line of type %q lacks %q", kind, f)
			}
		}
		for f := range maps.Keys(object) {
			if !slices.Contains(fields[kind], f) {
				ts.Fatalf("a line of type %q has %q, which docs/formats/count-json.md does not know", kind, f)
			}
		}
	}
}

// golden holds a --json output against a file in testdata: golden OUTPUT FILE. Boxes are compared to
// whole pixels and scores to two decimals: processors differ in the last digits.
func golden(ts *testscript.TestScript, _ bool, args []string) {
	var got bytes.Buffer
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var object any
		ts.Check(json.Unmarshal([]byte(line), &object))
		b, err := json.MarshalIndent(rounded("", object), "", " ")
		ts.Check(err)
		got.Write(append(b, '\n'))
	}
	path := filepath.Join("testdata", args[1])
	if *update {
		ts.Check(os.WriteFile(path, got.Bytes(), 0o666))
		return
	}
	want, err := os.ReadFile(path)
	ts.Check(err)
	if !bytes.Equal(got.Bytes(), want) {
		ts.Fatalf("not as in %s (go test ./cli -update if that is meant):\n%s", path, got.String())
	}
}

func rounded(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = rounded(k, v[k])
		}
	case []any:
		for i := range v {
			v[i] = rounded(name, v[i])
		}
	case float64:
		switch name {
		case "x0", "y0", "x1", "y1":
			return math.Round(v)
		case "score":
			return math.Round(100*v) / 100
		}
	}
	return v
}
