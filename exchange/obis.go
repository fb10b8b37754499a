package exchange

import (
	"path"
	"strings"

	"requin/annotate"
)

// OBIS is a Darwin Core archive as OBIS and GBIF take it: events, their occurrences, and what was measured
// of these (eMoF), with meta.xml and a beginning of eml.xml.
//
//	Deployment   event.csv: eventID, eventDate, place, depth, samplingProtocol, and how long was
//	             looked at in sampleSizeValue, in minutes
//	Count        occurrence.csv, absent where it is zero; extendedmeasurementorfact.csv: MaxN (or
//	             what else Metric names), and tMaxN in seconds
//
// A taxon's AphiaID in the World Register of Marine Species makes its scientificNameID: it is looked for in the Count's
// Extra, then in that of the Label of its name, as worms.aphia_id. Open names are published as OBIS matches
// them: "Carcharhinus spp" as Carcharhinus, what only the family is known of as the family,
// what not even that as Animalia; verbatimIdentification has the three columns. The measurement types
// have no id: no NERC term for MaxN could be verified, and a wrong one is worse. basisOfRecord is MachineObservation: a
// camera recorded it, whoever named the animal (OBIS's manual on imaging data, and Darwin Core's example "a video").
//
// What a count of Requin's rests on is in identificationVerificationStatus, PredictedByMachine where nobody looked
// and ValidatedByHuman where people did (the two words that OBIS's manual recommends; "disputed" is neither),
// identifiedBy (who looked), dateIdentified, identificationReferences (the detector), identificationRemarks
// (in words) and in rows of the eMoF, whose types obisTypes lists: status, frames, risk, the interval of MaxN. These
// terms are there only where a count has something to say with them.
//
// A deployment without latitude, longitude or date cannot be published: it is left out with its counts, and
// named among the losses. Sightings, lengths and boxes have no place here: MaxN is published.
// Archives of others are read by their meta.xml, if their core is events.
func OBIS() Format {
	return Format{
		Name: "obis", Title: "OBIS / Darwin Core archive (event core with eMoF)", Many: true,
		Sniff: sniffOBIS, Read: readOBIS, Write: writeOBIS,
	}
}

const (
	dwcPrefix = "dwc."
	dwcTerms  = "http://rs.tdwg.org/dwc/terms/"
	emofRow   = "http://rs.iobis.org/obis/terms/ExtendedMeasurementOrFact"
	// aphiaKey is where a Count or a Label has its AphiaID.
	aphiaKey = "worms.aphia_id"
	aphiaURN = "urn:lsid:marinespecies.org:taxname:"
)

// dwcTable is one of the three tables: its file, its class, and its terms in order. The first
// is the id that ties it to the event.
type dwcTable struct {
	file, row string
	terms     []string
}

func dwcEvents() dwcTable {
	return dwcTable{"event.csv", dwcTerms + "Event", strings.Fields("eventID fieldNumber datasetName eventDate locationID locality decimalLatitude decimalLongitude " +
		"geodeticDatum footprintWKT minimumDepthInMeters maximumDepthInMeters samplingProtocol sampleSizeValue sampleSizeUnit samplingEffort eventRemarks")}
}

func dwcOccurrences() dwcTable {
	return dwcTable{"occurrence.csv", dwcTerms + "Occurrence", strings.Fields("eventID occurrenceID basisOfRecord scientificName scientificNameID taxonRank kingdom family genus " +
		"identificationQualifier verbatimIdentification occurrenceStatus individualCount organismQuantity organismQuantityType lifeStage recordedBy " +
		"taxonID occurrenceRemarks")}
}

func dwcMeasurements() dwcTable {
	return dwcTable{"extendedmeasurementorfact.csv", emofRow, strings.Fields("eventID occurrenceID measurementID measurementType measurementTypeID measurementValue " +
		"measurementValueID measurementUnit measurementUnitID")}
}

// dwcStanding are the further terms of occurrences that say what a count rests on.
func dwcStanding() []string {
	return strings.Fields("identifiedBy dateIdentified identificationReferences identificationVerificationStatus identificationRemarks")
}

// dwcTerm is the full name of a term.
func dwcTerm(term string) string {
	switch term {
	case "measurementTypeID", "measurementValueID", "measurementUnitID":
		return "http://rs.iobis.org/obis/terms/" + term
	}
	return dwcTerms + term
}

func sniffOBIS(name string, head []byte) float64 {
	text := string(head)
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\ufeff\""), "\n")
	switch {
	case path.Base(name) == "meta.xml" && strings.Contains(text, "rs.tdwg.org/dwc/text"):
		return 1
	case strings.Contains(text, "rs.tdwg.org/dwc/text"):
		return 0.9
	case strings.Contains(first, "eventID") && (strings.Contains(first, "decimalLatitude") || strings.Contains(first, "occurrenceStatus") || strings.Contains(first, "measurementType")):
		return 0.75
	}
	return 0
}

// metricOf is what a count is called.
func metricOf(c annotate.Count) string {
	if c.Metric == "" {
		return "MaxN"
	}
	return c.Metric
}
