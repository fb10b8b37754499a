package dataset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"requin/frame"
	"requin/taxon"
)

// Severity says what a finding means.
type Severity string

const (
	Grave Severity = "grave" // numbers measured with this dataset cannot be trusted
	Mild  Severity = "mild"  // to be looked at
	Note  Severity = "note"  // to be known
)

// What is looked for.
const (
	LeakSame     = "identical pictures"   // the same bytes on two sides
	LeakNear     = "look-alikes"          // nearly the same picture on two sides
	LeakMedia    = "one media twice"      // one file in deployments on two sides
	LeakName     = "one deployment twice" // deployments on two sides whose names differ in case or spaces only
	NearWithin   = "look-alikes within"   // in one deployment, as frames of a baited station are
	AlteredFile  = "altered pictures"
	WrongBox     = "impossible boxes" // no area, inverted, not finite, outside the picture
	TinyBox      = "tiny boxes"
	HugeBox      = "huge boxes"
	TwiceBox     = "boxes twice" // one animal with two boxes of one taxon
	UnknownTaxon = "unknown taxa"
	FewExamples  = "too few examples"
	NoExample    = "no examples" // a taxon that a side lacks
	Empty        = "pictures without boxes"
	PartialOnes  = "partial pictures" // not everything in them was marked
	Gaps         = "gaps"
	DroppedBoxes = "dropped boxes"
)

// Checks says how closely a dataset is looked at.
type Checks struct {
	Files    bool    // compute the hash of every picture anew
	Distance int     // look-alikes differ in at most so many of 64 bits
	Tiny     float64 // a box with a shorter side is tiny, pixels
	Huge     float64 // a box that covers more of the picture is huge, share
	Overlap  float64 // two boxes of one taxon that overlap more (IoU) are one animal
}

// DefaultChecks look at everything. The distance is where, of 108,032 pairs of frames from different
// sites of DeepFish, none was taken for a look-alike (docs/science/datasets.md).
func DefaultChecks() Checks {
	return Checks{Files: true, Distance: 5, Tiny: 6, Huge: 0.9, Overlap: 0.95}
}

// Finding is one thing that was found, with the pictures (indices into Manifest.Pictures) it was found in.
type Finding struct {
	Severity Severity `json:"severity"`
	Kind     string   `json:"kind"`
	Message  string   `json:"message"`
	Pictures []int    `json:"pictures,omitempty"`
	Pairs    [][2]int `json:"pairs,omitempty"` // of leaks: a picture of one side and one of another
}

// Checked is what Check found, the gravest first.
type Checked struct {
	Findings []Finding
	m        *Manifest
}

// Worst is the gravest severity found; "" where nothing was.
func (c *Checked) Worst() Severity {
	if len(c.Findings) == 0 {
		return ""
	}
	return c.Findings[0].Severity
}

// Check looks for what makes a measurement with a dataset wrong: leaks between its sides, wrong boxes, altered
// pictures. It works on any manifest, and says nothing of whether boxes are where animals are.
func Check(ctx context.Context, dir string, m *Manifest, checks Checks) (*Checked, error) {
	if checks.Distance < 0 || checks.Distance > 32 {
		return nil, fmt.Errorf("look-alikes within %d bits: from 0 to 32", checks.Distance)
	}
	c := &checker{Checked: &Checked{m: m}, folds: m.foldOf()}
	if checks.Files {
		var altered *Altered
		if err := Verify(ctx, dir, m); errors.As(err, &altered) {
			c.add(Grave, AlteredFile, altered.Error(), altered.Pictures...)
		} else if err != nil {
			return nil, err
		}
	}
	c.identical()
	c.twiceNamed()
	if err := c.lookAlikes(ctx, dir, checks.Distance); err != nil {
		return nil, err
	}
	c.boxes(checks)
	c.taxa()
	c.rest()
	order := []Severity{Grave, Mild, Note}
	slices.SortStableFunc(c.Findings, func(a, b Finding) int { return slices.Index(order, a.Severity) - slices.Index(order, b.Severity) })
	return c.Checked, nil
}

type checker struct {
	*Checked
	folds map[string]int
}

func (c *checker) add(s Severity, kind, message string, pictures ...int) {
	c.Findings = append(c.Findings, Finding{Severity: s, Kind: kind, Message: message, Pictures: pictures})
}

// apart tells whether two pictures lie on different sides: one may be trained on while the other is tested.
func (c *checker) apart(a, b int) bool {
	return c.folds[c.m.Pictures[a].Deployment] != c.folds[c.m.Pictures[b].Deployment]
}

