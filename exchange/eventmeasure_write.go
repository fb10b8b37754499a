package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// emWriter writes the sets of files. It ranges over the records once for each file,
// so that one file is open at a time and the points are never held.
type emWriter struct {
	out         Folder
	records     annotate.Records
	losses      *Losses
	campaigns   *campaigns
	deployments []annotate.Deployment
	by          map[string]int
	others      map[emKind]map[string]bool // columns beyond EventMeasure's own
	pairs       map[string][]string        // rows of ImagePtPair by opcode
	counted     map[string][]string        // what the counts of a deployment say of themselves, and its points
	pointed     map[string][]string
	alone       map[string][]string // each reader's own MaxN, by opcode
	next        map[string]int      // the next number of a point or a measurement, by opcode
}

func writeEventMeasure(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	return writeEM(out, records, opt, gaMetadata)
}

// writeEM writes the sets, and their metadata where there is something to say.
func writeEM(out Folder, records annotate.Records, opt Options, metadata []string) (*Losses, error) {
	w := &emWriter{out: out, records: records, losses: &Losses{}, by: map[string]int{}, others: map[emKind]map[string]bool{},
		counted: map[string][]string{}, pointed: map[string][]string{}, alone: map[string][]string{}}
	var err error
	if w.campaigns, err = surveyCampaigns(records, opt.Name); err != nil {
		return nil, err
	}
	if err := w.survey(); err != nil {
		return nil, err
	}
	for _, campaign := range w.campaigns.order {
		mine := func(opcode string) bool { return w.campaigns.of[opcode] == campaign }
		if err := w.set(campaign, mine); err != nil {
			return nil, err
		}
		var described []annotate.Deployment
		for _, d := range w.deployments {
			d = w.standing(d)
			if mine(d.OpCode) && (d.Described() || hasPrefix(d.Extra, gaPrefix)) {
				described = append(described, d)
			}
		}
		if len(described) == 0 {
			continue
		}
		if err := writeMetadata(out, campaign+"_Metadata.csv", metadata, described); err != nil {
			return nil, err
		}
	}
	return w.losses, nil
}

// survey holds the deployments, finds the further columns and lists what is lost.
func (w *emWriter) survey() error {
	for record, err := range w.records {
		if err != nil {
			return err
		}
		w.stands(record)
		switch r := record.(type) {
		case annotate.Deployment:
			if _, twice := w.by[r.OpCode]; twice {
				return fmt.Errorf("deployment %s comes twice: an opcode names one", r.OpCode)
			}
			w.by[r.OpCode] = len(w.deployments)
			w.deployments = append(w.deployments, r)
			w.losses.extra(r.Extra, r.OpCode, "eventmeasure", "globalarchive")
			for _, ch := range r.Chapters {
				w.column(emMovies, ch.Extra)
				w.losses.extra(ch.Extra, ch.Path, "eventmeasure")
			}
			for _, p := range r.Periods {
				w.column(emPeriods, p.Extra)
				w.losses.extra(p.Extra, r.OpCode, "eventmeasure")
			}
			w.asItIs(r.Extra)
		case annotate.Sighting:
			w.column(emPoints, r.Extra)
			w.sightingLosses(r)
		case annotate.Length:
			w.column(emFile(r), r.Extra)
			w.losses.extra(r.Extra, r.OpCode+", "+r.Species.Scientific(), "eventmeasure")
		default:
			w.losses.add(recordKind(record), "")
		}
	}
	return nil
}

// emFile is the file that a length goes to.
func emFile(l annotate.Length) emKind {
	if _, was := l.Extra[emPrefix+"Length"]; l.Length != nil || was {
		return emLengths
	}
	return em3D
}

// column notes the columns in an Extra that are not EventMeasure's own.
func (w *emWriter) column(kind emKind, extra annotate.Extra) {
	for key := range extra {
		name, ok := strings.CutPrefix(key, emPrefix)
		if !ok || strings.HasPrefix(key, emPairKey) || slices.Contains(emColumns(kind), name) {
			continue
		}
		if w.others[kind] == nil {
			w.others[kind] = map[string]bool{}
		}
		w.others[kind][name] = true
	}
}

// asItIs notes the further columns of Info, Source and Camera.
func (w *emWriter) asItIs(extra annotate.Extra) {
	for _, kind := range []emKind{emInfo, emSource, emCamera} {
		mine := annotate.Extra{}
		for key, value := range extra {
			rest, ok := strings.CutPrefix(key, emPrefix+string(kind)+".")
			if ok && kind == emCamera {
				_, rest, ok = strings.Cut(rest, ".")
			}
			if ok {
				mine[emPrefix+rest] = value
			}
		}
		w.column(kind, mine)
	}
}

