package plot

import (
	"cmp"
	"slices"
	"strings"
)

// sheet is a style sheet as far as drawings need it: rules of elements, classes and descendants, and variables. What stands under
// a condition (dark, print) and what has another kind of selector is left out: a drawing that leaves its page is drawn light.
type sheet []rule

type rule struct {
	path   []compound // the last is the element itself, the others are above it
	weight int        // classes, then elements
	style  map[string]string
}

// compound is an element's name, or none, and classes that it has all.
type compound struct {
	name    string
	classes []string
}

// parseStyle reads style sheets.
func parseStyle(text string) (out sheet) {
	for {
		from := strings.Index(text, "/*")
		if from < 0 {
			break
		}
		length := strings.Index(text[from:], "*/")
		if length < 0 {
			text = text[:from]
			break
		}
		text = text[:from] + text[from+length+2:]
	}
	for text != "" {
		head, rest, ok := strings.Cut(text, "{")
		if !ok {
			break
		}
		head = strings.TrimSpace(head)
		if strings.HasPrefix(head, "@") {
			text = afterBlock(rest)
			continue
		}
		body, after, _ := strings.Cut(rest, "}")
		text = after
		style := map[string]string{}
		for line := range strings.SplitSeq(body, ";") {
			if name, value, ok := strings.Cut(line, ":"); ok {
				style[strings.TrimSpace(name)] = strings.TrimSpace(value)
			}
		}
		for selector := range strings.SplitSeq(head, ",") {
			if r, ok := parseSelector(strings.TrimSpace(selector)); ok {
				r.style = style
				out = append(out, r)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b rule) int { return cmp.Compare(a.weight, b.weight) })
	return out
}

// afterBlock skips to the end of a block of blocks.
func afterBlock(text string) string {
	depth := 1
	for i, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return text[i+1:]
			}
		}
	}
	return ""
}

func parseSelector(text string) (r rule, ok bool) {
	if text == ":root" {
		return rule{path: []compound{{name: "svg"}}}, true
	}
	if text == "" || strings.ContainsAny(text, ":[>+~*#") {
		return r, false
	}
	for part := range strings.FieldsSeq(text) {
		name, classes, _ := strings.Cut(part, ".")
		c := compound{name: name}
		if classes != "" {
			c.classes = strings.Split(classes, ".")
		}
		r.path = append(r.path, c)
		r.weight += 100 * len(c.classes)
		if name != "" {
			r.weight++
		}
	}
	return r, true
}

func (c compound) is(n *node) bool {
	if c.name != "" && c.name != n.name {
		return false
	}
	for _, class := range c.classes {
		if !slices.Contains(n.classes, class) {
			return false
		}
	}
	return true
}

// meets tells whether a rule is of an element; above are those it lies in, the outermost first.
func (r rule) meets(n *node, above []*node) bool {
	last := len(r.path) - 1
	if !r.path[last].is(n) {
		return false
	}
	at := last - 1
	for _, a := range slices.Backward(above) {
		if at < 0 {
			break
		}
		if r.path[at].is(a) {
			at--
		}
	}
	return at < 0
}

// drawn are the properties that a drawing is made by, and which of them children have from their parents.
var (
	drawn = []string{"fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity",
		"text-anchor", "font-size", "font-weight", "paint-order"}
	inherited = []string{"fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linejoin",
		"text-anchor", "font-size", "font-weight", "paint-order"}
)

// resolve gives every element the style that it is drawn with.
func (s sheet) resolve(n *node, above []*node, from map[string]string) {
	n.style = map[string]string{}
	for name, value := range from {
		if strings.HasPrefix(name, "--") || slices.Contains(inherited, name) {
			n.style[name] = value
		}
	}
	for _, name := range drawn {
		if value := n.attr(name); value != "" {
			n.style[name] = value
		}
	}
	for _, r := range s {
		if r.meets(n, above) {
			for name, value := range r.style {
				n.style[name] = value
			}
		}
	}
	for name, value := range n.style {
		n.style[name] = substitute(value, n.style, 0)
	}
	for _, c := range n.children {
		s.resolve(c, append(above, n), n.style)
	}
}

// substitute puts in variables.
func substitute(value string, style map[string]string, deep int) string {
	name, ok := strings.CutPrefix(value, "var(")
	if !ok || deep > 8 {
		return value
	}
	return substitute(style[strings.TrimSuffix(name, ")")], style, deep+1)
}
