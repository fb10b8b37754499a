package report_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/count"
	"requin/frame"
	"requin/report"
	"requin/taxon"
)

const grey, tiger, hammer = "Carcharhinus amblyrhynchos", "Galeocerdo cuvier", "Sphyrna lewini"

func number[T any](v T) *T { return &v }

// reviewed is a count after people looked: the taxon's MaxN and what is said of it.
func reviewed(r count.Result, name string, maxn int, status count.Status, by ...string) count.Result {
	r.Taxa = slices.Clone(r.Taxa)
	for i := range r.Taxa {
		if t := &r.Taxa[i]; t.Name == name {
			t.Review = &count.Review{
				Status: status, Machine: t.MaxN, Low: number(maxn), High: number(maxn + 1), Basis: "detectability measured on 12 stretches of held-out video", Risk: 0.031, Limit: 0.05, Looked: 14, Frames: r.Effort.Frames,
				By: by, At: time.Date(2026, 5, 3, 4, 5, 0, 0, time.UTC), Log: strings.Repeat("0f", 32),
			}
			t.MaxN = &maxn
		}
	}
	return r
}

// reef is a survey in which everything occurs: certified, reviewed, disputed and machine's counts, a deployment of which nothing could
// be looked at, one without a count and one without video; two detectors; two campaigns.
func reef(t testing.TB) report.Survey {
	machine := counted(t, input())
	dark := input()
	dark.Tracks, dark.Frames = nil, nil
	dark.Gaps = []frame.Gap{{From: 0, To: 300 * time.Second, Reason: "no moov box: the recording was cut off"}}
	fewer := input()
	fewer.Taxa, fewer.Gaps = fewer.Taxa[:2], nil
	starter, own := report.Detector{File: "starter.onnx", SHA256: strings.Repeat("ab", 32)}, report.Detector{File: "own.onnx", SHA256: strings.Repeat("cd", 32)}
	at := func(lat, lon, depth float64, d report.Deployment) report.Deployment {
		d.Latitude, d.Longitude, d.Depth = &lat, &lon, &depth
		d.Campaign, d.Filmed = "2026-05_Reef_stereo-BRUVs", count.Seconds(300*time.Second)
		return d
	}
	certified := reviewed(reviewed(reviewed(machine, tiger, 3, count.Certified, "Anna"), grey, 1, count.Certified, "Anna"), hammer, 0, count.Certified, "Anna")
	return report.Survey{
		Name: "Reef sharks 2026",
		Taxa: taxon.List{{Name: hammer, Common: "scalloped hammerhead"}, {Name: tiger, Common: "tiger shark", CAAB: "37018022", AphiaID: 105799}, {Name: "Lutjanus bohar", Role: taxon.Context}},
		Deployments: []report.Deployment{
			at(-22.31, 166.4, 12.5, report.Deployment{OpCode: "BRUV_01", Site: "Abore", Location: "Lagoon", DateTime: "2026-05-01T08:18:54+11:00", Counts: &certified, Model: starter, Run: "aaa", Details: "../runs/BRUV_01.requin/report.html"}),
			at(-22.315, 166.41, 14, report.Deployment{OpCode: "BRUV_02", Site: "Abore", Location: "Lagoon", DateTime: "2026-05-01T09:30:00+11:00",
				Counts: number(reviewed(reviewed(machine, tiger, 4, count.Disputed, "Anna", "Ben"), grey, 0, count.Reviewed, "Ben")), Model: starter, Run: "bbb"}),
			at(-22.3151, 166.4101, 14, report.Deployment{OpCode: "BRUV_03", Site: "Abore", Location: "Lagoon", Counts: number(counted(t, fewer)), Model: own, Run: "ccc"}),
			at(-22.4, 166.36, 22, report.Deployment{OpCode: "BRUV_04", Site: "Kué", Location: "Pass", Counts: number(counted(t, dark)), Model: starter, Run: "ddd"}),
			at(-22.42, 166.45, 24, report.Deployment{OpCode: "BRUV_05", Site: "Kué", Location: "Pass", Why: "not yet: requin count BRUV_05"}),
			{OpCode: "001", Campaign: "2025-11_Reef", Why: "it has no video: requin add VIDEOS --opcode 001"},
		},
		Warnings:   []string{"BRUV_01 is counted although its metadata say that the count was not successful."},
		Provenance: []report.Section{{Title: "Survey", Rows: [][2]string{{"Survey", "Reef sharks 2026"}, {"Requin", "1.0"}}}},
	}
}

