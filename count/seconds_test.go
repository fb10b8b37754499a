package count_test

import (
	"encoding/json"
	"testing"
	"time"

	"requin/count"
)

func TestSeconds(t *testing.T) {
	for _, c := range []struct {
		s          count.Seconds
		json, six  string
		whole, one string
	}{
		{0, "0.000", "0.000000", "0", "0.0"},
		{count.Seconds(751 * time.Second), "751.000", "751.000000", "751", "751.0"},
		{33366667, "0.033366667", "0.033367", "0", "0.0"},
		{-1500 * 1e6, "-1.500", "-1.500000", "-2", "-1.5"},
		{-1, "-0.000000001", "0.000000", "0", "0.0"},
		{count.Seconds(100*time.Hour + 1), "360000.000000001", "360000.000000", "360000", "360000.0"},
		{999999999, "0.999999999", "1.000000", "1", "1.0"},
	} {
		if text, _ := json.Marshal(c.s); string(text) != c.json {
			t.Errorf("JSON of %d ns is %s, want %s", c.s, text, c.json)
		}
		if c.s.Text(6) != c.six || c.s.Text(0) != c.whole || c.s.Text(1) != c.one {
			t.Errorf("%d ns: %s, %s, %s", c.s, c.s.Text(6), c.s.Text(0), c.s.Text(1))
		}
	}
}

func FuzzSeconds(f *testing.F) {
	for _, s := range []string{"0.000", "-12.5", "1e3", "null", "3600.000000001", `"1s"`, "1m", "99999999999", "1e300", "-1E-9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s, back count.Seconds
		if json.Unmarshal([]byte(text), &s) != nil {
			return
		}
		out, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &back); err != nil || back != s {
			t.Errorf("%q is read as %d, written %s and read as %d (%v)", text, s, out, back, err)
		}
	})
}
