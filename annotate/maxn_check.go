package annotate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// CheckRule is what Complaints holds counts against.
type CheckRule struct {
	Period time.Duration // how long a period should be, to the nearest minute; 0: 60 minutes
	// Code gives a taxon's CAAB code, "" where the list has none; nil: there is no list. It is asked
	// for taxa that carry no code.
	Code func(Species) string
}

// Complaint is one kind of thing in a deployment that CheckEM objects to.
type Complaint struct {
	OpCode  string `json:"opcode"`  // "" where it is about a taxon
	What    string `json:"what"`    // what it is, and what should be
	Count   int    `json:"count"`   // how many times
	Example string `json:"example"` // the first, "" where there is nothing to point at
}

// String is the complaint as one line.
func (c Complaint) String() string {
	line := c.What
	if c.OpCode != "" {
		line = c.OpCode + ": " + line
	}
	if c.Count > 1 {
		line += fmt.Sprintf(" (%d times)", c.Count)
	}
	if c.Example != "" {
		line += ", first " + c.Example
	}
	return line
}

// Complaints gives what CheckEM, which people run on EventMeasure's exports before
// they use them, would object to: deployments without a period, with a period
// that has no end or another length; sightings outside of the periods, or without a
// number; taxa that the list of CAAB codes lacks; deployments that are in the points
// and not in the metadata or the other way round; deployments of which nobody
// said whether the count succeeded. In the order of the deployments in the
// stream, taxa last. The only errors are those of the stream.
func Complaints(records Records, rule CheckRule) ([]Complaint, error) {
	if rule.Period == 0 {
		rule.Period = time.Hour
	}
	c := checker{rule: rule, place: map[string]int{}, taxa: map[Species]int{}}
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		switch r := record.(type) {
		case Deployment:
			c.deployment(r)
		case Sighting:
			c.sighting(r)
		}
	}
	return c.list(), nil
}

type checker struct {
	rule  CheckRule
	place map[string]int
	all   []*checked
	taxa  map[Species]int // without a code, and how often
}

// checked is what is known of one deployment.
type checked struct {
	opcode                     string
	deployed, described        bool // there is a Deployment; and it says where, when or how well
	sightings                  int
	successful                 *bool
	periods                    []Period
	outside, unnumbered        int
	firstOutside, firstUnnumbr string
}

func (c *checker) at(opcode string) *checked {
	i, ok := c.place[opcode]
	if !ok {
		i = len(c.all)
		c.place[opcode] = i
		c.all = append(c.all, &checked{opcode: opcode})
	}
	return c.all[i]
}

func (c *checker) deployment(d Deployment) {
	mine := c.at(d.OpCode)
	mine.deployed = true
	mine.described = mine.described || d.Described()
	mine.periods = append(mine.periods, d.Periods...)
	if mine.successful == nil {
		mine.successful = d.SuccessfulCount
	}
}

func (c *checker) sighting(s Sighting) {
	mine := c.at(s.OpCode)
	mine.sightings++
	if known(s.Species.Family) == "" && known(s.Species.Genus) == "" && known(s.Species.Species) == "" {
		return // a mark of the clapper, a note: not an animal
	}
	where := fmt.Sprintf("%s in frame %d of %s", s.Species.Scientific(), s.Frame, s.Media)
	if s.Period == "" || s.PeriodTime < 0 {
		mine.outside++
		mine.firstOutside = cmp.Or(mine.firstOutside, where)
	}
	if s.Number <= 0 {
		mine.unnumbered++
		mine.firstUnnumbr = cmp.Or(mine.firstUnnumbr, where)
	}
	if c.rule.Code != nil && s.Species.CAAB == "" {
		taxon := s.Species.Normal()
		if _, asked := c.taxa[taxon]; asked || c.rule.Code(taxon) == "" {
			c.taxa[taxon]++
		}
	}
}

func (c *checker) list() []Complaint {
	metadata := slices.ContainsFunc(c.all, func(d *checked) bool { return d.described })
	var out []Complaint
	for _, d := range c.all {
		add := func(n int, example, what string, args ...any) {
			if n > 0 {
				out = append(out, Complaint{OpCode: d.opcode, What: fmt.Sprintf(what, args...), Count: n, Example: example})
			}
		}
		switch {
		case d.sightings > 0 && (!d.deployed || metadata && !d.described):
			add(1, "", "it has points but is not in the metadata: its counts are left out; add it, or mend the opcode")
		case d.deployed && d.described && d.sightings == 0 && (d.successful == nil || *d.successful):
			add(1, "", "it is in the metadata but has no points: right only where nothing was seen")
		case d.deployed && metadata && !d.described:
			add(1, "", "it has a video but is not in the metadata: add it, or mend the opcode")
		}
		if d.described && d.successful == nil {
			add(1, "", "successful_count is missing: its counts are left out; write Yes or No")
		}
		if d.deployed && len(d.periods) == 0 && (d.sightings > 0 || d.successful != nil && *d.successful) {
			add(1, "", "there is no period: say when it settled on the sea bed and when it was lifted")
		}
		for _, p := range d.periods {
			length := p.To - p.From
			switch {
			case p.Open:
				add(1, "", "period %q has no end", p.Name)
			case length.Round(time.Minute) != c.rule.Period.Round(time.Minute):
				add(1, "", "period %q is %.2f minutes long, not %.4g", p.Name, length.Minutes(), math.Round(c.rule.Period.Minutes()))
			}
		}
		add(d.outside, d.firstOutside, "points outside of the periods: they are counted, and probably should not be")
		add(d.unnumbered, d.firstUnnumbr, "points without a number: they add nothing to MaxN")
	}
	taxa := make([]Species, 0, len(c.taxa))
	for taxon := range c.taxa {
		taxa = append(taxa, taxon)
	}
	slices.SortFunc(taxa, func(a, b Species) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Genus, b.Genus), cmp.Compare(a.Species, b.Species))
	})
	for _, t := range taxa {
		out = append(out, Complaint{What: fmt.Sprintf("the list has no CAAB code for %s %s %s", t.Family, t.Genus, t.Species), Count: c.taxa[t]})
	}
	return out
}
