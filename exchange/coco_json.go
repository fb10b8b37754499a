package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

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
		start := w.dec.InputOffset()
		if err := w.value(); err != nil {
			return err
		}
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

// jsonFields are an object's fields; what take has taken is gone.
type jsonFields map[string]json.RawMessage

func fieldsOf(raw json.RawMessage) (jsonFields, error) {
	var f jsonFields
	if err := json.Unmarshal(raw, &f); err != nil || f == nil {
		return nil, fmt.Errorf("%.40s: here should be an object {...}", raw)
	}
	return f, nil
}

// take gives a field and removes it; nil where it is absent or null.
func (f jsonFields) take(key string) json.RawMessage {
	raw := f[key]
	delete(f, key)
	if string(raw) == "null" {
		return nil
	}
	return raw
}

func (f jsonFields) text(key string) (string, error) {
	raw := f.take(key)
	if raw == nil {
		return "", nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", fmt.Errorf("%s is %.40s: it should be a text in quotes", key, raw)
	}
	return s, nil
}

// number is a field as a finite number, and whether there is one.
func (f jsonFields) number(key string) (float64, bool, error) {
	raw := f.take(key)
	if raw == nil {
		return 0, false, nil
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false, fmt.Errorf("%s is %.40s: it should be a number", key, raw)
	}
	return v, true, nil
}

// whole is a field as a whole number from 0, 0 where there is none.
func (f jsonFields) whole(key string) (int, error) {
	v, _, err := f.number(key)
	if err == nil && (v != math.Trunc(v) || v < 0 || v > math.MaxInt32) {
		err = fmt.Errorf("%s is %v: it should be a whole number from 0", key, v)
	}
	return int(v), err
}

// id is a field that names something: a whole number or a text; "" where there is none.
func (f jsonFields) id(key string) (string, error) {
	raw := string(f.take(key))
	switch {
	case raw == "":
		return "", nil
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal([]byte(raw), &s); err != nil || s == "" {
			return "", fmt.Errorf("%s is empty: give it a number", key)
		}
		return s, nil
	case isInteger(raw):
		return raw, nil
	}
	v, err := strconv.ParseFloat(raw, 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return "", fmt.Errorf("%s is %.40s: it should be a whole number or a text", key, raw)
	}
	return strconv.FormatInt(int64(v), 10), nil
}

// isInteger tells whether a text is a whole number written the usual way.
func isInteger(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == s
}

// flag is a field as yes or no: true, false, 1, 0.
func (f jsonFields) flag(key string) (bool, error) {
	switch raw := string(f.take(key)); raw {
	case "", "0", "false", "0.0":
		return false, nil
	case "1", "true", "1.0":
		return true, nil
	default:
		return false, fmt.Errorf("%s is %.40s: it should be 0 or 1", key, raw)
	}
}

// extra are the fields that are left, as JSON without needless spaces; nil where there are none.
func (f jsonFields) extra(prefix string) annotate.Extra {
	if len(f) == 0 {
		return nil
	}
	out := annotate.Extra{}
	for key, raw := range f {
		out[prefix+key] = compact(raw)
	}
	return out
}

// compact is a JSON value without needless spaces.
func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return string(raw)
	}
	return b.String()
}

// jsonObject writes an object's fields in the order in which they are added.
type jsonObject struct{ b strings.Builder }

func (o *jsonObject) raw(key, value string) {
	if o.b.Len() == 0 {
		o.b.WriteByte('{')
	} else {
		o.b.WriteByte(',')
	}
	o.b.WriteString(jsonText(key) + ":" + value)
}

func (o *jsonObject) text(key, value string)           { o.raw(key, jsonText(value)) }
func (o *jsonObject) whole(key string, value int)      { o.raw(key, strconv.Itoa(value)) }
func (o *jsonObject) number(key string, v float64)     { o.raw(key, decimal(v)) }
func (o *jsonObject) id(key, value string)             { o.raw(key, jsonID(value)) }
func (o *jsonObject) flag(key string, value bool)      { o.raw(key, strconv.FormatBool(value)) }
func (o *jsonObject) list(key string, values []string) { o.raw(key, "["+strings.Join(values, ",")+"]") }

func (o *jsonObject) String() string {
	if o.b.Len() == 0 {
		return "{}"
	}
	return o.b.String() + "}"
}

// extra adds the fields of a format's own in the order of their names. Those in skip are not for here.
func (o *jsonObject) extra(extra annotate.Extra, prefix string, skip ...string) error {
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		name, own := strings.CutPrefix(key, prefix)
		if !own || slices.Contains(skip, name) {
			continue
		}
		if !json.Valid([]byte(extra[key])) {
			return fmt.Errorf("the field %s holds %.40q: it should be JSON", key, extra[key])
		}
		o.raw(name, extra[key])
	}
	return nil
}

// jsonText is a text in quotes.
func jsonText(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a text can always be written
	return strings.TrimSuffix(b.String(), "\n")
}

// jsonID is an id as a number where it is one.
func jsonID(id string) string {
	if isInteger(id) {
		return id
	}
	return jsonText(id)
}

// decimal is a number in the fewest digits that read back the same.
func decimal(v float64) string {
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
