package nn

import "fmt"

// New makes a network.
func New(d Design) (Network, error) {
	return nil, fmt.Errorf("network %q is not known", d.Network)
}
