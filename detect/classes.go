package detect

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"requin/taxon"
)

// mostClasses bounds what a file may claim; Objects365, Open Images and LVIS stay below.
const mostClasses = 20000

// parseNames reads the class names that exporters leave in a file's metadata: a
// Python or JSON dict from number to name ({0: 'fish', 1: "king's crab"}), a list
// (['fish', 'crab']), or one name a line. A number that a dict leaves out is
// nameless.
func parseNames(text string) ([]string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errors.New("no names")
	}
	if text[0] != '{' && text[0] != '[' && text[0] != '(' {
		var names []string
		for line := range strings.Lines(text) {
			names = append(names, strings.TrimSpace(line))
		}
		if len(names) > mostClasses {
			return nil, fmt.Errorf("more than %d names", mostClasses)
		}
		return names, nil
	}
	l := literal{text: text[1:]}
	var names []string
	for l.more() {
		at := len(names)
		if text[0] == '{' {
			key, err := l.scalar()
			if err != nil {
				return nil, err
			}
			if at, err = strconv.Atoi(key); err != nil || at < 0 || at >= mostClasses {
				return nil, fmt.Errorf("class number %.40q", key)
			}
			if !l.take(':') {
				return nil, fmt.Errorf("class %d: no colon after the number", at)
			}
		}
		name, err := l.scalar()
		if err != nil {
			return nil, err
		}
		for len(names) <= at {
			names = append(names, nameless)
		}
		if len(names) > mostClasses {
			return nil, fmt.Errorf("more than %d names", mostClasses)
		}
		names[at] = strings.TrimSpace(name)
		if !l.take(',') {
			break
		}
	}
	closing := map[byte]byte{'{': '}', '[': ']', '(': ')'}[text[0]]
	if !l.take(closing) || strings.TrimSpace(l.text) != "" {
		return nil, fmt.Errorf("%.40q is neither a list nor a dict of names", text)
	}
	return names, nil
}

// literal reads the scalars of a Python or JSON literal, from the front.
type literal struct{ text string }

func (l *literal) more() bool {
	l.text = strings.TrimSpace(l.text)
	return l.text != "" && !strings.ContainsRune("}])", rune(l.text[0]))
}

func (l *literal) take(c byte) bool {
	l.text = strings.TrimSpace(l.text)
	if l.text == "" || l.text[0] != c {
		return false
	}
	l.text = l.text[1:]
	return true
}

// scalar is a quoted string with its escapes, or a bare word or number.
func (l *literal) scalar() (string, error) {
	l.text = strings.TrimSpace(l.text)
	if l.text == "" {
		return "", errors.New("the names end too early")
	}
	quote := l.text[0]
	if quote != '\'' && quote != '"' {
		n := strings.IndexAny(l.text, ",:}])")
		if n < 0 {
			n = len(l.text)
		}
		word := strings.TrimSpace(l.text[:n])
		l.text = l.text[n:]
		if word == "" {
			return "", errors.New("an empty name")
		}
		return word, nil
	}
	var b strings.Builder
	rest := l.text[1:]
	for rest != "" {
		if rest[0] == quote {
			l.text = rest[1:]
			return b.String(), nil
		}
		if rest[0] == '\\' {
			r, _, tail, err := strconv.UnquoteChar(rest, quote)
			if err != nil {
				return "", fmt.Errorf("a broken escape at %.10q", rest)
			}
			b.WriteRune(r)
			rest = tail
			continue
		}
		b.WriteByte(rest[0])
		rest = rest[1:]
	}
	return "", errors.New("a quote that does not end")
}

// metadataNames are the names that a file's metadata gives its classes, and the key
// that they were under; none is no error.
func metadataNames(metadata map[string]string) (names []string, key string, err error) {
	for _, key := range []string{"requin.classes", "names", "classes", "class_names"} {
		text, ok := metadata[key]
		if !ok {
			continue
		}
		if key == "requin.classes" {
			err = json.Unmarshal([]byte(text), &names)
		} else {
			names, err = parseNames(text)
		}
		if err == nil && len(names) == 0 {
			err = errors.New("no names")
		}
		if err != nil {
			return nil, "", fmt.Errorf("its metadata %q cannot be read (%w): export it again, or correct it", key, err)
		}
		return names, key, nil
	}
	return nil, "", nil
}

// isNameless tells a column that stands for no animal.
func isNameless(name string) bool {
	switch taxon.Fold(name) {
	case nameless, "n/a", "background", "bg", "no object":
		return true
	}
	return false
}

// settle decides what a network's classes are called: what the metadata says if it
// fits, else COCO where the number of classes is COCO's, else numbers. Count 0 is
// not known from the shapes. Counted from 1, class 0 being the background, where
// fromOne. How the names were found is said in words.
func settle(named []string, key string, count int, fromOne bool) (names []string, from string, err error) {
	if named != nil && fromOne && !isNameless(named[0]) {
		named = append([]string{nameless}, named...)
	}
	switch {
	case named != nil && (count == 0 || count == len(named)):
		return named, "metadata " + key, nil
	case named != nil:
		return nil, "", fmt.Errorf("its metadata %q names %d classes, but its outputs hold %d: export it again, or correct it", key, len(named), count)
	case count == 80 && !fromOne:
		return coco80(), "80 classes are taken for COCO's", nil
	case count == 91:
		return coco91(), "91 classes are taken for COCO's own numbers", nil
	case count == 1:
		return []string{"object"}, "not named; there is one", nil
	case count == 0:
		count, from = 91, "neither named nor counted in the file: they go by number, up to 90"
	default:
		from = "not named in the file: they go by number"
	}
	for i := range count {
		names = append(names, fmt.Sprintf("class %d", i))
	}
	if fromOne {
		names[0] = nameless
	}
	return names, from, nil
}
