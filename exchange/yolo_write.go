package exchange

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"requin/annotate"
)

// yoloWriter writes a folder for Ultralytics.
type yoloWriter struct {
	*inventory
	classes  []string // in the order of their numbers
	numbers  map[string]int
	classify bool
	status   string // that all marks have
}

// yoloStatus is the entry of data.yaml that says it, as the first Label keeps it.
const yoloStatus = "yolo." + statusName

func writeYOLO(folder Folder, records annotate.Records, _ Options) (*Losses, error) {
	lost := &Losses{}
	records, err := stills(records, lost)
	if err != nil {
		return nil, err
	}
	inv, err := takeInventory(records, yoloReach)
	if err != nil {
		return nil, err
	}
	inv.losses.addAll(lost)
	one, err := oneStatus(records, func(annotate.Mark) string { return "" })
	if err != nil {
		return nil, err
	}
	w := &yoloWriter{inventory: inv, numbers: map[string]int{}, status: one[""]}
	w.number()
	if w.classify, err = onlyWhole(records); err != nil {
		return nil, err
	}
	if err := w.lists(folder); err != nil {
		return nil, err
	}
	if err := w.config(folder); err != nil {
		return nil, err
	}
	return inv.losses, w.labelFiles(folder, records)
}

// onlyWhole tells whether all marks name whole pictures.
func onlyWhole(records annotate.Records) (bool, error) {
	any := false
	for record, err := range records {
		if err != nil {
			return false, err
		}
		if m, ok := record.(annotate.Mark); ok {
			if any = true; m.Shape.Kind != annotate.WholePic {
				return false, nil
			}
		}
	}
	return any, nil
}

// number counts the classes: by their ids where those are 0, 1, 2 and so on, else in the order in which they came.
func (w *yoloWriter) number() {
	w.classes = make([]string, len(w.labels))
	ordered := slices.Clone(w.labels)
	fits := true
	for i, l := range w.labels {
		n, err := strconv.Atoi(l.ID)
		if fits = fits && err == nil && n >= 0 && n < len(w.labels) && isInteger(l.ID) && w.classes[n] == ""; fits {
			w.classes[n], ordered[n] = l.Name, w.labels[i]
		}
	}
	if !fits {
		ordered = w.labels
		for _, l := range w.labels {
			if l.ID != "" {
				w.losses.add(lostLabelID, l.Name)
			}
		}
	}
	w.labels = ordered
	for i, l := range ordered {
		w.classes[i] = l.Name
		if _, twice := w.numbers[l.Name]; !twice {
			w.numbers[l.Name] = i
		}
	}
}

// splitsOf are the lists in which a picture is.
func (w *yoloWriter) splitsOf(m annotate.Media) []string {
	switch m.Split {
	case "train", "val", "test":
		return []string{m.Split}
	case "":
	default:
		w.losses.add("the split "+m.Split+" (its pictures are in train.txt and val.txt)", m.Name)
	}
	return []string{"train", "val"}
}

// lists writes which picture is in which split.
func (w *yoloWriter) lists(folder Folder) error {
	lists := map[string]*strings.Builder{}
	for _, m := range w.media {
		if !fs.ValidPath(m.Name) || !yoloSafe(m.Name) {
			return fmt.Errorf("%q cannot be the name of a picture in a folder: give it one like reef/0001.jpg", m.Name)
		}
		if w.classify {
			continue
		}
		for _, split := range w.splitsOf(m) {
			if lists[split] == nil {
				lists[split] = &strings.Builder{}
			}
			lists[split].WriteString("./" + m.Name + "\n")
		}
	}
	for _, split := range slices.Sorted(maps.Keys(lists)) {
		if err := writeText(folder, split+".txt", lists[split].String()); err != nil {
			return err
		}
	}
	return nil
}

// config writes data.yaml.
func (w *yoloWriter) config(folder Folder) error {
	root := &yaml.Node{Kind: yaml.MappingNode}
	add := func(key string, value *yaml.Node) {
		root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, value)
	}
	text := func(s string) *yaml.Node {
		var n yaml.Node
		n.SetString(s)
		return &n
	}
	add("path", text("."))
	if w.classify {
		add("task", text("classify"))
	} else {
		listed := map[string]bool{}
		for _, m := range w.media {
			switch m.Split {
			case "train", "val", "test":
				listed[m.Split] = true
			default:
				listed["train"], listed["val"] = true, true
			}
		}
		for _, split := range []string{"train", "val", "test"} {
			if listed[split] {
				add(split, text(split+".txt"))
			}
		}
	}
	names := &yaml.Node{Kind: yaml.MappingNode}
	for i, name := range w.classes {
		var value yaml.Node
		value.SetString(name)
		names.Content = append(names.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(i)}, &value)
	}
	add("names", names)
	if w.status != "" {
		add(statusName, text(w.status))
	}
	for i, l := range w.labels {
		for _, key := range slices.Sorted(maps.Keys(l.Extra)) {
			name, own := strings.CutPrefix(key, "yolo.")
			if !own || key == yoloStatus {
				continue
			}
			if i > 0 {
				w.losses.add("the field "+key+" of a second file", l.Name)
				continue
			}
			var doc yaml.Node
			if err := yaml.Unmarshal([]byte(l.Extra[key]), &doc); err != nil || len(doc.Content) != 1 {
				return fmt.Errorf("the field %s holds %.40q: it should be JSON", key, l.Extra[key])
			}
			root.Content = append(root.Content, text(name), doc.Content[0])
		}
	}
	out, err := yaml.Marshal(root)
	if err != nil {
		return err
	}
	return writeText(folder, "data.yaml", string(out))
}

