package uncertainty

import "math"

// Reader is how readily people err in a look, as repeated, blind looks tell. Its zero value is the stated assumption that
// they see every animal and name it rightly.
type Reader struct {
	Missed  float64 `json:"missed"`  // chance that an animal is overlooked
	Added   float64 `json:"added"`   // chance that one that was counted is none of the taxon
	Animals int     `json:"animals"` // that it was measured on; 0: it is assumed
}

// Measured tells whether it was measured, or is assumed.
func (r Reader) Measured() bool { return r.Animals > 0 }

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
