package exchange

import (
	"crypto/sha256"
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"requin/annotate"
	"requin/realdata"
)

// goldenCounts is the MaxN of the real sets as testdata/checkem.py, which takes another road, prints it: samples that
// count, taxa, cells of the zero-filled table, those above zero, their sum, the start of the table's SHA-256.
func goldenCounts() map[string]string {
	return map[string]string{
		"bruvs_with_zeros":          "5 21 105 43 95 71e2ab8f95058df2",
		"bruvs_with_zeros_3species": "5 3 15 7 9 2ef05f464981f515",
		"swc_2023-03":               "32 90 2880 461 5217 ed6ddb877e5150e0",
		"tasman_fracture_2021-03":   "110 68 7480 1124 17194 d86254ee5f657e13",
		"exmouth":                   "216 335 72360 3229 17480 aa108614b9d2b5fe",
	}
}

// tableCounts makes of counts the line that checkem.py prints.
func tableCounts(counts []annotate.Count) string {
	samples, taxa := map[string]bool{}, map[string]bool{}
	var lines []string
	above, sum := 0, 0.0
	for _, c := range counts {
		taxon := c.Species.Family + "\t" + c.Species.Genus + "\t" + c.Species.Species
		samples[c.OpCode], taxa[taxon] = true, true
		lines = append(lines, fmt.Sprintf("%s\t%s\t%.0f\n", c.OpCode, taxon, c.Value))
		if sum += c.Value; c.Value > 0 {
			above++
		}
	}
	slices.Sort(lines)
	digest := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, ""))))
	return fmt.Sprintf("%d %d %d %d %.0f %s", len(samples), len(taxa), len(lines), above, sum, digest[:16])
}

func TestMaxNReal(t *testing.T) {
	golden := goldenCounts()
	for name, in := range realSetsCounts(t) {
		if golden[name] == "" {
			continue // no points
		}
		t.Run(name, func(t *testing.T) {
			counts, err := annotate.MaxN(EventMeasure().Read(in), annotate.MaxNRule{})
			if err != nil {
				t.Fatal(err)
			}
			if got := tableCounts(counts); got != golden[name] {
				t.Errorf("%s, want %s", got, golden[name])
			}
			for _, c := range counts {
				if (c.Value > 0) != (c.Time >= 0) {
					t.Fatalf("%+v: a time belongs to a count above zero, and only to that", c)
				}
			}
		})
	}
}

// The golden numbers are what the script prints today.
func TestMaxNScript(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3: testdata/checkem.py was not run again")
	}
	root := realdata.Path(t, "eventmeasure")
	for name, prefix := range map[string]string{
		"bruvs_with_zeros": "bruvs_with_zeros/example", "swc_2023-03": "swc_2023-03/2023-03_SwC_stereo-BRUVs",
		"tasman_fracture_2021-03": "tasman_fracture_2021-03/Tasman_Fracture_202103",
	} {
		out, err := exec.Command(python, "testdata/checkem.py", path.Join(root, prefix)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if !strings.HasSuffix(strings.TrimSpace(string(out)), goldenCounts()[name]) {
			t.Errorf("%s: the script prints %s, the golden numbers are %s", name, out, goldenCounts()[name])
		}
	}
}

// What CheckEM would object to in real sets, against what awk finds there.
func TestComplaintsReal(t *testing.T) {
	count := func(in Input, what string) (n int) {
		complaints, err := annotate.Complaints(EventMeasure().Read(in), annotate.CheckRule{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range complaints {
			if strings.Contains(c.What, what) {
				n += c.Count
			}
		}
		return n
	}
	sets := realSetsCounts(t)
	for _, c := range []struct {
		set, what string
		want      int
	}{
		// awk -F'\t' 'NR>1 && ($10==0 || $9=="")' *_Period.txt | wc -l
		{"tasman_fracture_2021-03", "has no end", 16},
		{"exmouth", "has no end", 1},
		{"dovs", "has no end", 2},
		{"swc_2023-03", "has no end", 0},
		// awk -F'\t' 'NR>1 && $7<0 && $12$13$14!=""' *_Points.txt | wc -l
		{"tasman_fracture_2021-03", "points outside", 1},
		{"swc_2023-03", "points outside", 0},
		{"bruvs_with_zeros", "no points: right only", 1}, // 1.01, where nothing was seen
	} {
		if got := count(sets[c.set], c.what); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.set, c.what, got, c.want)
		}
	}
}

// A set with zero catches, written for CheckEM, still has the deployments without a point, and the same MaxN.
func TestCheckEMZeros(t *testing.T) {
	for _, name := range []string{"bruvs_with_zeros", "bruvs_with_zeros_3species"} {
		out := &memoryCounts{}
		losses, err := CheckEM().Write(out, CheckEM().Read(realSetsCounts(t)[name]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(losses.String(), "in the metadata but has no points") {
			t.Errorf("nothing is said of the deployment without a point: %s", losses)
		}
		if head, _, _ := strings.Cut(out.files["example_Metadata.csv"].String(), "\n"); !strings.HasPrefix(head, strings.Join(gaMetadata, ",")) {
			t.Errorf("the metadata begin %s", head)
		}
		counts, err := annotate.MaxN(CheckEM().Read(Input{FS: out.fs(), Name: "."}), annotate.MaxNRule{})
		if err != nil {
			t.Fatal(err)
		}
		if got := tableCounts(counts); got != goldenCounts()[name] {
			t.Errorf("%s: %s, want %s", name, got, goldenCounts()[name])
		}
	}
}