func (w *yoloWriter) labelFiles(folder Folder, records annotate.Records) error {
	var looked []annotate.Media
	for _, m := range w.media {
		if !w.classify && (w.looked[m.Name] || w.marks[m.Name] > 0) || w.classify && w.marks[m.Name] > 0 {
			looked = append(looked, m)
		}
	}
	owner := map[string]string{}
	for group, err := range w.byMedia(records, looked) {
		if err != nil {
			return err
		}
		m := w.media[w.stored[group.key]]
		if w.classify {
			w.inFolder(m, group.marks)
			continue
		}
		file := yoloLabelsOf(m.Name)
		if other, shared := owner[file]; shared {
			return fmt.Errorf("the pictures %s and %s would share the labels %s: rename one of them", other, m.Name, file)
		}
		owner[file] = m.Name
		var b strings.Builder
		for _, mark := range group.marks {
			line, err := w.line(mark, m)
			if err != nil {
				return fmt.Errorf("%s: %w", placeOf(mark), err)
			}
			b.WriteString(line)
		}
		if err := writeText(folder, file, b.String()); err != nil {
			return err
		}
	}
	return nil
}

// inFolder checks that a picture lies in the folder of its class, which is all that says it.
func (w *yoloWriter) inFolder(m annotate.Media, marks []annotate.Mark) {
	split, class, ok := classFolder(m.Name)
	for i, mark := range marks {
		name, known := w.nameOf(mark)
		if status := mark.Extra[annotate.StatusKey]; status != w.status {
			w.losses.add(lostStatus(status), placeOf(mark))
		}
		if known && (!ok || i > 0 || class != name.Label || split != m.Split) {
			w.losses.add("a name of the whole picture (put the picture into the folder of its class: train/"+name.Label+")", m.Name)
		}
	}
}

// line is a mark's line; "" where it cannot be said.
func (w *yoloWriter) line(m annotate.Mark, media annotate.Media) (string, error) {
	name, known := w.nameOf(m)
	if !known || m.Outside {
		return "", nil
	}
	if status := m.Extra[annotate.StatusKey]; status != w.status {
		w.losses.add(lostStatus(status), placeOf(m))
	}
	if m.Shape.Kind == annotate.WholePic || m.Shape.Kind == "" {
		w.losses.add(lostWhole, placeOf(m))
		return "", nil
	}
	if media.W < 1 || media.H < 1 {
		return "", fmt.Errorf("the width and height of the picture are not known, and YOLO counts in shares of them: put the picture where its name says, or state its size")
	}
	class := strconv.Itoa(w.numbers[name.Label])
	if own, err := strconv.Atoi(m.Extra["yolo.class"]); err == nil && own >= 0 && own < len(w.classes) && w.classes[own] == name.Label {
		class = strconv.Itoa(own)
	}
	fields := append([]string{class}, w.places(m, media)...)
	if len(fields) == 1 {
		w.losses.add("a shape without extent, or far outside its picture", placeOf(m))
		return "", nil
	}
	if points := m.Extra["yolo.keypoints"]; points != "" {
		fields = append(fields, points)
	}
	if name.Scored {
		fields = append(fields, decimal(name.Score))
	}
	return strings.Join(fields, " ") + "\n", nil
}

// places is the shape in shares of the picture; nil where there is none within reach.
func (w *yoloWriter) places(m annotate.Mark, media annotate.Media) []string {
	points := m.Shape.Points
	switch {
	case m.Shape.Kind == annotate.Rotated && len(points) == 2:
		points = cornersOf(m.Shape)
	case m.Shape.Kind == annotate.Polygon && len(points) >= 3:
		if len(m.Shape.Rings) > 0 {
			w.losses.add("the further rings of a polygon", placeOf(m))
		}
	default:
		return yoloCentre(m, media)
	}
	var out []string
	for _, p := range points {
		for _, side := range []struct {
			at   float64
			size int
		}{{p.X, media.W}, {p.Y, media.H}} {
			size := float64(side.size)
			if math.Abs(side.at/size) > 2 {
				return nil
			}
			out = append(out, digits(side.at/size, 6, func(v float64) bool { return onGrid(v*size) == onGrid(side.at) }))
		}
	}
	return out
}

// yoloCentre is cx cy w h, in the digits that give the same box again.
func yoloCentre(m annotate.Mark, media annotate.Media) []string {
	box, ok := boxAround(m)
	box.X0, box.Y0, box.X1, box.Y1 = onGrid(box.X0), onGrid(box.Y0), onGrid(box.X1), onGrid(box.Y1)
	if !ok || box.X1 < box.X0 || box.Y1 < box.Y0 {
		return nil
	}
	pw, ph := float64(media.W), float64(media.H)
	exact := []float64{(box.X0 + box.X1) / 2 / pw, (box.Y0 + box.Y1) / 2 / ph, box.W() / pw, box.H() / ph}
	if slices.ContainsFunc(exact, func(v float64) bool { return math.Abs(v) > 2 }) {
		return nil
	}
	return digitsOf(exact, 6, func(back []float64) bool { return yoloBox(back, media) == box })
}
