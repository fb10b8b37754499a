package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// campaigns tells which campaign a deployment belongs to, and what the writers of
// counts want to know before they write.
type campaigns struct {
	of     map[string]string // by opcode
	order  []string
	other  string          // what has no campaign is in this
	counts map[string]bool // further columns of the counts, and of the lengths
	length map[string]bool
	stages bool
}

// surveyCampaigns ranges over the records once. name stands in where no campaign is named.
func surveyCampaigns(records annotate.Records, name string) (*campaigns, error) {
	c := &campaigns{of: map[string]string{}, other: cmp.Or(fileName(name), "survey"), counts: map[string]bool{}, length: map[string]bool{}}
	note := func(opcode, campaign string) {
		campaign = fileName(campaign)
		if have := c.of[opcode]; have == "" {
			c.of[opcode] = campaign
		}
	}
	columns := func(set map[string]bool, extra annotate.Extra) {
		for key := range extra {
			if header, ok := strings.CutPrefix(key, gaPrefix); ok && key != gaCampaign {
				set[header] = true
			}
		}
	}
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		switch r := record.(type) {
		case annotate.Deployment:
			note(r.OpCode, r.Campaign)
		case annotate.Count:
			note(r.OpCode, r.Campaign)
			columns(c.counts, r.Extra)
			c.stages = c.stages || r.Stage != ""
		case annotate.Length:
			note(r.OpCode, r.Extra[gaCampaign])
			columns(c.length, r.Extra)
			c.stages = c.stages || r.Stage != ""
		case annotate.Sighting:
			note(r.OpCode, "")
		}
	}
	for opcode, campaign := range c.of {
		campaign = cmp.Or(campaign, c.other)
		c.of[opcode] = campaign
		if !slices.Contains(c.order, campaign) {
			c.order = append(c.order, campaign)
		}
	}
	slices.Sort(c.order)
	if len(c.order) == 0 {
		c.order = []string{c.other}
	}
	return c, nil
}

// fileName is a name without what cannot be in the name of a file.
func fileName(name string) string {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || breaks(r) {
			return '-'
		}
		return r
	}, name), ". ")
	return name
}

func writeGlobalArchive(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	losses := &Losses{}
	c, err := surveyCampaigns(records, opt.Name)
	if err != nil {
		return nil, err
	}
	if err := gaLosses(records, losses); err != nil {
		return nil, err
	}
	for _, campaign := range c.order {
		if !gaName.MatchString(campaign) {
			losses.add("a campaign id that GlobalArchive would take: YYYY-MM_Name_method, as 2024-05_Exmouth-Gulf_stereo-BRUVs", campaign)
		}
		var mine []annotate.Deployment
		err := eachDeployment(records, func(d annotate.Deployment) bool { return c.of[d.OpCode] == campaign }, func(d annotate.Deployment) {
			mine = append(mine, d)
		})
		if err != nil {
			return nil, err
		}
		core := slices.Insert(slices.Clone(gaMetadata), 0, "campaignid")
		if err := writeMetadata(out, campaign+"_metadata.csv", core, mine); err != nil {
			return nil, err
		}
		if err := c.writeCounts(out, campaign, records); err != nil {
			return nil, err
		}
		if err := c.writeLengths(out, campaign, records); err != nil {
			return nil, err
		}
	}
	return losses, nil
}

func (c *campaigns) writeCounts(out Folder, campaign string, records annotate.Records) error {
	header := []string{"campaignid", "opcode", "family", "genus", "species", "count", "caab_code"}
	if c.stages {
		header = append(header, "stage")
	}
	others := gaFirst(sortedKeys(c.counts))
	t, err := createTable(out, campaign+"_count.csv", ',', append(header, others...))
	if err != nil {
		return err
	}
	for record, err := range records {
		if err != nil {
			return joinClose(err, t)
		}
		r, ok := record.(annotate.Count)
		if !ok || c.of[r.OpCode] != campaign || r.Media != "" {
			continue
		}
		s := taxonOf(r)
		row := []string{cmp.Or(r.Campaign, campaign), r.OpCode, s.Family, s.Genus, s.Species, shortest(&r.Value), s.CAAB}
		t.row(c.rest(row, r.Stage, r.Extra, others)...)
	}
	return t.close()
}

