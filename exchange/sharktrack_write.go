package exchange

import (
	"bufio"
	"encoding/csv"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// sharkPlan is what has to be known before the first line is written.
type sharkPlan struct {
	marks, counts int
	index         bool     // marks have ids
	folders       int      // columns
	others        []string // further columns
	used          map[string]bool
	overview      bool
	tracks        map[string]int // by video
}

func sharkKeeps() keeps {
	return keeps{own: []string{"sharktrack"}, names: 1, scores: true, markID: true, times: true, size: true}
}

func writeSharkTrack(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	l := &Losses{}
	plan, err := planSharkTrack(records)
	if err != nil {
		return l, err
	}
	if plan.marks > 0 || plan.counts == 0 && !plan.overview {
		if err := intoFile(out, "output.csv", func(w *bufio.Writer) error { return plan.output(w, records, l) }); err != nil {
			return l, err
		}
	} else if err := plan.lost(records, l); err != nil {
		return l, err
	}
	if plan.counts > 0 {
		if err := intoFile(out, "maxn.csv", func(w *bufio.Writer) error { return plan.maxn(w, records, l) }); err != nil {
			return l, err
		}
	}
	if plan.overview {
		return l, intoFile(out, "overview.csv", func(w *bufio.Writer) error { return plan.list(w, records) })
	}
	return l, nil
}

// planSharkTrack goes through the records once.
func planSharkTrack(records annotate.Records) (*sharkPlan, error) {
	p := &sharkPlan{used: map[string]bool{}, tracks: map[string]int{}}
	others := map[string]bool{}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		switch r := r.(type) {
		case annotate.Mark:
			p.marks++
			p.index = p.index || r.ID != ""
			p.used[r.Media] = true
			for key := range r.Extra {
				if name, own := strings.CutPrefix(key, "sharktrack."); own && name != "track_metadata" {
					others[name] = true
				}
			}
		case annotate.Track:
			p.tracks[r.Media]++
		case annotate.Count:
			if r.Media != "" {
				p.counts++
				p.used[r.Media] = true
			}
		case annotate.Media:
			if r.Video {
				p.folders = max(p.folders, len(sharkPathFolders(r)))
			}
		}
	}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		if m, ok := r.(annotate.Media); ok && (!p.used[m.Name] || m.Extra["sharktrack.tracks_found"] != "") {
			p.overview = true
		}
	}
	p.others = slices.Sorted(maps.Keys(others))
	return p, nil
}

// sharkPathFolders are what folder1, folder2 and so on say.
func sharkPathFolders(m annotate.Media) []string {
	if kept := stringList(m.Extra["sharktrack.folders"]); kept != nil {
		return kept
	}
	return sharkFolders(m.Name)
}

// lost notes the records that no file holds.
func (p *sharkPlan) lost(records annotate.Records, l *Losses) error {
	for r, err := range records {
		if err != nil {
			return err
		}
		p.other(r, l)
	}
	return nil
}

func (p *sharkPlan) other(r annotate.Record, l *Losses) {
	switch r := r.(type) {
	case annotate.Track:
		sharkKeeps().track(l, r)
	case annotate.Count:
		if r.Media == "" {
			sharkKeeps().record(l, r)
		}
	default:
		sharkKeeps().record(l, r)
	}
}

