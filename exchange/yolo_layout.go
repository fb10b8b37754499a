package exchange

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// mostClasses is what no list of classes exceeds.
const mostClasses = 100_000

// yoloLayout is what is found in a folder before a label is read.
type yoloLayout struct {
	in        Input
	root      string // the path that data.yaml gives
	classes   []annotate.Label
	unnamed   bool // classes are called by their numbers
	keypoints int  // numbers in a line that are key points
	classify  bool
	pictures  []yoloPicture
	place     map[string]int // of a picture, by its name
}

type yoloPicture struct {
	name   string
	split  string
	labels string // the label file, "" where there is none
}

// layYOLO finds the pictures, their labels and the classes.
func layYOLO(in Input) (*yoloLayout, error) {
	y := &yoloLayout{in: in, place: map[string]int{}}
	named := ""
	if root, err := in.folder(); err != nil {
		return nil, err
	} else if root != nil {
		y.in.FS = root
	} else {
		named = path.Base(in.Name)
		if y.in.FS, err = fs.Sub(in.FS, path.Dir(in.Name)); err != nil {
			return nil, err
		}
	}
	config, data, err := y.descriptions(named)
	if err != nil {
		return nil, err
	}
	switch {
	case config != "":
		err = y.config(config)
	case data != "":
		err = y.darknet(data)
	default:
		err = y.bare()
	}
	if err != nil {
		return nil, err
	}
	if err := y.labels(); err != nil {
		return nil, err
	}
	return y, y.nameClasses()
}

// descriptions are the names of data.yaml and obj.data, whatever they are called here.
func (y *yoloLayout) descriptions(named string) (config, data string, err error) {
	switch strings.ToLower(path.Ext(named)) {
	case "":
	case ".yaml", ".yml":
		return named, "", nil
	case ".data":
		return "", named, nil
	default:
		return "", "", fmt.Errorf("%s: name the folder of the data set, its data.yaml or its obj.data", named)
	}
	entries, err := fs.ReadDir(y.in.FS, ".")
	if err != nil {
		return "", "", err
	}
	var configs, all []string
	for _, e := range entries {
		switch strings.ToLower(path.Ext(e.Name())) {
		case ".yaml", ".yml":
			configs = append(configs, e.Name())
		case ".data":
			all = append(all, e.Name())
		}
	}
	for _, usual := range []string{"dataset.yaml", "data.yml", "data.yaml"} {
		if slices.Contains(configs, usual) {
			configs = []string{usual}
		}
	}
	if len(configs) > 1 {
		return "", "", fmt.Errorf("there are %s: name the one that is meant", strings.Join(configs, " and "))
	}
	if len(configs) == 1 {
		return configs[0], "", nil
	}
	if slices.Contains(all, "obj.data") {
		return "", "obj.data", nil
	}
	if len(all) == 1 {
		return "", all[0], nil
	}
	return "", "", nil
}

// darknet reads obj.data: lines of key = value.
func (y *yoloLayout) darknet(name string) error {
	lines, err := readLines(y.in.FS, name)
	if err != nil {
		return err
	}
	for n, line := range lines {
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || value == "" {
			continue
		}
		where := fmt.Sprintf("%s, line %d", name, n+1)
		switch key {
		case "names":
			at, there := y.locate(value)
			if !there {
				return fmt.Errorf("%s: there is no %s: put it into the folder", where, value)
			}
			if err := y.namesFile(at); err != nil {
				return err
			}
		case "train", "valid", "val", "test":
			if err := y.split(strings.Replace(key, "valid", "val", 1), value, where); err != nil {
				return err
			}
		}
	}
	return nil
}

// namesFile reads a class a line.
func (y *yoloLayout) namesFile(name string) error {
	lines, err := readLines(y.in.FS, name)
	if err != nil {
		return err
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	for n, line := range lines {
		if err := y.class(strings.TrimSpace(line)); err != nil {
			return fmt.Errorf("%s, line %d: %w", name, n+1, err)
		}
	}
	return nil
}

func (y *yoloLayout) class(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("class %d has no name: give it one", len(y.classes))
	case len(y.classes) >= mostClasses:
		return fmt.Errorf("there are more than %d classes", mostClasses)
	}
	y.classes = append(y.classes, annotate.Label{Name: name, ID: strconv.Itoa(len(y.classes))})
	return nil
}

// locate finds a path of another machine's in the folder: whole, else without
// more and more of its beginning.
func (y *yoloLayout) locate(given string) (string, bool) {
	clean := cleanPath(given)
	if y.root != "" {
		if at := path.Join(y.root, clean); exists(y.in.FS, at) {
			return at, true
		}
	}
	for rest := clean; rest != ""; {
		if exists(y.in.FS, rest) {
			return rest, true
		}
		var more bool
		if _, rest, more = strings.Cut(rest, "/"); !more {
			break
		}
	}
	return clean, false
}

