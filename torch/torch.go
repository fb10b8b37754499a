// Package torch's noun is a network that learns: nn.Ops run at once by libtorch,
// with gradients. It owns the C shim (shim.cc) and how it is found, devices,
// optimisers and the running average of weights. It is loaded at run time, so that
// all else builds and runs without it. What is learned, and from what, is nn's and
// train's.
//
//	model, err := torch.NewModel(about.Params, weights, "cpu")
//	optimiser, err := torch.NewOptimiser(model, settings)
//	lesson, err := model.Learn(network, input, truth, step) // gradients are added up
//	norm, err := model.Clip(10)
//	err = optimiser.Step(rate)                              // and they are zero again
//
// A Model and what hangs on it belong to one goroutine at a time; different models
// may be used side by side.
package torch
