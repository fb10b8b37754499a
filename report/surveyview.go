package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"requin/count"
	"requin/eval"
)

// surveyView is a survey as its page shows it.
type surveyView struct {
	Survey
	Total      Totals
	Facts      []string // one line under the title
	Campaigns  bool     // there are several
	Tiles      []tile
	Certified  string  // how many certificates are expected to be wrong, a sentence
	Unlooked   *banner // how many counts nobody looked at
	Problems   []string
	Matrix     []matrix
	Unseen     []unseen
	Map        shownFigure
	Off        []string // deployments without a place on the map
	Sites      []site
	Taxa       []taxonLine
	Strips     []shownFigure
	Gaps       []surveyGap
	Review     []reviewLine
	Readers    []readersLine // by themselves, where there were several
	Uncounted  [][2]string
	Models     []detectorLine
	NoInterval bool
}

// tile is a headline number.
type tile struct{ Number, What, More string }

// taxonLine is one taxon over all deployments.
type taxonLine struct {
	ID                           int
	Name, Common                 string
	Latin                        bool
	Seen, Sum, Mean, Range, Most string
	SeenRange                    string // 95 % interval of the share of deployments
	Standing                     string
	shownFigure
}

// surveyGap is a stretch that was not analysed.
type surveyGap struct{ Deployment, From, To, Length, Kind, Reason string }

// detectorLine is a detector, and how many deployments it counted.
type detectorLine struct {
	Detector
	Deployments int
}

// gapsShown is how many gaps of a deployment are listed; its own report has them all.
const gapsShown = 5

func (s Survey) look() (surveyView, error) {
	v := surveyView{Survey: s, Total: s.Totals(), Sites: s.sites(), Models: s.detectors()}
	v.Facts, v.Campaigns = s.facts(), len(s.campaigns()) > 1
	v.Tiles = v.tiles()
	v.Unlooked, v.Certified = v.unlooked(), v.Total.Certificates.Sentence()
	v.Readers = s.readers()
	v.Problems = append(v.problems(), s.Warnings...)
	v.Matrix, v.Unseen = s.matrices()
	if on, off := located(s.Deployments); len(on) > 0 {
		for _, d := range off {
			v.Off = append(v.Off, s.label(d))
		}
	}
	for i, t := range s.studied() {
		o := s.occupancy(t.Name)
		if o.seen == 0 {
			continue
		}
		line := o.line(t, i+1)
		v.NoInterval = v.NoInterval || line.Range == "none"
		v.Taxa = append(v.Taxa, line)
	}
	for _, d := range s.Deployments {
		v.Gaps = append(v.Gaps, s.gaps(d)...)
		if d.Counts == nil {
			v.Uncounted = append(v.Uncounted, [2]string{s.label(d), d.Why})
		} else {
			v.Review = append(v.Review, s.reviewLine(d))
		}
	}
	return v, v.draw()
}

// facts say which campaigns these are, and between which days.
func (s Survey) facts() (out []string) {
	switch all := s.campaigns(); len(all) {
	case 0:
	case 1:
		out = append(out, "Campaign "+all[0])
	default:
		out = append(out, fmt.Sprintf("%d campaigns: %s", len(all), strings.Join(all, ", ")))
	}
	first, last := "", ""
	for _, d := range s.Deployments {
		day, _, _ := strings.Cut(d.DateTime, "T")
		if day != "" && (first == "" || day < first) {
			first = day
		}
		last = max(last, day)
	}
	switch {
	case first == "":
	case first == last:
		out = append(out, first)
	default:
		out = append(out, first+" to "+last)
	}
	return out
}

// hours writes a length of video: 31.5 h, and minutes under an hour.
func hours(s count.Seconds) string {
	if s.Duration().Hours() < 1 {
		return words(s)
	}
	return strconv.FormatFloat(s.Duration().Hours(), 'f', 1, 64) + " h"
}

func (v surveyView) tiles() []tile {
	t := v.Total
	more := ""
	if t.NotAnalysed > 0 {
		more = hours(t.NotAnalysed) + " of the periods not"
	}
	out := []tile{
		{humanize.Comma(int64(t.Deployments)), "deployments", fmt.Sprintf("%d counted", t.Counted)},
		{hours(t.Filmed), "filmed", ""},
		{hours(t.Analysed), "analysed", more},
		{fmt.Sprintf("%d of %d", t.Seen, t.Taxa), "studied taxa seen", ""},
	}
	for _, s := range Statuses() {
		more := map[count.Status]string{count.Machine: "nobody looked", count.Disputed: "two readers differ"}[s]
		if s == count.Certified && t.Certificates.N > 0 {
			more = t.Certificates.Expected() + " expected wrong"
		}
		out = append(out, tile{humanize.Comma(int64(t.Counts[s])), string(s) + " counts", more})
	}
	return out
}

