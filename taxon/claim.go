package taxon

import (
	"fmt"
	"strconv"
	"strings"
)

// Fold makes names comparable: case, underscores and runs of spaces do not count.
func Fold(name string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(name, func(r rune) bool {
		return r == '_' || r == ' ' || r == '\t' || r == '\r' || r == '\n'
	}), " "))
}

// Claims says which class means which taxon: folded class name (or number, as it is
// written) to index in the list. A taxon without Classes claims its own and its
// common name. Two taxa that claim one class are an error.
func (l List) Claims() (map[string]int, error) {
	claims := map[string]int{}
	for i, t := range l {
		classes := t.Classes
		if len(classes) == 0 {
			classes = []string{t.Name, t.Common}
		}
		for _, class := range classes {
			key := Fold(class)
			if key == "" {
				continue
			}
			if j, taken := claims[key]; taken && j != i {
				return nil, &ClaimError{Index: i, Class: class, First: l[j].Name, Second: t.Name}
			}
			claims[key] = i
		}
	}
	return claims, nil
}

// Assign gives each of a model's classes its taxon, by the names and numbers that the taxa claim: the index in
// the list, -1 where none claims it. Besides what Claims refuses, a class that one taxon claims by name and another by
// number is an error.
func (l List) Assign(classes []string) ([]int, error) {
	claims, err := l.Claims()
	if err != nil {
		return nil, err
	}
	of := make([]int, len(classes))
	for k, c := range classes {
		i, named := claims[Fold(c)]
		j, numbered := claims[strconv.Itoa(k)]
		switch {
		case named && numbered && i != j:
			return nil, fmt.Errorf("class %d, %q, is claimed by name by %s and by number by %s: leave it to one", k, c, l[i].Name, l[j].Name)
		case numbered:
			of[k] = j
		case named:
			of[k] = i
		default:
			of[k] = -1
		}
	}
	return of, nil
}

// ClaimError says that two taxa claim one class.
type ClaimError struct {
	Index         int // of the second taxon
	Class         string
	First, Second string
}

func (e *ClaimError) Error() string {
	return fmt.Sprintf("class %q is claimed by %q and by %q: leave it to one of them", e.Class, e.First, e.Second)
}
