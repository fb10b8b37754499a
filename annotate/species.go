package annotate

import "strings"

// Scientific is the taxon in one name, as open nomenclature writes it: "Carcharhinus
// melanopterus", "Carcharhinus spp" with the species unknown, the family where the genus is too. "" where
// nothing is stated.
func (s Species) Scientific() string {
	genus, species := known(s.Genus), known(s.Species)
	switch {
	case genus != "" && species != "":
		return genus + " " + species
	case genus != "":
		return genus + " spp"
	case known(s.Family) != "":
		return s.Family
	}
	return ""
}

// known is "" for the words that stand for not knowing.
func known(s string) string {
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "unknown", "na", "n/a", "null":
		return ""
	}
	return s
}

// SpeciesOf splits a name of two words into genus and species; one word that ends
// like a family's (-idae) is a family, any other a genus.
func SpeciesOf(name string) Species {
	genus, species, two := strings.Cut(strings.TrimSpace(name), " ")
	switch {
	case two:
		return Species{Genus: genus, Species: strings.TrimSpace(species)}
	case strings.HasSuffix(strings.ToLower(genus), "idae"):
		return Species{Family: genus, Genus: "Unknown", Species: "spp"}
	case genus == "":
		return Species{}
	}
	return Species{Genus: genus, Species: "spp"}
}
