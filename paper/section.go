package paper

import (
	"regexp"
	"strings"
	"unicode"
)

// Section is what kind of section a sentence stands in, as its heading says.
type Section string

// The kinds of sections. Under a heading that says none of these, it is Other.
const (
	Other        Section = ""
	Abstract     Section = "abstract"
	Introduction Section = "introduction"
	Related      Section = "related work"
	Methods      Section = "methods"
	Results      Section = "results"
	Discussion   Section = "discussion"
	Thanks       Section = "acknowledgements"
	Statements   Section = "statements" // funding, availability of data and code, authors' contributions, interests
	References   Section = "references"
	Appendix     Section = "appendix"
)

// headings are the usual ones: lower case, letters only.
var headings = map[string]Section{
	"abstract": Abstract, "summary": Abstract, "highlights": Abstract,
	"introduction": Introduction, "background": Introduction,
	"relatedwork": Related, "relatedworks": Related, "previouswork": Related, "literaturereview": Related, "stateoftheart": Related,
	"methods": Methods, "method": Methods, "methodology": Methods, "materialsandmethods": Methods, "materialandmethods": Methods, "methodsandmaterials": Methods,
	"dataandmethods": Methods, "experiments": Methods, "experimentalsetup": Methods, "implementationdetails": Methods, "training": Methods, "trainingdetails": Methods,
	"data": Methods, "dataset": Methods, "datasets": Methods, "datacollection": Methods, "proposedmethod": Methods,
	"results": Results, "resultsanddiscussion": Results, "evaluation": Results, "experimentalresults": Results,
	"discussion": Discussion, "conclusion": Discussion, "conclusions": Discussion, "discussionandconclusion": Discussion, "discussionandconclusions": Discussion,
	"limitations": Discussion, "futurework": Discussion, "conclusionandfuturework": Discussion,
	"acknowledgements": Thanks, "acknowledgments": Thanks, "acknowledgement": Thanks, "acknowledgment": Thanks, "thanks": Thanks,
	"availability": Statements, "openresearch": Statements, "availabilityofdataandmaterials": Statements, "availabilityofdataandmaterial": Statements, "softwareavailability": Statements,
	"datasetavailability": Statements, "opensciencestatement": Statements, "funding": Statements, "fundingstatement": Statements, "fundinginformation": Statements, "dataavailability": Statements, "dataavailabilitystatement": Statements,
	"availabilityofdata": Statements, "codeavailability": Statements, "dataandcodeavailability": Statements, "codeanddataavailability": Statements,
	"dataaccessibility": Statements, "authorcontributions": Statements, "authorscontributions": Statements, "creditauthorshipcontributionstatement": Statements,
	"conflictofinterest": Statements, "conflictsofinterest": Statements, "declarationofcompetinginterest": Statements, "competinginterests": Statements, "ethicsstatement": Statements,
	"references": References, "bibliography": References, "literaturecited": References, "workscited": References, "referencescited": References, "literature": References,
	"appendix": Appendix, "appendices": Appendix, "supplementarymaterial": Appendix, "supplementarymaterials": Appendix, "supportinginformation": Appendix,
	"supplementaryinformation": Appendix, "appendixasupplementarydata": Appendix,
}

// numbering comes before a heading: "3", "3.1", "IV.".
var numbering = regexp.MustCompile(`^(\d{1,2}(\.\d{1,2})*\.?|[IVX]{1,5}\.)\s+`)

// runIn are headings that the section's first sentence follows on the same line.
var runIn = regexp.MustCompile(`^(Acknowledge?ments?|ACKNOWLEDGE?MENTS?|Funding|Data availability|Data Availability|Code availability|Code Availability|Availability|References|REFERENCES|Abstract|ABSTRACT|Keywords)\s*[.:—–]\s*\S`)

// mostHeadingWords of a line that may be a heading.
const mostHeadingWords = 9

// subsection is the number of a part of a section.
var subsection = regexp.MustCompile(`^\d{1,2}\.\d`)

// heading says which section a line opens; ok where it is a heading.
func heading(line string) (section Section, ok bool) {
	bare := numbering.ReplaceAllString(line, "")
	if s, known := headings[lettersOf(bare)]; known && len(strings.Fields(bare)) <= mostHeadingWords {
		return s, true
	}
	if strings.HasPrefix(lettersOf(bare), "appendix") && len(strings.Fields(bare)) <= 6 && !strings.HasSuffix(bare, ".") {
		return Appendix, true
	}
	if m := runIn.FindStringSubmatch(bare); m != nil {
		return headings[lettersOf(m[1])], true
	}
	first, _ := firstRune(bare)
	number := numbering.FindString(line)
	return Other, number != "" && unicode.IsUpper(first) && len(strings.Fields(bare)) <= mostHeadingWords && !strings.ContainsAny(bare, ".,;:=%") && !strings.ContainsFunc(bare, unicode.IsDigit)
}

// lettersOf is a text's letters alone, in lower case: so "A CKNOWLEDGMENTS" in small capitals is known, too.
func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}