// leak adds pairs of pictures that should not be on two sides.
func (c *checker) leak(kind, message string, pairs [][2]int) {
	if len(pairs) > 0 {
		c.Findings = append(c.Findings, Finding{Severity: Grave, Kind: kind, Message: fmt.Sprintf(message, len(pairs)), Pairs: pairs})
	}
}

// identical finds files and media that are on two sides.
func (c *checker) identical() {
	byHash, byMedia := map[string][]int{}, map[string]int{}
	var same, media [][2]int
	for i, p := range c.m.Pictures {
		for _, j := range byHash[p.SHA256] {
			if c.apart(i, j) {
				same = append(same, [2]int{j, i})
				break
			}
		}
		byHash[p.SHA256] = append(byHash[p.SHA256], i)
		first, ok := byMedia[p.Media]
		if !ok {
			byMedia[p.Media] = i
		} else if c.apart(first, i) {
			media = append(media, [2]int{first, i})
		}
	}
	c.leak(LeakSame, "Pictures that are, byte for byte, on two sides of the split: %d. Give both deployments one name, or leave one out", same)
	c.leak(LeakMedia, "Pictures of a video or file that is in deployments on two sides: %d. Give it to one deployment", media)
}

// twiceNamed finds deployments on two sides with names that are hardly different.
func (c *checker) twiceNamed() {
	first := map[string]Deployment{}
	var names []string
	for _, d := range c.m.Deployments {
		key := taxon.Fold(d.Name)
		other, ok := first[key]
		if !ok {
			first[key] = d
		} else if other.Fold != d.Fold {
			names = append(names, fmt.Sprintf("%q and %q", other.Name, d.Name))
		}
	}
	if len(names) > 0 {
		c.add(Grave, LeakName, "Deployments on two sides whose names differ in case or spaces only: "+strings.Join(names, ", ")+
			": if they are one, write them alike and build again")
	}
}

// lookAlikes finds nearly identical pictures on two sides, and counts those within deployments: these are
// no leak, since a deployment is never split.
func (c *checker) lookAlikes(ctx context.Context, dir string, most int) error {
	hashes, ok, err := looks(ctx, dir, c.m)
	if err != nil {
		return err
	}
	leaks, err := alike(ctx, hashes, ok, most, func(a, b int) bool {
		return c.apart(a, b) && c.m.Pictures[a].SHA256 != c.m.Pictures[b].SHA256
	})
	if err != nil {
		return err
	}
	var pairs [][2]int
	for _, p := range leaks {
		pairs = append(pairs, [2]int{p.a, p.b})
	}
	c.leak(LeakNear, fmt.Sprintf("Pairs of pictures on two sides of the split whose difference hashes differ in at most %d of 64 bits: %%d. If they show one place and time, "+
		"their deployments are one", most), pairs)
	within := make([]atomic.Bool, len(hashes)) // alike asks from several goroutines
	if _, err := alike(ctx, hashes, ok, most, func(a, b int) bool {
		if c.m.Pictures[a].Deployment == c.m.Pictures[b].Deployment {
			within[b].Store(true)
		}
		return false
	}); err != nil {
		return err
	}
	n := 0
	for i := range within {
		if within[i].Load() {
			n++
		}
	}
	if n > 0 {
		c.add(Note, NearWithin, fmt.Sprintf("Pictures that look like an earlier one of their own deployment: %d. That is no leak: the deployment lies on one side. "+
			"They teach little that is new: frames further apart in time would", n))
	}
	return nil
}

