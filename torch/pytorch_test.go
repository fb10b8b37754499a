package torch

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"requin/nn"
)

// script takes the same steps as the test with PyTorch's own optimisers: the gradient
// is twice a parameter, plus 1.
const script = `
import json, sys, torch
out = {}
for name, make in {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.1, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.05),
}.items():
    p = torch.tensor([0.3, -2.0, 5.0], requires_grad=True)
    o = make([p])
    for i in range(20):
        o.zero_grad()
        p.grad = ((i % 3) - 0.5) * (2 * p.detach() + 1)
        o.step()
    out[name] = p.detach().tolist()
json.dump(out, sys.stdout)
`

// TestAgainstPyTorch holds the optimisers against those of PyTorch. The network's
// gradient is constant, so the test gives it anew at each step.
func TestAgainstPyTorch(t *testing.T) {
	if os.Getenv("REQUIN_VERIFY") == "" {
		t.Skip("REQUIN_VERIFY is not set")
	}
	needShim(t)
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skip("python3-torch is not installed")
	}
	answer, err := exec.Command(python, "-c", script).Output()
	check(t, err)
	var want map[string][]float32
	check(t, json.NewDecoder(bytes.NewReader(answer)).Decode(&want))
	for name, how := range map[string]Optimising{
		"sgd":      {Kind: "sgd", Momentum: 0.9, Decay: 0.01},
		"nesterov": {Kind: "sgd", Momentum: 0.9, Decay: 0.01, Nesterov: true},
		"adamw":    {Kind: "adamw", Beta1: 0.9, Beta2: 0.99, Eps: 1e-6, Decay: 0.05},
	} {
		n := net{back: make([]float32, 3), f: func(o nn.Ops, images nn.Tensor) nn.Tensor { return variable(o, images, "x", 3) }}
		m := newModel(t, n, map[string][]float32{"x.weight": {0.3, -2, 5}})
		o, err := NewOptimiser(m, how)
		check(t, err)
		for i := range 20 {
			w, err := m.Weights()
			check(t, err)
			for k, p := range w["x.weight"].Values {
				n.back[k] = (float32(i%3) - 0.5) * (2*p + 1)
			}
			_, err = m.Learn(n, pixel, nil, Step{Scale: 1})
			check(t, err)
			check(t, o.Step(0.1))
		}
		w, err := m.Weights()
		check(t, err)
		for i, v := range want[name] {
			near(t, name, w["x.weight"].Values[i:i+1], want[name][i:i+1], 1e-5*(1+float64(max(v, -v))))
		}
		o.Close()
	}
}
