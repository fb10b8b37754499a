package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"requin/onnx"
	"requin/uncertainty"
)

// furnish puts the demo's files into a folder, and networks that are no detectors.
func furnish(dir string) error {
	for _, name := range []string{"clip.mp4", "blobs.onnx", "truth.csv"} {
		content, err := demoFiles.ReadFile("demo/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			return err
		}
	}
	if err := measuredModels(dir); err != nil {
		return err
	}
	for name, dims := range map[string][2][]int64{
		"classifier.onnx": {{1, 3, 32, 32}, {1, 1000}},        // an answer for the whole picture
		"rank2.onnx":      {{1, 3072}, {1, 6, 1260}},          // no picture goes in
		"grey.onnx":       {{1, 1, 192, 320}, {1, 6, 1260}},   // one channel
		"batch.onnx":      {{16, 3, 192, 320}, {16, 6, 1260}}, // sixteen pictures at once
	} {
		if err := os.WriteFile(filepath.Join(dir, name), network(dims[0], dims[1]), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// network answers every picture of one shape with zeros of another.
func network(in, out []int64) []byte {
	g := onnx.Graph{Name: "zeros"}
	g.Input("images", onnx.Float32, in...)
	n := int64(1)
	for _, d := range out {
		n *= d
	}
	g.Constant("zeros", onnx.Tensor{Shape: out, F32: make([]float32, n)})
	g.Constant("nothing", onnx.Tensor{Shape: []int64{1}, F32: []float32{0}})
	g.Node("ReduceSum", []string{"images"}, []string{"sum"}, onnx.Attributes{"keepdims": 0})
	g.Node("Mul", []string{"sum", "nothing"}, []string{"zero"}, nil)
	g.Node("Add", []string{"zeros", "zero"}, []string{"output0"}, nil)
	g.Output("output0", onnx.Float32, out...)
	return g.Bytes()
}

// measuredModels puts detectors into a folder: measured.onnx is the demo's, and says how well it sees sharks and yellow fish at five
// sites; blind.onnx has classes of its own, finds nothing, and does not say so.
func measuredModels(dir string) error {
	detector, err := demoFiles.ReadFile("demo/blobs.onnx")
	if err != nil {
		return err
	}
	seen, err := json.Marshal(map[string]uncertainty.Detectability{"shark": wellSeen(), "yellow fish": wellSeen()})
	if err != nil {
		return err
	}
	blind := network([]int64{1, 3, 192, 320}, []int64{1, 6, 1260})
	for name, file := range map[string][]byte{
		"measured.onnx": withMetadata(detector, uncertainty.DetectabilityKey, string(seen)),
		"blind.onnx":    withMetadata(withMetadata(blind, "names", "{0: 'turtle', 1: 'ray'}"), "task", "detect"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), file, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// wellSeen is how a good detector sees a taxon: of 45 arrivals at five sites it missed two, which lasted some seconds.
func wellSeen() uncertainty.Detectability {
	return uncertainty.Detectability{
		Slope: 1, Spread: 0.3, Stray: 0.05, Hole: 0.9, Edge: 0.5, Same: 0.3, Recall: 0.955, Between: 0.3, Together: 0.5,
		Alone: [][]float64{{4}, {8}, {15}}, Beside: 0.05, Shape: 1, Visits: []float64{4, 8, 15},
		Deployments: 12, Candidates: 60, Animals: 50, Arrivals: 45,
		Sites: []string{"Abore", "Kué", "Larégnère", "Mbere", "Signal"},
	}
}

// withMetadata is an ONNX file that has an entry of metadata besides (ModelProto.metadata_props).
func withMetadata(file []byte, key, value string) []byte {
	var entry []byte
	entry = protowire.AppendString(protowire.AppendTag(entry, 1, protowire.BytesType), key)
	entry = protowire.AppendString(protowire.AppendTag(entry, 2, protowire.BytesType), value)
	return protowire.AppendBytes(protowire.AppendTag(slices.Clone(file), 14, protowire.BytesType), entry)
}
