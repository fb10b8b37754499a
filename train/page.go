package train

import (
	_ "embed" // the page and its style
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"requin/page"
	"requin/plot"
	"requin/report"
)

// State is how it stands with a training.
type State string

// The states.
const (
	StateRunning  State = "running"
	StateFinished State = "finished"
	StateStopped  State = "stopped"  // before its end, and can go on
	StateDiverged State = "diverged" // the numbers became useless
)

// Page is what is shown of a training while it runs and afterwards.
type Page struct {
	Network string // what is trained, "yolox-nano at 416×416"
	Dataset string // on what
	Fold    string // what is held out, in words: "fold 0 of 5 held out"
	Device  string // what trains it

	State   State
	Reason  string // why it ended, a sentence, with what to do; not needed while it runs
	Written string // when the page was, in words
	Step    int    // taken
	Steps   int    // that there are to be; 0: not known
	Elapsed time.Duration
	Left    time.Duration // 0: not known

	Curve    Curve
	Best     *Validation // nil: none yet
	Pictures []report.Judged
	Recipe   string // YAML
	Facts    []Facts
}

// Facts is a titled list of what, and its value: hardware, versions, seeds, hashes,
// times, energy.
type Facts struct {
	Title string
	Rows  [][2]string
}

const (
	refresh      = 15      // seconds, while it runs
	pictureBytes = 1200000 // of JPEG on one page, which is a third more as text
	shownTaxa    = 40      // in the plot by taxon; the table has them all
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// WritePage writes a training as one HTML file that needs nothing else. While the
// training runs it reads itself again every 15 seconds. Of pictures that together
// would make it large only the first are shown, and it says so. It fails where a
// picture is no JPEG, or w does.
func WritePage(w io.Writer, p Page) error {
	v := pageView{Page: p, Banner: p.banner(), Progress: p.progress(), Figures: p.figures(), Charts: p.charts(), Scores: p.scores(), Terms: p.terms()}
	room := pictureBytes
	for _, picture := range p.Pictures {
		if room -= len(picture.JPEG); room < 0 {
			v.Hidden++
			continue
		}
		shown, err := picture.View()
		if err != nil {
			return err
		}
		v.Shown = append(v.Shown, shown)
	}
	top := page.Top{Title: p.Network + " on " + p.Dataset + ": training", Styles: []string{plot.CSS, report.JudgedCSS, pageCSS}}
	if p.State == StateRunning {
		top.Refresh = refresh
	}
	return page.Write(w, top, pageHTML+report.JudgedKey, v)
}

// pageView is the page as its template shows it: texts, and drawings.
type pageView struct {
	Page
	Banner   bannerView
	Progress template.HTML
	Figures  []figureView
	Charts   []chartView
	Scores   []scoresView
	Terms    string
	Shown    []report.JudgedView
	Hidden   int
}

type bannerView struct{ Class, Said, More string }

type figureView struct{ Value, Name string }

type chartView struct {
	Title string
	Plot  template.HTML
}

type scoresView struct {
	Title, Note string
	Rows        []scoreRow
	Open        bool
}

type scoreRow struct {
	Taxon                                     string
	Latin, Context                            bool
	Truth                                     int
	AP50, AP, F, Threshold, Precision, Recall string
}

func (p Page) banner() bannerView {
	at := fmt.Sprintf("step %s", humanize.Comma(int64(p.Step)))
	if p.Steps > 0 {
		at += " of " + humanize.Comma(int64(p.Steps))
	}
	after := "after " + length(p.Elapsed)
	switch p.State {
	case StateRunning:
		said := "Running: " + at + ", " + length(p.Elapsed) + " so far"
		if p.Left > 0 {
			said += ", about " + length(p.Left) + " left"
		}
		return bannerView{"plain", said + ".", ""}
	case StateFinished:
		return bannerView{"plain", "Finished at " + at + " " + after + ".", p.Reason}
	case StateDiverged:
		return bannerView{"grave", "Diverged at " + at + " " + after + ".", p.Reason}
	}
	return bannerView{"mild", "Stopped at " + at + " " + after + ".", p.Reason}
}

// progress is a bar, as wide as the page.
func (p Page) progress() template.HTML {
	if p.Steps <= 0 {
		return ""
	}
	var s plot.SVG
	done := math.Min(1, float64(p.Step)/float64(p.Steps))
	s.Open("svg", plot.A("class", "progress"), plot.A("viewBox", "0 0 1000 8"), plot.A("preserveAspectRatio", "none"), plot.A("role", "img"),
		plot.A("aria-label", fmt.Sprintf("%.0f %% of the steps are taken", 100*done)))
	s.Leaf("title", fmt.Sprintf("%.0f %% of the steps are taken", 100*done))
	s.Rect("whole", "", 0, 0, 1000, 8)
	s.Rect("done", "", 0, 0, 1000*done, 8)
	s.Close("svg")
	return s.HTML()
}

// figures is the numbers that one looks for first.
func (p Page) figures() []figureView {
	var out []figureView
	if p.Best != nil {
		at := "best AP50, at step " + humanize.Comma(int64(p.Best.Step))
		out = append(out, figureView{fmt.Sprintf("%.3f", p.Best.AP50), at}, figureView{fmt.Sprintf("%.3f", p.Best.AP), "its AP (IoU 0.50 to 0.95)"})
	}
	if n := len(p.Curve.Points); n > 0 {
		last := p.Curve.Points[n-1]
		sum := 0.0
		for _, t := range last.Terms {
			sum += t.Value
		}
		out = append(out, figureView{fmt.Sprintf("%.3g", sum), "loss"}, figureView{fmt.Sprintf("%.1f", last.Epoch), "epochs"},
			figureView{fmt.Sprintf("%.1f", last.PicturesS), "pictures/s"})
	}
	return out
}

// terms says what the loss is made of now.
func (p Page) terms() string {
	if len(p.Curve.Points) == 0 {
		return ""
	}
	last := p.Curve.Points[len(p.Curve.Points)-1]
	var parts []string
	for _, t := range last.Terms {
		parts = append(parts, fmt.Sprintf("%s %.3g", t.Name, t.Value))
	}
	return fmt.Sprintf("At step %s: %s. Each point is the mean since the one before.", humanize.Comma(int64(last.Step)), strings.Join(parts, ", "))
}

// scores is the table of the best validation, and of the last where that is another.
func (p Page) scores() []scoresView {
	var out []scoresView
	list := p.Curve.Validations
	if p.Best != nil {
		title := "Best so far"
		if p.State == StateFinished {
			title = "Best"
		}
		out = append(out, table(title, *p.Best, true))
	}
	if n := len(list); n > 0 && (p.Best == nil || list[n-1].Step != p.Best.Step) {
		out = append(out, table("Last", list[n-1], p.Best == nil))
	}
	return out
}

func table(title string, v Validation, open bool) scoresView {
	s := scoresView{Title: fmt.Sprintf("%s: step %s, AP50 %.3f, AP %.3f", title, humanize.Comma(int64(v.Step)), v.AP50, v.AP), Open: open}
	s.Note = fmt.Sprintf("On %s held-out pictures, looked at in %s. AP50 at IoU 0.5, AP the mean over IoU 0.50 to 0.95 (COCO), both means over the studied taxa with boxes; F, precision and recall at the threshold of the best F.",
		humanize.Comma(int64(v.Pictures)), length(v.Took))
	number := func(f float64) string { return fmt.Sprintf("%.3f", f) }
	for _, t := range v.Taxa {
		row := scoreRow{Taxon: t.Taxon, Latin: report.Latin(t.Taxon), Context: !t.Studied, Truth: t.Truth}
		if t.Truth > 0 {
			row.AP50, row.AP, row.F = number(t.AP50), number(t.AP), number(t.F)
			row.Threshold, row.Precision, row.Recall = number(t.Threshold), number(t.Precision), number(t.Recall)
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}
