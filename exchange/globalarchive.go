package exchange

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"requin/annotate"
)

// GlobalArchive is the three CSV files of a campaign in globalarchive.org: the
// metadata, the counts (MaxN) and the lengths.
//
//	2024-05_Exmouth-Gulf_stereo-BRUVs_metadata.csv   see ReadMetadata
//	2024-05_Exmouth-Gulf_stereo-BRUVs_count.csv      campaignid,opcode,family,genus,species,count,caab_code
//	2024-05_Exmouth-Gulf_stereo-BRUVs_length.csv     campaignid,opcode,family,genus,species,number,length_mm,range_mm,rms_mm,precision_mm,caab_code
//
// Input.Name is one of them, what their names begin with, or the folder. A campaign whose name
// says DOV (diver-operated video) has counts that are no MaxN: their Metric is "count".
// What a count of Requin's rests on stands in further columns of the counts, count_status first (gaCell).
// Other columns are in Extra under "globalarchive." and their header. What is written has a set of
// files for each campaign; family, genus and species are written as Species.Normal has them.
func GlobalArchive() Format {
	return Format{
		Name: "globalarchive", Title: "GlobalArchive count, length and metadata CSV", Many: true,
		Sniff: sniffGlobalArchive, Read: readGlobalArchive, Write: statusPlace{counts: gaCell, ranges: true}.write(writeGlobalArchive),
	}
}

func sniffGlobalArchive(name string, head []byte) float64 {
	first, _, _ := strings.Cut(string(head), "\n")
	switch kind := gaKind(first); {
	case kind == "":
		return 0
	case slices.ContainsFunc(gaEnds, func(end string) bool { return strings.HasSuffix(strings.ToLower(name), end) }):
		return 0.95
	case kind == "metadata":
		return 0.7
	}
	return 0.8
}

// gaKind tells from its header which of the three files it is; "" for none of them.
func gaKind(header string) string {
	has := map[string]bool{}
	for _, name := range strings.FieldsFunc(header, func(r rune) bool { return strings.ContainsRune(",;\t\r\n", r) }) {
		has[fold(strings.Trim(name, "\ufeff\" "))] = true
	}
	taxa := has["genus"] && has["species"]
	switch {
	case !has["opcode"] && !has["sample"], has["pointindex"], has["imageptpair"]:
		return ""
	case taxa && (has["length"] || has["lengthmm"]):
		return "length"
	case taxa && (has["count"] || has["maxn"]):
		return "count"
	case !taxa && (has["latitudedd"] || has["latitude"]) && (has["longitudedd"] || has["longitude"]):
		return "metadata"
	}
	return ""
}

