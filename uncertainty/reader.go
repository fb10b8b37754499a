package uncertainty

import (
	"fmt"
	"math"
)

// Reader is how readily people err in a look, as repeated, blind looks tell. Its zero value is the stated assumption that
// they see every animal and name it rightly.
type Reader struct {
	Missed  float64 `json:"missed"`  // chance that an animal is overlooked
	Added   float64 `json:"added"`   // chance that one that was counted is none of the taxon
	Animals int     `json:"animals"` // that it was measured on; 0: it is assumed
}

// Reread is what frames that were looked at twice, the second time without knowing of the first, tell of the readers.
type Reread struct {
	Seen       float64 `json:"seen,omitempty"`       // times that an animal was there to be seen: two for each
	Overlooked float64 `json:"overlooked,omitempty"` // of these, times that it was not seen
	Added      float64 `json:"added,omitempty"`      // animals that those looks counted and that were none
}

// assumedSeen is how many times that an animal was seen the assumption weighs that readers see all.
const assumedSeen = 20

// ReaderOf is how readily people err, by what all of a survey's second looks tell and, besides, as if so many more animals had been
// looked at as are assumed to be seen: a single error in a first few second looks is not yet a measurement.
//
// Worked example: of 180 times one was overlooked 10 times: Missed is 10/200, 0.05.
func ReaderOf(list ...Reread) Reader {
	var all Reread
	for _, r := range list {
		all.Seen, all.Overlooked, all.Added = all.Seen+r.Seen, all.Overlooked+r.Overlooked, all.Added+r.Added
	}
	if !(all.Seen > 0) {
		return Reader{}
	}
	return Reader{
		Missed:  math.Min(0.9, all.Overlooked/(all.Seen+assumedSeen)),
		Added:   math.Min(0.9, all.Added/(all.Seen-math.Min(all.Overlooked, all.Seen)+all.Added+assumedSeen)),
		Animals: int(math.Max(1, math.Round(all.Seen/2))),
	}
}

// Measured tells whether it was measured, or is assumed.
func (r Reader) Measured() bool { return r.Animals > 0 }

// Words say it for people.
func (r Reader) Words() string {
	if !r.Measured() {
		return "readers assumed to overlook none: no frame was looked at twice"
	}
	err := fmt.Sprintf("readers overlook %s and misname %s, ", percent(r.Missed), percent(r.Added))
	if 2*r.Animals < assumedSeen {
		return err + fmt.Sprintf("assumed more than measured: only %s looked at twice", counted(r.Animals, "animal"))
	}
	return err + fmt.Sprintf("measured on %s looked at twice", counted(r.Animals, "animal"))
}

// fewer is the chance that fewer animals than were counted at most are there in every frame that has so many: each is none of
// the taxon with a chance that further looks, which agree, make smaller.
func (r Reader) fewer(looks map[int]Look, confirmed int) (chance float64, at int) {
	at = -1
	if confirmed == 0 || r.Added == 0 {
		return 0, at
	}
	chance = 1
	for t, l := range looks {
		if l.N != confirmed {
			continue
		}
		wrong := 1 - math.Pow(1-math.Pow(r.Added, float64(1+l.Again)), float64(l.N))
		if wrong < chance || wrong == chance && t < at {
			chance, at = wrong, t
		}
	}
	return chance, at
}

// reader is the one that is given, else what second looks tell, those of the survey's other deployments among them.
func (d Observations) reader() Reader {
	if d.Reader != (Reader{}) {
		return d.Reader
	}
	list := []Reread{d.Reread}
	for _, e := range d.Survey {
		list = append(list, e.Reread)
	}
	return ReaderOf(list...)
}
