package torch

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"requin/nn"
)

// TestMemory takes many steps and looks at the process's memory. The process is one
// of its own: memory that other tests have left behind would hide what is lost.
func TestMemory(t *testing.T) {
	needShim(t)
	if os.Getenv("REQUIN_MEMORY_STEPS") != "" {
		manySteps(t)
		return
	}
	steps := "400"
	if os.Getenv("REQUIN_VERIFY") != "" {
		steps = "10000"
	}
	alone := exec.Command(os.Args[0], "-test.run=^TestMemory$", "-test.v", "-test.timeout=0")
	alone.Env = append(os.Environ(), "REQUIN_MEMORY_STEPS="+steps)
	said, err := alone.CombinedOutput()
	t.Logf("%s", said)
	check(t, err)
}

func manySteps(t *testing.T) {
	steps, err := strconv.Atoi(os.Getenv("REQUIN_MEMORY_STEPS"))
	check(t, err)
	trainings := []training{begin(t, Optimising{Kind: "sgd", Momentum: 0.9}), begin(t, Optimising{Kind: "adamw", Beta1: 0.9, Beta2: 0.999, Eps: 1e-8})}
	stray := faulty{deep(), func(o nn.Eager, b nn.Batch) (nn.Lesson, error) {
		deep().f(o, b.Images)
		nn.Fail("as expected")
		return nn.Lesson{}, nil
	}}
	some := func(from, to int) int64 {
		for i := from; i < to; i++ {
			for _, tr := range trainings {
				tr.step(t, i)
				if _, err := tr.m.Learn(stray, noise(1+i%4, i), nil, Step{}); err == nil {
					t.Fatal("no error")
				}
			}
		}
		runtime.GC()
		debug.FreeOSMemory()
		return resident(t)
	}
	before := some(0, steps/4)
	after := some(steps/4, steps)
	const allowed = 4 << 20
	t.Logf("%d steps: %d KiB, then %d KiB", steps, before>>10, after>>10)
	if after > before+allowed {
		t.Errorf("memory grew from %d to %d KiB over %d steps", before>>10, after>>10, steps*3/4)
	}
}

// resident is how much memory the process holds, bytes.
func resident(t *testing.T) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	check(t, err)
	return pages * int64(os.Getpagesize())
}
