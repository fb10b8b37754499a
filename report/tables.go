package report

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/count"
	"requin/frame"
	"requin/taxon"
	"requin/track"
)

// Run is what the tables say of the run they come from. The columns, and how to
// read them, are in docs/formats/run-folder.md.
type Run struct {
	Deployment string
	Chapters   []string      // file names, in order
	Threshold  float64       // the model's: least score of taxa that have none of their own; 0 = not known
	Start      count.Seconds // where the period begins, for the times within it
}

// The headers are a contract: a column is added at the end, never renamed.
var (
	maxnHeader = []string{
		"deployment", "taxon", "common_name", "caab", "aphia_id", "maxn", "tmaxn_s", "tmaxn_period_s", "tfs_s", "tfs_period_s",
		"mean_count", "frames", "frames_seen", "tracks", "period_from_s", "period_to_s", "analysed_s", "not_analysed_s",
		"every_s", "threshold", "tmaxn_file", "tmaxn_pts", "tmaxn_time_base",
		"maxn_estimate", "maxn_low", "maxn_high", "interval_level",
		"status", "machine_maxn", "risk", "risk_limit", "frames_looked_at", "frames_sampled", "reviewed_by", "reviewed_at", "log_sha256",
		"interval_basis",
	}
	intervalsHeader = []string{
		"deployment", "taxon", "interval", "from_s", "to_s", "period_from_s", "period_to_s", "frames", "not_analysed_s", "maxn",
	}
	detectionsHeader = []string{
		"deployment", "time_s", "period_time_s", "file", "pts", "time_base", "track", "taxon", "detected_as", "score",
		"x0", "y0", "x1", "y1", "other_scores",
	}
	tracksHeader = []string{
		"deployment", "track", "taxon", "first_s", "last_s", "points", "mean_score", "max_score", "best_s", "x0", "y0", "x1", "y1",
	}
)

// table writes rows, and keeps the first error for the end.
type table struct{ *csv.Writer }

func newTable(w io.Writer, header []string) table {
	t := table{csv.NewWriter(w)}
	_ = t.Write(header) // csv.Writer keeps the error
	return t
}

func (t table) row(cells ...string) { _ = t.Write(cells) }

func (t table) done() error {
	t.Flush()
	return t.Error()
}

// MaxN writes maxn.csv: one row for each studied taxon, those never seen too.
func MaxN(w io.Writer, run Run, r count.Result) error {
	t := newTable(w, maxnHeader)
	for _, x := range r.Taxa {
		aphia, mean, file, pts, base := "", "", "", "", ""
		if x.AphiaID != 0 {
			aphia = strconv.Itoa(x.AphiaID)
		}
		if x.MeanCount != nil {
			mean = count.Decimal(*x.MeanCount, 6)
		}
		if m := x.TMaxN; m != nil {
			file, pts, base = text(chapter(run.Chapters, m.Chapter)), strconv.FormatInt(m.PTS, 10), m.Base.String()
		}
		threshold := ""
		if least := cmp.Or(x.Threshold, run.Threshold); least != 0 {
			threshold = count.Decimal(least, 4)
		}
		estimate := ""
		if u := x.Uncertainty; u != nil && x.Review == nil {
			estimate = strconv.Itoa(u.Estimate)
		}
		low, high, level := bounds(x)
		tmaxn, tmaxnPeriod := times(x.TMaxN)
		tfs, tfsPeriod := times(x.TFS)
		t.row(append([]string{text(run.Deployment), text(x.Name), text(x.Common), text(x.CAAB), aphia, whole(x.MaxN),
			tmaxn, tmaxnPeriod, tfs, tfsPeriod, mean,
			strconv.Itoa(r.Effort.Frames), strconv.Itoa(x.Frames), strconv.Itoa(x.Tracks),
			r.Period.From.Text(6), r.Period.To.Text(6), r.Effort.Analysed.Text(6), r.Effort.NotAnalysed.Text(6),
			r.Every.Text(6), threshold, file, pts, base, estimate, low, high, level}, append(standing(x), text(x.Basis()))...)...)
	}
	return t.done()
}

// standing is what columns of maxn.csv say: how far the count may be trusted, and why.
func standing(t count.Taxon) []string {
	r := t.Review
	if r == nil {
		return []string{string(count.Machine), whole(t.MaxN), "", "", "", "", "", "", ""}
	}
	return []string{string(r.Status), whole(r.Machine), count.Decimal(r.Risk, 4), count.Decimal(r.Limit, 4), strconv.Itoa(r.Looked), strconv.Itoa(r.Frames),
		text(strings.Join(r.By, "; ")), r.At.UTC().Format(time.RFC3339), r.Log}
}

