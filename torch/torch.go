// Package torch's noun is a network that learns: nn.Ops run at once by libtorch,
// with gradients. It owns the C shim (shim/*.cc) and how it is found, devices,
// optimisers and the running average of weights. It is loaded at run time, so that
// all else builds and runs without it. What is learned, and from what, is nn's and
// train's.
//
//	model, err := torch.NewModel(about.Params, weights, "cpu")
//	optimiser, err := torch.NewOptimiser(model, settings)
//	lesson, err := model.Learn(network, input, truth, step) // gradients are added up
//	norm, err := model.Clip(10)
//	err = optimiser.Step(rate)                              // and they are gone again
//
// A Model and what hangs on it belong to one goroutine at a time; different models
// may be used side by side. On the CPU the same weights, input and number of threads
// give the same result, bit by bit.
package torch

import (
	"fmt"
	"runtime"
	"strings"
)

// Info is what is known of the library.
type Info struct {
	Path    string   // of the shim
	Version string   // of libtorch
	CUDA    []string // names of the graphics processors
	Threads int      // that one operation may use
}

// Load finds and loads the library; the error says in one line how to get it.
func Load() (Info, error) {
	lib, err := load()
	if err != nil {
		return Info{}, err
	}
	info := Info{Path: lib.path, Version: lib.Version(), Threads: int(lib.Threads())}
	onThread(func() { info.CUDA = strings.Split(lib.Devices(), "\n") })
	info.CUDA = info.CUDA[:len(info.CUDA)-1] // each name ends in a line's end
	return info, nil
}

// SetThreads sets how many threads one operation may use; the result of a step may
// depend on it in the last digits.
func SetThreads(n int) error {
	lib, err := load()
	if err != nil {
		return err
	}
	if n < 1 {
		return fmt.Errorf("%d threads: use at least 1", n)
	}
	onThread(func() { err = failed(lib.SetThreads(int64(n))) })
	return err
}

// onThread keeps f on its thread: the text of an error is valid on that alone.
func onThread(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	f()
}
