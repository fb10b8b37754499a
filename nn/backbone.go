package nn

// backbone is what Faster R-CNN looks with.
type backbone interface {
	// features are the levels that regions are proposed in, finest first.
	features(o Ops, images Tensor) []Tensor
	// strides are the levels', in pixels of the input.
	strides() []int
	// pooled is how many of the levels, from the finest, regions are taken out of,
	// and into how many cells a side.
	pooled() (levels, size int)
	// vector turns the features of regions, R × C × size × size, into R × F.
	vector(o Ops, regions Tensor) Tensor
	// pixels is how it wants its pictures.
	pixels() Pixels
}
