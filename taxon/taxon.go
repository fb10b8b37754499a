// Package taxon's noun is a taxon: a class that a person or a model may name. It
// owns names, codes (CAAB, WoRMS AphiaID), the roles studied and context, and
// the map from a model's classes to taxa. It knows no picture and no model file.
package taxon

import (
	"fmt"
	"slices"
)

// Role says what a survey does with a taxon.
type Role string

const (
	Studied Role = "studied" // counted and evaluated
	Context Role = "context" // trained on and shown, neither counted nor tested
)

// Taxon is one class that may be named.
type Taxon struct {
	Name      string   `yaml:"name" json:"name"`                               // scientific name, or what the survey calls it
	Common    string   `yaml:"common,omitempty" json:"common,omitempty"`       // common name
	CAAB      string   `yaml:"caab,omitempty" json:"caab,omitempty"`           // Codes for Australian Aquatic Biota, 8 digits
	AphiaID   int      `yaml:"aphia_id,omitempty" json:"aphia_id,omitempty"`   // WoRMS
	Role      Role     `yaml:"role,omitempty" json:"role"`                     // studied where nothing is said
	Classes   []string `yaml:"classes,omitempty" json:"classes,omitempty"`     // the model's classes that mean it; its own name where nothing is said
	Threshold float64  `yaml:"threshold,omitempty" json:"threshold,omitempty"` // least score that counts as a sighting; 0 = the model's
	Overlaps  []string `yaml:"overlaps,omitempty" json:"overlaps,omitempty"`   // taxa whose animals lie on its animals (a remora on a shark): never taken for the same animal under two names
}

// Score is how strongly a model believes in a taxon, 0 to 1.
type Score struct {
	Taxon string  `json:"taxon"`
	Score float32 `json:"score"`
}

// List is the taxa of a survey or run, in the order in which they are reported.
type List []Taxon

// Studied gives the taxa that are counted.
func (l List) Studied() List {
	var out List
	for _, t := range l {
		if t.Role != Context {
			out = append(out, t)
		}
	}
	return out
}

// Find returns the taxon of a name.
func (l List) Find(name string) (Taxon, bool) {
	for _, t := range l {
		if t.Name == name {
			return t, true
		}
	}
	return Taxon{}, false
}

// Threshold is a taxon's threshold; 0 for one that is not in the list.
func (l List) Threshold(name string) float32 {
	t, _ := l.Find(name)
	return float32(t.Threshold)
}

// MayOverlap tells whether animals of two taxa lie on one another: one of them lists the other in its Overlaps, by name or common
// name. What lies on another is then never taken for the same animal under two names.
func (l List) MayOverlap(a, b string) bool {
	lists := func(a, b string) bool {
		t, _ := l.Find(a)
		other, ok := l.Find(b)
		return ok && slices.ContainsFunc(t.Overlaps, other.is)
	}
	return lists(a, b) || lists(b, a)
}

// is tells whether a taxon goes by a name: its own or its common one.
func (t Taxon) is(name string) bool {
	key := Fold(name)
	return key != "" && (key == Fold(t.Name) || key == Fold(t.Common))
}

// Label is a taxon's name with its common name, for people.
func (t Taxon) Label() string {
	if t.Common == "" {
		return t.Name
	}
	return fmt.Sprintf("%s (%s)", t.Name, t.Common)
}
