package exchange

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"requin/annotate"
)

func writeVOC(folder Folder, records annotate.Records, _ Options) (*Losses, error) {
	lost := &Losses{}
	records, err := stills(records, lost)
	if err != nil {
		return nil, err
	}
	inv, err := takeInventory(records, vocReach)
	if err != nil {
		return nil, err
	}
	inv.losses.addAll(lost)
	if err := vocLabelmap(folder, inv); err != nil {
		return nil, err
	}
	var looked []annotate.Media
	sets := map[string][]string{}
	for _, m := range inv.media {
		file := vocPlace(m)
		if !fs.ValidPath(file) {
			return nil, fmt.Errorf("the picture %s cannot lie in a folder: give it a name without .. and without / at its start", m.Name)
		}
		if inv.looked[m.Name] || inv.marks[m.Name] > 0 {
			looked = append(looked, m)
		} else if m.Split == "" {
			inv.losses.add(lostUnlooked, m.Name)
		}
		if m.Split != "" {
			if strings.ContainsAny(file, "\r\n\"#") || !fs.ValidPath(m.Split) || strings.Contains(m.Split, "/") {
				inv.losses.add(lostSplit, m.Name)
				continue
			}
			sets[m.Split] = append(sets[m.Split], file)
		}
	}
	written := map[string]string{}
	for group, err := range inv.byMedia(records, looked) {
		if err != nil {
			return nil, err
		}
		m := inv.media[inv.stored[group.key]]
		file := "Annotations/" + vocPlace(m) + ".xml"
		if other, twice := written[file]; twice {
			return nil, fmt.Errorf("the pictures %s and %s would share the file %s: rename one of them", other, m.Name, file)
		}
		written[file] = m.Name
		if err := vocFile(folder, file, inv, m, group.marks); err != nil {
			return nil, err
		}
	}
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		if err := writeText(folder, "ImageSets/Main/"+set+".txt", strings.Join(sets[set], "\n")+"\n"); err != nil {
			return nil, err
		}
	}
	return inv.losses, nil
}

// vocPlace is where a picture's file lies below Annotations, without its end.
func vocPlace(m annotate.Media) string {
	if own := m.Extra["voc.xml/name"]; own != "" {
		return path.Join(path.Dir(m.Name), own)
	}
	return withoutEnd(m.Name)
}

func vocLabelmap(folder Folder, inv *inventory) error {
	var b strings.Builder
	b.WriteString("# label:color_rgb:parts:actions\n")
	for _, l := range inv.labels {
		if strings.ContainsAny(l.Name, ":\r\n") || strings.TrimSpace(l.Name) != l.Name || strings.HasPrefix(l.Name, "#") || l.Name == "" {
			inv.losses.add("a label in labelmap.txt, which a name with : cannot be in", l.Name)
			continue
		}
		fmt.Fprintf(&b, "%s:%s:%s:%s\n", l.Name, l.Extra["voc.color"], l.Extra["voc.parts"], l.Extra["voc.actions"])
	}
	if inv.listed == 0 {
		return nil
	}
	return writeText(folder, "labelmap.txt", b.String())
}

// vocFile writes the file of one picture.
func vocFile(folder Folder, file string, inv *inventory, m annotate.Media, marks []annotate.Mark) error {
	var b strings.Builder
	b.WriteString("<annotation")
	for _, key := range slices.Sorted(maps.Keys(m.Extra)) {
		if name, ok := strings.CutPrefix(key, "voc.@"); ok {
			b.WriteString(" " + name + `="` + xmlText(m.Extra[key]) + `"`)
		}
	}
	b.WriteString(">\n")
	name := path.Base(m.Name)
	if own := m.Extra["voc.filename"]; own != "" {
		name = own
	}
	vocElement(&b, 1, "filename", name)
	if depth := m.Extra["voc.size/depth"]; m.W > 0 || m.H > 0 || depth != "" {
		if depth == "" {
			depth = "3"
		}
		fmt.Fprintf(&b, "\t<size>\n\t\t<width>%d</width>\n\t\t<height>%d</height>\n\t\t<depth>%s</depth>\n\t</size>\n", m.W, m.H, xmlText(depth))
	}
	if m.Extra["voc.segmented"] == "" {
		vocElement(&b, 1, "segmented", "0")
	}
	if err := vocExtra(&b, 1, m.Extra, "filename", "xml/name", "size/depth"); err != nil {
		return err
	}
	for _, mark := range marks {
		if err := vocMark(&b, inv, mark); err != nil {
			return fmt.Errorf("%s: %w", placeOf(mark), err)
		}
	}
	b.WriteString("</annotation>\n")
	return writeText(folder, file, b.String())
}

func vocElement(b *strings.Builder, depth int, name, text string) {
	fmt.Fprintf(b, "%s<%s>%s</%s>\n", strings.Repeat("\t", depth), name, xmlText(text), name)
}

// vocExtra writes what Extra keeps for VOC.
func vocExtra(b *strings.Builder, depth int, extra annotate.Extra, done ...string) error {
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		name, own := strings.CutPrefix(key, "voc.")
		if !own || strings.HasPrefix(name, "@") || slices.Contains(done, name) {
			continue
		}
		text, err := kept(key, name, extra[key])
		if err != nil {
			return err
		}
		b.WriteString(strings.Repeat("\t", depth) + text + "\n")
	}
	return nil
}

func vocMark(b *strings.Builder, inv *inventory, m annotate.Mark) error {
	name, known := inv.nameOf(m)
	if !known || m.Outside {
		return nil
	}
	box, placed := boxAround(m)
	if !placed {
		if m.Shape.Kind != annotate.WholePic {
			inv.losses.add("a shape without extent", placeOf(m))
		}
		return nil
	}
	b.WriteString("\t<object>\n")
	vocElement(b, 2, "name", name.Label)
	if m.Extra["voc.pose"] == "" {
		vocElement(b, 2, "pose", "Unspecified")
	}
	for _, flag := range []struct {
		name string
		on   bool
	}{{"truncated", m.Truncated}, {"occluded", m.Occluded}, {"difficult", m.Difficult}} {
		vocElement(b, 2, flag.name, map[bool]string{false: "0", true: "1"}[flag.on])
	}
	b.WriteString("\t\t<bndbox>\n")
	for _, corner := range []struct {
		name string
		at   float64
	}{{"xmin", box.X0}, {"ymin", box.Y0}, {"xmax", box.X1}, {"ymax", box.Y1}} {
		vocElement(b, 3, corner.name, decimal(corner.at))
	}
	b.WriteString("\t\t</bndbox>\n")
	if len(m.Attributes) > 0 {
		b.WriteString("\t\t<attributes>\n")
		for _, a := range m.Attributes {
			fmt.Fprintf(b, "\t\t\t<attribute><name>%s</name><value>%s</value></attribute>\n", xmlText(a.Name), xmlText(a.Value))
		}
		b.WriteString("\t\t</attributes>\n")
	}
	if err := vocExtra(b, 2, m.Extra); err != nil {
		return err
	}
	b.WriteString("\t</object>\n")
	return nil
}
