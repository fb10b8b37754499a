package eval

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
)

// TestAgainstPycocotools holds AP against COCO's own evaluation, where a Python with
// pycocotools is at hand (python3-pycocotools; $PYTHON names another Python) and
// REQUIN_VERIFY is set.
func TestAgainstPycocotools(t *testing.T) {
	python := os.Getenv("PYTHON")
	if python == "" && os.Getenv("REQUIN_VERIFY") == "" {
		t.Skip("set REQUIN_VERIFY to hold AP against pycocotools")
	}
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import pycocotools.cocoeval").Run(); err != nil {
		t.Skip("no Python with pycocotools: apt install python3-pycocotools")
	}
	type set struct {
		Images           []Image
		Most             int
		MinArea, MaxArea float64
	}
	r := rand.New(rand.NewPCG(7, 8))
	var sets []set
	for n := range 300 {
		s := set{randomSet(r), 100, 0, 1e10}
		if n%3 == 1 {
			s.MinArea, s.MaxArea = 20, 80
		}
		if n%4 == 2 {
			s.Most = 3
		}
		for i := range s.Images { // pycocotools takes one taxon here, and no ignored box that is not a crowd
			for j := range s.Images[i].Truth {
				s.Images[i].Truth[j].Taxon, s.Images[i].Truth[j].Ignore = "shark", false
			}
			for j := range s.Images[i].Found {
				s.Images[i].Found[j].Taxon = "shark"
			}
		}
		sets = append(sets, s)
	}
	asked, err := json.Marshal(sets)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/pycoco.py")
	var failed bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(asked), &failed
	answer, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, failed.Bytes())
	}
	var want [][]*float64
	if err := json.Unmarshal(answer, &want); err != nil {
		t.Fatal(err)
	}
	for n, s := range sets {
		for k, p := range Match(s.Images, "shark", COCOLevels(), Rules{s.Most, s.MinArea, s.MaxArea}) {
			got, want := p.AP(), want[n][k]
			if want == nil && !math.IsNaN(got) || want != nil && !(math.Abs(got-*want) <= 1e-6) {
				t.Errorf("set %d, level %d: AP %v, of pycocotools %v", n, k, got, want)
			}
		}
	}
}