func (w *emWriter) sightingLosses(s annotate.Sighting) {
	where := fmt.Sprintf("%s, %s at frame %d", s.OpCode, s.Species.Scientific(), s.Frame)
	switch s.Shape.Kind {
	case annotate.Box, annotate.WholePic, "":
	case annotate.Points:
		if len(s.Shape.Points) > 1 {
			w.losses.add("the further points of a sighting", where)
		}
	default:
		w.losses.add("the "+string(s.Shape.Kind)+" of a sighting: its box is written", where)
	}
	w.losses.extra(s.Extra, where, "eventmeasure")
	if s.Origin != (annotate.Origin{}) {
		w.losses.add("who saw it, and when", where)
	}
}

// file writes one file of a set: rows calls row with the cells of a row, by the names of the columns.
func (w *emWriter) file(campaign string, kind emKind, rows func(row func(cells map[string]string)) error) error {
	own := emColumns(kind)
	header := append(own, sortedKeys(w.others[kind])...)
	t, err := createTable(w.out, campaign+"_"+string(kind)+".txt", '\t', header)
	if err != nil {
		return err
	}
	line := make([]string, len(header))
	err = rows(func(cells map[string]string) {
		for i, name := range header {
			line[i] = cells[name]
		}
		t.row(line...)
	})
	return joinClose(err, t)
}

