package exchange

import (
	"bufio"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// cvatWriter writes element by element.
type cvatWriter struct {
	*inventory
	video   bool
	version string // of Requin
	out     *bufio.Writer
	came    bool             // from CVAT, whose files say all that it needs
	media   []annotate.Media // those that are written
	ids     []string
	used    map[string]map[string]annotate.Type // attributes of marks and tracks by label
	fixed   map[[2]string]bool                  // attributes of tracks, by label and name
	ofTrack map[[2]string]annotate.Track
}

func writeCVATVideo(folder Folder, records annotate.Records, opt Options) (*Losses, error) {
	inv, err := takeInventory(records, cvatVideoReach)
	if err != nil {
		return nil, err
	}
	return writeCVAT(folder, records, opt, inv, true)
}

func writeCVATImages(folder Folder, records annotate.Records, opt Options) (*Losses, error) {
	lost := &Losses{}
	records, err := stills(records, lost)
	if err != nil {
		return nil, err
	}
	inv, err := takeInventory(records, cvatImagesReach)
	if err != nil {
		return nil, err
	}
	inv.losses.addAll(lost)
	return writeCVAT(folder, records, opt, inv, false)
}

func writeCVAT(folder Folder, records annotate.Records, opt Options, inv *inventory, video bool) (*Losses, error) {
	w := &cvatWriter{inventory: inv, video: video, version: opt.Version, used: map[string]map[string]annotate.Type{}, fixed: map[[2]string]bool{}, ofTrack: map[[2]string]annotate.Track{}}
	if err := w.prepare(records); err != nil {
		return nil, err
	}
	file, err := folder.Create(opt.Name)
	if err != nil {
		return nil, err
	}
	w.out = bufio.NewWriter(file)
	if err = w.write(records); err == nil {
		err = w.out.Flush()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return inv.losses, err
}

// prepare finds out which pictures or videos are written, and what attributes their labels need.
func (w *cvatWriter) prepare(records annotate.Records) error {
	var ids []string
	for _, m := range w.inventory.media {
		switch {
		case m.Video != w.video:
			w.losses.add("a picture (CVAT for video holds videos)", m.Name) // images have none: stills
			continue
		case !m.Video && !w.looked[m.Name] && w.marks[m.Name] == 0:
			w.losses.add(lostUnlooked, m.Name)
			continue
		}
		w.media, ids = append(w.media, m), append(ids, m.ID)
	}
	base := 0
	if w.video {
		base = 1
	}
	w.ids, _ = newIDs(ids, base)
	for i, m := range w.media {
		if w.video && len(w.media) > 1 && slices.Contains(w.ids[:i], w.ids[i]) {
			w.losses.add(lostMediaID, m.Name)
		}
	}
	for _, t := range w.tracks {
		w.ofTrack[[2]string{t.Media, t.ID}] = t
		w.note(annotate.Best(t.Names), t.Attributes)
		for _, a := range t.Attributes {
			w.fixed[[2]string{annotate.Best(t.Names), a.Name}] = true
		}
	}
	for record, err := range records {
		if err != nil {
			return err
		}
		if m, ok := record.(annotate.Mark); ok && len(m.Attributes) > 0 {
			label := annotate.Best(m.Names)
			if label == "" {
				label = annotate.Best(w.called[[2]string{m.Media, m.Track}])
			}
			w.note(label, m.Attributes)
		}
	}
	return nil
}

func (w *cvatWriter) note(label string, attributes []annotate.Attribute) {
	for _, a := range attributes {
		if w.used[label] == nil {
			w.used[label] = map[string]annotate.Type{}
		}
		w.used[label][a.Name] = a.Type
	}
}

// print leaves errors to Flush, as bufio does.
func (w *cvatWriter) print(format string, args ...any) { fmt.Fprintf(w.out, format, args...) }

func (w *cvatWriter) write(records annotate.Records) error {
	file := annotate.Extra{}
	for _, m := range w.media {
		if file["cvat.annotations/version"] == "" {
			maps.Copy(file, m.Extra)
		} else if own := m.Extra["cvat.annotations/version"]; own != "" {
			w.losses.add("what CVAT says of a second file", m.Name)
		}
	}
	version := file["cvat.annotations/version"]
	if w.came = version != ""; !w.came {
		version = "1.1"
	}
	w.print("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>%s</version>\n  <meta>\n", xmlText(version))
	if err := w.meta(file); err != nil {
		return err
	}
	w.print("  </meta>\n")
	body := w.images
	if w.video {
		body = w.trackElements
	}
	if err := body(records); err != nil {
		return err
	}
	w.print("</annotations>\n")
	return nil
}

func (w *cvatWriter) meta(file annotate.Extra) error {
	root := "task"
	for _, key := range slices.Sorted(maps.Keys(file)) {
		if strings.HasPrefix(key, "cvat.project/") || file["cvat.root/kind"] == "project" {
			root = "project"
		}
		if strings.HasPrefix(key, "cvat.job/") || file["cvat.root/kind"] == "job" {
			root = "job"
		}
	}
	several := w.video && (len(w.media) > 1 || root == "project")
	if several {
		root = "project"
	}
	w.print("    <%s>\n", root)
	if several {
		if err := w.extra("      ", file, "cvat.project/"); err != nil {
			return err
		}
		w.print("      <tasks>\n")
		for i, m := range w.media {
			w.print("        <task>\n")
			if err := w.task(m, w.ids[i], "cvat.task/", true); err != nil {
				return err
			}
			w.print("        </task>\n")
		}
		w.print("      </tasks>\n")
	} else if w.video && len(w.media) == 1 {
		if err := w.task(w.media[0], w.media[0].ID, "cvat."+root+"/", false); err != nil {
			return err
		}
	} else {
		if err := w.extra("      ", file, "cvat."+root+"/"); err != nil {
			return err
		}
		if file["cvat.annotations/version"] == "" {
			w.print("      <size>%d</size>\n      <mode>annotation</mode>\n", len(w.media))
		}
	}
	if err := w.labelElements(); err != nil {
		return err
	}
	w.print("    </%s>\n", root)
	if err := w.extra("    ", file, "cvat.meta/"); err != nil {
		return err
	}
	if w.video && !several && len(w.media) == 1 {
		w.print("    <source>%s</source>\n", xmlText(w.media[0].Name))
	}
	return nil
}

// extra writes what Extra keeps under a prefix.
func (w *cvatWriter) extra(indent string, extra annotate.Extra, prefix string) error {
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		if name, own := strings.CutPrefix(key, prefix); own {
			text, err := kept(key, name, extra[key])
			if err != nil {
				return err
			}
			w.print("%s%s\n", indent, text)
		}
	}
	return nil
}

// task describes a video.
func (w *cvatWriter) task(m annotate.Media, id, prefix string, named bool) error {
	const indent = "      "
	if id != "" {
		w.print("%s<id>%s</id>\n", indent, xmlText(id))
	}
	if m.Extra["cvat.annotations/version"] == "" && !hasPrefix(m.Extra, "cvat.task/") {
		w.print("%s<name>%s</name>\n%s<mode>interpolation</mode>\n", indent, xmlText(withoutEnd(path.Base(m.Name))), indent)
	}
	if m.Frames > 0 {
		w.print("%s<size>%d</size>\n", indent, m.Frames)
	}
	if err := w.extra(indent, m.Extra, prefix); err != nil {
		return err
	}
	if m.W > 0 || m.H > 0 {
		w.print("%s<original_size><width>%d</width><height>%d</height></original_size>\n", indent, m.W, m.H)
	}
	if named {
		w.print("%s<source>%s</source>\n", indent, xmlText(m.Name))
	}
	return nil
}

func withoutKey(extra annotate.Extra, key string) annotate.Extra {
	out := maps.Clone(extra)
	delete(out, key)
	return out
}

func hasPrefix(extra annotate.Extra, prefix string) bool {
	for key := range extra {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

func (w *cvatWriter) labelElements() error {
	w.print("      <labels>\n")
	for _, l := range w.labels {
		w.print("        <label>\n          <name>%s</name>\n", xmlText(l.Name))
		if err := w.extra("          ", withoutKey(l.Extra, "cvat.attributes"), "cvat."); err != nil {
			return err
		}
		w.print("          <attributes>")
		if own := l.Extra["cvat.attributes"]; own != "" {
			elements, err := parseMarkups("cvat.attributes", own)
			if err != nil {
				return err
			}
			for _, e := range elements {
				w.print("%s", e)
			}
		} else {
			w.attributeSpecs(l)
		}
		w.print("</attributes>\n")
		if l.Parent != "" {
			w.print("          <parent>%s</parent>\n", xmlText(l.Parent))
		}
		w.print("        </label>\n")
	}
	w.print("      </labels>\n")
	return nil
}

// attributeSpecs describes a label's attributes, those that only marks have too: CVAT takes no others.
func (w *cvatWriter) attributeSpecs(l annotate.Label) {
	specs := slices.Clone(l.Attributes)
	for _, name := range slices.Sorted(maps.Keys(w.used[l.Name])) {
		if !w.came && !slices.ContainsFunc(specs, func(a annotate.Attribute) bool { return a.Name == name }) {
			specs = append(specs, annotate.Attribute{Name: name, Type: w.used[l.Name][name]})
		}
	}
	for _, a := range specs {
		mutable := "True"
		if w.fixed[[2]string{l.Name, a.Name}] {
			mutable = "False"
		}
		w.print("<attribute><name>%s</name><mutable>%s</mutable><input_type>%s</input_type><default_value>%s</default_value><values>%s</values></attribute>",
			xmlText(a.Name), mutable, cvatInput(a.Type), xmlText(a.Value), xmlText(a.Value))
	}
}

// attr writes attributes, given as name, value, name, value.
func (w *cvatWriter) attr(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		w.print(` %s="%s"`, pairs[i], xmlText(pairs[i+1]))
	}
}

// own writes the attributes that Extra keeps.
func (w *cvatWriter) own(extra annotate.Extra) {
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		name, own := strings.CutPrefix(key, "cvat.")
		if own && !strings.Contains(name, "/") {
			w.attr(name, extra[key])
		}
	}
}

func (w *cvatWriter) images(records annotate.Records) error {
	at := map[string]int{}
	for i, m := range w.media {
		at[m.Name] = i
	}
	for group, err := range w.byMedia(records, w.media) {
		if err != nil {
			return err
		}
		i := at[group.key]
		m := w.media[i]
		w.print("  <image")
		w.attr("id", w.ids[i], "name", m.Name)
		if m.Split != "" {
			w.attr("subset", m.Split)
		}
		if m.W > 0 || m.H > 0 {
			w.attr("width", strconv.Itoa(m.W), "height", strconv.Itoa(m.H))
		}
		w.own(m.Extra)
		w.print(">\n")
		for _, mark := range group.marks {
			if mark.Outside {
				continue
			}
			first := append([]string{"label", annotate.Best(mark.Names)}, cvatSource(mark.Extra)...)
			if err := w.shape(mark, "    ", first, mark.Attributes); err != nil {
				return err
			}
		}
		w.print("  </image>\n")
	}
	return nil
}

// shape writes a mark. A place that CVAT cannot say is a loss.
func (w *cvatWriter) shape(m annotate.Mark, indent string, first []string, attributes []annotate.Attribute) error {
	name, attr, inner := cvatElement(m, w.losses)
	if name == "" || name != "tag" && name != "skeleton" && len(m.Shape.Points) == 0 {
		w.losses.add("a shape without points", placeOf(m))
		return nil
	}
	if name == "tag" && w.video {
		return nil // the inventory has noted it
	}
	w.print("%s<%s", indent, name)
	w.attr(first...)
	if name != "tag" {
		w.attr("occluded", map[bool]string{false: "0", true: "1"}[m.Occluded])
	}
	w.attr(attr...)
	if m.Extra["cvat.z_order"] == "" && name != "tag" {
		w.attr("z_order", "0")
	}
	w.own(m.Extra)
	w.print(">")
	if inner != "" {
		elements, err := parseMarkups("cvat.shape/skeleton", inner)
		if err != nil {
			return err
		}
		for _, e := range elements {
			w.print("%s", e)
		}
	}
	for _, a := range attributes {
		w.print("<attribute")
		w.attr("name", a.Name)
		w.print(">%s</attribute>", xmlText(a.Value))
	}
	w.print("</%s>\n", name)
	return nil
}
