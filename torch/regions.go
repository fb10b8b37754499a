package torch

import "requin/nn"

func (e *eager) RoIAlign(features []nn.Tensor, regions nn.Tensor, r nn.RoIAlign) nn.Tensor {
	nn.Fail("not yet")
	return nil
}

func (e *eager) Propose(objectness, deltas []nn.Tensor, p nn.Proposing) nn.Tensor {
	nn.Fail("not yet")
	return nil
}

func (e *eager) Suppress(regions, scores, deltas nn.Tensor, s nn.Suppressing) (boxes, labels, confidence nn.Tensor) {
	nn.Fail("not yet")
	return nil, nil, nil
}
