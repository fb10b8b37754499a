package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// Field is one value of a record: "settings.recipe.batch", 8.
type Field struct {
	Path  string
	Value string // as JSON writes it
}

// mostDeep is how deep a record may go: no record does, but a file can.
const mostDeep = 64

// Fields are all values of a record, in the order of their paths; parts of a list are named by [0], [1] ... Numbers stay as they
// are written. What is no JSON has none.
func Fields(record []byte) []Field {
	d := json.NewDecoder(bytes.NewReader(record))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	var out []Field
	walk("", v, 0, &out)
	return out
}

func walk(path string, v any, depth int, out *[]Field) {
	if depth > mostDeep {
		return
	}
	switch x := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			walk(strings.TrimPrefix(path+"."+k, "."), x[k], depth+1, out)
		}
	case []any:
		for i := range x {
			walk(fmt.Sprintf("%s[%d]", path, i), x[i], depth+1, out)
		}
	default:
		text, err := json.Marshal(x)
		if err == nil {
			*out = append(*out, Field{path, string(text)})
		}
	}
}
