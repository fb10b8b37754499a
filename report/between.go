package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/dustin/go-humanize"

	"requin/count"
)

var betweenHeader = []string{
	"deployment", "taxon", "every_s", "between_every_s", "maxn", "seen_between", "seen_between_s", "maxn_between_estimate", "maxn_between_low", "maxn_between_high", "interval_level",
	"mean_shortfall", "mean_shortfall_low", "mean_shortfall_high", "stretches_with_looked_at", "stretches_with", "stretch_s", "stretches_looked_at", "stretches", "looked_at_s", "frames_between",
}

// Between writes between.csv: one row for each studied taxon.
func Between(w io.Writer, run Run, every count.Seconds, b count.Between) error {
	t := newTable(w, betweenHeader)
	for _, s := range b.Taxa {
		at := ""
		if s.SeenAt != nil {
			at = s.SeenAt.Time.Text(6)
		}
		t.row(text(run.Deployment), text(s.Taxon), every.Text(6), b.Every.Text(6), strconv.Itoa(s.MaxN), strconv.Itoa(s.Seen), at,
			strconv.Itoa(s.Estimate), strconv.Itoa(s.Low), strconv.Itoa(s.High), count.Decimal(s.Level, 4),
			count.Decimal(s.Mean.Value, 3), count.Decimal(s.Mean.Low, 3), count.Decimal(s.Mean.High, 3), strconv.Itoa(s.Mean.Stretches), strconv.Itoa(s.Mean.Of),
			b.Stretch.Text(6), strconv.Itoa(len(b.Looked)), strconv.Itoa(b.Stretches), b.Length().Text(6), strconv.Itoa(b.Frames))
	}
	return t.done()
}

// betweenView is what the page shows of a denser look.
type betweenView struct {
	Said, Sparse, Dense, Stretch string
	Rows                         []betweenRow
	Never                        []string // taxa that were never seen, at either interval
	NeverRange                   string
}

type betweenRow struct {
	taxonView
	Counted, Seen                   int
	SeenAt, Estimate, Range95, Mean string
	Stretches, Fewer                string
}

// said is of what the numbers are, or why there are none.
func said(b count.Between, every count.Seconds) string {
	if b.None != "" {
		return "There is no estimate, since " + b.None + "."
	}
	return fmt.Sprintf("%d of %d stretches of %s (%s of the period) were looked at every %s besides every %s: %s frames more.",
		len(b.Looked), b.Stretches, words(b.Stretch), words(b.Length()), words(b.Every), words(every), humanize.Comma(int64(b.Frames)))
}

func betweenOf(b *count.Between, c count.Result) *betweenView {
	if b == nil {
		return nil
	}
	v := &betweenView{Said: said(*b, c.Every), Sparse: words(c.Every), Dense: words(b.Every), Stretch: words(b.Stretch)}
	for _, s := range b.Taxa {
		if s.MaxN == 0 && s.Seen == 0 {
			v.Never, v.NeverRange = append(v.Never, s.Taxon), s.Range()
			continue
		}
		row := betweenRow{Counted: s.MaxN, Seen: s.Seen, SeenAt: "–", Estimate: strconv.Itoa(s.Estimate), Range95: s.Range(),
			Mean: s.Mean.Text(), Stretches: fmt.Sprintf("%d of %d", s.Mean.Stretches, s.Mean.Of), Fewer: s.Fewer()}
		row.taxonView = taxonView{Name: s.Taxon}
		if i := slices.IndexFunc(c.Taxa, func(t count.Taxon) bool { return t.Name == s.Taxon }); i >= 0 {
			row.taxonView = taxonOf(c.Taxa[i], i+1)
		}
		if s.SeenAt != nil {
			row.SeenAt = clock(s.SeenAt.Time)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}
