package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"sync"
)

// Altered lists the pictures that are not what the manifest says.
type Altered struct {
	Pictures []int    // indices into Manifest.Pictures, in order
	Reasons  []string // one for each
	files    []string
}

func (a *Altered) Error() string {
	var errs []error
	for i, file := range a.files {
		errs = append(errs, fmt.Errorf("%s %s", file, a.Reasons[i]))
	}
	return fmt.Sprintf("pictures that are not those the dataset was frozen with: %d: %v", len(a.files), several(errs, "pictures"))
}

// Verify computes the hash of every picture and of its labels anew. The error is an *Altered that names those
// that differ, or the context's.
func Verify(ctx context.Context, dir string, m *Manifest) error {
	reasons := make([]string, len(m.Pictures))
	err := inParallel(ctx, len(m.Pictures), func(i int) {
		p := m.Pictures[i]
		sum, err := fileSum(filepath.Join(dir, filepath.FromSlash(p.File)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			reasons[i] = "is missing"
		case err != nil:
			reasons[i] = "cannot be read: " + err.Error()
		case sum != p.SHA256:
			reasons[i] = "was altered"
		case LabelHash(p.Boxes) != p.Labels:
			reasons[i] = "has other boxes than its labels' hash says"
		}
	})
	if err != nil {
		return err
	}
	var a Altered
	for i, reason := range reasons {
		if reason != "" {
			a.Pictures, a.Reasons, a.files = append(a.Pictures, i), append(a.Reasons, reason), append(a.files, m.Pictures[i].File)
		}
	}
	if len(a.Pictures) > 0 {
		return &a
	}
	return nil
}

// inParallel calls do for 0 to n-1, on all processors, unless the context ends.
func inParallel(ctx context.Context, n int, do func(i int)) error {
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range next {
				do(i)
			}
		}()
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	wait.Wait()
	return ctx.Err()
}