// boxes finds boxes that are wrong, or likely to be.
func (c *checker) boxes(checks Checks) {
	number := c.m.numbers()
	found := map[string][]int{}
	unknown := map[string]int{}
	for i, p := range c.m.Pictures {
		here := map[string]bool{}
		for k, b := range p.Boxes {
			if _, ok := number[b.Taxon]; !ok {
				unknown[b.Taxon]++
				here[UnknownTaxon] = true
			}
			w, h := float64(p.W), float64(p.H)
			switch {
			case !b.Finite() || b.Area() <= 0 || b.Clip(w, h) != b.Box:
				here[WrongBox] = true
				continue
			case b.Ignore == "" && min(b.W(), b.H()) < checks.Tiny:
				here[TinyBox] = true
			case b.Area() > checks.Huge*w*h:
				here[HugeBox] = true
			}
			for _, other := range p.Boxes[:k] {
				if other.Taxon == b.Taxon && frame.IoU(other.Box, b.Box) > checks.Overlap {
					here[TwiceBox] = true
				}
			}
		}
		for kind := range here {
			found[kind] = append(found[kind], i)
		}
	}
	for _, f := range []struct {
		severity      Severity
		kind, message string
	}{
		{Grave, WrongBox, "Pictures with a box without area, inverted, or reaching out of the picture: %d. Correct the truth and build again"},
		{Mild, TwiceBox, "Pictures with two boxes of one taxon that are nearly the same: %d. One animal would count twice"},
		{Mild, HugeBox, fmt.Sprintf("Pictures with a box over more than %.0f %%%% of them: %%d. Is it one animal?", 100*checks.Huge)},
		{Note, TinyBox, fmt.Sprintf("Pictures with an example whose shorter side is under %g pixels: %%d. Little can be learned from it, and min_box_px would have it ignored", checks.Tiny)},
	} {
		if list := found[f.kind]; len(list) > 0 {
			c.add(f.severity, f.kind, fmt.Sprintf(f.message, len(list)), list...)
		}
	}
	var said []string
	for name, n := range unknown {
		said = append(said, fmt.Sprintf("%q (%d)", name, n))
	}
	if slices.Sort(said); len(said) > 0 {
		c.add(Grave, UnknownTaxon, "Boxes of taxa that the dataset does not list: "+strings.Join(said, ", "), found[UnknownTaxon]...)
	}
}

// taxa finds studied taxa that cannot be scored, and folds that lack one.
func (c *checker) taxa() {
	var few, lacking []string
	for _, t := range c.m.Taxa {
		if t.Role == taxon.Context {
			continue
		}
		switch {
		case t.TooFew && t.TooFewTest:
			few = append(few, t.Name)
		case t.TooFew:
			few = append(few, t.Name+" (folds)")
		case t.TooFewTest:
			few = append(few, t.Name+" (test set)")
		}
		for fold, n := range t.Folds {
			if n == 0 && !t.TooFew {
				lacking = append(lacking, fmt.Sprintf("%s in fold %d", t.Name, fold))
			}
		}
	}
	if len(few) > 0 {
		c.add(Note, FewExamples, fmt.Sprintf("Studied taxa with fewer than %d boxes to be tested on, which take part in training and are not scored: %s",
			c.m.Settings.Floor, strings.Join(few, ", ")))
	}
	if len(lacking) > 0 {
		c.add(Mild, NoExample, "Studied taxa without an example in a fold, whose score there says nothing: "+strings.Join(lacking, ", "))
	}
}

// allPartial says what a dataset lacks in which no picture shows what background is.
const allPartial = "All pictures are partial: they teach what animals look like and nothing of background, so that a detector would find animals everywhere. " +
	"Look at some frames whole in review, for all studied taxa, frames without animals among them"

// rest tells of partial pictures, pictures without boxes, gaps and dropped boxes.
func (c *checker) rest() {
	var looked, unlooked, partial []int
	for i, p := range c.m.Pictures {
		if p.Partial {
			partial = append(partial, i)
		}
		switch {
		case len(p.Boxes) > 0 || p.Partial:
		case p.Whole:
			looked = append(looked, i)
		default:
			unlooked = append(unlooked, i)
		}
	}
	if len(unlooked) > 0 {
		c.add(Mild, Empty, fmt.Sprintf("Pictures without a box, of which nobody stated that all in them was marked: %d. An animal in them would be trained on as background", len(unlooked)), unlooked...)
	}
	if len(looked) > 0 {
		c.add(Note, Empty, fmt.Sprintf("Pictures without a box, in which people looked and saw nothing: %d. They are examples of background", len(looked)), looked...)
	}
	switch n := len(partial); {
	case n == 0:
	case n == len(c.m.Pictures):
		c.add(Mild, PartialOnes, allPartial, partial...)
	default:
		c.add(Note, PartialOnes, fmt.Sprintf("Pictures in which not everything was marked: %d of %d. Beside their boxes nothing is learned from them, and nothing is a false alarm", n, len(c.m.Pictures)), partial...)
	}
	if n := len(c.m.Gaps); n > 0 {
		c.add(Mild, Gaps, fmt.Sprintf("Frames that could not be taken: %d. The first: %s at %.3f s: %s", n, c.m.Gaps[0].Media, c.m.Gaps[0].Time, c.m.Gaps[0].Reason))
	}
	if n := len(c.m.Dropped); n > 0 {
		c.add(Mild, DroppedBoxes, fmt.Sprintf("Marks that could not be taken: %d. The first: %q in %s at %.3f s: %s", n, c.m.Dropped[0].Label, c.m.Dropped[0].Media, c.m.Dropped[0].Time, c.m.Dropped[0].Reason))
	}
}