// gaFirst puts the columns that say what a count rests on before the others.
func gaFirst(columns []string) []string {
	var first []string
	for _, cell := range slices.Concat(verifiedOrder[:1], []string{cellLow, cellHigh, cellTime}, verifiedOrder[1:]) {
		name := strings.TrimPrefix(gaCell(cell), gaPrefix)
		if i := slices.Index(columns, name); i >= 0 {
			first, columns = append(first, name), slices.Delete(columns, i, i+1)
		}
	}
	return append(first, columns...)
}

func (c *campaigns) writeLengths(out Folder, campaign string, records annotate.Records) error {
	header := []string{"campaignid", "opcode", "family", "genus", "species", "number", "length_mm", "range_mm", "rms_mm", "precision_mm", "caab_code"}
	if c.stages {
		header = append(header, "stage")
	}
	others := sortedKeys(c.length)
	t, err := createTable(out, campaign+"_length.csv", ',', append(header, others...))
	if err != nil {
		return err
	}
	for record, err := range records {
		if err != nil {
			return joinClose(err, t)
		}
		r, ok := record.(annotate.Length)
		if !ok || c.of[r.OpCode] != campaign {
			continue
		}
		s := r.Species.Normal()
		row := []string{cmp.Or(r.Extra[gaCampaign], campaign), r.OpCode, s.Family, s.Genus, s.Species, strconv.Itoa(r.Number),
			shortest(r.Length), shortest(r.Range), shortest(r.RMS), shortest(r.Precision), s.CAAB}
		t.row(c.rest(row, r.Stage, r.Extra, others)...)
	}
	return t.close()
}

// rest adds the stage and the further columns to a row.
func (c *campaigns) rest(row []string, stage string, extra annotate.Extra, others []string) []string {
	if c.stages {
		row = append(row, stage)
	}
	for _, other := range others {
		row = append(row, extra[gaPrefix+other])
	}
	return row
}

// taxonOf is what a count is of, in three columns.
func taxonOf(c annotate.Count) annotate.Species {
	if c.Species == (annotate.Species{}) && c.Label != "" {
		return annotate.SpeciesOf(c.Label).Normal()
	}
	return c.Species.Normal()
}

// gaLosses lists what the three files cannot hold.
func gaLosses(records annotate.Records, l *Losses) error {
	for record, err := range records {
		if err != nil {
			return err
		}
		switch r := record.(type) {
		case annotate.Deployment:
			if len(r.Chapters) > 0 {
				l.add("the video files of a deployment", r.OpCode)
			}
			if len(r.Periods) > 0 {
				l.add("the periods of a deployment", r.OpCode)
			}
			l.extra(r.Extra, r.OpCode, "globalarchive")
		case annotate.Count:
			where := fmt.Sprintf("%s, %s", r.OpCode, taxonOf(r).Scientific())
			switch {
			case r.Media != "":
				l.add("a count of one file", where)
			case r.Low != nil || r.High != nil:
				l.add("the interval of a count", where)
			}
			if r.Time >= 0 {
				l.add("the time of a count (tMaxN)", where)
			}
			if r.Metric != "" && !strings.Contains(strings.ToUpper(r.Campaign), "DOV") {
				l.add("that a count is not MaxN but "+r.Metric, where)
			}
			l.extra(r.Extra, where, "globalarchive")
		case annotate.Length:
			where := fmt.Sprintf("%s, %s", r.OpCode, r.Species.Scientific())
			if r.Frame >= 0 || r.Time >= 0 || r.Media != "" {
				l.add("the frame of a length", where)
			}
			l.extra(r.Extra, where, "globalarchive")
		default:
			l.add(recordKind(record), "")
		}
	}
	return nil
}

// recordKind is what a record is called in a list of losses.
func recordKind(record annotate.Record) string {
	switch record.(type) {
	case annotate.Sighting:
		return "a sighting (a point)"
	case annotate.Label:
		return "a class"
	case annotate.Media:
		return "a video or picture"
	case annotate.Track:
		return "a track"
	case annotate.Mark:
		return "a box or other mark"
	case annotate.Look:
		return "that a frame was looked at"
	case annotate.Count:
		return "a count"
	case annotate.Length:
		return "a length"
	}
	return "a deployment"
}
