package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"requin/annotate"
)

// vocReader reads a folder of VOC files.
type vocReader struct {
	in     Input
	emit   func(annotate.Record) error
	splits map[string]string // by the picture's path without its end: "reef/0001"
	labels map[string]bool   // as labelmap.txt lists them; nil without one
	names  map[string]string // the file that has a picture, by its name
}

func readVOC(in Input) annotate.Records {
	return streamOf(func(emit func(annotate.Record) error) error {
		v := &vocReader{in: in, emit: emit, splits: map[string]string{}, names: map[string]string{}}
		root, err := in.folder()
		if err != nil {
			return err
		}
		if root == nil {
			return v.file(in.Name, path.Base(in.Name))
		}
		v.in.FS = root
		return v.folder()
	})
}

// folder is the folder that is to be read; nil where a file is named.
func (in Input) folder() (fs.FS, error) {
	if in.Name == "." || in.Name == "" {
		return in.FS, nil
	}
	info, err := fs.Stat(in.FS, in.Name)
	if err != nil || !info.IsDir() {
		return nil, err
	}
	return fs.Sub(in.FS, in.Name)
}

func (v *vocReader) folder() error {
	base := "Annotations"
	if info, err := fs.Stat(v.in.FS, base); err != nil || !info.IsDir() {
		base = "."
	}
	if err := v.labelmap(); err != nil {
		return err
	}
	if err := v.sets(); err != nil {
		return err
	}
	var files []string
	err := fs.WalkDir(v.in.FS, base, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.EqualFold(path.Ext(name), ".xml") {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(files) == 0 && len(v.splits) == 0 {
		return errors.New("there is no .xml file in the folder: name the folder that has Annotations in it, or the one with the .xml files")
	}
	for _, name := range files {
		if err := v.file(name, strings.TrimPrefix(name, base+"/")); err != nil {
			return err
		}
	}
	return v.unlooked()
}

// labelmap reads the list of labels, where there is one.
func (v *vocReader) labelmap() error {
	const name = "labelmap.txt"
	lines, err := readLines(v.in.FS, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	v.labels = map[string]bool{}
	for n, line := range lines {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, ":")
		if len(fields) != 4 || fields[0] == "" {
			return fmt.Errorf("%s, line %d: %.60q should be name:colour:parts:actions", name, n+1, line)
		}
		label := annotate.Label{Name: fields[0]}
		for i, key := range []string{"voc.color", "voc.parts", "voc.actions"} {
			if fields[i+1] != "" {
				if label.Extra == nil {
					label.Extra = annotate.Extra{}
				}
				label.Extra[key] = fields[i+1]
			}
		}
		v.labels[label.Name] = true
		if err := v.emit(label); err != nil {
			return err
		}
	}
	return nil
}

// readLines are the lines of a small text file.
func readLines(folder fs.FS, name string) ([]string, error) {
	file, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read from
	text := bufio.NewScanner(io.LimitReader(utf8Text(file), longestElement))
	text.Buffer(nil, longestLine)
	var out []string
	for text.Scan() {
		out = append(out, text.Text())
	}
	if err := text.Err(); err != nil {
		return nil, fmt.Errorf("%s, after line %d: %w", name, len(out), err)
	}
	return out, nil
}

// sets reads which picture is in which list.
func (v *vocReader) sets() error {
	const folder = "ImageSets/Main"
	lists, err := fs.Glob(v.in.FS, folder+"/*.txt")
	if err != nil || len(lists) == 0 {
		return err
	}
	for _, list := range lists {
		lines, err := readLines(v.in.FS, list)
		if err != nil {
			return err
		}
		set := strings.TrimSuffix(path.Base(list), ".txt")
		for _, line := range lines {
			line = strings.TrimSpace(line)
			if ofClass(line, set, lists) {
				break // all of its lines are
			}
			if line == "" || line[0] == '#' {
				continue
			}
			picture := slashes(strings.Trim(line, `"`))
			switch had, listed := v.splits[picture]; {
			case !listed || had == "trainval":
				v.splits[picture] = set
			case set != "trainval" && had != set:
				v.splits[picture] = ""
			}
		}
	}
	return nil
}

// ofClass tells whether a line is one of a list of one class: cat_train.txt, beside
// train.txt, with lines that end with -1, 0 or 1.
func ofClass(line, set string, lists []string) bool {
	_, general, ok := strings.Cut(set, "_")
	fields := strings.Fields(line)
	return ok && slices.Contains(lists, "ImageSets/Main/"+general+".txt") && len(fields) > 1 &&
		slices.Contains([]string{"-1", "0", "1"}, fields[len(fields)-1])
}

// unlooked gives the pictures that are listed but have no file.
func (v *vocReader) unlooked() error {
	have := map[string]bool{}
	for name := range v.names {
		have[withoutEnd(name)] = true
	}
	for _, listed := range slices.Sorted(maps.Keys(v.splits)) {
		if have[listed] {
			continue
		}
		name := listed + ".jpg"
		for _, end := range []string{".jpg", ".jpeg", ".png", ".JPG", ".bmp"} {
			if _, err := fs.Stat(v.in.FS, "JPEGImages/"+listed+end); err == nil {
				name = listed + end
				break
			}
		}
		if err := v.emit(annotate.Media{Name: name, Split: v.splits[listed]}); err != nil {
			return err
		}
	}
	return nil
}

func withoutEnd(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// file reads one XML file, which lies at place below Annotations.
func (v *vocReader) file(name, place string) error {
	file, err := v.in.FS.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() // only read from
	m := newMarkupReader(name, file)
	var root *markup
	for root == nil {
		token, err := m.next()
		if err == io.EOF {
			return fmt.Errorf("%s: there is nothing in the file: delete it, or export it again", name)
		}
		if err != nil {
			return err
		}
		if s, ok := token.(xmlStart); ok {
			if root, err = m.element(s); err != nil {
				return err
			}
		}
	}
	if root.name != "annotation" {
		return m.wrong(root.line, fmt.Errorf("the file begins with <%s>, not <annotation>: it is no Pascal VOC file", root.name))
	}
	if err := m.rest(); err != nil {
		return err
	}
	return v.annotation(m, root, place)
}

func (v *vocReader) annotation(m *markupReader, root *markup, place string) error {
	media, err := vocMedia(root, place)
	if err != nil {
		return m.wrong(root.line, err)
	}
	if other, twice := v.names[media.Name]; twice {
		return m.wrong(root.line, fmt.Errorf("%s says too that its picture is %s: correct <filename>", other, media.Name))
	}
	v.names[media.Name] = m.name
	media.Split = v.splits[withoutEnd(place)]
	marks := make([]annotate.Mark, 0, len(root.kids))
	for _, k := range root.kids {
		if k.name != "object" {
			continue
		}
		mark, err := vocObject(k)
		if err != nil {
			return m.wrong(k.line, err)
		}
		mark.Media = media.Name
		marks = append(marks, mark)
	}
	if err := v.emit(media); err != nil {
		return err
	}
	if err := v.emit(annotate.Look{Media: media.Name}); err != nil {
		return err
	}
	for _, mark := range marks {
		if name := mark.Names[0].Label; v.labels != nil && !v.labels[name] { // the list is not whole
			v.labels[name] = true
			if err := v.emit(annotate.Label{Name: name}); err != nil {
				return err
			}
		}
		if err := v.emit(mark); err != nil {
			return err
		}
	}
	return nil
}

func vocMedia(root *markup, place string) (annotate.Media, error) {
	stated := root.says("filename")
	base := path.Base(slashes(stated))
	stem := withoutEnd(path.Base(place))
	extra := annotate.Extra{}
	switch {
	case stated == "", base == ".", base == "..", base == "/":
		base = stem + ".jpg"
	case base != stated:
		extra["voc.filename"] = stated
	}
	if withoutEnd(base) != stem {
		extra["voc.xml/name"] = stem
	}
	out := annotate.Media{Name: path.Join(path.Dir(place), base)}
	if size := root.child("size"); size != nil {
		for _, side := range []struct {
			name string
			to   *int
		}{{"width", &out.W}, {"height", &out.H}} {
			if text := size.says(side.name); text != "" {
				pixels, err := xmlNumber(side.name, text)
				if err != nil || pixels < 0 || pixels != float64(int32(pixels)) {
					return out, fmt.Errorf("%s is %.40q: it should be a whole number of pixels", side.name, text)
				}
				*side.to = int(pixels)
			}
		}
		if depth := size.says("depth"); depth != "" && depth != "3" {
			extra["voc.size/depth"] = depth
		}
	}
	known := []string{"filename", "size", "object"}
	if segmented := root.child("segmented"); segmented != nil && segmented.text == "0" {
		known = append(known, "segmented")
	}
	root.keepRest(extra, "voc.", known...)
	for _, a := range root.attr {
		extra["voc.@"+a.Name.Local] = a.Value
	}
	out.Extra = some(extra)
	return out, nil
}

func vocObject(o *markup) (annotate.Mark, error) {
	m := annotate.Mark{Names: []annotate.Name{{Label: o.says("name")}}}
	if m.Names[0].Label == "" {
		return m, errors.New("the object has no <name>: say what it is")
	}
	for _, flag := range []struct {
		name string
		to   *bool
	}{{"truncated", &m.Truncated}, {"difficult", &m.Difficult}, {"occluded", &m.Occluded}} {
		var err error
		if *flag.to, err = yes(flag.name, o.says(flag.name)); err != nil {
			return m, err
		}
	}
	box := o.child("bndbox")
	if box == nil {
		return m, errors.New("the object has no <bndbox>: give it xmin, ymin, xmax and ymax")
	}
	var v [4]float64
	for i, corner := range []string{"xmin", "ymin", "xmax", "ymax"} {
		if box.child(corner) == nil {
			return m, fmt.Errorf("the box has no <%s>: add it", corner)
		}
		var err error
		if v[i], err = xmlNumber(corner, box.says(corner)); err != nil {
			return m, err
		}
	}
	if v[2] < v[0] || v[3] < v[1] {
		return m, fmt.Errorf("the box goes from %v, %v to %v, %v: xmax and ymax should not be the smaller ones", v[0], v[1], v[2], v[3])
	}
	m.Shape = annotate.Shape{Kind: annotate.Box, Points: []annotate.Point{{X: v[0], Y: v[1]}, {X: v[2], Y: v[3]}}}
	extra := annotate.Extra{}
	known := []string{"name", "truncated", "difficult", "occluded", "bndbox"}
	if pose := o.child("pose"); pose != nil && (pose.text == "Unspecified" || pose.text == "") {
		known = append(known, "pose")
	}
	if list, ok := vocAttributes(o.child("attributes")); ok {
		m.Attributes = list
		known = append(known, "attributes")
	}
	o.keepRest(extra, "voc.", known...)
	m.Extra = some(extra)
	return m, nil
}

// vocAttributes are CVAT's: <attribute><name/><value/></attribute>; false where they are anything else.
func vocAttributes(list *markup) ([]annotate.Attribute, bool) {
	if list == nil {
		return nil, false
	}
	var out []annotate.Attribute
	for _, a := range list.kids {
		if a.name != "attribute" || a.child("name") == nil || a.child("value") == nil || len(a.kids) != 2 {
			return nil, false
		}
		out = append(out, annotate.Attribute{Name: a.says("name"), Value: a.says("value")})
	}
	return out, true
}
