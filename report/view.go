package report

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"requin/count"
	"requin/page"
)

// view is the report as the page shows it: texts, and drawings.
type view struct {
	Report
	Facts     []string // one line under the title
	Banner    *banner
	Seen      []taxonView // MaxN over 0, in the survey's order
	Zeros     []taxonView // looked for and not seen
	FoldZeros bool
	Frames    int
	NoFrames  bool
	Intervals []intervalTable
	Interval  string
	Notes95   []string     // what the intervals of MaxN rest on, and why there are none
	Between   *betweenView // of a denser look; nil: there was none
	Gaps      []gapView
	Uncounted []count.Uncounted
}

// banner says that some of the period was not analysed.
type banner struct {
	Grave bool // a tenth of the period or more, or all
	Text  string
	Why   []string
}

type taxonView struct {
	ID                                  int
	Name, Common, Codes                 string
	Latin                               bool // to be set in italics
	Sentence                            saying
	MaxN, TMaxN, TMaxNPeriod, TFS, Mean string
	Tracks, Frames                      int
	Range, Doubt                        string // the interval of MaxN, and what else is to be said of it
	Status, Standing                    string // how far the count may be trusted, and what that rests on
	shownFigure
	Picture            template.URL
	PictureW, PictureH float64
	Overlay            template.HTML
	Others             int
	Alt, Caption       string
	Individuals        []individualView
	Renamed            bool // some individual bears another name in this frame
	Crowd              bool // too many individuals to label with their scores
}

type individualView struct {
	Track      int
	Score, Box string
	Named      string // what the detection itself was called, where that is not the taxon
}

type gapView struct{ From, To, Length, Kind, Reason string }

type intervalTable struct {
	Taxa []taxonView
	Rows []intervalRow
}

type intervalRow struct {
	From, To, NotAnalysed string
	Frames                int
	Counts                []string
}

// saying is a sentence in two parts: the taxon's name, and what is said of it.
type saying struct{ Name, Said, Text string }

// Above this many never-seen taxa their table is folded; an interval table has at
// most this many taxa beside each other, to fit a printed page.
const (
	foldZeros  = 6
	taxaAcross = 5
)

func look(r Report) (view, error) {
	pictures, err := evidenceOf(r)
	if err != nil {
		return view{}, err
	}
	c := r.Counts
	v := view{
		Report: r, Facts: facts(r), Banner: bannerOf(c.Effort), Frames: c.Effort.Frames,
		NoFrames: c.Effort.Frames == 0, Interval: words(c.Interval), Uncounted: c.Uncounted,
	}
	for _, note := range c.IntervalNotes() {
		v.Notes95 = append(v.Notes95, strings.ToUpper(note[:1])+note[1:]+".")
	}
	drawn := newFigures(styleText)
	for i, t := range c.Taxa {
		tv := taxonOf(t, i+1)
		if t.MaxN == nil || *t.MaxN == 0 {
			v.Zeros = append(v.Zeros, tv)
			continue
		}
		if tv.shownFigure, err = drawn.add(r.Deployment+" "+t.Name+" over time", countPlot(c, t, i+1), timelineData(c, t)); err != nil {
			return view{}, err
		}
		if e, ok := pictures[t.Name]; ok {
			tv.show(e, t, r)
		}
		v.Seen = append(v.Seen, tv)
	}
	v.FoldZeros = len(v.Zeros) > foldZeros
	v.Intervals = intervalTables(c, v.Seen)
	v.Between = betweenOf(r.Between, c)
	for _, g := range c.Effort.Gaps {
		v.Gaps = append(v.Gaps, gapView{clock(g.From), clock(g.To), lengthWords(g), kindWords(g.Kind), g.Reason})
	}
	return v, nil
}

func facts(r Report) []string {
	c := r.Counts
	period := fmt.Sprintf("Period %s to %s of the deployment (%s)", clock(c.Period.From), clock(c.Period.To), words(c.Period.Length()))
	out := []string{
		period,
		"one frame every " + words(c.Every),
		plural(c.Effort.Frames, "frame looked at", "frames looked at"),
	}
	if n := len(r.Chapters); n > 1 {
		out = append(out, strconv.Itoa(n)+" files")
	}
	return out
}

// bannerOf is nil where all of the period was analysed.
func bannerOf(e count.Effort) *banner {
	if e.Complete() {
		return nil
	}
	b := &banner{Grave: e.Fraction >= 0.1}
	switch {
	case e.Frames == 0:
		b.Grave = true
		b.Text = "Nothing was analysed: no frame of the period could be looked at. There is no count, which is not a count of zero."
	case e.NotAnalysed == 0:
		b.Text = "Part of the deployment, of unknown length, was not analysed. A MaxN there may be higher: the counts are minimums."
	default:
		b.Text = fmt.Sprintf("%s (%s) of the period were not analysed. A MaxN there may be higher: the counts are minimums.",
			words(e.NotAnalysed), percent(e.Fraction))
	}
	const most = 4
	for i, g := range e.Gaps {
		if i == most && len(e.Gaps) > most+1 {
			b.Why = append(b.Why, fmt.Sprintf("and %d more, listed below", len(e.Gaps)-most))
			break
		}
		b.Why = append(b.Why, fmt.Sprintf("%s to %s: %s", clock(g.From), clock(g.To), g.Reason))
	}
	return b
}

