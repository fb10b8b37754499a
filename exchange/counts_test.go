package exchange

import (
	"strings"
	"testing"
	"time"
)

func countsIn(t *testing.T, text string) (rows []CountRow, err error) {
	t.Helper()
	for row, err := range ReadCounts("counts.csv", strings.NewReader(text)) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func TestReadCountsFindsItsColumns(t *testing.T) {
	for name, text := range map[string]string{
		"plain":         "Deployment,Taxon,MaxN\nA1,Triaenodon obesus,2\n",
		"semicolons":    "opcode;scientific name;max n;mean.count\nA1;Triaenodon obesus;2;0,25\n",
		"GlobalArchive": "campaignid,sample,family,genus,species,count\nC,A1,Carcharhinidae,Triaenodon,obesus,2\n",
		"tabs":          "sample\tspecies\tn\ttmaxn\nA1\tTriaenodon obesus\t2\t1:02:03.5\n",
	} {
		rows, err := countsIn(t, text)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%s: %v, %v", name, rows, err)
		}
		r := rows[0]
		if r.Deployment != "A1" || r.Taxon != "Triaenodon obesus" || r.MaxN == nil || *r.MaxN != 2 {
			t.Errorf("%s: %+v", name, r)
		}
		if name == "semicolons" && (r.MeanCount == nil || *r.MeanCount != 0.25) {
			t.Errorf("mean count %v, want 0.25", r.MeanCount)
		}
		if name == "tabs" && (r.TMaxN == nil || *r.TMaxN != time.Hour+2*time.Minute+3500*time.Millisecond) {
			t.Errorf("tMaxN %v, want 1:02:03.5", r.TMaxN)
		}
		if !IsCounts([]byte(text)) {
			t.Errorf("%s is not taken for a table of counts", name)
		}
	}
}

// Blank is not zero: Requin's maxn.csv leaves blank what was not analysed.
func TestReadCountsBlankIsNotZero(t *testing.T) {
	rows, err := countsIn(t, "deployment,taxon,maxn,tmaxn_s,period_from_s,period_to_s\n'-7,shark,,,10.5,70.5\n'-7,ray,0,NA,10.5,70.5\n")
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	if rows[0].MaxN != nil || rows[1].MaxN == nil || *rows[1].MaxN != 0 || rows[1].TMaxN != nil {
		t.Errorf("%+v", rows)
	}
	if rows[0].Deployment != "-7" || rows[0].Length == nil || *rows[0].Length != time.Minute {
		t.Errorf("%+v, want deployment -7 of a minute", rows[0])
	}
}

func TestReadCountsSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "empty",
		"a,b\n1,2\n":                       "there is no column deployment or opcode",
		"opcode,taxon\nA,b\n":              "there is no column maxn or max_n or count or n; the columns are opcode, taxon",
		"opcode,maxn\nA,1\n":               "there is no column taxon",
		"opcode,taxon,maxn\nA,shark,two\n": `line 2: column maxn is "two"`,
		"opcode,taxon,maxn\nA,shark,-1\n":  "should not be below 0",
		"opcode,taxon,maxn\n,shark,1\n":    "the deployment should be named",
		"opcode,taxon,maxn\nA,,1\n":        "the taxon should be named",
		"opcode,taxon,maxn,tfs\nA,b,1,x\n": "minutes:seconds",
		"OpCode,PointIndex,Frame,Genus,Species,N\nA,1,2,Triaenodon,obesus,3\n": "these are points, not counts",
	} {
		_, err := countsIn(t, text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

func FuzzReadCounts(f *testing.F) {
	f.Add("deployment,taxon,maxn,mean_count,tmaxn_s\nA1,shark,2,0.5,12:01\n")
	f.Add("opcode;genus;species;count\n\"A;1\";Triaenodon;obesus;1,5\n")
	f.Add("sample\tspecies\tn\nA\tb\t\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		ended := false
		for row, err := range ReadCounts("f", strings.NewReader(text)) {
			switch {
			case ended:
				t.Fatal("something comes after an error")
			case err != nil:
				ended = true
			case row.Deployment == "" || row.Taxon == "":
				t.Fatalf("a row without a name: %+v", row)
			case row.MaxN != nil && !(*row.MaxN >= 0) || row.MeanCount != nil && !(*row.MeanCount >= 0):
				t.Fatalf("a count below 0: %+v", row)
			case row.TMaxN != nil && *row.TMaxN < 0 || row.TFS != nil && *row.TFS < 0:
				t.Fatalf("a time below 0: %+v", row)
			}
		}
	})
}
