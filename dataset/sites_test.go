package dataset

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"requin/annotate"
)

// A manifest says where each deployment was filmed, where that is known; without it, it is what it was to the byte.
func TestSites(t *testing.T) {
	source := dives(t)
	build := func(stated ...annotate.Record) *Manifest {
		t.Helper()
		with := source
		with.Records = func(yield func(annotate.Record, error) bool) {
			for r, err := range source.Records {
				if !yield(r, err) {
					return
				}
			}
			for _, r := range stated {
				if !yield(r, nil) {
					return
				}
			}
		}
		dir := filepath.Join(t.TempDir(), "set")
		if _, err := Build(t.Context(), dir, with, plain(), nil); err != nil {
			t.Fatal(err)
		}
		m, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	site := func(m *Manifest, name string) string {
		return m.Deployments[slices.IndexFunc(m.Deployments, func(d Deployment) bool { return d.Name == name })].Site
	}
	without, unknown := build(), build(annotate.Deployment{OpCode: "A"}, annotate.Deployment{OpCode: "elsewhere", Site: "Abore"})
	if without.Hash() != unknown.Hash() {
		t.Error("deployments of which no site is known change the manifest")
	}
	var text bytes.Buffer
	if err := without.write(&text); err != nil || strings.Contains(text.String(), `"site"`) {
		t.Errorf("a manifest without sites names one: %v", err)
	}
	m := build(annotate.Deployment{OpCode: "A", Site: "Abore", Campaign: "2026-05_Lagoon"}, annotate.Deployment{OpCode: "B", Campaign: "2026-05_Lagoon"})
	if site(m, "A") != "Abore" || site(m, "B") != "2026-05_Lagoon" || m.Hash() == without.Hash() || m.Inputs == without.Inputs {
		t.Errorf("%+v", m.Deployments)
	}
	if again := build(annotate.Deployment{OpCode: "B", Campaign: "2026-05_Lagoon"}, annotate.Deployment{OpCode: "A", Site: "Abore"}); again.Hash() != m.Hash() {
		t.Error("the same sites give another manifest")
	}
}