func written(t testing.TB, write func(io.Writer, report.Survey) error, s report.Survey) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSurveyIsGoldenAndTheSameTwice(t *testing.T) {
	for name, write := range map[string]func(io.Writer, report.Survey) error{
		"survey.html": report.WriteSurvey, "counts.csv": report.SurveyCounts, "maxn-matrix.csv": report.SurveyMatrix, "status-matrix.csv": report.SurveyStatuses,
	} {
		got := written(t, write, reef(t))
		if got != written(t, write, reef(t)) {
			t.Errorf("%s: the same survey gives other bytes", name)
		}
		golden(t, name, got)
	}
}

func TestSurveyTotals(t *testing.T) {
	got := reef(t).Totals()
	if got.Deployments != 6 || got.Counted != 4 || got.Taxa != 3 || got.Seen != 2 || got.Blank != 3 || got.Numbers() != 8 {
		t.Errorf("%+v", got)
	}
	for status, want := range map[count.Status]int{count.Certified: 3, count.Reviewed: 1, count.Machine: 3, count.Disputed: 1} {
		if got.Counts[status] != want {
			t.Errorf("%d %s, want %d", got.Counts[status], status, want)
		}
	}
	// Three times 240 of 300 s, of which one ends with the video at 300 s; once all of it but what was not filmed; once nothing.
	if got.Filmed != count.Seconds(1500*time.Second) || got.Analysed != count.Seconds((240+240+270)*time.Second) || got.NotAnalysed != count.Seconds((60+60+30+300)*time.Second) {
		t.Errorf("filmed %v, analysed %v, not %v", got.Filmed, got.Analysed, got.NotAnalysed)
	}
	if text := got.Tally(); text != "3 certified, 1 reviewed, 3 machine, 1 disputed" {
		t.Error(text)
	}
}

// The page says everything a reader must not miss, and is safe and well-formed.
func TestSurveyPage(t *testing.T) {
	page := written(t, report.WriteSurvey, reef(t))
	for _, want := range []string{
		`<html lang="en">`, "default-src 'none'", "Nobody looked at 3 of 8 counts (38 %)", "1 count is disputed", "2 deployments are not counted",
		"2 detectors counted this survey", "it has no video: requin add VIDEOS --opcode 001", "not yet: requin count BRUV_05",
		`href="../runs/BRUV_01.requin/report.html"`, "2 campaigns: 2026-05_Reef_stereo-BRUVs, 2025-11_Reef", ">BRUV_01</a>", `class="cell certified"`, "<small>D</small>",
		"no moov box: the recording was cut off", "Not on the map, for want of coordinates: 001", "Map of the deployments", "22°2", "2 km",
		"14 of 240", "Anna, Ben", "2026-05-03 04:05", strings.Repeat("cd", 32), "Seen in 3 of 3 deployments",
		"None: fewer than 10 deployments",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "http://", "https://", "@import", " style=", "ZgotmplZ", "NaN", "%!", "Inf"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n, m := strings.Count(page, "<table"), strings.Count(page, "<caption"); n != m {
		t.Errorf("%d tables, %d captions", n, m)
	}
	for i, drawing := range strings.Split(page, `<svg class="plot`)[1:] {
		if head, _, ok := strings.Cut(drawing, "</title>"); !ok || !strings.Contains(head, `role="img" aria-labelledby="`) || !strings.Contains(head, `<title id="`) {
			t.Errorf("drawing %d has no title", i+1)
		}
	}
	wellFormed(t, page)
}

// What a name holds runs nowhere: not on the page, not in a spreadsheet.
func TestSurveyNamesAreEscaped(t *testing.T) {
	const evil = `=<script>alert("1")</script>&'`
	s := reef(t)
	s.Name, s.Warnings = evil, []string{evil}
	for i := range s.Deployments {
		d := &s.Deployments[i]
		d.OpCode, d.Site, d.Location, d.Why, d.Model.File, d.Details = evil+d.OpCode, evil, evil, evil, evil, "javascript:alert(1)"
	}
	s.Deployments[0].Counts.Taxa[0].Name = evil
	page := written(t, report.WriteSurvey, s)
	if strings.Contains(page, "<script") || strings.Contains(page, `href="javascript`) {
		t.Error("a name runs on the page")
	}
	for _, write := range []func(io.Writer, report.Survey) error{report.SurveyCounts, report.SurveyMatrix, report.SurveyStatuses} {
		for _, row := range rows(t, written(t, write, s)) {
			for column, cell := range row {
				if column != "latitude_dd" && cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
					t.Errorf("%s is %q", column, cell)
				}
			}
		}
	}
}

