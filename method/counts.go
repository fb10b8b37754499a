package method

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"requin/count"
	"requin/desk"
	"requin/survey"
)

// Counted is the best count there is of a taxon in a deployment.
type Counted struct {
	Campaign string        `json:"campaign,omitempty"`
	OpCode   string        `json:"opcode"`
	Taxon    string        `json:"taxon"`
	MaxN     *int          `json:"maxn"` // null: not analysed
	Status   count.Status  `json:"status"`
	Standing string        `json:"standing"` // what it rests on
	Review   *count.Review `json:"review,omitempty"`
}

// countsOf are those of all deployments of a survey that were counted.
func countsOf(ctx context.Context, s *survey.Survey) ([]Counted, error) {
	out := []Counted{}
	deployments, err := s.Deployments(ctx)
	if err != nil {
		return out, err
	}
	settled, err := desk.Settle(ctx, s, 0, nil)
	if err != nil {
		return out, err
	}
	for _, d := range deployments {
		if d.Count == nil {
			continue
		}
		r, _, err := settled.Counted(ctx, d, 0)
		if err != nil {
			return out, err
		}
		for _, t := range r.Taxa {
			out = append(out, Counted{d.Campaign, d.OpCode, t.Name, t.MaxN, t.Status(), t.Standing(), t.Review})
		}
	}
	return out, nil
}

// statusWords are how the statuses of counts are spoken of, in the order in which they come.
var statusWords = []struct {
	status   count.Status
	one, all string
}{
	{count.Certified, "is certified: the chance that MaxN among the sampled frames is higher is under %v", "are certified: the chance that MaxN among the sampled frames is higher is under %v for each"},
	{count.Reviewed, "was reviewed, but is not certified", "were reviewed, but are not certified"},
	{count.Disputed, "is disputed between two readers", "are disputed between two readers"},
	{count.Machine, "is the machine's alone, which nobody looked at", "are the machine's alone, which nobody looked at"},
}

// CountSentences say how far a survey's counts may be trusted: "" where there is none.
func CountSentences(counts []Counted) string {
	if len(counts) == 0 {
		return ""
	}
	number := map[count.Status]int{}
	limit := 0.0
	var by []string
	assumed := 0
	var certificates count.Certificates
	for _, c := range counts {
		number[c.Status]++
		if c.Review == nil {
			continue
		}
		certificates.Take(count.Taxon{Review: c.Review})
		if c.Review.Assumed {
			assumed++
		}
		if c.Status == count.Certified {
			limit = max(limit, c.Review.Limit)
		}
		for _, who := range c.Review.By {
			if !slices.Contains(by, who) {
				by = append(by, who)
			}
		}
	}
	var parts []string
	for _, w := range statusWords {
		n := number[w.status]
		text := w.all
		if n == 1 {
			text = w.one
		}
		if strings.Contains(text, "%v") {
			text = fmt.Sprintf(text, limit)
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, text))
		}
	}
	text := fmt.Sprintf("Of %d counts of MaxN, %s.", len(counts), strings.Join(parts, "; "))
	if said := certificates.Sentence(); said != "" {
		text += " " + said + "."
	}
	if assumed > 0 {
		text += fmt.Sprintf(" For %d of them the share of animals that the detector misses was assumed, not measured.", assumed)
	}
	if len(by) > 0 {
		text += " The readers were " + strings.Join(by, ", ") + "."
	}
	return text
}

// Paragraph is the methods paragraph of some of the records, with how far the counts may be trusted.
func (b Book) Paragraph(records []Kept) string {
	var out []string
	for _, text := range []string{Paragraph(records, nil), CountSentences(b.Counts), Paragraph(nil, b.Declared)} {
		if text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, " ")
}

// CountTable is the counts as a table of Markdown.
func CountTable(counts []Counted) string {
	var b strings.Builder
	b.WriteString("| deployment | taxon | MaxN | rests on |\n|---|---|---|---|\n")
	for _, c := range counts {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(c.OpCode), cell(c.Taxon), count.Number(c.MaxN), cell(c.Standing))
	}
	return b.String()
}

// countSection is the table under a heading; "" where nothing was counted.
func (b Book) countSection() string {
	if len(b.Counts) == 0 {
		return ""
	}
	return "\n## Counts\n\n" + CountTable(b.Counts)
}

// cell is a text that does not end a cell of Markdown.
func cell(text string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text) }

