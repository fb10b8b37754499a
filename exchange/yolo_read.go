package exchange

import (
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"

	"requin/annotate"
	"requin/frame"
)

func readYOLO(in Input) annotate.Records {
	return streamOf(func(emit func(annotate.Record) error) error {
		y, err := layYOLO(in)
		if err != nil {
			return err
		}
		for _, label := range y.classes {
			if err := emit(label); err != nil {
				return err
			}
		}
		first := map[string]int{}
		for i, label := range y.classes {
			if _, twice := first[label.Name]; !twice {
				first[label.Name] = i
			}
		}
		for _, p := range y.pictures {
			records, err := y.read(p, first)
			if err != nil {
				return err
			}
			for _, r := range records {
				if err := emit(r); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// read gives everything of one picture.
func (y *yoloLayout) read(p yoloPicture, first map[string]int) ([]annotate.Record, error) {
	media := annotate.Media{Name: p.name, Split: p.split}
	var sizeErr error
	media.W, media.H, sizeErr = y.in.size(p.name)
	if y.classify {
		_, class, _ := classFolder(p.name)
		return []annotate.Record{media, annotate.Mark{Media: p.name, Names: []annotate.Name{{Label: class}},
			Shape: annotate.Shape{Kind: annotate.WholePic}}}, nil
	}
	if p.labels == "" {
		return []annotate.Record{media}, nil
	}
	out := []annotate.Record{media, annotate.Look{Media: p.name}}
	lines, err := readLines(y.in.FS, p.labels)
	if err != nil {
		return nil, err
	}
	for n, line := range lines {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if sizeErr != nil {
			return nil, fmt.Errorf("%s: the size of %s is needed, because YOLO counts in shares of it: %w", p.labels, p.name, sizeErr)
		}
		mark, err := y.line(fields, media)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", p.labels, n+1, err)
		}
		class, _ := yoloClass(fields[0])
		if first[y.classes[class].Name] != class { // two classes have this name
			if mark.Extra == nil {
				mark.Extra = annotate.Extra{}
			}
			mark.Extra["yolo.class"] = strconv.Itoa(class)
		}
		out = append(out, mark)
	}
	return out, nil
}

// yoloClass reads a class: a whole number, which some tools write as 1.0.
func yoloClass(text string) (int, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v != math.Trunc(v) || v < 0 || v >= mostClasses {
		return 0, fmt.Errorf("column 1 is %.40q: it should be the number of a class, from 0", text)
	}
	return int(v), nil
}

// line reads one shape.
func (y *yoloLayout) line(fields []string, media annotate.Media) (annotate.Mark, error) {
	m := annotate.Mark{Media: media.Name}
	class, err := yoloClass(fields[0])
	if err != nil {
		return m, err
	}
	if class >= len(y.classes) {
		return m, fmt.Errorf("class %d, but there are only %d classes, which are counted from 0: add its name, or correct it", class, len(y.classes))
	}
	shares := make([]float64, len(fields)-1)
	for i, f := range fields[1:] {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || !finite(v) {
			return m, fmt.Errorf("column %d is %.40q: it should be a number", i+2, f)
		}
		shares[i] = v
	}
	name := annotate.Name{Label: y.classes[class].Name}
	n := len(shares)
	isBox := n == 4 || n == 5 || y.keypoints > 0 && (n == 4+y.keypoints || n == 5+y.keypoints)
	switch {
	case n < 4 || y.keypoints > 0 && !isBox:
		return m, fmt.Errorf("there are %d columns: %s", n+1, y.columns())
	case n%2 == 1 && (n == 5 || !isBox), y.keypoints > 0 && n == 5+y.keypoints:
		name.Score, name.Scored = shares[n-1], true
		if name.Score < 0 || name.Score > 1 {
			return m, fmt.Errorf("column %d is %v: a number after the shape should be a confidence, 0 to 1", n+1, name.Score)
		}
		n--
	}
	m.Names = []annotate.Name{name}
	places := shares[:n]
	if isBox {
		places = shares[:4]
		if n > 4 {
			m.Extra = annotate.Extra{"yolo.keypoints": strings.Join(fields[5:1+n], " ")}
		}
	}
	for i, v := range places {
		if math.Abs(v) > 2 {
			return m, fmt.Errorf("column %d is %v: places are shares of the picture, 0 to 1; divide pixels by its width or height", i+2, v)
		}
	}
	if !isBox {
		m.Shape = annotate.Shape{Kind: annotate.Polygon}
		for i := 0; i < n; i += 2 {
			m.Shape.Points = append(m.Shape.Points, annotate.Point{X: onGrid(shares[i] * float64(media.W)), Y: onGrid(shares[i+1] * float64(media.H))})
		}
		return m, nil
	}
	if places[2] < 0 || places[3] < 0 {
		return m, fmt.Errorf("the box is %v by %v: columns 4 and 5 should be a width and a height from 0", places[2], places[3])
	}
	m.Shape = annotate.BoxShape(yoloBox(places, media))
	return m, nil
}

func (y *yoloLayout) columns() string {
	if y.keypoints > 0 {
		return fmt.Sprintf("with this kpt_shape there should be %d, or %d with a confidence", 5+y.keypoints, 6+y.keypoints)
	}
	return "a box has 5 (class cx cy w h), or 6 with a confidence; a polygon has a class and x y for each of at least 3 points"
}

// yoloBox is cx cy w h in pixels.
func yoloBox(s []float64, media annotate.Media) frame.Box {
	w, h := float64(media.W), float64(media.H)
	return frame.Box{X0: onGrid((s[0] - s[2]/2) * w), Y0: onGrid((s[1] - s[3]/2) * h),
		X1: onGrid((s[0] + s[2]/2) * w), Y1: onGrid((s[1] + s[3]/2) * h)}
}

// yoloSafe tells whether a picture's name can be in a list of pictures.
func yoloSafe(name string) bool {
	return isPicture(name) && !strings.ContainsAny(name, "\r\n\\") && strings.TrimSpace(name) == name && path.Clean(name) == name
}
