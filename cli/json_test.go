package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// contract reads a page of docs/formats: the fields of each kind of object, which is named in bold before its table. Those of which the
// page says that they are left out may be absent.
func contract(page string) (fields map[string][]string, optional map[string]bool, err error) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "formats", page))
	if err != nil {
		return nil, nil, err
	}
	fields, optional = map[string][]string{}, map[string]bool{}
	kind := ""
	name := regexp.MustCompile("`([a-z0-9_]+)`")
	for line := range strings.Lines(string(text)) {
		if m := regexp.MustCompile("^\\*\\*`([a-z0-9./]+)`\\*\\*").FindStringSubmatch(line); m != nil {
			kind = m[1]
			fields[kind] = nil
		} else if cells := strings.Split(line, "|"); kind != "" && len(cells) > 2 {
			for _, m := range name.FindAllStringSubmatch(cells[1], -1) {
				fields[kind] = append(fields[kind], m[1])
				optional[kind+" "+m[1]] = strings.Contains(cells[2], "left out")
			}
		}
	}
	return fields, optional, nil
}

// documented wants each line of a --json output to have the fields that are documented, and no other: documented OUTPUT [PAGE]. A field
// that holds an object, or a list of them, is looked into where the page has a table of its name.
func documented(ts *testscript.TestScript, _ bool, args []string) {
	page := "count-json.md"
	if len(args) > 1 {
		page = args[1]
	}
	fields, optional, err := contract(page)
	ts.Check(err)
	if page == "count-json.md" {
		if len(fields) != 4 {
			ts.Fatalf("the document describes %d types of lines", len(fields))
		}
		for kind := range fields { // what every line has is said once
			fields[kind] = append(fields[kind], "type", "deployment")
		}
		for _, f := range []string{"taxon"} { // of its row only the codes are left out
			delete(optional, "count "+f)
		}
	}
	var look func(kind string, object map[string]any)
	look = func(kind string, object map[string]any) {
		if len(fields[kind]) == 0 {
			ts.Fatalf("docs/formats/%s has no table of %q", page, kind)
		}
		for _, f := range fields[kind] {
			if _, ok := object[f]; !ok && !optional[kind+" "+f] {
				ts.Fatalf("an object of type %q lacks %q", kind, f)
			}
		}
		for f, value := range object {
			if !slices.Contains(fields[kind], f) {
				ts.Fatalf("an object of type %q has %q, which docs/formats/%s does not know", kind, f, page)
			}
			if len(fields[f]) == 0 {
				continue
			}
			list, ok := value.([]any)
			if !ok {
				list = []any{value}
			}
			for _, v := range list {
				if inner, ok := v.(map[string]any); ok {
					look(f, inner)
				}
			}
		}
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var object map[string]any
		ts.Check(json.Unmarshal([]byte(line), &object))
		kind, ok := object["type"].(string)
		if !ok {
			kind, _ = object["schema"].(string)
		}
		look(kind, object)
	}
}

// golden holds a --json output against a file in testdata: golden OUTPUT FILE. Boxes are compared to
// whole pixels and scores to two decimals: processors differ in the last digits. Intervals are drawn by chance: of these it is held that
// they are there.
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
		if name == "p_more" {
			return v[:min(1, len(v))]
		}
	case float64:
		switch name {
		case "estimate", "low", "high", "p_more":
			return "drawn"
		case "x0", "y0", "x1", "y1":
			return math.Round(v)
		case "score":
			return math.Round(100*v) / 100
		}
	}
	return v
}
