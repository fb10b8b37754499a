package exchange

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"requin/annotate"
)

// ctExtent is where, when and by whom the deployments were.
type ctExtent struct {
	observers, campaigns     []string
	west, south, east, north float64
	from, to                 time.Time
}

func (w *ctWriter) extent() ctExtent {
	x := ctExtent{west: 180, south: 90, east: -180, north: -90, from: w.deployments[0].start, to: w.deployments[0].end}
	note := func(list []string, s string) []string {
		if s == "" || slices.Contains(list, s) {
			return list
		}
		return append(list, s)
	}
	for _, d := range w.deployments {
		x.observers, x.campaigns = note(x.observers, d.ObserverCount), note(x.campaigns, d.Campaign)
		x.west, x.east = min(x.west, *d.Longitude), max(x.east, *d.Longitude)
		x.south, x.north = min(x.south, *d.Latitude), max(x.north, *d.Latitude)
		if d.start.Before(x.from) {
			x.from = d.start
		}
		if d.end.After(x.to) {
			x.to = d.end
		}
	}
	return x
}

// writePackage writes datapackage.json.
func (w *ctWriter) writePackage(opt Options) error {
	x := w.extent()
	title := cmp.Or(strings.Join(x.campaigns, ", "), opt.Name, "survey")
	type object = map[string]any
	var resources, contributors []object
	taxa := []object{}
	for _, name := range []string{"deployments", "media", "observations"} {
		resources = append(resources, object{"name": name, "path": name + ".csv", "profile": "tabular-data-resource", "format": "csv",
			"mediatype": "text/csv", "encoding": "utf-8", "schema": ctSchema + name + "-table-schema.json"})
	}
	for _, name := range x.observers {
		contributors = append(contributors, object{"title": name, "role": "contributor"})
	}
	if len(contributors) == 0 {
		w.losses.add("who contributed: the package needs someone, and says \"not stated\"", title)
		contributors = []object{{"title": "not stated"}}
	}
	for _, name := range sortedNumbers(w.taxa) {
		taxon := object{"scientificName": name, "taxonRank": rankOf(w.taxa[name])}
		if family := w.taxa[name].Normal().Family; family != "Unknown" {
			taxon["family"] = family
		}
		taxa = append(taxa, taxon)
	}
	levels := []string{"event"}
	if w.media {
		levels = []string{"event", "media"}
	}
	w.losses.add("project.samplingDesign and captureMethod: the package needs them, and says targeted and timeLapse; mend them where they are not", title)
	text, err := json.MarshalIndent(object{
		"resources": resources, "profile": ctSchema + "camtrap-dp-profile.json", "name": slug(title), "title": title,
		"created": time.Now().UTC().Format(time.RFC3339), "contributors": contributors,
		"sources": []object{{"title": "Requin", "version": opt.Version}},
		"project": object{"title": title, "samplingDesign": "targeted", "captureMethod": []string{"timeLapse"}, "individualAnimals": false, "observationLevel": levels},
		"spatial": object{"type": "Polygon", "bbox": []float64{x.west, x.south, x.east, x.north}, "coordinates": [][][2]float64{{
			{x.west, x.south}, {x.east, x.south}, {x.east, x.north}, {x.west, x.north}, {x.west, x.south}}}},
		"temporal":  object{"start": x.from.Format("2006-01-02"), "end": x.to.Format("2006-01-02")},
		"taxonomic": taxa,
	}, "", "  ")
	if err != nil {
		return err
	}
	return writeText(w.out, "datapackage.json", string(text)+"\n")
}

// ctType is the type of an observation of so many of a taxon.
func ctType(n int, name string) string {
	if n <= 0 || name == "" {
		return "unclassified"
	}
	return "animal"
}

// publishedName is the name that a checklist knows: the genus alone where the species is open, and
// Animalia where not even the family is known; "" where nothing is stated.
func publishedName(s annotate.Species) string {
	if s.Family == "" && s.Genus == "" && s.Species == "" {
		return ""
	}
	n := s.Normal()
	switch rankOf(s) {
	case "species":
		return n.Genus + " " + n.Species
	case "genus":
		return n.Genus
	case "family":
		return n.Family
	}
	return "Animalia"
}

// rankOf is what a taxon is named to.
func rankOf(s annotate.Species) string {
	switch s = s.Normal(); {
	case s.Genus == "Unknown" && s.Family == "Unknown":
		return "kingdom"
	case s.Genus == "Unknown":
		return "family"
	case openSpecies(s.Species):
		return "genus"
	}
	return "species"
}

// openSpecies tells whether a species is not named: spp, sp, sp1, sp. 2.
func openSpecies(species string) bool {
	rest := strings.TrimPrefix(strings.TrimPrefix(species, "sp"), "p")
	return strings.HasPrefix(species, "sp") && strings.Trim(rest, "0123456789. ") == ""
}

// slug is a name of small letters, digits and dashes.
func slug(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s)), "-")
}
