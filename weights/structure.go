package weights

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
)

// structure is how the layers of a network lie to one another. Everything between
// layers is reduced to who feeds whom: of operators only joining (Concat), which has
// an order, and meeting (Add and all others of several inputs), which has none, are
// kept. Value 0 is the picture. Values come after what they are made of.
type structure struct {
	layers []layer
	values []source
	known  map[string]int // joins and meetings by what they are made of
	size   int            // of all they are made of
}

// source says where a value comes from: the picture and a layer's result have no of.
type source struct {
	layer int // whose result it is; -1: of none
	join  bool
	of    []int
}

// layer is a convolution, a full connection, or a batch normalisation that follows
// neither.
type layer struct {
	form  string // what it is, but for channels
	shape []int  // of its weight, channels that leave it first
	in    int    // value
	name  string
}

// mostSources bounds what all values together are made of.
const mostSources = 1 << 22

func newStructure() structure {
	return structure{values: []source{{layer: -1}}, known: map[string]int{}}
}

// add notes a layer and gives its result's value.
func (s *structure) add(l layer) int {
	s.layers = append(s.layers, l)
	s.values = append(s.values, source{layer: len(s.layers) - 1})
	return len(s.values) - 1
}

func (s *structure) value(join bool, of []int) (int, error) {
	key := fmt.Sprint(join, of)
	v, ok := s.known[key]
	if !ok {
		if s.size += len(of); s.size > mostSources {
			return 0, errors.New("too many values meet: it is no network that Requin knows")
		}
		v = len(s.values)
		s.values = append(s.values, source{layer: -1, join: join, of: of})
		s.known[key] = v
	}
	return v, nil
}

// join is values one behind the other.
func (s *structure) join(of ...int) (int, error) { return s.value(true, of) }

// meet is what comes of several values in no order. What meets what met before meets
// all of it.
func (s *structure) meet(of ...int) (int, error) {
	var all []int
	for _, v := range of {
		if from := s.values[v]; from.layer < 0 && !from.join && v != 0 {
			all = append(all, from.of...)
		} else {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) == 1 {
		return all[0], nil
	}
	return s.value(false, all)
}

// pair finds for each layer of ours its counterpart among theirs: the one that is the
// same and lies the same to all others. It refines colours (Weisfeiler and Leman
// 1968): a layer's colour is what it is, the colours it is fed by and those it feeds,
// over and over. Layers that lie the same to all others (two that only differ in how
// many channels leave the network) are told apart by their shape, then by order.
func pair(ours, theirs *structure) ([]int, error) {
	if len(ours.layers) != len(theirs.layers) {
		return nil, fmt.Errorf("it has %d convolutions and full connections, the network %d: it is of another network", len(theirs.layers), len(ours.layers))
	}
	a, b := ours.begin(), theirs.begin()
	for grown := true; grown; {
		before := distinct(a) + distinct(b)
		a, b = ours.refine(a), theirs.refine(b)
		grown = distinct(a)+distinct(b) > before
	}
	found := make([]int, len(a))
	taken := make([]bool, len(b))
	for _, exact := range []bool{true, false} {
		for i, colour := range a {
			if !exact && found[i] >= 0 {
				continue
			}
			found[i] = -1
			for j, other := range b {
				if other == colour && !taken[j] && (!exact || slices.Equal(ours.layers[i].shape, theirs.layers[j].shape)) {
					found[i], taken[j] = j, true
					break
				}
			}
		}
	}
	if i := slices.Index(found, -1); i >= 0 {
		return nil, fmt.Errorf("it has no counterpart of the layer %q (%s, %v): it is of another network", ours.layers[i].name, ours.layers[i].form, ours.layers[i].shape)
	}
	return found, nil
}

func distinct(colours []uint64) int {
	sorted := slices.Clone(colours)
	slices.Sort(sorted)
	return len(slices.Compact(sorted))
}

func mixed(words ...uint64) uint64 {
	h := fnv.New64a()
	var b [8]byte
	for _, w := range words {
		binary.LittleEndian.PutUint64(b[:], w)
		h.Write(b[:])
	}
	return h.Sum64()
}

// begin is the colours before anything is known of others: how many channels leave is
// left out where they leave the network, since that follows its classes.
func (s *structure) begin() []uint64 {
	feeds := s.feeds(make([]uint64, len(s.layers)))
	colours := make([]uint64, len(s.layers))
	for v, from := range s.values {
		if from.layer < 0 {
			continue
		}
		l := s.layers[from.layer]
		shape := slices.Clone(l.shape)
		if feeds[v] == 0 {
			shape[0] = 0
		}
		h := fnv.New64a()
		fmt.Fprint(h, l.form, shape)
		colours[from.layer] = h.Sum64()
	}
	return colours
}

// refine is one round.
func (s *structure) refine(colours []uint64) []uint64 {
	fed := make([]uint64, len(s.values))
	feeds := s.feeds(colours)
	next := make([]uint64, len(colours))
	for v, from := range s.values {
		switch {
		case from.layer >= 0:
			fed[v] = mixed(1, colours[from.layer])
			next[from.layer] = mixed(colours[from.layer], fed[s.layers[from.layer].in], feeds[v])
			continue
		case from.join:
			words := []uint64{2}
			for _, u := range from.of {
				words = append(words, fed[u])
			}
			fed[v] = mixed(words...)
		default:
			words := []uint64{3}
			for _, u := range from.of {
				words = append(words, fed[u])
			}
			slices.SortFunc(words[1:], cmp.Compare[uint64])
			fed[v] = mixed(words...)
		}
	}
	return next
}

// feeds says of each value which layers it goes into and how; 0: into none.
func (s *structure) feeds(colours []uint64) []uint64 {
	into := make([]uint64, len(s.values)) // sums, which know no order
	for v := len(s.values) - 1; v >= 0; v-- {
		from := s.values[v]
		if from.layer >= 0 {
			into[s.layers[from.layer].in] += mixed(4, colours[from.layer])
			continue
		}
		for i, u := range from.of {
			switch {
			case into[v] == 0: // what leaves the network is joined in many ways
			case from.join:
				into[u] += mixed(5, into[v], uint64(i))
			default:
				into[u] += mixed(6, into[v])
			}
		}
	}
	return into
}
