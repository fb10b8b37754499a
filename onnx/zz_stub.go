package onnx

import (
	"errors"

	"requin/nn"
)

// Write writes a network with its weights as a file that anyone can run: opset 16,
// batch size 1, batch normalisation folded into the convolution before it.
func Write(network nn.Network, w nn.Weights, metadata map[string]string) ([]byte, error) {
	return nil, errors.New("not yet")
}
