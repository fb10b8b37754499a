package survey

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"requin/annotate"
)

// points are sightings as a large EventMeasure file has them, of 100 deployments.
func points(n int) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for i := range n {
			s := annotate.Sighting{
				OpCode: fmt.Sprintf("EXM%03d", i*100/n), Media: fmt.Sprintf("GX01%04d.MP4", i*300/n), Frame: i % 54000,
				Time: time.Duration(i%3600) * time.Second, Period: "60min", PeriodTime: time.Duration(i%3600)*time.Second - 3*time.Minute,
				Species: annotate.Species{Family: "Lethrinidae", Genus: "Lethrinus", Species: fmt.Sprintf("nebulosus%d", i%200), CAAB: "37351008"},
				Number:  1 + i%4, Stage: "AD", Activity: "Feeding", Comment: "",
				Shape:  annotate.Shape{Kind: annotate.Points, Points: []annotate.Point{{X: 12.5 + float64(i%1920), Y: 700.25}}},
				Origin: annotate.Origin{By: "Observer", From: "Exmouth_Points.txt"},
				Extra:  annotate.Extra{"eventmeasure.pointindex": fmt.Sprint(i), "eventmeasure.attribute9": "x"},
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// BenchmarkImport imports 100,000 sightings; also with the most memory the process has held.
func BenchmarkImport(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		s, err := Init(b.Context(), filepath.Join(b.TempDir(), "s"), "")
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		got, err := s.Import(b.Context(), Source{Name: "points.txt"}, points(n), ImportOptions{})
		if err != nil || got.Sightings != n {
			b.Fatal(got, err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "import-s/op")
		start = time.Now()
		out := 0
		for _, err := range s.Records(context.Background(), Filter{}) {
			if err != nil {
				b.Fatal(err)
			}
			out++
		}
		if out < n {
			b.Fatal(out)
		}
		b.ReportMetric(time.Since(start).Seconds(), "records-s/op")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(s.Folder(), dbFile))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/1e6, "file-MB")
	}
	b.ReportMetric(peakMB(), "peak-MB")
}

// peakMB is the most memory that the process has held, where the system tells (Linux), else 0.
func peakMB() float64 {
	runtime.GC()
	status, _ := os.ReadFile("/proc/self/status")
	var kb float64
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			_, _ = fmt.Sscan(rest, &kb)
		}
	}
	return kb / 1024
}
