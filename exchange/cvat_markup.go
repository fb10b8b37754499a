package exchange

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// deepest is how many elements of XML may lie in one another.
const deepest = 64

// markup is an XML element without its name space: <name attr="value">text<kid/></name>.
type markup struct {
	name string
	attr []xml.Attr
	text string // its own, without the spaces around
	kids []*markup
	line int
}

// markupReader reads XML token by token. Comments and instructions are passed over.
type markupReader struct {
	name  string // of the file
	dec   *xml.Decoder
	limit *metered
}

func newMarkupReader(name string, r io.Reader) *markupReader {
	m := &markupReader{name: name, limit: &metered{r: utf8Text(r)}}
	m.dec = xml.NewDecoder(m.limit)
	// The text is UTF-8 by now, whatever the declaration says.
	m.dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return m
}

// next gives the next start or end of an element, or text; io.EOF after the last.
func (m *markupReader) next() (xml.Token, error) {
	for {
		m.limit.upTo = m.dec.InputOffset() + longestElement
		token, err := m.dec.Token()
		if err == io.EOF {
			return nil, err
		}
		var syntax *xml.SyntaxError
		switch {
		case errors.As(err, &syntax):
			return nil, fmt.Errorf("%s, line %d: this is no XML: %s", m.name, syntax.Line, syntax.Msg)
		case err != nil:
			return nil, m.wrong(m.line(), err)
		}
		switch token.(type) {
		case xml.StartElement, xml.EndElement, xml.CharData:
			return token, nil
		}
	}
}

func (m *markupReader) line() int {
	line, _ := m.dec.InputPos()
	return line
}

func (m *markupReader) wrong(line int, err error) error {
	return fmt.Errorf("%s, line %d: %w", m.name, line, err)
}

// start is the head of an element: its name and attributes.
func (m *markupReader) start(s xml.StartElement) *markup {
	out := &markup{name: s.Name.Local, line: m.line()}
	for _, a := range s.Attr {
		if a.Name.Space == "" && a.Name.Local != "xmlns" {
			out.attr = append(out.attr, a)
		}
	}
	return out
}

// element reads the rest of an element that has begun.
func (m *markupReader) element(s xml.StartElement) (*markup, error) {
	begin := m.dec.InputOffset()
	return m.inside(s, 1, begin)
}

func (m *markupReader) inside(s xml.StartElement, depth int, begin int64) (*markup, error) {
	out := m.start(s)
	if depth > deepest {
		return nil, m.wrong(out.line, fmt.Errorf("more than %d elements lie in one another", deepest))
	}
	var text strings.Builder
	for {
		token, err := m.next()
		if err == io.EOF {
			err = fmt.Errorf("%s ends inside <%s>: copy or export it again", m.name, out.name)
		}
		if err == nil && m.dec.InputOffset()-begin > longestElement {
			err = m.wrong(out.line, fmt.Errorf("one element is longer than %d MiB: this is no file of annotations", longestElement>>20))
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			kid, err := m.inside(t, depth+1, begin)
			if err != nil {
				return nil, err
			}
			out.kids = append(out.kids, kid)
		case xml.EndElement:
			out.text = strings.TrimSpace(text.String())
			return out, nil
		}
	}
}

