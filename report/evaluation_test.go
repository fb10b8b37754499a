package report_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"requin/eval"
	"requin/frame"
	"requin/report"
)

// tried is a fold of n pictures with a whitetip each, of which some are found, and some
// wrong detections; a ray in every third, taken for a whitetip.
func tried(name string, n, found, wrong int) eval.Trial {
	t := eval.Trial{Name: name, Thresholds: map[string]float64{"Triaenodon obesus": 0.2}, Unknown: []string{"Galeocerdo cuvier"}}
	at := func(x, side float64) frame.Box { return frame.Box{X0: x, X1: x + side, Y1: side} }
	for i := range n {
		image := eval.Image{Truth: []eval.Truth{{Box: at(0, 20+float64(20*(i%5))), Taxon: "Triaenodon obesus"}}}
		if i < found {
			image.Found = append(image.Found, eval.Found{Box: image.Truth[0].Box, Taxon: "Triaenodon obesus", Score: 0.9 - 0.02*float64(i)})
		}
		if i < wrong {
			image.Found = append(image.Found, eval.Found{Box: at(300, 20), Taxon: "Triaenodon obesus", Score: 0.5 - 0.03*float64(i)})
		}
		if i%3 == 0 {
			image.Truth = append(image.Truth, eval.Truth{Box: at(150, 30), Taxon: "ray"}, eval.Truth{Box: at(500, 40), Taxon: "Galeocerdo cuvier"})
			image.Found = append(image.Found, eval.Found{Box: at(150, 30), Taxon: "Triaenodon obesus", Score: 0.3})
		}
		t.Images, t.Groups = append(t.Images, image), append(t.Groups, fmt.Sprint(name, " station ", i%4))
	}
	return t
}