func taxonOf(t count.Taxon, id int) taxonView {
	v := taxonView{
		ID: id, Name: t.Name, Common: t.Common, Sentence: sentence(t), MaxN: count.Number(t.MaxN),
		TMaxN: "–", TMaxNPeriod: "–", TFS: "–", Mean: "–", Tracks: t.Tracks, Frames: t.Frames, Range: t.Range(), Doubt: doubt(t), Status: string(t.Status()), Standing: t.Standing(),
	}
	// A name of two words that has codes or a common name is a binomial.
	v.Latin = strings.Contains(t.Name, " ") && (t.Common != "" || t.CAAB != "" || t.AphiaID != 0)
	var codes []string
	if t.CAAB != "" {
		codes = append(codes, "CAAB "+t.CAAB)
	}
	if t.AphiaID != 0 {
		codes = append(codes, "AphiaID "+strconv.Itoa(t.AphiaID))
	}
	v.Codes = strings.Join(codes, ", ")
	if t.TMaxN != nil {
		v.TMaxN, v.TMaxNPeriod = clock(t.TMaxN.Time), clock(t.TMaxN.PeriodTime)
	}
	if t.TFS != nil {
		v.TFS = clock(t.TFS.Time)
	}
	if t.MeanCount != nil {
		v.Mean = count.Decimal(*t.MeanCount, 3)
	}
	return v
}

// sentence is the result in words: "Galeocerdo cuvier: MaxN 3 at 12:31".
func sentence(t count.Taxon) saying {
	w := saying{Name: t.Name}
	switch {
	case t.MaxN == nil:
		w.Said = "not analysed"
	case *t.MaxN == 0 || t.TMaxN == nil || t.TFS == nil:
		w.Said = "MaxN 0, never seen"
	default:
		w.Said = fmt.Sprintf("MaxN %d at %s, first seen at %s", *t.MaxN, clock(t.TMaxN.Time), clock(t.TFS.Time))
	}
	w.Text = w.Name + ": " + w.Said + "."
	return w
}

// show adds the evidence picture of a taxon that was seen.
func (v *taxonView) show(e Evidence, t count.Taxon, r Report) {
	v.Picture = page.JPEG(e.JPEG)
	v.PictureW, v.PictureH = shownSize(float64(e.W), float64(e.H))
	v.Overlay = overlay(e, t.Evidence.Individuals)
	v.Others = len(e.Others)
	v.Crowd = len(t.Evidence.Individuals) > crowd
	m := t.Evidence.Moment
	v.Alt = fmt.Sprintf("Video frame at %s with %s of %s, each in a box with its track number",
		clock(m.Time), plural(len(t.Evidence.Individuals), "individual", "individuals"), t.Name)
	v.Caption = fmt.Sprintf("Frame at %s of the deployment (%s of the period): %s, time stamp %d × %s s.",
		exactClock(m.Time), exactClock(m.PeriodTime), chapter(r.Chapters, m.Chapter), m.PTS, m.Base)
	for _, i := range t.Evidence.Individuals {
		iv := individualView{
			Track: i.Track, Score: count.Decimal(float64(i.Score), 2),
			Box: fmt.Sprintf("%.0f, %.0f to %.0f, %.0f", i.Box.X0, i.Box.Y0, i.Box.X1, i.Box.Y1),
		}
		if i.Taxon != t.Name {
			iv.Named, v.Renamed = i.Taxon, true
		}
		v.Individuals = append(v.Individuals, iv)
	}
}

// intervalTables spreads the taxa that were seen over tables that fit a page.
func intervalTables(c count.Result, seen []taxonView) []intervalTable {
	var out []intervalTable
	for start := 0; start < len(seen); start += taxaAcross {
		some := seen[start:min(start+taxaAcross, len(seen))]
		table := intervalTable{Taxa: some}
		for i, iv := range c.Intervals {
			row := intervalRow{From: clock(iv.From), To: clock(iv.To), Frames: iv.Frames, NotAnalysed: "–"}
			if iv.NotAnalysed > 0 {
				row.NotAnalysed = words(iv.NotAnalysed)
			}
			for _, tv := range some {
				row.Counts = append(row.Counts, count.Number(c.Taxa[tv.ID-1].PerInterval[i]))
			}
			table.Rows = append(table.Rows, row)
		}
		out = append(out, table)
	}
	return out
}

func kindWords(k count.Kind) string {
	if k == count.NotFilmed {
		return "not filmed"
	}
	return "not analysed"
}

func lengthWords(g count.Gap) string {
	if g.Length() == 0 {
		return "unknown"
	}
	return words(g.Length())
}

// gapWords is the gaps in one sentence, for who cannot see the plot.
func gapWords(e count.Effort) string {
	if e.Complete() {
		return "All of the period was analysed."
	}
	return fmt.Sprintf("%s (%s) of the period were not analysed.", words(e.NotAnalysed), percent(e.Fraction))
}
