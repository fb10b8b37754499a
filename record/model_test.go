package record

import (
	"encoding/json"
	"testing"
)

func TestModelOf(t *testing.T) {
	text, err := json.Marshal(Record{Schema: Schema, Inputs: []Input{{Role: "video", Path: "a.mp4"}, {Role: "model", Path: "fish.onnx", SHA256: "0123456789abcdef"}}})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{string(text): "fish.onnx, SHA-256 0123456789ab", `{"inputs": []}`: "unknown", "": "unknown", "{": "unknown"} {
		if got := ModelOf([]byte(in)); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
