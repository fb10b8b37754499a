package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

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
