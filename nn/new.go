package nn

import (
	"fmt"
	"strings"
)

// kind is networks of one family that differ in size.
type kind struct {
	names []string
	build func(Design) (Network, error)
}

// kinds is all that New knows.
func kinds() []kind {
	return []kind{
		{yoloxNames(), newYOLOX},
		{fasterNames(), newFasterRCNN},
	}
}

// Networks is the names that New knows, smallest of each family first.
func Networks() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.names...)
	}
	return names
}

// New makes a network.
func New(d Design) (Network, error) {
	for _, k := range kinds() {
		for _, name := range k.names {
			if name == d.Network {
				return build(k, d)
			}
		}
	}
	return nil, fmt.Errorf("network %q is not known: choose one of %s", d.Network, strings.Join(Networks(), ", "))
}

func build(k kind, d Design) (Network, error) {
	if len(d.Classes) == 0 {
		return nil, fmt.Errorf("network %q needs at least one class to look for", d.Network)
	}
	seen := map[string]bool{}
	for _, c := range d.Classes {
		if seen[c] {
			return nil, fmt.Errorf("network %q: class %q is named twice", d.Network, c)
		}
		seen[c] = true
	}
	return k.build(d)
}