// unlooked says how many counts nobody looked at; nil: somebody looked at all.
func (v surveyView) unlooked() *banner {
	n, all := v.Total.Counts[count.Machine], v.Total.Numbers()
	if n == 0 {
		return nil
	}
	b := &banner{Grave: 2*n > all}
	b.Text = fmt.Sprintf("Nobody looked at %s of %s counts (%s): they are the machine's alone.", humanize.Comma(int64(n)), humanize.Comma(int64(all)), percent(float64(n)/float64(all)))
	seen := 0
	for _, d := range v.Deployments {
		if d.Counts != nil {
			for _, x := range d.Counts.Taxa {
				if x.Status() == count.Machine && x.MaxN != nil && *x.MaxN > 0 {
					seen++
				}
			}
		}
	}
	zeros := ""
	if n > seen {
		zeros = fmt.Sprintf("; %s are zeros", humanize.Comma(int64(n-seen)))
	}
	b.Why = []string{fmt.Sprintf("%s of them %s of animals that were seen%s. requin review leads to the frames that may change them.", humanize.Comma(int64(seen)), isAre(seen), zeros)}
	return b
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// problems are what else must be known before the numbers are used.
func (v surveyView) problems() (out []string) {
	if n := v.Total.Counts[count.Disputed]; n > 0 {
		out = append(out, fmt.Sprintf("%s disputed: two readers contradict each other, and it is not settled.", plural(n, "count is", "counts are")))
	}
	if n := len(v.Deployments) - v.Total.Counted; n > 0 {
		out = append(out, fmt.Sprintf("%s not counted; they are listed below with the reasons.", plural(n, "deployment is", "deployments are")))
	}
	if t := v.Total.NotAnalysed; t > 0 {
		out = append(out, fmt.Sprintf("%s of the periods were not analysed: counts of these deployments are minimums.", hours(t)))
	}
	if n := len(v.Models); n > 1 {
		out = append(out, fmt.Sprintf("%d detectors counted this survey: their numbers are not of one kind. They are listed below.", n))
	}
	every, length := map[count.Seconds]int{}, map[count.Seconds]int{}
	for _, d := range v.Deployments {
		if d.Counts != nil {
			every[d.Counts.Every]++
			length[d.Counts.Period.Length()]++
		}
	}
	if len(every) > 1 {
		out = append(out, "Sampling intervals differ ("+lengths(every)+"): MaxN rises with the number of frames that are looked at.")
	}
	if len(length) > 1 {
		out = append(out, "Periods differ in length ("+lengths(length)+"): MaxN rises with time.")
	}
	return out
}

// lengths lists lengths of time and how many deployments have each, the most frequent first; the ends where there are many.
func lengths(n map[count.Seconds]int) string {
	list := slices.SortedFunc(maps.Keys(n), func(a, b count.Seconds) int { return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b)) })
	if len(list) > 4 {
		return words(slices.Min(list)) + " to " + words(slices.Max(list))
	}
	var out []string
	for _, s := range list {
		out = append(out, fmt.Sprintf("%s in %d", words(s), n[s]))
	}
	return strings.Join(out, ", ")
}

// detectors are the models that counted, the most used first.
func (s Survey) detectors() (out []detectorLine) {
	for _, d := range s.Deployments {
		if d.Counts == nil {
			continue
		}
		i := slices.IndexFunc(out, func(l detectorLine) bool { return l.Detector == d.Model })
		if i < 0 {
			i = len(out)
			out = append(out, detectorLine{Detector: d.Model})
		}
		out[i].Deployments++
	}
	slices.SortStableFunc(out, func(a, b detectorLine) int { return cmp.Compare(b.Deployments, a.Deployments) })
	return out
}

// Detectors are the models that counted the deployments, the most used first.
func (s Survey) Detectors() (out []Detector) {
	for _, l := range s.detectors() {
		out = append(out, l.Detector)
	}
	return out
}

// gaps are the stretches of a deployment's period that were not analysed.
func (s Survey) gaps(d Deployment) (out []surveyGap) {
	if d.Counts == nil {
		return nil
	}
	for i, g := range d.Counts.Effort.Gaps {
		if all := len(d.Counts.Effort.Gaps); i == gapsShown && all > gapsShown+1 {
			return append(out, surveyGap{Deployment: s.label(d), Reason: fmt.Sprintf("and %d more, in the deployment's own report", all-i)})
		}
		out = append(out, surveyGap{s.label(d), clock(g.From), clock(g.To), lengthWords(g), kindWords(g.Kind), g.Reason})
	}
	return out
}

// occupancy is one taxon over all deployments that have a number of it.
type occupancy struct {
	seen, of  int
	sum, most int
	where     string // of the most, the first
	values    []float64
	statuses  map[count.Status]int
}

func (s Survey) occupancy(name string) occupancy {
	o := occupancy{statuses: map[count.Status]int{}}
	for _, d := range s.Deployments {
		x, ok := d.of(name)
		if !ok || x.MaxN == nil {
			continue
		}
		o.of++
		o.sum += *x.MaxN
		o.values = append(o.values, float64(*x.MaxN))
		o.statuses[x.Status()]++
		if *x.MaxN > 0 {
			o.seen++
		}
		if *x.MaxN > o.most {
			o.most, o.where = *x.MaxN, s.label(d)
		}
	}
	return o
}

// words says it in a sentence.
func (o occupancy) words() string {
	if o.of == 0 {
		return "Nowhere analysed."
	}
	return fmt.Sprintf("Seen in %d of %d deployments; sum of MaxN %d, mean %s, most %d.", o.seen, o.of, o.sum, o.mean(), o.most)
}

func (o occupancy) mean() string { return count.Decimal(float64(o.sum)/float64(max(o.of, 1)), 2) }

// The draws of the interval of a mean: the same counts give the same.
const meanRounds, meanSeed = 2000, 1

func (o occupancy) line(t count.Taxon, id int) taxonLine {
	l := taxonLine{
		ID: id, Name: t.Name, Common: t.Common, Latin: Latin(t.Name),
		Seen: fmt.Sprintf("%d of %d (%s)", o.seen, o.of, percent(float64(o.seen)/float64(o.of))), SeenRange: percents(eval.ExactShare(o.seen, o.of)),
		Sum: humanize.Comma(int64(o.sum)), Mean: o.mean(), Range: "none", Most: fmt.Sprintf("%d, %s", o.most, o.where), Standing: Totals{Counts: o.statuses}.Tally(),
	}
	if low, high, ok := eval.MeanInterval(o.values, meanRounds, meanSeed); ok {
		l.Range = count.Decimal(low, 2) + " to " + count.Decimal(high, 2)
	}
	return l
}
