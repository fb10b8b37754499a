package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"requin/annotate"
)

// largestValue is what no single value of a JSON file exceeds: a track, an entry of an image.
const largestValue = 64 << 20

// jsonFile reads a JSON file member by member, so that no more than one value is held.
type jsonFile struct {
	what  string // "DIVE JSON tracks.json": begins every error
	in    Input
	dec   *json.Decoder
	limit *budget
}

func openJSON(what string, in Input, file io.Reader) *jsonFile {
	limit := &budget{utf8Text(file), largestValue}
	return &jsonFile{what + " " + in.Name, in, json.NewDecoder(limit), limit}
}

// members calls each for every member of the object that comes next; each reads the value.
func (j *jsonFile) members(each func(key string) error) error {
	if err := j.delim('{', "an object, {...}"); err != nil {
		return err
	}
	for j.dec.More() {
		j.limit.left = largestValue
		key, err := j.dec.Token()
		if err != nil {
			return j.broken(err)
		}
		if err := each(key.(string)); err != nil { // a key is always text
			return err
		}
	}
	return j.end()
}

// elements calls each for every element of the array that comes next; each reads it.
func (j *jsonFile) elements(each func(i int) error) error {
	if err := j.delim('[', "a list, [...]"); err != nil {
		return err
	}
	for i := 0; j.dec.More(); i++ {
		j.limit.left = largestValue
		if err := each(i); err != nil {
			return err
		}
	}
	return j.end()
}

func (j *jsonFile) delim(want json.Delim, what string) error {
	t, err := j.dec.Token()
	if err != nil {
		return j.broken(err)
	}
	if t != want {
		return j.errorf("here should be %s", what)
	}
	return nil
}

func (j *jsonFile) end() error {
	if _, err := j.dec.Token(); err != nil {
		return j.broken(err)
	}
	return nil
}

// over tells that nothing follows the value that the file is.
func (j *jsonFile) over() error {
	if _, err := j.dec.Token(); err == nil {
		return j.errorf("something follows the end of the file's one value")
	} else if err != io.EOF {
		return j.broken(err)
	}
	return nil
}

// value reads the value that comes next into v; numbers in interfaces stay text.
func (j *jsonFile) value(v any) error {
	var raw json.RawMessage
	if err := j.dec.Decode(&raw); err != nil {
		return j.broken(err)
	}
	if err := unmarshal(raw, v); err != nil {
		return j.broken(err)
	}
	return nil
}

// skip passes over the value that comes next, holding nothing of it.
func (j *jsonFile) skip() error {
	for depth := 0; ; {
		j.limit.left = largestValue
		t, err := j.dec.Token()
		if err != nil {
			return j.broken(err)
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// broken is an error of the decoder, with its place.
func (j *jsonFile) broken(err error) error {
	switch {
	case errors.Is(err, errTooLarge):
		return j.errorf("a value of more than %d bytes", largestValue)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return j.errorf("the file ends in the middle")
	}
	return j.errorf("%w", err)
}

// errorf is an error at the place that was read to; the file is gone through once more to find its line.
func (j *jsonFile) errorf(format string, args ...any) error {
	line, column := j.place()
	return fmt.Errorf("%s, near line %d, column %d: "+format, append([]any{j.what, line, column}, args...)...)
}

func (j *jsonFile) place() (line, column int) {
	line, column = 1, 1
	f, err := j.in.open()
	if err != nil {
		return line, column
	}
	defer f.Close()
	text, buf := io.LimitReader(utf8Text(f), j.dec.InputOffset()), make([]byte, 64<<10)
	for {
		n, err := text.Read(buf)
		line += bytes.Count(buf[:n], []byte("\n"))
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			column = n - i
		} else {
			column += n
		}
		if err != nil {
			return line, column
		}
	}
}

// unmarshal decodes strictly one value, with numbers in interfaces as text.
func unmarshal(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(v)
}

// attributesOf makes attributes of a JSON object, in the order of their names.
func attributesOf(members map[string]json.RawMessage) []annotate.Attribute {
	var out []annotate.Attribute
	for name, raw := range members {
		out = append(out, attributeOf(name, raw))
	}
	slices.SortFunc(out, func(a, b annotate.Attribute) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func attributeOf(name string, raw json.RawMessage) annotate.Attribute {
	a := annotate.Attribute{Name: name, Value: compact(raw), Type: annotate.JSON}
	switch {
	case raw[0] == '"':
		var text string
		if json.Unmarshal(raw, &text) == nil {
			a.Value, a.Type = text, annotate.Text
		}
	case raw[0] == 't' || raw[0] == 'f':
		a.Type = annotate.Boolean
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		a.Type = annotate.Number
	}
	return a
}

// jsonValue is attributeOf backwards; what is no such value is text.
func jsonValue(a annotate.Attribute) json.RawMessage {
	switch a.Type {
	case annotate.Number, annotate.Boolean, annotate.JSON:
		if json.Valid([]byte(a.Value)) {
			if back := attributeOf(a.Name, json.RawMessage(strings.TrimSpace(a.Value))); back.Type == a.Type {
				return json.RawMessage(a.Value)
			}
		}
	}
	return rawText(a.Value)
}

// members of an object, as they are written: in the order given.
type jsonMembers struct {
	b bytes.Buffer
}

func (o *jsonMembers) add(key string, value json.RawMessage) {
	if o.b.Len() > 0 {
		o.b.WriteByte(',')
	}
	o.b.Write(rawText(key))
	o.b.WriteByte(':')
	o.b.Write(value)
}

func (o *jsonMembers) object() json.RawMessage {
	return json.RawMessage("{" + o.b.String() + "}")
}

// unknownFields keeps the members that a reader has no use for, as "format.member".
func unknownFields(extra *annotate.Extra, format string, members map[string]json.RawMessage, known ...string) {
	for key, raw := range members {
		if !slices.Contains(known, key) {
			setExtra(extra, format+"."+key, compact(raw))
		}
	}
}

// addUnknown writes them again, except those that are written otherwise.
func (o *jsonMembers) addUnknown(extra annotate.Extra, format string, known ...string) {
	var keys []string
	for key := range extra {
		if name, own := strings.CutPrefix(key, format+"."); own && !slices.Contains(known, name) && json.Valid([]byte(extra[key])) {
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		o.add(key, json.RawMessage(extra[format+"."+key]))
	}
}

// rawText is a text as JSON.
func rawText(s string) json.RawMessage { return json.RawMessage(jsonText(s)) }
