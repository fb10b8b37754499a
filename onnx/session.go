package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Options say how a network is run.
type Options struct {
	Device  string // "cpu" (also where empty) or "cuda"
	Threads int    // 0: as many as the machine has cores, at most 8
}

// Session is a network ready to run. Several goroutines may run it side by side
// (ONNX Runtime's sessions keep no state between runs), and several sessions may be open. Close it when done.
type Session struct {
	Inputs, Outputs []Value
	session         *ort.DynamicAdvancedSession
}

// environment guards the one environment that ONNX Runtime has in a process: the
// library keeps it, for good once it is there, and creating it twice is an error.
var environment sync.Mutex

// start loads the library unless the process has it already.
func start() error {
	environment.Lock()
	defer environment.Unlock()
	if ort.IsInitialized() {
		return nil
	}
	path, err := Library()
	if err != nil {
		return err
	}
	ort.SetSharedLibraryPath(path)
	// Errors come back as such: printed as well they would break up the progress line.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return fmt.Errorf("ONNX Runtime's library %s cannot be used (%w); install ONNX Runtime 1.24 or later for this machine and set ONNXRUNTIME_LIB to it, or run `make tools`", path, err)
	}
	return nil
}

// Version is the version of ONNX Runtime's library, which it loads if need be.
func Version() (string, error) {
	if err := start(); err != nil {
		return "", err
	}
	return ort.GetVersion(), nil
}

