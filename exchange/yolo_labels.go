package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// yoloLabelsOf is where a picture's labels lie: in labels instead of the last images, else beside it.
func yoloLabelsOf(picture string) string {
	parts := strings.Split(withoutEnd(picture)+".txt", "/")
	for i := len(parts) - 2; i >= 0; i-- {
		if parts[i] == "images" {
			parts[i] = "labels"
			break
		}
	}
	return strings.Join(parts, "/")
}

// labels finds every picture's label file.
func (y *yoloLayout) labels() error {
	if y.classify {
		for i := range y.pictures {
			y.pictures[i].split, _, _ = classFolder(y.pictures[i].name)
		}
		return nil
	}
	owner := map[string]string{}
	for i, p := range y.pictures {
		for _, file := range []string{yoloLabelsOf(p.name), withoutEnd(p.name) + ".txt"} {
			if !exists(y.in.FS, file) {
				continue
			}
			if other, shared := owner[file]; shared {
				return fmt.Errorf("the pictures %s and %s share the labels %s: rename one of them", other, p.name, file)
			}
			owner[file] = p.name
			y.pictures[i].labels = file
			break
		}
	}
	return nil
}

// nameClasses gives classes that nobody named their numbers, or their folders.
func (y *yoloLayout) nameClasses() error {
	if y.classify {
		var names []string
		for _, p := range y.pictures {
			_, class, _ := classFolder(p.name)
			if !slices.ContainsFunc(y.classes, func(l annotate.Label) bool { return l.Name == class }) {
				names = append(names, class)
			}
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if err := y.class(name); err != nil {
				return err
			}
		}
		return nil
	}
	if !y.unnamed {
		return nil
	}
	for _, p := range y.pictures {
		if p.labels == "" {
			continue
		}
		lines, err := readLines(y.in.FS, p.labels)
		if err != nil {
			return err
		}
		for n, line := range lines {
			fields := strings.Fields(line)
			if len(fields) == 0 {
				continue
			}
			class, err := yoloClass(fields[0])
			for err == nil && class >= len(y.classes) {
				err = y.class(strconv.Itoa(len(y.classes)))
			}
			if err != nil {
				return fmt.Errorf("%s, line %d: %w", p.labels, n+1, err)
			}
		}
	}
	return nil
}
