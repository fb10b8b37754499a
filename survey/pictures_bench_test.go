package survey

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
)

// pictures are n pictures or short videos with three marks of two tracks each.
func pictures(n int) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for i := range n {
			name := fmt.Sprintf("images/site%d/%06d.jpg", i%10, i)
			ok := yield(annotate.Media{Name: name, W: 1920, H: 1080}, nil)
			for k := 0; ok && k < 3; k++ {
				ok = yield(annotate.Mark{Media: name, Track: fmt.Sprint(k % 2), Shape: annotate.BoxShape(frame.Box{X1: float64(k + 1), Y1: 5.5}),
					Names: []annotate.Name{{Label: "shark", Score: 0.5, Scored: true}}}, nil)
			}
			if !ok {
				return
			}
		}
	}
}

// BenchmarkPictures imports 10,000 pictures with their marks and gives them again.
func BenchmarkPictures(b *testing.B) {
	const n = 10_000
	for b.Loop() {
		s, err := Init(b.Context(), filepath.Join(b.TempDir(), "s"), "")
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if _, err := s.Import(b.Context(), Source{Name: "points.txt"}, pictures(n), ImportOptions{}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "import-s/op")
		start = time.Now()
		for _, err := range s.Records(b.Context(), Filter{}) {
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(time.Since(start).Seconds(), "records-s/op")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