// output writes output.csv.
func (p *sharkPlan) output(file *bufio.Writer, records annotate.Records, l *Losses) error {
	header := []string{"video_path", "video_name", "frame", "time", "xmin", "ymin", "xmax", "ymax", "w", "h", "confidence", "label", "track_metadata", "track_id"}
	if p.index {
		header = slices.Insert(header, 0, "")
	}
	for i := range p.folders {
		header = append(header, "folder"+strconv.Itoa(i+1))
	}
	w := csv.NewWriter(file)
	if err := w.Write(append(header, p.others...)); err != nil {
		return err
	}
	s := newScene()
	ids, err := numbered(records, viameID)
	if err != nil {
		return err
	}
	for r, err := range drawn(records) {
		if err != nil {
			return err
		}
		m, ok := r.(annotate.Mark)
		if !ok {
			s.see(r)
			p.other(r, l)
			continue
		}
		row, ok := p.row(s, ids, m, l)
		if !ok {
			continue
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// row is a mark's line.
func (p *sharkPlan) row(s *scene, ids *numbering, m annotate.Mark, l *Losses) ([]string, bool) {
	media := s.media[m.Media]
	names := s.names(m)
	sharkKeeps().mark(l, m, names, media)
	box, ok := m.Shape.Bounds()
	if !ok {
		return nil, false // noted as a loss above
	}
	number, at, conf, label, id, size := "", "", "", "", "", [2]string{}
	if n, ok := s.frame(m); ok {
		number = strconv.Itoa(n)
	}
	if t, ok := m.At(media.Rate); ok {
		if at = sharkClockText(annotate.Mark{Time: t}); t%time.Millisecond != 0 && !sameTime(m, media) && m.Time >= 0 {
			l.add("what is below a millisecond of the time of a mark", markPlace(m))
		}
	}
	if len(names) > 0 {
		label = names[0].Label
		if names[0].Scored {
			conf = numText(names[0].Score)
		}
	}
	metadata := m.Extra["sharktrack.track_metadata"]
	if m.Track != "" {
		var kept bool
		if id, kept = ids.of(m); !kept {
			l.add("the id of a track (SharkTrack numbers them)", markPlace(m))
		}
		if metadata == "" {
			metadata = s.tracks[[2]string{m.Media, m.Track}].Extra["sharktrack.track_metadata"]
		}
		if metadata == "" {
			metadata = m.Media + "/" + id
		}
	}
	if media.W > 0 && media.H > 0 {
		size = [2]string{strconv.Itoa(media.W), strconv.Itoa(media.H)}
	}
	row := []string{m.Media, sharkName(media, m.Media), number, at, numText(box.X0), numText(box.Y0), numText(box.X1), numText(box.Y1), size[0], size[1], conf, label, metadata, id}
	if p.index {
		row = slices.Insert(row, 0, m.ID)
	}
	folders := sharkPathFolders(annotate.Media{Name: m.Media, Extra: media.Extra})
	for i := range p.folders {
		if i < len(folders) {
			row = append(row, folders[i])
		} else {
			row = append(row, "")
		}
	}
	for _, name := range p.others {
		row = append(row, m.Extra["sharktrack."+name])
	}
	return row, true
}

func sharkName(media annotate.Media, name string) string {
	if kept := media.Extra["sharktrack.video_name"]; kept != "" {
		return kept
	}
	return path.Base(name)
}

// maxn writes maxn.csv.
func (p *sharkPlan) maxn(file *bufio.Writer, records annotate.Records, l *Losses) error {
	w := csv.NewWriter(file)
	if err := w.Write([]string{"video_path", "video_name", "frame", "label", "time", "n", "tracks_in_maxn"}); err != nil {
		return err
	}
	for r, err := range records {
		if err != nil {
			return err
		}
		c, ok := r.(annotate.Count)
		if !ok || c.Media == "" {
			continue
		}
		lost := func(is bool, what string) {
			if is {
				l.add(what, c.Media+", "+c.Label)
			}
		}
		label, at := c.Label, ""
		if label == "" {
			label = c.Species.Scientific()
		}
		if c.Time >= 0 {
			at = sharkClockText(annotate.Mark{Time: c.Time})
		}
		lost(c.Metric != "" && c.Metric != "MaxN", "the metric of a count (MaxN is meant)")
		lost(c.Value != float64(int(c.Value)), "what is below one of a count")
		lost(c.Low != nil || c.High != nil, "the interval of a count")
		lost(c.OpCode != "" || c.Campaign != "", "the deployment of a count")
		lost(c.Stage != "", "the stage of a count")
		lost(c.Species != annotate.Species{} && c.Label != "" || c.Species.Family != "" || c.Species.CAAB != "", "the species of a count in columns")
		lost(c.Origin != annotate.Origin{}, "who made a count and when")
		lost(c.Time > 0 && c.Time%time.Millisecond != 0, "what is below a millisecond of the time of a count")
		l.extra(c.Extra, c.Media, "sharktrack")
		if err := w.Write([]string{c.Media, path.Base(c.Media), c.Extra["sharktrack.frame"], label, at, strconv.Itoa(int(c.Value)), c.Extra["sharktrack.tracks_in_maxn"]}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// list writes overview.csv.
func (p *sharkPlan) list(file *bufio.Writer, records annotate.Records) error {
	w := csv.NewWriter(file)
	if err := w.Write([]string{"video_path", "tracks_found"}); err != nil {
		return err
	}
	for r, err := range records {
		if err != nil {
			return err
		}
		m, ok := r.(annotate.Media)
		if !ok {
			continue
		}
		tracks := m.Extra["sharktrack.tracks_found"]
		if tracks == "" {
			tracks = strconv.Itoa(p.tracks[m.Name])
		}
		if err := w.Write([]string{m.Name, tracks}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