// Intervals writes intervals.csv: one row for each studied taxon and interval.
func Intervals(w io.Writer, run Run, r count.Result) error {
	t := newTable(w, intervalsHeader)
	for _, x := range r.Taxa {
		for i, iv := range r.Intervals {
			t.row(text(run.Deployment), text(x.Name), strconv.Itoa(i+1), iv.From.Text(6), iv.To.Text(6),
				iv.PeriodFrom.Text(6), iv.PeriodTo.Text(6), strconv.Itoa(iv.Frames), iv.NotAnalysed.Text(6), whole(x.PerInterval[i]))
		}
	}
	return t.done()
}

// Detections writes detections.csv: one row for each point of a track, in the
// order of time, then track; context taxa and points out of the period too.
func Detections(w io.Writer, run Run, tracks []track.Track) error {
	type sighting struct {
		track track.Track
		point track.Point
	}
	var all []sighting
	for _, t := range tracks {
		for _, p := range t.Points {
			all = append(all, sighting{t, p})
		}
	}
	slices.SortStableFunc(all, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.point.Time, b.point.Time), cmp.Compare(a.track.ID, b.track.ID))
	})
	t := newTable(w, detectionsHeader)
	for _, s := range all {
		p := s.point
		at := count.Seconds(p.Time)
		t.row(slices.Concat([]string{
			text(run.Deployment), at.Text(6), (at - run.Start).Text(6), text(chapter(run.Chapters, p.Chapter)),
			strconv.FormatInt(p.PTS, 10), p.Base.String(), strconv.Itoa(s.track.ID), text(s.track.Taxon), text(p.Taxon), score(p.Score),
		}, corners(p.Box), []string{text(otherScores(p.Taxon, p.Scores))})...)
	}
	return t.done()
}

// Tracks writes tracks.csv: one row for each track, in the order of their
// numbers, with the box where its score was highest (the earliest such).
func Tracks(w io.Writer, run Run, tracks []track.Track) error {
	t := newTable(w, tracksHeader)
	for _, tr := range slices.SortedFunc(slices.Values(tracks), func(a, b track.Track) int { return cmp.Compare(a.ID, b.ID) }) {
		if len(tr.Points) == 0 {
			continue
		}
		best, sum := tr.Points[0], 0.0
		for _, p := range tr.Points {
			sum += float64(p.Score)
			if p.Score > best.Score {
				best = p
			}
		}
		t.row(slices.Concat([]string{
			text(run.Deployment), strconv.Itoa(tr.ID), text(tr.Taxon),
			count.Seconds(tr.First().Time).Text(6), count.Seconds(tr.Last().Time).Text(6), strconv.Itoa(len(tr.Points)),
			count.Decimal(sum/float64(len(tr.Points)), 4), score(best.Score), count.Seconds(best.Time).Text(6),
		}, corners(best.Box))...)
	}
	return t.done()
}

// times gives a moment from the start of the deployment and of the period; both
// are empty where there is none.
func times(m *count.Moment) (deployment, period string) {
	if m == nil {
		return "", ""
	}
	return m.Time.Text(6), m.PeriodTime.Text(6)
}

// whole writes a count: empty where nothing was looked at, which R reads as NA.
func whole(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func score(s float32) string { return strconv.FormatFloat(float64(s), 'f', 4, 32) }

func corners(b frame.Box) []string {
	return []string{count.Decimal(b.X0, 2), count.Decimal(b.Y0, 2), count.Decimal(b.X1, 2), count.Decimal(b.Y1, 2)}
}

// otherScores lists what else a detection may be: "Sphyrna lewini=0.1200; ...".
func otherScores(named string, scores []taxon.Score) string {
	var out []string
	for _, s := range scores {
		if s.Taxon != named {
			out = append(out, s.Taxon+"="+score(s.Score))
		}
	}
	return strings.Join(out, "; ")
}

// text keeps a name from being run as a formula by a spreadsheet: one that
// begins with = + - @, a tab, a line end or an apostrophe gets an apostrophe in
// front. Taking away one leading apostrophe gives back the name, always.
func text(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n'", rune(s[0])) {
		return "'" + s
	}
	return s
}

// Cell is a text as a cell of a CSV table holds it, so that no spreadsheet runs it as a formula.
func Cell(s string) string { return text(s) }
