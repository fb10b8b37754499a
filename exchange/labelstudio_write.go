package exchange

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
	"requin/count"
)

// studioMeta is where a region's notes are kept.
const studioMeta = "labelstudio.result/meta"

// studioNote is the note that says the status of what came out of a count of Requin's.
func studioNote(status string) string {
	return `{"text":[` + jsonText(statusName+": "+statusText(status)) + `]}`
}

// studioWriter writes task by task.
type studioWriter struct {
	*inventory
	ofStudio map[[2]string]bool // tracks that came from Label Studio
	models   map[string]string  // who made the first of what nobody looked at, by media
	tracksOf map[string][]annotate.Track
}

func writeLabelStudio(folder Folder, records annotate.Records, opt Options) (*Losses, error) {
	inv, err := takeInventory(records, studioReach)
	if err != nil {
		return nil, err
	}
	for _, l := range inv.labels[:inv.listed] {
		inv.losses.add("a label as such (Label Studio keeps labels in its labelling interface)", l.Name)
	}
	w := &studioWriter{inv, map[[2]string]bool{}, map[string]string{}, map[string][]annotate.Track{}}
	for _, t := range inv.tracks {
		w.model(t.Media, t.Extra, t.Origin)
		w.tracksOf[t.Media] = append(w.tracksOf[t.Media], t)
		w.ofStudio[[2]string{t.Media, t.ID}] = t.Extra[studioPath] != ""
	}
	file, err := folder.Create(opt.Name)
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriter(file)
	err = w.tasks(out, records)
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return inv.losses, err
}

func (w *studioWriter) tasks(out *bufio.Writer, records annotate.Records) error {
	between := "["
	for group, err := range w.byMedia(records, w.media) {
		if err != nil {
			return err
		}
		task, err := w.task(w.media[w.stored[group.key]], group.marks)
		if err != nil {
			return fmt.Errorf("%s: %w", group.key, err)
		}
		_, _ = out.WriteString(between + "\n" + task) // Flush reports errors
		between = ","
	}
	if between == "[" {
		_, _ = out.WriteString(between)
	}
	_, _ = out.WriteString("\n]\n")
	return nil
}

func (w *studioWriter) task(m annotate.Media, marks []annotate.Mark) (string, error) {
	lists, err := w.results(m, marks)
	if err != nil {
		return "", err
	}
	var o jsonObject
	if m.ID != "" {
		o.id("id", m.ID)
	}
	if data := m.Extra["labelstudio.data"]; data != "" && json.Valid([]byte(data)) {
		o.raw("data", data)
	} else {
		o.raw("data", studioData(studioTo(m.Video), m))
	}
	for _, list := range []string{"annotations", "predictions"} {
		written, err := w.list(m, list, lists)
		if err != nil {
			return "", err
		}
		o.list(list, written)
	}
	err = o.extra(m.Extra, "labelstudio.task/")
	return o.String(), err
}

// list writes a task's annotations or predictions: those that it had, and one of what is new.
func (w *studioWriter) list(m annotate.Media, list string, results map[string][]string) (out []string, err error) {
	var heads []json.RawMessage
	if own := m.Extra["labelstudio."+list]; own != "" {
		if err := json.Unmarshal([]byte(own), &heads); err != nil {
			return nil, fmt.Errorf("the field labelstudio.%s: %w", list, err)
		}
	}
	stands := false // an annotation says that somebody looked
	for i, head := range heads {
		f, err := fieldsOf(head)
		if err != nil {
			return nil, err
		}
		if cancelled, err := (jsonFields{"was_cancelled": f["was_cancelled"]}).flag("was_cancelled"); err == nil && !cancelled {
			stands = true
		}
		var rest []json.RawMessage
		_ = json.Unmarshal(f.take("result"), &rest) // none where nothing was kept
		var all []string
		for _, r := range rest {
			all = append(all, compact(r))
		}
		var o jsonObject
		if err := o.extra(f.extra(""), ""); err != nil {
			return nil, err
		}
		o.list("result", append(all, results[list+"/"+strconv.Itoa(i)]...))
		out = append(out, o.String())
	}
	fresh := results[list]
	if model := w.models[m.Name]; len(fresh) > 0 && list == "predictions" && model != "" {
		var o jsonObject
		o.text("model_version", model)
		o.list("result", fresh)
		return append(out, o.String()), nil
	}
	if len(fresh) > 0 || list == "annotations" && w.looked[m.Name] && !stands && !m.Video {
		var o jsonObject
		o.list("result", fresh)
		out = append(out, o.String())
	}
	return out, nil
}

