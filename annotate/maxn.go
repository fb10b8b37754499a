package annotate

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxNRule is how sightings become MaxN. Its zero value is CheckEM's rule.
type MaxNRule struct {
	ByStage bool // adults and juveniles apart
	// Unstated counts the deployments of which nobody said whether the count
	// succeeded, too, and those that no Deployment describes. CheckEM leaves them out.
	Unstated bool
	NoZeros  bool // leave out the zeros
}

// MaxN gives the MaxN of every taxon in every deployment, by the rule that CheckEM
// follows: Number is summed over what has the same deployment, file, period time, frame
// and taxon (and stage), and the largest sum of a deployment and taxon is its MaxN.
// Deployments count where their count succeeded. Every taxon seen in one of them has a
// count in all of them, zero where it was not seen.
//
// As in CheckEM, a blank family or genus is "Unknown", a blank species "spp",
// family and genus begin with a capital, species have none; and sightings outside
// of the periods count too (Complaints names them). A sighting without a number adds nothing.
//
// A count that rests on points that nobody looked at (Unlooked) says so in Verified, and so does the zero of
// a deployment whose points are all of that kind.
//
// Deployments come in the order of the stream, taxa by name. Time is tMaxN, the earliest of the
// largest sums. The only errors are those of the stream. It holds a sum for each
// frame and taxon, not the sightings.
func MaxN(records Records, rule MaxNRule) ([]Count, error) {
	m := maxN{rule: rule, known: map[string]int{}, sums: map[frameTaxon]frameSum{}, looked: map[int]bool{}}
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		switch r := record.(type) {
		case Deployment:
			m.deployment(r)
		case Sighting:
			m.sighting(r)
		}
	}
	return m.counts(), nil
}

type maxN struct {
	rule        MaxNRule
	known       map[string]int // opcode to its place in deployments
	deployments []Deployment   // what MaxN needs of them
	sums        map[frameTaxon]frameSum
	looked      map[int]bool // deployments with points: whether a person stands behind any of them
}

// taxonStage is what is counted apart.
type taxonStage struct{ family, genus, species, stage string }

// frameTaxon is what CheckEM groups by.
type frameTaxon struct {
	deployment int
	media      string
	periodTime time.Duration
	frame      int
	taxon      taxonStage
}

type frameSum struct {
	n        int
	time     time.Duration
	caab     string
	unlooked bool // a point of it is a machine's, and nobody looked
}

func (m *maxN) place(opcode string) int {
	i, ok := m.known[opcode]
	if !ok {
		i = len(m.deployments)
		m.known[opcode] = i
		m.deployments = append(m.deployments, Deployment{OpCode: opcode})
	}
	return i
}

func (m *maxN) deployment(d Deployment) {
	mine := &m.deployments[m.place(d.OpCode)]
	mine.Campaign = cmp.Or(mine.Campaign, d.Campaign)
	if mine.SuccessfulCount == nil {
		mine.SuccessfulCount = d.SuccessfulCount
	}
}

func (m *maxN) sighting(s Sighting) {
	taxon := s.Species.Normal()
	key := frameTaxon{m.place(s.OpCode), s.Media, s.PeriodTime, s.Frame, taxonStage{taxon.Family, taxon.Genus, taxon.Species, ""}}
	if m.rule.ByStage {
		key.taxon.stage = s.Stage
	}
	if s.Number <= 0 {
		return
	}
	sum, seen := m.sums[key]
	sum.n += s.Number
	sum.unlooked = sum.unlooked || Unlooked(s)
	m.looked[key.deployment] = m.looked[key.deployment] || !Unlooked(s)
	if !seen || s.Time >= 0 && (sum.time < 0 || s.Time < sum.time) {
		sum.time = s.Time
	}
	sum.caab = cmp.Or(sum.caab, s.Species.CAAB)
	m.sums[key] = sum
}

func (m *maxN) counted(i int) bool {
	success := m.deployments[i].SuccessfulCount
	return success != nil && *success || success == nil && m.rule.Unstated
}

// counts takes the largest sums, and fills in the zeros.
func (m *maxN) counts() []Count {
	type cell struct {
		deployment int
		taxon      taxonStage
	}
	best := map[cell]frameSum{}
	codes := map[taxonStage]string{}
	var taxa []taxonStage
	for key, sum := range m.sums {
		if !m.counted(key.deployment) {
			continue
		}
		if code, seen := codes[key.taxon]; !seen {
			taxa = append(taxa, key.taxon)
			codes[key.taxon] = sum.caab
		} else if sum.caab != "" && (code == "" || sum.caab < code) { // the same whatever the order of the map
			codes[key.taxon] = sum.caab
		}
		at := cell{key.deployment, key.taxon}
		if old, ok := best[at]; !ok || sum.n > old.n || sum.n == old.n && sum.time >= 0 && (old.time < 0 || sum.time < old.time) {
			best[at] = sum
		}
	}
	slices.SortFunc(taxa, func(a, b taxonStage) int {
		return cmp.Or(cmp.Compare(a.family, b.family), cmp.Compare(a.genus, b.genus), cmp.Compare(a.species, b.species), cmp.Compare(a.stage, b.stage))
	})
	var out []Count
	for i, d := range m.deployments {
		if !m.counted(i) {
			continue
		}
		for _, t := range taxa {
			sum, seen := best[cell{i, t}]
			if !seen {
				if m.rule.NoZeros {
					continue
				}
				sum.time = None
				people, pointed := m.looked[i]
				sum.unlooked = pointed && !people
			}
			n := Count{
				Campaign: d.Campaign, OpCode: d.OpCode, Stage: t.stage, Value: float64(sum.n), Time: sum.time,
				Species: Species{Family: t.family, Genus: t.genus, Species: t.species, CAAB: codes[t]},
			}
			if sum.unlooked {
				n.Verified = &Verification{Status: machine}
			}
			out = append(out, n)
		}
	}
	return out
}

// Normal is the taxon as CheckEM and GlobalArchive write it: a family or genus
// that is not known is "Unknown", a species "spp"; family and genus begin with a
// capital, the species has none.
func (s Species) Normal() Species {
	or := func(name, unknown string) string {
		if known(name) == "" {
			return unknown
		}
		return strings.TrimSpace(name)
	}
	s.Family, s.Genus = capital(or(s.Family, "Unknown")), capital(or(s.Genus, "Unknown"))
	s.Species = strings.ToLower(or(s.Species, "spp"))
	return s
}

// capital is the name with its first letter, and no other, made large.
func capital(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if unicode.IsUpper(first) && strings.IndexFunc(name[size:], unicode.IsUpper) < 0 {
		return name
	}
	return string(unicode.ToUpper(first)) + strings.ToLower(name[size:])
}
