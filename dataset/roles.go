package dataset

import (
	"slices"

	"requin/taxon"
)

// Roles are the names of the dataset's taxa: those that are scored, and those that are context.
func (m *Manifest) Roles() (studied, context []string) {
	for _, t := range m.Taxa {
		if t.Role == taxon.Context {
			context = append(context, t.Name)
		} else {
			studied = append(studied, t.Name)
		}
	}
	return studied, context
}

// Claimed are the dataset's taxa as a detector's classes are named after: a model that was
// trained on it calls them by their names, so that each claims its own beside the classes it lists,
// unless another taxon lists that as a class of its.
func (m *Manifest) Claimed() taxon.List {
	var list taxon.List
	for _, t := range m.Taxa {
		x := t.Taxon
		if len(x.Classes) > 0 && !slices.ContainsFunc(m.Taxa, func(o Taxon) bool {
			return o.Name != x.Name && slices.ContainsFunc(o.Classes, func(c string) bool { return taxon.Fold(c) == taxon.Fold(x.Name) })
		}) {
			x.Classes = append(slices.Clone(x.Classes), x.Name)
		}
		list = append(list, x)
	}
	return list
}
