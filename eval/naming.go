package eval

import (
	"slices"

	"requin/taxon"
)

// Namer names the taxon that people's label means: one that the machine counted, else by the
// list; a label that neither knows stays as it is. It fails where two taxa of the list claim one label.
func Namer(list taxon.List, machine []Counted) (func(label string) string, error) {
	claims, err := list.Claims()
	if err != nil {
		return nil, err
	}
	counted := map[string]string{}
	for _, m := range machine {
		for name := range m.Taxa {
			counted[taxon.Fold(name)] = name
		}
	}
	return func(label string) string {
		folded := taxon.Fold(label)
		if name, ok := counted[folded]; ok {
			return name
		}
		if i, ok := claims[folded]; ok {
			return list[i].Name
		}
		if t, ok := list.Find(label); ok {
			return t.Name
		}
		return label
	}, nil
}

// FirstNames gives taxa one name each where there is no list: the first way in which one is written, as
// taxon.Fold compares them.
func FirstNames() func(label string) string {
	first := map[string]string{}
	return func(label string) string {
		folded := taxon.Fold(label)
		if _, ok := first[folded]; !ok {
			first[folded] = label
		}
		return first[folded]
	}
}

// Missing are the taxa, sorted, that the first side names and the second does not.
func Missing(a, b []Counted) (out []string) {
	has := map[string]bool{}
	for _, c := range b {
		for name := range c.Taxa {
			has[name] = true
		}
	}
	for _, c := range a {
		for name := range c.Taxa {
			if !has[name] {
				has[name] = true
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}
