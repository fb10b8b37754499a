package torch

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"

	"github.com/ebitengine/purego"

	"requin/native"
)

// shim is the C interface over libtorch: shim/*.cc declare the same functions, in the
// same order. A handle (uintptr) is a pointer of the shim's. Those that can fail
// answer "" or the text of the error.
type shim struct {
	path string

	Interface  func() int64
	Version    func() string
	Devices    func() string // names, one a line
	Threads    func() int64
	SetThreads func(n int64) string `name:"set_threads"`

	ModelNew    func(device string, made *uintptr) string                                      `name:"model_new"`
	ModelFree   func(model uintptr)                                                            `name:"model_free"`
	ModelAdd    func(model uintptr, shape *int64, dims int64, learned bool, decay bool) string `name:"model_add"`
	ModelParams func(model uintptr) uintptr                                                    `name:"model_params"`
	ListNew     func(model uintptr) uintptr                                                    `name:"list_new"`
	ListFree    func(list uintptr)                                                             `name:"list_free"`
	ListHas     func(list uintptr, i int64) bool                                               `name:"list_has"`
	ListRead    func(list uintptr, i int64, values *float32) string                            `name:"list_read"`
	ListWrite   func(model, list uintptr, i int64, values *float32) string                     `name:"list_write"`
	ListCopy    func(model, to, from uintptr) string                                           `name:"list_copy"`

	Begin         func(model uintptr, gradients, half bool) string
	End           func(model uintptr)
	Constant      func(model uintptr, values *float32, shape *int64, dims int64, copied bool, made *made) string
	Values        func(model uintptr, x int64, values *float32) string
	Backward      func(model uintptr, of *int64, gradients **float32, n int64, scale float64) string
	GradientsDrop func(model uintptr)              `name:"gradients_drop"`
	GradientsAdd  func(model, from uintptr) string `name:"gradients_add"`

	SGD     func(model, momenta uintptr, rate, momentum float64, nesterov bool, decay float64) string
	AdamW   func(model, first, second uintptr, steps *int64, rate, beta1, beta2, eps, decay float64) string
	Clip    func(model uintptr, most float64, norm *float64) string
	Average func(model, average uintptr, decay float64) string

	Conv      func(model uintptr, x, weight, bias int64, c *int64, made *made) string
	BatchNorm func(model uintptr, x int64, params *int64, training bool, eps, momentum float64, made *made) string `name:"batch_norm"`
	Unfold    func(model uintptr, x int64, params *int64, eps float64) string
	Linear    func(model uintptr, x, weight, bias int64, made *made) string
	Activate  func(model uintptr, x, kind int64, made *made) string
	Softmax   func(model uintptr, x, axis int64, made *made) string
	Pool      func(model uintptr, x int64, greatest bool, p *int64, made *made) string
	Mean      func(model uintptr, x int64, made *made) string
	Resize    func(model uintptr, x, h, w int64, made *made) string
	Concat    func(model uintptr, xs *int64, n, axis int64, made *made) string
	Slice     func(model uintptr, x, axis, from, to, step int64, made *made) string
	Pad       func(model uintptr, x int64, p *int64, made *made) string
	Reshape   func(model uintptr, x int64, shape *int64, dims int64, made *made) string
	Transpose func(model uintptr, x int64, order *int64, dims int64, made *made) string
	Add       func(model uintptr, a, b int64, made *made) string
	Scale     func(model uintptr, x int64, by float64, made *made) string

	RoIAlign func(model uintptr, features *int64, n int64, runs *int64, k int64, boxes *float32, order *int64, r, size, samples int64, made *made) string `name:"roi_align"`
}

// made is what the shim tells of a tensor that it made.
type made struct {
	id, dims int64
	shape    [8]int64
}

// interfaceNumber is the shim's that this file is written for.
const interfaceNumber = 1

// load opens the library, once for the process.
var load = sync.OnceValues(open)

// library is how the shim is found.
func library() native.Library {
	return native.Library{
		What: "the library for training", Stem: "requin_torch", Env: "REQUIN_TORCH", Tools: "torch",
		Get: "run `make torch` in Requin's source folder (it installs Debian's libtorch-dev, libopenblas0-pthread and g++), or " +
			"`TORCH_DIR=/path/to/libtorch make torch` for a libtorch of your own, with CUDA",
	}
}

func open() (*shim, error) {
	path, err := library().Find()
	if err != nil {
		return nil, err
	}
	// Threads that wait for work must not spin: others need the cores. OpenMP reads
	// this when it is loaded.
	if os.Getenv("OMP_WAIT_POLICY") == "" {
		os.Setenv("OMP_WAIT_POLICY", "passive")
	}
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("%s does not load: %v; run `make torch` again", path, err)
	}
	lib := &shim{path: path}
	if err := lib.bind(handle); err != nil {
		return nil, err
	}
	return lib, lib.useCores()
}

// useCores lets an operation use all cores where libtorch, asked by nobody, would use
// one: it does not know every processor.
func (l *shim) useCores() (err error) {
	cores := runtime.NumCPU()
	if os.Getenv("OMP_NUM_THREADS") == "" && l.Threads() == 1 && cores > 1 {
		onThread(func() { err = failed(l.SetThreads(int64(cores))) })
	}
	return err
}

// bind finds each function of the shim: field ModelNew is rq_model_new.
func (l *shim) bind(handle uintptr) error {
	v := reflect.ValueOf(l).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Type.Kind() != reflect.Func {
			continue
		}
		name := field.Tag.Get("name")
		if name == "" {
			name = strings.ToLower(field.Name)
		}
		address, err := purego.Dlsym(handle, "rq_"+name)
		if err != nil {
			return l.outdated()
		}
		purego.RegisterFunc(v.Field(i).Addr().Interface(), address)
		if name == "interface" && l.Interface() != interfaceNumber {
			return l.outdated()
		}
	}
	return nil
}

func (l *shim) outdated() error {
	return fmt.Errorf("%s was built for another version of Requin: run `make torch` in the source folder of this one", l.path)
}

// failed is the error in what the shim answered.
func failed(text string) error {
	if text == "" {
		return nil
	}
	return errors.New("libtorch: " + text)
}

// thread is one thread of the operating system that runs what it is handed. What
// libtorch keeps by thread (whether gradients are recorded, OpenMP's helpers, pools
// of memory) so stays with a model, whichever goroutine uses it.
type thread struct{ work chan func() }

func newThread() thread {
	t := thread{make(chan func())}
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		for f := range t.work {
			f()
		}
	}()
	return t
}

// run runs f there and waits for it; a panic of f's is the caller's.
func (t thread) run(f func()) {
	if t.work == nil {
		panic("torch: the model is closed")
	}
	done := make(chan any)
	t.work <- func() {
		var reason any = "torch: a network may not end its goroutine"
		defer func() {
			if r := recover(); r != nil {
				reason = r
			}
			done <- reason
		}()
		f()
		reason = nil
	}
	if reason := <-done; reason != nil {
		panic(reason)
	}
}
