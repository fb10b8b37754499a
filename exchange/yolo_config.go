package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"requin/annotate"
)

// config reads data.yaml.
func (y *yoloLayout) config(name string) error {
	root, err := y.yaml(name)
	if err != nil {
		return err
	}
	wrong := func(n *yaml.Node, err error) error {
		return fmt.Errorf("%s, line %d: %w", name, n.Line, err)
	}
	others := annotate.Extra{}
	var splits [][2]*yaml.Node // keys and values
	nc, task := (*yaml.Node)(nil), ""
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		for value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		switch key.Value {
		case "path":
			y.root = cleanPath(value.Value)
		case "train", "val", "test":
			if value.Tag == "!!null" { // "test:" with nothing after it
				continue
			}
			splits = append(splits, [2]*yaml.Node{key, value})
		case "nc":
			nc = value
		case "names":
			if err := y.names(value); err != nil {
				return wrong(value, err)
			}
		case "task":
			if task = value.Value; task == "classify" {
				continue
			}
			fallthrough
		default:
			if others["yolo."+key.Value], err = plainJSON(value); err != nil {
				return wrong(value, err)
			}
		}
	}
	if err := y.count(nc); err != nil {
		return wrong(nc, err)
	}
	if err := y.shape(others["yolo.kpt_shape"]); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(others) > 0 && len(y.classes) > 0 {
		y.classes[0].Extra = others
	}
	if y.classify = task == "classify"; y.classify {
		return y.classified()
	}
	return y.splitNodes(name, splits)
}

// splitNodes reads the splits; without any the whole folder's pictures are meant.
func (y *yoloLayout) splitNodes(name string, splits [][2]*yaml.Node) error {
	for _, s := range splits {
		if err := y.splitNode(name, s[0].Value, s[1]); err != nil {
			return err
		}
	}
	switch {
	case len(splits) == 0:
		return y.walk(".", "")
	case len(y.pictures) == 0:
		return fmt.Errorf("%s, line %d: there is no picture in any of the splits: put them there, or correct the paths", name, splits[0][0].Line)
	}
	return nil
}

// splitNode reads where the pictures of a split are: one path or several.
func (y *yoloLayout) splitNode(name, split string, n *yaml.Node) error {
	given := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		given = n.Content
	}
	for _, g := range given {
		where := fmt.Sprintf("%s, line %d", name, g.Line)
		if g.Kind != yaml.ScalarNode {
			return fmt.Errorf("%s: %s should be a path or a list of paths", where, split)
		}
		if g.Value == "" || g.Tag == "!!null" {
			continue
		}
		if err := y.split(split, g.Value, where); err != nil {
			return err
		}
	}
	return nil
}

// yaml reads a small file of one mapping.
func (y *yoloLayout) yaml(name string) (*yaml.Node, error) {
	file, err := y.in.FS.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read from
	text, err := io.ReadAll(io.LimitReader(utf8Text(file), longestLine+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > longestLine {
		return nil, fmt.Errorf("%s is larger than %d MiB: it is no description of a data set", name, longestLine>>20)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: this is no YAML: %w", name, err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: it should have lines like \"names: [fish, shark]\"", name)
	}
	return doc.Content[0], nil
}

// names are a list, numbers with names, or the name of a file of them.
func (y *yoloLayout) names(n *yaml.Node) error {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, one := range n.Content {
			if one.Kind != yaml.ScalarNode {
				return fmt.Errorf("class %d is no text", len(y.classes))
			}
			if err := y.class(one.Value); err != nil {
				return err
			}
		}
		return nil
	case yaml.MappingNode:
		byNumber := map[int]string{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			number, err := strconv.Atoi(n.Content[i].Value)
			if err != nil || n.Content[i+1].Kind != yaml.ScalarNode {
				return fmt.Errorf("%.40q should be a number from 0 with a name", n.Content[i].Value)
			}
			byNumber[number] = n.Content[i+1].Value
		}
		for i := range len(byNumber) {
			name, there := byNumber[i]
			if !there {
				return fmt.Errorf("there are %d classes but none has the number %d: number them from 0 without gaps", len(byNumber), i)
			}
			if err := y.class(name); err != nil {
				return err
			}
		}
		return nil
	case yaml.ScalarNode:
		if at, there := y.locate(n.Value); there && at != "" {
			return y.namesFile(at)
		}
		return fmt.Errorf("there is no file %.80q of names: write names: [fish, shark]", n.Value)
	}
	return errors.New("names should be a list: names: [fish, shark]")
}

// count compares nc with the names, and stands for them where there are none.
func (y *yoloLayout) count(nc *yaml.Node) error {
	if nc == nil {
		y.unnamed = len(y.classes) == 0
		return nil
	}
	n, err := strconv.Atoi(nc.Value)
	if err != nil || n < 0 || n > mostClasses {
		return fmt.Errorf("nc is %.40q: it should be the number of classes", nc.Value)
	}
	if len(y.classes) > 0 && len(y.classes) != n {
		return fmt.Errorf("nc is %d but there are %d names: correct one of them", n, len(y.classes))
	}
	for len(y.classes) < n {
		if err := y.class(strconv.Itoa(len(y.classes))); err != nil {
			return err
		}
	}
	return nil
}

// shape reads kpt_shape, [points, numbers a point].
func (y *yoloLayout) shape(text string) error {
	if text == "" {
		return nil
	}
	var shape []int
	if err := json.Unmarshal([]byte(text), &shape); err != nil || len(shape) != 2 ||
		shape[0] < 1 || shape[0] > 10_000 || shape[1] != 2 && shape[1] != 3 {
		return fmt.Errorf("kpt_shape is %.40s: it should be [points, 2] or [points, 3]", text)
	}
	y.keypoints = shape[0] * shape[1]
	return nil
}

// classified finds the pictures of a folder of classification.
func (y *yoloLayout) classified() error {
	for _, dir := range []string{"train", "val", "valid", "test"} {
		if exists(y.in.FS, dir) {
			if err := y.walk(dir, ""); err != nil {
				return err
			}
		}
	}
	for _, p := range y.pictures {
		if _, _, ok := classFolder(p.name); !ok {
			return fmt.Errorf("%s lies in no folder of a class: put it into train/CLASS", p.name)
		}
	}
	return nil
}

// plainJSON is an entry of data.yaml as JSON. Keys become texts.
func plainJSON(n *yaml.Node) (string, error) {
	var v any
	if err := n.Decode(&v); err != nil {
		return "", err
	}
	out, err := json.Marshal(plainValue(v))
	return string(out), err
}

func plainValue(v any) any {
	switch v := v.(type) {
	case map[any]any:
		out := map[string]any{}
		for key, value := range v {
			out[fmt.Sprint(key)] = plainValue(value)
		}
		return out
	case map[string]any:
		for key, value := range v {
			v[key] = plainValue(value)
		}
	case []any:
		for i, value := range v {
			v[i] = plainValue(value)
		}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strings.TrimPrefix(fmt.Sprint(v), "+")
		}
	}
	return v
}
