package record

import (
	"encoding/json"
	"fmt"
)

// ModelOf names the model that a run used, out of the text of its record: its file, and the beginning of its
// hash, by which two runs of one model are told from those of two. "unknown" where the record names none.
func ModelOf(text []byte) string {
	var r struct {
		Inputs []Input `json:"inputs"`
	}
	if json.Unmarshal(text, &r) == nil {
		for _, in := range r.Inputs {
			if in.Role == "model" {
				return fmt.Sprintf("%s, SHA-256 %.12s", in.Path, in.SHA256)
			}
		}
	}
	return "unknown"
}