// counts.csv has a row for each deployment and studied taxon; a zero is a zero, a blank is none, and a note says why.
func TestSurveyCounts(t *testing.T) {
	all := rows(t, written(t, report.SurveyCounts, reef(t)))
	if len(all) != 6*3 {
		t.Fatalf("%d rows, want one for each of 6 deployments and 3 taxa", len(all))
	}
	find := func(opcode, taxon string) map[string]string {
		for _, row := range all {
			if row["opcode"] == opcode && row["taxon"] == taxon {
				return row
			}
		}
		t.Fatalf("there is no row of %s and %s", opcode, taxon)
		return nil
	}
	for _, c := range []struct {
		opcode, taxon string
		want          map[string]string
	}{
		{"BRUV_01", tiger, map[string]string{"maxn": "3", "status": "certified", "machine_maxn": "2", "risk": "0.0310", "frames_looked_at": "14", "reviewed_by": "Anna", "latitude_dd": "-22.31",
			"maxn_low": "3", "maxn_high": "4", "interval_level": "0.95", "caab": "37018022", "report": "../runs/BRUV_01.requin/report.html", "note": ""}},
		{"BRUV_02", hammer, map[string]string{"maxn": "0", "status": "machine", "machine_maxn": "0", "risk": "", "reviewed_at": "", "tmaxn_s": "", "analysed_s": "240.000000", "not_analysed_s": "60.000000"}},
		{"BRUV_03", hammer, map[string]string{"maxn": "", "status": "", "note": "not looked for: this count has other taxa", "model": "own.onnx"}},
		{"BRUV_04", tiger, map[string]string{"maxn": "", "status": "machine", "note": "not analysed: no frame of the period could be looked at"}},
		{"BRUV_05", tiger, map[string]string{"maxn": "", "status": "", "analysed_s": "", "filmed_s": "300.000000", "note": "not counted: not yet: requin count BRUV_05"}},
		{"001", tiger, map[string]string{"campaign": "2025-11_Reef", "latitude_dd": "", "filmed_s": ""}},
	} {
		row := find(c.opcode, c.taxon)
		for column, want := range c.want {
			if row[column] != want {
				t.Errorf("%s, %s: %s is %q, want %q", c.opcode, c.taxon, column, row[column], want)
			}
		}
	}
}

