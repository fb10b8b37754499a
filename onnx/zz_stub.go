package onnx

import "requin/nn"

func (w *writer) RoIAlign(features []nn.Tensor, regions nn.Tensor, r nn.RoIAlign) nn.Tensor {
	nn.Fail("networks with regions cannot be written yet")
	return nil
}

func (w *writer) Propose(objectness, deltas []nn.Tensor, p nn.Proposing) nn.Tensor {
	nn.Fail("networks with regions cannot be written yet")
	return nil
}

func (w *writer) Suppress(regions, scores, deltas nn.Tensor, s nn.Suppressing) (boxes, labels, confidence nn.Tensor) {
	nn.Fail("networks with regions cannot be written yet")
	return nil, nil, nil
}