// reviewed works out anew what people made of the counts, and compares it with what was kept; and so with what each tells of the
// others. What was kept is left out where it is no longer of its log, and a count also where the others tell more by now: it is
// worked out anew before anybody sees it.
func (v *verifying) reviewed() error {
	deployments, err := v.s.Deployments(v.ctx)
	if err != nil {
		return err
	}
	settled, err := desk.AsKept(v.ctx, v.s)
	if err != nil {
		return err
	}
	told := telling{of: map[string]map[string]*count.Review{}, opcode: map[string]string{}, settled: settled, derived: map[string]count.Result{}, all: true}
	for _, d := range deployments {
		if d.Count == nil {
			continue
		}
		if told.opcode[d.Count.Run] = d.OpCode; d.Verdict == 0 {
			told.of[d.Count.Run] = nil
			continue
		}
		if err := v.reviewedOne(d, &told); err != nil {
			return err
		}
	}
	if level := settled.Level(); told.all && level > 0 {
		for _, opcode := range settled.Room(told.derived) {
			v.found(Altered, "reviewed count", opcode, "run_reviewed", "its certificates are not those for which the survey's limit of %s has room", count.Chance(level))
		}
	}
	return v.telling(told)
}

func (v *verifying) reviewedOne(d survey.Deployment, told *telling) error {
	kept, ok, err := v.s.ReviewedOf(v.ctx, d.Count.Run)
	if err != nil || !ok || kept.LastVerdict != d.Verdict {
		told.all = false
		return err
	}
	var now count.Result
	open, err := desk.Open(v.ctx, v.s, d)
	switch {
	case err != nil:
	case !open.OfLog(kept):
		told.all = false
		return nil
	default:
		outcome, e := open.Count(desk.TermsOf(kept))
		now, err = outcome.Result, e
	}
	if v.ctx.Err() != nil {
		return v.ctx.Err()
	}
	v.out.Checked["reviewed count"]++
	if err != nil {
		told.all = false
		v.found(Unknown, "reviewed count", d.OpCode, "run_reviewed", "it cannot be derived anew: %v", err)
		return nil
	}
	told.add(d.Count.Run, open.Model, now)
	told.derived[d.OpCode] = now
	told.all = told.all && open.Current(kept) && told.settled.Asks(kept)
	if open.Current(kept) && !reflect.DeepEqual(normal(now), normal(kept.Result)) {
		v.found(Altered, "reviewed count", d.OpCode, "run_reviewed", "it is not what follows from the count and the verdicts%s", differs(now, kept.Result))
	}
	return nil
}

// telling is what the latest counts tell of how well their models see.
type telling struct {
	models []string
	of     map[string]map[string]*count.Review // by run and taxon; all with evidence
	opcode map[string]string                   // by run

	settled *desk.Settled
	derived map[string]count.Result // by opcode
	all     bool                    // what was kept is what it would be now, of all deployments
}

func (t *telling) add(run, model string, r count.Result) {
	if !slices.Contains(t.models, model) {
		t.models = append(t.models, model)
	}
	t.of[run] = map[string]*count.Review{}
	for _, x := range r.Taxa {
		if x.Review != nil && x.Review.Evidence != nil {
			t.of[run][x.Name] = x.Review
		}
	}
}

// telling holds what is kept of it against what follows from the verdicts.
func (v *verifying) telling(t telling) error {
	const where, what = "run_evidence", "what it tells of the survey's other deployments is not what follows from the count and the verdicts: of %s"
	for _, model := range t.models {
		list, err := v.s.HeardOf(v.ctx, model)
		if err != nil {
			return err
		}
		for _, h := range list {
			follows, current := t.of[h.Run]
			if !current {
				continue // of an earlier count, or of a log that went on
			}
			if r := follows[h.Taxon]; r == nil || *r.Evidence != h.Evidence {
				v.found(Altered, "reviewed count", h.OpCode, where, what, h.Taxon)
			}
			delete(follows, h.Taxon)
		}
	}
	for _, run := range slices.Sorted(maps.Keys(t.of)) {
		for _, taxon := range slices.Sorted(maps.Keys(t.of[run])) {
			v.found(Altered, "reviewed count", t.opcode[run], where, what, taxon+" nothing is kept")
		}
	}
	return nil
}

// differs names the first taxon whose number is another.
func differs(now, kept count.Result) string {
	for i, t := range now.Taxa {
		if i < len(kept.Taxa) && (count.Number(t.MaxN) != count.Number(kept.Taxa[i].MaxN) || t.Status() != kept.Taxa[i].Status()) {
			return fmt.Sprintf(": of %s follows MaxN %s, %s; kept was %s, %s", t.Name, count.Number(t.MaxN), t.Status(), count.Number(kept.Taxa[i].MaxN), kept.Taxa[i].Status())
		}
	}
	return ""
}
