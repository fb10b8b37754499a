package taxon

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// largest is the size above which a file of taxa cannot be meant.
const largest = 1 << 20

// ParseFile reads a file of taxa (--taxa), in the order in which they are
// reported:
//
//	taxa:
//	  - name: Carcharhinus amblyrhynchos   # needed; all else may be left out
//	    common: grey reef shark
//	    caab: "37018030"                   # 8 digits
//	    aphia_id: 217337
//	    classes: [grey_reef, "grey reef shark", 4]  # the model's classes that mean it, by name or number
//	    threshold: 0.45                    # least score that counts; the model's where left out
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
	var file struct {
		Taxa List `yaml:"taxa"`
	}
	tree, err := parse(text)
	if err != nil {
		return nil, err
	}
	if err := decode(text, &file); err != nil {
		return nil, err
	}
	if len(file.Taxa) == 0 {
		return nil, errors.New(`there are no taxa: write "taxa:" and below it a line "  - name: ..." for each`)
	}
	names := map[string]bool{}
	for i := range file.Taxa {
		if err := file.Taxa[i].check(names); err != nil {
			return nil, at(tree, i, err)
		}
	}
	if _, err := file.Taxa.Claims(); err != nil {
		var claim *ClaimError
		if errors.As(err, &claim) {
			return nil, at(tree, claim.Index, err)
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

// parse and decode turn the library's panics, should it have any left, into
// errors: the file is the user's.
func parse(text []byte) (tree *ast.File, err error) {
	defer recovered(&err)
	tree, err = parser.ParseBytes(text, 0)
	if err != nil {
		return nil, tidy(err)
	}
	if len(tree.Docs) > 1 {
		return nil, errors.New("there are several documents in the file (a line of ---): keep one")
	}
	return tree, nil
}

func decode(text []byte, into any) (err error) {
	defer recovered(&err)
	if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil && err != io.EOF {
		return tidy(err)
	}
	return nil
}

func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the YAML cannot be read: %v", p)
	}
}

// tidy puts the library's message on one line: "line 3: unknown field ...".
func tidy(err error) error {
	var located yaml.Error
	if errors.As(err, &located) && located.GetToken() != nil && located.GetToken().Position != nil {
		return fmt.Errorf("line %d: %s", located.GetToken().Position.Line, located.GetMessage())
	}
	return err
}

// at puts the line of the i-th taxon before an error.
func at(tree *ast.File, i int, err error) error {
	path, bad := yaml.PathString(fmt.Sprintf("$.taxa[%d]", i))
	if bad != nil {
		return err
	}
	node, bad := path.FilterFile(tree)
	if bad != nil || node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return fmt.Errorf("taxon %d: %w", i+1, err)
	}
	return fmt.Errorf("line %d: %w", firstLine(node), err)
}

// firstLine is where an entry begins: the token of a mapping is its first colon.
func firstLine(node ast.Node) int {
	line := node.GetToken().Position.Line
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		line = m.Values[0].Key.GetToken().Position.Line
	}
	return line
}