// Open makes a file ready to run; weights that lie beside it are found. Info is what
// Read said of it; nil reads it.
func Open(path string, info *Info, opt Options) (*Session, error) {
	if info == nil {
		var err error
		if info, err = Read(path); err != nil {
			return nil, err
		}
	}
	s, err := open(info, opt, func(in, out []string, o *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
		return ort.NewDynamicAdvancedSession(path, in, out, o)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// OpenBytes makes a file that lies in memory ready to run.
func OpenBytes(file []byte, opt Options) (*Session, error) {
	info, err := ReadInfo(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("the network %w", err)
	}
	return open(info, opt, func(in, out []string, o *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
		return ort.NewDynamicAdvancedSessionWithONNXData(file, in, out, o)
	})
}

func open(info *Info, opt Options, load func(in, out []string, o *ort.SessionOptions) (*ort.DynamicAdvancedSession, error)) (*Session, error) {
	if len(info.Inputs) == 0 || len(info.Outputs) == 0 {
		return nil, fmt.Errorf("a network of %d inputs and %d outputs cannot be run", len(info.Inputs), len(info.Outputs))
	}
	if err := start(); err != nil {
		return nil, err
	}
	options, err := settings(opt)
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	session, err := load(names(info.Inputs), names(info.Outputs), options)
	if err != nil {
		return nil, fmt.Errorf("ONNX Runtime %s cannot load it: %w", ort.GetVersion(), err)
	}
	return &Session{Inputs: info.Inputs, Outputs: info.Outputs, session: session}, nil
}

func names(values []Value) (list []string) {
	for _, v := range values {
		list = append(list, v.Name)
	}
	return list
}

// settings turns Options into ONNX Runtime's. Threads do not spin while they wait:
// decoding video wants the cores meanwhile.
func settings(opt Options) (*ort.SessionOptions, error) {
	if opt.Device != "" && opt.Device != "cpu" && opt.Device != "cuda" {
		return nil, fmt.Errorf("no device is called %q: use cpu or cuda", opt.Device)
	}
	threads := opt.Threads
	if threads <= 0 {
		threads = min(runtime.NumCPU(), 8)
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		options.SetIntraOpNumThreads(threads),
		options.SetInterOpNumThreads(1),
		options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
		options.SetLogSeverityLevel(ort.LoggingLevelFatal),
	)
	if err == nil && opt.Device == "cuda" {
		err = cuda(options)
	}
	if err != nil {
		options.Destroy()
		return nil, err
	}
	return options, nil
}

func cuda(options *ort.SessionOptions) error {
	provider, err := ort.NewCUDAProviderOptions()
	if err == nil {
		defer provider.Destroy()
		err = options.AppendExecutionProviderCUDA(provider)
	}
	if err != nil {
		return fmt.Errorf("ONNX Runtime %s cannot use CUDA here (%w); use --device cpu, or install CUDA, cuDNN and the GPU build of ONNX Runtime and set ONNXRUNTIME_LIB to its library", ort.GetVersion(), err)
	}
	return nil
}

// Version is the version of the library that runs the network.
func (s *Session) Version() string { return ort.GetVersion() }

// Close frees the network. The environment stays for other sessions.
func (s *Session) Close() error {
	if s.session == nil {
		return nil
	}
	session := s.session
	s.session = nil
	return session.Destroy()
}

// Run runs the network once. Inputs are in the order of s.Inputs and are only read
// while Run lasts, so that the caller may use the same memory for the next one;
// outputs are in the order of s.Outputs and belong to the caller. Outputs of bool
// and int32 come as int64, of float64 as float32.
func (s *Session) Run(inputs []Tensor) ([]Tensor, error) {
	if s.session == nil {
		return nil, errors.New("the network is closed")
	}
	if len(inputs) != len(s.Inputs) {
		return nil, fmt.Errorf("the network has %d inputs, not %d", len(s.Inputs), len(inputs))
	}
	var pins runtime.Pinner // C keeps the pointers until Run returns
	defer pins.Unpin()
	in := make([]ort.Value, len(inputs))
	for i, t := range inputs {
		v, err := wrap(t, &pins)
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", s.Inputs[i].Name, err)
		}
		defer v.Destroy()
		in[i] = v
	}
	out := make([]ort.Value, len(s.Outputs))
	err := s.session.Run(in, out)
	defer func() {
		for _, v := range out {
			if v != nil {
				v.Destroy()
			}
		}
	}()
	if err != nil {
		return nil, err
	}
	results := make([]Tensor, len(out))
	for i, v := range out {
		if results[i], err = unwrap(v); err != nil {
			return nil, fmt.Errorf("output %s: %w", s.Outputs[i].Name, err)
		}
	}
	return results, nil
}

// wrap gives ONNX Runtime a view of t's memory.
func wrap(t Tensor, pins *runtime.Pinner) (ort.Value, error) {
	n, err := elements(t.Shape)
	if err != nil {
		return nil, err
	}
	if have := len(t.F32) + len(t.U8) + len(t.I64); have != n || n == 0 {
		return nil, fmt.Errorf("shape %v wants %d elements, not %d", t.Shape, n, have)
	}
	shape := ort.NewShape(t.Shape...)
	switch t.Type() {
	case Uint8:
		pins.Pin(&t.U8[0])
		return ort.NewTensor(shape, t.U8)
	case Int64:
		pins.Pin(&t.I64[0])
		return ort.NewTensor(shape, t.I64)
	}
	pins.Pin(&t.F32[0])
	return ort.NewTensor(shape, t.F32)
}

// unwrap takes over the memory of an output.
func unwrap(v ort.Value) (Tensor, error) {
	t := Tensor{Shape: v.GetShape()}
	switch v := v.(type) {
	case *ort.Tensor[float32]:
		t.F32 = v.GetData()
	case *ort.Tensor[uint8]:
		t.U8 = v.GetData()
	case *ort.Tensor[int64]:
		t.I64 = v.GetData()
	case *ort.Tensor[int32]:
		t.I64 = convert[int32, int64](v.GetData())
	case *ort.Tensor[float64]:
		t.F32 = convert[float64, float32](v.GetData())
	case *ort.Tensor[bool]:
		t.I64 = make([]int64, len(v.GetData()))
		for i, b := range v.GetData() {
			if b {
				t.I64[i] = 1
			}
		}
	default:
		return t, fmt.Errorf("its type %T is not one that Requin reads: export the model in 32 bit floats", v)
	}
	return t, nil
}

func convert[A, B int32 | int64 | float32 | float64](from []A) []B {
	to := make([]B, len(from))
	for i, x := range from {
		to[i] = B(x)
	}
	return to
}
