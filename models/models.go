// Package models' noun is the detector that comes with Requin, so that counting works
// without one of one's own. It owns the file; what it is, from what it was learned and
// what it is not good for stands in its card, starter.md. Training makes others.
package models

import _ "embed" // the file

// StarterName is what the starter model is called where a file would be named.
const StarterName = "starter.onnx"

//go:embed starter.onnx
var starter []byte

// Starter is the starter model's ONNX file. It must not be changed.
func Starter() []byte { return starter }