// set writes the files of one campaign.
func (w *emWriter) set(campaign string, mine func(opcode string) bool) error {
	w.next, w.pairs = map[string]int{}, map[string][]string{}
	of := func(do func(d annotate.Deployment, row func(map[string]string))) func(func(map[string]string)) error {
		return func(row func(map[string]string)) error {
			for _, d := range w.deployments {
				if mine(d.OpCode) {
					do(d, row)
				}
			}
			return nil
		}
	}
	seen := func(do func(r annotate.Record, row func(map[string]string))) func(func(map[string]string)) error {
		return func(row func(map[string]string)) error {
			for record, err := range w.records {
				if err != nil {
					return err
				}
				do(record, row)
			}
			return nil
		}
	}
	lengths := func(kind emKind) func(func(map[string]string)) error {
		return seen(func(r annotate.Record, row func(map[string]string)) {
			if l, ok := r.(annotate.Length); ok && mine(l.OpCode) && emFile(l) == kind {
				row(w.length(l))
			}
		})
	}
	for _, f := range []struct {
		kind emKind
		rows func(func(map[string]string)) error
	}{
		{emMovies, of(w.movies)},
		{emPeriods, of(w.periods)},
		{emPoints, seen(func(r annotate.Record, row func(map[string]string)) {
			if s, ok := r.(annotate.Sighting); ok && mine(s.OpCode) {
				row(w.sighting(s))
			}
		})},
		{emLengths, lengths(emLengths)},
		{em3D, lengths(em3D)},
	} {
		if err := w.file(campaign, f.kind, f.rows); err != nil {
			return err
		}
	}
	for _, kind := range []emKind{emPairs, emInfo, emSource, emCamera} {
		rows := w.kept(kind, mine)
		if len(rows) == 0 {
			continue
		}
		err := w.file(campaign, kind, func(row func(map[string]string)) error {
			for _, cells := range rows {
				row(cells)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// own copies the fields that this format keeps in Extra, as cells by their columns.
func own(extra annotate.Extra) map[string]string {
	cells := make(map[string]string, len(extra)+16)
	for key, value := range extra {
		if name, ok := strings.CutPrefix(key, emPrefix); ok {
			cells[name] = value
		}
	}
	return cells
}

// unless sets a cell whose column Extra did not keep.
func unless(cells map[string]string, column, value string) {
	if _, kept := cells[column]; !kept {
		cells[column] = value
	}
}

func emTime(d time.Duration) string {
	if d < 0 {
		return ""
	}
	return minutes(d)
}

func emFrame(n int) string {
	if n < 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// taxon sets the cells that end every row of what was seen. A Number of zero is
// what Extra kept of it, blank as a rule.
func (w *emWriter) taxon(cells map[string]string, s annotate.Species, number int, stage, activity, comment string) {
	cells["Family"], cells["Genus"], cells["Species"], cells["Code"] = s.Family, s.Genus, s.Species, s.CAAB
	cells["Stage"], cells["Activity"], cells["Comment"] = stage, activity, comment
	if number != 0 {
		cells["Number"] = strconv.Itoa(number)
	}
}

// number gives a row its place among those of its deployment, where it has none yet.
func (w *emWriter) number(cells map[string]string, column, opcode string) {
	key := column + "\t" + opcode
	unless(cells, column, strconv.Itoa(w.next[key]))
	w.next[key]++
}

func (w *emWriter) sighting(s annotate.Sighting) map[string]string {
	cells := own(s.Extra)
	cells["OpCode"], cells["Filename"], cells["Frame"], cells["Time"] = s.OpCode, s.Media, emFrame(s.Frame), emTime(s.Time)
	cells["Period"] = s.Period
	if s.PeriodTime >= 0 {
		cells["PeriodTime"] = minutes(s.PeriodTime)
	} else {
		unless(cells, "PeriodTime", "-1.00000")
	}
	w.number(cells, "PointIndex", s.OpCode)
	comment := s.Comment
	if status := s.Extra[annotate.StatusKey]; status != "" {
		comment = strings.TrimSpace(comment + " " + emStatus(status))
	}
	w.taxon(cells, s.Species, s.Number, s.Stage, s.Activity, comment)
	b, ok := s.Shape.Bounds()
	if !ok {
		return cells
	}
	cells["ImageCol"], cells["ImageRow"] = fiveDecimals(b.X0), fiveDecimals(b.Y0)
	if s.Shape.Kind == annotate.Points {
		unless(cells, "RectWidth", "0.00000")
		unless(cells, "RectHeight", "0.00000")
		return cells
	}
	side := func(column string, from, to float64) { // what was kept, where it still says the same
		if v, err := parseNumber(cells[column]); err != nil || from+v != to {
			cells[column] = fiveDecimals(to - from)
		}
	}
	side("RectWidth", b.X0, b.X1)
	side("RectHeight", b.Y0, b.Y1)
	return cells
}

func (w *emWriter) length(l annotate.Length) map[string]string {
	cells := own(l.Extra)
	cells["OpCode"], cells["FilenameLeft"], cells["FrameLeft"], cells["Time"] = l.OpCode, l.Media, emFrame(l.Frame), emTime(l.Time)
	cells["Period"] = l.Period
	unless(cells, "PeriodTime", w.periodTime(l))
	w.number(cells, "ImagePtPair", l.OpCode)
	for column, v := range map[string]*float64{"Length": l.Length, "Precision": l.Precision, "RMS": l.RMS, "Range": l.Range} {
		if v != nil {
			cells[column] = fiveDecimals(*v)
		}
	}
	w.taxon(cells, l.Species, l.Number, l.Stage, l.Activity, l.Comment)
	for key, at := range l.Extra {
		if index, ok := strings.CutPrefix(key, emPairKey); ok {
			w.pairs[l.OpCode] = append(w.pairs[l.OpCode], cells["ImagePtPair"]+"\t"+index+"\t"+at)
		}
	}
	return cells
}

// periodTime is when in its period a length was taken.
func (w *emWriter) periodTime(l annotate.Length) string {
	if i, ok := w.by[l.OpCode]; ok && l.Period != "" && l.Time >= 0 {
		for _, p := range w.deployments[i].Periods {
			if p.Name == l.Period && l.Time >= p.From {
				return minutes(l.Time - p.From)
			}
		}
	}
	return "-1.00000"
}

func (w *emWriter) movies(d annotate.Deployment, row func(map[string]string)) {
	for _, ch := range d.Chapters {
		cells := own(ch.Extra)
		cells["OpCode"], cells["Camera"], cells["Filename"] = d.OpCode, strconv.Itoa(ch.Camera), ch.Path
		unless(cells, "MovieSeqIndex", "0")
		unless(cells, "StartTimeOffset", "0.00000")
		unless(cells, "Format", "0")
		if ch.Frames > 0 {
			cells["Frames"] = strconv.Itoa(ch.Frames)
		}
		if v, err := parseNumber(cells["Rate"]); err != nil || cameraRate(v) != ch.Rate {
			cells["Rate"] = cameraRateText(ch.Rate)
		}
		row(cells)
	}
}

func (w *emWriter) periods(d annotate.Deployment, row func(map[string]string)) {
	for i, p := range d.Periods {
		cells := own(p.Extra)
		cells["OpCode"], cells["Period"], cells["TimeStart"] = d.OpCode, p.Name, minutes(p.From)
		unless(cells, "PeriodIndex", strconv.Itoa(i))
		file, frame := emWhere(d, p.From)
		unless(cells, "FilenameStart", file)
		unless(cells, "FrameStart", frame)
		if !p.Open {
			cells["TimeEnd"] = minutes(p.To)
			file, frame = emWhere(d, p.To)
			unless(cells, "FilenameEnd", file)
			unless(cells, "FrameEnd", frame)
		}
		unless(cells, "HasEnd", endsText(p.Open))
		row(cells)
	}
}