// The matrices have the same shape, and a status stands exactly where a number stands.
func TestSurveyMatrices(t *testing.T) {
	read := func(write func(io.Writer, report.Survey) error) [][]string {
		all, err := csv.NewReader(strings.NewReader(written(t, write, reef(t)))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	numbers, statuses := read(report.SurveyMatrix), read(report.SurveyStatuses)
	if len(numbers) != 7 || strings.Join(numbers[0], ",") != "campaign,opcode,"+hammer+","+tiger+","+grey || !slices.Equal(numbers[0], statuses[0]) {
		t.Fatalf("%d rows, header %v", len(numbers), numbers[0])
	}
	for i, row := range numbers {
		for k, cell := range row {
			if (cell == "") != (statuses[i][k] == "") {
				t.Errorf("%s, %s: MaxN %q, status %q", row[1], numbers[0][k], cell, statuses[i][k])
			}
		}
	}
}

func TestStandings(t *testing.T) {
	zeros := func(n int) (out []count.Taxon) {
		for i := range n {
			out = append(out, count.Taxon{Name: "class " + string(rune('a'+i)), MaxN: number(0)})
		}
		return out
	}
	of := func(name string, n int, status count.Status) count.Taxon {
		t := count.Taxon{Name: name, MaxN: &n}
		if status != count.Machine {
			t.Review = &count.Review{Status: status}
		}
		return t
	}
	for want, taxa := range map[string][]count.Taxon{
		"no taxon was studied": nil,
		"C. obesus 7 certified; G. cuvier 2 machine; 20 at 0 machine": append(zeros(20), of(tiger, 2, count.Machine), of("Carcharhinus obesus", 7, count.Certified)),
		"nothing seen: 5 at 0 (1 certified, 4 machine)":               append(zeros(4), of(tiger, 0, count.Certified)),
		"G. cuvier 0 disputed; S. lewini 9 machine":                   {of(hammer, 9, count.Machine), of(tiger, 0, count.Disputed)},
		"Carcharhinus obesus 2 machine; Carcharias obesus 1 machine":  {of("Carcharhinus obesus", 2, count.Machine), of("Carcharias obesus", 1, count.Machine)},
		"2 taxa not analysed":                                         {{Name: tiger}, {Name: hammer}},
		"a 9 machine; b 8 machine; c 7 machine; d 6 machine; e 5 machine; f 4 machine; 2 more seen machine": {
			of("a", 9, count.Machine), of("b", 8, count.Machine), of("c", 7, count.Machine), of("d", 6, count.Machine), of("e", 5, count.Machine), of("f", 4, count.Machine), of("g", 3, count.Machine), of("h", 2, count.Machine)},
	} {
		if got := report.Standings(count.Result{Taxa: taxa}); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A survey of nothing is a page, too; so are one that is not counted, one in which nothing was seen, and one on the antimeridian and
// at a pole.
func TestSurveysThatAreHardlyOnes(t *testing.T) {
	for name, s := range map[string]report.Survey{
		"empty":           {},
		"not counted":     {Deployments: []report.Deployment{{OpCode: "1", Why: "not yet"}}},
		"nothing studied": {Deployments: []report.Deployment{{OpCode: "1", Counts: &count.Result{}}}},
		"one place":       {Deployments: []report.Deployment{{OpCode: "1", Latitude: number(0.0), Longitude: number(0.0), Why: "not yet"}}},
		"pole":            {Deployments: []report.Deployment{{OpCode: "1", Latitude: number(-90.0), Longitude: number(10.0)}, {OpCode: "2", Latitude: number(-89.0), Longitude: number(-170.0)}}},
		"not on Earth":    {Deployments: []report.Deployment{{OpCode: "1", Latitude: number(91.0), Longitude: number(0.0)}}},
	} {
		page := written(t, report.WriteSurvey, s)
		for _, bad := range []string{"NaN", "Inf", "%!", "ZgotmplZ"} {
			if strings.Contains(withoutFiles(page), bad) {
				t.Errorf("%s: the page has %q", name, bad)
			}
		}
		wellFormed(t, page)
	}
	fiji := report.Survey{Deployments: []report.Deployment{
		{OpCode: "west", Latitude: number(-17.0), Longitude: number(179.5)}, {OpCode: "east", Latitude: number(-17.5), Longitude: number(-179.5)},
	}}
	page := written(t, report.WriteSurvey, fiji)
	if !strings.Contains(page, "180°") || !strings.Contains(page, "179°30.0′E to 179°30.0′W") || !strings.Contains(page, "20 km") {
		t.Error("two sites a degree apart over the antimeridian are not drawn side by side")
	}
}

// The page lists every column, in order.
func TestTheSurveyFormatPageListsTheColumns(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "formats", "survey-report.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## counts.csv")
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
	header, _, _ := strings.Cut(written(t, report.SurveyCounts, report.Survey{}), "\n")
	if got := strings.Join(documented, ","); got != header {
		t.Errorf("the page lists\n%s\nthe table has\n%s", got, header)
	}
}
