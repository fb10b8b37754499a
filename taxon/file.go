package taxon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// largest is the size above which a file of taxa cannot be meant.
const largest = 1 << 20

// ParseFile reads a file of taxa (--taxa), in the order in which they are reported:
//
//	taxa:
//	  - name: Carcharhinus amblyrhynchos   # needed; all else may be left out
//	    common: grey reef shark
//	    caab: "37018030"                   # 8 digits
//	    aphia_id: 217337
//	    classes: [grey_reef, "grey reef shark", 4]  # the model's classes that mean it, by name or number
//	    threshold: 0.45                    # least score that counts; the model's where left out
//	    overlaps: [Echeneis naucrates]     # taxa whose animals lie on its animals: never one animal under two names
//	  - name: Epinephelidae
//	    role: context                      # seen, but neither counted nor tested; studied where left out
//
// A taxon without classes means the class of its own or its common name. Names
// compare without regard to case, and underscores are spaces. An error names the
// line.
func ParseFile(r io.Reader) (List, error) {
	text, err := io.ReadAll(io.LimitReader(r, largest+1))
	if err != nil {
		return nil, err
	}
	if len(text) > largest {
		return nil, fmt.Errorf("a file of taxa of more than %d KB: is it another file?", largest>>10)
	}
	var tree yaml.Node // the same twice: for the lines, and strictly
	if err := decode(text, &tree, false); err != nil {
		return nil, err
	}
	var file struct {
		Taxa List `yaml:"taxa"`
	}
	if err := decode(text, &file, true); err != nil {
		return nil, err
	}
	if len(file.Taxa) == 0 {
		return nil, errors.New(`there are no taxa: write "taxa:" and below it a line "  - name: ..." for each`)
	}
	names := map[string]bool{}
	for i := range file.Taxa {
		if err := file.Taxa[i].check(names); err != nil {
			return nil, at(&tree, i, err)
		}
	}
	for i, t := range file.Taxa {
		if err := file.Taxa.known(t); err != nil {
			return nil, at(&tree, i, err)
		}
	}
	if _, err := file.Taxa.Claims(); err != nil {
		var claim *ClaimError
		if errors.As(err, &claim) {
			return nil, at(&tree, claim.Index, err)
		}
		return nil, err
	}
	return file.Taxa, nil
}

// check sees to one taxon, whose name must be new to names, and fills in its role.
func (t *Taxon) check(names map[string]bool) error {
	t.Name, t.Common = strings.TrimSpace(t.Name), strings.TrimSpace(t.Common)
	key := Fold(t.Name)
	switch {
	case key == "":
		return errors.New("a taxon without a name")
	case names[key]:
		return fmt.Errorf("%q is listed twice", t.Name)
	case t.Role != "" && t.Role != Studied && t.Role != Context:
		return fmt.Errorf("%q has the role %q: write studied or context", t.Name, t.Role)
	case math.IsNaN(t.Threshold) || t.Threshold < 0 || t.Threshold > 1:
		return fmt.Errorf("%q has the threshold %g: it must lie between 0 and 1", t.Name, t.Threshold)
	case t.AphiaID < 0:
		return fmt.Errorf("%q has the AphiaID %d: it must be positive", t.Name, t.AphiaID)
	case t.CAAB != "" && (len(t.CAAB) != 8 || strings.Trim(t.CAAB, "0123456789") != ""):
		return fmt.Errorf("%q has the CAAB code %q: it must have 8 digits", t.Name, t.CAAB)
	}
	for _, class := range t.Classes {
		if Fold(class) == "" {
			return fmt.Errorf("%q has a class without a name", t.Name)
		}
	}
	names[key] = true
	if t.Role == "" {
		t.Role = Studied
	}
	return nil
}

// known sees to it that the taxa that a taxon overlaps are in the list.
func (l List) known(t Taxon) error {
	for _, o := range t.Overlaps {
		i := slices.IndexFunc(l, func(other Taxon) bool { return other.is(o) })
		switch {
		case i < 0:
			return fmt.Errorf("%q overlaps %q, which is none of the taxa: write the name or common name of one", t.Name, o)
		case l[i].Name == t.Name:
			return fmt.Errorf("%q overlaps itself: two boxes of one taxon that lie on one another are always one animal; take it out", t.Name)
		}
	}
	return nil
}

// decode reads the one document of a file.
func decode(text []byte, into any, strict bool) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(strict)
	if err := decoder.Decode(into); err == io.EOF {
		return nil
	} else if err != nil {
		return tidy(err)
	}
	if err := decoder.Decode(new(yaml.Node)); err == nil {
		return errors.New("there are several documents in the file (a line of ---): keep one")
	} else if err != io.EOF {
		return tidy(err)
	}
	return nil
}

// tidy takes the library's prefix and the names of Go types out of a message: "line
// 3: field treshold is not known".
func tidy(err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var lines []string
	for _, line := range wrong.Errors {
		if before, _, ok := strings.Cut(line, " not found in type "); ok {
			line = before + " is not known"
		}
		line, _, _ = strings.Cut(line, " into struct ")
		lines = append(lines, line)
	}
	return errors.New(strings.Join(lines, "; "))
}

// at puts the line of the i-th taxon before an error.
func at(tree *yaml.Node, i int, err error) error {
	if line := lineOf(tree, i); line > 0 {
		return fmt.Errorf("line %d: %w", line, err)
	}
	return fmt.Errorf("taxon %d: %w", i+1, err)
}

func lineOf(tree *yaml.Node, i int) int {
	if len(tree.Content) == 0 {
		return 0
	}
	top := tree.Content[0].Content // keys and values in turn
	for k := 0; k+1 < len(top); k += 2 {
		if top[k].Value == "taxa" && i < len(top[k+1].Content) {
			return top[k+1].Content[i].Line
		}
	}
	return 0
}