// results are a task's results by where they belong: "annotations/0", or
// "annotations" and "predictions" where they are new.
func (w *studioWriter) results(m annotate.Media, marks []annotate.Mark) (map[string][]string, error) {
	heads := map[string]int{}
	for _, list := range []string{"annotations", "predictions"} {
		var all []json.RawMessage
		_ = json.Unmarshal([]byte(m.Extra["labelstudio."+list]), &all) // list reports what is wrong with it
		heads[list] = len(all)
	}
	out := map[string][]string{}
	add := func(extra annotate.Extra, names []annotate.Name, result string) {
		place := extra[studioPath]
		list, number, _ := strings.Cut(place, "/")
		if n, err := strconv.Atoi(number); err != nil || n < 0 || n >= heads[list] {
			place = "annotations"
			status := extra[annotate.StatusKey]
			if status == string(count.Machine) || status == "" && !w.looked[m.Name] && len(names) > 0 && names[0].Scored {
				place = "predictions"
			} else if !w.looked[m.Name] && !m.Video {
				w.losses.add(lostPartly, m.Name)
			}
		}
		out[place] = append(out[place], result)
	}
	byTrack := map[string][]annotate.Mark{}
	single := 0
	for _, mark := range marks {
		w.markOnly(mark)
		w.model(m.Name, mark.Extra, mark.Origin)
		switch {
		case mark.Track != "" && m.Video:
			byTrack[mark.Track] = append(byTrack[mark.Track], mark)
			continue
		case m.Video && mark.Extra[studioPath] == "" && mark.Shape.Kind != annotate.WholePic:
			single++
			t := annotate.Track{ID: "m" + strconv.Itoa(single), Names: mark.Names, Origin: mark.Origin}
			if status := mark.Extra[annotate.StatusKey]; status != "" {
				t.Extra = annotate.Extra{annotate.StatusKey: status}
			}
			result, err := w.track(m, t, []annotate.Mark{mark})
			if err != nil {
				return nil, err
			}
			add(t.Extra, mark.Names, result)
			continue
		}
		result, err := w.mark(m, mark)
		if err != nil {
			return nil, err
		}
		if result != "" {
			add(mark.Extra, mark.Names, result)
		}
	}
	for _, t := range w.tracksOf[m.Name] {
		if !m.Video {
			w.losses.add(lostTrack, m.Name+", track "+t.ID)
			continue
		}
		result, err := w.track(m, t, byTrack[t.ID])
		if err != nil {
			return nil, err
		}
		add(t.Extra, t.Names, result)
	}
	return out, nil
}

// model notes who made what nobody looked at.
func (w *studioWriter) model(media string, extra annotate.Extra, by annotate.Origin) {
	if extra[annotate.StatusKey] == string(count.Machine) && w.models[media] == "" {
		w.models[media] = by.By
	}
}

// markOnly notes what only Label Studio's own marks can say here.
func (w *studioWriter) markOnly(m annotate.Mark) {
	if m.Extra[studioPath] == "" && !w.ofStudio[[2]string{m.Media, m.Track}] && m.Origin != (annotate.Origin{}) {
		w.losses.add(lostOrigin, placeOf(m))
	}
	w.attributesOnly(m.Attributes, m.Extra, placeOf(m))
	w.namesOnly(m.Names, placeOf(m))
}

func (w *studioWriter) namesOnly(names []annotate.Name, where string) {
	if len(names) > 1 && names[1].Scored { // others are several labels of one region
		w.losses.add(lostNames, where)
	}
}

// attributesOnly: attributes are written by the results that they came from, and by nothing else.
func (w *studioWriter) attributesOnly(attributes []annotate.Attribute, extra annotate.Extra, where string) {
	var more []jsonFields
	if own := extra["labelstudio.more"]; own != "" {
		_ = json.Unmarshal([]byte(own), &more) // reported where it is written
	}
	stated := studioAttributes(more)
	for _, a := range attributes {
		if !slices.Contains(stated, a) {
			w.losses.add(lostAttributes, where)
		}
	}
}

// region begins a result with what shapes and tracks have in common.
func (w *studioWriter) region(o *jsonObject, m annotate.Media, kind, id string, extra annotate.Extra, names []annotate.Name) error {
	if own := extra["labelstudio.id"]; own != "" {
		o.raw("id", own)
	} else if id != "" {
		o.text("id", id)
	}
	if own := extra["labelstudio.type"]; own != "" {
		o.raw("type", own)
	} else {
		o.text("type", kind)
	}
	if extra["labelstudio.result/from_name"] == "" {
		o.text("from_name", studioFrom(kind))
	}
	if extra["labelstudio.result/to_name"] == "" {
		o.text("to_name", studioTo(kind == "videorectangle"))
	}
	if kind != "choices" && extra["labelstudio.result/original_width"] == "" {
		o.whole("original_width", m.W)
		o.whole("original_height", m.H)
	}
	if len(names) > 0 && names[0].Scored {
		o.number("score", names[0].Score)
	}
	if status := extra[annotate.StatusKey]; status != "" && extra[studioMeta] == "" {
		o.raw("meta", studioNote(status))
	}
	return o.extra(extra, "labelstudio.result/")
}

// studioLabels adds the names to a value, unless another result of the region says them.
func studioLabels(o *jsonObject, kind string, extra annotate.Extra, names []annotate.Name) {
	key := extra["labelstudio.names"]
	if key == "more" || len(names) == 0 {
		return
	}
	if key == "" {
		key = studioLabelKey(kind)
	}
	var list []string
	for i, name := range names {
		if i == 0 || !name.Scored {
			list = append(list, jsonText(name.Label))
		}
	}
	o.list(key, list)
}

// studioMore are the further results of a region.
func studioMore(extra annotate.Extra, result string) (string, error) {
	own := extra["labelstudio.more"]
	if own == "" {
		return result, nil
	}
	var more []json.RawMessage
	if err := json.Unmarshal([]byte(own), &more); err != nil {
		return "", fmt.Errorf("the field labelstudio.more: %w", err)
	}
	for _, raw := range more {
		result += "," + compact(raw)
	}
	return result, nil
}
