package taxon

import (
	"reflect"
	"strings"
	"testing"
)

const example = `taxa:
  - name: Carcharhinus amblyrhynchos   # needed; all else may be left out
    common: grey reef shark
    caab: "37018030"
    aphia_id: 217337
    classes: [grey_reef, "grey reef shark", 4]
    threshold: 0.45
    overlaps: [Epinephelidae]
  - name: Epinephelidae
    role: context
`

func TestParseFile(t *testing.T) {
	got, err := ParseFile(strings.NewReader(example))
	if err != nil {
		t.Fatal(err)
	}
	want := List{
		{Name: "Carcharhinus amblyrhynchos", Common: "grey reef shark", CAAB: "37018030", AphiaID: 217337, Role: Studied,
			Classes: []string{"grey_reef", "grey reef shark", "4"}, Threshold: 0.45, Overlaps: []string{"Epinephelidae"}},
		{Name: "Epinephelidae", Role: Context},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	// A code without quotes is a number to YAML, and still a code.
	got, err = ParseFile(strings.NewReader("taxa: [{name: a, caab: 37018030}]"))
	if err != nil || got[0].CAAB != "37018030" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestParseFileErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "no taxa"},
		{"no list", "taxa:\n", "no taxa"},
		{"empty list", "taxa: []\n", "no taxa"},
		{"unknown field", "taxa:\n  - name: a\n    treshold: 0.5\n", "line 3"},
		{"unknown top field", "taxons:\n  - name: a\n", "line 1"},
		{"duplicate", "taxa:\n  - name: Reef shark\n  - name: b\n  - name: reef_shark\n", "line 4: \"reef_shark\" is listed twice"},
		{"role", "taxa:\n  - name: a\n  - name: b\n    role: ignored\n", "line 3: \"b\" has the role \"ignored\""},
		{"threshold", "taxa:\n  - name: a\n    threshold: 1.5\n", "line 2: \"a\" has the threshold 1.5"},
		{"negative threshold", "taxa: [{name: a, threshold: -0.1}]", "between 0 and 1"},
		{"not a number", "taxa: [{name: a, threshold: .nan}]", "between 0 and 1"},
		{"threshold in words", "taxa:\n  - name: a\n    threshold: high\n", "line 3"},
		{"class twice", "taxa:\n  - name: a\n    classes: [shark]\n  - name: b\n    classes: [ray, Shark]\n", "line 4: class \"Shark\" is claimed by \"a\" and by \"b\""},
		{"own name is another's class", "taxa:\n  - name: a\n    classes: [b]\n  - name: b\n", "claimed by"},
		{"no name", "taxa:\n  - common: shark\n", "line 2: a taxon without a name"},
		{"nameless class", "taxa: [{name: a, classes: ['']}]", "class without a name"},
		{"overlaps nothing known", "taxa:\n  - name: a\n  - name: b\n    overlaps: [remora]\n", "line 3: \"b\" overlaps \"remora\", which is none"},
		{"overlaps itself", "taxa:\n  - name: a\n    common: shark\n    overlaps: [Shark]\n", "line 2: \"a\" overlaps itself"},
		{"overlaps in words", "taxa: [{name: a, overlaps: true}]", "line 1"},
		{"caab", "taxa: [{name: a, caab: '123'}]", "8 digits"},
		{"aphia", "taxa: [{name: a, aphia_id: -1}]", "AphiaID"},
		{"a list on top", "- name: a\n", "line 1"},
		{"broken", "taxa: [{name: a", "line"},
		{"two documents", "taxa: [{name: a}]\n---\ntaxa: [{name: b}]\n", "several documents"},
		{"large", strings.Repeat("#", 2<<20), "another file"},
	} {
		got, err := ParseFile(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, error %q; want an error with %q", c.name, got, err, c.want)
			continue
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error has several lines: %q", c.name, err)
		}
	}
}

func TestMayOverlap(t *testing.T) {
	list, err := ParseFile(strings.NewReader("taxa: [{name: Carcharhinus melanopterus, common: blacktip}, {name: Echeneis naucrates, overlaps: [Blacktip]}, {name: Lutjanus bohar}]"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Echeneis naucrates", "Carcharhinus melanopterus", true},
		{"Carcharhinus melanopterus", "Echeneis naucrates", true},
		{"Carcharhinus melanopterus", "Lutjanus bohar", false},
		{"Echeneis naucrates", "unheard of", false},
		{"", "", false},
	} {
		if got := list.MayOverlap(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %t", c.a, c.b, got)
		}
	}
}

// What is read can be relied on: names are there and differ, roles and thresholds
// are valid, no class has two taxa.
func FuzzParseFile(f *testing.F) {
	f.Add(example)
	f.Add("taxa: [{name: a, classes: [1, x]}]")
	f.Add("taxa: &a [*a]")
	f.Add("taxa:\n  - {name: a, <<: {role: context}}\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseFile(strings.NewReader(text))
		if err != nil {
			return
		}
		if len(list) == 0 {
			t.Fatal("no taxa and no error")
		}
		seen := map[string]bool{}
		for _, taxon := range list {
			if taxon.Name == "" || seen[Fold(taxon.Name)] || !(taxon.Threshold >= 0 && taxon.Threshold <= 1) ||
				taxon.Role != Studied && taxon.Role != Context {
				t.Errorf("let through: %+v", taxon)
			}
			seen[Fold(taxon.Name)] = true
		}
		if _, err := list.Claims(); err != nil {
			t.Error(err)
		}
	})
}
