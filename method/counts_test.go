package method

import (
	"strings"
	"testing"

	"requin/count"
)

func TestCountSentences(t *testing.T) {
	n := 7
	counts := []Counted{
		{OpCode: "B1", Taxon: "shark", MaxN: &n, Status: count.Certified, Review: &count.Review{Limit: 0.05, By: []string{"anna"}}},
		{OpCode: "B2", Taxon: "shark", MaxN: &n, Status: count.Machine},
		{OpCode: "B|3", Taxon: "shark", Status: count.Machine},
	}
	text := CountSentences(counts)
	want := "Of 3 counts of MaxN, 1 is certified: the chance that MaxN among the sampled frames is higher is under 0.05; 2 are the machine's alone, which nobody looked at. The readers were anna."
	if text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	if CountSentences(nil) != "" {
		t.Error("a sentence of no counts")
	}
	if table := CountTable(counts); !strings.Contains(table, `| B\|3 | shark | not analysed |`) || !strings.Contains(table, "| B1 | shark | 7 |") {
		t.Error(table)
	}
}
