package exchange

import (
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
	"requin/count"
)

// trackElements writes the tracks of every video, a skeleton's inside of its own, then marks without a track.
func (w *cvatWriter) trackElements(records annotate.Records) error {
	inside := map[[2]string][]annotate.Track{}
	roots := map[string][]annotate.Track{}
	for _, t := range w.tracks {
		if parent := w.parentOf(t); parent != "" {
			key := [2]string{t.Media, parent}
			inside[key] = append(inside[key], t)
		} else {
			roots[t.Media] = append(roots[t.Media], t)
		}
	}
	for i, m := range w.media {
		var keys []string
		counts := map[string]int{}
		for _, t := range roots[m.Name] {
			keys = append(keys, t.ID)
		}
		for _, t := range w.tracks {
			if t.Media == m.Name {
				counts[w.rootOf(t).ID] += w.tracked[[2]string{t.Media, t.ID}]
			}
		}
		ofRoot := func(mark annotate.Mark) string {
			if mark.Media != m.Name || mark.Track == "" {
				return ""
			}
			return w.rootOf(w.ofTrack[[2]string{mark.Media, mark.Track}]).ID
		}
		for group, err := range gather(records, keys, counts, ofRoot) {
			if err != nil {
				return err
			}
			marks := map[string][]annotate.Mark{}
			for _, mark := range group.marks {
				marks[mark.Track] = append(marks[mark.Track], mark)
			}
			if err := w.track(w.ofTrack[[2]string{m.Name, group.key}], i, "  ", marks, inside); err != nil {
				return err
			}
		}
	}
	return w.singles(records)
}

// parentOf is the id of the track that a skeleton's track lies in, "" where there is none.
func (w *cvatWriter) parentOf(t annotate.Track) string {
	parent := t.Extra["cvat.track/in"]
	if _, known := w.ofTrack[[2]string{t.Media, parent}]; !known || !strings.HasPrefix(t.ID, parent+"/") {
		return ""
	}
	return parent
}

func (w *cvatWriter) rootOf(t annotate.Track) annotate.Track {
	for range 4 { // no deeper than the reader
		parent := w.parentOf(t)
		if parent == "" {
			break
		}
		t = w.ofTrack[[2]string{t.Media, parent}]
	}
	return t
}

// track writes one track and those inside of it.
func (w *cvatWriter) track(t annotate.Track, media int, indent string, marks map[string][]annotate.Mark, inside map[[2]string][]annotate.Track) error {
	id := t.ID
	if parent := w.parentOf(t); parent != "" {
		id = strings.TrimPrefix(id, parent+"/")
	} else if strings.Contains(id, "/") {
		id = strings.ReplaceAll(id, "/", "_") // inside a track alone a slash means something
	}
	label := annotate.Best(t.Names)
	w.print("%s<track", indent)
	w.attr("id", id, "label", label)
	if len(w.media) > 1 {
		w.attr("task_id", w.ids[media])
	}
	w.attr(cvatSource(t.Extra)...)
	w.own(t.Extra)
	w.print(">\n")
	m := w.media[media]
	for _, mark := range w.closed(marks[t.ID], m) {
		if own := annotate.Best(mark.Names); own != "" && own != label {
			w.losses.add("a mark that is called otherwise than its track", placeOf(mark))
		}
		if err := w.frameShape(mark, indent+"  ", t.Attributes); err != nil {
			return err
		}
	}
	for _, kid := range inside[[2]string{t.Media, t.ID}] {
		if err := w.track(kid, media, indent+"  ", marks, inside); err != nil {
			return err
		}
	}
	w.print("%s</track>\n", indent)
	return nil
}

// closed are a track's marks with those that say where it is not: CVAT draws a
// track on until a shape is outside. A video that came from CVAT says that by itself.
func (w *cvatWriter) closed(marks []annotate.Mark, m annotate.Media) []annotate.Mark {
	if hasPrefix(m.Extra, "cvat.") {
		return marks
	}
	sorted := slices.Clone(marks)
	slices.SortStableFunc(sorted, func(a, b annotate.Mark) int { return a.Frame - b.Frame })
	var out []annotate.Mark
	for i, mark := range sorted {
		out = append(out, mark)
		last := i == len(sorted)-1
		ends := last || mark.Still && sorted[i+1].Frame > mark.Frame+1
		if ends && !mark.Outside && mark.Frame >= 0 && (m.Frames == 0 || mark.Frame+1 < m.Frames) {
			mark.Outside, mark.Between, mark.ID = true, false, ""
			mark.Frame++
			out = append(out, mark)
		}
	}
	return out
}

func (w *cvatWriter) frameShape(m annotate.Mark, indent string, ofTrack []annotate.Attribute) error {
	if m.Frame < 0 {
		w.losses.add("a mark of which only the time is known", placeOf(m))
		return nil
	}
	bit := map[bool]string{false: "0", true: "1"}
	var attributes []annotate.Attribute
	for _, a := range ofTrack {
		if !slices.ContainsFunc(m.Attributes, func(own annotate.Attribute) bool { return own.Name == a.Name }) {
			attributes = append(attributes, a)
		}
	}
	first := []string{"frame", strconv.Itoa(m.Frame), "keyframe", bit[!m.Between], "outside", bit[m.Outside]}
	return w.shape(m, indent, first, append(attributes, m.Attributes...))
}

// singles writes marks without a track as tracks of one frame.
func (w *cvatWriter) singles(records annotate.Records) error {
	place := map[string]int{}
	for i, m := range w.media {
		place[m.Name] = i
	}
	next := 0
	for record, err := range records {
		if err != nil {
			return err
		}
		m, ok := record.(annotate.Mark)
		i, written := place[m.Media]
		if !ok || m.Track != "" || !written || m.Shape.Kind == annotate.WholePic {
			continue
		}
		for {
			if _, taken := w.ofTrack[[2]string{m.Media, strconv.Itoa(next)}]; !taken {
				break
			}
			next++
		}
		t := annotate.Track{Media: m.Media, ID: strconv.Itoa(next), Names: m.Names}
		if status := m.Extra[annotate.StatusKey]; status != "" {
			t.Extra = annotate.Extra{annotate.StatusKey: status}
		}
		next++
		if err := w.track(t, i, "  ", map[string][]annotate.Mark{t.ID: {m}}, nil); err != nil {
			return err
		}
	}
	return nil
}

// cvatSource is the attribute in which CVAT itself says that nobody drew a shape or looked at it.
func cvatSource(extra annotate.Extra) []string {
	if extra[annotate.StatusKey] == string(count.Machine) && extra["cvat.source"] == "" {
		return []string{"source", "auto"}
	}
	return nil
}