func exists(folder fs.FS, name string) bool {
	_, err := fs.Stat(folder, name)
	return err == nil
}

// cleanPath is a path without a drive, a root or steps upwards; "." for the folder itself.
func cleanPath(given string) string {
	p := slashes(given)
	if len(p) > 1 && p[1] == ':' {
		p = p[2:]
	}
	return strings.TrimPrefix(path.Clean("/"+p), "/")
}

// split adds the pictures of a folder, of a list, or one.
func (y *yoloLayout) split(split, given, where string) error {
	at, there := y.locate(given)
	if at == "" {
		at, there = ".", true
	}
	info, err := fs.Stat(y.in.FS, at)
	switch {
	case !there && isPicture(given):
		return y.picture(at, split)
	case !there:
		return fmt.Errorf("%s: there is no %s: put it into the folder, or take it out of this file", where, given)
	case err != nil:
		return err
	case info.IsDir():
		return y.walk(at, split)
	case isPicture(at):
		return y.picture(at, split)
	}
	lines, err := readLines(y.in.FS, at)
	if err != nil {
		return err
	}
	for n, line := range lines {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if !isPicture(line) {
			return fmt.Errorf("%s, line %d: %.80q is no picture", at, n+1, line)
		}
		name, _ := y.locate(line)
		if err := y.picture(name, split); err != nil {
			return fmt.Errorf("%s, line %d: %w", at, n+1, err)
		}
	}
	return nil
}

func (y *yoloLayout) walk(dir, split string) error {
	return fs.WalkDir(y.in.FS, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isPicture(name) {
			return err
		}
		return y.picture(name, split)
	})
}

func (y *yoloLayout) picture(name, split string) error {
	if !fs.ValidPath(name) {
		return fmt.Errorf("%.80q is no name of a picture in the folder", name)
	}
	if at, twice := y.place[name]; twice {
		if y.pictures[at].split != split {
			y.pictures[at].split = ""
		}
		return nil
	}
	y.place[name] = len(y.pictures)
	y.pictures = append(y.pictures, yoloPicture{name: name, split: split})
	return nil
}

// bare is a folder without a description.
func (y *yoloLayout) bare() error {
	for _, usual := range []string{"classes.txt", "obj.names", "classes.names", "labels/classes.txt"} {
		if exists(y.in.FS, usual) {
			if err := y.namesFile(usual); err != nil {
				return err
			}
			break
		}
	}
	if err := y.walk(".", ""); err != nil {
		return err
	}
	if y.classify = len(y.classes) == 0 && y.inClasses(); y.classify {
		return nil
	}
	y.unnamed = len(y.classes) == 0
	if err := y.orphans(); err != nil {
		return err
	}
	if len(y.pictures) == 0 {
		return errors.New("there is no picture in the folder: YOLO counts in shares of the pictures' sizes, so put them beside the labels")
	}
	return nil
}

// orphans are label files whose pictures the folder lacks. Where their size is known they are pictures all the same.
func (y *yoloLayout) orphans() error {
	have := map[string]bool{}
	for _, p := range y.pictures {
		have[yoloLabelsOf(p.name)], have[withoutEnd(p.name)+".txt"] = true, true
	}
	return fs.WalkDir(y.in.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".txt" || have[name] || path.Base(name) == "classes.txt" ||
			!slices.Contains(strings.Split(path.Dir(name), "/"), "labels") {
			return err
		}
		parts := strings.Split(name, "/")
		for i := len(parts) - 2; i >= 0; i-- {
			if parts[i] == "labels" {
				parts[i] = "images"
				break
			}
		}
		picture := withoutEnd(strings.Join(parts, "/")) + ".jpg"
		if y.in.Size == nil {
			return fmt.Errorf("%s has no picture %s: YOLO counts in shares of its size, so put it there", name, picture)
		}
		return y.picture(picture, "")
	})
}

// inClasses tells whether the folder is one of classification: every picture in
// train/CLASS, val/CLASS or test/CLASS, and no labels.
func (y *yoloLayout) inClasses() bool {
	for _, p := range y.pictures {
		if _, _, ok := classFolder(p.name); !ok || exists(y.in.FS, yoloLabelsOf(p.name)) {
			return false
		}
	}
	return len(y.pictures) > 0
}

// classFolder takes train/CLASS/a.jpg apart.
func classFolder(name string) (split, class string, ok bool) {
	parts := strings.Split(name, "/")
	if len(parts) < 3 || parts[1] == "images" || parts[1] == "labels" {
		return "", "", false
	}
	switch parts[0] {
	case "train", "val", "test":
		return parts[0], parts[1], true
	case "valid":
		return "val", parts[1], true
	}
	return "", "", false
}
