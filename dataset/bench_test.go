package dataset

import (
	"fmt"
	"path/filepath"
	"testing"

	"requin/annotate"
	"requin/realdata"
)

// BenchmarkBatches is how fast batches of 8 come, of every fifth picture of the aquarium (768×1024), once they are in memory
// or on disk, with all augmentation or none. "first" is an epoch that has to decode the JPEGs.
func BenchmarkBatches(b *testing.B) {
	data := realdata.Path(b, "aquarium")
	classes := []string{"fish", "jellyfish", "penguin", "puffin", "shark", "starfish", "stingray"}
	s := plain()
	s.Unknown = "context"
	dir := filepath.Join(b.TempDir(), "set")
	m, err := Build(b.Context(), dir, Source{Records: some(yolo(b, data, classes), 120), Files: files(filepath.Join(data, "images")),
		Deployment: func(m annotate.Media) string { return m.Name[:8] }}, s, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range [][2]int{{416, 416}, {640, 384}, {320, 192}} {
		for _, c := range []struct {
			name  string
			plain bool
			first bool
			disk  bool
		}{{"augmented", false, false, false}, {"plain", true, false, false}, {"augmented-disk", false, false, true}, {"first", false, true, false}} {
			b.Run(fmt.Sprintf("%dx%d-%s", size[0], size[1], c.name), func(b *testing.B) {
				o := DefaultLoading(size[0], size[1])
				if c.plain {
					o = o.Plain()
				}
				if c.disk {
					o.Memory, o.Cache = 0, b.TempDir()
				}
				run := func(epoch int) (images int) {
					l, err := NewLoader(dir, m, all(m), o)
					if err != nil {
						b.Fatal(err)
					}
					rounds := 2
					if c.first {
						rounds = 1
					}
					for k := range rounds {
						if k == rounds-1 {
							b.StartTimer()
						}
						for batch, err := range l.Batches(b.Context(), epoch+k, 0) {
							if err != nil {
								b.Fatal(err)
							}
							if k == rounds-1 {
								images += batch.N
							}
						}
						b.StopTimer()
					}
					return images
				}
				b.ResetTimer()
				b.StopTimer()
				images := 0
				for n := 0; n < b.N; n++ {
					images += run(2 * n)
				}
				b.ReportMetric(float64(images)/b.Elapsed().Seconds(), "images/s")
			})
		}
	}
}

// BenchmarkAlike compares 20,000 pictures with each other.
func BenchmarkAlike(b *testing.B) {
	r := newTestRand()
	hashes, ok := make([]uint64, 20000), make([]bool, 20000)
	for i := range hashes {
		hashes[i], ok[i] = r.Uint64(), true
	}
	for b.Loop() {
		if _, err := alike(b.Context(), hashes, ok, 5, func(int, int) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}