func evaluated(t testing.TB) report.Evaluation {
	r := eval.Rating{IoU: 0.5, Threshold: math.NaN(), Least: 5}
	studied := []string{"Triaenodon obesus", "Galeocerdo cuvier"}
	assess := func(name string, trials ...eval.Trial) report.Model {
		return report.Model{Assessment: eval.Assess(name, trials, studied, []string{"ray"}, r), About: "Two models, one for each fold.", Thresholds: "the models' own"}
	}
	e := report.Evaluation{
		Title: "studied and all", Dataset: "cocos", Sum: strings.Repeat("ab12", 16), Rating: r, Rounds: 100, Seed: 1, People: "MaxN of 8 deployments", Machine: "the latest counts",
		Models:     []report.Model{assess("studied", tried("fold 0", 12, 8, 4), tried("fold 1", 12, 6, 6)), assess("all", tried("fold 0", 12, 9, 3), tried("fold 1", 12, 8, 2))},
		Notes:      []string{"studied does not know Galeocerdo cuvier: it is not scored on them."},
		Provenance: []report.Section{{Title: "Dataset", Rows: [][2]string{{"Name", "cocos"}}}},
	}
	var list []eval.Compared
	for i, p := range []float64{0, 1, 2, 3, 4, 5, 2, 2} {
		pair := eval.Pair{Deployment: "=D" + string(rune('1'+i)), People: p, Machine: p + float64(i%2)}
		list = append(list, eval.Compared{Measure: eval.MaxN, Among: "deployments", Taxon: studied[i%2], Pair: pair})
	}
	e.Counts = eval.CompareCounts(list, 100, 1)
	jpg, err := os.ReadFile(filepath.Join("testdata", "evidence.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	worst := frame.Box{X0: 5, Y0: 5, X1: 40, Y1: 30}
	e.Mistakes = []report.Mistake{{Said: "False alarm: Triaenodon obesus, score 0.92", Judged: report.Judged{JPEG: jpg, Name: "D1", Worst: &worst,
		Found: []eval.Found{{Box: worst, Taxon: "Triaenodon obesus", Score: 0.92}}}}}
	return e
}

// withoutFiles is a page without the files that lie in it behind links: those are compressed, and look like anything.
func withoutFiles(page string) string { return inLinks.ReplaceAllString(page, `href="data:…"`) }

var inLinks = regexp.MustCompile(`href="data:[^"]*"`)

func evaluationPage(t testing.TB, e report.Evaluation) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteEvaluation(&b, e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEvaluationSaysWhatAReaderLooksFor(t *testing.T) {
	page := evaluationPage(t, evaluated(t))
	if page != evaluationPage(t, evaluated(t)) {
		t.Error("the same evaluation gives other bytes")
	}
	for _, want := range []string{
		"<h1>studied and all</h1>", "the model does not know this taxon", "mean ± SD", "<i>Triaenodon obesus</i>", "n = 24 boxes", "all less studied", "the other fold",
		"Bland–Altman", "least squares", "limits of agreement", "F (others)", "False alarm: Triaenodon obesus, score 0.92", "boxes rect.worst", `class="worst"`, "Corrections that could be made",
		"What was taken for what",
	} {
		if !strings.Contains(strings.ReplaceAll(page, "\n", ""), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "http://", "https://", " style=", "ZgotmplZ", "NaN", "%!", "+Inf"} {
		if strings.Contains(withoutFiles(page), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n, m := strings.Count(page, "<table"), strings.Count(page, "<caption"); n != m {
		t.Errorf("%d tables, %d captions", n, m)
	}
	ids := map[string]bool{}
	for _, part := range strings.Split(page, ` id="`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		if ids[id] || strings.ContainsAny(id, " .") {
			t.Errorf("id %q stands twice, or is none", id)
		}
		ids[id] = true
	}
}

// every drawing says what it is, and each figure is behind three links under names of its own.
func drawingsSayWhatTheyAre(t *testing.T, page string) {
	t.Helper()
	for _, part := range strings.Split(page, "<svg")[1:] {
		head, rest, _ := strings.Cut(part, ">")
		if !strings.Contains(head, "role=") || !strings.HasPrefix(strings.TrimSpace(rest), "<title") {
			t.Errorf("a drawing without a title or role: <svg%s>%.60s", head, rest)
		}
	}
	names := map[string]bool{}
	for _, part := range strings.Split(page, `<a download="`)[1:] {
		name, rest, _ := strings.Cut(part, `"`)
		if names[name] || !strings.HasPrefix(rest, ` href="data:`) {
			t.Errorf("%s: twice, or no link", name)
		}
		names[name] = true
	}
	if n := strings.Count(page, `class="plot`); len(names) != 3*n || n == 0 {
		t.Errorf("%d figures, %d links", n, len(names))
	}
}

func TestDrawings(t *testing.T) {
	drawingsSayWhatTheyAre(t, evaluationPage(t, evaluated(t)))
	drawingsSayWhatTheyAre(t, write(t, sample(t)))
	drawingsSayWhatTheyAre(t, written(t, report.WriteSurvey, crowd(t, 12, 5)))
}

// The files beside the page are those behind its links, and hold what is drawn.
func TestFiguresAsFiles(t *testing.T) {
	page, figures, err := evaluated(t).Draw()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := page(&text); err != nil {
		t.Fatal(err)
	}
	content := map[string]string{}
	for _, f := range figures {
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		content[f.Name] = b.String()
		name := strings.TrimPrefix(f.Name, report.FiguresFolder+"/")
		_, after, ok := strings.Cut(text.String(), `<a download="`+name+`" href="data:`)
		link, _, _ := strings.Cut(after, `"`)
		_, coded, _ := strings.Cut(html.UnescapeString(link), ";base64,")
		behind, err := base64.StdEncoding.DecodeString(coded)
		if !ok || err != nil || string(behind) != b.String() {
			t.Errorf("%s: not what is behind the link (%v)", f.Name, err)
		}
	}
	data := content["figures/maxn-deployments-all-taxa-regression.csv"]
	for _, want := range []string{"kind,series,by people (individuals),by machine (individuals),label\n", "point,T. obesus,0,0,\"'=D1, Triaenodon obesus: people 0, machine 0\"\n", "guide,Deming,", "guide,least squares,"} {
		if !strings.Contains(data, want) {
			t.Errorf("the data lack %q:\n%s", want, data)
		}
	}
	if svg := content["figures/maxn-deployments-all-taxa-regression.svg"]; !strings.HasPrefix(svg, `<svg xmlns="http://www.w3.org/2000/svg"`) || strings.Contains(svg, "var(") {
		t.Errorf("%.200s", svg)
	}
	if picture, err := png.Decode(strings.NewReader(content["figures/f-over-folds.png"])); err != nil || picture.Bounds().Dx() != 1380 {
		t.Errorf("%v", err)
	}
}

func TestEvaluationTablesAreGolden(t *testing.T) {
	var all strings.Builder
	for _, table := range evaluated(t).Tables() {
		var b bytes.Buffer
		if err := table.Write(&b); err != nil {
			t.Fatal(err)
		}
		all.WriteString("-- " + table.Name + " --\n" + b.String())
	}
	golden(t, "evaluation.txt", all.String())
}

// What does not exist is null in JSON, which has no other word for it.
func TestEvaluationJSON(t *testing.T) {
	var b bytes.Buffer
	if err := evaluated(t).JSON(&b); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema   string
		Settings struct{ Threshold *float64 }
		Models   []struct {
			Taxa []struct {
				Taxon string
				Folds []struct {
					Unknown bool `json:"unknown_to_model"`
					F       *float64
				}
			}
		}
		Counts []struct {
			Taxon *string
			R     struct{ Value, Low, High *float64 }
		}
		Differences []struct{ Measure string }
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	tiger := doc.Models[0].Taxa[1].Folds[0]
	if doc.Schema != "requin.eval/1" || doc.Settings.Threshold != nil || !tiger.Unknown || tiger.F != nil || doc.Models[0].Taxa[0].Folds[0].F == nil {
		t.Errorf("%+v", doc)
	}
	if len(doc.Counts) != 3 || doc.Counts[0].Taxon != nil || doc.Counts[0].R.Value == nil || len(doc.Differences) != 2*len(eval.Measures()) {
		t.Errorf("%+v", doc)
	}
}

// What was a field of eval.json is one still, and what is new beside it has a number.
func TestEvaluationJSONKeepsItsFields(t *testing.T) {
	var b bytes.Buffer
	if err := evaluated(t).JSON(&b); err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	pick := func(at any, path ...any) any {
		for _, step := range path {
			switch s := step.(type) {
			case int:
				at = at.([]any)[s]
			case string:
				at = at.(map[string]any)[s]
			}
		}
		return at
	}
	for _, name := range []string{"r", "r2", "slope", "intercept", "bias", "sd", "limit_low", "limit_high", "mae", "rmse", "exact", "within_close", "ccc", "icc", "deming_slope", "deming_intercept", "ratio", "kappa", "kappa_linear", "kappa_quadratic", "kappa_presence"} {
		if v, ok := pick(doc, "counts", 0, name, "value").(float64); !ok {
			t.Errorf("%s: %v", name, v)
		}
	}
	if exact := pick(doc, "counts", 1, "exact").(map[string]any); exact["value"] != 1.0 || !(exact["low"].(float64) < 0.4) || exact["interval_by"] != "exact" {
		t.Errorf("all four equal: %v", exact)
	}
	if r := pick(doc, "counts", 1, "r").(map[string]any); r["value"] != 1.0 || r["low"] != nil || r["interval_by"] != nil {
		t.Errorf("four pairs on a line: %v", r)
	}
	if pooled := pick(doc, "counts", 0, "pooled", "taxa"); pooled != 2.0 {
		t.Errorf("pooled over %v taxa", pooled)
	}
	fold := pick(doc, "models", 0, "taxa", 0, "folds", 0).(map[string]any)
	for _, name := range []string{"fold", "boxes", "pictures", "too_few", "unknown_to_model", "threshold", "precision", "recall", "f", "best_threshold", "best_f", "ap50", "ap", "others_threshold", "others_precision", "others_recall", "others_f"} {
		if _, ok := fold[name]; !ok {
			t.Errorf("a fold has no %s", name)
		}
	}
	if w := fold["wrong"].(map[string]any); w["misnamed"] != 4.0 || w["duplicates"] != 0.0 || w["on_nothing"] != 4.0 {
		t.Errorf("wrong: %v", w)
	}
	if low := pick(fold, "intervals", "recall", "low").(float64); !(low > 0.3 && low < 0.4) {
		t.Errorf("recall from %v", low)
	}
}

func TestAnEvaluationOfNothingIsAPage(t *testing.T) {
	if page := evaluationPage(t, report.Evaluation{Title: `<script>"nothing"`}); strings.Contains(page, "<script") {
		t.Error("a title is not escaped")
	}
	if n := len(report.Evaluation{}.Tables()); n != 0 {
		t.Errorf("%d tables of nothing", n)
	}
}
