package dataset

import (
	"slices"
	"testing"

	"requin/taxon"
)

func TestRolesAndClaims(t *testing.T) {
	m := &Manifest{Taxa: []Taxon{
		{Taxon: taxon.Taxon{Name: "shark", Role: taxon.Studied, Classes: []string{"reef shark"}}},
		{Taxon: taxon.Taxon{Name: "ray"}},
		{Taxon: taxon.Taxon{Name: "fish", Role: taxon.Context, Classes: []string{"7", "Wrasse"}}},
		{Taxon: taxon.Taxon{Name: "wrasse", Role: taxon.Context, Classes: []string{"labrid"}}},
	}}
	studied, context := m.Roles()
	if !slices.Equal(studied, []string{"shark", "ray"}) || !slices.Equal(context, []string{"fish", "wrasse"}) {
		t.Errorf("studied %v, context %v", studied, context)
	}
	list := m.Claimed()
	for i, want := range [][]string{{"reef shark", "shark"}, nil, {"7", "Wrasse", "fish"}, {"labrid"}} {
		if !slices.Equal(list[i].Classes, want) {
			t.Errorf("%s claims %v, want %v", list[i].Name, list[i].Classes, want)
		}
	}
	if _, err := list.Claims(); err != nil {
		t.Errorf("two taxa claim one class: %v", err)
	}
	if !slices.Equal(m.Taxa[0].Classes, []string{"reef shark"}) {
		t.Errorf("the manifest itself was changed: %v", m.Taxa[0].Classes)
	}
}
