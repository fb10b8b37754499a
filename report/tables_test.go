package report_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"requin/count"
	"requin/frame"
	"requin/report"
	"requin/taxon"
	"requin/track"
)

// tables writes all four by file name.
func tables(t testing.TB, run report.Run, in count.Input) map[string]string {
	t.Helper()
	r := counted(t, in)
	run.Start = r.Period.From
	out := map[string]string{}
	var b bytes.Buffer
	for name, err := range map[string]func() error{
		"maxn.csv":       func() error { return report.MaxN(&b, run, r) },
		"intervals.csv":  func() error { return report.Intervals(&b, run, r) },
		"detections.csv": func() error { return report.Detections(&b, run, in.Tracks) },
		"tracks.csv":     func() error { return report.Tracks(&b, run, in.Tracks) },
	} {
		b.Reset()
		if err := err(); err != nil {
			t.Fatal(name, err)
		}
		out[name] = b.String()
	}
	return out
}

func rows(t testing.TB, text string) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = cells[i]
		}
		out = append(out, row)
	}
	return out
}

var cocos = report.Run{Deployment: "Cocos_07", Chapters: []string{"GX010042.MP4"}, Threshold: 0.3}

func TestTables(t *testing.T) {
	got := tables(t, cocos, input())
	for name, text := range got {
		golden(t, name, text)
	}
	maxn := rows(t, got["maxn.csv"])
	if len(maxn) != 3 {
		t.Fatalf("maxn.csv has %d rows, want one for each studied taxon", len(maxn))
	}
	tiger, hammer := maxn[0], maxn[2]
	for column, want := range map[string]string{
		"deployment": "Cocos_07", "maxn": "2", "tmaxn_s": "70.000000", "tmaxn_period_s": "40.000000", "tfs_s": "40.000000",
		"frames": "240", "not_analysed_s": "60.000000", "threshold": "0.4000", "tmaxn_file": "GX010042.MP4", "tmaxn_pts": "70000", "tmaxn_time_base": "1/1000",
		"mean_count": "0.425000", // (51 + 51) / 240
	} {
		if tiger[column] != want {
			t.Errorf("maxn.csv, tiger shark: %s is %q, want %q", column, tiger[column], want)
		}
	}
	if hammer["maxn"] != "0" || hammer["tmaxn_s"] != "" || hammer["mean_count"] != "0.000000" || hammer["threshold"] != "0.3000" {
		t.Errorf("maxn.csv, never seen: %v", hammer)
	}
	if n := len(rows(t, got["detections.csv"])); n != 51+51+21+11 {
		t.Errorf("detections.csv has %d rows", n)
	}
	if first := rows(t, got["detections.csv"])[0]; first["time_s"] != "10.000000" || first["period_time_s"] != "-20.000000" || first["other_scores"] != "Sphyrna lewini=0.0500" {
		t.Errorf("detections.csv begins with %v", first)
	}
	if tr := rows(t, got["tracks.csv"]); len(tr) != 4 || tr[0]["best_s"] != "44.000000" || tr[0]["max_score"] != "0.9000" {
		t.Errorf("tracks.csv: %v", tr)
	}
	last := rows(t, got["intervals.csv"])[4]
	for column, want := range map[string]string{"interval": "5", "from_s": "270.000000", "frames": "30", "not_analysed_s": "30.000000", "maxn": "0"} {
		if last[column] != want {
			t.Errorf("intervals.csv: %s of the last interval is %q, want %q", column, last[column], want)
		}
	}
}

// The page lists every column, in order.
func TestTheFormatPageListsTheColumns(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "formats", "run-folder.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range tables(t, cocos, input()) {
		_, section, ok := strings.Cut(string(page), "## "+name)
		if !ok {
			t.Errorf("docs/formats/run-folder.md has no section on %s", name)
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		var documented []string
		for line := range strings.Lines(section) {
			if cells := strings.Split(line, "|"); len(cells) > 2 {
				for _, c := range strings.Split(cells[1], ",") {
					if c = strings.TrimSpace(c); strings.HasPrefix(c, "`") {
						documented = append(documented, strings.Trim(c, "`"))
					}
				}
			}
		}
		header, _, _ := strings.Cut(text, "\n")
		if got := strings.Join(documented, ","); got != header {
			t.Errorf("%s: the page lists\n%s\nthe table has\n%s", name, got, header)
		}
	}
}

func TestNothingLookedAtIsEmptyInTables(t *testing.T) {
	in := input()
	in.Frames, in.Tracks = nil, nil
	for _, row := range rows(t, tables(t, cocos, in)["intervals.csv"]) {
		if row["maxn"] != "" || row["frames"] != "0" || row["not_analysed_s"] != "60.000000" {
			t.Errorf("with no frame looked at: %v", row)
		}
	}
	for _, row := range rows(t, tables(t, cocos, in)["maxn.csv"]) {
		if row["maxn"] != "" || row["mean_count"] != "" || row["frames"] != "0" {
			t.Errorf("with no frame looked at: %v", row)
		}
	}
}

// No cell of a name begins as a formula, and taking one apostrophe away gives
// the name back.
func TestFormulasAreNotRun(t *testing.T) {
	for _, name := range []string{"=1+2", "+a", "-b", "@sum", "\tx", "'quoted", "plain", "a,b\n\"c\"", "Añadido", ""} {
		in := count.Input{Every: 1e9, Duration: 2e9, Frames: []frame.Instant{at(1)}, Taxa: taxon.List{{Name: name, Common: name}}}
		tr := track.Track{ID: 1, Taxon: name, Points: []track.Point{{Instant: at(1)}}}
		tr.Points[0].Taxon = name
		in.Tracks = []track.Track{tr}
		for file, text := range tables(t, report.Run{Deployment: name, Chapters: []string{name}}, in) {
			for column, cell := range rows(t, text)[0] {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
					t.Errorf("%s: %s is %q", file, column, cell)
				}
			}
			for _, column := range []string{"deployment", "taxon"} {
				if cell := rows(t, text)[0][column]; strings.TrimPrefix(cell, "'") != name {
					t.Errorf("%s: %s %q became %q", file, column, name, cell)
				}
			}
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAFullDiskIsAnError(t *testing.T) {
	in := input()
	r := counted(t, in)
	for name, err := range map[string]error{
		"report":     report.Write(full{}, report.Report{Counts: r}),
		"maxn":       report.MaxN(full{}, cocos, r),
		"intervals":  report.Intervals(full{}, cocos, r),
		"detections": report.Detections(full{}, cocos, in.Tracks),
		"tracks":     report.Tracks(full{}, cocos, in.Tracks),
	} {
		if err == nil {
			t.Errorf("%s: no error on a full disk", name)
		}
	}
}
