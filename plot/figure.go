package plot

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Figure is a drawing that leaves its page: an element tree whose every element has its style, in light colours.
type Figure struct {
	root *node
	W, H float64 // in pixels of its own picture
}

// node is an element.
type node struct {
	name     string
	attrs    []xml.Attr
	classes  []string
	text     string
	children []*node
	style    map[string]string
}

func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// number is an attribute that is one; 0 where it is not there.
func (n *node) number(name string) float64 {
	v, _ := strconv.ParseFloat(n.attr(name), 64)
	return v
}

// NewFigure takes a drawing of this package out of its page. css are the style sheets that the page has, with the colours
// --paper, --ink, --soft and --rule; defs, which may be empty, holds patterns that the drawing fills with.
func NewFigure(svg, defs template.HTML, css ...string) (Figure, error) {
	root, err := parse(string(svg))
	if err != nil {
		return Figure{}, err
	}
	if root == nil || root.name != "svg" {
		return Figure{}, errors.New("a figure begins with <svg>")
	}
	if defs != "" {
		above, err := parse(string(defs))
		if err != nil {
			return Figure{}, err
		}
		if i := slices.IndexFunc(above.children, func(n *node) bool { return n.name == "defs" }); i >= 0 && strings.Contains(string(svg), "gap") {
			root.children = append([]*node{above.children[i]}, root.children...)
		}
	}
	f := Figure{root: root}
	if _, err := fmt.Sscanf(root.attr("viewBox"), "0 0 %g %g", &f.W, &f.H); err != nil || !(f.W > 0 && f.H > 0) {
		return f, fmt.Errorf("a figure has a viewBox from 0 0, not %q", root.attr("viewBox"))
	}
	parseStyle(strings.Join(css, "\n")).resolve(root, nil, map[string]string{"fill": "#000000", "font-size": "12px"})
	return f, nil
}

// parse reads elements; the first one is the root.
func parse(text string) (root *node, err error) {
	d := xml.NewDecoder(strings.NewReader(text))
	var open []*node
	for {
		token, err := d.Token()
		if err == io.EOF {
			return root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("a figure that is not well-formed: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, attrs: slices.Clone(t.Attr)}
			n.classes = strings.Fields(n.attr("class"))
			if len(open) > 0 {
				open[len(open)-1].children = append(open[len(open)-1].children, n)
			} else if root == nil {
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			}
		}
	}
}

// fonts are those of a figure's text.
const fonts = `"Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif`

// SVG is the figure as a file by itself: colours and lines are in it, as rules of classes that every program reads (no variables), on
// white. The same figure gives the same bytes.
func (f Figure) SVG() []byte {
	var rules []string
	classOf := map[string]string{}
	var b strings.Builder
	f.root.write(&b, func(n *node) string {
		var list []string
		for _, name := range drawn {
			if value := n.style[name]; value != "" && value != "inherit" {
				list = append(list, name+":"+value)
			}
		}
		style := strings.Join(list, ";")
		if classOf[style] == "" {
			classOf[style] = fmt.Sprintf("s%d", len(rules))
			rules = append(rules, fmt.Sprintf(".s%d{%s}", len(rules), style))
		}
		return classOf[style]
	})
	body := b.String()
	body = body[strings.Index(body, ">")+1:]
	return []byte(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" font-family="%s" role="img">`,
		Num(f.W), Num(f.H), escape(fonts)) + "<style>" + escape(strings.Join(rules, "")) + `</style><rect width="100%" height="100%" fill="#ffffff"/>` + body + "\n")
}

// write writes an element and what lies in it; styled names the class of its style.
func (n *node) write(b *strings.Builder, styled func(*node) string) {
	b.WriteString("<" + n.name)
	for _, a := range n.attrs {
		if a.Name.Local != "class" && !slices.Contains(drawn, a.Name.Local) {
			b.WriteString(" " + a.Name.Local + `="` + escape(a.Value) + `"`)
		}
	}
	switch n.name {
	case "svg", "title", "desc", "defs", "pattern", "g":
	default:
		b.WriteString(` class="` + styled(n) + `"`)
	}
	b.WriteString(">")
	b.WriteString(escape(strings.TrimSpace(n.text)))
	for _, c := range n.children {
		c.write(b, styled)
	}
	b.WriteString("</" + n.name + ">")
}
