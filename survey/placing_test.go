package survey

import (
	"errors"
	"strings"
	"testing"

	"requin/annotate"
)

func naming(t *testing.T, pattern string, gap int) *Naming {
	t.Helper()
	return must[*Naming](t)(NewNaming(pattern, gap))
}

func TestDeploymentOfMedia(t *testing.T) {
	of, err := naming(t, `^([A-Z]+\d+)_`, 0).Deployment(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"train/AB12_f0001.jpg": "AB12", "AB7_x.jpg": "AB7", "x.jpg": ""} {
		if got, ok := of(annotate.Media{Name: name}); got != want || ok != (want != "") {
			t.Errorf("%s: %q %v", name, got, ok)
		}
	}
	for _, wrong := range []string{"(", "abc"} {
		if _, err := NewNaming(wrong, 0); err == nil {
			t.Errorf("the pattern %q passes", wrong)
		}
	}
}

// Photographs whose numbers follow one another closely are one deployment, across any folders.
func TestDeploymentOfNumberedMedia(t *testing.T) {
	names := []string{"train/IMG_0012_jpeg.jpg", "test/IMG_0008.jpg", "IMG_0017.jpg", "IMG_0018.jpg", "DSC_0013.jpg", "IMG_0008_again.jpg", "x.jpg", "IMG_99999.jpg"}
	records := func(yield func(annotate.Record, error) bool) {
		for _, name := range names {
			if !yield(annotate.Media{Name: name}, nil) || !yield(annotate.Look{Media: name}, nil) {
				return
			}
		}
	}
	of, err := naming(t, `([A-Z]+_\d+)`, 4).Deployment(records)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"IMG_0008", "IMG_0008", "IMG_0017", "IMG_0017", "DSC_0013", "IMG_0008", "", "IMG_99999"}
	for i, name := range names {
		if got, ok := of(annotate.Media{Name: name}); got != want[i] || ok != (want[i] != "") {
			t.Errorf("%s: %q %v, want %q", name, got, ok, want[i])
		}
	}
	if _, err := naming(t, `([A-Z]+)_`, 4).Deployment(records); !errors.Is(err, ErrNoNumber) {
		t.Error("names without a number pass")
	}
	if _, err := runs([]string{"IMG_" + strings.Repeat("9", 30)}, 1); err == nil {
		t.Error("a number that is none passes")
	}
	broken := errors.New("broken")
	if _, err := naming(t, `(\d+)`, 4).Deployment(func(yield func(annotate.Record, error) bool) { yield(nil, broken) }); !errors.Is(err, broken) {
		t.Errorf("a file that cannot be read: %v", err)
	}
}