func (m *markup) get(name string) (string, bool) {
	for _, a := range m.attr {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// value is an attribute, "" where there is none.
func (m *markup) value(name string) string {
	v, _ := m.get(name)
	return v
}

// child is the first of this name, nil if none.
func (m *markup) child(name string) *markup {
	for _, k := range m.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// says is the text of the first child of this name.
func (m *markup) says(name string) string {
	if k := m.child(name); k != nil {
		return k.text
	}
	return ""
}

// number is an attribute as a finite number.
func (m *markup) number(name string) (float64, error) {
	text, there := m.get(name)
	if !there {
		return 0, fmt.Errorf("<%s> has no %s: add it", m.name, name)
	}
	return xmlNumber(name, text)
}

func xmlNumber(name, text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !finite(v) || math.Abs(v) > 1<<40 {
		return 0, fmt.Errorf("%s is %.40q: it should be a number of pixels", name, text)
	}
	return v, nil
}

// whole is an attribute as a whole number from 0; 0 where there is none.
func (m *markup) whole(name string) (int, error) {
	text := strings.TrimSpace(m.value(name))
	if text == "" {
		return 0, nil
	}
	v, err := strconv.ParseInt(text, 10, 32)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("%s is %.40q: it should be a whole number from 0", name, text)
	}
	return int(v), nil
}

// yes reads a text as yes or no; false where there is none.
func yes(name, text string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "", "0", "false", "no", "unspecified":
		return false, nil
	case "1", "true", "yes":
		return true, nil
	}
	return false, fmt.Errorf("%s is %.40q: it should be 0 or 1", name, text)
}

// String is the element as XML in one line (but for line ends in texts).
func (m *markup) String() string {
	var b strings.Builder
	m.write(&b)
	return b.String()
}

// inner is what lies inside.
func (m *markup) inner() string {
	var b strings.Builder
	b.WriteString(xmlText(m.text))
	for _, k := range m.kids {
		k.write(&b)
	}
	return b.String()
}

func (m *markup) write(b *strings.Builder) {
	b.WriteString("<" + m.name)
	for _, a := range m.attr {
		b.WriteString(" " + a.Name.Local + `="` + xmlText(a.Value) + `"`)
	}
	if m.text == "" && len(m.kids) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">" + m.inner() + "</" + m.name + ">")
}

// xmlText escapes a text for an element or an attribute; what XML cannot say becomes U+FFFD.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder does not fail
	return b.String()
}

// xmlCan tells whether XML can say a text.
func xmlCan(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
	}) < 0
}

// parseMarkups reads elements beside one another, as an Extra holds them.
func parseMarkups(field, text string) ([]*markup, error) {
	m := newMarkupReader("the field "+field, strings.NewReader(text))
	var out []*markup
	for {
		token, err := m.next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if s, ok := token.(xml.StartElement); ok {
			e, err := m.element(s)
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
	}
}

// keep puts an element that a format alone understands into Extra: as its text
// where it is no more than that, else as XML. Several of one name are put beside one another, as XML.
func keep(extra annotate.Extra, prefix string, same []*markup) {
	e := same[0]
	if len(same) == 1 && len(e.kids) == 0 && len(e.attr) == 0 && !strings.HasPrefix(e.text, "<") {
		extra[prefix+e.name] = e.text
		return
	}
	var b strings.Builder
	for _, s := range same {
		s.write(&b)
	}
	extra[prefix+e.name] = b.String()
}

// keepRest keeps every child that is not in known.
func (m *markup) keepRest(extra annotate.Extra, prefix string, known ...string) {
	same := map[string][]*markup{}
	for _, k := range m.kids {
		if !slices.Contains(known, k.name) {
			same[k.name] = append(same[k.name], k)
		}
	}
	for _, elements := range same {
		keep(extra, prefix, elements)
	}
}

// kept is the XML of a field that keep put into Extra.
func kept(field, name, value string) (string, error) {
	if !strings.HasPrefix(value, "<") {
		return "<" + name + ">" + xmlText(value) + "</" + name + ">", nil
	}
	elements, err := parseMarkups(field, value)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, e := range elements {
		e.write(&b)
	}
	return b.String(), nil
}

// some is an Extra, nil where it is empty.
func some(extra annotate.Extra) annotate.Extra {
	if len(extra) == 0 {
		return nil
	}
	return extra
}

type (
	xmlStart = xml.StartElement
	xmlEnd   = xml.EndElement
)

// rest reads to the end of the file: what follows the first element must be XML too.
func (m *markupReader) rest() error {
	for {
		token, err := m.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if s, ok := token.(xmlStart); ok {
			return m.wrong(m.line(), fmt.Errorf("<%s> follows after the end of the data: one file holds one element", s.Name.Local))
		}
	}
}
