package cli

import (
	"errors"
	"strings"
	"testing"

	"requin/annotate"
)

// The flags that say which deployment something belongs to: what they name, and what is wrong with them.
func TestImportDeployment(t *testing.T) {
	media := annotate.Media{Name: "x/AB12_f0001.jpg"}
	for _, x := range []struct {
		flags  importFlags
		opcode string
		ok     bool
	}{{importFlags{opcode: "Z1"}, "Z1", true}, {importFlags{from: `([A-Z]+\d+)_`}, "AB12", true}, {importFlags{from: `(\d+)\.png`}, "", false}} {
		of, err := x.flags.deployment(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := of(media); got != x.opcode || ok != x.ok {
			t.Errorf("%+v: %q %v", x.flags, got, ok)
		}
	}
	if of, err := (importFlags{}).deployment(nil); of != nil || err != nil {
		t.Error("a rule where none was given")
	}
	records := func(yield func(annotate.Record, error) bool) { yield(media, nil) }
	for _, x := range []struct {
		flags importFlags
		want  string
	}{
		{importFlags{from: "("}, `--opcode-from "(" is no regular expression`},
		{importFlags{from: "abc"}, `--opcode-from "abc": put brackets around the part`},
		{importFlags{from: "(a)", opcode: "b"}, "exclude each other"},
		{importFlags{gap: 2}, "--opcode-gap needs --opcode-from"},
		{importFlags{gap: -1, from: "(a)"}, "--opcode-gap -1"},
		{importFlags{gap: 2, from: "([A-Z]+)"}, `--opcode-gap: of what --opcode-from found, "AB" does not end in a number: put its digits`},
	} {
		_, err := x.flags.deployment(records)
		var usage usageError
		if err == nil || !errors.As(err, &usage) || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%+v: %v, want a mistake of usage with %q", x.flags, err, x.want)
		}
	}
	broken := errors.New("broken")
	_, err := importFlags{from: `(\d+)`, gap: 4}.deployment(func(yield func(annotate.Record, error) bool) { yield(nil, broken) })
	var usage usageError
	if !errors.Is(err, broken) || errors.As(err, &usage) {
		t.Errorf("a file that cannot be read is no mistake of usage: %v", err)
	}
}
