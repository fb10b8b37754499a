package simulate

import (
	"requin/annotate"
	"requin/taxon"
)

// manner is how a species goes about the bait.
type manner int

const (
	cruises manner = iota // comes from far, circles, passes, leaves and returns
	schools               // a group that passes and lingers together
	nibbles               // stays at the bait and darts
	dwells                // stays over its coral
	rides                 // stays with a host
)

// species is a kind of animal that can be seen.
type species struct {
	taxon    taxon.Taxon
	names    annotate.Species
	shape    func() *plan
	gait     gait
	skin     func(h *hit, tone uint32) (albedo vec, gloss float64)
	manner   manner
	min, max float64 // total length, metres
	speed    float64 // body lengths a second when it cruises
	low      float64 // metres above the bed it likes to swim at
	high     float64
	bold     float64 // how near to bait and camera it comes, 0 to 1
	group    [2]int  // how many come together
}

// The species, by their place in the list. The first three are studied.
const (
	greyReefShark = iota
	blacktipShark
	whitetipShark
	giantTrevally
	bluestripe
	malabar
	cobiaFish
	remora
	moonWrasse
	chromis
	pinkWhipray
)

// Taxa are the animals a simulated survey shows: three reef sharks that are studied, and
// what swims with them. CAAB codes are those of the list of 9 November 2023.
func Taxa() taxon.List {
	var list taxon.List
	for _, s := range bestiary() {
		list = append(list, s.taxon)
	}
	return list
}

func named(role taxon.Role, caab, family, genus, epithet, common string) (taxon.Taxon, annotate.Species) {
	return taxon.Taxon{Name: genus + " " + epithet, Common: common, CAAB: caab, Role: role},
		annotate.Species{Family: family, Genus: genus, Species: epithet, CAAB: caab}
}

func bestiary() []species {
	list := []species{
		greyReefShark: {shape: greyReef, gait: sharkGait, skin: greySkin, manner: cruises, min: 1.2, max: 1.75, speed: 0.62, low: 0.35, high: 1.7, bold: 0.8, group: [2]int{1, 1}},
		blacktipShark: {shape: blacktipReef, gait: sharkGait, skin: blacktipSkin, manner: cruises, min: 0.95, max: 1.45, speed: 0.7, low: 0.3, high: 1.3, bold: 0.9, group: [2]int{1, 1}},
		whitetipShark: {shape: whitetipReef, gait: sharkGait, skin: whitetipSkin, manner: cruises, min: 1.05, max: 1.55, speed: 0.55, low: 0.14, high: 0.5, bold: 1, group: [2]int{1, 1}},
		giantTrevally: {shape: trevally, gait: fishGait, skin: trevallySkin, manner: schools, min: 0.5, max: 0.85, speed: 1.1, low: 0.5, high: 2.2, bold: 0.6, group: [2]int{2, 6}},
		bluestripe:    {shape: snapper, gait: fishGait, skin: bluestripeSkin, manner: schools, min: 0.18, max: 0.28, speed: 1.5, low: 0.3, high: 1.1, bold: 0.7, group: [2]int{6, 14}},
		malabar:       {shape: grouper, gait: fishGait, skin: grouperSkin, manner: cruises, min: 0.7, max: 1.1, speed: 0.3, low: 0.12, high: 0.4, bold: 1, group: [2]int{1, 1}},
		cobiaFish:     {shape: cobia, gait: sharkGait, skin: cobiaSkin, manner: cruises, min: 0.9, max: 1.3, speed: 0.8, low: 0.4, high: 1.6, bold: 0.6, group: [2]int{1, 2}},
		remora:        {shape: sharksucker, gait: fishGait, skin: remoraSkin, manner: rides, min: 0.25, max: 0.4, speed: 1, bold: 1, group: [2]int{1, 1}},
		moonWrasse:    {shape: wrasse, gait: fishGait, skin: wrasseSkin, manner: nibbles, min: 0.14, max: 0.22, speed: 1.6, low: 0.05, high: 0.5, bold: 1, group: [2]int{2, 4}},
		chromis:       {shape: damsel, gait: fishGait, skin: chromisSkin, manner: dwells, min: 0.07, max: 0.1, speed: 1.8, low: 0.2, high: 0.8, bold: 1, group: [2]int{6, 16}},
		pinkWhipray:   {shape: whipray, gait: gait{sway: 0.05, stiff: 0.5, waves: 0.3, beats: 2.2, idle: 0.15, bank: 0.12, flap: 0.05, stretch: 0.3}, skin: raySkin, manner: cruises, min: 2.0, max: 3.0, speed: 0.2, low: 0.06, high: 0.25, bold: 0.7, group: [2]int{1, 1}},
	}
	for i, n := range []struct {
		role                                 taxon.Role
		caab, family, genus, epithet, common string
	}{
		{taxon.Studied, "37018030", "Carcharhinidae", "Carcharhinus", "amblyrhynchos", "grey reef shark"},
		{taxon.Studied, "37018036", "Carcharhinidae", "Carcharhinus", "melanopterus", "blacktip reef shark"},
		{taxon.Studied, "37018038", "Carcharhinidae", "Triaenodon", "obesus", "whitetip reef shark"},
		{taxon.Context, "37337027", "Carangidae", "Caranx", "ignobilis", "giant trevally"},
		{taxon.Context, "37346044", "Lutjanidae", "Lutjanus", "kasmira", "bluestripe snapper"},
		{taxon.Context, "37311150", "Serranidae", "Epinephelus", "malabaricus", "Malabar grouper"},
		{taxon.Context, "37335001", "Rachycentridae", "Rachycentron", "canadum", "cobia"},
		{taxon.Context, "37336001", "Echeneidae", "Echeneis", "naucrates", "sharksucker"},
		{taxon.Context, "37384167", "Labridae", "Thalassoma", "lunare", "moon wrasse"},
		{taxon.Context, "37372053", "Pomacentridae", "Chromis", "viridis", "blue-green chromis"},
		{taxon.Context, "37035024", "Dasyatidae", "Pateobatis", "fai", "pink whipray"},
	} {
		list[i].taxon, list[i].names = named(n.role, n.caab, n.family, n.genus, n.epithet, n.common)
	}
	return list
}
