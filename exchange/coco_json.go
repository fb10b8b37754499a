package exchange

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"requin/annotate"
)

// longestElement is what no picture, annotation or shape of a file exceeds, in bytes: more of it is never held.
const longestElement = 64 << 20

var errStopped = errors.New("the reader of the stream has had enough")

// streamOf makes a stream of a function that reads from the start and hands on
// record by record. The function gives back what emit gave it.
func streamOf(read func(emit func(annotate.Record) error) error) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		err := read(func(r annotate.Record) error {
			if !yield(r, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

// metered lets a decoder read only so far beyond what it has used up.
type metered struct {
	r          io.Reader
	read, upTo int64
}

func (m *metered) Read(p []byte) (int, error) {
	if m.read > m.upTo {
		return 0, fmt.Errorf("one element is longer than %d MiB: this is no file of annotations", longestElement>>20)
	}
	n, err := m.r.Read(p)
	m.read += int64(n)
	return n, err
}

// jsonElement is a field's value of the object a file holds, or an element of an
// array there: {"info": value, "images": [element, element]} or [element, element].
type jsonElement struct {
	key   string // "images"; "" in a file that is an array
	item  bool   // an element of an array
	raw   json.RawMessage
	start int64 // where it begins, in bytes of the UTF-8 text
}

// jsonElements reads a file element by element. raw is overwritten by the next one.
func jsonElements(in Input) iter.Seq2[jsonElement, error] {
	return func(yield func(jsonElement, error) bool) {
		file, err := in.open()
		if err != nil {
			yield(jsonElement{}, err)
			return
		}
		defer file.Close() // only read from
		w := &jsonWalk{limit: &metered{r: utf8Text(file)}, yield: yield}
		w.dec = json.NewDecoder(w.limit)
		w.dec.UseNumber()
		if err := w.file(); err != nil && !errors.Is(err, errStopped) {
			at := w.dec.InputOffset()
			var syntax *json.SyntaxError
			switch {
			case errors.As(err, &syntax):
				at = max(at, syntax.Offset)
			case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
				err = errors.New("the file ends in the middle: copy or export it again")
			}
			yield(jsonElement{}, in.jsonError(at, err))
		}
	}
}

// elements calls visit for every element of a file. An error of visit gets the place of its element.
func (in Input) elements(visit func(jsonElement) error) error {
	for e, err := range jsonElements(in) {
		if err != nil {
			return err
		}
		if err := visit(e); errors.Is(err, errStopped) {
			return err
		} else if err != nil {
			return in.jsonError(e.start, fmt.Errorf("%s: %w", e.what(), err))
		}
	}
	return nil
}

// what names an element for people: "annotations" holds annotations.
func (e jsonElement) what() string {
	switch {
	case e.key == "":
		return "the element that begins here"
	case e.item:
		return "the element of " + e.key + " that begins here"
	}
	return e.key
}

type jsonWalk struct {
	dec   *json.Decoder
	limit *metered
	yield func(jsonElement, error) bool
	raw   json.RawMessage
}

func (w *jsonWalk) token() (json.Token, error) {
	w.limit.upTo = w.dec.InputOffset() + longestElement
	return w.dec.Token()
}

func (w *jsonWalk) value() error {
	w.limit.upTo = w.dec.InputOffset() + longestElement
	return w.dec.Decode(&w.raw)
}

func (w *jsonWalk) give(e jsonElement) error {
	if !w.yield(e, nil) {
		return errStopped
	}
	return nil
}

func (w *jsonWalk) file() error {
	first, err := w.token()
	switch {
	case err != nil:
		return err
	case first == json.Delim('['):
		err = w.array("")
	case first == json.Delim('{'):
		err = w.object()
	default:
		err = errors.New("the file should be an object {...} or an array [...]")
	}
	if err != nil {
		return err
	}
	if _, err := w.token(); err == nil {
		return errors.New("something follows after the end of the data")
	} else if err != io.EOF {
		return err
	}
	return nil
}

func (w *jsonWalk) array(key string) error {
	for w.dec.More() {
		if err := w.value(); err != nil {
			return err
		}
		start := w.dec.InputOffset() - int64(len(w.raw))
		if err := w.give(jsonElement{key, true, w.raw, start}); err != nil {
			return err
		}
	}
	_, err := w.token()
	return err
}

func (w *jsonWalk) object() error {
	for w.dec.More() {
		name, err := w.token()
		if err != nil {
			return err
		}
		key, _ := name.(string) // a decoder takes nothing else for a key
		if key == "" {
			return errors.New("a field of the file has no name: give it one")
		}
		start := w.dec.InputOffset()
		value, err := w.token()
		if err != nil {
			return err
		}
		switch value {
		case json.Delim('['):
			err = w.array(key)
		case json.Delim('{'):
			var whole jsonObject
			for err == nil && w.dec.More() {
				if name, err = w.token(); err == nil {
					err = w.value()
					inner, _ := name.(string)
					whole.raw(inner, string(w.raw))
				}
			}
			if err == nil {
				_, err = w.token()
			}
			if err == nil {
				err = w.give(jsonElement{key, false, json.RawMessage(whole.String()), start})
			}
		default:
			scalar, _ := json.Marshal(value) // a token that was just read
			err = w.give(jsonElement{key, false, scalar, start})
		}
		if err != nil {
			return err
		}
	}
	_, err := w.token()
	return err
}

// jsonError is an error at a byte of the file's text: it finds out the line, which nothing else needs.
func (in Input) jsonError(offset int64, err error) error {
	line, column := 1, int64(1)
	if file, openErr := in.open(); openErr == nil {
		defer file.Close()
		text := bufio.NewReader(io.LimitReader(utf8Text(file), offset))
		for {
			b, readErr := text.ReadByte()
			if readErr != nil {
				break
			}
			if column++; b == '\n' {
				line, column = line+1, 1
			}
		}
	}
	return fmt.Errorf("%s, line %d, column %d: %w", in.Name, line, column, err)
}