func readGlobalArchive(in Input) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		names, err := gaFiles(in)
		for _, name := range names {
			if err = readGlobalArchiveFile(in, name, func(r annotate.Record) bool { return yield(r, nil) }); err != nil {
				break
			}
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// gaFiles lists what is to be read, metadata first.
func gaFiles(in Input) ([]string, error) {
	if info, err := fs.Stat(in.FS, in.Name); err == nil && !info.IsDir() {
		return []string{in.Name}, nil
	}
	dir, begin := folderOf(in)
	entries, err := fs.ReadDir(in.FS, dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, end := range gaEnds {
		for _, e := range entries {
			if n := strings.ToLower(e.Name()); strings.HasSuffix(n, end) && strings.HasPrefix(e.Name(), begin) && !strings.HasPrefix(n, ".") {
				names = append(names, path.Join(dir, e.Name()))
			}
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: there is no file whose name ends in %s", in.Name, strings.Join(gaEnds, ", "))
	}
	return names, nil
}

// folderOf is the folder that an Input names and what the names in it should begin with.
func folderOf(in Input) (dir, begin string) {
	if info, err := fs.Stat(in.FS, in.Name); err == nil && info.IsDir() {
		return in.Name, ""
	}
	return path.Dir(in.Name), path.Base(in.Name)
}

func readGlobalArchiveFile(in Input, name string, yield func(annotate.Record) bool) error {
	in.Name = name
	file, err := in.open()
	if err != nil {
		return err
	}
	defer file.Close() // only read from
	head, whole, err := peek(file)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch gaKind(head) {
	case "metadata":
		for d, err := range ReadMetadata(name, whole) {
			if err != nil {
				return err
			}
			if !yield(d) {
				return errEnough
			}
		}
		return nil
	case "count", "length":
		t, err := openTable(name, whole, 0)
		if err != nil {
			return err
		}
		if gaKind(head) == "count" {
			return gaCounts(t, campaignOf(name), yield)
		}
		return gaLengths(t, campaignOf(name), yield)
	}
	return fmt.Errorf("%s is no metadata, count or length file of GlobalArchive: its columns are %.300s", name, head)
}

// gaTaxon is where the columns that say what animal it is are.
type gaTaxon struct{ opcode, campaign, family, genus, species, code, stage int }

func gaTaxonOf(t *table) (gaTaxon, error) {
	opcode, err := t.need("opcode", "sample")
	return gaTaxon{
		opcode, t.column("campaignid"), t.column("family"), t.column("genus"), t.column("species"),
		t.column("caab_code", "caab", "code"), t.column("stage"),
	}, err
}

func (g gaTaxon) columns() []int {
	return []int{g.opcode, g.campaign, g.family, g.genus, g.species, g.code, g.stage}
}

func (g gaTaxon) read(c *cells) annotate.Species {
	code := c.name(g.code)
	if missing(code) {
		code = ""
	}
	return annotate.Species{Family: c.name(g.family), Genus: c.name(g.genus), Species: c.name(g.species), CAAB: code}
}

func gaCounts(t *table, campaign string, yield func(annotate.Record) bool) error {
	g, err := gaTaxonOf(t)
	if err != nil {
		return err
	}
	value, err := t.need("count", "maxn")
	if err != nil {
		return err
	}
	c := newCells(t, gaPrefix)
	c.rest(append(g.columns(), value)...)
	for c.next() {
		c.reach(value)
		n := annotate.Count{
			OpCode: c.code(g.opcode, "each count needs the code of its deployment"), Campaign: c.name(g.campaign),
			Species: g.read(c), Stage: c.name(g.stage), Time: annotate.None,
		}
		if n.Campaign == "" {
			n.Campaign = campaign
		}
		if strings.Contains(strings.ToUpper(n.Campaign), "DOV") {
			n.Metric = "count"
		}
		if v := c.between(value, 0, math.MaxFloat64); v != nil {
			n.Value = *v
		} else {
			c.fail(value, "it should be a number: 0 where none was seen")
		}
		c.keepOthers(false)
		if err := gaVerified(&n, c.extra); err != nil && c.err == nil {
			c.err = fmt.Errorf("%s, line %d: column %w", t.what, t.line, err)
		}
		if n.Extra = c.extra; len(n.Extra) == 0 {
			n.Extra = nil
		}
		if c.err != nil {
			return c.err
		}
		if !yield(n) {
			return errEnough
		}
	}
	return t.err
}

// gaCell is where Extra keeps a cell of a verification: under the column of the counts that it has. CheckEM joins its
// tables by the columns of one name, so that none is called as one of the metadata or the lengths (status, number).
func gaCell(cell string) string {
	switch cell {
	case cellStatus, cellRisk, cellLimit:
		cell = "count_" + cell
	}
	return gaPrefix + cell
}

// gaVerified takes what a count rests on out of its further columns.
func gaVerified(n *annotate.Count, extra annotate.Extra) (err error) {
	if n.Verified, err = takeVerified(extra, gaCell); n.Verified == nil {
		return err
	}
	for cell, into := range map[string]**float64{cellLow: &n.Low, cellHigh: &n.High} {
		if text := extra[gaCell(cell)]; text != "" {
			v, err := parseNumber(text)
			if err != nil {
				return &cellError{cell, text, "a number of animals"}
			}
			*into = &v
		}
		delete(extra, gaCell(cell))
	}
	if text := extra[gaCell(cellTime)]; text != "" {
		seconds, err := parseNumber(text)
		at, ok := secondsOf(seconds)
		if err != nil || !ok {
			return &cellError{cellTime, text, "a time from the start of the deployment, in seconds"}
		}
		n.Time = at
	}
	delete(extra, gaCell(cellTime))
	return nil
}

func gaLengths(t *table, campaign string, yield func(annotate.Record) bool) error {
	g, err := gaTaxonOf(t)
	if err != nil {
		return err
	}
	number, length := t.column("number", "count"), t.column("length_mm", "length")
	rng, rms, precision := t.column("range_mm", "range"), t.column("rms_mm", "rms"), t.column("precision_mm", "precision")
	c := newCells(t, gaPrefix)
	c.rest(append(g.columns(), number, length, rng, rms, precision)...)
	for c.next() {
		l := annotate.Length{
			OpCode: c.code(g.opcode, "each length needs the code of its deployment"), Frame: -1, Time: annotate.None,
			Species: g.read(c), Stage: c.name(g.stage), Number: c.count(number, 0),
			Length: c.between(length, 0, math.MaxFloat64), Precision: c.number(precision), RMS: c.number(rms), Range: c.number(rng),
		}
		if number < 0 { // a row for each animal
			l.Number = 1
		}
		if id := c.name(g.campaign); id != "" {
			c.put(gaCampaign, id)
		} else if campaign != "" {
			c.put(gaCampaign, campaign)
		}
		c.keepOthers(false)
		l.Extra = c.extra
		if c.err != nil {
			return c.err
		}
		if !yield(l) {
			return errEnough
		}
	}
	return t.err
}

// gaCampaign is the campaign of a length, which has no field for it.
const gaCampaign = gaPrefix + "campaignid"

// gaName is what GlobalArchive wants a campaign to be called: year, month, name, method.
var gaName = regexp.MustCompile(`^\d{4}-\d{2}_[^_]+_[^_]+$`)

// sortedKeys are the keys of a set in order.
func sortedKeys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

// eachDeployment calls f for the deployments of a stream that take says yes to.
func eachDeployment(records annotate.Records, take func(annotate.Deployment) bool, f func(annotate.Deployment)) error {
	for record, err := range records {
		if err != nil {
			return err
		}
		if d, ok := record.(annotate.Deployment); ok && take(d) {
			f(d)
		}
	}
	return nil
}

// joinClose closes a table, whether or not there was an error before.
func joinClose(err error, t *tableFile) error { return errors.Join(err, t.close()) }
